"""How a call of each callable is written: operators, subscripts, methods, or ``f(x)``."""

from __future__ import annotations

import ast
import builtins
import operator
from collections.abc import Callable
from string import Formatter
from typing import TYPE_CHECKING, Any

import numpy as np

from s2sgrad.ir import primitives
from s2sgrad.ir.core import Call, Const, Operand, Value
from s2sgrad.ir.types import OBJECT, Array, ListOf, Scalar
from s2sgrad.ir.unset import without_unset

if TYPE_CHECKING:
    from s2sgrad.emit.expressions import Expressions

BINARY: dict[Any, type[ast.operator]] = {
    operator.add: ast.Add,
    operator.sub: ast.Sub,
    operator.mul: ast.Mult,
    operator.truediv: ast.Div,
    operator.floordiv: ast.FloorDiv,
    operator.mod: ast.Mod,
    operator.pow: ast.Pow,
    operator.matmul: ast.MatMult,
    operator.lshift: ast.LShift,
    operator.rshift: ast.RShift,
    operator.and_: ast.BitAnd,
    operator.or_: ast.BitOr,
    operator.xor: ast.BitXor,
}
UNARY: dict[Any, type[ast.unaryop]] = {
    operator.neg: ast.USub,
    operator.pos: ast.UAdd,
    operator.not_: ast.Not,
    operator.invert: ast.Invert,
}
COMPARE: dict[Any, type[ast.cmpop]] = {
    operator.lt: ast.Lt,
    operator.le: ast.LtE,
    operator.eq: ast.Eq,
    operator.ne: ast.NotEq,
    operator.gt: ast.Gt,
    operator.ge: ast.GtE,
    operator.is_: ast.Is,
    operator.is_not: ast.IsNot,
}


def expression(op: Call, e: Expressions) -> ast.expr:
    """The expression that makes a call."""
    writer = _writer(op.fn)
    written = writer(op, e) if writer is not None else None
    return plain(op, e) if written is None else written


def _writer(fn: Any) -> Callable[[Call, Expressions], ast.expr | None] | None:
    try:
        return _WRITERS.get(fn)
    except TypeError:
        return None


def is_written_specially(op: Call) -> bool:
    """Whether a call is surely written without the name of what is called, or with a name that is always kept free."""
    if op.fn is primitives.zeros_like:
        return isinstance(op.args[0].type, ListOf)
    return _writer(op.fn) is not None or op.fn in _STATEMENTS or hasattr(op.fn, "__objclass__")


def plain(op: Call, e: Expressions) -> ast.expr:
    """``f(x, key=y)``, or ``x.f(y)`` for a method of a class."""
    fn = op.fn
    given, named = without_unset(fn, op.args, op.kwargs)
    keywords = [ast.keyword(key, e.tree(value)) for key, value in named.items()]
    args = [e.tree(arg) for arg in given]
    owner = getattr(fn, "__objclass__", None)
    if isinstance(owner, type) and args and not isinstance(fn, type):
        return ast.Call(ast.Attribute(args[0], fn.__name__, ast.Load()), args[1:], keywords)
    return ast.Call(e.references.expression(fn), args, keywords)


def is_array(x: Any) -> bool:
    return isinstance(x, (Value, Const)) and isinstance(x.type, Array)


def _binary(op: Call, e: Expressions) -> ast.expr | None:
    if len(op.args) != 2 or op.kwargs:
        return None
    left, right = op.args
    if op.fn in (operator.and_, operator.or_) and _is_bool(left) and _is_bool(right):
        kind: ast.boolop = ast.And() if op.fn is operator.and_ else ast.Or()
        return junction(kind, e.tree(left), e.tree(right))
    return ast.BinOp(e.tree(left), BINARY[op.fn](), e.tree(right))


def junction(kind: ast.boolop, a: ast.expr, b: ast.expr) -> ast.expr:
    """``a and b``, ``a or b``."""
    values: list[ast.expr] = []
    for x in (a, b):
        values += x.values if isinstance(x, ast.BoolOp) and type(x.op) is type(kind) else [x]
    return ast.BoolOp(kind, values)


def _is_bool(x: Operand) -> bool:
    return isinstance(x.type, Scalar) and x.type.dtype.kind == "b"


def _unary(op: Call, e: Expressions) -> ast.expr:
    return ast.UnaryOp(UNARY[op.fn](), e.tree(op.args[0]))


def _compare(op: Call, e: Expressions) -> ast.expr:
    return ast.Compare(e.tree(op.args[0]), [COMPARE[op.fn]()], [e.tree(op.args[1])])


def _builtin(op: Call, e: Expressions) -> ast.expr:
    name = e.references.expression(abs if op.fn is operator.abs else bool)
    return ast.Call(name, [e.tree(op.args[0])], [])


def _contains(op: Call, e: Expressions) -> ast.expr:
    return ast.Compare(e.tree(op.args[1]), [ast.In()], [e.tree(op.args[0])])


def _subscript(op: Call, e: Expressions) -> ast.expr:
    a, index = op.args
    t = a.type if isinstance(a, (Value, Const)) else OBJECT
    return e.item(e.tree(a), t, index)


def _new_list(op: Call, e: Expressions) -> ast.expr:
    return ast.List([e.tree(arg) for arg in op.args], ast.Load())


def _new_dict(op: Call, e: Expressions) -> ast.expr:
    return ast.Dict([], [])


def _get(op: Call, e: Expressions) -> ast.expr:
    items, *args = op.args
    return ast.Call(ast.Attribute(e.tree(items), "get", ast.Load()), [e.tree(arg) for arg in args], [])


def _keys_of(op: Call, e: Expressions) -> ast.expr:
    return ast.Call(e.references.expression(list), [e.tree(op.args[0])], [])


def _zeros_like(op: Call, e: Expressions) -> ast.expr | None:
    """Zeros of a known type without the general function: ``0.0``, ``[0.0] * len(x)``."""
    x = op.args[0]
    item = x.type.item if isinstance(x.type, ListOf) else None
    if isinstance(item, Scalar):
        zeros = ast.List([ast.Constant(0.0)], ast.Load())
        return ast.BinOp(zeros, ast.Mult(), ast.Call(e.references.expression(len), [e.tree(x)], []))
    if isinstance(item, Array) and item.dtype.kind in "fc":
        name = "a" if e.references.is_free("a") else e.references.unique("a")
        zeros_like = ast.Call(e.references.numpy("zeros_like"), [ast.Name(name, ast.Load())], [])
        return ast.ListComp(zeros_like, [ast.comprehension(ast.Name(name, ast.Store()), e.tree(x), [], 0)])
    return None


def _format(op: Call, e: Expressions) -> ast.expr | None:
    """``"x = {:.3f}".format(x)`` as an f-string."""
    template = op.args[0]
    if op.kwargs or not isinstance(template, Const) or not isinstance(template.value, str):
        return None
    operands = iter(op.args[1:])
    parts: list[ast.expr] = []
    for literal, name, spec, conversion in Formatter().parse(template.value):
        if literal:
            parts.append(ast.Constant(literal))
        if name is not None:
            if name or "{" in (spec or ""):
                return None
            value = e.tree(next(operands))
            if any(isinstance(node, (ast.JoinedStr, ast.Dict)) or _is_text(node) for node in ast.walk(value)):
                return None
            form = ast.JoinedStr([ast.Constant(spec)]) if spec else None
            parts.append(ast.FormattedValue(value, ord(conversion) if conversion else -1, form))
    return ast.JoinedStr(parts)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))


def _transpose(op: Call, e: Expressions) -> ast.expr | None:
    """``np.transpose(x)`` as ``x.T``, and ours with an order of the axes as a method."""
    if op.kwargs or not is_array(op.args[0]):
        return None
    if len(op.args) == 2 and op.adjoint and isinstance(op.args[1], tuple):
        return ast.Call(ast.Attribute(e.tree(op.args[0]), "transpose", ast.Load()), [*map(e.tree, op.args[1])], [])
    if len(op.args) != 1:
        return None
    return ast.Attribute(e.tree(op.args[0]), "T", ast.Load())


def _part(op: Call, e: Expressions) -> ast.expr | None:
    """``np.real(x)`` as ``x.real``, which is how NumPy finds it."""
    if len(op.args) != 1 or not isinstance(op.args[0], Value) or not isinstance(op.args[0].type, (Array, Scalar)):
        return None
    return ast.Attribute(e.tree(op.args[0]), op.fn.__name__, ast.Load())


def _conjugate(op: Call, e: Expressions) -> ast.expr | None:
    """``np.conjugate(x)`` as ``x.conj()`` where ``x`` surely is an array; of a number of ours, as ``x.conjugate()``."""
    if len(op.args) != 1 or op.kwargs or not isinstance(op.args[0], Value):
        return None
    if not is_array(op.args[0]) and not (op.adjoint and isinstance(op.args[0].type, Scalar)):
        return None
    name = "conj" if is_array(op.args[0]) else "conjugate"
    return ast.Call(ast.Attribute(e.tree(op.args[0]), name, ast.Load()), [], [])


def _shape(op: Call, e: Expressions) -> ast.expr | None:
    if op.kwargs or len(op.args) != 1 or not is_array(op.args[0]) or op.args[0] in e.undefined:
        return None
    return ast.Attribute(e.tree(op.args[0]), op.fn.__name__, ast.Load())


def _copy(op: Call, e: Expressions) -> ast.expr | None:
    """``np.copy(x, "C")`` as ``x.copy()``; a copy that keeps the arrangement of several axes stays ``np.copy``."""
    x, *order = op.args
    if not is_array(x) or isinstance(x, Const) or op.kwargs:
        return None
    by_rows = bool(order) and isinstance(order[0], Const) and order[0].value == "C"
    if by_rows or (not order and (op.adjoint or x.type.ndim < 2)):
        return ast.Call(ast.Attribute(e.tree(x), "copy", ast.Load()), [], [])
    return None


def _method(op: Call, e: Expressions) -> ast.expr | None:
    """``np.reshape(x, n)`` as ``x.reshape(n)`` where ``x`` surely is an array."""
    if not op.args or not is_array(op.args[0]) or isinstance(op.args[0], Const):
        return None
    args = [e.tree(arg) for arg in op.args[1:]]
    if op.fn is np.reshape:
        if len(args) != 1:
            return None
        if isinstance(args[0], ast.Tuple) and args[0].elts:
            args = args[0].elts
    keywords = [ast.keyword(key, e.tree(value)) for key, value in op.kwargs.items()]
    return ast.Call(ast.Attribute(e.tree(op.args[0]), op.fn.__name__, ast.Load()), args, keywords)


def _sum(op: Call, e: Expressions) -> ast.expr | None:
    """``np.sum(x, axis=0)`` of ours as ``x.sum(axis=0)``, which is half the price for small arrays."""
    return _method(op, e) if op.adjoint and len(op.args) == 1 else None


def _expand_dims(op: Call, e: Expressions) -> ast.expr | None:
    """``np.expand_dims(x, 1)`` of ours as ``x[:, None]``, which NumPy does twenty times as fast."""
    x, *axis = (*op.args, *op.kwargs.values())
    if not op.adjoint or not is_array(x) or len(axis) != 1 or x.type.ndim == 0:
        return None
    given = axis[0] if isinstance(axis[0], (tuple, list)) else (axis[0],)
    numbers = [k.value if isinstance(k, Const) else None for k in given]
    if not all(type(k) is int for k in numbers):
        return None
    added = sorted(k % (x.type.ndim + len(numbers)) for k in numbers)
    if added[-1] >= x.type.ndim + len(numbers):
        return None
    items = [Const(None) if k in added else slice(Const(None), Const(None), Const(None)) for k in range(added[-1] + 1)]
    return e.item(e.tree(x), x.type, tuple(items) if len(items) > 1 else items[0])


def _swapaxes(op: Call, e: Expressions) -> ast.expr | None:
    """``np.swapaxes(x, -1, -2)`` of ours as a method, where ``x`` surely is an array."""
    return _method(op, e) if op.adjoint else None


def _getattr(op: Call, e: Expressions) -> ast.expr | None:
    if len(op.args) != 2 or not isinstance(op.args[1], Const):
        return None
    name = op.args[1].value
    if not isinstance(name, str) or not name.isidentifier():
        return None
    return ast.Attribute(e.tree(op.args[0]), name, ast.Load())


_WRITERS: dict[Any, Callable[[Call, Any], ast.expr | None]] = {
    **dict.fromkeys(BINARY, _binary),
    **dict.fromkeys(UNARY, _unary),
    **dict.fromkeys(COMPARE, _compare),
    operator.contains: _contains,
    operator.abs: _builtin,
    operator.truth: _builtin,
    operator.getitem: _subscript,
    primitives.getindex: _subscript,
    primitives.joined_by: _subscript,
    primitives.new_list: _new_list,
    primitives.make_list: _new_list,
    primitives.zeros_like: _zeros_like,
    primitives.new_dict: _new_dict,
    primitives.get: _get,
    primitives.keys_of: _keys_of,
    str.format: _format,
    np.transpose: _transpose,
    np.shape: _shape,
    np.ndim: _shape,
    np.size: _shape,
    np.real: _part,
    np.imag: _part,
    np.conjugate: _conjugate,
    np.copy: _copy,
    np.reshape: _method,
    np.ravel: _method,
    np.expand_dims: _expand_dims,
    np.swapaxes: _swapaxes,
    np.sum: _sum,
    builtins.getattr: _getattr,
}
_STATEMENTS = (*primitives.UPDATES, primitives.raise_)
if hasattr(np, "astype"):
    _WRITERS[np.astype] = _method
