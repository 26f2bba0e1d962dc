"""Types of functions that rearrange, join, split and repeat."""

from __future__ import annotations

import numpy as np

from s2sgrad.ir.core import Const, Tree
from s2sgrad.ir.shapes import lengths
from s2sgrad.ir.shapes.elementwise import broadcast
from s2sgrad.ir.shapes.table import (
    Types,
    array_of,
    axes_of,
    cannot_tell,
    length_of,
    of_shape,
    shape_operand,
    static,
    type_rule,
)
from s2sgrad.ir.types import Array, Dim, Length, maybe_one

# -- the same entries in another shape -------------------------------------------------------------------


@type_rule(np.reshape)
def reshape(x: Tree, shape: Tree, order: Tree = "C", *, copy: Tree = None) -> Types:
    t, wanted = array_of(x), shape_operand(shape)
    if -1 not in wanted:
        return Array(t.dtype, wanted)
    known = lengths.product(*(n for n in wanted if n != -1), 1)
    rest = lengths.quotient(lengths.product(*t.shape, 1), known)
    return Array(t.dtype, tuple(rest if n == -1 else n for n in wanted))


@type_rule(np.ravel)
def ravel(x: Tree, order: Tree = "C") -> Types:
    t = array_of(x)
    return Array(t.dtype, (lengths.product(*t.shape, 1),))


@type_rule(np.expand_dims)
def expand_dims(x: Tree, axis: Tree) -> Types:
    t = array_of(x)
    axis = static(axis)
    extra = len(axis) if isinstance(axis, (tuple, list)) else 1
    axes = axes_of(axis, t.ndim + extra)
    rest = iter(t.shape)
    return Array(t.dtype, tuple(1 if k in axes else next(rest) for k in range(t.ndim + extra)))


@type_rule(np.squeeze)
def squeeze(x: Tree, axis: Tree = None) -> Types:
    t = array_of(x)
    if static(axis) is not None:
        axes = axes_of(axis, t.ndim)
        return Array(t.dtype, tuple(n for k, n in enumerate(t.shape) if k not in axes))
    if any(n != 1 and maybe_one(n) for n in t.shape):
        cannot_tell()
    return Array(t.dtype, tuple(n for n in t.shape if n != 1))


@type_rule(np.broadcast_to)
def broadcast_to(x: Tree, shape: Tree, subok: Tree = False) -> Types:
    return Array(array_of(x).dtype, shape_operand(shape))


def of_rank(t: Array, rank: int) -> Array:
    """An array with at least so many axes: new ones stand in front."""
    return Array(t.dtype, (1,) * (rank - t.ndim) + t.shape) if t.ndim < rank else t


@type_rule(np.atleast_1d)
def atleast_1d(x: Tree) -> Types:
    return of_rank(array_of(x), 1)


@type_rule(np.atleast_2d)
def atleast_2d(x: Tree) -> Types:
    return of_rank(array_of(x), 2)


# -- axes ------------------------------------------------------------------------------------------------


def _permuted(t: Array, order: tuple[int, ...]) -> Array:
    return Array(t.dtype, tuple(t.shape[k] for k in order))


@type_rule(np.transpose)
def transpose(x: Tree, axes: Tree = None) -> Types:
    t = array_of(x)
    if static(axes) is None:
        return Array(t.dtype, t.shape[::-1])
    order = axes_of(axes, t.ndim)
    return _permuted(t, order) if len(set(order)) == t.ndim else cannot_tell()


@type_rule(np.matrix_transpose, np.linalg.matrix_transpose)
def matrix_transpose(x: Tree) -> Types:
    t = array_of(x)
    return Array(t.dtype, (*t.shape[:-2], t.shape[-1], t.shape[-2])) if t.ndim >= 2 else cannot_tell()


@type_rule(np.swapaxes)
def swapaxes(x: Tree, axis1: Tree, axis2: Tree) -> Types:
    t = array_of(x)
    i, j = axes_of((static(axis1), static(axis2)), t.ndim)
    return _permuted(t, tuple(j if k == i else i if k == j else k for k in range(t.ndim)))


@type_rule(np.moveaxis)
def moveaxis(x: Tree, source: Tree, destination: Tree) -> Types:
    t = array_of(x)
    sources, places = axes_of(source, t.ndim), axes_of(destination, t.ndim)
    order = [k for k in range(t.ndim) if k not in sources]
    for place, k in sorted(zip(places, sources, strict=True)):
        order.insert(place, k)
    return _permuted(t, tuple(order))


@type_rule(np.rollaxis)
def rollaxis(x: Tree, axis: Tree, start: Tree = 0) -> Types:
    t = array_of(x)
    (k,), place = axes_of(axis, t.ndim), static(start)
    order = [j for j in range(t.ndim) if j != k]
    place = place + t.ndim if place < 0 else place
    order.insert(place - 1 if place > k else place, k)
    return _permuted(t, tuple(order))


@type_rule(np.rot90)
def rot90(x: Tree, k: Tree = 1, axes: Tree = (0, 1)) -> Types:
    t = array_of(x)
    i, j = axes_of((0, 1) if static(axes) is None else axes, t.ndim)
    return t if static(k) % 2 == 0 else swapaxes(x, i, j)


@type_rule(np.broadcast_arrays)
def broadcast_arrays(*xs: Tree, subok: Tree = False) -> Types:
    types = [array_of(x) for x in xs]
    shape = broadcast(*(t.shape for t in types))
    return tuple(Array(t.dtype, shape) for t in types)


@type_rule(np.lib.stride_tricks.sliding_window_view)
def sliding_window_view(x: Tree, window_shape: Tree, axis: Tree = None, **_: Tree) -> Types:
    t, window = array_of(x), shape_operand(window_shape)
    axes = axes_of(axis, t.ndim)
    if len(axes) != len(window):
        cannot_tell()
    shape = list(t.shape)
    for k, n in zip(axes, window, strict=True):
        shape[k] = lengths.subtract(shape[k], n) + 1
    return Array(t.dtype, (*shape, *window))


@type_rule(np.flip, np.fliplr, np.flipud, np.roll)
def rearranged(x: Tree, *_: Tree, **__: Tree) -> Types:
    t = array_of(x)
    return t if t.ndim else cannot_tell()


@type_rule(np.tril, np.triu)
def triangle(x: Tree, k: Tree = 0) -> Types:
    t = array_of(x)
    if t.ndim == 1:
        return Array(t.dtype, t.shape * 2)
    return t if t.ndim >= 2 else cannot_tell()


# -- repeating -------------------------------------------------------------------------------------------


@type_rule(np.repeat)
def repeat(x: Tree, repeats: Tree, axis: Tree = None) -> Types:
    t, times = array_of(x), array_of(repeats)
    k = 0 if static(axis) is None else axes_of(axis, t.ndim)[0]
    shape = (lengths.product(*t.shape, 1),) if static(axis) is None else t.shape
    length = lengths.product(shape[k], length_of(repeats)) if not times.ndim else Dim(object())
    return Array(t.dtype, (*shape[:k], length, *shape[k + 1 :]))


@type_rule(np.tile)
def tile(x: Tree, reps: Tree) -> Types:
    t, times = array_of(x), shape_operand(reps)
    rank = max(t.ndim, len(times))
    shape = (1,) * (rank - t.ndim) + t.shape
    times = (1,) * (rank - len(times)) + times
    return Array(t.dtype, tuple(map(lengths.product, shape, times)))


@type_rule(np.pad)
def pad(x: Tree, pad_width: Tree, mode: Tree = "constant", **_: Tree) -> Types:
    t = array_of(x)
    shape = list(t.shape)
    for k in range(t.ndim):
        for width in _pad_width(pad_width, k, t.ndim):
            shape[k] = lengths.add(shape[k], length_of(width))
    return Array(t.dtype, tuple(shape))


def _pad_width(widths: Tree, k: int, ndim: int) -> tuple[Tree, Tree]:
    """The widths before and after along axis ``k``."""
    if isinstance(widths, Const):
        widths = widths.value.tolist() if isinstance(widths.value, np.ndarray) else widths.value
    if isinstance(widths, dict):
        widths = widths.get(k, widths.get(k - ndim, 0))
    if not isinstance(widths, (tuple, list)):
        return widths, widths
    if isinstance(widths[0], (tuple, list)):
        widths = widths[0] if len(widths) == 1 else widths[k]
    return widths[0], widths[-1]


@type_rule(np.resize)
def resize(x: Tree, new_shape: Tree) -> Types:
    return Array(array_of(x).dtype, shape_operand(new_shape))


# -- diagonals ---------------------------------------------------------------------------------------------


def diagonal_length(m: Length, n: Length, offset: int) -> Length:
    if isinstance(m, int) and isinstance(n, int):
        return max(min(m, n - offset) if offset >= 0 else min(m + offset, n), 0)
    return m + -abs(offset) if m == n else Dim(("diagonal", m, n, offset))


@type_rule(np.diag)
def diag(x: Tree, k: Tree = 0) -> Types:
    t, offset = array_of(x), static(k)
    if t.ndim == 1:
        n = t.shape[0] + abs(offset)
        return Array(t.dtype, (n, n))
    return Array(t.dtype, (diagonal_length(t.shape[0], t.shape[1], offset),)) if t.ndim == 2 else cannot_tell()


@type_rule(np.diagonal)
def diagonal(x: Tree, offset: Tree = 0, axis1: Tree = 0, axis2: Tree = 1) -> Types:
    t = array_of(x)
    i, j = axes_of((static(axis1), static(axis2)), t.ndim)
    rest = tuple(n for k, n in enumerate(t.shape) if k not in (i, j))
    return Array(t.dtype, (*rest, diagonal_length(t.shape[i], t.shape[j], static(offset))))


@type_rule(np.trace)
def trace(x: Tree, offset: Tree = 0, axis1: Tree = 0, axis2: Tree = 1, dtype: Tree = None) -> Types:
    t = array_of(x)
    i, j = axes_of((static(axis1), static(axis2)), t.ndim)
    if t.dtype.kind in "biu" or static(dtype) is not None:
        cannot_tell()
    return of_shape(t.dtype, tuple(n for k, n in enumerate(t.shape) if k not in (i, j)))


@type_rule(np.diagflat)
def diagflat(x: Tree, k: Tree = 0) -> Types:
    t = array_of(x)
    n = lengths.product(*t.shape, 1) + abs(static(k))
    return Array(t.dtype, (n, n))
