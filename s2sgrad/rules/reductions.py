"""Sums, means, products and extrema along axes, with ``where=`` and ``initial=``; those that leave NaN out.

What accumulates along an axis is in :mod:`.scans`, variances are in :mod:`.variances`, medians in :mod:`.quantiles`.
"""

from __future__ import annotations

import numpy as np

from s2sgrad.rules.axes import along, is_given
from s2sgrad.rules.scans import from_front, to_front
from s2sgrad.rules.table import jvp, linear, nondiff, static, vjp


def spread(y, x, axis, keepdims):
    """What a reduction of ``x`` gave, or its cotangent, in the shape of ``x`` again."""
    if np.ndim(x) == 0:
        return y
    return np.broadcast_to(aligned(y, axis, keepdims), np.shape(x))


def aligned(y, axis, keepdims):
    """What a reduction gave, with the reduced axes of length 1: so that it broadcasts against the argument."""
    if axis is None or keepdims:
        return y
    return np.expand_dims(y, axis)


def total(x, axis, keepdims):
    """``np.sum``, without the options that say nothing."""
    if keepdims:
        return np.sum(x, axis=axis, keepdims=True)
    if axis is None:
        return np.sum(x)
    return np.sum(x, axis=axis)


def product(x, axis, keepdims):
    """``np.prod`` likewise."""
    return np.prod(x, axis=axis, keepdims=True) if keepdims else np.prod(x, axis=axis)


def counted(x, where, instead):
    """``x`` with what ``where`` leaves out replaced."""
    return x if where is None else np.where(where, x, instead)


def present(x, where):
    """Which entries are numbers, of those that ``where`` leaves."""
    return ~np.isnan(x) if where is None else where & ~np.isnan(x)


def count(x, axis):
    """How many entries of ``x`` each entry of a reduction stands for."""
    if axis is None:
        return np.size(x)
    if isinstance(axis, tuple):
        n = 1
        for k in axis:
            n = n * np.shape(x)[k]
        return n
    return np.shape(x)[axis]


def number_of(x, axis, keepdims, where):
    """The same, where ``where`` leaves some out."""
    return count(x, axis) if where is None else total(np.broadcast_to(where, np.shape(x)), axis, keepdims)


# -- sums and means --------------------------------------------------------------------------------


@vjp(np.sum)
def sum_vjp(y_bar, y, x, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
    x_bar = counted(spread(y_bar, x, axis, keepdims), where, 0.0)
    return x_bar, None, None, None, None, np.sum(y_bar), None


@jvp(np.sum)
def sum_jvp(dots, y, x, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
    if not is_given(dots, 5):
        return total(counted(dots[0], where, 0.0), axis, keepdims)
    if dots[0] is None:
        return np.full_like(y, dots[5])
    return total(counted(dots[0], where, 0.0), axis, keepdims) + dots[5]


@linear(np.mean)
def mean(y_bar, x, axis=None, dtype=None, out=None, keepdims=False, where=None):
    return counted(spread(y_bar / number_of(x, axis, keepdims, where), x, axis, keepdims), where, 0.0)


@jvp(np.mean)
def mean_jvp(dots, y, x, axis=None, dtype=None, out=None, keepdims=False, where=None):
    if where is None:
        return np.mean(dots[0], axis=axis, keepdims=keepdims)
    return total(np.where(where, dots[0], 0.0), axis, keepdims) / number_of(x, axis, keepdims, where)


@vjp(np.nansum)
def nansum_vjp(y_bar, y, x, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
    return sum_vjp(y_bar, y, x, axis, None, None, keepdims, None, present(x, where))


@jvp(np.nansum)
def nansum_jvp(dots, y, x, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
    return sum_jvp(dots, y, x, axis, None, None, keepdims, None, present(x, where))


@vjp(np.nanmean)
def nanmean_vjp(y_bar, y, x, axis=None, dtype=None, out=None, keepdims=False, where=None):
    return mean(y_bar, x, axis, None, None, keepdims, present(x, where))


@jvp(np.nanmean)
def nanmean_jvp(dots, y, x, axis=None, dtype=None, out=None, keepdims=False, where=None):
    return mean_jvp(dots, y, x, axis, None, None, keepdims, present(x, where))


def weights_for(x, axis, weights):
    """The weights of an average in a shape that broadcasts against ``x``."""
    weights = np.asarray(weights)
    return weights if np.ndim(weights) == np.ndim(x) else np.reshape(weights, along(axis, np.ndim(x)))


@vjp(np.average)
def average_vjp(y_bar, y, x, axis=None, weights=None, returned=False, keepdims=False):
    """``returned``: the sums of the weights are a second result."""
    sum_bar = None
    if returned:
        y_bar, sum_bar = y_bar
        y = y[0]
    if weights is None:
        return np.zeros_like(x) if y_bar is None else spread(y_bar / count(x, axis), x, axis, keepdims)
    weights = np.asarray(weights)
    w = weights_for(x, axis, weights)
    y_bar = np.zeros_like(y) if y_bar is None else y_bar
    share = aligned(y_bar / total(w, axis, keepdims), axis, keepdims)
    w_bar = share * (x - aligned(y, axis, keepdims))
    if sum_bar is not None:
        w_bar = w_bar + aligned(sum_bar, axis, keepdims)
    if np.ndim(weights) == np.ndim(x):
        return share * w, None, w_bar
    return share * w, None, np.sum(w_bar, axis=axes_but(axis, np.ndim(x)))


@jvp(np.average)
def average_jvp(dots, y, x, axis=None, weights=None, returned=False, keepdims=False):
    if returned:
        y = y[0]
    if weights is None:
        y_dot = np.mean(dots[0], axis=axis, keepdims=keepdims)
        return (y_dot, None) if returned else y_dot
    y_dot = 0.0
    if dots[0] is not None:
        w = weights_for(x, axis, weights)
        y_dot = total(w * dots[0], axis, keepdims) / total(w, axis, keepdims)
    if len(dots) > 2 and dots[2] is not None:
        moved = weights_for(x, axis, dots[2]) * (x - aligned(y, axis, keepdims))
        y_dot = y_dot + total(moved, axis, keepdims) / total(weights_for(x, axis, weights), axis, keepdims)
    if not returned:
        return y_dot
    if not is_given(dots, 2):
        return y_dot, None
    return y_dot, np.broadcast_to(total(weights_for(x, axis, dots[2]), axis, keepdims), np.shape(y))


@static
def axes_but(axis, ndim):
    return tuple(k for k in range(ndim) if k != axis % ndim)


# -- extrema ---------------------------------------------------------------------------------------


def ties(y, x, axis, keepdims, initial, where):
    """Which entries are the extremum, and how many they are, an initial value that is as large counted."""
    chosen = counted(x == aligned(y, axis, keepdims), where, False)
    n = total(chosen, axis, keepdims)
    return chosen, n if initial is None else n + (y == initial)


@vjp(np.max, np.amax, np.min, np.amin)
def extremum_vjp(y_bar, y, x, axis=None, out=None, keepdims=False, initial=None, where=None):
    """Entries that tie share equally, and so does an initial value."""
    chosen, n = ties(y, x, axis, keepdims, initial, where)
    share = y_bar / n
    initial_bar = None if initial is None else np.sum(share * (y == initial))
    return aligned(share, axis, keepdims) * chosen, None, None, None, initial_bar, None


@jvp(np.max, np.amax, np.min, np.amin)
def extremum_jvp(dots, y, x, axis=None, out=None, keepdims=False, initial=None, where=None):
    chosen, n = ties(y, x, axis, keepdims, initial, where)
    if not is_given(dots, 4):
        return total(dots[0] * chosen, axis, keepdims) / n
    change = 0.0 if dots[0] is None else total(dots[0] * chosen, axis, keepdims)
    return (change + dots[4] * (y == initial)) / n


@vjp(np.nanmax, np.nanmin)
def nan_extremum_vjp(y_bar, y, x, axis=None, out=None, keepdims=False, initial=None, where=None):
    return extremum_vjp(y_bar, y, x, axis, out, keepdims, initial, where)


@jvp(np.nanmax, np.nanmin)
def nan_extremum_jvp(dots, y, x, axis=None, out=None, keepdims=False, initial=None, where=None):
    chosen, n = ties(y, x, axis, keepdims, initial, where)
    if not is_given(dots, 4):
        return total(np.where(chosen, dots[0], 0.0), axis, keepdims) / n
    change = 0.0 if dots[0] is None else total(np.where(chosen, dots[0], 0.0), axis, keepdims)
    return (change + dots[4] * (y == initial)) / n


@vjp(np.ptp)
def ptp_vjp(y_bar, y, x, axis=None, out=None, keepdims=False):
    highest = extremum_vjp(y_bar, np.max(x, axis=axis, keepdims=keepdims), x, axis, out, keepdims)
    lowest = extremum_vjp(y_bar, np.min(x, axis=axis, keepdims=keepdims), x, axis, out, keepdims)
    return highest[0] - lowest[0]


@jvp(np.ptp)
def ptp_jvp(dots, y, x, axis=None, out=None, keepdims=False):
    highest = extremum_jvp(dots, np.max(x, axis=axis, keepdims=keepdims), x, axis, out, keepdims)
    lowest = extremum_jvp(dots, np.min(x, axis=axis, keepdims=keepdims), x, axis, out, keepdims)
    return highest - lowest


# -- products --------------------------------------------------------------------------------------


def product_of_others(x, axis):
    """For each entry the product of all the others along ``axis``: without a division, so zeros are welcome."""
    x = to_front(x, axis)
    before = np.concatenate((np.ones_like(x[:1]), np.cumprod(x[:-1], axis=0)))
    after = np.flip(np.concatenate((np.ones_like(x[:1]), np.cumprod(np.flip(x[1:], 0), axis=0))), 0)
    return from_front(before * after, axis)


def partial_of_product(x, axis):
    """The derivative of the product along ``axis`` (all axes for None) in each entry, in the shape of ``x``."""
    if np.ndim(x) == 0:
        return np.ones_like(x)
    if np.ndim(x) == 1:
        return product_of_others(x, 0)
    if axis is None:
        return np.reshape(product_of_others(np.ravel(x), 0), np.shape(x))
    if isinstance(axis, tuple):
        front = tuple(range(len(axis)))
        moved = np.moveaxis(x, axis, front)
        rows = np.reshape(moved, (count(x, axis), *np.shape(moved)[len(axis) :]))
        return np.moveaxis(np.reshape(product_of_others(rows, 0), np.shape(moved)), front, axis)
    return product_of_others(x, axis)


def partial_of_chosen(x, axis, initial, where):
    """The same for the product of what ``where`` chooses and an initial value."""
    partial = partial_of_product(counted(x, where, 1.0), axis)
    return counted(partial if initial is None else initial * partial, where, 0.0)


@vjp(np.prod)
def prod_vjp(y_bar, y, x, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
    x_bar = aligned(y_bar, axis, keepdims) * partial_of_chosen(x, axis, initial, where)
    if initial is None:
        return x_bar, None, None, None, None, None, None
    initial_bar = np.sum(y_bar * product(counted(x, where, 1.0), axis, keepdims))
    return x_bar, None, None, None, None, initial_bar, None


@jvp(np.prod)
def prod_jvp(dots, y, x, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
    if not is_given(dots, 5):
        return total(dots[0] * partial_of_chosen(x, axis, initial, where), axis, keepdims)
    y_dot = dots[5] * product(counted(x, where, 1.0), axis, keepdims)
    if dots[0] is None:
        return y_dot
    return y_dot + total(dots[0] * partial_of_chosen(x, axis, initial, where), axis, keepdims)


@vjp(np.nanprod)
def nanprod_vjp(y_bar, y, x, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
    return prod_vjp(y_bar, y, x, axis, None, None, keepdims, initial, present(x, where))


@jvp(np.nanprod)
def nanprod_jvp(dots, y, x, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
    x_dot = None if dots[0] is None else counted(dots[0], ~np.isnan(x), 0.0)
    return prod_jvp((x_dot, *dots[1:]), y, x, axis, None, None, keepdims, initial, present(x, where))


nondiff(
    np.all,
    np.allclose,
    np.any,
    np.argmax,
    np.argmin,
    np.array_equal,
    np.count_nonzero,
    np.nanargmax,
    np.nanargmin,
)
