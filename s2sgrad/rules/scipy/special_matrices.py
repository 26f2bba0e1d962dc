"""Matrices made of vectors and of blocks. All are linear: a cotangent is gathered where an entry was repeated."""

from __future__ import annotations

import numpy as np
import scipy.linalg

from s2sgrad.ir.primitives import additem
from s2sgrad.rules.table import jvp, multilinear, vjp


def grid(y_bar):
    """Row and column numbers of a matrix, ready to broadcast."""
    m, n = np.shape(y_bar)
    return np.expand_dims(np.arange(m), 1), np.arange(n)


@vjp(scipy.linalg.toeplitz)
def toeplitz_vjp(y_bar, y, c, r=None):
    rows, columns = grid(y_bar)
    m, n = np.shape(y_bar)
    along = additem(np.zeros((m + n - 1,), y_bar.dtype), rows - columns + (n - 1), y_bar)
    c_bar = np.reshape(along[n - 1 :], np.shape(c))
    if r is None:
        above = np.conj(along[: n - 1])[::-1]
        return c_bar + np.reshape(np.concatenate([np.zeros((1,), above.dtype), above]), np.shape(c))
    above = along[: n - 1][::-1]
    return c_bar, np.reshape(np.concatenate([np.zeros((1,), above.dtype), above]), np.shape(r))


@jvp(scipy.linalg.toeplitz)
def toeplitz_jvp(dots, y, c, r=None):
    if r is None:
        return scipy.linalg.toeplitz(dots[0])
    c_dot = np.zeros_like(c) if dots[0] is None else dots[0]
    return scipy.linalg.toeplitz(c_dot, np.zeros_like(r) if dots[1] is None else dots[1])


@multilinear(scipy.linalg.circulant)
def circulant(y_bar, y, c):
    rows, columns = grid(y_bar)
    return additem(np.zeros_like(c), (rows - columns) % np.shape(c)[0], y_bar)


@vjp(scipy.linalg.hankel)
def hankel_vjp(y_bar, y, c, r=None):
    rows, columns = grid(y_bar)
    m, n = np.shape(y_bar)
    along = additem(np.zeros((m + n - 1,), y_bar.dtype), rows + columns, y_bar)
    if r is None:
        return along[:m]
    return along[:m], np.concatenate([np.zeros((1,), y_bar.dtype), along[m:]])


@jvp(scipy.linalg.hankel)
def hankel_jvp(dots, y, c, r=None):
    if r is None:
        return scipy.linalg.hankel(dots[0])
    c_dot = np.zeros_like(c) if dots[0] is None else dots[0]
    return scipy.linalg.hankel(c_dot, np.zeros_like(r) if dots[1] is None else dots[1])


@multilinear(scipy.linalg.khatri_rao)
def khatri_rao(y_bar, y, a, b):
    blocks = np.reshape(y_bar, (np.shape(a)[0], np.shape(b)[0], np.shape(a)[1]))
    return np.sum(blocks * b, axis=1), np.sum(blocks * np.expand_dims(a, 1), axis=0)


@vjp(scipy.linalg.block_diag)
def block_diag_vjp(y_bar, y, *arrays):
    row, column = 0, 0
    bars = []
    for x in arrays:
        m, n = np.shape(np.atleast_2d(x))
        bars.append(np.reshape(y_bar[row : row + m, column : column + n], np.shape(x)))
        row, column = row + m, column + n
    return tuple(bars)


@jvp(scipy.linalg.block_diag)
def block_diag_jvp(dots, y, *arrays):
    return scipy.linalg.block_diag(*[np.zeros_like(x) if d is None else d for x, d in zip(arrays, dots, strict=True)])
