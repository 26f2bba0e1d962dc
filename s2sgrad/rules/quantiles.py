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
    return int(place)


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


def quantile_bar(y_bar, x, q, axis, keepdims, method):
    """The cotangent; several quantiles are along the first axis of the result."""
    if np.ndim(q) == 0:
        return aligned(y_bar, axis, keepdims) * weights(x, q, axis, method)
    x_bar = np.zeros_like(x)
    for k in range(len(q)):
        x_bar = x_bar + aligned(y_bar[k], axis, keepdims) * weights(x, q[k], axis, method)
    return x_bar


def quantile_dot(x_dot, y, x, q, axis, keepdims, method):
    if np.ndim(q) == 0:
        return total(x_dot * weights(x, q, axis, method), axis, keepdims)
    return np.stack([total(x_dot * weights(x, q[k], axis, method), axis, keepdims) for k in range(len(q))])


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
