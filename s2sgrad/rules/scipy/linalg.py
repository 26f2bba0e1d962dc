"""``scipy.linalg``: equations and their factorisations. (What it shares with NumPy has NumPy's rules.)

A factorisation is used again for the adjoint equation: its transpose has the same factors.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg

from s2sgrad.rules.factorisations import from_triangle, lower_cholesky_adjoint, lower_cholesky_tangent, read_triangle
from s2sgrad.rules.least_squares import product_of_columns
from s2sgrad.rules.linalg import (
    adjoint,
    det_jvp,
    det_vjp,
    inv_jvp,
    inv_vjp,
    solve_jvp,
    solve_vjp,
)
from s2sgrad.rules.norms import norm_jvp, norm_vjp
from s2sgrad.rules.scipy import banded, factorisations, matrix_equations, matrix_functions, special_matrices, types
from s2sgrad.rules.scipy.refusals import refuse_if
from s2sgrad.rules.singular_values import svd_jvp, svd_vjp
from s2sgrad.rules.table import calls_back, jvp, linear, static, vjp

__all__ = ["banded", "factorisations", "matrix_equations", "matrix_functions", "special_matrices", "types"]

# -- as in NumPy -----------------------------------------------------------------------------------


@vjp(scipy.linalg.inv)
def inv_adjoint(y_bar, y, a, check_finite=True):
    return inv_vjp(y_bar, y, a)


@jvp(scipy.linalg.inv)
def inv_tangent(dots, y, a, check_finite=True):
    return inv_jvp(dots, y, a)


@vjp(scipy.linalg.det)
def det_adjoint(y_bar, y, a, check_finite=True):
    return det_vjp(y_bar, y, a)


@jvp(scipy.linalg.det)
def det_tangent(dots, y, a, check_finite=True):
    return det_jvp(dots, y, a)


@vjp(scipy.linalg.norm)
def norm_adjoint(y_bar, y, a, ord=None, axis=None, keepdims=False, check_finite=True):
    return norm_vjp(y_bar, y, a, ord, axis, keepdims)


@jvp(scipy.linalg.norm)
def norm_tangent(dots, y, a, ord=None, axis=None, keepdims=False, check_finite=True):
    return norm_jvp(dots, y, a, ord, axis, keepdims)


@vjp(scipy.linalg.svd)
def svd_adjoint(y_bars, y, a, full_matrices=True, compute_uv=True, check_finite=True, lapack_driver="gesdd"):
    return svd_vjp(y_bars, y, a, full_matrices, compute_uv)


@jvp(scipy.linalg.svd)
def svd_tangent(dots, y, a, full_matrices=True, compute_uv=True, check_finite=True, lapack_driver="gesdd"):
    return svd_jvp(dots, y, a, full_matrices, compute_uv)


@vjp(scipy.linalg.svdvals)
def svdvals_adjoint(s_bar, s, a, check_finite=True):
    return svd_vjp(s_bar, s, a, False, False)


@jvp(scipy.linalg.svdvals)
def svdvals_tangent(dots, s, a, check_finite=True):
    return svd_jvp(dots, s, a, False, False)


# -- equations -------------------------------------------------------------------------------------


@static
def is_symmetric(assume_a):
    """Whether ``solve`` reads one triangle of its matrix only."""
    if assume_a in (None, "gen", "general"):
        return False
    if assume_a in ("sym", "symmetric", "her", "hermitian", "pos", "positive definite"):
        return True
    raise NotImplementedError(f"scipy.linalg.solve with assume_a={assume_a!r} has no derivative rule")


@vjp(scipy.linalg.solve)
def equation_adjoint(x_bar, x, a, b, lower=False, check_finite=True, assume_a=None, transposed=False):
    refuse_if(transposed, "scipy.linalg.solve with transposed=True")
    if not is_symmetric(assume_a):
        return solve_vjp(x_bar, x, a, b)
    refuse_if(np.iscomplexobj(a) or np.ndim(a) > 2, "scipy.linalg.solve of complex or many symmetric matrices")
    b_bar = scipy.linalg.solve(a, x_bar, lower=lower, assume_a=assume_a)
    return read_triangle(-product_of_columns(b_bar, x), "L" if lower else "U"), b_bar


@jvp(scipy.linalg.solve)
def equation_tangent(dots, x, a, b, lower=False, check_finite=True, assume_a=None, transposed=False):
    refuse_if(transposed, "scipy.linalg.solve with transposed=True")
    if not is_symmetric(assume_a):
        return solve_jvp(dots, x, a, b)
    change = dots[1]
    if dots[0] is not None:
        turned = from_triangle(dots[0], "L" if lower else "U") @ x
        change = -turned if change is None else change - turned
    return scipy.linalg.solve(a, change, lower=lower, assume_a=assume_a)


@static
def operation(trans):
    """0: the matrix, 1: its transpose, 2: its conjugate transpose."""
    return {"N": 0, "T": 1, "C": 2}.get(trans, trans)


def read_part(a, lower, unit_diagonal):
    """The triangle that ``solve_triangular`` reads."""
    if lower:
        return np.tril(a, -1) if unit_diagonal else np.tril(a)
    return np.triu(a, 1) if unit_diagonal else np.triu(a)


@vjp(scipy.linalg.solve_triangular)
def solve_triangular_vjp(x_bar, x, a, b, trans=0, lower=False, unit_diagonal=False, check_finite=True):
    if operation(trans) == 0:
        b_bar = scipy.linalg.solve_triangular(a, x_bar, trans=1, lower=lower, unit_diagonal=unit_diagonal)
        a_bar = -product_of_columns(b_bar, x)
    elif operation(trans) == 1:
        b_bar = scipy.linalg.solve_triangular(a, x_bar, lower=lower, unit_diagonal=unit_diagonal)
        a_bar = -product_of_columns(x, b_bar)
    else:
        b_bar = scipy.linalg.solve_triangular(a, np.conj(x_bar), lower=lower, unit_diagonal=unit_diagonal)
        a_bar = -product_of_columns(np.conj(x), b_bar)
        b_bar = np.conj(b_bar)
    return read_part(a_bar, lower, unit_diagonal), b_bar


@jvp(scipy.linalg.solve_triangular)
def solve_triangular_jvp(dots, x, a, b, trans=0, lower=False, unit_diagonal=False, check_finite=True):
    change = dots[1]
    if dots[0] is not None:
        a_dot = read_part(dots[0], lower, unit_diagonal)
        if operation(trans) == 1:
            a_dot = a_dot.T
        elif operation(trans) == 2:
            a_dot = np.conj(a_dot.T)
        change = -(a_dot @ x) if change is None else change - a_dot @ x
    return scipy.linalg.solve_triangular(a, change, trans=trans, lower=lower, unit_diagonal=unit_diagonal)


# -- Cholesky --------------------------------------------------------------------------------------


@vjp(scipy.linalg.cholesky)
def cholesky_vjp(y_bar, y, a, lower=False, check_finite=True):
    if lower:
        return lower_cholesky_adjoint(y_bar, y)
    return adjoint(lower_cholesky_adjoint(adjoint(y_bar), adjoint(y)))


@jvp(scipy.linalg.cholesky)
def cholesky_jvp(dots, y, a, lower=False, check_finite=True):
    if lower:
        return lower_cholesky_tangent(dots[0], y)
    return adjoint(lower_cholesky_tangent(adjoint(dots[0]), adjoint(y)))


@calls_back(scipy.linalg.cho_factor)
def cho_factor(a, lower=False, **options):
    """The flag that is returned is known while compiling, if the one that is given is."""
    c, _ = scipy.linalg.cho_factor(a, lower, **options)
    return c, lower


@vjp(scipy.linalg.cho_factor)
def cho_factor_vjp(y_bars, y, a, lower=False, check_finite=True):
    """The other triangle of the result is that of the argument."""
    c_bar, c = y_bars[0], y[0]
    if lower:
        return lower_cholesky_adjoint(np.tril(c_bar), np.tril(c)) + np.triu(c_bar, 1)
    a_bar = adjoint(lower_cholesky_adjoint(adjoint(np.triu(c_bar)), adjoint(np.triu(c))))
    return a_bar + np.tril(c_bar, -1)


@jvp(scipy.linalg.cho_factor)
def cho_factor_jvp(dots, y, a, lower=False, check_finite=True):
    a_dot, c = dots[0], y[0]
    if lower:
        return lower_cholesky_tangent(a_dot, np.tril(c)) + np.triu(a_dot, 1), None
    c_dot = adjoint(lower_cholesky_tangent(adjoint(a_dot), adjoint(np.triu(c))))
    return c_dot + np.tril(a_dot, -1), None


@vjp(scipy.linalg.cho_solve)
def cho_solve_vjp(x_bar, x, c_and_lower, b, check_finite=True):
    c, lower = c_and_lower
    b_bar = np.conj(scipy.linalg.cho_solve((c, lower), np.conj(x_bar)))
    s = -product_of_columns(b_bar, x)
    s = s + adjoint(s)
    c_bar = np.tril(s @ np.conj(np.tril(c))) if lower else np.triu(np.conj(np.triu(c)) @ s)
    return (c_bar, None), b_bar


@jvp(scipy.linalg.cho_solve)
def cho_solve_jvp(dots, x, c_and_lower, b, check_finite=True):
    (c, lower), (c_dot, _), change = c_and_lower, dots[0], dots[1]
    if c_dot is not None:
        half = np.tril(c_dot) @ adjoint(np.tril(c)) if lower else adjoint(np.triu(c_dot)) @ np.triu(c)
        turned = (half + adjoint(half)) @ x
        change = -turned if change is None else change - turned
    return scipy.linalg.cho_solve((c, lower), change)


@linear(scipy.linalg.cho_solve_banded, wrt=(1,))
def cho_solve_banded(x_bar, cb_and_lower, b, overwrite_b=False, check_finite=True):
    return np.conj(scipy.linalg.cho_solve_banded(cb_and_lower, np.conj(x_bar)))


# -- LU --------------------------------------------------------------------------------------------


@vjp(scipy.linalg.lu_factor)
def lu_factor_vjp(y_bars, y, a, check_finite=True):
    """Of square matrices. The permutation is that of the primal: ``lu_solve`` knows how to undo it."""
    lu_bar, (lu, pivots) = y_bars[0], y
    lower, upper = np.tril(lu, -1) + np.eye(np.shape(lu)[0]), np.triu(lu)
    middle = np.tril(lower.T @ np.tril(lu_bar, -1), -1) + np.triu(np.triu(lu_bar) @ upper.T)
    left = scipy.linalg.lu_solve((lu, pivots), upper.T @ middle, trans=1)
    return scipy.linalg.solve_triangular(lu, left.T).T


@jvp(scipy.linalg.lu_factor)
def lu_factor_jvp(dots, y, a, check_finite=True):
    lu, pivots = y
    lower, upper = np.tril(lu, -1) + np.eye(np.shape(lu)[0]), np.triu(lu)
    middle = upper @ scipy.linalg.lu_solve((lu, pivots), dots[0])
    middle = scipy.linalg.solve_triangular(lu, middle.T, trans=1).T
    return lower @ np.tril(middle, -1) + np.triu(middle) @ upper, None


@vjp(scipy.linalg.lu_solve)
def lu_solve_vjp(x_bar, x, lu_and_piv, b, trans=0, check_finite=True):
    refuse_if(trans == 2, "scipy.linalg.lu_solve with trans=2")
    lu, pivots = lu_and_piv
    b_bar = scipy.linalg.lu_solve((lu, pivots), x_bar, trans=1 - trans)
    if trans == 0:
        inner = scipy.linalg.solve_triangular(lu, x_bar, trans=1)
        outer = scipy.linalg.solve_triangular(lu, inner, trans=1, lower=True, unit_diagonal=True)
        below, above = product_of_columns(outer, np.triu(lu) @ x), product_of_columns(inner, x)
    else:
        inner = scipy.linalg.solve_triangular(lu, b, trans=1)
        outer = scipy.linalg.solve_triangular(lu, inner, trans=1, lower=True, unit_diagonal=True)
        below, above = product_of_columns(outer, np.triu(lu) @ b_bar), product_of_columns(inner, b_bar)
    return (-np.tril(below, -1) - np.triu(above), None), b_bar


@jvp(scipy.linalg.lu_solve)
def lu_solve_jvp(dots, x, lu_and_piv, b, trans=0, check_finite=True):
    refuse_if(trans == 2, "scipy.linalg.lu_solve with trans=2")
    lu, pivots = lu_and_piv
    (lu_dot, _), b_dot = dots
    total = None if b_dot is None else scipy.linalg.lu_solve((lu, pivots), b_dot, trans=trans)
    if lu_dot is None:
        return total
    unit, upper = np.tril(lu, -1) + np.eye(np.shape(lu)[0]), np.triu(lu)
    if trans == 0:
        middle = np.tril(lu_dot, -1) @ (upper @ x) + unit @ (np.triu(lu_dot) @ x)
        middle = scipy.linalg.solve_triangular(lu, middle, lower=True, unit_diagonal=True)
        turned = scipy.linalg.solve_triangular(lu, middle)
    else:
        inner = scipy.linalg.solve_triangular(lu, b, trans=1)
        outer = scipy.linalg.solve_triangular(lu, inner, trans=1, lower=True, unit_diagonal=True)
        middle = upper.T @ (np.tril(lu_dot, -1).T @ outer) + np.triu(lu_dot).T @ inner
        turned = scipy.linalg.lu_solve((lu, pivots), middle, trans=1)
    return -turned if total is None else total - turned


# -- what depends on a choice ----------------------------------------------------------------------


@vjp(scipy.linalg.null_space, scipy.linalg.orth)
def basis_vjp(y_bar, y, a, rcond=None):
    refuse_if(True, "a basis of a space, which can be turned in it freely,")


@jvp(scipy.linalg.null_space, scipy.linalg.orth)
def basis_jvp(dots, y, a, rcond=None):
    refuse_if(True, "a basis of a space, which can be turned in it freely,")
