"""Types of functions that take entries out of arrays, leave some out or put some in."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from s2sgrad.ir.core import Const, Tree, Value
from s2sgrad.ir.shapes import lengths
from s2sgrad.ir.shapes.elementwise import broadcast
from s2sgrad.ir.shapes.table import Types, array_of, axes_of, cannot_tell, of_shape, static, type_rule
from s2sgrad.ir.types import Array, Dim, Length, Scalar, TupleOf


@type_rule(np.take)
def take(x: Tree, indices: Tree, axis: Tree = None, out: Tree = None, mode: Tree = "raise") -> Types:
    t, i = array_of(x), array_of(indices)
    if static(axis) is None:
        return of_shape(t.dtype, i.shape)
    (k,) = axes_of(axis, t.ndim)
    return of_shape(t.dtype, (*t.shape[:k], *i.shape, *t.shape[k + 1 :]))


@type_rule(np.take_along_axis)
def take_along_axis(x: Tree, indices: Tree, axis: Tree = -1) -> Types:
    t, i = array_of(x), array_of(indices)
    if static(axis) is None or t.ndim != i.ndim:
        cannot_tell()
    (k,) = axes_of(axis, t.ndim)
    others = list(broadcast(t.shape[:k] + t.shape[k + 1 :], i.shape[:k] + i.shape[k + 1 :]))
    return Array(t.dtype, (*others[:k], i.shape[k], *others[k:]))


@type_rule(np.nonzero)
def nonzero(x: Tree) -> Types:
    t = array_of(x)
    count = Dim(("mask", x)) if isinstance(x, Value) else Dim(object())
    return (Array(np.dtype(np.intp), (count,)),) * t.ndim if t.ndim else cannot_tell()


@type_rule(np.flatnonzero)
def flatnonzero(x: Tree) -> Types:
    return Array(np.dtype(np.intp), (Dim(("mask", x)) if isinstance(x, Value) else Dim(object()),))


@type_rule(np.argwhere)
def argwhere(x: Tree) -> Types:
    return Array(np.dtype(np.intp), (Dim(("mask", x)) if isinstance(x, Value) else Dim(object()), array_of(x).ndim))


@type_rule(np.extract)
def extract(condition: Tree, x: Tree) -> Types:
    return Array(array_of(x).dtype, (Dim(object()),))


@type_rule(np.compress)
def compress(condition: Tree, x: Tree, axis: Tree = None) -> Types:
    return _along(array_of(x), axis, lambda n: Dim(object()))


@type_rule(np.choose)
def choose(a: Tree, choices: Tree, out: Tree = None, mode: Tree = "raise") -> Types:
    if isinstance(choices, (tuple, list)):
        items = [array_of(x) for x in choices]
    else:
        t = array_of(choices)
        items = [Array(t.dtype, t.shape[1:])]
    shape = broadcast(array_of(a).shape, *(t.shape for t in items))
    return of_shape(np.result_type(*(t.dtype for t in items)), shape)


def _along(t: Array, axis: Tree, change: Callable[[Length], Length]) -> Array:
    """An array with another length along an axis; a vector for None."""
    if static(axis) is None:
        return Array(t.dtype, (change(lengths.product(*t.shape, 1)),))
    (k,) = axes_of(axis, t.ndim)
    return Array(t.dtype, (*t.shape[:k], change(t.shape[k]), *t.shape[k + 1 :]))


def _is_integer(obj: Tree) -> bool:
    t = obj.type if isinstance(obj, (Value, Const)) else None
    return isinstance(t, Scalar) and t.dtype.kind in "iu"


@type_rule(np.delete)
def delete(x: Tree, obj: Tree, axis: Tree = None) -> Types:
    return _along(array_of(x), axis, lambda n: n + -1 if _is_integer(obj) else Dim(object()))


@type_rule(np.insert)
def insert(x: Tree, obj: Tree, values: Tree, axis: Tree = None) -> Types:
    one = _is_integer(obj) and not array_of(values).ndim
    return _along(array_of(x), axis, lambda n: n + 1 if one else Dim(object()))


@type_rule(np.trim_zeros)
def trim_zeros(x: Tree, trim: Tree = "fb", axis: Tree = None) -> Types:
    t = array_of(x)
    return Array(t.dtype, tuple(Dim(object()) for _ in t.shape))


@type_rule(np.unravel_index)
def unravel_index(indices: Tree, shape: Tree, order: Tree = "C") -> Types:
    t = array_of(indices)
    rank = _rank_of_shape(shape)
    return (of_shape(np.dtype(np.intp), t.shape),) * rank


def _rank_of_shape(shape: Tree) -> int:
    if isinstance(shape, (tuple, list)):
        return len(shape)
    if isinstance(shape, Value) and isinstance(shape.type, TupleOf):
        return len(shape.type.items)
    if isinstance(shape, Const) and isinstance(shape.value, (tuple, int)):
        return len(shape.value) if isinstance(shape.value, tuple) else 1
    return cannot_tell()
