"""The in-place statements that updates are printed as.

setitem(A, i, v)                            A[i] = v
setitem(A, i, add(getitem(A, i), v))        A[i] += v
setitem(x, ..., add(x, y))                  x += y
additem(A, i, v)                            A[i] += v, or np.add.at(A, i, v) where i may repeat entries
push(s, v), pop(s)                          s.append(v), v = s.pop()
additem(d, k, v)                            d[k] = d.get(k, 0.0) + v, of a dict
without_key(d, k)                           del d[k]
"""

from __future__ import annotations

import ast
import operator

import numpy as np

from s2sgrad.emit.calls import BINARY
from s2sgrad.emit.expressions import Expressions
from s2sgrad.ir.core import Call, Const, Operand, Tree, Value
from s2sgrad.ir.primitives import additem, getindex, pop, push, without_key
from s2sgrad.ir.types import Array, DictOf, ListOf, Scalar, entry_type
from s2sgrad.optimize.sharing import is_basic_index, same_tree

_OPERATORS = {**BINARY, np.add: ast.Add, np.subtract: ast.Sub, np.multiply: ast.Mult}
_COMMUTE = (operator.add, operator.mul, np.add, np.multiply)


def update(op: Call, e: Expressions) -> list[ast.stmt]:
    """The statement that makes an update in place."""
    if op.fn is push:
        return [_method(op.args[0], "append", [e.tree(op.args[1])], e)]
    if op.fn is pop:
        return [_pop(op, e)]
    if op.fn is additem:
        return [_additem(op, e)]
    if op.fn is without_key:
        return [ast.Delete([e.subscript(op.args[0], op.args[1], ast.Del())])]
    return [_setitem(op, e)]


def _method(target: Operand, name: str, args: list[ast.expr], e: Expressions) -> ast.stmt:
    return ast.Expr(ast.Call(ast.Attribute(e.operand(target), name, ast.Load()), args, []))


def _pop(op: Call, e: Expressions) -> ast.stmt:
    value = op.results[1]
    popped = _method(op.args[0], "pop", [], e)
    assert isinstance(popped, ast.Expr)
    if value in e.unpacked:
        return ast.Assign([targets(e.unpacked[value].results, e)], popped.value)
    if value not in e.names:
        return popped
    return ast.Assign([ast.Name(e.names[value], ast.Store())], popped.value)


def targets(values: list[Value], e: Expressions) -> ast.expr:
    """What several values are assigned to: ``a, _, c``."""
    return ast.Tuple([ast.Name(e.names.get(value, "_"), ast.Store()) for value in values], ast.Store())


def _setitem(op: Call, e: Expressions) -> ast.stmt:
    a, index, value = op.args
    made = e.folded.get(value) if isinstance(value, Value) else None
    if isinstance(made, Call):
        augmented = _augmented(a, index, made, e)
        if augmented is not None:
            return augmented
    return ast.Assign([e.subscript(a, index, ast.Store())], e.tree(value))


def _augmented(a: Operand, index: Tree, made: Call, e: Expressions) -> ast.stmt | None:
    """``A[index] op= v`` for the assignment of ``made`` = ``A[index] op v``."""
    symbol = _OPERATORS.get(made.fn)
    if symbol is None or len(made.args) != 2 or made.kwargs or not _keeps_dtype(a, index, made):
        return None
    whole = isinstance(index, Const) and index.value is Ellipsis
    for k, other in ((0, 1), (1, 0)) if made.fn in _COMMUTE else ((0, 1),):
        if whole and made.args[k] is a:
            return ast.AugAssign(_store(e.operand(a)), symbol(), e.tree(made.args[other]))
        read = e.folded.get(made.args[k]) if isinstance(made.args[k], Value) else None
        if not isinstance(read, Call) or read.fn not in (operator.getitem, getindex):
            continue
        if read.args[0] is a and same_tree(read.args[1], index):
            return ast.AugAssign(e.subscript(a, index, ast.Store()), symbol(), e.tree(made.args[other]))
    return None


def _keeps_dtype(a: Operand, index: Tree, made: Call) -> bool:
    """Whether NumPy allows the sum to be written into ``a`` by an augmented assignment."""
    source, target = made.result.type, a.type
    if isinstance(target, (ListOf, DictOf)):
        return isinstance(entry_type(target, index), Scalar)
    if not isinstance(target, Array):
        return made.adjoint or (made.stmt is not None and "= " in made.stmt.text and _is_augmented(made.stmt.text))
    if isinstance(source, (Array, Scalar)):
        return bool(np.can_cast(source.dtype, target.dtype, "same_kind"))
    return False


def _is_augmented(text: str) -> bool:
    return any(symbol in text for symbol in ("+=", "-=", "*=", "/="))


def _additem(op: Call, e: Expressions) -> ast.stmt:
    a, index, value = op.args
    whole = isinstance(index, Const) and index.value is Ellipsis and isinstance(a.type, Array) and a.type.ndim > 0
    if isinstance(a.type, DictOf):
        old_item = ast.Call(ast.Attribute(e.operand(a), "get", ast.Load()), [e.tree(index), ast.Constant(0.0)], [])
        return ast.Assign([e.subscript(a, index, ast.Store())], ast.BinOp(old_item, ast.Add(), e.tree(value)))
    if isinstance(a.type, ListOf) and not isinstance(
        entry_type(a.type, index), Scalar
    ):  # += would write into the item itself
        old = e.subscript(a, index)
        return ast.Assign([e.subscript(a, index, ast.Store())], ast.BinOp(old, ast.Add(), e.tree(value)))
    if isinstance(a.type, ListOf) or is_basic_index(index) or _is_mask(index):
        made = e.folded.get(value) if isinstance(value, Value) else None
        if isinstance(made, Call) and made.fn is operator.neg:
            return ast.AugAssign(e.subscript(a, index, ast.Store()), ast.Sub(), e.tree(made.args[0]))
        target: ast.Name | ast.Subscript = _store(e.operand(a)) if whole else e.subscript(a, index, ast.Store())
        return ast.AugAssign(target, ast.Add(), e.tree(value))
    add_at = e.references.numpy("add.at")
    return ast.Expr(ast.Call(add_at, [e.operand(a), e.tree(index), e.tree(value)], []))


def _is_mask(index: Tree) -> bool:
    return isinstance(index, (Value, Const)) and isinstance(index.type, Array) and index.type.dtype.kind == "b"


def _store(variable: ast.expr) -> ast.Name:
    assert isinstance(variable, ast.Name)
    return ast.Name(variable.id, ast.Store())
