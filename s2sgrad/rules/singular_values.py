"""The singular value decomposition.

Formulas: J. Townsend, *Differentiating the singular value decomposition* (2016); for complex matrices Z. Wan and
S. Zhang, *Automatic differentiation for complex valued SVD* (2019). Singular vectors are defined up to a factor of
absolute value one that both have in common, and those of ``full_matrices`` beyond the others up to a rotation:
derivatives hold for what does not depend on that choice. Where singular vectors are read, derivatives with
equal singular values are not finite; where only values are read they always are.
"""

from __future__ import annotations

import numpy as np

from s2sgrad.rules.factorisations import from_triangle, on_diagonal, over_gaps, read_triangle
from s2sgrad.rules.linalg import across, adjoint, transposed
from s2sgrad.rules.table import jvp, vjp


def differences_of_squares(s):
    """``s_j ** 2 - s_i ** 2``."""
    row, column = np.expand_dims(s, -2), np.expand_dims(s, -1)
    return (row - column) * (row + column)


def values_adjoint(s_bar, u, vh):
    return np.conj((u * across(s_bar)) @ vh)


@vjp(np.linalg.svd)
def svd_vjp(y_bars, y, a, full_matrices=True, compute_uv=True, hermitian=False):
    if not compute_uv:
        u, _, vh = np.linalg.svd(a, full_matrices=False, hermitian=hermitian)
        a_bar = values_adjoint(y_bars, u, vh)
    elif full_matrices:
        a_bar = full_adjoint(y_bars, y)
    else:
        a_bar = thin_adjoint(y_bars, y)
    return read_triangle(a_bar, "L") if hermitian else a_bar


def thin_adjoint(y_bars, y):
    (u_bar, s_bar, vh_bar), (u, s, vh) = y_bars, y
    if u_bar is None and vh_bar is None:
        return values_adjoint(s_bar, u, vh)
    gaps = differences_of_squares(s)
    inner = None if s_bar is None else on_diagonal(s_bar)
    a_bar = None
    if u_bar is not None:
        u_bar = np.conj(u_bar)
        within = adjoint(u) @ u_bar
        turn = over_gaps(within, gaps)
        turn = (turn + adjoint(turn)) * across(s)
        inner = turn if inner is None else inner + turn
        a_bar = (u_bar - u @ within) / across(s) @ vh
    if vh_bar is not None:
        v_bar = transposed(vh_bar)
        within = vh @ v_bar
        turn = over_gaps(within, gaps)
        turn = (turn + adjoint(turn)) * np.expand_dims(s, -1)
        if np.iscomplexobj(u):
            turn = turn - on_diagonal(1j * np.imag(np.linalg.diagonal(within)) / s)
        inner = turn if inner is None else inner + turn
        beyond = (u / across(s)) @ (adjoint(v_bar) - adjoint(within) @ vh)
        a_bar = beyond if a_bar is None else a_bar + beyond
    return np.conj(u @ inner @ vh + a_bar)


def full_adjoint(y_bars, y):
    """As of the thin decomposition; and the vectors beyond it turn against those of it."""
    (u_bar, s_bar, vh_bar), (u, s, vh) = y_bars, y
    n = np.shape(s)[-1]
    u, u_beyond = u[..., :, :n], u[..., :, n:]
    vh, vh_beyond = vh[..., :n, :], vh[..., n:, :]
    if u_bar is not None:
        u_bar = u_bar[..., :, :n] - np.conj(u_beyond) @ adjoint(u_bar[..., :, n:]) @ np.conj(u)
    if vh_bar is not None:
        vh_bar = vh_bar[..., :n, :] - np.conj(vh) @ adjoint(vh_bar[..., n:, :]) @ np.conj(vh_beyond)
    return thin_adjoint((u_bar, s_bar, vh_bar), (u, s, vh))


@jvp(np.linalg.svd)
def svd_jvp(dots, y, a, full_matrices=True, compute_uv=True, hermitian=False):
    a_dot = from_triangle(dots[0], "L") if hermitian else dots[0]
    if not compute_uv:
        u, _, vh = np.linalg.svd(a, full_matrices=False, hermitian=hermitian)
        return values_tangent(a_dot, u, vh)
    u, s, vh = y
    if not full_matrices:
        return thin_tangent(a_dot, u, s, vh)
    n = np.shape(s)[-1]
    u, u_beyond = u[..., :, :n], u[..., :, n:]
    vh, vh_beyond = vh[..., :n, :], vh[..., n:, :]
    u_dot, s_dot, vh_dot = thin_tangent(a_dot, u, s, vh)
    u_turn = (adjoint(u_beyond) @ a_dot @ adjoint(vh)) / across(s)
    vh_turn = (adjoint(u) @ a_dot @ adjoint(vh_beyond)) / np.expand_dims(s, -1)
    u_dot = np.concatenate([u_dot, -u @ adjoint(u_turn)], -1)
    return u_dot, s_dot, np.concatenate([vh_dot, -adjoint(vh_turn) @ vh], -2)


def values_tangent(a_dot, u, vh):
    return np.sum(np.real(np.conj(u) * (a_dot @ adjoint(vh))), axis=-2)


def thin_tangent(a_dot, u, s, vh):
    gaps = differences_of_squares(s)
    v = adjoint(vh)
    of_v, of_u = a_dot @ v, adjoint(a_dot) @ u
    inner = adjoint(u) @ of_v
    columns, rows = inner * across(s), np.expand_dims(s, -1) * inner
    u_dot = u @ over_gaps(columns + adjoint(columns), gaps) + (of_v - u @ inner) / across(s)
    v_dot = v @ over_gaps(rows + adjoint(rows), gaps) + (of_u - v @ adjoint(inner)) / across(s)
    if np.iscomplexobj(u):
        v_dot = v_dot - v * np.expand_dims(1j * np.imag(np.linalg.diagonal(inner)) / s, -2)
    return u_dot, np.real(np.linalg.diagonal(inner)), adjoint(v_dot)


@vjp(np.linalg.svdvals)
def svdvals_vjp(s_bar, s, a):
    u, _, vh = np.linalg.svd(a, full_matrices=False)
    return values_adjoint(s_bar, u, vh)


@jvp(np.linalg.svdvals)
def svdvals_jvp(dots, s, a):
    u, _, vh = np.linalg.svd(a, full_matrices=False)
    return values_tangent(dots[0], u, vh)
