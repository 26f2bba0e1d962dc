"""Pseudo-inverses and least squares, where the rank of the matrix stays the same.

Formula: G. Golub and V. Pereyra, *The differentiation of pseudo-inverses and nonlinear least squares problems whose
variables separate* (1973), equation 4.12.
"""

from __future__ import annotations

import numpy as np

from s2sgrad.rules.factorisations import from_triangle, read_triangle
from s2sgrad.rules.linalg import adjoint, transposed
from s2sgrad.rules.singular_values import svdvals_jvp, svdvals_vjp
from s2sgrad.rules.table import jvp, vjp


@vjp(np.linalg.pinv)
def pinv_vjp(y_bar, y, a, rcond=None, hermitian=False, rtol=None):
    y_t, y_h, y_bar_t = transposed(y), adjoint(y), transposed(y_bar)
    left = y_bar_t @ y @ y_h
    right = y_h @ y @ y_bar_t
    a_bar = np.conj(left - a @ (y @ left) + right - (right @ y) @ a) - y_t @ y_bar @ y_t
    return read_triangle(a_bar, "L") if hermitian else a_bar


@jvp(np.linalg.pinv)
def pinv_jvp(dots, y, a, rcond=None, hermitian=False, rtol=None):
    a_dot = from_triangle(dots[0], "L") if hermitian else dots[0]
    y_h, a_dot_h = adjoint(y), adjoint(a_dot)
    left = y @ y_h @ a_dot_h
    right = a_dot_h @ y_h @ y
    return left - (left @ a) @ y + right - y @ (a @ right) - y @ a_dot @ y


def pseudo_inverse(a, rcond):
    return np.linalg.pinv(a) if rcond is None else np.linalg.pinv(a, rcond)


def product_of_columns(x, y):
    """The sum of the outer products of corresponding columns."""
    return np.outer(x, y) if np.ndim(x) == 1 else x @ y.T


@vjp(np.linalg.lstsq)
def lstsq_vjp(y_bars, y, a, b, rcond=None):
    """Through the solution, the sum of squares that is left, and the singular values."""
    x_bar, squares_bar, _, s_bar = y_bars
    x, _, _, s = y
    a_bar, b_bar = None, None
    if x_bar is not None:
        inverse = pseudo_inverse(a, rcond)
        b_bar = inverse.T @ x_bar
        misfit = np.conj(b - a @ x)
        unseen = x_bar - a.T @ b_bar
        a_bar = product_of_columns(misfit, inverse @ np.conj(b_bar)) - product_of_columns(b_bar, x)
        a_bar = a_bar + np.conj(product_of_columns(adjoint(inverse) @ x, unseen))
    if squares_bar is not None:
        change = 2.0 * squares_bar * np.conj(b - a @ x)
        b_bar = change if b_bar is None else b_bar + change
        a_change = -product_of_columns(change, x)
        a_bar = a_change if a_bar is None else a_bar + a_change
    if s_bar is not None:
        a_change = svdvals_vjp(s_bar, s, a)
        a_bar = a_change if a_bar is None else a_bar + a_change
    return a_bar, b_bar


@jvp(np.linalg.lstsq)
def lstsq_jvp(dots, y, a, b, rcond=None):
    a_dot, b_dot = dots[0], dots[1]
    x, squares, _, s = y
    inverse = pseudo_inverse(a, rcond)
    misfit = b - a @ x
    if a_dot is None:
        squares_dot = 2.0 * np.sum(np.real(np.conj(misfit) * b_dot), axis=0)
        return inverse @ b_dot, np.broadcast_to(squares_dot, np.shape(squares)), None, None
    change = -(a_dot @ x)
    if b_dot is not None:
        change = b_dot + change
    turn, back = adjoint(a_dot) @ misfit, adjoint(a_dot) @ (adjoint(inverse) @ x)
    x_dot = inverse @ change + inverse @ (adjoint(inverse) @ turn) + back - inverse @ (a @ back)
    squares_dot = 2.0 * np.sum(np.real(np.conj(misfit) * change), axis=0)
    return x_dot, np.broadcast_to(squares_dot, np.shape(squares)), None, svdvals_jvp((a_dot,), s, a)
