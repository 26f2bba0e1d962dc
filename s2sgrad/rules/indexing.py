"""Reading and writing entries.

The adjoint transform treats ``getitem``, ``setitem`` and ``additem`` itself (it accumulates into one buffer, in
place); their rules here say the same in terms of whole values.
"""

from __future__ import annotations

import operator

import numpy as np

from s2sgrad.ir.primitives import added, additem, getindex, setitem, surviving, zeros_like
from s2sgrad.rules.table import linear, nondiff


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


@linear(added, wrt=(0, 1))
def added_(y_bar, x, z):
    return y_bar, y_bar


nondiff(
    np.argwhere,
    np.flatnonzero,
    np.ix_,
    np.nonzero,
    np.unravel_index,
)
