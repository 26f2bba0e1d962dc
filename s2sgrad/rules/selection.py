"""Taking entries out of arrays, by index, by mask, by what they are."""

from __future__ import annotations

import numpy as np

from s2sgrad.ir.primitives import additem, setitem
from s2sgrad.rules.axes import along, leading
from s2sgrad.rules.table import jvp, linear, static, vjp


@linear(np.take)
def take(y_bar, x, indices, axis=None, mode="raise"):
    n = np.size(x) if axis is None else np.shape(x)[axis]
    if mode == "wrap":
        indices = np.asarray(indices) % n
    elif mode == "clip":
        indices = np.clip(indices, 0, n - 1)
    if axis is None:
        return np.reshape(additem(np.zeros_like(np.ravel(x)), indices, y_bar), np.shape(x))
    return additem(np.zeros_like(x), (*leading(axis, np.ndim(x)), indices), y_bar)


@linear(np.take_along_axis)
def take_along_axis(y_bar, x, indices, axis=-1):
    if axis is None:
        return np.reshape(additem(np.zeros_like(np.ravel(x)), indices, y_bar), np.shape(x))
    index = tuple(
        indices if k == axis % np.ndim(x) else np.reshape(np.arange(np.shape(x)[k]), along(k, np.ndim(x)))
        for k in range(np.ndim(x))
    )
    return additem(np.zeros_like(x), index, y_bar)


@linear(np.compress, wrt=(1,))
def compress(y_bar, condition, x, axis=None):
    return put_back(y_bar, x, np.flatnonzero(condition), axis)


@linear(np.extract, wrt=(1,))
def extract(y_bar, condition, x):
    return put_back(y_bar, x, np.flatnonzero(condition), None)


def put_back(y_bar, x, rows, axis):
    """Zeros like ``x`` with the entries of ``y_bar`` where they come from: no row is named twice."""
    if axis is None and np.ndim(x) != 1:
        return np.reshape(setitem(np.zeros_like(np.ravel(x)), rows, y_bar), np.shape(x))
    if axis is None:
        return setitem(np.zeros_like(x), rows, y_bar)
    return setitem(np.zeros_like(x), (*leading(axis, np.ndim(x)), rows), y_bar)


@linear(np.choose, wrt=(1,), broadcasts=True)
def choose(y_bar, a, choices, mode="raise"):
    n = len(choices)
    if mode == "wrap":
        a = np.asarray(a) % n
    elif mode == "clip":
        a = np.clip(a, 0, n - 1)
    if isinstance(choices, np.ndarray):
        chosen = np.reshape(np.arange(n), along(0, 1 + np.ndim(y_bar))) == a
        return np.where(chosen, y_bar, 0.0)
    return [np.where(np.equal(a, k), y_bar, 0.0) for k in range(n)]


# -- leaving out and putting in --------------------------------------------------------------------


@linear(np.delete)
def delete(y_bar, x, obj, axis=None):
    n = np.size(x) if axis is None else np.shape(x)[axis]
    return put_back(y_bar, x, np.delete(np.arange(n), obj), axis)


@linear(np.insert, wrt=(0, 2))
def insert(y_bar, x, obj, values, axis=None):
    """What ``np.insert`` does with the numbers of the entries tells where each of them went."""
    n = np.size(x) if axis is None else np.shape(x)[axis]
    along_ = 0 if axis is None else axis
    places = np.argsort(np.insert(np.arange(n), obj, np.arange(n, np.shape(y_bar)[along_])))
    x_bar = np.take(y_bar, places[:n], along_)
    values_bar = np.take(y_bar, places[n:], along_)
    if axis is None:
        return np.reshape(x_bar, np.shape(x)), values_bar
    if not isinstance(obj, slice) and np.ndim(obj) == 0:
        values_bar = np.moveaxis(values_bar, axis, 0)
    return x_bar, values_bar


@vjp(np.trim_zeros)
def trim_zeros_vjp(y_bar, y, x, trim="fb", axis=None):
    check_trimming(np.ndim(x), axis)
    first = first_kept(x, trim)
    return setitem(np.zeros_like(x), slice(first, first + len(y_bar)), y_bar)


@jvp(np.trim_zeros)
def trim_zeros_jvp(dots, y, x, trim="fb", axis=None):
    check_trimming(np.ndim(x), axis)
    first = first_kept(x, trim)
    return dots[0][first : first + len(y)]


def first_kept(x, trim):
    if trims_front(trim):
        return np.argmax(np.not_equal(x, 0))
    return 0


@static
def trims_front(trim):
    return "f" in trim.lower()


@static
def check_trimming(ndim, axis):
    if ndim != 1 or axis is not None:
        raise NotImplementedError("np.trim_zeros has a derivative rule for vectors only")
