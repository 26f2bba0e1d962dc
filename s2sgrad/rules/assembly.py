"""Joining arrays and taking them apart again. The cotangent of each piece is its part of the result's."""

from __future__ import annotations

import numpy as np

from s2sgrad.ir.primitives import joined_by, zeros_like
from s2sgrad.rules.axes import as_shaped, leading, part
from s2sgrad.rules.table import jvp, linear, multilinear, static, vjp


def pieces(y_bar, lengths, axis):
    """Consecutive pieces of ``y_bar`` along an axis."""
    start = 0
    result = []
    for length in lengths:
        result.append(part(y_bar, start, start + length, axis))
        start = start + length
    return result


@linear(np.concatenate)
def concatenate(y_bar, arrays, axis=0, dtype=None, casting="same_kind"):
    if isinstance(arrays, np.ndarray):
        return from_rows(y_bar, arrays, axis)
    if axis is None:
        flat = pieces(y_bar, [np.size(x) for x in arrays], 0)
        return [as_shaped(flat[k], arrays[k]) for k in range(len(arrays))]
    return pieces(y_bar, [np.shape(x)[axis] for x in arrays], axis)


@linear(np.stack)
def stack(y_bar, arrays, axis=0, dtype=None, casting="same_kind"):
    if isinstance(arrays, np.ndarray):
        return np.moveaxis(y_bar, axis, 0)
    before = leading(axis, np.ndim(y_bar))
    return [y_bar[(*before, k)] for k in range(len(arrays))]


@linear(np.hstack)
def hstack(y_bar, arrays, dtype=None, casting="same_kind"):
    return joined(y_bar, arrays, 0 if np.ndim(y_bar) == 1 else 1)


@linear(np.vstack)
def vstack(y_bar, arrays, dtype=None, casting="same_kind"):
    return joined(y_bar, arrays, 0)


@linear(np.column_stack)
def column_stack(y_bar, arrays):
    if isinstance(arrays, np.ndarray) and np.ndim(arrays) < 3:
        return np.reshape(np.transpose(y_bar), np.shape(arrays))
    return joined(y_bar, arrays, 1)


@linear(np.dstack)
def dstack(y_bar, arrays):
    if isinstance(arrays, np.ndarray) and np.ndim(arrays) < 4:
        return np.reshape(np.moveaxis(y_bar, 2, 0), np.shape(arrays))
    return joined(y_bar, arrays, 2)


def from_rows(y_bar, rows, axis):
    """Where the rows of one array were joined along an axis of theirs: None if along an axis they did not have."""
    if axis is None:
        return np.reshape(y_bar, np.shape(rows))
    axis = axis % (np.ndim(rows) - 1)
    lengths = np.shape(rows)[1:]
    return np.moveaxis(np.reshape(y_bar, (*lengths[:axis], np.shape(rows)[0], *lengths[axis:])), axis, 0)


def joined(y_bar, arrays, axis):
    """The pieces along an axis; an array of lower rank has been given that axis, with length 1."""
    ndim = np.ndim(y_bar)
    if isinstance(arrays, np.ndarray):
        return from_rows(y_bar, arrays, axis if np.ndim(arrays) > ndim else None)
    parts = pieces(y_bar, [length_along(x, axis, ndim) for x in arrays], axis)
    return [parts[k] if np.ndim(arrays[k]) == ndim else as_shaped(parts[k], arrays[k]) for k in range(len(arrays))]


def length_along(x, axis, ndim):
    if np.ndim(x) == ndim:
        return np.shape(x)[axis]
    return 1


@linear(np.append, wrt=(0, 1))
def append(y_bar, x, values, axis=None):
    if axis is None:
        n = np.size(x)
        return as_shaped(y_bar[:n], x), as_shaped(y_bar[n:], values)
    n = np.shape(x)[axis]
    return part(y_bar, 0, n, axis), part(y_bar, n, n + np.shape(values)[axis], axis)


def whole(y_bars, ys):
    """The cotangents of several results, with zeros for those that nobody uses."""
    if isinstance(y_bars, list):  # as many as only running tells
        return y_bars
    return [zeros_like(y) if y_bar is None else y_bar for y_bar, y in zip(y_bars, ys, strict=True)]


@multilinear(np.split, np.array_split)
def split(y_bars, ys, x, indices_or_sections, axis=0):
    return np.concatenate(whole(y_bars, ys), axis)


@multilinear(np.hsplit)
def hsplit(y_bars, ys, x, indices_or_sections):
    return np.concatenate(whole(y_bars, ys), 0 if np.ndim(x) == 1 else 1)


@multilinear(np.vsplit)
def vsplit(y_bars, ys, x, indices_or_sections):
    return np.concatenate(whole(y_bars, ys), 0)


@multilinear(np.dsplit)
def dsplit(y_bars, ys, x, indices_or_sections):
    return np.concatenate(whole(y_bars, ys), 2)


@multilinear(np.unstack)
def unstack(y_bars, ys, x, axis=0):
    return np.stack(whole(y_bars, ys), axis)


# -- blocks ----------------------------------------------------------------------------------------


@linear(np.block)
def block(y_bar, arrays):
    """Lists inside lists: the innermost are joined along the last axis, those outside along the axis before."""
    if not isinstance(arrays, list):
        return y_bar
    if not isinstance(arrays[0], list):
        return row_of_blocks(y_bar, arrays)
    if not isinstance(arrays[0][0], list):
        return rows_of_blocks(y_bar, arrays)
    start, result = 0, []
    for slab in arrays:
        stop = start + extent(slab[0][0], -3)
        check_depth(isinstance(slab[0][0], list))
        result.append(rows_of_blocks(part(y_bar, start, stop, -3), slab))
        start = stop
    return result


def rows_of_blocks(y_bar, rows):
    start, result = 0, []
    for row in rows:
        stop = start + extent(row[0], -2)
        result.append(row_of_blocks(part(y_bar, start, stop, -2), row))
        start = stop
    return result


def row_of_blocks(y_bar, row):
    parts = pieces(y_bar, [extent(x, -1) for x in row], -1)
    return [parts[k] if np.ndim(row[k]) == np.ndim(y_bar) else as_shaped(parts[k], row[k]) for k in range(len(row))]


def extent(x, axis):
    """The length of a block along an axis, counted from the last."""
    if np.ndim(x) >= -axis:
        return np.shape(x)[axis]
    return 1


@static
def check_depth(deeper):
    if deeper:
        raise NotImplementedError("np.block of lists nested more than three deep has no derivative rule")


# -- np.r_ and np.c_ -------------------------------------------------------------------------------


@vjp(joined_by)
def joined_by_vjp(y_bar, y, joiner, items):
    """Numbers and arrays have their part of the result; slices and text among the items have none."""
    axis, ndmin, trans1d = directive(joiner, items[0] if isinstance(items[0], str) else None)
    starts, stop = [], 0
    for item in items:
        starts.append(stop)
        stop = stop + joined_length(joiner, item, axis, ndmin, trans1d)
    return None, [
        None
        if isinstance(items[k], (str, slice))
        else as_shaped(
            part(y_bar, starts[k], starts[k] + joined_length(joiner, items[k], axis, ndmin, trans1d), axis),
            items[k],
        )
        for k in range(len(items))
    ]


@jvp(joined_by)
def joined_by_jvp(dots, y, joiner, items):
    return joined_by(
        joiner,
        tuple(
            items[k]
            if isinstance(items[k], str)
            else np.zeros_like(joiner[items[k]])
            if isinstance(items[k], slice)
            else dots[1][k]
            for k in range(len(items))
        ),
    )


@static
def directive(joiner, first):
    """Axis, least rank, and where the axes of items of less rank go: NumPy's ``"axis,ndmin,trans1d"``."""
    defaults = [joiner.axis, joiner.ndmin, joiner.trans1d]
    if not isinstance(first, str):
        return tuple(defaults)
    given = [int(number) for number in first.split(",")]
    return tuple(given + defaults[len(given) :])


def joined_length(joiner, item, axis, ndmin, trans1d):
    """How much of the axis an item takes up."""
    if isinstance(item, str):
        return 0
    if isinstance(item, slice):
        return np.shape(joiner[item])[axis]
    own = own_axis(axis, ndmin, trans1d, np.ndim(item))
    return 1 if own is None else np.shape(item)[own]


@static
def own_axis(axis, ndmin, trans1d, ndim):
    """The axis of an item of rank ``ndim`` that becomes ``axis`` of the result; None for one that it was given."""
    rank = max(ndim, ndmin)
    missing = rank - ndim
    order = list(range(rank))
    if missing and trans1d != -1:
        k = trans1d + missing + 1 if trans1d < 0 else trans1d
        order = order[:k] + order[missing:] + order[k:missing]
    place = order[axis % rank] - missing
    return place if place >= 0 else None
