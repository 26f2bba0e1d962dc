"""One entry of an array expression, as an expression over numbers."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from s2sgrad.backends import scalars
from s2sgrad.backends.lengths import Lengths
from s2sgrad.backends.syntax import assign, axis_length
from s2sgrad.emit.calls import BINARY, COMPARE, UNARY
from s2sgrad.emit.expressions import Expressions
from s2sgrad.errors import UnsupportedCall
from s2sgrad.ir.core import Call, Const, Operand, Tree, Value
from s2sgrad.ir.types import Array, Length, Scalar, maybe_one

_BINARY: dict[Any, type[ast.operator]] = {fn: symbol for fn, symbol in BINARY.items() if fn is not operator.matmul} | {
    np.add: ast.Add,
    np.subtract: ast.Sub,
    np.multiply: ast.Mult,
    np.divide: ast.Div,
    np.true_divide: ast.Div,
    np.power: ast.Pow,
}
_UNARY = UNARY | {np.negative: ast.USub}
_COMPARE = COMPARE | {
    np.less: ast.Lt,
    np.less_equal: ast.LtE,
    np.equal: ast.Eq,
    np.not_equal: ast.NotEq,
    np.greater: ast.Gt,
    np.greater_equal: ast.GtE,
}
REARRANGING = (np.expand_dims, np.transpose, np.swapaxes)


@dataclass(frozen=True, slots=True)
class Leaf:
    """An array that an expression reads entries of. ``axes``: of the nest, for each of its own."""

    name: str
    value: Value
    axes: tuple[int, ...]
    shape: tuple[Length, ...]


@dataclass(frozen=True, slots=True)
class Gathered:
    """An index with index arrays of one axis, side by side.

    ``rank``: of what it selects; ``place``: where their axis stands in that.
    """

    entries: tuple[Tree, ...]
    rank: int
    place: int


def gathered_axes(index: Tree, rank: int) -> Gathered | None:
    entries = index if isinstance(index, tuple) else (index,)
    kinds = []
    for entry in entries:
        if _is_all(entry):
            kinds.append("all")
        elif isinstance(entry, Value) and isinstance(entry.type, Array) and entry.type.ndim == 1:
            if entry.type.dtype.kind not in "iu":
                return None
            kinds.append("array")
        else:
            return None
    if len(kinds) > rank or "array" not in kinds:
        return None
    first, last = kinds.index("array"), len(kinds) - 1 - kinds[::-1].index("array")
    if "all" in kinds[first : last + 1]:
        return None
    arrays = last - first + 1
    return Gathered(tuple(entries), rank - arrays + 1, first)


def _is_all(entry: Tree) -> bool:
    """Whether an entry of an index is a colon."""
    if isinstance(entry, Const):
        return isinstance(entry.value, slice) and entry.value == slice(None)
    bounds = (entry.start, entry.stop, entry.step) if isinstance(entry, slice) else (entry,)
    return all(isinstance(x, Const) and x.value is None for x in bounds)


def rank_of(x: Any) -> int:
    return x.type.ndim if isinstance(x, (Value, Const)) and isinstance(x.type, Array) else 0


def _is_number(x: Any) -> bool:
    return isinstance(x, (Value, Const)) and isinstance(x.type, (Array, Scalar))


def static(x: Any) -> Any:
    """A tree of constants as the value that it stands for."""
    if isinstance(x, tuple):
        return tuple(map(static, x))
    return x.value if isinstance(x, Const) else x


def is_entrywise(op: Call) -> bool:
    """Whether each entry of the result is a number made of one entry of each argument."""
    fn = op.fn
    if len(op.results) != 1 or not isinstance(op.result.type, (Array, Scalar)):
        return False
    if fn in REARRANGING:
        return _is_number(op.args[0]) and rearranged(op, list(range(rank_of(op.result)))) is not None
    if fn is np.outer:
        return not op.kwargs and len(op.args) == 2 and all(rank_of(x) == 1 for x in op.args)
    if fn is operator.getitem:
        a, index = op.args
        return rank_of(a) > 0 and isinstance(a, Value) and gathered_axes(index, rank_of(a)) is not None
    if op.kwargs or not any(rank_of(x) for x in op.args):
        return False
    if fn is np.astype:
        return len(op.args) == 2 and isinstance(op.args[1], Const)
    if fn is np.where and len(op.args) != 3:
        return False
    try:
        known = fn in _BINARY or fn in _UNARY or fn in _COMPARE or fn is np.where or scalars.has(fn)
    except TypeError:
        return False
    return known and all(map(_is_number, op.args))


class Entry:
    """Writes the entry of expressions at the ``variables`` of a nest whose axes have the static lengths ``shape``.

    ``before``: where what is needed before the nest is put. ``leaves``: the arrays that were read.
    ``lengths``: of the nest, in variables; None to find the leaves only. ``known``: which lengths are equal.
    """

    def __init__(
        self,
        e: Expressions,
        variables: Sequence[ast.expr],
        shape: Sequence[Length | None],
        temporary: Callable[[str], str],
        before: list[ast.stmt],
        lengths: Sequence[ast.expr] | None,
        known: Lengths,
    ) -> None:
        self.e = e
        self.variables = variables
        self.shape = shape
        self.temporary = temporary
        self.before = before
        self.lengths = lengths
        self.known = known
        self.leaves: list[Leaf] = []

    def of(self, x: Operand, axes: list[int]) -> ast.expr:
        """The entry of ``x``, whose last axes are these of the nest."""
        rank = rank_of(x)
        if rank == 0:
            return self._number(x)
        axes = axes[len(axes) - rank :]
        op = self.e.folded.get(x) if isinstance(x, Value) else None
        return self.call(op, axes) if isinstance(op, Call) else self._read(x, axes)

    def call(self, op: Call, axes: list[int]) -> ast.expr:
        fn, args = op.fn, op.args
        if fn in REARRANGING:
            inner = rearranged(op, axes)
            assert inner is not None
            return self.of(args[0], inner)
        if fn is operator.getitem:
            return self._gathered(op, axes)
        if fn is np.outer:
            a, b = (self.of(x, [axis]) for x, axis in zip(args, axes, strict=True))
            return ast.BinOp(a, ast.Mult(), b)
        if fn is np.astype:
            return self._cast(self.of(args[0], axes), args[1].value)
        parts = [self.of(x, axes) for x in args]
        if fn is np.where:
            return ast.IfExp(*parts)
        if fn in _BINARY:
            return ast.BinOp(parts[0], _BINARY[fn](), parts[1])
        if fn in _UNARY:
            inverted = fn is operator.invert and _kind(args[0]) == "b"
            return ast.UnaryOp(ast.Not() if inverted else _UNARY[fn](), parts[0])
        if fn in _COMPARE:
            return ast.Compare(parts[0], [_COMPARE[fn]()], [parts[1]])
        return ast.Call(self.e.references.expression(scalars.of(fn)), parts, [])

    def _cast(self, x: ast.expr, dtype: Any) -> ast.expr:
        kind = np.dtype(dtype)
        if kind == np.bool_:
            return ast.Compare(x, [ast.NotEq()], [ast.Constant(0)])
        return ast.Call(self.e._dtype(kind), [x], [])

    def _number(self, x: Operand) -> ast.expr:
        made = self.e.operand(x)
        if isinstance(x.type, Array):
            made = ast.Subscript(made, ast.Tuple([], ast.Load()), ast.Load())
        if isinstance(made, (ast.Name, ast.Constant)) or self.lengths is None:
            return made
        if isinstance(made, ast.UnaryOp) and isinstance(made.operand, ast.Constant):
            return made
        name = self.temporary("c")
        self.before.append(ast.Assign([ast.Name(name, ast.Store())], made))
        return ast.Name(name, ast.Load())

    def _read(self, x: Operand, axes: list[int]) -> ast.expr:
        made = self.e.operand(x)
        t = x.type
        if not isinstance(made, ast.Name) or not isinstance(x, Value) or not isinstance(t, Array):
            raise UnsupportedCall("a constant array stands in code for Numba", "pass the array as an argument")
        self.leaves.append(Leaf(made.id, x, tuple(axes), t.shape))
        index = [
            self._index(made.id, k, length, axis) for k, (length, axis) in enumerate(zip(t.shape, axes, strict=True))
        ]
        return ast.Subscript(made, index[0] if len(index) == 1 else ast.Tuple(index, ast.Load()), ast.Load())

    def _index(self, name: str, k: int, length: Length, axis: int) -> ast.expr:
        """The index for axis ``k`` of an array, at the variable of an axis of the nest."""
        wanted = self.shape[axis]
        variable = self.variables[axis]
        if length == 1 and wanted != 1:
            return ast.Constant(0)
        if self.lengths is None or self.known.equal(length, wanted):
            return variable
        here = self.known.name(length) or axis_length(name, k)
        there = self.lengths[axis]
        differs: ast.expr = ast.Compare(here, [ast.NotEq()], [there])
        if not maybe_one(length):
            self._check(differs)
            self.known.unite(length, wanted)
            return variable
        assert wanted is not None
        key = (self.known.found(length), wanted)
        if key not in self.known.strides:
            stride = self.known.strides[key] = self.temporary("stride")
            one = ast.Compare(here, [ast.NotEq()], [ast.Constant(1)])
            self.before.append(assign(stride, ast.IfExp(one, ast.Constant(1), ast.Constant(0))))
            self._check(ast.BoolOp(ast.And(), [differs, one]))
        return ast.BinOp(variable, ast.Mult(), ast.Name(self.known.strides[key], ast.Load()))

    def _check(self, differs: ast.expr) -> None:
        message = ast.Constant("operands could not be broadcast together")
        error = ast.Call(ast.Name("ValueError", ast.Load()), [message], [])
        self.before.append(ast.If(differs, [ast.Raise(error)], []))

    def _gathered(self, op: Call, axes: list[int]) -> ast.expr:
        a, index = op.args
        found = gathered_axes(index, rank_of(a))
        assert found is not None and isinstance(a.type, Array)
        array = self.e.operand(a)
        if not isinstance(array, ast.Name):
            raise UnsupportedCall("a constant array stands in code for Numba", "pass the array as an argument")
        spots: list[ast.expr] = []
        own: list[int] = []
        at = 0
        for entry in found.entries:
            if isinstance(entry, Value):
                spots.append(self.of(entry, [axes[found.place]]))
                own.append(-1)
                at = found.place + 1
            else:
                spots.append(self._index(array.id, len(own), a.type.shape[len(own)], axes[at]))
                own.append(axes[at])
                at += 1
        for axis in axes[at:]:
            spots.append(self._index(array.id, len(own), a.type.shape[len(own)], axis))
            own.append(axis)
        self.leaves.append(Leaf(array.id, a, tuple(own), a.type.shape))
        return ast.Subscript(array, spots[0] if len(spots) == 1 else ast.Tuple(spots, ast.Load()), ast.Load())


def _kind(x: Operand) -> str:
    return x.type.dtype.kind if isinstance(x.type, (Array, Scalar)) else "O"


def rearranged(op: Call, axes: list[int]) -> list[int] | None:
    """The axes of the argument, given those of the result; None if the code does not say."""
    given = [x.value if isinstance(x, Const) else x for x in op.args[1:]]
    if op.kwargs:
        return None
    rank = len(axes)
    if op.fn is np.expand_dims:
        new = given[0] if isinstance(given[0], tuple) else (given[0],)
        new = tuple(x.value if isinstance(x, Const) else x for x in new)
        if not all(isinstance(k, int) for k in new):
            return None
        gone = {k % rank for k in new}
        return [axis for k, axis in enumerate(axes) if k not in gone]
    if op.fn is np.swapaxes:
        if not all(isinstance(k, int) for k in given):
            return None
        first, second = (k % rank for k in given)
        swapped = list(axes)
        swapped[first], swapped[second] = swapped[second], swapped[first]
        return swapped
    order = given[0] if len(given) == 1 and isinstance(given[0], tuple) else tuple(given)
    order = tuple(x.value if isinstance(x, Const) else x for x in order)
    if not order:
        return axes[::-1]
    if len(order) != rank or not all(isinstance(k, int) for k in order):
        return None
    inner = [0] * rank
    for k, source in enumerate(order):
        inner[source % rank] = axes[k]
    return inner
