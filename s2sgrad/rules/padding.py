"""Padding.

Where each new entry is a copy of an entry (or a constant) the rule says which. The other modes compute: they are
written in terms of functions that have rules (:func:`padded`), step by step as NumPy does, and derivatives go through
that.
"""

from __future__ import annotations

import numpy as np

from s2sgrad.ir.primitives import additem
from s2sgrad.rules.table import jvp, static, vjp

_COPYING = ("edge", "reflect", "symmetric", "wrap")


@jvp(np.pad)
def pad_jvp(dots, y, x, pad_width, mode="constant", *, constant_values=0, reflect_type="even"):
    check_padding(mode)
    if reflects(mode):
        return np.pad(dots[0], pad_width, mode, reflect_type=reflect_type)
    if copies(mode):
        return np.pad(dots[0], pad_width, mode)
    return np.pad(dots[0], pad_width)


@vjp(np.pad)
def pad_vjp(y_bar, y, x, pad_width, mode="constant", *, constant_values=0, reflect_type="even"):
    check_padding(mode)
    ndim = np.ndim(x)
    widths = pad_widths(pad_width, ndim)
    if not copies(mode):
        return y_bar[tuple(slice(widths[k][0], widths[k][0] + np.shape(x)[k]) for k in range(ndim))]
    if reflect_type == "odd":
        for k in range(ndim):
            y_bar = without_odd_reflection(y_bar, np.shape(x)[k], widths[k], mode, k)
        return y_bar
    sources = [np.pad(np.arange(np.shape(x)[k]), widths[k], mode) for k in range(ndim)]
    if ndim == 1:
        return additem(np.zeros_like(x), sources[0], y_bar)
    return additem(np.zeros_like(x), np.ix_(*sources), y_bar)


def without_odd_reflection(y_bar, n, width, mode, axis):
    """An odd reflection, ``2 * edge - copy``, is a linear map along its axis: its matrix is what it makes of eye(n)."""
    matrix = np.pad(np.eye(n, dtype=y_bar.dtype), (width, (0, 0)), mode, reflect_type="odd")
    return np.moveaxis(np.tensordot(y_bar, matrix, axes=(axis, 0)), -1, axis)


@static
def reflects(mode):
    return mode in ("reflect", "symmetric")


@static
def copies(mode):
    return mode in _COPYING


@static
def check_padding(mode):
    if mode not in (*_COPYING, "constant", "empty"):
        raise NotImplementedError(f"np.pad with mode {mode!r} has no derivative rule")


def pad_widths(pad_width, ndim):
    """``pad_width`` as a pair for each axis."""
    if isinstance(pad_width, dict):
        return tuple(of_axis(pad_width, k, ndim) for k in range(ndim))
    if not isinstance(pad_width, (tuple, list)):
        return tuple((pad_width, pad_width) for _ in range(ndim))
    return pairs(pad_width, ndim)


def of_axis(widths, k, ndim):
    """The pair that a dict of widths has for an axis, which it may count from the end."""
    width = widths.get(k, widths.get(k - ndim, 0))
    return width if isinstance(width, (tuple, list)) else (width, width)


def pairs(values, ndim):
    """What NumPy broadcasts to a (before, after) pair for each axis."""
    if not isinstance(values, (tuple, list)):
        return tuple((values, values) for _ in range(ndim))
    if not isinstance(values[0], (tuple, list)):
        return tuple((values[0], values[-1]) for _ in range(ndim))
    if len(values) == 1:
        return tuple((values[0][0], values[0][-1]) for _ in range(ndim))
    return tuple((pair[0], pair[-1]) for pair in values)


# -- modes that compute ------------------------------------------------------------------------------


def padded(x, pad_width, mode="constant", *, constant_values=0, end_values=0, stat_length=None):
    """``np.pad`` by concatenation, axis after axis."""
    ndim = np.ndim(x)
    widths = pad_widths(pad_width, ndim)
    constants, ends = pairs(constant_values, ndim), pairs(end_values, ndim)
    lengths = pairs(stat_length, ndim)
    for k in range(ndim):
        n = np.shape(x)[k]
        before, after = widths[k]
        if mode == "constant":
            left, right = constants[k]
        elif mode == "linear_ramp":
            first, last = np.take(x, 0, k), np.take(x, n - 1, k)
            ramp = np.linspace(ends[k][0], first, before, endpoint=False, axis=k)
            back = np.linspace(ends[k][1], last, after, endpoint=False, axis=k)
            x = np.concatenate((ramp, x, np.flip(back, k)), axis=k)
        else:
            left = statistic(x, lengths[k][0], False, mode, k)
            right = statistic(x, lengths[k][1], True, mode, k)
        if mode != "linear_ramp":
            shape = np.shape(x)
            left = np.broadcast_to(left, (*shape[:k], before, *shape[k + 1 :]))
            right = np.broadcast_to(right, (*shape[:k], after, *shape[k + 1 :]))
            x = np.concatenate((np.astype(left, x.dtype), x, np.astype(right, x.dtype)), axis=k)
    return x


def statistic(x, length, at_end, mode, axis):
    """The statistic of the first or last ``length`` entries along an axis; of all for None."""
    if length is not None:
        n = np.shape(x)[axis]
        count = min(length, n)
        indices = np.arange(n - count, n) if at_end else np.arange(count)
        x = np.take(x, indices, axis)
    if mode == "maximum":
        return np.max(x, axis, keepdims=True)
    if mode == "minimum":
        return np.min(x, axis, keepdims=True)
    if mode == "mean":
        return np.mean(x, axis, keepdims=True)
    return np.median(x, axis, keepdims=True)
