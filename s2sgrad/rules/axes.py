"""Axes in rules: the index of what stands before an axis, a vector along it, a part of it."""

from __future__ import annotations

import numpy as np

from s2sgrad.rules.table import static


def part(x, start, stop, axis):
    """``x[start:stop]`` along an axis."""
    axis = axis if axis >= 0 else axis + np.ndim(x)
    if axis == 0:
        return x[start:stop]
    if axis == 1:
        return x[:, start:stop]
    if axis == np.ndim(x) - 1:
        return x[..., start:stop]
    return x[(*leading(axis, np.ndim(x)), slice(start, stop))]


def rank_is_known(x):
    """Whether the rank of an array is known while compiling, as the frontend answers; a rule run by itself knows."""
    return True


@static
def leading(axis, ndim):
    """The index of what stands before an axis."""
    return (slice(None),) * (axis % ndim)


@static
def along(axis, ndim):
    """The shape of a vector that lies along an axis."""
    return tuple(-1 if k == axis % ndim else 1 for k in range(ndim))


def as_shaped(bar, x):
    """A cotangent with the shape of ``x``, which has as many entries: of a number, a number."""
    if np.ndim(x) == 0:
        return np.sum(bar)
    return np.reshape(bar, np.shape(x))


def is_given(dots, k):
    """Whether argument ``k`` has a tangent. (One that is passed by keyword has none.)"""
    return len(dots) > k and dots[k] is not None


def given(dots, k, x):
    """The tangent of argument ``k``, or zeros like ``x`` in its place."""
    if is_given(dots, k):
        return dots[k]
    return np.zeros_like(x) if np.ndim(x) else 0.0
