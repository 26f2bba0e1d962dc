"""The same entries in another shape, in another order of axes, or seen many times."""

from __future__ import annotations

import numpy as np

from s2sgrad.ir.primitives import additem
from s2sgrad.rules.axes import as_shaped
from s2sgrad.rules.table import jvp, linear, partials, static, vjp

# -- the same entries in another shape -------------------------------------------------------------


@vjp(np.reshape)
def reshape_vjp(y_bar, y, x, shape, order="C", copy=None):
    if np.ndim(x) == 0:
        return np.sum(y_bar)
    return in_shape(y_bar, np.shape(x), order, x)


@jvp(np.reshape)
def reshape_jvp(dots, y, x, shape, order="C", copy=None):
    return in_shape(dots[0], shape, order, x)


@vjp(np.ravel)
def ravel_vjp(y_bar, y, x, order="C"):
    if np.ndim(x) == 0:
        return np.sum(y_bar)
    return in_shape(y_bar, np.shape(x), order, x)


@jvp(np.ravel)
def ravel_jvp(dots, y, x, order="C"):
    return in_shape(dots[0], -1, order, x)


def in_shape(entries, shape, order, x):
    """The entries in the order in which ``x`` is read."""
    if np.ndim(x) > 1:
        check_order(order)
    if order == "F":
        return np.reshape(entries, shape, order="F")
    return np.reshape(entries, shape)


@static
def check_order(order):
    """The orders "A" and "K" follow an array's memory, and derivatives need not lie in memory as the primal does."""
    if order not in ("C", "F"):
        raise NotImplementedError(f'order="{order}" depends on how an array lies in memory; use order="C" or "F"')


@linear(np.atleast_1d, np.atleast_2d, np.atleast_3d)
def atleast(y_bar, x):
    return as_shaped(y_bar, x)


@linear(np.expand_dims)
def expand_dims(y_bar, x, axis):
    return np.squeeze(y_bar, axis)


@linear(np.squeeze)
def squeeze(y_bar, x, axis=None):
    if axis is None:
        return np.reshape(y_bar, np.shape(x))
    return np.expand_dims(y_bar, axis)


@partials(np.broadcast_to)
def broadcast_to(y, x, shape, subok=False):
    return 1.0, None


@vjp(np.broadcast_arrays, broadcasts=True)
def broadcast_arrays_vjp(y_bars, ys, *xs, subok=False):
    return tuple(y_bars)


@jvp(np.broadcast_arrays)
def broadcast_arrays_jvp(dots, ys, *xs, subok=False):
    shape = np.shape(ys[0])
    return [None if dot is None else np.broadcast_to(dot, shape) for dot in dots]


@linear(np.lib.stride_tricks.sliding_window_view)
def sliding_window_view(y_bar, x, window_shape, axis=None, subok=False, writeable=False):
    n = np.size(x)
    places = np.lib.stride_tricks.sliding_window_view(np.reshape(np.arange(n), np.shape(x)), window_shape, axis)
    return np.reshape(additem(np.zeros(n, y_bar.dtype), places, y_bar), np.shape(x))


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
    if isinstance(shift, (tuple, list)):
        return np.roll(y_bar, tuple(-s for s in shift), axis)
    return np.roll(y_bar, -shift, axis)
