"""Arrays that hold the entries of another several times: their cotangents add up."""

from __future__ import annotations

import numpy as np

from s2sgrad.ir.primitives import additem
from s2sgrad.rules.axes import as_shaped, leading
from s2sgrad.rules.table import linear


@linear(np.repeat)
def repeat(y_bar, x, repeats, axis=None):
    if axis is None:
        if np.ndim(x) == 0:
            return np.sum(y_bar)
        rows = np.repeat(np.arange(np.size(x)), repeats)
        return np.reshape(additem(np.zeros_like(np.ravel(x)), rows, y_bar), np.shape(x))
    rows = np.repeat(np.arange(np.shape(x)[axis]), repeats)
    return additem(np.zeros_like(x), (*leading(axis, np.ndim(x)), rows), y_bar)


@linear(np.tile)
def tile(y_bar, x, reps):
    """Each axis of the result counts repeats, then entries: sum over the repeats."""
    if isinstance(reps, np.ndarray):
        raise NotImplementedError("np.tile with an array of repeats has no derivative rule; pass a tuple")
    if not isinstance(reps, (tuple, list)):
        reps = (reps,)
    ndim = max(len(reps), np.ndim(x))
    more_reps, more_axes = ndim - len(reps), ndim - np.ndim(x)
    lengths = []
    for k in range(ndim):
        lengths.append(1 if k < more_reps else reps[k - more_reps])
        lengths.append(1 if k < more_axes else np.shape(x)[k - more_axes])
    total = np.sum(np.reshape(y_bar, tuple(lengths)), axis=tuple(range(0, 2 * ndim, 2)))
    return as_shaped(total, x)


@linear(np.resize)
def resize(y_bar, a, new_shape):
    """Entry k of the result is entry k of ``a``, counted round and round."""
    n = np.size(a)
    places = np.arange(np.size(y_bar)) % n
    return np.reshape(additem(np.zeros(n, y_bar.dtype), places, np.ravel(y_bar)), np.shape(a))
