"""Cholesky, QR and eigenvalue factorisations.

``cholesky``, ``eigh`` and ``eigvalsh`` read one triangle of their argument only; their derivatives are those of that
very function, so the cotangent is zero in the other triangle.

Eigenvectors are defined up to a factor of absolute value one, and a factorisation with equal eigenvalues up to a
rotation. Derivatives hold for what does not depend on that choice; where it does, with equal eigenvalues, they
are not finite. What reads eigenvalues only is finite always, if it treats equal ones alike.
"""

from __future__ import annotations

import numpy as np

from s2sgrad.rules.linalg import across, adjoint, transposed
from s2sgrad.rules.table import jvp, static, vjp

# -- triangles -------------------------------------------------------------------------------------


def lower_half(x):
    """The lower triangle, with half of the diagonal."""
    return np.tril(x) * (1.0 - 0.5 * np.eye(np.shape(x)[-1]))


def upper_half(x):
    """The upper triangle, with half of the diagonal."""
    return np.triu(x) * (1.0 - 0.5 * np.eye(np.shape(x)[-1]))


@static
def is_upper(uplo):
    return uplo in ("U", "u")


def read_triangle(s, uplo):
    """The cotangent of a symmetric (Hermitian) matrix of which only one triangle was read."""
    if is_upper(uplo):
        return upper_half(s + adjoint(s))
    return lower_half(s + adjoint(s))


def from_triangle(a_dot, uplo):
    """The symmetric (Hermitian) matrix with this triangle."""
    half = upper_half(a_dot) if is_upper(uplo) else lower_half(a_dot)
    return half + adjoint(half)


# -- Cholesky --------------------------------------------------------------------------------------


@vjp(np.linalg.cholesky)
def cholesky_vjp(y_bar, y, a, upper=False):
    """I. Murray, *Differentiation of the Cholesky decomposition* (2016)."""
    if upper:
        return adjoint(lower_cholesky_adjoint(adjoint(y_bar), adjoint(y)))
    return lower_cholesky_adjoint(y_bar, y)


def lower_cholesky_adjoint(y_bar, y):
    y_t = transposed(y)
    half = np.linalg.solve(y_t, lower_half(y_t @ y_bar))
    return np.conj(read_triangle(np.linalg.solve(np.conj(y_t), transposed(half)), "L"))


@jvp(np.linalg.cholesky)
def cholesky_jvp(dots, y, a, upper=False):
    if upper:
        return adjoint(lower_cholesky_tangent(adjoint(dots[0]), adjoint(y)))
    return lower_cholesky_tangent(dots[0], y)


def lower_cholesky_tangent(a_dot, y):
    half = np.linalg.solve(y, from_triangle(a_dot, "L"))
    return y @ lower_half(np.linalg.solve(y, adjoint(half)))


# -- QR --------------------------------------------------------------------------------------------


@static
def check_mode(mode):
    if mode not in ("reduced", "complete", "r"):
        raise NotImplementedError(f"np.linalg.qr with mode={mode!r} has no derivative rule")


@vjp(np.linalg.qr)
def qr_vjp(y_bars, y, a, mode="reduced"):
    check_mode(mode)
    if mode == "r":
        q, r = np.linalg.qr(a)
        return qr_adjoint(None, y_bars, q, r, a)
    (q_bar, r_bar), (q, r) = y_bars, y
    if mode == "reduced":
        return qr_adjoint(q_bar, r_bar, q, r, a)
    n = min(np.shape(a)[-2], np.shape(a)[-1])
    q, beyond = q[..., :, :n], q[..., :, n:]
    if q_bar is not None:
        q_bar = q_bar[..., :, :n] - np.conj(beyond) @ adjoint(q_bar[..., :, n:]) @ np.conj(q)
    if r_bar is not None:
        r_bar = r_bar[..., :n, :]
    return qr_adjoint(q_bar, r_bar, q, r[..., :n, :], a)


def qr_adjoint(q_bar, r_bar, q, r, a):
    """D. Roberts and L. Roberts, *QR and LQ decomposition matrix backpropagation algorithms for square, wide, and deep
    matrices* (2020). The columns of a wide matrix beyond the square part are ``q`` times those of ``r``.
    """
    if np.shape(a)[-2] >= np.shape(a)[-1]:
        return tall_qr_adjoint(q_bar, r_bar, q, r)
    n = np.shape(a)[-2]
    square, beyond = r[..., :, :n], a[..., :, n:]
    if r_bar is None:
        return np.concatenate([tall_qr_adjoint(q_bar, None, q, square), np.zeros_like(beyond)], -1)
    change = np.conj(beyond) @ adjoint(r_bar[..., :, n:])
    q_bar = change if q_bar is None else q_bar + change
    a_bar = tall_qr_adjoint(q_bar, r_bar[..., :, :n], q, square)
    return np.concatenate([a_bar, np.conj(q) @ r_bar[..., :, n:]], -1)


def tall_qr_adjoint(q_bar, r_bar, q, r):
    if q_bar is None:
        change = np.conj(q) @ from_triangle(r_bar @ transposed(r), "U")
    elif r_bar is None:
        change = q_bar - np.conj(q) @ from_triangle(transposed(q) @ q_bar, "U")
    else:
        change = q_bar + np.conj(q) @ from_triangle(r_bar @ transposed(r) - transposed(q) @ q_bar, "U")
    return transposed(np.linalg.solve(r, transposed(change)))


@jvp(np.linalg.qr)
def qr_jvp(dots, y, a, mode="reduced"):
    check_mode(mode)
    if mode == "r":
        q, r = np.linalg.qr(a)
        return qr_tangent(dots[0], q, r, a)[1]
    q, r = y
    if mode == "reduced":
        return qr_tangent(dots[0], q, r, a)
    n = min(np.shape(a)[-2], np.shape(a)[-1])
    q, beyond = q[..., :, :n], q[..., :, n:]
    square = r[..., :n, :n]
    q_dot, r_dot = qr_tangent(dots[0], q, r[..., :n, :], a)
    turned = adjoint(beyond) @ transposed(np.linalg.solve(transposed(square), transposed(dots[0][..., :, :n])))
    below = np.zeros_like(r[..., n:, :])
    return np.concatenate([q_dot, -q @ adjoint(turned)], -1), np.concatenate([r_dot, below], -2)


def qr_tangent(a_dot, q, r, a):
    if np.shape(a)[-2] >= np.shape(a)[-1]:
        return tall_qr_tangent(a_dot, q, r)
    n = np.shape(a)[-2]
    q_dot, r_dot = tall_qr_tangent(a_dot[..., :, :n], q, r[..., :, :n])
    beyond = adjoint(q_dot) @ a[..., :, n:] + adjoint(q) @ a_dot[..., :, n:]
    return q_dot, np.concatenate([r_dot, beyond], -1)


def tall_qr_tangent(a_dot, q, r):
    change = transposed(np.linalg.solve(transposed(r), transposed(a_dot)))
    inner = adjoint(q) @ change
    growth = upper_half(inner + adjoint(inner))
    return change - q @ growth, growth @ r


# -- eigenvalues of symmetric matrices -------------------------------------------------------------


def differences(w):
    """``w_j - w_i``."""
    return np.expand_dims(w, -2) - np.expand_dims(w, -1)


def over_gaps(x, gaps):
    """The entries of a matrix divided by gaps; zero on the diagonal.

    A gap of zero counts as the smallest number there is: what is zero stays zero, all else is not finite.
    """
    eye = np.eye(np.shape(x)[-1])
    gaps = gaps + eye
    return x * (1.0 - eye) / np.where(gaps == 0.0, np.spacing(np.abs(gaps)), gaps)


def on_diagonal(w):
    """Diagonal matrices."""
    return across(w) * np.eye(np.shape(w)[-1])


@vjp(np.linalg.eigh)
def eigh_vjp(y_bars, y, a, UPLO="L"):
    (w_bar, v_bar), (w, v) = y_bars, y
    v_t = transposed(v)
    if v_bar is None:
        return read_triangle((np.conj(v) * across(w_bar)) @ v_t, UPLO)
    inner = over_gaps(v_t @ v_bar, differences(w))
    if w_bar is not None:
        inner = inner + on_diagonal(w_bar)
    return read_triangle(np.conj(v) @ inner @ v_t, UPLO)


@jvp(np.linalg.eigh)
def eigh_jvp(dots, y, a, UPLO="L"):
    w, v = y
    inner = adjoint(v) @ from_triangle(dots[0], UPLO) @ v
    return np.real(np.linalg.diagonal(inner)), v @ over_gaps(inner, differences(w))


@vjp(np.linalg.eigvalsh)
def eigvalsh_vjp(w_bar, w, a, UPLO="L"):
    _, v = np.linalg.eigh(a, UPLO)
    return read_triangle((np.conj(v) * across(w_bar)) @ transposed(v), UPLO)


@jvp(np.linalg.eigvalsh)
def eigvalsh_jvp(dots, w, a, UPLO="L"):
    _, v = np.linalg.eigh(a, UPLO)
    return np.sum(np.real(np.conj(v) * (from_triangle(dots[0], UPLO) @ v)), axis=-2)


# -- eigenvalues of any matrix ---------------------------------------------------------------------


def real_like(x_bar, x):
    """The part of a cotangent or tangent that a real ``x`` sees."""
    return x_bar if np.iscomplexobj(x) else np.real(x_bar)


def real_rows(v):
    """Where each eigenvector's greatest entry is, which LAPACK makes real."""
    greatest = np.argmax(np.abs(np.real(v)), axis=-2)
    return np.expand_dims(np.arange(np.shape(v)[-1]), -1) == np.expand_dims(greatest, -2)


@vjp(np.linalg.eig)
def eig_vjp(y_bars, y, a):
    """Eigenvectors have length one and a real greatest entry."""
    (w_bar, v_bar), (w, v) = y_bars, y
    if v_bar is None:
        return eigenvalue_adjoint(w_bar, v, a)
    scale = np.sum(v_bar * v, axis=-2, keepdims=True)
    greatest = real_rows(v)
    turn = np.where(greatest, 1j * np.imag(scale), 0.0) / np.where(greatest, v, 1.0)
    u_bar = v_bar - np.conj(v) * np.real(scale) - turn
    inner = over_gaps(transposed(v) @ u_bar, differences(w))
    if w_bar is not None:
        inner = inner + on_diagonal(w_bar)
    return real_like(np.linalg.solve(transposed(v), inner @ transposed(v)), a)


@jvp(np.linalg.eig)
def eig_jvp(dots, y, a):
    w, v = y
    inner = np.linalg.solve(v, dots[0] @ v)
    u = v @ over_gaps(inner, differences(w))
    growth = np.sum(np.real(np.conj(v) * u), axis=-2, keepdims=True)
    greatest = real_rows(v)
    turn = np.sum(np.imag(np.where(greatest, u, 0.0) / np.where(greatest, v, 1.0)), axis=-2, keepdims=True)
    return np.linalg.diagonal(inner), u - v * (growth + 1j * turn)


def eigenvalue_adjoint(w_bar, v, a):
    return real_like(np.linalg.solve(transposed(v), np.expand_dims(w_bar, -1) * transposed(v)), a)


@vjp(np.linalg.eigvals)
def eigvals_vjp(w_bar, w, a):
    _, v = np.linalg.eig(a)
    return eigenvalue_adjoint(w_bar, v, a)


@jvp(np.linalg.eigvals)
def eigvals_jvp(dots, w, a):
    _, v = np.linalg.eig(a)
    return np.linalg.diagonal(np.linalg.solve(v, dots[0] @ v))
