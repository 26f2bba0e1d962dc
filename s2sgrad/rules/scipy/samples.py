"""Integrals of samples: ``trapezoid``, ``simpson`` and their cumulative forms.

Values are SciPy's own; derivatives, in the samples and in where they were taken, are those of the formulas below.
"""

from __future__ import annotations

import numpy as np
import scipy.integrate

from s2sgrad.rules.functions import jvp_of, vjp_of
from s2sgrad.rules.table import jvp, vjp


def spacing(y, x, dx, axis):
    """The samples, and the lengths of the intervals between them, along the last axis."""
    y = np.moveaxis(np.asarray(y), axis, -1)
    if x is None:
        return y, np.broadcast_to(dx, np.shape(y[..., 1:]))
    x = np.asarray(x)
    d = np.diff(x) if np.ndim(x) == 1 else np.diff(np.moveaxis(x, axis, -1))
    return y, np.broadcast_to(d, np.shape(y[..., 1:]))


def by_trapezoids(y, x, dx, axis):
    y, d = spacing(y, x, dx, axis)
    return np.sum(d * (y[..., 1:] + y[..., :-1]) / 2.0, -1)


def growing_trapezoids(y, x, dx, axis):
    y, d = spacing(y, x, dx, axis)
    return np.moveaxis(np.cumsum(d * (y[..., 1:] + y[..., :-1]) / 2.0, -1), -1, axis)


def first_of_two(y, h):
    """The integral over the first of each two neighbouring intervals, of the parabola through three samples."""
    a, b, c = y[..., :-2], y[..., 1:-1], y[..., 2:]
    g, h = h[..., :-1], h[..., 1:]
    whole = g + h
    return g / 6.0 * ((3.0 - g / whole) * a + (3.0 + g * g / (whole * h) + g / whole) * b - g * g / (whole * h) * c)


def last_of_two(y, h):
    return first_of_two(y[..., ::-1], h[..., ::-1])[..., ::-1]


def by_parabolas(y, x, dx, axis):
    """Two intervals at a time; where their number is odd, the last one of the last three samples' parabola."""
    y, d = spacing(y, x, dx, axis)
    n = np.shape(y)[-1]
    if n == 2:
        return 0.5 * d[..., 0] * (y[..., 0] + y[..., 1])
    pairs = first_of_two(y, d) + last_of_two(y, d)
    total = np.sum(pairs[..., ::2], -1)
    if n % 2 == 0:
        total = np.sum(pairs[..., : n - 3 : 2], -1) + last_of_two(y, d)[..., -1]
    return total


def growing_parabolas(y, x, dx, axis):
    y, d = spacing(y, x, dx, axis)
    n = np.shape(y)[-1]
    first, last = first_of_two(y, d), last_of_two(y, d)
    k = np.arange(n - 1)
    use_first = (k % 2 == 0) & (k < n - 2)
    parts = np.where(use_first, first[..., np.minimum(k, n - 3)], last[..., np.maximum(k - 1, 0)])
    return np.moveaxis(np.cumsum(parts, -1), -1, axis)


def past_initial(bar, initial, axis):
    """What belongs to the intervals: ``initial`` stands before them."""
    return bar if initial is None else np.moveaxis(np.moveaxis(bar, axis, -1)[..., 1:], -1, axis)


def with_zero(dot, initial, axis):
    if initial is None:
        return dot
    dot = np.moveaxis(dot, axis, -1)
    return np.moveaxis(np.concatenate([np.zeros_like(dot[..., :1]), dot], -1), -1, axis)


@vjp(scipy.integrate.trapezoid)
def trapezoid_vjp(z_bar, z, y, x=None, dx=1.0, axis=-1):
    return vjp_of(lambda y, x, dx: by_trapezoids(y, x, dx, axis), (y, x, dx), z_bar)


@jvp(scipy.integrate.trapezoid)
def trapezoid_jvp(dots, z, y, x=None, dx=1.0, axis=-1):
    return jvp_of(lambda y, x, dx: by_trapezoids(y, x, dx, axis), (y, x, dx), dots)


@vjp(scipy.integrate.simpson)
def simpson_vjp(z_bar, z, y, x=None, dx=1.0, axis=-1):
    return vjp_of(lambda y, x, dx: by_parabolas(y, x, dx, axis), (y, x, dx), z_bar)


@jvp(scipy.integrate.simpson)
def simpson_jvp(dots, z, y, x=None, dx=1.0, axis=-1):
    return jvp_of(lambda y, x, dx: by_parabolas(y, x, dx, axis), (y, x, dx), dots)


@vjp(scipy.integrate.cumulative_trapezoid)
def cumulative_trapezoid_vjp(z_bar, z, y, x=None, dx=1.0, axis=-1, initial=None):
    bar = past_initial(z_bar, initial, axis)
    return vjp_of(lambda y, x, dx: growing_trapezoids(y, x, dx, axis), (y, x, dx), bar)


@jvp(scipy.integrate.cumulative_trapezoid)
def cumulative_trapezoid_jvp(dots, z, y, x=None, dx=1.0, axis=-1, initial=None):
    dot = jvp_of(lambda y, x, dx: growing_trapezoids(y, x, dx, axis), (y, x, dx), dots)
    return with_zero(dot, initial, axis)


@vjp(scipy.integrate.cumulative_simpson)
def cumulative_simpson_vjp(z_bar, z, y, x=None, dx=1.0, axis=-1, initial=None):
    """In the samples only: ``x``, ``dx`` and ``initial`` are keywords."""
    bar = past_initial(z_bar, initial, axis)
    return vjp_of(lambda y: growing_parabolas(y, x, dx, axis), (y,), bar)[0]


@jvp(scipy.integrate.cumulative_simpson)
def cumulative_simpson_jvp(dots, z, y, x=None, dx=1.0, axis=-1, initial=None):
    dot = jvp_of(lambda y: growing_parabolas(y, x, dx, axis), (y,), (dots[0],))
    return with_zero(dot, initial, axis)
