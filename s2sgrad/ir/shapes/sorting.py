"""Types of sorting, of entries without repetition, and of bins."""

from __future__ import annotations

import numpy as np

from s2sgrad.ir.core import Const, Tree, Value
from s2sgrad.ir.shapes import lengths
from s2sgrad.ir.shapes.table import Types, array_of, axes_of, cannot_tell, length_of, of_shape, static, type_rule
from s2sgrad.ir.types import Array, Dim, Length, Scalar

_COUNT = np.dtype(np.intp)


@type_rule(np.sort)
def sort(x: Tree, axis: Tree = -1, kind: Tree = None, order: Tree = None, *, stable: Tree = None) -> Types:
    t = array_of(x)
    if static(axis) is None:
        return Array(t.dtype, (lengths.product(*t.shape, 1),))
    return t


@type_rule(np.argsort)
def argsort(x: Tree, axis: Tree = -1, kind: Tree = None, order: Tree = None, **_: Tree) -> Types:
    t = array_of(x)
    if static(axis) is None:
        return Array(np.dtype(np.intp), (lengths.product(*t.shape, 1),))
    return Array(np.dtype(np.intp), t.shape)


@type_rule(np.partition)
def partition(x: Tree, kth: Tree, axis: Tree = -1, kind: Tree = None, order: Tree = None) -> Types:
    return sort(x, axis)


@type_rule(np.argpartition)
def argpartition(x: Tree, kth: Tree, axis: Tree = -1, kind: Tree = None, order: Tree = None) -> Types:
    return argsort(x, axis)


@type_rule(np.searchsorted)
def searchsorted(x: Tree, v: Tree, side: Tree = "left", sorter: Tree = None) -> Types:
    return of_shape(np.dtype(np.intp), array_of(v).shape)


@type_rule(np.unique)
def unique(
    x: Tree,
    return_index: Tree = False,
    return_inverse: Tree = False,
    return_counts: Tree = False,
    axis: Tree = None,
    *,
    equal_nan: Tree = True,
    sorted: Tree = True,
) -> Types:
    t = array_of(x)
    count = Dim(object())
    shape: tuple[Length, ...] = (count,)
    inverse = t.shape
    if static(axis) is not None:
        (k,) = axes_of(axis, t.ndim)
        shape, inverse = (*t.shape[:k], count, *t.shape[k + 1 :]), (t.shape[k],)
    values = Array(t.dtype, shape)
    more = [
        (return_index, (count,)),
        (return_inverse, inverse),
        (return_counts, (count,)),
    ]
    asked = tuple(Array(_COUNT, lengths_) for flag, lengths_ in more if static(flag))
    return (values, *asked) if asked else values


@type_rule(np.bincount)
def bincount(x: Tree, weights: Tree = None, minlength: Tree = 0) -> Types:
    return Array(_dtype_of_counts(weights), (Dim(object()),))


def _dtype_of_counts(weights: Tree) -> np.dtype:
    """Bins hold counts without weights, and sums of doubles with them."""
    none = weights is None or (isinstance(weights, Const) and weights.value is None)
    return _COUNT if none else np.dtype(np.float64)


@type_rule(np.histogram)
def histogram(a: Tree, bins: Tree = 10, range: Tree = None, density: Tree = None, weights: Tree = None) -> Types:
    dtype = _dtype_of_counts(weights)
    if dtype != _COUNT:
        dtype = array_of(weights).dtype
    if static(density):
        dtype = np.result_type(dtype, np.float64)  # the widths are of this type
    n, edges = _edges(bins, a)
    return Array(dtype, (n,)), edges


@type_rule(np.histogram2d)
def histogram2d(
    x: Tree, y: Tree, bins: Tree = 10, range: Tree = None, density: Tree = None, weights: Tree = None
) -> Types:
    pair = isinstance(bins, (tuple, list)) and len(bins) == 2
    (n, rows), (m, columns) = (_edges(b, x) for b in (bins if pair else (bins, bins)))
    return Array(np.dtype(np.float64), (n, m)), rows, columns


def _edges(bins: Tree, a: Tree) -> tuple[Length, Array]:
    """The number of bins and the type of their edges."""
    if isinstance(bins, Const) and isinstance(bins.value, str):
        n: Length = Dim(object())
    elif isinstance(bins, (Value, Const)) and isinstance(bins.type, Scalar):
        n = length_of(bins)
    else:
        t = array_of(bins)
        return (t.shape[0] + -1, t) if t.ndim == 1 else cannot_tell()
    dtype = np.result_type(array_of(a).dtype, 0.0)
    return n, Array(dtype if dtype.kind == "f" else np.dtype(np.float64), (n + 1,))


# -- signals ---------------------------------------------------------------------------------------------


@type_rule(np.convolve)
def convolve(a: Tree, v: Tree, mode: Tree = "full") -> Types:
    x, y = array_of(a), array_of(v)
    dtype = np.result_type(x.dtype, y.dtype)
    m, n = (t.shape[0] if t.ndim else 1 for t in (x, y))
    if static(mode) == "full":
        return Array(dtype, (lengths.add(m, n) + -1,))
    if isinstance(m, int) and isinstance(n, int):
        long, short = max(m, n), min(m, n)
        return Array(dtype, (long if static(mode) == "same" else long - short + 1,))
    return Array(dtype, (Dim((static(mode), m, n)),))


@type_rule(np.correlate)
def correlate(a: Tree, v: Tree, mode: Tree = "valid") -> Types:
    return convolve(a, v, mode)


@type_rule(np.interp)
def interp(x: Tree, xp: Tree, fp: Tree, left: Tree = None, right: Tree = None, period: Tree = None) -> Types:
    kind = np.complex128 if array_of(fp).dtype.kind == "c" else np.float64
    return of_shape(np.dtype(kind), array_of(x).shape)
