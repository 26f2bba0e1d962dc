"""Types of functions that rearrange, join, split and repeat."""

from __future__ import annotations

import itertools

import numpy as np

from s2sgrad.ir.core import Tree, Value
from s2sgrad.ir.shapes import lengths
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
from s2sgrad.ir.types import Array, Dim, Length, ListOf, maybe_one

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


def _of_rank(t: Array, rank: int) -> Array:
    return Array(t.dtype, (1,) * (rank - t.ndim) + t.shape) if t.ndim < rank else t


@type_rule(np.atleast_1d)
def atleast_1d(x: Tree) -> Types:
    return _of_rank(array_of(x), 1)


@type_rule(np.atleast_2d)
def atleast_2d(x: Tree) -> Types:
    return _of_rank(array_of(x), 2)


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


@type_rule(np.flip, np.fliplr, np.flipud, np.roll)
def rearranged(x: Tree, *_: Tree, **__: Tree) -> Types:
    t = array_of(x)
    return t if t.ndim else cannot_tell()


@type_rule(np.tril, np.triu)
def triangle(x: Tree, k: Tree = 0) -> Types:
    t = array_of(x)
    return t if t.ndim >= 2 else cannot_tell()


# -- joining and splitting -------------------------------------------------------------------------------


def _arrays(arrays: Tree) -> list[Array]:
    if isinstance(arrays, (tuple, list)) and arrays:
        return [array_of(x) for x in arrays]
    return cannot_tell()


def _joined(arrays: list[Array], axis: int) -> Array:
    first = arrays[0]
    if any(t.ndim != first.ndim for t in arrays) or not first.ndim:
        cannot_tell()
    axis %= first.ndim
    length: Length = 0
    for t in arrays:
        length = lengths.add(length, t.shape[axis])
    rest = [_agreed([t.shape[k] for t in arrays]) for k in range(first.ndim)]
    rest[axis] = length
    return Array(np.result_type(*(t.dtype for t in arrays)), tuple(rest))


def _agreed(ns: list[Length]) -> Length:
    """Lengths that must be equal: a number says more than a symbol, and a symbol that is not 1 more than another."""
    for n in ns:
        if isinstance(n, int):
            return n
    for n in ns:
        if not maybe_one(n):
            return n
    return ns[0]


@type_rule(np.concatenate)
def concatenate(arrays: Tree, axis: Tree = 0) -> Types:
    if isinstance(arrays, Value) and isinstance(arrays.type, ListOf) and static(axis) is not None:
        t = array_of(Value(arrays.type.item))
        (k,) = axes_of(axis, t.ndim)
        return Array(t.dtype, (*t.shape[:k], Dim(object()), *t.shape[k + 1 :]))
    if static(axis) is None:
        flat = [Array(t.dtype, (lengths.product(*t.shape, 1),)) for t in _arrays(arrays)]
        return _joined(flat, 0)
    return _joined(_arrays(arrays), static(axis))


@type_rule(np.stack)
def stack(arrays: Tree, axis: Tree = 0) -> Types:
    count: Length
    if isinstance(arrays, Value) and isinstance(arrays.type, ListOf):
        items, count = [array_of(Value(arrays.type.item))], Dim(object())
    else:
        items = _arrays(arrays)
        count = len(items)
    if any(t.ndim != items[0].ndim for t in items):
        cannot_tell()
    (k,) = axes_of(axis, items[0].ndim + 1)
    shape = [_agreed([t.shape[j] for t in items]) for j in range(items[0].ndim)]
    return Array(np.result_type(*(t.dtype for t in items)), (*shape[:k], count, *shape[k:]))


@type_rule(np.hstack)
def hstack(arrays: Tree) -> Types:
    found = [_of_rank(t, 1) for t in _arrays(arrays)]
    return _joined(found, 0 if found[0].ndim == 1 else 1)


@type_rule(np.vstack)
def vstack(arrays: Tree) -> Types:
    return _joined([_of_rank(t, 2) for t in _arrays(arrays)], 0)


@type_rule(np.column_stack)
def column_stack(arrays: Tree) -> Types:
    return _joined([Array(t.dtype, (*t.shape, 1)) if t.ndim == 1 else t for t in _arrays(arrays)], 1)


@type_rule(np.append)
def append(x: Tree, values: Tree, axis: Tree = None) -> Types:
    return concatenate((x, values), axis)


@type_rule(np.split, np.array_split)
def split(x: Tree, sections: Tree, axis: Tree = 0) -> Types:
    t, cuts = array_of(x), static(sections)
    (k,) = axes_of(axis, t.ndim)
    n = t.shape[k]

    def piece(length: Length) -> Array:
        return Array(t.dtype, (*t.shape[:k], length, *t.shape[k + 1 :]))

    if isinstance(cuts, int):
        if isinstance(n, int) and n % cuts:
            cannot_tell()
        return (piece(n // cuts if isinstance(n, int) else Dim(("piece", n, cuts))),) * cuts
    bounds: list[Length] = [0, *cuts, n]
    if any(not isinstance(b, int) or b < 0 for b in bounds[:-1]) or sorted(cuts) != list(cuts):
        cannot_tell()
    if isinstance(n, int):
        bounds = [min(b, n) for b in bounds]  # type: ignore[type-var]
        return tuple(piece(b - a) for a, b in itertools.pairwise(bounds))  # type: ignore[operator]
    inner = tuple(piece(Dim(("slice", n, a, b, 1))) for a, b in itertools.pairwise(bounds[:-1]))
    return (*inner, piece(lengths.subtract(n, bounds[-2])))


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
    widths = np.broadcast_to(np.asarray(static(pad_width)), (t.ndim, 2)).tolist()
    return Array(t.dtype, tuple(n + before + after for n, (before, after) in zip(t.shape, widths, strict=True)))


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


@type_rule(np.meshgrid)
def meshgrid(*xs: Tree, indexing: Tree = "xy", **options: Tree) -> Types:
    if options or len(xs) < 2:
        cannot_tell()
    types = [array_of(x) for x in xs]
    shape = [lengths.product(*t.shape, 1) for t in types]
    if static(indexing) == "xy":
        shape[0], shape[1] = shape[1], shape[0]
    return tuple(Array(t.dtype, tuple(shape)) for t in types)
