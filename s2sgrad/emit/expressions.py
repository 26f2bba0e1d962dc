"""Operands and folded operations as Python expressions."""

from __future__ import annotations

import ast
import math
from collections.abc import Collection, Mapping

import numpy as np

from s2sgrad.emit import calls
from s2sgrad.emit.calls import junction
from s2sgrad.emit.references import References
from s2sgrad.ir.core import Call, Const, If, Op, Operand, Tree, Value
from s2sgrad.ir.types import ListOf, Scalar, Type

_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
}
_LITERALS = (bool, int, str, bytes, type(None), type(Ellipsis))


class Expressions:
    """Builds the expressions of one function: ``names`` of its variables, ``folded`` values by operation."""

    def __init__(
        self,
        names: Mapping[Value, str],
        folded: Mapping[Value, Op],
        references: References,
        unpacked: Mapping[Value, Call] | None = None,
        constants: Mapping[str, float] | None = None,
        undefined: Collection[Operand] = (),
    ) -> None:
        self.names = names
        self.folded = folded
        self.unpacked = unpacked or {}
        self.references = references
        self.constants = constants or {}
        self.printed_constants: dict[str, float] = {}
        self.undefined = undefined  # what some path leaves as None

    def operand(self, x: Operand) -> ast.expr:
        if isinstance(x, Const):
            if x.name is not None and x.name in self.constants:
                self.printed_constants[x.name] = x.value
                return ast.Name(x.name, ast.Load())
            return self.constant(x.value)
        op = self.folded.get(x)
        if op is None:
            return ast.Name(self.names[x], ast.Load())
        return self.ternary(op) if isinstance(op, If) else self.call(op)  # type: ignore[arg-type]

    def call(self, op: Call) -> ast.expr:
        return calls.expression(op, self)

    def tree(self, tree: Tree) -> ast.expr:
        """Operands in tuples, lists, dicts and slices, as an expression that makes them."""
        if isinstance(tree, (Value, Const)):
            return self.operand(tree)
        if isinstance(tree, tuple):
            return ast.Tuple([self.tree(item) for item in tree], ast.Load())
        if isinstance(tree, list):
            return ast.List([self.tree(item) for item in tree], ast.Load())
        if isinstance(tree, dict):
            return ast.Dict([self.constant(key) for key in tree], [self.tree(item) for item in tree.values()])
        self.references.expression(slice)
        bounds = [tree.start, tree.stop, tree.step]
        while len(bounds) > 2 and _is_none(bounds[-1]):
            bounds.pop()
        return ast.Call(ast.Name("slice", ast.Load()), [self.tree(bound) for bound in bounds], [])

    def index(self, tree: Tree) -> ast.expr:
        """A tree as what stands between the brackets of a subscript."""
        if isinstance(tree, Const) and isinstance(tree.value, (tuple, slice)):
            tree = _constant_index(tree.value)
        if isinstance(tree, tuple) and tree:
            return ast.Tuple([self._entry(item) for item in tree], ast.Load())
        return self._entry(tree)

    def _entry(self, entry: Tree) -> ast.expr:
        if isinstance(entry, Const) and isinstance(entry.value, slice):
            entry = _constant_index(entry.value)
        if not isinstance(entry, slice):
            return self.tree(entry)
        start, stop, step = (None if _is_none(x) else self.tree(x) for x in (entry.start, entry.stop, entry.step))
        return ast.Slice(start, stop, step)

    def subscript(self, a: Operand, index: Tree, context: ast.expr_context | None = None) -> ast.Subscript:
        return self.item(self.operand(a), a.type, index, context)

    def item(self, a: ast.expr, t: Type, index: Tree, context: ast.expr_context | None = None) -> ast.Subscript:
        """``a[index]``; ``a[i][j]`` for a path into lists of lists."""
        if not (isinstance(t, ListOf) and isinstance(index, tuple)):
            return ast.Subscript(a, self.index(index), context or ast.Load())
        for k in index[:-1]:
            a = ast.Subscript(a, self.index(k), ast.Load())
        return ast.Subscript(a, self.index(index[-1]), context or ast.Load())

    # -- constants ---------------------------------------------------------------------------

    def constant(self, value: object) -> ast.expr:
        if isinstance(value, float) and type(value) is float:
            return self._float(value)
        if type(value) in _LITERALS:
            return _signed(value) if type(value) is int else ast.Constant(value)  # type: ignore[arg-type]
        if type(value) is complex:
            return self._complex(value)
        if type(value) in (tuple, list):
            items = [self.constant(item) for item in value]  # type: ignore[attr-defined]
            return ast.Tuple(items, ast.Load()) if type(value) is tuple else ast.List(items, ast.Load())
        if isinstance(value, np.dtype):
            return self._dtype(value)
        if isinstance(value, np.generic) and value.dtype.kind in "biuf":
            kind = self.references.expression(type(value))
            return ast.Call(kind, [self.constant(value.item())], [])
        if isinstance(value, slice):
            return self.tree(_constant_index(value))
        return self.references.expression(value)

    def _float(self, value: float) -> ast.expr:
        if math.isfinite(value):
            return _signed(value)
        name = self.references.numpy("nan" if math.isnan(value) else "inf")
        return ast.UnaryOp(ast.USub(), name) if value == -math.inf else name

    def _complex(self, value: complex) -> ast.expr:
        if _is_literal(value):
            return ast.Constant(value)
        if _is_literal(-value):
            return ast.UnaryOp(ast.USub(), ast.Constant(-value))
        self.references.expression(complex)
        return ast.Call(ast.Name("complex", ast.Load()), [self._float(value.real), self._float(value.imag)], [])

    def _dtype(self, dtype: np.dtype) -> ast.expr:
        if dtype.isnative and dtype.fields is None and getattr(np, dtype.name, None) is dtype.type:
            return self.references.numpy(dtype.name)
        if dtype == np.bool_:
            return self.references.numpy("bool_")
        return ast.Call(self.references.numpy("dtype"), [ast.Constant(dtype.str)], [])

    # -- conditions --------------------------------------------------------------------------

    def ternary(self, op: If) -> ast.expr:
        """``a if c else b``, or ``c and a``, ``c or b`` where a branch gives the condition itself."""
        then, orelse = op.then.results[0], op.orelse.results[0]
        if isinstance(op.cond, Value) and _is_number(op.cond):
            if orelse is op.cond:
                return junction(ast.And(), self.operand(op.cond), self.operand(then))
            if then is op.cond:
                return junction(ast.Or(), self.operand(op.cond), self.operand(orelse))
        if _is_bool(op.cond) and _is_bool(then) and _is_bool(orelse):
            if isinstance(orelse, Const) and orelse.value is False:
                return junction(ast.And(), self.operand(op.cond), self.operand(then))
            if isinstance(then, Const) and then.value is True:
                return junction(ast.Or(), self.operand(op.cond), self.operand(orelse))
        return ast.IfExp(self.operand(op.cond), self.operand(then), self.operand(orelse))


def _is_number(x: Operand) -> bool:
    return isinstance(x.type, Scalar)


def _is_bool(x: Operand) -> bool:
    return isinstance(x.type, Scalar) and x.type.dtype.kind == "b"


def _is_none(x: Tree) -> bool:
    return isinstance(x, Const) and x.value is None


def _is_literal(value: complex) -> bool:
    """Whether a number is what ``2j`` stands for: imaginary, down to the signs of its zeros."""
    return repr(value.real) == "0.0" and math.isfinite(value.imag) and math.copysign(1, value.imag) > 0


def _signed(value: float) -> ast.expr:
    if math.copysign(1, value) < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)


def _constant_index(index: object) -> Tree:
    if isinstance(index, tuple):
        return tuple(_constant_index(item) for item in index)
    if isinstance(index, slice):
        return slice(Const(index.start), Const(index.stop), Const(index.step))
    return Const(index)


def negated(test: ast.expr) -> ast.expr:
    """``not test``, simplified where that is exact (``not a < b`` is more than ``a >= b``: there are NaNs)."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and type(test.ops[0]) in _OPPOSITES:
        return ast.Compare(test.left, [_OPPOSITES[type(test.ops[0])]()], test.comparators)
    return ast.UnaryOp(ast.Not(), test)
