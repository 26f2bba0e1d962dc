"""Sums, means, products, extrema, and what accumulates along an axis."""

from __future__ import annotations

import numpy as np

from s2sgrad.ir.primitives import setitem
from s2sgrad.rules.axes import along, part
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


def deviation(x, axis):
    """The distance from the mean along an axis."""
    if axis is None:
        return x - np.mean(x)
    return x - np.mean(x, axis=axis, keepdims=True)


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


# -- sums and means --------------------------------------------------------------------------------


@linear(np.sum)
def sum_(y_bar, x, axis=None, dtype=None, out=None, keepdims=False):
    return spread(y_bar, x, axis, keepdims)


@linear(np.mean)
def mean(y_bar, x, axis=None, dtype=None, out=None, keepdims=False):
    return spread(y_bar / count(x, axis), x, axis, keepdims)


@vjp(np.nansum)
def nansum_vjp(y_bar, y, x, axis=None, dtype=None, out=None, keepdims=False):
    return np.where(np.isnan(x), 0.0, spread(y_bar, x, axis, keepdims))


@jvp(np.nansum)
def nansum_jvp(dots, y, x, axis=None, dtype=None, out=None, keepdims=False):
    return total(np.where(np.isnan(x), 0.0, dots[0]), axis, keepdims)


@vjp(np.nanmean)
def nanmean_vjp(y_bar, y, x, axis=None, dtype=None, out=None, keepdims=False):
    n = total(~np.isnan(x), axis, keepdims)
    return np.where(np.isnan(x), 0.0, spread(y_bar / n, x, axis, keepdims))


@jvp(np.nanmean)
def nanmean_jvp(dots, y, x, axis=None, dtype=None, out=None, keepdims=False):
    n = total(~np.isnan(x), axis, keepdims)
    return total(np.where(np.isnan(x), 0.0, dots[0]), axis, keepdims) / n


def weights_for(x, axis, weights):
    """The weights of an average in a shape that broadcasts against ``x``."""
    return weights if np.ndim(weights) == np.ndim(x) else np.reshape(weights, along(axis, np.ndim(x)))


@vjp(np.average)
def average_vjp(y_bar, y, x, axis=None, weights=None):
    if weights is None:
        return spread(y_bar / count(x, axis), x, axis, False)
    w = weights_for(x, axis, weights)
    share = aligned(y_bar / np.sum(w, axis=axis), axis, False)
    w_bar = share * (x - aligned(y, axis, False))
    if np.ndim(weights) == np.ndim(x):
        return share * w, None, w_bar
    return share * w, None, np.sum(w_bar, axis=axes_but(axis, np.ndim(x)))


@jvp(np.average)
def average_jvp(dots, y, x, axis=None, weights=None):
    if weights is None:
        return np.mean(dots[0], axis=axis)
    y_dot = 0.0
    if dots[0] is not None:
        y_dot = np.average(dots[0], axis, weights)
    if len(dots) == 3 and dots[2] is not None:
        moved = weights_for(x, axis, dots[2]) * (x - aligned(y, axis, False))
        y_dot = y_dot + np.sum(moved, axis=axis) / np.sum(weights_for(x, axis, weights), axis=axis)
    return y_dot


@static
def axes_but(axis, ndim):
    return tuple(k for k in range(ndim) if k != axis % ndim)


# -- spread ----------------------------------------------------------------------------------------


@vjp(np.var)
def var_vjp(y_bar, y, x, axis=None, dtype=None, out=None, ddof=0, keepdims=False):
    distance = deviation(x, axis)
    return aligned(y_bar * (2.0 / (count(x, axis) - ddof)), axis, keepdims) * distance


@jvp(np.var)
def var_jvp(dots, y, x, axis=None, dtype=None, out=None, ddof=0, keepdims=False):
    distance = deviation(x, axis)
    return total(distance * dots[0], axis, keepdims) * (2.0 / (count(x, axis) - ddof))


@vjp(np.std)
def std_vjp(y_bar, y, x, axis=None, dtype=None, out=None, ddof=0, keepdims=False):
    """Where all are equal the derivative is zero, as that of the norm at zero."""
    distance = deviation(x, axis)
    scaled = y_bar / ((count(x, axis) - ddof) * np.where(y == 0.0, 1.0, y))
    return aligned(scaled, axis, keepdims) * distance


@jvp(np.std)
def std_jvp(dots, y, x, axis=None, dtype=None, out=None, ddof=0, keepdims=False):
    distance = deviation(x, axis)
    moved = total(distance * dots[0], axis, keepdims)
    return moved / ((count(x, axis) - ddof) * np.where(y == 0.0, 1.0, y))


# -- extrema ---------------------------------------------------------------------------------------


@vjp(np.max, np.amax, np.min, np.amin)
def extremum_vjp(y_bar, y, x, axis=None, out=None, keepdims=False):
    """Entries that tie share equally."""
    chosen = x == aligned(y, axis, keepdims)
    share = y_bar / total(chosen, axis, keepdims)
    return aligned(share, axis, keepdims) * chosen


@jvp(np.max, np.amax, np.min, np.amin)
def extremum_jvp(dots, y, x, axis=None, out=None, keepdims=False):
    chosen = x == aligned(y, axis, keepdims)
    moved = total(dots[0] * chosen, axis, keepdims)
    return moved / total(chosen, axis, keepdims)


@vjp(np.nanmax, np.nanmin)
def nan_extremum_vjp(y_bar, y, x, axis=None, out=None, keepdims=False):
    return extremum_vjp(y_bar, y, x, axis, out, keepdims)


@jvp(np.nanmax, np.nanmin)
def nan_extremum_jvp(dots, y, x, axis=None, out=None, keepdims=False):
    chosen = x == aligned(y, axis, keepdims)
    moved = total(np.where(chosen, dots[0], 0.0), axis, keepdims)
    return moved / total(chosen, axis, keepdims)


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


def to_front(x, axis):
    return x if axis == 0 else np.moveaxis(x, axis, 0)


def from_front(x, axis):
    return x if axis == 0 else np.moveaxis(x, 0, axis)


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


@vjp(np.prod)
def prod_vjp(y_bar, y, x, axis=None, dtype=None, out=None, keepdims=False):
    return aligned(y_bar, axis, keepdims) * partial_of_product(x, axis)


@jvp(np.prod)
def prod_jvp(dots, y, x, axis=None, dtype=None, out=None, keepdims=False):
    return total(dots[0] * partial_of_product(x, axis), axis, keepdims)


# -- along an axis ---------------------------------------------------------------------------------


@linear(np.cumsum)
def cumsum(y_bar, x, axis=None, dtype=None):
    if np.ndim(x) == 1:
        return np.cumsum(y_bar[::-1])[::-1]
    if axis is None:
        return np.reshape(np.cumsum(y_bar[::-1])[::-1], np.shape(x))
    return np.flip(np.cumsum(np.flip(y_bar, axis), axis), axis)


@vjp(np.cumprod)
def cumprod_vjp(y_bar, y, x, axis=None, dtype=None):
    """Backwards along the axis (no division, so zeros are welcome)."""
    if np.ndim(x) == 1:
        return cumprod_adjoint(y_bar, y, x)
    if axis is None:
        return np.reshape(cumprod_adjoint(y_bar, y, np.ravel(x)), np.shape(x))
    return from_front(cumprod_adjoint(to_front(y_bar, axis), to_front(y, axis), to_front(x, axis)), axis)


def cumprod_adjoint(y_bar, y, x):
    """Along the first axis."""
    x_bar = np.zeros_like(x)
    total = np.zeros_like(x[:1])
    for i in range(len(x) - 1, 0, -1):
        total = total + y_bar[i : i + 1]
        x_bar = setitem(x_bar, slice(i, i + 1), total * y[i - 1 : i])
        total = total * x[i : i + 1]
    return setitem(x_bar, slice(0, 1), total + y_bar[:1])


@jvp(np.cumprod)
def cumprod_jvp(dots, y, x, axis=None, dtype=None):
    if np.ndim(x) == 1:
        return cumprod_tangent(dots[0], y, x)
    if axis is None:
        return cumprod_tangent(np.ravel(dots[0]), y, np.ravel(x))
    return from_front(cumprod_tangent(to_front(dots[0], axis), to_front(y, axis), to_front(x, axis)), axis)


def cumprod_tangent(x_dot, y, x):
    """Along the first axis."""
    y_dot = setitem(np.zeros_like(y), slice(0, 1), x_dot[:1])
    for i in range(1, len(x)):
        row = y_dot[i - 1 : i] * x[i : i + 1] + y[i - 1 : i] * x_dot[i : i + 1]
        y_dot = setitem(y_dot, slice(i, i + 1), row)
    return y_dot


@static
def times(n):
    return (None,) * n


@vjp(np.diff)
def diff_vjp(y_bar, y, x, n=1, axis=-1, prepend=None, append=None):
    for _ in times(n):
        y_bar = -np.diff(y_bar, axis=axis, prepend=0.0, append=0.0)
    if prepend is None and append is None:
        return y_bar
    start = 0
    if prepend is not None:
        start = 1 if np.ndim(prepend) == 0 else np.shape(prepend)[axis]
    return part(y_bar, start, start + np.shape(x)[axis], axis)


@jvp(np.diff)
def diff_jvp(dots, y, x, n=1, axis=-1, prepend=None, append=None):
    """What is put before and after is constant."""
    if prepend is None and append is None:
        return np.diff(dots[0], n, axis)
    if append is None:
        return np.diff(dots[0], n, axis, prepend=np.zeros_like(prepend))
    if prepend is None:
        return np.diff(dots[0], n, axis, append=np.zeros_like(append))
    return np.diff(dots[0], n, axis, prepend=np.zeros_like(prepend), append=np.zeros_like(append))


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
