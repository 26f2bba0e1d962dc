"""Types of functions that join arrays and take them apart."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sgrad.ir.core import Const, Tree, Value, leaves
from s2sgrad.ir.primitives import joined_by
from s2sgrad.ir.shapes import lengths
from s2sgrad.ir.shapes.arrangement import of_rank
from s2sgrad.ir.shapes.table import TypeRule, Types, array_of, axes_of, cannot_tell, dtype_of, static, type_rule
from s2sgrad.ir.types import Array, Dim, Length, ListOf, Scalar, maybe_one


def _arrays(arrays: Tree) -> tuple[list[Array], Length]:
    """The types of the arrays to be joined, and how many there are: one type for all rows of an array."""
    if isinstance(arrays, (tuple, list)) and arrays:
        return [array_of(x) for x in arrays], len(arrays)
    if isinstance(arrays, Value) and isinstance(arrays.type, ListOf):
        return [array_of(Value(arrays.type.item))], Dim(object())
    if isinstance(arrays, (Value, Const)) and isinstance(arrays.type, Array) and arrays.type.ndim:
        return [Array(arrays.type.dtype, arrays.type.shape[1:])], arrays.type.shape[0]
    return cannot_tell()


def _joined(arrays: list[Array], count: Length, axis: int) -> Array:
    first = arrays[0]
    if any(t.ndim != first.ndim for t in arrays) or not first.ndim:
        cannot_tell()
    axis %= first.ndim
    length: Length = 0
    for t in arrays:
        length = lengths.add(length, t.shape[axis])
    if count != len(arrays):
        length = lengths.product(count, length)
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
def concatenate(arrays: Tree, axis: Tree = 0, dtype: Tree = None, casting: Tree = "same_kind") -> Types:
    found, count = _arrays(arrays)
    if static(axis) is None:
        found = [Array(t.dtype, (lengths.product(*t.shape, 1),)) for t in found]
    joined = _joined(found, count, static(axis) or 0)
    return Array(dtype_of(dtype, joined.dtype), joined.shape)


@type_rule(np.stack)
def stack(arrays: Tree, axis: Tree = 0, dtype: Tree = None, casting: Tree = "same_kind") -> Types:
    items, count = _arrays(arrays)
    if any(t.ndim != items[0].ndim for t in items):
        cannot_tell()
    (k,) = axes_of(axis, items[0].ndim + 1)
    shape = [_agreed([t.shape[j] for t in items]) for j in range(items[0].ndim)]
    found = dtype_of(dtype, np.result_type(*(t.dtype for t in items)))
    return Array(found, (*shape[:k], count, *shape[k:]))


def _stacking(promote: Callable[[Array], Array], axis: Callable[[int], int]) -> TypeRule:
    """The type rule of a function that gives its arrays more axes and joins them along one."""

    def rule(arrays: Tree, *, dtype: Tree = None, casting: Tree = "same_kind") -> Types:
        found, count = _arrays(arrays)
        found = [promote(t) for t in found]
        joined = _joined(found, count, axis(found[0].ndim))
        return Array(dtype_of(dtype, joined.dtype), joined.shape)

    return rule


def _column(t: Array) -> Array:
    return Array(t.dtype, (*t.shape, 1)) if t.ndim == 1 else of_rank(t, 2)


def of_rank_three(t: Array) -> Array:
    """What ``np.atleast_3d`` makes of an array."""
    if t.ndim > 2:
        return t
    return Array(t.dtype, ((1, 1, 1), (1, *t.shape, 1), (*t.shape, 1))[t.ndim])


type_rule(np.hstack)(_stacking(lambda t: of_rank(t, 1), lambda ndim: 0 if ndim == 1 else 1))
type_rule(np.vstack)(_stacking(lambda t: of_rank(t, 2), lambda ndim: 0))
type_rule(np.dstack)(_stacking(of_rank_three, lambda ndim: 2))
type_rule(np.column_stack)(_stacking(_column, lambda ndim: 1))


@type_rule(np.atleast_3d)
def atleast_3d(x: Tree) -> Types:
    return of_rank_three(array_of(x))


@type_rule(np.append)
def append(x: Tree, values: Tree, axis: Tree = None) -> Types:
    return concatenate((x, values), axis)


@type_rule(np.split, np.array_split)
def split(x: Tree, sections: Tree, axis: Tree = 0) -> Types:
    t = array_of(x)
    (k,) = axes_of(axis, t.ndim)
    n = t.shape[k]

    def piece(length: Length) -> Array:
        return Array(t.dtype, (*t.shape[:k], length, *t.shape[k + 1 :]))

    if any(isinstance(s, Value) for s in leaves(sections)):
        count = _number_of_pieces(sections)
        items = tuple(piece(Dim(object())) for _ in range(count or 1))
        return items if count is not None else ListOf(items[0])
    cuts = static(sections)

    if isinstance(cuts, int):
        if isinstance(n, int) and n % cuts:
            cannot_tell()
        return (piece(n // cuts if isinstance(n, int) else Dim(("piece", n, cuts))),) * cuts
    cuts = cuts.tolist() if isinstance(cuts, np.ndarray) else cuts
    bounds: list[Length] = [0, *cuts, n]
    if any(not isinstance(b, int) or b < 0 for b in bounds[:-1]) or sorted(cuts) != list(cuts):
        cannot_tell()
    if isinstance(n, int):
        bounds = [min(b, n) for b in bounds]  # type: ignore[type-var]
        return tuple(piece(b - a) for a, b in itertools.pairwise(bounds))  # type: ignore[operator]
    inner = tuple(piece(Dim(("slice", n, a, b, 1))) for a, b in itertools.pairwise(bounds[:-1]))
    return (*inner, piece(lengths.subtract(n, bounds[-2])))


def _number_of_pieces(sections: Tree) -> int | None:
    """How many pieces there are when only running tells where they begin."""
    if isinstance(sections, (tuple, list)):
        return len(sections) + 1
    t = array_of(sections)
    return t.shape[0] + 1 if t.ndim and isinstance(t.shape[0], int) else None


@type_rule(np.hsplit)
def hsplit(x: Tree, sections: Tree) -> Types:
    return split(x, sections, 0 if array_of(x).ndim == 1 else 1)


@type_rule(np.vsplit)
def vsplit(x: Tree, sections: Tree) -> Types:
    return split(x, sections, 0)


@type_rule(np.dsplit)
def dsplit(x: Tree, sections: Tree) -> Types:
    return split(x, sections, 2)


@type_rule(np.unstack)
def unstack(x: Tree, axis: Tree = 0) -> Types:
    t = array_of(x)
    (k,) = axes_of(axis, t.ndim)
    n = t.shape[k]
    item = Array(t.dtype, (*t.shape[:k], *t.shape[k + 1 :]))
    return (item,) * n if isinstance(n, int) else ListOf(item)


# -- blocks, np.r_ and np.c_ -----------------------------------------------------------------------------


@type_rule(np.block)
def block(arrays: Tree) -> Types:
    rank = max(_block_depth(arrays), *(array_of(x).ndim for x in _blocks(arrays)))
    return _block(arrays, rank, -_block_depth(arrays))


def _blocks(arrays: Tree) -> list[Tree]:
    if isinstance(arrays, list):
        return [x for item in arrays for x in _blocks(item)]
    return [arrays, arrays]


def _block_depth(arrays: Tree) -> int:
    return 1 + _block_depth(arrays[0]) if isinstance(arrays, list) and arrays else 0


def _block(arrays: Tree, rank: int, axis: int) -> Array:
    if not isinstance(arrays, list):
        return of_rank(array_of(arrays), rank)
    items = [_block(item, rank, axis + 1) for item in arrays]
    return _joined(items, len(items), axis)


@type_rule(joined_by)
def joined_by_(joiner: Tree, items: Tree) -> Types:
    """Numbers do not decide the dtype where there are arrays (they are Python's)."""
    maker = static(joiner)
    directive: list[int] = [maker.axis, maker.ndmin, maker.trans1d]
    found: list[Array] = []
    kinds: list[Any] = []
    for item in items if isinstance(items, tuple) else cannot_tell():
        if isinstance(item, Const) and isinstance(item.value, str):
            given = [int(number) for number in item.value.split(",")]
            directive = given + directive[len(given) :]
            continue
        t = _range_item(item) if isinstance(item, slice) else array_of(item)
        weak = isinstance(item, (Value, Const)) and isinstance(item.type, Scalar) and item.type.weak
        kinds.append(t.dtype.type(0).item() if weak else t.dtype)
        found.append(_given_axes(t, *directive[1:]))
    return Array(np.result_type(*kinds), _joined(found, len(found), directive[0]).shape)


def _range_item(item: slice) -> Array:
    """A slice among the items: ``start:stop:step``, or ``start:stop:5j`` for five numbers."""
    bounds = [x.type for x in (item.start, item.stop, item.step) if not (isinstance(x, Const) and x.value is None)]
    if not all(isinstance(t, Scalar) for t in bounds):
        cannot_tell()
    step = item.step.value if isinstance(item.step, Const) else None
    if isinstance(step, complex):
        return Array(np.dtype(np.float64), (int(abs(step)),))
    integers = all(t.dtype.kind in "iu" for t in bounds)
    return Array(np.dtype(np.int64 if integers else np.float64), (Dim(object()),))


def _given_axes(t: Array, ndmin: int, trans1d: int) -> Array:
    """An item with as many axes as ``ndmin``, its own from ``trans1d`` on."""
    missing = ndmin - t.ndim
    if missing <= 0:
        return t
    if trans1d == -1:
        return of_rank(t, ndmin)
    k = trans1d + missing + 1 if trans1d < 0 else trans1d
    shape = (1,) * missing + t.shape
    return Array(t.dtype, shape[:k] + shape[missing:] + shape[k:missing])
