"""Equations, inverses, determinants, powers and diagonals of matrices.

Formulas: M. Giles, *Collected matrix derivative results* (2008).
These functions are holomorphic: complex matrices are transposed, never conjugated.
"""

from __future__ import annotations

import numpy as np

from s2sgrad.ir.primitives import setitem
from s2sgrad.rules.table import jvp, linear, nondiff, vjp


def transposed(a):
    """The transpose of a matrix, or of each matrix of a batch."""
    return a.T if np.ndim(a) == 2 else np.matrix_transpose(a)


def adjoint(a):
    """The conjugate transpose of a matrix, or of each matrix of a batch."""
    return np.conj(transposed(a))


def across(w):
    """A vector, or each of a batch, ready to scale the columns of a matrix."""
    return np.expand_dims(w, -2) if np.ndim(w) > 1 else w


def entrywise(y):
    """A number for each matrix, ready to multiply its entries."""
    return np.expand_dims(y, (-2, -1)) if np.ndim(y) else y


# -- equations, inverses ---------------------------------------------------------------------------


@vjp(np.linalg.solve)
def solve_vjp(x_bar, x, a, b):
    if np.ndim(b) != 1:
        b_bar = np.linalg.solve(transposed(a), x_bar)
        return -b_bar @ transposed(x), b_bar
    if np.ndim(a) == 2:
        b_bar = np.linalg.solve(a.T, x_bar)
        return -np.outer(b_bar, x), b_bar
    b_bar = np.linalg.solve(transposed(a), np.expand_dims(x_bar, -1))
    return -b_bar * np.expand_dims(x, -2), np.squeeze(b_bar, -1)


@jvp(np.linalg.solve)
def solve_jvp(dots, x, a, b):
    a_dot, b_dot = dots
    if a_dot is None:
        return np.linalg.solve(a, b_dot)
    if np.ndim(b) == 1 and np.ndim(a) > 2:
        change = np.expand_dims(-np.squeeze(a_dot @ np.expand_dims(x, -1), -1), -1)
        if b_dot is not None:
            change = np.expand_dims(b_dot, -1) + change
        return np.squeeze(np.linalg.solve(a, change), -1)
    if b_dot is None:
        return -np.linalg.solve(a, a_dot @ x)
    return np.linalg.solve(a, b_dot - a_dot @ x)


@vjp(np.linalg.inv)
def inv_vjp(y_bar, y, a):
    y_t = transposed(y)
    return -y_t @ y_bar @ y_t


@jvp(np.linalg.inv)
def inv_jvp(dots, y, a):
    return -y @ dots[0] @ y


@vjp(np.linalg.tensorsolve)
def tensorsolve_vjp(x_bar, x, a, b, axes=None):
    last = moved_last(a, axes)
    matrix = np.reshape(last, (np.size(b), -1))
    b_bar = np.linalg.solve(matrix.T, np.ravel(x_bar))
    a_bar = np.reshape(-np.outer(b_bar, np.ravel(x)), np.shape(last))
    return moved_back(a_bar, axes), np.reshape(b_bar, np.shape(b))


@jvp(np.linalg.tensorsolve)
def tensorsolve_jvp(dots, x, a, b, axes=None):
    a_dot, b_dot = dots[0], dots[1]
    change = None
    if a_dot is not None:
        change = -np.tensordot(moved_last(a_dot, axes), x, np.ndim(x))
    if b_dot is not None:
        change = b_dot if change is None else b_dot + change
    return np.linalg.tensorsolve(a, change, axes)


def moved_last(a, axes):
    return a if axes is None else np.moveaxis(a, axes, tuple(range(-len(axes), 0)))


def moved_back(a, axes):
    return a if axes is None else np.moveaxis(a, tuple(range(-len(axes), 0)), axes)


@vjp(np.linalg.tensorinv)
def tensorinv_vjp(y_bar, y, a, ind=2):
    rank = np.ndim(a)
    inner = np.tensordot(y_bar, y, (tuple(range(rank - ind, rank)), tuple(range(rank - ind, rank))))
    return -np.tensordot(y, inner, (tuple(range(rank - ind)), tuple(range(rank - ind))))


@jvp(np.linalg.tensorinv)
def tensorinv_jvp(dots, y, a, ind=2):
    return -np.tensordot(np.tensordot(y, dots[0], ind), y, np.ndim(a) - ind)


@vjp(np.linalg.matrix_power)
def matrix_power_vjp(y_bar, y, a, n):
    if n == -1:
        return inv_vjp(y_bar, y, a)
    if n < 0:
        inverse = transposed(np.linalg.inv(a))
        return -inverse @ power_derivative(y_bar, inverse, -n) @ inverse
    return power_derivative(y_bar, transposed(a), n)


@jvp(np.linalg.matrix_power)
def matrix_power_jvp(dots, y, a, n):
    if n < 0:
        inverse = np.linalg.inv(a)
        return power_derivative(-inverse @ dots[0] @ inverse, inverse, -n)
    return power_derivative(dots[0], a, n)


def power_derivative(a_dot, a, n):
    """The sum of all products of ``n`` matrices of which one is ``a_dot`` and the others are ``a``."""
    if n == 0:
        return np.zeros_like(a_dot)
    total, power = a_dot, a
    for _ in range(1, n):
        total = a @ total + a_dot @ power
        power = power @ a
    return total


# -- determinants ----------------------------------------------------------------------------------


def trace_of_quotient(a, b):
    """The trace of the inverse of ``a`` times ``b``."""
    return np.linalg.trace(np.linalg.solve(a, b))


@vjp(np.linalg.det)
def det_vjp(y_bar, y, a):
    """Of a regular matrix."""
    return entrywise(y_bar * y) * transposed(np.linalg.inv(a))


@jvp(np.linalg.det)
def det_jvp(dots, y, a):
    return y * trace_of_quotient(a, dots[0])


@vjp(np.linalg.slogdet)
def slogdet_vjp(y_bars, y, a):
    """The sign of a complex determinant turns with the imaginary part of the logarithm's change."""
    sign_bar, logdet_bar = y_bars
    sign, _ = y
    factor = logdet_bar
    if sign_bar is not None and np.iscomplexobj(a):
        turn = 1j * np.imag(sign_bar * sign)
        factor = turn if factor is None else factor + turn
    if factor is None:
        return None
    return entrywise(factor) * transposed(np.linalg.inv(a))


@jvp(np.linalg.slogdet)
def slogdet_jvp(dots, y, a):
    sign, _ = y
    change = trace_of_quotient(a, dots[0])
    if np.iscomplexobj(a):
        return sign * (1j * np.imag(change)), np.real(change)
    return np.zeros_like(sign), change


# -- diagonals -------------------------------------------------------------------------------------


@linear(np.linalg.diagonal)
def diagonal(y_bar, x, offset=0):
    rows = np.arange(np.shape(y_bar)[-1])
    if offset >= 0:
        return setitem(np.zeros_like(x), (..., rows, rows + offset), y_bar)
    return setitem(np.zeros_like(x), (..., rows - offset, rows), y_bar)


@linear(np.linalg.trace)
def trace(y_bar, x, offset=0):
    m, n = np.shape(x)[-2:]
    return entrywise(y_bar) * (np.eye(m, n) if offset == 0 else np.eye(m, n, offset))


nondiff(np.linalg.matrix_rank)
