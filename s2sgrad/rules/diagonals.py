"""Diagonals, triangles and the trace."""

from __future__ import annotations

import numpy as np

from s2sgrad.ir.primitives import setitem
from s2sgrad.rules.axes import as_shaped
from s2sgrad.rules.table import linear


@linear(np.tril)
def tril(y_bar, x, k=0):
    return rows_summed(np.tril(y_bar, k), x)


@linear(np.triu)
def triu(y_bar, x, k=0):
    return rows_summed(np.triu(y_bar, k), x)


def rows_summed(bar, x):
    """A vector becomes a square matrix of its copies before its triangle is taken."""
    return np.sum(bar, axis=0) if np.ndim(x) == 1 else bar


def onto_diagonal(y_bar, x, offset):
    """A zero matrix like ``x`` with ``y_bar`` on a diagonal."""
    rows = np.arange(np.shape(y_bar)[0])
    if offset >= 0:
        return setitem(np.zeros_like(x), (rows, rows + offset), y_bar)
    return setitem(np.zeros_like(x), (rows - offset, rows), y_bar)


@linear(np.diag)
def diag(y_bar, x, k=0):
    if np.ndim(x) == 1:
        return np.diag(y_bar, k)
    return onto_diagonal(y_bar, x, k)


@linear(np.diagflat)
def diagflat(y_bar, v, k=0):
    return as_shaped(np.diagonal(y_bar, k), v)


@linear(np.diagonal)
def diagonal(y_bar, x, offset=0, axis1=0, axis2=1):
    if np.ndim(x) == 2 and axis1 % 2 == 0 and axis2 % 2 == 1:
        return onto_diagonal(y_bar, x, offset)
    moved = onto_diagonal(np.moveaxis(y_bar, -1, 0), np.moveaxis(x, (axis1, axis2), (0, 1)), offset)
    return np.moveaxis(moved, (0, 1), (axis1, axis2))


@linear(np.trace)
def trace(y_bar, x, offset=0, axis1=0, axis2=1, dtype=None):
    if np.ndim(x) == 2 and axis1 % 2 == 0 and axis2 % 2 == 1:
        return y_bar * np.eye(np.shape(x)[0], np.shape(x)[1], offset)
    eye = np.eye(np.shape(x)[axis1], np.shape(x)[axis2], offset)
    return np.moveaxis(np.expand_dims(y_bar, (-2, -1)) * eye, (-2, -1), (axis1, axis2))
