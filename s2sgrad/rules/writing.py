"""NumPy's functions that write entries of an array, as the assignments that they are. They take values over again where
these are too few, as `np.resize` does."""

from __future__ import annotations

import numpy as np

from s2sgrad.rules.table import defines


@defines(np.put)
def put(a, ind, v, mode="raise"):
    if mode == "wrap":
        ind = np.asarray(ind) % np.size(a)
    elif mode == "clip":
        ind = np.clip(ind, 0, np.size(a) - 1)
    a.flat[ind] = v if np.ndim(v) == 0 else np.reshape(np.resize(v, np.size(ind)), np.shape(ind))


@defines(np.place)
def place(arr, mask, vals):
    mask = np.reshape(true_entries(mask), np.shape(arr))
    arr[mask] = vals if np.ndim(vals) == 0 else np.resize(vals, np.count_nonzero(mask))


@defines(np.putmask)
def putmask(a, mask, values):
    mask = np.reshape(true_entries(mask), np.shape(a))
    a[mask] = values if np.ndim(values) == 0 else np.resize(values, np.shape(a))[mask]


@defines(np.put_along_axis)
def put_along_axis(arr, indices, values, axis=-1):
    if axis is None:
        arr.flat[indices] = values
        return
    rank = np.ndim(arr)
    places = []
    for k, n in enumerate(np.shape(arr)):
        others = np.reshape(np.arange(n), (1,) * k + (n,) + (1,) * (rank - k - 1))
        places.append(indices if k == axis % rank else others)
    arr[tuple(places)] = values


def true_entries(mask):
    mask = np.asarray(mask)
    return mask if mask.dtype == np.bool_ else mask != 0


WRITING = (np.put, np.place, np.putmask, np.put_along_axis)
