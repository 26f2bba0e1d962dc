"""Statistics of a sample along an axis: means of powers, standard scores, moments."""

from __future__ import annotations

import numpy as np
from scipy import stats

from s2sgrad.rules.table import jvp, vjp


def kept(y, a, axis):
    """A result with the reduced axes of the sample, of length 1."""
    if axis is None:
        return np.reshape(y, (1,) * np.ndim(a))
    return np.expand_dims(y, axis)


def number(a, axis):
    return np.size(a) if axis is None else np.shape(a)[axis]


def gmean_slope(y, a, axis):
    return kept(y, a, axis) / (number(a, axis) * a)


@vjp(stats.gmean)
def gmean_vjp(y_bar, y, a, axis=0):
    return kept(y_bar, a, axis) * gmean_slope(y, a, axis)


@jvp(stats.gmean)
def gmean_jvp(dots, y, a, axis=0):
    return np.sum(gmean_slope(y, a, axis) * dots[0], axis=axis)


def hmean_slope(y, a, axis):
    return kept(y, a, axis) ** 2 / (number(a, axis) * a * a)


@vjp(stats.hmean)
def hmean_vjp(y_bar, y, a, axis=0):
    return kept(y_bar, a, axis) * hmean_slope(y, a, axis)


@jvp(stats.hmean)
def hmean_jvp(dots, y, a, axis=0):
    return np.sum(hmean_slope(y, a, axis) * dots[0], axis=axis)


def sem_slope(y, a, axis, ddof):
    """The standard error is the deviation divided by the root of the number."""
    n = number(a, axis)
    return (a - np.mean(a, axis=axis, keepdims=True)) / (n * (n - ddof) * kept(y, a, axis))


@vjp(stats.sem)
def sem_vjp(y_bar, y, a, axis=0, ddof=1):
    return kept(y_bar, a, axis) * sem_slope(y, a, axis, ddof)


@jvp(stats.sem)
def sem_jvp(dots, y, a, axis=0, ddof=1):
    return np.sum(sem_slope(y, a, axis, ddof) * dots[0], axis=axis)


def standardised(change, y, a, axis, ddof):
    """What the derivative of standard scores makes of a tangent or a cotangent: it is symmetric."""
    deviation = np.std(a, axis=axis, ddof=ddof, keepdims=True)
    along = np.sum(change * y, axis=axis, keepdims=True) / (number(a, axis) - ddof)
    return (change - np.mean(change, axis=axis, keepdims=True) - y * along) / deviation


@vjp(stats.zscore)
def zscore_vjp(y_bar, y, a, axis=0, ddof=0):
    return standardised(y_bar, y, a, axis, ddof)


@jvp(stats.zscore)
def zscore_jvp(dots, y, a, axis=0, ddof=0):
    return standardised(dots[0], y, a, axis, ddof)
