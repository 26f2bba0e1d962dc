"""QR, eigenvalue, LU and polar factorisations, and pseudo-inverses, of ``scipy.linalg``.

What NumPy has, too, has NumPy's rules; the conventions on eigenvectors are theirs. Formulas for eigenvalues of
``a v = w b v``, where ``v.conj().T @ b @ v`` is the unit matrix: M. Giles,
*Collected matrix derivative results* (2008), extended to a second matrix.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg

from s2sgrad.rules import factorisations
from s2sgrad.rules.factorisations import differences, from_triangle, on_diagonal, over_gaps, read_triangle
from s2sgrad.rules.least_squares import pinv_jvp, pinv_vjp
from s2sgrad.rules.linalg import across, adjoint
from s2sgrad.rules.scipy.refusals import refuse_if
from s2sgrad.rules.table import jvp, static, vjp

# -- QR --------------------------------------------------------------------------------------------


@static
def qr_mode(mode, pivoting):
    """NumPy's name for a mode."""
    if pivoting or mode not in ("full", "economic"):
        raise NotImplementedError(f"scipy.linalg.qr with mode={mode!r} and pivoting={pivoting} has no derivative rule")
    return {"full": "complete", "economic": "reduced"}[mode]


@vjp(scipy.linalg.qr)
def qr_vjp(y_bars, y, a, overwrite_a=False, lwork=None, mode="full", pivoting=False, check_finite=True):
    return factorisations.qr_vjp(y_bars, y, a, qr_mode(mode, pivoting))


@jvp(scipy.linalg.qr)
def qr_jvp(dots, y, a, overwrite_a=False, lwork=None, mode="full", pivoting=False, check_finite=True):
    return factorisations.qr_jvp(dots, y, a, qr_mode(mode, pivoting))


# -- eigenvalues of symmetric matrices -------------------------------------------------------------


@static
def check_eigh(kind, subset_by_index, subset_by_value):
    if kind != 1:
        raise NotImplementedError(f"scipy.linalg.eigh with type={kind} has no derivative rule")
    if subset_by_index is not None or subset_by_value is not None:
        raise NotImplementedError("scipy.linalg.eigh of a subset of eigenvalues has no derivative rule")


@vjp(scipy.linalg.eigh)
def eigh_vjp(
    y_bars, y, a, b=None, lower=True, eigvals_only=False, overwrite_a=False, overwrite_b=False, type=1,
    check_finite=True, subset_by_index=None, subset_by_value=None, driver=None,
):  # fmt: skip
    check_eigh(type, subset_by_index, subset_by_value)
    if eigvals_only:
        return eigh_adjoint((y_bars, None), scipy.linalg.eigh(a, b, lower=lower), b, lower)
    return eigh_adjoint(y_bars, y, b, lower)


def eigh_adjoint(y_bars, y, b, lower):
    (w_bar, v_bar), (w, v) = y_bars, y
    v_t, uplo = v.T, "L" if lower else "U"
    if v_bar is None:
        of_a = on_diagonal(w_bar)
        of_b = -on_diagonal(w_bar * w)
    else:
        inner = v_t @ v_bar
        of_a = over_gaps(inner, differences(w))
        if w_bar is not None:
            of_a = of_a + on_diagonal(w_bar)
        of_b = -of_a * across(w) - 0.5 * on_diagonal(np.diagonal(inner))
    a_bar = read_triangle(np.conj(v) @ of_a @ v_t, uplo)
    if b is None:
        return a_bar, None
    return a_bar, read_triangle(np.conj(v) @ of_b @ v_t, uplo)


@jvp(scipy.linalg.eigh)
def eigh_jvp(
    dots, y, a, b=None, lower=True, eigvals_only=False, overwrite_a=False, overwrite_b=False, type=1,
    check_finite=True, subset_by_index=None, subset_by_value=None, driver=None,
):  # fmt: skip
    check_eigh(type, subset_by_index, subset_by_value)
    if eigvals_only:
        return eigh_tangent(dots, scipy.linalg.eigh(a, b, lower=lower), lower)[0]
    return eigh_tangent(dots, y, lower)


def eigh_tangent(dots, y, lower):
    w, v = y
    a_dot, b_dot = dots[0], dots[1] if len(dots) > 1 else None
    uplo = "L" if lower else "U"
    inner, growth = None, None
    if a_dot is not None:
        inner = adjoint(v) @ from_triangle(a_dot, uplo) @ v
    if b_dot is not None:
        growth = adjoint(v) @ from_triangle(b_dot, uplo) @ v
        inner = -growth * across(w) if inner is None else inner - growth * across(w)
    turn = over_gaps(inner, differences(w))
    if growth is not None:
        turn = turn - 0.5 * on_diagonal(np.diagonal(growth))
    return np.real(np.diagonal(inner)), v @ turn


@vjp(scipy.linalg.eigvalsh)
def eigvalsh_vjp(
    w_bar, w, a, b=None, lower=True, overwrite_a=False, overwrite_b=False, type=1, check_finite=True,
    subset_by_index=None, subset_by_value=None, driver=None,
):  # fmt: skip
    check_eigh(type, subset_by_index, subset_by_value)
    return eigh_adjoint((w_bar, None), scipy.linalg.eigh(a, b, lower=lower), b, lower)


@jvp(scipy.linalg.eigvalsh)
def eigvalsh_jvp(
    dots, w, a, b=None, lower=True, overwrite_a=False, overwrite_b=False, type=1, check_finite=True,
    subset_by_index=None, subset_by_value=None, driver=None,
):  # fmt: skip
    check_eigh(type, subset_by_index, subset_by_value)
    return eigh_tangent(dots, scipy.linalg.eigh(a, b, lower=lower), lower)[0]


# -- LU, of square matrices ------------------------------------------------------------------------


@vjp(scipy.linalg.lu)
def lu_vjp(y_bars, y, a, permute_l=False, overwrite_a=False, check_finite=True, p_indices=False):
    refuse_if(permute_l or p_indices or np.ndim(a) != 2, "scipy.linalg.lu with options, or of many matrices,")
    (_, l_bar, u_bar), (p, lower, upper) = y_bars, y
    middle = None
    if l_bar is not None:
        middle = np.tril(lower.T @ l_bar, -1)
    if u_bar is not None:
        of_upper = np.triu(u_bar @ upper.T)
        middle = of_upper if middle is None else middle + of_upper
    left = scipy.linalg.solve_triangular(lower, middle, trans=1, lower=True, unit_diagonal=True)
    return p @ scipy.linalg.solve_triangular(upper, left.T).T


@jvp(scipy.linalg.lu)
def lu_jvp(dots, y, a, permute_l=False, overwrite_a=False, check_finite=True, p_indices=False):
    refuse_if(permute_l or p_indices or np.ndim(a) != 2, "scipy.linalg.lu with options, or of many matrices,")
    p, lower, upper = y
    left = scipy.linalg.solve_triangular(lower, p.T @ dots[0], lower=True, unit_diagonal=True)
    middle = scipy.linalg.solve_triangular(upper, left.T, trans=1).T
    return None, lower @ np.tril(middle, -1), np.triu(middle) @ upper


# -- pseudo-inverse --------------------------------------------------------------------------------


@vjp(scipy.linalg.pinv)
def pinv_adjoint(y_bar, y, a, atol=None, rtol=None, return_rank=False, check_finite=True):
    refuse_if(return_rank, "scipy.linalg.pinv with return_rank=True")
    return pinv_vjp(y_bar, y, a)


@jvp(scipy.linalg.pinv)
def pinv_tangent(dots, y, a, atol=None, rtol=None, return_rank=False, check_finite=True):
    refuse_if(return_rank, "scipy.linalg.pinv with return_rank=True")
    return pinv_jvp(dots, y, a)


# -- polar: a Sylvester equation with the positive factor on both sides ----------------------------


@static
def check_polar(side, is_complex):
    if is_complex:
        raise NotImplementedError("scipy.linalg.polar of complex matrices has no derivative rule")
    return side == "right"


@vjp(scipy.linalg.polar)
def polar_vjp(y_bars, y, a, side="right"):
    (u_bar, p_bar), (u, p) = y_bars, y
    if check_polar(side, np.iscomplexobj(a)):
        return right_polar_adjoint(u_bar, p_bar, u, p)
    return right_polar_adjoint(None if u_bar is None else u_bar.T, p_bar, u.T, p).T


def right_polar_adjoint(u_bar, p_bar, u, p):
    a_bar, turn_bar = None, None
    if u_bar is not None:
        turn_bar = u.T @ u_bar
        a_bar = np.linalg.solve(p, (u_bar - u @ turn_bar).T).T
    if p_bar is not None:
        p_bar = 0.5 * (p_bar + p_bar.T)
        turn_bar = -p_bar @ p if turn_bar is None else turn_bar - p_bar @ p
        a_bar = u @ p_bar if a_bar is None else a_bar + u @ p_bar
    turn = scipy.linalg.solve_sylvester(p, p, turn_bar)
    return a_bar + u @ (turn - turn.T)


@jvp(scipy.linalg.polar)
def polar_jvp(dots, y, a, side="right"):
    u, p = y
    if check_polar(side, np.iscomplexobj(a)):
        return right_polar_tangent(dots[0], u, p)
    u_dot, p_dot = right_polar_tangent(dots[0].T, u.T, p)
    return u_dot.T, p_dot


def right_polar_tangent(a_dot, u, p):
    inner = u.T @ a_dot
    turn = scipy.linalg.solve_sylvester(p, p, inner - inner.T)
    return u @ turn + np.linalg.solve(p, (a_dot - u @ inner).T).T, inner - turn @ p
