"""``numpy.linalg``. Formulas: M. Giles, *Collected matrix derivative results* (2008), unless another source is named.

``cholesky``, ``eigh`` and ``eigvalsh`` read one triangle of their argument only; their derivatives are those of that
very function, so the cotangent is zero in the other triangle.
"""

from __future__ import annotations

import numpy as np

from s2sgrad.ir.primitives import setitem
from s2sgrad.rules.reductions import aligned, extremum_vjp
from s2sgrad.rules.table import jvp, linear, nondiff, static, vjp

# -- norms -----------------------------------------------------------------------------------------


@static
def norm_kind(order, axis, ndim):
    """``euclid``, ``vector``, ``columns`` (the largest sum of a column), ``rows``, ``spectral`` or ``nuclear``."""
    if order is None or order == "fro":
        return "euclid"
    if isinstance(axis, int) or (axis is None and ndim == 1) or (axis is not None and len(axis) == 1):
        return "euclid" if order == 2 else "vector"
    kinds = {1: "columns", np.inf: "rows", 2: "spectral", "nuc": "nuclear"}
    if order not in kinds or (axis is not None and ndim != 2):
        raise NotImplementedError(f"np.linalg.norm of matrices with ord={order!r} has no derivative rule yet")
    return kinds[order]


def nonzero(y):
    """A divisor: ones in place of zeros, so that what is zero there stays zero."""
    if isinstance(y, np.ndarray):
        return np.where(y == 0.0, 1.0, y)
    return y if y != 0.0 else 1.0


def norm_partial(y, x, order, axis, keepdims):
    """The derivative of the norm in each entry of ``x``; zero where the norm is zero."""
    kind = norm_kind(order, axis, np.ndim(x))
    if kind == "euclid":
        return x / aligned(nonzero(y), axis, keepdims)
    if kind == "vector":
        return vector_norm_partial(y, x, order, axis, keepdims)
    if kind == "columns":
        sums = np.sum(np.abs(x), axis=0)
        return extremum_vjp(1.0, np.max(sums), sums) * np.sign(x)
    if kind == "rows":
        sums = np.sum(np.abs(x), axis=1)
        return np.expand_dims(extremum_vjp(1.0, np.max(sums), sums), 1) * np.sign(x)
    u, _, vh = np.linalg.svd(x, full_matrices=False)
    if kind == "spectral":
        return np.outer(u[:, 0], vh[0])
    return u @ vh


def vector_norm_partial(y, x, order, axis, keepdims):
    if order == 1:
        return np.sign(x)
    if order in (np.inf, -np.inf):
        size = np.abs(x)
        chosen = size == aligned(y, axis, keepdims)
        return np.sign(x) * chosen / np.sum(chosen, axis=axis, keepdims=True)
    return np.sign(x) * (np.abs(x) / aligned(nonzero(y), axis, keepdims)) ** (order - 1)


@vjp(np.linalg.norm)
def norm_vjp(y_bar, y, x, ord=None, axis=None, keepdims=False):
    return aligned(y_bar, axis, keepdims) * norm_partial(y, x, ord, axis, keepdims)


@jvp(np.linalg.norm)
def norm_jvp(dots, y, x, ord=None, axis=None, keepdims=False):
    return np.sum(dots[0] * norm_partial(y, x, ord, axis, keepdims), axis=axis, keepdims=keepdims)


# -- equations, inverses ---------------------------------------------------------------------------


@vjp(np.linalg.solve)
def solve_vjp(x_bar, x, a, b):
    b_bar = np.linalg.solve(np.matrix_transpose(a), x_bar)
    if np.ndim(b) == 1:
        return -np.expand_dims(b_bar, -1) * np.expand_dims(x, -2), b_bar
    return -b_bar @ np.matrix_transpose(x), b_bar


@jvp(np.linalg.solve)
def solve_jvp(dots, x, a, b):
    a_dot, b_dot = dots
    if a_dot is None:
        return np.linalg.solve(a, b_dot)
    if b_dot is None:
        return -np.linalg.solve(a, a_dot @ x)
    return np.linalg.solve(a, b_dot - a_dot @ x)


@vjp(np.linalg.inv)
def inv_vjp(y_bar, y, a):
    y_t = np.matrix_transpose(y)
    return -y_t @ y_bar @ y_t


@jvp(np.linalg.inv)
def inv_jvp(dots, y, a):
    return -y @ dots[0] @ y


@vjp(np.linalg.pinv)
def pinv_vjp(y_bar, y, a):
    """Golub and Pereyra, *The differentiation of pseudo-inverses* (1973), for a rank that stays the same."""
    y_t, y_bar_t = np.matrix_transpose(y), np.matrix_transpose(y_bar)
    left = y_bar_t @ y @ y_t
    right = y_t @ y @ y_bar_t
    return left - a @ (y @ left) + right - (right @ y) @ a - y_t @ y_bar @ y_t


@jvp(np.linalg.pinv)
def pinv_jvp(dots, y, a):
    a_dot = dots[0]
    y_t, a_dot_t = np.matrix_transpose(y), np.matrix_transpose(a_dot)
    left = y @ y_t @ a_dot_t
    right = a_dot_t @ y_t @ y
    return left - (left @ a) @ y + right - y @ (a @ right) - y @ a_dot @ y


@vjp(np.linalg.matrix_power)
def matrix_power_vjp(y_bar, y, a, n):
    if n < 0:
        inverse = np.matrix_transpose(np.linalg.inv(a))
        return -inverse @ power_adjoint(y_bar, inverse, -n) @ inverse
    return power_adjoint(y_bar, np.matrix_transpose(a), n)


def power_adjoint(y_bar, a_t, n):
    total = np.zeros_like(a_t)
    for i in range(n):
        total = total + np.linalg.matrix_power(a_t, i) @ y_bar @ np.linalg.matrix_power(a_t, n - 1 - i)
    return total


@jvp(np.linalg.matrix_power)
def matrix_power_jvp(dots, y, a, n):
    if n < 0:
        inverse = np.linalg.inv(a)
        return power_adjoint(-inverse @ dots[0] @ inverse, inverse, -n)
    return power_adjoint(dots[0], a, n)


# -- determinants ----------------------------------------------------------------------------------


@vjp(np.linalg.det)
def det_vjp(y_bar, y, a):
    return np.expand_dims(y_bar * y, (-2, -1)) * np.matrix_transpose(np.linalg.inv(a))


@jvp(np.linalg.det)
def det_jvp(dots, y, a):
    return y * np.sum(np.matrix_transpose(np.linalg.inv(a)) * dots[0], axis=(-2, -1))


@vjp(np.linalg.slogdet)
def slogdet_vjp(y_bars, y, a):
    _, logdet_bar = y_bars
    if logdet_bar is None:
        return None
    return np.expand_dims(logdet_bar, (-2, -1)) * np.matrix_transpose(np.linalg.inv(a))


@jvp(np.linalg.slogdet)
def slogdet_jvp(dots, y, a):
    sign, _ = y
    return np.zeros_like(sign), np.sum(np.matrix_transpose(np.linalg.inv(a)) * dots[0], axis=(-2, -1))


# -- factorisations --------------------------------------------------------------------------------


def lower_half(x):
    """The lower triangle, with half of the diagonal."""
    return np.tril(x) * (1.0 - 0.5 * np.eye(np.shape(x)[-1]))


def read_from_lower(s):
    """The cotangent of a symmetric matrix of which only the lower triangle was read."""
    return lower_half(s + np.matrix_transpose(s))


def mirrored(a_dot):
    """The symmetric matrix with this lower triangle."""
    return np.tril(a_dot) + np.matrix_transpose(np.tril(a_dot, -1))


@vjp(np.linalg.cholesky)
def cholesky_vjp(y_bar, y, a):
    """I. Murray, *Differentiation of the Cholesky decomposition* (2016)."""
    y_t = np.matrix_transpose(y)
    half = np.linalg.solve(y_t, lower_half(y_t @ y_bar))
    return read_from_lower(np.linalg.solve(y_t, np.matrix_transpose(half)))


@jvp(np.linalg.cholesky)
def cholesky_jvp(dots, y, a):
    half = np.linalg.solve(y, mirrored(dots[0]))
    return y @ lower_half(np.linalg.solve(y, np.matrix_transpose(half)))


def gaps(w):
    """``1 / (w_j - w_i)``, zero on the diagonal."""
    eye = np.eye(np.shape(w)[-1])
    return (1.0 - eye) / (np.expand_dims(w, -2) - np.expand_dims(w, -1) + eye)


@vjp(np.linalg.eigh)
def eigh_vjp(y_bars, y, a):
    """For distinct eigenvalues."""
    (w_bar, v_bar), (w, v) = y_bars, y
    v_t = np.matrix_transpose(v)
    if v_bar is None:
        return read_from_lower((v * np.expand_dims(w_bar, -2)) @ v_t)
    inner = gaps(w) * (v_t @ v_bar)
    if w_bar is not None:
        inner = inner + np.expand_dims(w_bar, -1) * np.eye(np.shape(w)[-1])
    return read_from_lower(v @ inner @ v_t)


@jvp(np.linalg.eigh)
def eigh_jvp(dots, y, a):
    w, v = y
    inner = np.matrix_transpose(v) @ mirrored(dots[0]) @ v
    return np.diagonal(inner, axis1=-2, axis2=-1), v @ (gaps(w) * inner)


@vjp(np.linalg.eigvalsh)
def eigvalsh_vjp(w_bar, w, a):
    _, v = np.linalg.eigh(a)
    return read_from_lower((v * np.expand_dims(w_bar, -2)) @ np.matrix_transpose(v))


@jvp(np.linalg.eigvalsh)
def eigvalsh_jvp(dots, w, a):
    _, v = np.linalg.eigh(a)
    return np.sum(v * (mirrored(dots[0]) @ v), axis=-2)


# -- diagonals -------------------------------------------------------------------------------------


@linear(np.linalg.diagonal)
def diagonal(y_bar, x, offset=0):
    rows = np.arange(np.shape(y_bar)[-1])
    if offset >= 0:
        return setitem(np.zeros_like(x), (..., rows, rows + offset), y_bar)
    return setitem(np.zeros_like(x), (..., rows - offset, rows), y_bar)


@linear(np.linalg.trace)
def trace(y_bar, x, offset=0):
    return np.expand_dims(y_bar, (-2, -1)) * np.eye(np.shape(x)[-2], np.shape(x)[-1], offset)


nondiff(np.linalg.matrix_rank)
