"""Convolution, correlation and interpolation of vectors."""

from __future__ import annotations

import numpy as np

from s2sgrad.ir.primitives import additem
from s2sgrad.rules.axes import given, is_given
from s2sgrad.rules.table import defines, jvp, multilinear, partials, vjp


@multilinear(np.convolve)
def convolve(y_bar, y, a, v, mode="full"):
    y_bar = in_full(y_bar, a, v, mode, False)
    return np.convolve(y_bar, np.flip(np.atleast_1d(v)), "valid"), np.convolve(
        y_bar, np.flip(np.atleast_1d(a)), "valid"
    )


@multilinear(np.correlate)
def correlate(y_bar, y, a, v, mode="valid"):
    """``np.convolve(a, np.conj(v[::-1]), mode)``"""
    y_bar = in_full(y_bar, a, v, mode, True)
    reversed_bar = np.convolve(y_bar, np.flip(np.atleast_1d(a)), "valid")
    return np.convolve(y_bar, np.conj(np.atleast_1d(v)), "valid"), np.conj(np.flip(reversed_bar))


def in_full(y_bar, a, v, mode, correlates):
    """The cotangent of the full convolution, of which the other modes keep the middle.

    Of an even number of entries the odd one out is dropped at the end, but at the front by ``np.correlate`` with the
    shorter vector first, which it computes the other way round.
    """
    if mode == "full":
        return y_bar
    n, m = np.size(a), np.size(v)
    short = min(n, m)
    if mode == "valid":
        return np.pad(y_bar, short - 1)
    if correlates and n < m:
        return np.pad(y_bar, (short // 2, (short - 1) // 2))
    return np.pad(y_bar, ((short - 1) // 2, short // 2))


# -- interpolation -----------------------------------------------------------------------------------


@vjp(np.interp, broadcasts=True)
def interp_vjp(y_bar, y, x, xp, fp, left=None, right=None):
    """At a point of ``xp`` the slope is that of the piece to its right (of the last piece at the end)."""
    below, above, i, t, slope = pieces_of(x, xp, fp)
    inside = np.where(below | above, 0.0, y_bar)
    low, high = (1.0 - t) * inside, t * inside
    fp_bar = additem(additem(np.zeros_like(np.asarray(fp), dtype=float), i, low), i + 1, high)
    xp_bar = additem(additem(np.zeros_like(np.asarray(xp), dtype=float), i, -slope * low), i + 1, -slope * high)
    left_bar, right_bar = np.sum(np.where(below, y_bar, 0.0)), np.sum(np.where(above, y_bar, 0.0))
    if left is None:
        fp_bar = additem(fp_bar, 0, left_bar)
    if right is None:
        fp_bar = additem(fp_bar, -1, right_bar)
    return slope * inside, xp_bar, fp_bar, left_bar, right_bar


@jvp(np.interp)
def interp_jvp(dots, y, x, xp, fp, left=None, right=None):
    below, above, i, t, slope = pieces_of(x, xp, fp)
    fp_dot = np.asarray(given(dots, 2, np.asarray(fp)))
    y_dot = (1.0 - t) * fp_dot[i] + t * fp_dot[i + 1]
    if is_given(dots, 1):
        xp_dot = np.asarray(dots[1])
        y_dot = y_dot - slope * ((1.0 - t) * xp_dot[i] + t * xp_dot[i + 1])
    if is_given(dots, 0):
        y_dot = y_dot + slope * dots[0]
    left_dot = fp_dot[0] if left is None else given(dots, 3, 0.0)
    right_dot = fp_dot[-1] if right is None else given(dots, 4, 0.0)
    return np.where(below, left_dot, np.where(above, right_dot, y_dot))


def pieces_of(x, xp, fp):
    """For each x: whether it lies below or above all pieces, its piece, how far along that, and the slope there."""
    xp, fp = np.asarray(xp), np.asarray(fp)
    i = np.clip(np.searchsorted(xp, x, "right") - 1, 0, len(xp) - 2)
    width = xp[i + 1] - xp[i]
    return np.less(x, xp[0]), np.greater(x, xp[-1]), i, (x - xp[i]) / width, (fp[i + 1] - fp[i]) / width


def periodic_interp(x, xp, fp, left=None, right=None, period=None):
    """``np.interp(…, period=period)``: the points of one period, and one more on each side."""
    period = abs(period)
    x, xp = np.asarray(x) % period, np.asarray(xp) % period
    order = np.argsort(xp)
    xp, fp = xp[order], np.asarray(fp)[order]
    xp = np.concatenate((xp[-1:] - period, xp, xp[0:1] + period))
    fp = np.concatenate((fp[-1:], fp, fp[0:1]))
    return np.interp(x, xp, fp)


@partials(np.unwrap)
def unwrap(y, p, discont=None, axis=-1, *, period=6.283185307179586):
    """Multiples of the period are added."""
    return 1.0


# -- windows -------------------------------------------------------------------------------------------


@defines(np.kaiser)
def kaiser(M, beta):
    if M == 1:
        return np.ones(1)
    alpha = (M - 1) / 2.0
    return np.i0(beta * np.sqrt(1 - ((np.arange(0, M) - alpha) / alpha) ** 2.0)) / np.i0(beta)
