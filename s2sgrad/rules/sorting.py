"""Sorting, and the entries of arrays without repetition.

Equal entries: a sort gives the cotangent of each place to one of them (any assignment is a valid permutation);
``np.unique`` shares it equally among all that are equal.
"""

from __future__ import annotations

import numpy as np

from s2sgrad.ir.primitives import setitem
from s2sgrad.rules.axes import along
from s2sgrad.rules.table import jvp, nondiff, static, vjp


@vjp(np.sort)
def sort_vjp(y_bar, y, x, axis=-1, kind=None, order=None, *, stable=None):
    if axis is None:
        return np.reshape(setitem(np.zeros_like(y), np.argsort(x, None), y_bar), np.shape(x))
    if np.ndim(x) == 1:
        return setitem(np.zeros_like(x), np.argsort(x), y_bar)
    return np.take_along_axis(y_bar, np.argsort(np.argsort(x, axis), axis), axis)


@jvp(np.sort)
def sort_jvp(dots, y, x, axis=-1, kind=None, order=None, *, stable=None):
    if axis is None:
        return np.ravel(dots[0])[np.argsort(x, None)]
    if np.ndim(x) == 1:
        return dots[0][np.argsort(x)]
    return np.take_along_axis(dots[0], np.argsort(x, axis), axis)


@vjp(np.partition)
def partition_vjp(y_bar, y, x, kth, axis=-1, kind="introselect", order=None):
    """The order of both sides tells which entry is which: only the entries at ``kth`` are where sorting puts them."""
    if axis is None:
        return np.reshape(setitem(np.zeros_like(y), np.argsort(x, None), y_bar[np.argsort(y)]), np.shape(x))
    if np.ndim(x) == 1:
        return setitem(np.zeros_like(x), np.argsort(x), y_bar[np.argsort(y)])
    in_order = np.take_along_axis(y_bar, np.argsort(y, axis), axis)
    return np.take_along_axis(in_order, np.argsort(np.argsort(x, axis), axis), axis)


@jvp(np.partition)
def partition_jvp(dots, y, x, kth, axis=-1, kind="introselect", order=None):
    if axis is None:
        return np.ravel(dots[0])[np.argsort(x, None)][np.argsort(np.argsort(y))]
    in_order = np.take_along_axis(dots[0], np.argsort(x, axis), axis)
    return np.take_along_axis(in_order, np.argsort(np.argsort(y, axis), axis), axis)


# -- without repetition ----------------------------------------------------------------------------


@vjp(np.unique)
def unique_vjp(
    y_bar,
    y,
    x,
    return_index=False,
    return_inverse=False,
    return_counts=False,
    axis=None,
    *,
    equal_nan=True,
    sorted=True,
):
    """Each value's cotangent, shared among the entries (or slices along an axis) that are equal to it."""
    several = return_index or return_inverse or return_counts
    values_bar = y_bar[0] if several else y_bar
    places, counts = groups(x, axis, equal_nan)
    if axis is None:
        return np.reshape((values_bar / counts)[places], np.shape(x))
    return np.take(values_bar / np.reshape(counts, along(axis, np.ndim(x))), places, axis)


@jvp(np.unique)
def unique_jvp(
    dots, y, x, return_index=False, return_inverse=False, return_counts=False, axis=None, *, equal_nan=True, sorted=True
):
    """The mean over the entries that are equal."""
    several = return_index or return_inverse or return_counts
    places, counts = groups(x, axis, equal_nan)
    if axis is None:
        x_dot = np.bincount(places, np.ravel(dots[0])) / counts
    else:
        members = np.equal(np.reshape(np.arange(len(counts)), (-1, 1)), places) / np.reshape(counts, (-1, 1))
        x_dot = np.moveaxis(np.tensordot(members, np.moveaxis(dots[0], axis, 0), 1), 0, axis)
    if not several:
        return x_dot
    return [x_dot, *without_tangents(return_index, return_inverse, return_counts)]


@static
def without_tangents(*asked):
    return [None for flag in asked if flag]


def groups(x, axis, equal_nan):
    """The number of its value for each entry, and how many entries each value has."""
    _, places, counts = np.unique(x, return_inverse=True, return_counts=True, axis=axis, equal_nan=equal_nan)
    return np.ravel(places), counts


nondiff(np.argpartition, np.argsort, np.lexsort, np.searchsorted)
