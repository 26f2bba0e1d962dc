"""Reading and writing entries, and reordering them.

The adjoint transform treats ``getitem``, ``setitem`` and ``additem`` itself (it accumulates into one buffer, in
place); their rules here say the same in terms of whole values.
"""

from __future__ import annotations

import operator

import numpy as np

from s2sgrad.ir.primitives import additem, getindex, setitem, surviving, zeros_like
from s2sgrad.rules.shape import along, leading
from s2sgrad.rules.table import jvp, linear, nondiff, static, vjp


@linear(operator.getitem)
def getitem_(y_bar, x, index):
    return additem(zeros_like(x), index, y_bar)


@linear(setitem, wrt=(0, 2))
def setitem_(y_bar, x, index, value):
    return setitem(y_bar, index, 0.0), surviving(y_bar, index)


@linear(surviving)
def surviving_(y_bar, x, index):
    return setitem(zeros_like(x), index, y_bar)


@linear(additem, wrt=(0, 2))
def additem_(y_bar, x, index, value):
    return y_bar, y_bar[index]


@linear(getindex)
def getindex_(y_bar, items, i):
    return setitem(zeros_like(items), i, y_bar)


@linear(np.take)
def take(y_bar, x, indices, axis=None, mode="raise"):
    check_take(mode)
    if axis is None:
        return np.reshape(additem(np.zeros_like(np.ravel(x)), indices, y_bar), np.shape(x))
    return additem(np.zeros_like(x), (*leading(axis, np.ndim(x)), indices), y_bar)


@static
def check_take(mode):
    if mode != "raise":
        raise NotImplementedError(f'np.take with mode="{mode}" has no derivative rule yet')


@linear(np.take_along_axis)
def take_along_axis(y_bar, x, indices, axis=-1):
    if axis is None:
        return np.reshape(additem(np.zeros_like(np.ravel(x)), indices, y_bar), np.shape(x))
    index = tuple(
        indices if k == axis % np.ndim(x) else np.reshape(np.arange(np.shape(x)[k]), along(k, np.ndim(x)))
        for k in range(np.ndim(x))
    )
    return additem(np.zeros_like(x), index, y_bar)


@vjp(np.sort)
def sort_vjp(y_bar, y, x, axis=-1):
    if axis is None:
        return np.reshape(additem(np.zeros_like(y), np.argsort(x, None), y_bar), np.shape(x))
    if np.ndim(x) == 1:
        return additem(np.zeros_like(x), np.argsort(x), y_bar)
    return np.take_along_axis(y_bar, np.argsort(np.argsort(x, axis), axis), axis)


@jvp(np.sort)
def sort_jvp(dots, y, x, axis=-1):
    if axis is None:
        return np.ravel(dots[0])[np.argsort(x, None)]
    return np.take_along_axis(dots[0], np.argsort(x, axis), axis)


@linear(np.compress, wrt=(1,))
def compress(y_bar, condition, x, axis=None):
    rows = np.flatnonzero(condition)
    if axis is None:
        return np.reshape(additem(np.zeros_like(np.ravel(x)), rows, y_bar), np.shape(x))
    return additem(np.zeros_like(x), (*leading(axis, np.ndim(x)), rows), y_bar)


nondiff(
    np.argpartition,
    np.argsort,
    np.argwhere,
    np.digitize,
    np.flatnonzero,
    np.ix_,
    np.lexsort,
    np.nonzero,
    np.searchsorted,
    np.unravel_index,
)
