"""Sparse matrices: constant ones, ones of differentiated entries, and equations."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad, jacfwd, jacrev, jvp, value_and_grad
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


def transposed(x):
    return np.sum((A.T @ x) ** 3) + np.sum((x @ A) ** 2)


@pytest.mark.parametrize("f, x", [(constants, signed(3)), (transposed, signed(2))])
def test_products_with_constants_to_the_second_order(f, x):
    check_grads(f, (x,), order=2)


@pytest.mark.parametrize(
    "f, x",
    [
        (lambda x: A @ x, signed(3)),
        (lambda x: A @ x, signed(3, 2)),
        (lambda x: x @ A, signed(2)),
        (lambda x: x @ A, signed(4, 2)),
        (lambda x: A.T @ np.sin(x) + 1.0, signed(2)),
    ],
)
def test_jacobians_of_products_with_constants(f, x):
    np.testing.assert_allclose(jacfwd(f)(x), jacrev(f)(x))
    np.testing.assert_allclose(jvp(f, (x,), (x,))[1], np.tensordot(jacfwd(f)(x), x, x.ndim))


@pytest.mark.filterwarnings("ignore::scipy.sparse.SparseEfficiencyWarning")
@pytest.mark.parametrize("form", ["csr", "csc", "coo", "lil", "dok", "bsr", "dia"])
def test_entries_of_a_constant_may_change(form):
    B = sparse.eye_array(3).asformat(form)
    x = np.array([1.0, -2.0, 3.0])

    def f(x):
        return np.sum((B @ x) ** 2) + np.sum((B.T @ x) ** 3)

    derivative = grad(f)
    derivative(x)
    if form in ("csr", "csc", "lil", "dok"):
        B[0, 2] = 4.0
    else:
        B.data *= 2.0
    D = B.toarray()
    np.testing.assert_allclose(derivative(x), 2.0 * D.T @ (D @ x) + 3.0 * D @ (D.T @ x) ** 2)
