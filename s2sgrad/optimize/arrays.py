"""Rewrites of derivative code on arrays: shapes that come and go, zeros that are only added to."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sgrad.ir import primitives
from s2sgrad.ir.core import Call, Const, Operand, Tree, Value
from s2sgrad.ir.infer import UFUNC_OF_OPERATOR, infer
from s2sgrad.ir.primitives import additem, setitem, unbroadcast
from s2sgrad.ir.types import Array, Scalar, Type, is_complex
from s2sgrad.optimize.algebra import ZEROS, negated
from s2sgrad.optimize.rewrite import Rewrite, Rewriter, fits, number, same_shape
from s2sgrad.optimize.sharing import is_basic_index, same_tree

# -- broadcasts --------------------------------------------------------------------------------------


def broadcast_operand(r: Rewriter, op: Call) -> Operand | None:
    """np.broadcast_to(v, np.shape(x)) * x → v * x, where x gives the product its shape

    np.expand_dims(v, 0) * x → v * x likewise.
    """
    args = tuple([_before_broadcast(r, x) for x in op.args])
    if args == op.args or op.kwargs or not same_shape(op.result.type, op.result.type):
        return None
    for candidate in (args, *_one_replaced(op.args, args)):
        if candidate != op.args and has_type(infer(op.fn, candidate, {}), op.result.type):
            return r.call(op.fn, *candidate)
    return None


def broadcast_later(r: Rewriter, op: Call) -> Operand | None:
    """np.broadcast_to(v, s) * w → np.broadcast_to(v * w, s), where that has the shape of the product"""
    for k, x in enumerate(op.args):
        inner = r.match(x, np.broadcast_to)
        others = op.args[:k] + op.args[k + 1 :]
        if inner is None or op.kwargs or any(isinstance(y, (tuple, list)) for y in others):
            continue
        if all(isinstance(y.type, Scalar) for y in others) or same_shape(x.type, op.result.type):
            v, shape = inner.args
            new = r.call(op.fn, *op.args[:k], v, *op.args[k + 1 :])
            if _dtype(new) == _dtype(op.result):
                return r.typed_call(np.broadcast_to, op.result.type, new, shape)
    return None


def broadcast(r: Rewriter, op: Call) -> Operand | None:
    """np.broadcast_to(x, shape of x) → x; of a broadcast, or of np.expand_dims(x, 0): of x itself"""
    if op.kwargs or len(op.args) != 2:
        return None
    x, shape = op.args
    if _dtype(x) == _dtype(op.result) and same_shape(x.type, op.result.type):
        return x  # type: ignore[no-any-return]
    source = _before_broadcast(r, x)
    return None if source is x else r.typed_call(np.broadcast_to, op.result.type, source, shape)


def _before_broadcast(r: Rewriter, x: Tree) -> Tree:
    """``v`` where ``x`` is v repeated along leading or size-1 axes, so that NumPy would do the same by itself."""
    inner = r.match(x, np.broadcast_to, np.expand_dims, np.reshape, np.transpose)
    if inner is None or inner.kwargs.keys() - {"axis"}:
        return x
    v = _before_broadcast(r, inner.args[0])
    if isinstance(v.type, Scalar) or inner.fn is np.broadcast_to:
        return v  # a number has no axes to be moved
    if inner.fn is np.expand_dims and _adds_leading_axes(inner):
        return v
    return x


def _adds_leading_axes(op: Call) -> bool:
    """Whether a call is ``np.expand_dims(x, 0)``, or ``np.expand_dims(x, (0, 1))``."""
    given = constants((*op.args[1:], *op.kwargs.values()))
    if given is None or len(given) != 1:
        return False
    axes = given[0] if isinstance(given[0], tuple) else given
    return axes == tuple(range(len(axes)))


def _one_replaced(old: tuple[Tree, ...], new: tuple[Tree, ...]) -> list[tuple[Tree, ...]]:
    return [(*old[:k], new[k], *old[k + 1 :]) for k in range(len(old))]


def no_unbroadcast(r: Rewriter, op: Call) -> Operand | None:
    """unbroadcast(x_bar, x) → x_bar, where they have one shape"""
    x_bar, x = op.args
    return x_bar if same_shape(x_bar.type, x.type) else None


# -- conversions ---------------------------------------------------------------------------------------


def widened_operand(r: Rewriter, op: Call) -> Operand | None:
    """x.astype(np.complex128) * z → x * z, and likewise for other conversions that NumPy does by itself"""
    for k, x in enumerate(op.args):
        source = before_widening(r, x)
        if source is None or op.kwargs:
            continue
        args = (*op.args[:k], source, *op.args[k + 1 :])
        if has_type(infer(op.fn, args, {}), op.result.type):
            return r.call(op.fn, *args)
    return None


def update_by_widened(r: Rewriter, op: Call) -> Operand | None:
    """a[i] += x.astype(a.dtype) → a[i] += x"""
    a, index, v = op.args
    source = before_widening(r, v)
    return None if source is None else r.call(op.fn, a, index, source)


def before_widening(r: Rewriter, x: Tree) -> Operand | None:
    """``v`` where ``x`` is v in a dtype that holds all values of the dtype of v."""
    inner = r.match(x, np.astype)
    if inner is None or inner.kwargs:
        return None
    v: Operand = inner.args[0]
    have, wanted = _dtype(v), _dtype(x)
    return v if have is not None and wanted is not None and np.can_cast(have, wanted, "safe") else None


def convert_broadcast(r: Rewriter, op: Call) -> Operand | None:
    """np.broadcast_to(1.0, s).astype(np.complex128) → np.broadcast_to((1+0j), s)"""
    inner = r.match(op.args[0], np.broadcast_to)
    c = None if inner is None else number(inner.args[0])
    if inner is None or c is None or _dtype(op.result) != np.complex128:
        return None
    return r.typed_call(np.broadcast_to, op.result.type, Const(complex(c)), inner.args[1])


# -- reductions, reshapes, transposes ------------------------------------------------------------------


def default_options(r: Rewriter, op: Call) -> Operand | None:
    """np.sum(x, axis=None, keepdims=False) → np.sum(x)"""
    defaults = {"axis": None, "keepdims": False}
    plain = {k for k, x in op.kwargs.items() if k in defaults and isinstance(x, Const) and x.value is defaults[k]}
    if not plain:
        return None
    kwargs = {k: x for k, x in op.kwargs.items() if k not in plain}
    return r.typed_call(op.fn, op.result.type, *op.args, **kwargs)


def factor_outward(r: Rewriter, op: Call) -> Operand | None:
    """np.sum(-x, axis=0) → -np.sum(x, axis=0); np.sum(2.0 * x) → 2.0 * np.sum(x); and other linear functions"""
    inner = r.match(op.args[0], operator.neg, operator.mul)
    if inner is None or _dtype(inner.result) != _dtype(op.result):
        return None
    c = number(inner.args[0])
    if c is None:
        x = negated(r, inner.result)
        return None if x is None else r.call(operator.neg, _of(r, op, x))
    x = inner.args[1]
    if not isinstance(x, Value) or not same_shape(x.type, inner.result.type) or _dtype(x) != _dtype(inner.result):
        return None
    return r.call(operator.mul, c, _of(r, op, x))


def _of(r: Rewriter, op: Call, x: Operand) -> Operand:
    """``op`` of ``x`` instead, which has the same type."""
    return r.typed_call(op.fn, op.result.type, x, *op.args[1:], **op.kwargs)


def sum_of_one(r: Rewriter, op: Call) -> Operand | None:
    """np.sum(x, axis=0, keepdims=True) → x, where the axis has length 1; without keepdims: np.squeeze(x, axis=0)"""
    options = constant_options(op, ("axis", "dtype", "out", "keepdims"))
    x = op.args[0]
    if options is None or options.keys() - {"axis", "keepdims"} or not isinstance(x.type, (Array, Scalar)):
        return None
    if x.type == op.result.type:
        return x if isinstance(x.type, Scalar) or options.get("axis", None) is not None else None
    axes = options.get("axis")
    if not isinstance(x.type, Array) or axes is None or options.get("keepdims"):
        return None
    if all(x.type.shape[k] == 1 for k in ((axes,) if isinstance(axes, int) else axes)):
        return r.call(np.squeeze, x, axis=axes)
    return None


def transpose_of_transpose(r: Rewriter, op: Call) -> Operand | None:
    """x.T.T → x; np.transpose(np.transpose(x, p), q) → x, where q undoes p"""
    inner = r.match(op.args[0], np.transpose)
    if inner is None or op.kwargs or inner.kwargs:
        return None
    p, q = constants(inner.args[1:]), constants(op.args[1:])
    if p == q == ():
        return inner.args[0]  # type: ignore[no-any-return]
    if p and q and p[0] is not None and q[0] is not None:
        undone = [p[0][k] for k in q[0]] == list(range(len(p[0])))
        return inner.args[0] if undone else None
    return None


def swap_of_swap(r: Rewriter, op: Call) -> Operand | None:
    """np.swapaxes(np.swapaxes(x, i, j), i, j) → x"""
    inner = r.match(op.args[0], op.fn)
    if inner is None or op.kwargs or inner.kwargs:
        return None
    axes = constants(op.args[1:])
    return inner.args[0] if axes is not None and axes == constants(inner.args[1:]) else None


def reshape(r: Rewriter, op: Call) -> Operand | None:
    """x.reshape(shape of x) → x; x.reshape(s).reshape(t) → x.reshape(t)"""
    if op.kwargs or len(op.args) != 2:
        return None
    x, shape = op.args
    if isinstance(x.type, Array) and x.type == op.result.type:
        return x  # type: ignore[no-any-return]
    inner = r.match(x, np.reshape)
    if inner is None or inner.kwargs or len(inner.args) != 2 or not isinstance(inner.args[0].type, Array):
        return None
    return r.typed_call(np.reshape, op.result.type, inner.args[0], shape)


def real(r: Rewriter, op: Call) -> Operand | None:
    """np.conj(x) → x; np.real(x) → x, for a real x, such as another np.real(y)"""
    (x,) = op.args
    is_real = isinstance(x.type, (Array, Scalar)) and x.type.dtype.kind == "f"
    return x if (is_real or r.match(x, np.real) is not None) and not op.kwargs else None


# -- zeros and updates -----------------------------------------------------------------------------------


def zero_of_number(r: Rewriter, op: Call) -> Operand | None:
    """zeros_like(x) → 0.0, for a number x"""
    t = op.args[0].type
    return Const(0j if is_complex(t) else 0.0) if isinstance(t, Scalar) and not op.kwargs else None


def load_of_zeros(r: Rewriter, op: Call) -> Operand | None:
    """np.zeros(n)[i] → 0.0"""
    t = op.result.type
    zeros = isinstance(t, Scalar) and r.match(op.args[0], *ZEROS)
    return Const(0j if is_complex(t) else 0.0) if zeros else None


def whole_update(r: Rewriter, op: Call) -> Operand | None:
    """a[...] = v → v, for a v of a's type; np.zeros(n)[...] += v → v"""
    a, index, v = op.args
    if not (isinstance(index, Const) and index.value is Ellipsis and isinstance(a.type, Array) and fits(v, a.type)):
        return None
    return v if op.fn is setitem or r.match(a, *ZEROS) else None


def store_of_own_entries(r: Rewriter, op: Call) -> Operand | None:
    """a[i] = a[i] → a, where a is read by nothing else"""
    a, index, v = op.args
    read = r.match(v, operator.getitem)
    if read is None or read.args[0] is not a or r.uses.get(a) != 2 or not same_tree(read.args[1], index):
        return None
    return a  # type: ignore[no-any-return]


def update_by_broadcast(r: Rewriter, op: Call) -> Operand | None:
    """a[i] += np.broadcast_to(v, s) → a[i] += v"""
    a, index, v = op.args
    inner = r.match(v, np.broadcast_to)
    if inner is None or not isinstance(a.type, Array):
        return None
    return r.call(op.fn, a, index, inner.args[0])


def subtracting_update(r: Rewriter, op: Call) -> Operand | None:
    """a[1:] += -2.0 * v → a[1:] += -(2.0 * v), which is printed as a[1:] -= 2.0 * v; and -v - w → -(v + w)"""
    a, index, v = op.args
    if not isinstance(a.type, Array) or not is_basic_index(index) or r.match(v, operator.neg) is not None:
        return None
    subtracted = negated(r, v)
    difference = r.match(v, operator.sub)
    if difference is not None and r.is_single(difference) and same_shape(difference.args[0].type, v.type):
        minuend = negated(r, difference.args[0])
        subtracted = None if minuend is None else r.call(operator.add, minuend, difference.args[1])
    if subtracted is None:
        return None
    return r.new(op.fn, op.result.type, a, index, r.new(operator.neg, v.type, subtracted))


# -- what the rewrites ask -------------------------------------------------------------------------------


def has_type(found: object, wanted: Type) -> bool:
    """Whether an inferred type is the wanted one."""
    return isinstance(found, Type) and fits(Value(found), wanted)


def _dtype(x: Operand) -> np.dtype | None:
    return x.type.dtype if isinstance(x.type, (Array, Scalar)) else None


def constants(args: tuple[Tree, ...]) -> tuple[Any, ...] | None:
    """The values of constant arguments; None where one is not constant."""
    values = tuple(_constant(x) for x in args)
    return None if any(v is _NOT_CONSTANT for v in values) else values


_NOT_CONSTANT = object()


def _constant(x: Tree) -> Any:
    if isinstance(x, Const):
        return x.value
    if isinstance(x, (tuple, list)):
        items = tuple(map(_constant, x))
        return _NOT_CONSTANT if any(v is _NOT_CONSTANT for v in items) else items
    return _NOT_CONSTANT


def constant_options(op: Call, names: tuple[str, ...]) -> dict[str, Any] | None:
    """The arguments after the first by name, if all are constant."""
    options = dict(zip(names, op.args[1:], strict=False)) | op.kwargs
    values = constants(tuple(options.values()))
    return None if values is None else dict(zip(options, values, strict=True))


_ELEMENTWISE: tuple[Callable[..., Any], ...] = (
    *(operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.neg),
    *(operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne),
)

ARRAYS: dict[Any, tuple[Rewrite, ...]] = {
    np.broadcast_to: (broadcast,),
    unbroadcast: (no_unbroadcast,),
    np.sum: (default_options, sum_of_one, factor_outward),
    np.transpose: (transpose_of_transpose, factor_outward),
    np.swapaxes: (swap_of_swap, factor_outward),
    np.reshape: (reshape, factor_outward),
    **dict.fromkeys((np.conj, np.real), (real,)),
    primitives.zeros_like: (zero_of_number,),
    operator.getitem: (load_of_zeros,),
    setitem: (whole_update, store_of_own_entries, update_by_broadcast, update_by_widened),
    additem: (whole_update, update_by_broadcast, update_by_widened, subtracting_update),
    np.astype: (convert_broadcast,),
    **dict.fromkeys(
        (*_ELEMENTWISE, *map(UFUNC_OF_OPERATOR.get, _ELEMENTWISE)),
        (widened_operand, broadcast_operand, broadcast_later),
    ),
}
