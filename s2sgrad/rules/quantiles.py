"""Medians, percentiles and quantiles: averages of two entries that are next to each other when sorted.

Entries that tie with one of the two share its derivative equally.
"""

from __future__ import annotations

import numpy as np

from s2sgrad.rules.reductions import aligned, total
from s2sgrad.rules.table import jvp, static, vjp


def rows_of(x, axis):
    """``x`` with the reduced axes as its last one."""
    if axis is None or np.ndim(x) == 1:
        return np.ravel(x)
    if isinstance(axis, tuple):
        moved = np.moveaxis(x, axis, last_axes(len(axis)))
        return np.reshape(moved, (*np.shape(moved)[: np.ndim(x) - len(axis)], -1))
    return np.moveaxis(x, axis, -1)


@static
def last_axes(n):
    return tuple(range(-n, 0))


def neighbours(x, q, axis, method):
    """The entries below and above the quantile ``q``, and the share of the upper one."""
    rows = np.sort(rows_of(x, axis))
    n = np.shape(rows)[-1]
    below, above, share = places(n, q, method)
    return rows[..., below], rows[..., above], share


def places(n, q, method):
    """Hyndman & Fan (1996), Sample quantiles in statistical packages; ``n`` entries counted from 0."""
    exact = (n - 1) * q
    if method == "lower":
        return whole(np.floor(exact)), whole(np.floor(exact)), 0.0
    if method == "higher":
        return whole(np.ceil(exact)), whole(np.ceil(exact)), 0.0
    if method == "nearest":
        return whole(np.rint(exact)), whole(np.rint(exact)), 0.0
    if method == "midpoint":
        return whole(np.floor(exact)), whole(np.ceil(exact)), 0.5
    if method != "linear":
        alpha, beta = plotting_position(method)
        exact = np.clip(n * q + (alpha + q * (1.0 - alpha - beta)) - 1.0, 0.0, n - 1.0)
    below = np.floor(exact)
    return whole(below), whole(np.minimum(below + 1.0, n - 1.0)), exact - below


def whole(place):
    return place.astype(np.intp) if isinstance(place, np.ndarray) else int(place)


@static
def plotting_position(method):
    """The parameters of the continuous methods."""
    known = {
        "interpolated_inverted_cdf": (0.0, 1.0),
        "hazen": (0.5, 0.5),
        "weibull": (0.0, 0.0),
        "median_unbiased": (1.0 / 3.0, 1.0 / 3.0),
        "normal_unbiased": (3.0 / 8.0, 3.0 / 8.0),
    }
    if method not in known:
        raise NotImplementedError(f"the derivative of quantiles with method={method!r} is not supported")
    return known[method]


def share_of(x, entry, axis):
    """An equal share for each entry that ties with ``entry``; zero for the others."""
    ties = x == aligned(entry, axis, False)
    return ties / aligned(total(ties, axis, False), axis, False)


def weights(x, q, axis, method):
    """The derivative of the quantile in each entry."""
    lower, upper, share = neighbours(x, q, axis, method)
    return (1.0 - share) * share_of(x, lower, axis) + share * share_of(x, upper, axis)


def weights_without_nan(x, q, axis, method):
    """The same where NaN is left out: each row has a number of entries of its own."""
    rows = np.sort(rows_of(x, axis))  # NaN comes last
    below, above, share = places(np.sum(~np.isnan(rows), axis=-1), q, method)
    if np.ndim(rows) == 1:
        return (1.0 - share) * chosen_of(x, rows[below], axis) + share * chosen_of(x, rows[above], axis)
    lower = np.take_along_axis(rows, np.maximum(below, 0)[..., None], -1)[..., 0]
    upper = np.take_along_axis(rows, np.maximum(above, 0)[..., None], -1)[..., 0]
    share = share if np.ndim(share) == 0 else aligned(share, axis, False)
    return (1.0 - share) * chosen_of(x, lower, axis) + share * chosen_of(x, upper, axis)


def chosen_of(x, entry, axis):
    """As :func:`share_of`, but zero where all is NaN, and at every NaN whatever the factor is."""
    ties = x == aligned(entry, axis, False)
    return np.where(ties, 1.0 / np.maximum(aligned(total(ties, axis, False), axis, False), 1), 0.0)


def quantile_bar(y_bar, x, q, axis, keepdims, method, nan=False):
    """The cotangent; several quantiles are along the first axis of the result. ``nan``: NaN is left out."""
    if np.ndim(q) == 0:
        return quantile_bar_of_one(y_bar, x, q, axis, keepdims, method, nan)
    x_bar = np.zeros_like(x)
    for k in range(len(q)):
        x_bar = x_bar + quantile_bar_of_one(y_bar[k], x, q[k], axis, keepdims, method, nan)
    return x_bar


def quantile_bar_of_one(y_bar, x, q, axis, keepdims, method, nan):
    found = weights_without_nan(x, q, axis, method) if nan else weights(x, q, axis, method)
    return aligned(y_bar, axis, keepdims) * found


def quantile_dot(x_dot, y, x, q, axis, keepdims, method, nan=False):
    if np.ndim(q) == 0:
        return quantile_dot_of_one(x_dot, x, q, axis, keepdims, method, nan)
    dots = [quantile_dot_of_one(x_dot, x, q[k], axis, keepdims, method, nan) for k in range(len(q))]
    return np.stack(dots)


def quantile_dot_of_one(x_dot, x, q, axis, keepdims, method, nan):
    if nan:
        return total(np.where(np.isnan(x), 0.0, x_dot) * weights_without_nan(x, q, axis, method), axis, keepdims)
    return total(x_dot * weights(x, q, axis, method), axis, keepdims)


@vjp(np.median)
def median_vjp(y_bar, y, x, axis=None, out=None, overwrite_input=False, keepdims=False):
    return quantile_bar(y_bar, x, 0.5, axis, keepdims, "linear")


@jvp(np.median)
def median_jvp(dots, y, x, axis=None, out=None, overwrite_input=False, keepdims=False):
    return quantile_dot(dots[0], y, x, 0.5, axis, keepdims, "linear")


@vjp(np.quantile)
def quantile_vjp(y_bar, y, x, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False):
    return quantile_bar(y_bar, x, q, axis, keepdims, method)


@jvp(np.quantile)
def quantile_jvp(dots, y, x, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False):
    return quantile_dot(dots[0], y, x, q, axis, keepdims, method)


@vjp(np.percentile)
def percentile_vjp(y_bar, y, x, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False):
    return quantile_bar(y_bar, x, np.divide(q, 100), axis, keepdims, method)


@jvp(np.percentile)
def percentile_jvp(dots, y, x, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False):
    return quantile_dot(dots[0], y, x, np.divide(q, 100), axis, keepdims, method)


@vjp(np.nanmedian)
def nanmedian_vjp(y_bar, y, x, axis=None, out=None, overwrite_input=False, keepdims=False):
    return quantile_bar(y_bar, x, 0.5, axis, keepdims, "linear", True)


@jvp(np.nanmedian)
def nanmedian_jvp(dots, y, x, axis=None, out=None, overwrite_input=False, keepdims=False):
    return quantile_dot(dots[0], y, x, 0.5, axis, keepdims, "linear", True)


@vjp(np.nanquantile)
def nanquantile_vjp(y_bar, y, x, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False):
    return quantile_bar(y_bar, x, q, axis, keepdims, method, True)


@jvp(np.nanquantile)
def nanquantile_jvp(dots, y, x, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False):
    return quantile_dot(dots[0], y, x, q, axis, keepdims, method, True)


@vjp(np.nanpercentile)
def nanpercentile_vjp(y_bar, y, x, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False):
    return quantile_bar(y_bar, x, np.divide(q, 100), axis, keepdims, method, True)


@jvp(np.nanpercentile)
def nanpercentile_jvp(dots, y, x, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False):
    return quantile_dot(dots[0], y, x, np.divide(q, 100), axis, keepdims, method, True)
