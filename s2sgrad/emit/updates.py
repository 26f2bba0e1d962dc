"""The in-place statements that updates are printed as.

setitem(A, i, v)                            A[i] = v
setitem(A, i, add(getitem(A, i), v))        A[i] += v
setitem(x, ..., add(x, y))                  x += y
setitem(x, ..., sub(1.0, x))                np.subtract(1.0, x, out=x)
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
from s2sgrad.ir.infer import UFUNC_OF_OPERATOR
from s2sgrad.ir.primitives import additem, getindex, pop, push, setitem, without_key
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
        if op.adjoint and _is_whole(index) and (call := _with_out(a, made, e)) is not None:
            return ast.Expr(call)
    return ast.Assign([e.subscript(a, index, ast.Store())], e.tree(value))


def taken_over(op: Call, e: Expressions) -> ast.stmt | None:
    """``y = np.subtract(1.0, x, out=x)``, where the result of a whole update is not called what its memory was."""
    if op.fn is not setitem or not _is_whole(op.args[1]) or not isinstance(op.args[0], Value):
        return None
    name, made = e.names.get(op.results[0]), e.folded.get(op.args[2])
    if name is None or name == e.names.get(op.args[0]) or not isinstance(made, Call):
        return None
    call = _with_out(op.args[0], made, e)
    return None if call is None else ast.Assign([ast.Name(name, ast.Store())], call)


def _with_out(a: Operand, made: Call, e: Expressions) -> ast.Call | None:
    """The call of a ufunc that writes its result into ``a``."""
    ufunc = UFUNC_OF_OPERATOR.get(made.fn, made.fn)
    same = isinstance(a.type, Array) and isinstance(made.result.type, Array) and a.type.dtype == made.result.type.dtype
    if not same or not isinstance(ufunc, np.ufunc) or made.kwargs or ufunc.nout != 1:
        return None
    args = [e.tree(arg) for arg in made.args]
    return ast.Call(e.references.expression(ufunc), args, [ast.keyword("out", e.operand(a))])


def _is_whole(index: Tree) -> bool:
    return isinstance(index, Const) and index.value is Ellipsis


def _augmented(a: Operand, index: Tree, made: Call, e: Expressions) -> ast.stmt | None:
    """``A[index] op= v`` for the assignment of ``made`` = ``A[index] op v``."""
    symbol = _OPERATORS.get(made.fn)
    if symbol is None or len(made.args) != 2 or made.kwargs or not _keeps_dtype(a, index, made):
        return None
    whole = _is_whole(index)
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
    whole = _is_whole(index) and isinstance(a.type, Array) and a.type.ndim > 0
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
