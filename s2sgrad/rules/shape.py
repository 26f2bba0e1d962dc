"""Functions that rearrange, join, split, repeat and make arrays. (Almost) all are linear."""

from __future__ import annotations

import numpy as np

from s2sgrad.ir.primitives import additem, unbroadcast, zeros_like
from s2sgrad.rules.table import jvp, linear, multilinear, nondiff, partials, static, vjp

# -- the same entries in another shape -------------------------------------------------------------


@linear(np.reshape)
def reshape(y_bar, x, shape, order="C"):
    return in_shape_of(x, y_bar, order)


@linear(np.ravel)
def ravel(y_bar, x, order="C"):
    return in_shape_of(x, y_bar, order)


def in_shape_of(x, y_bar, order):
    if order == "C":
        return np.reshape(y_bar, np.shape(x))
    return np.reshape(y_bar, np.shape(x), order=order)


@linear(np.atleast_1d, np.atleast_2d, np.atleast_3d)
def atleast(y_bar, x):
    return np.reshape(y_bar, np.shape(x))


@linear(np.expand_dims)
def expand_dims(y_bar, x, axis):
    return np.squeeze(y_bar, axis)


@linear(np.squeeze)
def squeeze(y_bar, x, axis=None):
    if axis is None:
        return np.reshape(y_bar, np.shape(x))
    return np.expand_dims(y_bar, axis)


@partials(np.broadcast_to)
def broadcast_to(y, x, shape):
    return 1.0, None


# -- axes ------------------------------------------------------------------------------------------


@static
def inverse_permutation(axes):
    return tuple(sorted(range(len(axes)), key=lambda k: axes[k] % len(axes)))


@linear(np.transpose)
def transpose(y_bar, x, axes=None):
    if axes is None:
        return np.transpose(y_bar)
    return np.transpose(y_bar, inverse_permutation(axes))


@linear(np.matrix_transpose, np.linalg.matrix_transpose)
def matrix_transpose(y_bar, x):
    return np.matrix_transpose(y_bar)


@linear(np.swapaxes)
def swapaxes(y_bar, x, axis1, axis2):
    return np.swapaxes(y_bar, axis1, axis2)


@linear(np.moveaxis)
def moveaxis(y_bar, x, source, destination):
    return np.moveaxis(y_bar, destination, source)


@linear(np.rollaxis)
def rollaxis(y_bar, x, axis, start=0):
    return np.moveaxis(y_bar, rolled_position(axis, start, np.ndim(x)), axis)


@static
def rolled_position(axis, start, ndim):
    """Where ``np.rollaxis`` puts the axis."""
    axis, start = axis % ndim, start + ndim if start < 0 else start
    return start - 1 if start > axis else start


@linear(np.flip)
def flip(y_bar, x, axis=None):
    return np.flip(y_bar, axis)


@linear(np.fliplr)
def fliplr(y_bar, x):
    return np.fliplr(y_bar)


@linear(np.flipud)
def flipud(y_bar, x):
    return np.flipud(y_bar)


@linear(np.rot90)
def rot90(y_bar, x, k=1, axes=None):
    if axes is None:
        return np.rot90(y_bar, -k)
    return np.rot90(y_bar, -k, axes)


@linear(np.roll)
def roll(y_bar, x, shift, axis=None):
    if isinstance(shift, tuple):
        return np.roll(y_bar, tuple(-s for s in shift), axis)
    return np.roll(y_bar, -shift, axis)


# -- joining and splitting -------------------------------------------------------------------------


def pieces(y_bar, lengths, axis):
    """Consecutive pieces of ``y_bar`` along an axis."""
    start = 0
    result = []
    for length in lengths:
        result.append(part(y_bar, start, start + length, axis))
        start = start + length
    return result


def part(x, start, stop, axis):
    """``x[start:stop]`` along an axis."""
    axis = axis if axis >= 0 else axis + np.ndim(x)
    if axis == 0:
        return x[start:stop]
    if axis == 1:
        return x[:, start:stop]
    if axis == np.ndim(x) - 1:
        return x[..., start:stop]
    return x[(*leading(axis, np.ndim(x)), slice(start, stop))]


@static
def leading(axis, ndim):
    """The index of what stands before an axis."""
    return (slice(None),) * (axis % ndim)


@static
def along(axis, ndim):
    """The shape of a vector that lies along an axis."""
    return tuple(-1 if k == axis % ndim else 1 for k in range(ndim))


@linear(np.concatenate)
def concatenate(y_bar, arrays, axis=0):
    if axis is None:
        flat = pieces(y_bar, [np.size(x) for x in arrays], 0)
        return [np.reshape(flat[k], np.shape(arrays[k])) for k in range(len(arrays))]
    return pieces(y_bar, [np.shape(x)[axis] for x in arrays], axis)


@linear(np.stack)
def stack(y_bar, arrays, axis=0):
    before = leading(axis, np.ndim(y_bar))
    return [y_bar[(*before, k)] for k in range(len(arrays))]


@linear(np.hstack)
def hstack(y_bar, arrays):
    return joined(y_bar, arrays, 0 if np.ndim(y_bar) == 1 else 1)


@linear(np.vstack)
def vstack(y_bar, arrays):
    return joined(y_bar, arrays, 0)


@linear(np.column_stack)
def column_stack(y_bar, arrays):
    return joined(y_bar, arrays, 1)


@linear(np.dstack)
def dstack(y_bar, arrays):
    return joined(y_bar, arrays, 2)


def joined(y_bar, arrays, axis):
    """The pieces along an axis; an array of lower rank has been given that axis, with length 1."""
    ndim = np.ndim(y_bar)
    parts = pieces(y_bar, [np.shape(x)[axis] if np.ndim(x) == ndim else 1 for x in arrays], axis)
    return [
        parts[k] if np.ndim(arrays[k]) == ndim else np.reshape(parts[k], np.shape(arrays[k]))
        for k in range(len(arrays))
    ]


@linear(np.append, wrt=(0, 1))
def append(y_bar, x, values, axis=None):
    if axis is None:
        n = np.size(x)
        return np.reshape(y_bar[:n], np.shape(x)), np.reshape(y_bar[n:], np.shape(values))
    n = np.shape(x)[axis]
    return part(y_bar, 0, n, axis), part(y_bar, n, n + np.shape(values)[axis], axis)


def whole(y_bars, ys):
    """The cotangents of several results, with zeros for those that nobody uses."""
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


# -- repeating -------------------------------------------------------------------------------------


@linear(np.repeat)
def repeat(y_bar, x, repeats, axis=None):
    if axis is None:
        rows = np.repeat(np.arange(np.size(x)), repeats)
        return np.reshape(additem(np.zeros_like(np.ravel(x)), rows, y_bar), np.shape(x))
    rows = np.repeat(np.arange(np.shape(x)[axis]), repeats)
    return additem(np.zeros_like(x), (*leading(axis, np.ndim(x)), rows), y_bar)


@linear(np.tile)
def tile(y_bar, x, reps):
    """Each axis of the result counts repeats, then entries: sum over the repeats."""
    if not isinstance(reps, (tuple, list)):
        reps = (reps,)
    ndim = max(len(reps), np.ndim(x))
    more_reps, more_axes = ndim - len(reps), ndim - np.ndim(x)
    lengths = []
    for k in range(ndim):
        lengths.append(1 if k < more_reps else reps[k - more_reps])
        lengths.append(1 if k < more_axes else np.shape(x)[k - more_axes])
    total = np.sum(np.reshape(y_bar, tuple(lengths)), axis=tuple(range(0, 2 * ndim, 2)))
    return np.reshape(total, np.shape(x))


@jvp(np.pad)
def pad_jvp(dots, y, x, pad_width, mode="constant", constant_values=0):
    check_padding(mode)
    return np.pad(dots[0], pad_width)


@vjp(np.pad)
def pad_vjp(y_bar, y, x, pad_width, mode="constant", constant_values=0):
    check_padding(mode)
    widths = pad_widths(pad_width, np.ndim(x))
    return y_bar[tuple(slice(widths[k][0], widths[k][0] + np.shape(x)[k]) for k in range(np.ndim(x)))]


@static
def check_padding(mode):
    if mode != "constant":
        raise NotImplementedError(f'np.pad with mode="{mode}" has no derivative rule yet, only mode="constant"')


def pad_widths(pad_width, ndim):
    """``pad_width`` as a pair for each axis."""
    if not isinstance(pad_width, (tuple, list)):
        return tuple((pad_width, pad_width) for _ in range(ndim))
    if not isinstance(pad_width[0], (tuple, list)):
        return tuple((pad_width[0], pad_width[-1]) for _ in range(ndim))
    if len(pad_width) == 1:
        return tuple((pad_width[0][0], pad_width[0][-1]) for _ in range(ndim))
    return pad_width


# -- diagonals and triangles -----------------------------------------------------------------------


@linear(np.tril)
def tril(y_bar, x, k=0):
    return np.tril(y_bar, k)


@linear(np.triu)
def triu(y_bar, x, k=0):
    return np.triu(y_bar, k)


def onto_diagonal(y_bar, x, offset):
    """A zero matrix like ``x`` with ``y_bar`` on a diagonal."""
    rows = np.arange(np.shape(y_bar)[0])
    if offset >= 0:
        return additem(np.zeros_like(x), (rows, rows + offset), y_bar)
    return additem(np.zeros_like(x), (rows - offset, rows), y_bar)


@linear(np.diag)
def diag(y_bar, x, k=0):
    if np.ndim(x) == 1:
        return np.diag(y_bar, k)
    return onto_diagonal(y_bar, x, k)


@linear(np.diagonal)
def diagonal(y_bar, x, offset=0, axis1=0, axis2=1):
    if np.ndim(x) == 2 and axis1 == 0 and axis2 == 1:
        return onto_diagonal(y_bar, x, offset)
    moved = onto_diagonal(np.moveaxis(y_bar, -1, 0), np.moveaxis(x, (axis1, axis2), (0, 1)), offset)
    return np.moveaxis(moved, (0, 1), (axis1, axis2))


@linear(np.trace)
def trace(y_bar, x, offset=0, axis1=0, axis2=1):
    if np.ndim(x) == 2 and axis1 == 0 and axis2 == 1:
        return y_bar * np.eye(np.shape(x)[0], np.shape(x)[1], offset)
    eye = np.eye(np.shape(x)[axis1], np.shape(x)[axis2], offset)
    return np.moveaxis(np.expand_dims(y_bar, (-2, -1)) * eye, (-2, -1), (axis1, axis2))


# -- copies and conversions ------------------------------------------------------------------------


@linear(np.copy)
def copy(y_bar, x, order="K"):
    return y_bar


@linear(np.astype)
def astype(y_bar, x, dtype, copy=True):
    return y_bar


@linear(np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray, np.array)
def array(y_bar, x, dtype=None, copy=None, order="K", ndmin=0):
    """Of an array, a number, or a list (of lists) of them."""
    if not isinstance(x, (list, tuple)):
        return y_bar
    if ndmin > 1:
        raise NotImplementedError("np.array of a list with ndmin has no derivative rule yet")
    if np.ndim(y_bar) > 1 and isinstance(x[0], (list, tuple)):  # decided while compiling
        return [[y_bar[i, j] for j in range(len(x[i]))] for i in range(len(x))]
    return [y_bar[i] for i in range(len(x))]


@linear(unbroadcast)
def unbroadcast_(y_bar, x_bar, x):
    return np.broadcast_to(y_bar, np.shape(x_bar))


@multilinear(np.full)
def full(y_bar, y, shape, value, dtype=None):
    return None, y_bar


@partials(np.full_like)
def full_like(y, x, value, dtype=None):
    return 0.0, 1.0


nondiff(
    np.arange,
    np.broadcast_shapes,
    np.empty,
    np.empty_like,
    np.eye,
    np.identity,
    np.indices,
    np.ndim,
    np.ones,
    np.ones_like,
    np.result_type,
    np.shape,
    np.size,
    np.tri,
    np.tril_indices,
    np.triu_indices,
    np.zeros,
    np.zeros_like,
    zeros_like,
)
