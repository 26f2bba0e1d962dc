"""``scipy.linalg`` in whole functions: compiled, in both modes, and (in the slow tests) differentiated twice."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad
from s2sgrad.errors import S2SGradError
from s2sgrad.testing import check_grads
from tests.rules.samples import array, positive_definite, signed, turned

linalg = pytest.importorskip("scipy.linalg")

SPD = positive_definite(3)
REGULAR = SPD + signed(3, 3)
B = array(3, 2, seed=4)


def solve(A, b):
    return np.sum(linalg.solve(A, b) ** 2)


def solve_symmetric(A, b):
    return np.sum(linalg.solve(A, b, assume_a="pos") ** 2) + np.sum(linalg.solve(A, b, lower=True, assume_a="sym") ** 3)


def triangular(A, b):
    x = linalg.solve_triangular(A, b, lower=True)
    y = linalg.solve_triangular(A, b, trans="T")
    return np.sum(x**2) + np.sum(y**3) + np.sum(linalg.solve_triangular(A, b, trans=1, unit_diagonal=True) ** 2)


def cholesky(A):
    return np.sum(linalg.cholesky(A) ** 3) + np.sum(linalg.cholesky(A, lower=True) ** 2 * np.arange(3.0))


def cho_solve(A, b):
    return np.sum(linalg.cho_solve(linalg.cho_factor(A), b) ** 2)


def cho_solve_lower(A, b):
    c = linalg.cho_factor(A, lower=True)
    return np.sum(linalg.cho_solve(c, b) ** 2) + np.sum(np.log(np.diag(c[0])))


def cho_factor_alone(A):
    c, _ = linalg.cho_factor(A)
    return np.sum(c**3)


def lu_solve(A, b):
    lu, piv = linalg.lu_factor(A)
    return np.sum(linalg.lu_solve((lu, piv), b) ** 2) + np.sum(linalg.lu_solve((lu, piv), b, trans=1) ** 3)


def lu_factor_alone(A):
    lu, _ = linalg.lu_factor(A)
    return np.sum(lu**3)


def as_in_numpy(A):
    singular = linalg.svdvals(A)
    return np.sum(linalg.inv(A) ** 2) + linalg.det(A) + linalg.norm(A, 1) + singular[0] * np.sum(linalg.svd(A)[1] ** 2)


def exponential(A):
    return np.sum(linalg.expm(0.3 * A) ** 2)


def exponential_and_derivative(A, E):
    y, d = linalg.expm_frechet(0.3 * A, E)
    return np.sum(y**2) + np.sum(d**2)


def logarithm(A):
    return np.sum(linalg.logm(A) ** 2)


def root(A):
    return np.sum(linalg.sqrtm(A) ** 3)


def sylvester(A, Q):
    return np.sum(linalg.solve_sylvester(A, A[:2, :2], Q) ** 2)


def lyapunov(A, Q):
    x = linalg.solve_continuous_lyapunov(A, Q)
    return np.sum(x**2) + np.sum(linalg.solve_discrete_lyapunov(0.1 * A, Q) ** 3)


def vectors(c, r):
    shapes = linalg.toeplitz(c) @ linalg.toeplitz(c, c) @ linalg.hankel(c) @ linalg.circulant(c)
    return np.sum(shapes**2) + np.sum(linalg.toeplitz(c, r) ** 3 * linalg.hankel(c, r))


def blocks(A, b):
    return np.sum(linalg.block_diag(A, b[0], b) ** 3) + np.sum(linalg.khatri_rao(A, A[:2]) ** 2)


CASES = [
    (solve, REGULAR, B),
    (solve, REGULAR, B[:, 0]),
    (solve_symmetric, SPD, B),
    (triangular, REGULAR, B),
    (triangular, REGULAR, B[:, 0]),
    (cholesky, SPD),
    (cho_solve, SPD, B),
    (cho_solve_lower, SPD, B[:, 0]),
    (cho_factor_alone, SPD),
    (lu_solve, REGULAR[[1, 0, 2]], B),
    (lu_solve, REGULAR, B[:, 0]),
    (lu_factor_alone, REGULAR[[1, 0, 2]]),
    (as_in_numpy, REGULAR),
    (exponential, signed(3, 3)),
    (exponential_and_derivative, signed(2, 2), signed(2, 2, seed=5)),
    (logarithm, SPD),
    (root, SPD),
    (sylvester, SPD, B),
    (lyapunov, SPD, signed(3, 3)),
    (vectors, signed(3), signed(4)),
    (blocks, signed(3, 2), signed(3, 2)),
]


@pytest.mark.parametrize("f, args", [(f, args) for f, *args in CASES], ids=[f.__name__ for f, *_ in CASES])
def test_derivatives(f, args):
    check_grads(f, args, order=1)
    assert value_and_grad(f)(*args)[0] == f(*args)


@pytest.mark.slow
@pytest.mark.parametrize("f, args", [(f, args) for f, *args in CASES], ids=[f.__name__ for f, *_ in CASES])
def test_second_derivatives(f, args):
    check_grads(f, args)


def size(f):
    return lambda *args: np.sum(np.abs(f(*args)) ** 2)


COMPLEX = turned(3, 3) + 2.0 * np.eye(3)
HERMITIAN = positive_definite(3, complex=True)


@pytest.mark.parametrize(
    "f, args",
    [
        (size(lambda a, b: linalg.solve_triangular(a, b, trans=2, lower=True)), (COMPLEX, turned(3))),
        (size(lambda a, b: linalg.cho_solve(linalg.cho_factor(a), b)), (HERMITIAN, turned(3, 2))),
        (size(lambda a, b: linalg.lu_solve(linalg.lu_factor(a), b)), (COMPLEX, turned(3, 2))),
        (size(linalg.cholesky), (HERMITIAN,)),
        (size(linalg.expm), (COMPLEX,)),
        (size(linalg.solve_continuous_lyapunov), (COMPLEX, turned(3, 3, seed=8))),
        (size(linalg.solve_discrete_lyapunov), (0.2 * COMPLEX, turned(3, 3, seed=8))),
        (size(linalg.toeplitz), (turned(3),)),
    ],
)
def test_of_complex_matrices(f, args):
    check_grads(f, args, order=1)


def null_space(A):
    return np.sum(linalg.null_space(A) ** 4)


def tridiagonal(A):
    return np.sum(linalg.solve(A, np.ones(3), assume_a="tridiagonal"))


@pytest.mark.parametrize("f, what", [(null_space, "basis"), (tridiagonal, "tridiagonal")])
def test_refusals(f, what):
    with pytest.raises(S2SGradError, match=what):
        grad(f)(REGULAR)
