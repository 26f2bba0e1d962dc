"""NumPy functions that call the user's function, as the loops that they are. The frontend enters these."""

from __future__ import annotations

import numpy as np


def apply_along_axis(func1d, axis, arr, *args, **kwargs):
    """``np.apply_along_axis``: what the function returns for each vector replaces the axis."""
    arr = np.asarray(arr)
    axis = axis % np.ndim(arr)
    vectors = np.moveaxis(arr, axis, -1)
    outer = np.ndim(arr) - 1
    if outer == 0:
        results = np.asarray(func1d(vectors, *args, **kwargs))
    elif outer == 1:
        results = np.array([func1d(row, *args, **kwargs) for row in vectors])
    else:
        rows = np.prod(np.shape(vectors)[:-1])
        flat = np.array(
            [func1d(vectors[np.unravel_index(k, np.shape(vectors)[:-1])], *args, **kwargs) for k in range(rows)]
        )
        results = np.reshape(flat, (*np.shape(vectors)[:-1], *np.shape(flat)[1:]))
    inner = np.ndim(results) - outer
    places = range(outer, outer + inner)
    return np.moveaxis(results, tuple(places), tuple(axis + k for k in range(inner)))


def fromfunction(function, shape, *, dtype=float, **kwargs):
    """``np.fromfunction``: one call, on arrays of indices."""
    return function(*np.indices(shape, dtype=dtype), **kwargs)


def fromiter(iterable, dtype):
    """``np.fromiter`` of all there is."""
    return np.array(list(iterable), dtype=dtype)
