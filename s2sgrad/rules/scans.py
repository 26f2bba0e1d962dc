"""What accumulates along an axis, and what takes differences."""

from __future__ import annotations

import numpy as np

from s2sgrad.ir.primitives import setitem
from s2sgrad.rules.axes import along, part
from s2sgrad.rules.table import defines, jvp, linear, static, vjp


def to_front(x, axis):
    return x if axis == 0 else np.moveaxis(x, axis, 0)


def from_front(x, axis):
    return x if axis == 0 else np.moveaxis(x, 0, axis)


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


@defines(np.cumulative_sum)
def cumulative_sum(x, *, axis=None, dtype=None, out=None, include_initial=False):
    return scanned(np.cumsum(x, axis_of(axis, np.ndim(x)), dtype), axis_of(axis, np.ndim(x)), include_initial, 0)


@defines(np.cumulative_prod)
def cumulative_prod(x, *, axis=None, dtype=None, out=None, include_initial=False):
    return scanned(np.cumprod(x, axis_of(axis, np.ndim(x)), dtype), axis_of(axis, np.ndim(x)), include_initial, 1)


def scanned(y, axis, include_initial, initial):
    if not include_initial:
        return y
    return np.concatenate((np.full_like(part(y, 0, 1, axis), initial), y), axis)


@static
def axis_of(axis, ndim):
    return 0 if axis is None and ndim == 1 else axis


@defines(np.nancumsum)
def nancumsum(x, axis=None, dtype=None, out=None):
    return np.cumsum(np.where(np.isnan(x), 0, x), axis, dtype)


@defines(np.nancumprod)
def nancumprod(x, axis=None, dtype=None, out=None):
    return np.cumprod(np.where(np.isnan(x), 1, x), axis, dtype)


# -- differences -----------------------------------------------------------------------------------


@static
def times(n):
    return (None,) * n


@vjp(np.diff)
def diff_vjp(y_bar, y, x, n=1, axis=-1, prepend=None, append=None):
    for _ in times(n):
        y_bar = -np.diff(y_bar, axis=axis, prepend=0.0, append=0.0)
    if prepend is None and append is None:
        return y_bar
    start = 0 if prepend is None else added(prepend, axis)
    stop = start + np.shape(x)[axis]
    x_bar = part(y_bar, start, stop, axis)
    before = None if prepend is None else part(y_bar, 0, start, axis)
    after = None if append is None else part(y_bar, stop, stop + added(append, axis), axis)
    return x_bar, None, None, before, after


def added(edge, axis):
    """How many entries are put before or after."""
    return 1 if np.ndim(edge) == 0 else np.shape(edge)[axis]


@jvp(np.diff)
def diff_jvp(dots, y, x, n=1, axis=-1, prepend=None, append=None):
    x_dot = np.zeros_like(x) if dots[0] is None else dots[0]
    if prepend is None and append is None:
        return np.diff(x_dot, n, axis)
    before = None if prepend is None else edge_dot(dots, 3, prepend)
    after = None if append is None else edge_dot(dots, 4, append)
    if append is None:
        return np.diff(x_dot, n, axis, prepend=before)
    if prepend is None:
        return np.diff(x_dot, n, axis, append=after)
    return np.diff(x_dot, n, axis, prepend=before, append=after)


def edge_dot(dots, k, edge):
    return np.zeros_like(edge) if len(dots) <= k or dots[k] is None else dots[k]


@defines(np.ediff1d)
def ediff1d(x, to_end=None, to_begin=None):
    flat = np.ravel(x)
    y = flat[1:] - flat[:-1]
    if to_begin is not None:
        y = np.concatenate((np.ravel(to_begin), y))
    if to_end is not None:
        y = np.concatenate((y, np.ravel(to_end)))
    return y


@defines(np.trapezoid)
def trapezoid(y, x=None, dx=1.0, axis=-1):
    y = np.asarray(y)
    if x is None:
        d = dx
    elif np.ndim(x) == 1:
        d = np.diff(x)
        if np.ndim(y) > 1:
            d = np.reshape(d, along(axis, np.ndim(y)))
    else:
        d = np.diff(x, axis=axis)
    n = np.shape(y)[axis]
    return np.sum(d * (part(y, 1, n, axis) + part(y, 0, n - 1, axis)) / 2.0, axis)
