"""Linear algebra in whole functions: compiled, in both modes, and differentiated twice."""

from __future__ import annotations

import numpy as np
import pytest
from numpy import linalg

from s2sgrad import value_and_grad
from s2sgrad.testing import check_grads
from tests.rules.samples import array, positive_definite, signed, turned

REGULAR = positive_definite(3) + signed(3, 3)
TALL, WIDE = signed(4, 2), signed(2, 4)
BATCH = np.stack([REGULAR, REGULAR.T + 0.3])


def solve(A, b):
    return np.sum(linalg.solve(A, b) ** 2)


def inverse(A):
    return np.sum(linalg.inv(A) ** 2)


def determinant(A):
    return np.abs(linalg.det(A)) ** 2 + linalg.slogdet(A).logabsdet


def cholesky(A):
    return np.sum(linalg.cholesky(A) ** 3) + np.sum(linalg.cholesky(A, upper=True) ** 3)


def eigenvectors(A):
    w, V = linalg.eigh(A)
    return np.sum(w**3) + np.sum(linalg.eigh(A, UPLO="U").eigenvectors[:, 0] ** 4) + np.sum(V[0] ** 2 * w)


def eigenvalues(A):
    return np.sum(linalg.eigvalsh(A) ** 3)


def qr(A):
    Q, R = linalg.qr(A)
    return np.sum(Q**4) + np.sum(R**3)


def svd(A):
    U, s, Vh = linalg.svd(A, full_matrices=False)
    return np.sum(U**4) + np.sum(Vh[0] ** 4 * s[0]) + np.sum(linalg.svdvals(A) ** 3)


def least_squares(A, b):
    x, squares, _, _ = linalg.lstsq(A, b, rcond=None)
    return np.sum(x**3) + np.sum(squares)


def pseudo_inverse(A):
    return np.sum(np.abs(linalg.pinv(A)) ** 3)


def powers(A):
    return np.sum(linalg.matrix_power(A, 3)) + np.sum(linalg.matrix_power(A, -2) ** 2)


def norms(A):
    return linalg.norm(A, "nuc") + linalg.norm(A, 2) * linalg.norm(A, -2) + linalg.norm(A, 1) + linalg.matrix_norm(A)


def condition(A):
    return linalg.cond(A) + linalg.cond(A, 1) + linalg.cond(A, -2)


def diagonals(A):
    return linalg.trace(A) ** 2 + np.sum(linalg.diagonal(A, offset=1) ** 3)


def rotation(A):
    w, V = linalg.eig(A)
    return np.sum(np.abs(V) ** 4) + np.sum(np.abs(w) ** 3) + np.sum(np.real(linalg.eigvals(A)) ** 2)


def of_batches(A):
    return np.sum(linalg.norm(A, "nuc", axis=(1, 2)) ** 2) + np.sum(linalg.solve(A, np.ones(3)) ** 2)


CASES = [
    (solve, REGULAR, array(3)),
    (solve, REGULAR, array(3, 2)),
    (solve, BATCH, array(3)),
    (inverse, BATCH),
    (determinant, REGULAR),
    (cholesky, positive_definite(3)),
    (eigenvectors, positive_definite(3)),
    (eigenvalues, positive_definite(3)),
    (qr, TALL),
    (qr, WIDE),
    (svd, TALL),
    (least_squares, TALL, array(4)),
    (pseudo_inverse, TALL),
    (powers, REGULAR / 3.0),
    (norms, REGULAR),
    (condition, REGULAR),
    (diagonals, REGULAR),
    (of_batches, BATCH),
    (rotation, np.array([[0.9, -0.4, 0.1], [0.5, 0.8, 0.2], [0.1, 0.3, 1.7]])),
    (determinant, turned(3, 3)),
    (pseudo_inverse, turned(3, 2)),
    (norms, turned(2, 2)),
]


@pytest.mark.parametrize("f, args", [(f, args) for f, *args in CASES], ids=[f.__name__ for f, *_ in CASES])
def test_derivatives(f, args):
    check_grads(f, args)
    assert value_and_grad(f)(*args)[0] == f(*args)


def test_single_precision_stays():
    A = positive_definite(3).astype("f4")
    for f in (cholesky, eigenvalues, inverse, determinant, norms):
        value, A_bar = value_and_grad(f)(A)
        assert A_bar.dtype == value.dtype == np.float32
