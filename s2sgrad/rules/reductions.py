"""Sums, means, products and extrema along axes, with ``where=`` and ``initial=``; those that leave NaN out.

What accumulates along an axis is in :mod:`.scans`, variances are in :mod:`.variances`, medians in :mod:`.quantiles`.
"""

from __future__ import annotations

import numpy as np

from s2sgrad.rules.axes import along
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


@linear(np.sum)
def sum_(y_bar, x, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
    return counted(spread(y_bar, x, axis, keepdims), where, 0.0)


@jvp(np.sum)
def sum_jvp(dots, y, x, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
    return total(counted(dots[0], where, 0.0), axis, keepdims)


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
    return sum_(y_bar, x, axis, None, None, keepdims, None, present(x, where))


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
    if returned:
        raise NotImplementedError("the derivative of np.average with returned=True is not supported")
    if weights is None:
        return spread(y_bar / count(x, axis), x, axis, keepdims)
    weights = np.asarray(weights)
    w = weights_for(x, axis, weights)
    share = aligned(y_bar / total(w, axis, keepdims), axis, keepdims)
    w_bar = share * (x - aligned(y, axis, keepdims))
    if np.ndim(weights) == np.ndim(x):
        return share * w, None, w_bar
    return share * w, None, np.sum(w_bar, axis=axes_but(axis, np.ndim(x)))


@jvp(np.average)
def average_jvp(dots, y, x, axis=None, weights=None, returned=False, keepdims=False):
    if returned:
        raise NotImplementedError("the derivative of np.average with returned=True is not supported")
    if weights is None:
        return np.mean(dots[0], axis=axis, keepdims=keepdims)
    y_dot = 0.0
    if dots[0] is not None:
        w = weights_for(x, axis, weights)
        y_dot = total(w * dots[0], axis, keepdims) / total(w, axis, keepdims)
    if len(dots) > 2 and dots[2] is not None:
        moved = weights_for(x, axis, dots[2]) * (x - aligned(y, axis, keepdims))
        y_dot = y_dot + total(moved, axis, keepdims) / total(weights_for(x, axis, weights), axis, keepdims)
    return y_dot


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
    """Entries that tie share equally."""
    chosen, n = ties(y, x, axis, keepdims, initial, where)
    return aligned(y_bar / n, axis, keepdims) * chosen


@jvp(np.max, np.amax, np.min, np.amin)
def extremum_jvp(dots, y, x, axis=None, out=None, keepdims=False, initial=None, where=None):
    chosen, n = ties(y, x, axis, keepdims, initial, where)
    return total(dots[0] * chosen, axis, keepdims) / n


@vjp(np.nanmax, np.nanmin)
def nan_extremum_vjp(y_bar, y, x, axis=None, out=None, keepdims=False, initial=None, where=None):
    return extremum_vjp(y_bar, y, x, axis, out, keepdims, initial, where)


@jvp(np.nanmax, np.nanmin)
def nan_extremum_jvp(dots, y, x, axis=None, out=None, keepdims=False, initial=None, where=None):
    chosen, n = ties(y, x, axis, keepdims, initial, where)
    return total(np.where(chosen, dots[0], 0.0), axis, keepdims) / n


@vjp(np.ptp)
def ptp_vjp(y_bar, y, x, axis=None, out=None, keepdims=False):
    highest = extremum_vjp(y_bar, np.max(x, axis=axis, keepdims=keepdims), x, axis, out, keepdims)
    lowest = extremum_vjp(y_bar, np.min(x, axis=axis, keepdims=keepdims), x, axis, out, keepdims)
    return highest - lowest


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
    return aligned(y_bar, axis, keepdims) * partial_of_chosen(x, axis, initial, where)


@jvp(np.prod)
def prod_jvp(dots, y, x, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
    return total(dots[0] * partial_of_chosen(x, axis, initial, where), axis, keepdims)


@vjp(np.nanprod)
def nanprod_vjp(y_bar, y, x, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
    return prod_vjp(y_bar, y, x, axis, None, None, keepdims, initial, present(x, where))


@jvp(np.nanprod)
def nanprod_jvp(dots, y, x, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
    found = partial_of_chosen(x, axis, initial, present(x, where))
    return total(counted(dots[0], ~np.isnan(x), 0.0) * found, axis, keepdims)


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
