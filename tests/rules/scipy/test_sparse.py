"""Sparse matrices: constant ones, ones of differentiated entries, and equations."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad
from s2sgrad.errors import S2SGradError
from s2sgrad.testing import check_grads
from tests.rules.samples import signed

sparse = pytest.importorskip("scipy.sparse")
splinalg = pytest.importorskip("scipy.sparse.linalg")

A = sparse.csr_matrix(np.array([[1.0, 2.0, 0.0], [0.0, 3.0, 4.0]]))
S = sparse.csc_matrix(np.array([[4.0, 1.0, 0.0], [0.0, 3.0, 2.0], [1.0, 0.0, 5.0]]))
ROWS, COLUMNS = np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 2, 0, 2])


def constants(x):
    return np.sum((A @ x) ** 2) + np.sum(A.dot(x) ** 3) + np.sum((A.T @ (A @ x)) ** 2)


def constant_equation(b):
    return np.sum(splinalg.spsolve(S, b) ** 3)


def entries(data, x):
    m = sparse.csr_matrix((data, (ROWS, COLUMNS)), shape=(3, 3))
    return np.sum((m @ x) ** 2) + np.sum(m.T.dot(x) ** 3) + np.sum(m.toarray() ** 3)


def equation(data, b):
    m = sparse.csc_matrix((data + 2.0 * (ROWS == COLUMNS), (ROWS, COLUMNS)), shape=(3, 3))
    return np.sum(splinalg.spsolve(m, b) ** 2)


CASES = [
    (constants, signed(3)),
    (constants, signed(3, 2)),
    (constant_equation, signed(3)),
    (entries, signed(6), signed(3)),
    (entries, signed(6), signed(3, 2)),
    (equation, signed(6), signed(3)),
]


@pytest.mark.parametrize("f, args", [(f, args) for f, *args in CASES], ids=[f.__name__ for f, *_ in CASES])
def test_derivatives(f, args):
    check_grads(f, args, order=1)
    assert value_and_grad(f)(*args)[0] == f(*args)


def test_a_dense_matrix_made_sparse_is_refused():
    with pytest.raises(S2SGradError, match="data"):
        grad(lambda a: np.sum(sparse.csr_matrix(a) @ np.ones(2)))(signed(2, 2))
