"""Sparse Jacobians and Hessians: the values of the dense ones, at the cost of the colours."""

from __future__ import annotations

import importlib
import pickle
import sys

import numpy as np
import pytest

import s2sgrad
from s2sgrad import checkpoint, checkpointed, custom_vjp, grad, hessian, jacfwd, jacrev, stop_gradient
from s2sgrad.errors import (
    ArgnumsError,
    ArgumentCountError,
    ArgumentTypeError,
    MissingExtra,
    StructureMismatch,
    UnsupportedCall,
)
from tests.sparse.programs import EXACT, WIDER, slices, steps

sparse = pytest.importorskip("scipy.sparse")

from s2sgrad.rules.table import RULES, vjp  # noqa: E402
from s2sgrad.sparse import color, sparse_hessian, sparse_jacobian, sparsity  # noqa: E402

X = np.array([0.7, -0.3, 1.1, 0.4, -0.9, 0.6])


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def rosenbrock_by_elements(x):
    total = 0.0
    for i in range(len(x) - 1):
        total += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
    return total


def arrow(x):
    return np.sum(np.sin(x[1:] * x[0]) + x[1:] ** 3)


def test_they_are_public():
    assert s2sgrad.sparse_jacobian is sparse_jacobian
    assert s2sgrad.sparse_hessian is sparse_hessian
    assert s2sgrad.sparsity is sparsity
    assert s2sgrad.color is color


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", EXACT + WIDER)
def test_jacobians(f, mode):
    found = sparse_jacobian(f, mode=mode)(X)
    assert isinstance(found, sparse.csr_array)
    np.testing.assert_allclose(found.toarray(), np.reshape(jacfwd(f)(X), (-1, X.size)), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("f", [rosenbrock, rosenbrock_by_elements, arrow, lambda x: np.sum(steps(x) ** 3)])
def test_hessians(f):
    found = sparse_hessian(f)(X)
    np.testing.assert_allclose(found.toarray(), hessian(f)(X), rtol=1e-12, atol=1e-12)


@custom_vjp
def cube(t):
    return t**3


cube.defvjp(lambda t: (t**3, t), lambda t, bar: (3.0 * t**2 * bar,))


class Spring:
    def __init__(self):
        self.k = 2.0

    def energy(self, x):
        return np.sum(self.k * x[1:] * x[:-1] ** 2)


def checkpointed_steps(x):
    u = x.copy()
    for _ in checkpointed(range(3), snapshots=2):
        u = u + 0.1 * np.sin(u)
    return np.sum(u**2)


@pytest.mark.parametrize(
    "f, entries",
    [
        (lambda x: np.sum(cube(x) * x[0]), 16),
        (lambda x: np.sum(stop_gradient(x[1:]) * x[:-1] ** 2), 5),
        (lambda x: np.sum(checkpoint(lambda t: np.sin(t[1:]) * t[:-1])(x)), 15),
        (checkpointed_steps, 6),
        (Spring().energy, 15),
        (lambda x: np.sum(grad(lambda t: np.sum(t[1:] * t[:-1] ** 2))(x) ** 2), 24),
    ],
)
def test_what_else_there_is_in_programs(f, entries):
    found = sparse_hessian(f)(X)
    np.testing.assert_allclose(found.toarray(), hessian(f)(X), atol=1e-13)
    assert found.nnz == entries


def test_a_band_has_as_many_colours_as_it_is_wide():
    x = np.linspace(0.0, 1.0, 500)
    assert sparse_jacobian(slices).colors(x).max() == 2
    assert sparse_hessian(rosenbrock).colors(x).max() == 2
    assert sparse_hessian(rosenbrock_by_elements).colors(x).max() == 2


def test_symmetry_saves_colours():
    x = np.linspace(0.1, 1.0, 50)
    derivative = sparse_hessian(arrow)
    assert derivative.colors(x).max() == 1  # one for the row, one for all others
    np.testing.assert_allclose(derivative(x).toarray(), hessian(arrow)(x))


def test_rows_are_taken_together_where_there_are_fewer_of_them():
    def f(x):
        return np.array([np.sum(x**2), x[0] * x[1]])

    assert len(sparse_jacobian(f).colors(X)) == 2
    assert len(sparse_jacobian(f, mode="forward").colors(X)) == 6
    np.testing.assert_allclose(sparse_jacobian(f)(X).toarray(), jacrev(f)(X))


def test_other_arguments_and_names():
    def f(a, x, *, scale=2.0):
        return scale * a * x[1:] * x[:-1]

    expected = jacfwd(f, 1)(3.0, X, scale=0.5)
    for derivative in (sparse_jacobian(f, 1), sparse_jacobian(f, -1), sparse_jacobian(f, argnames="x")):
        np.testing.assert_allclose(derivative(3.0, X, scale=0.5).toarray(), expected)
        np.testing.assert_allclose(derivative(3.0, x=X, scale=0.5).toarray(), expected)


def test_numbers():
    assert sparse_jacobian(lambda x: np.array([x * 2.0, x**2]))(3.0).toarray().tolist() == [[2.0], [6.0]]
    assert sparse_hessian(lambda x: x**3)(2.0).toarray().tolist() == [[12.0]]


def test_single_precision():
    found = sparse_jacobian(slices)(X.astype(np.float32))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.toarray(), jacfwd(slices)(X.astype(np.float32)), rtol=1e-6)


def test_the_path_of_the_point():
    def f(x):
        return np.sum(x[:3] ** 2 * x[3:]) if x[0] > 0 else np.sum(x**3)

    derivative = sparse_hessian(f)
    for x in (X, -X, X):
        np.testing.assert_allclose(derivative(x).toarray(), hessian(f)(x), atol=1e-14)


def test_many_colours_are_taken_in_several_passes(monkeypatch):
    monkeypatch.setattr(s2sgrad.sparse.compression, "MOST_NUMBERS", 2 * X.size)

    def f(x):
        return np.sum(x) * x

    np.testing.assert_allclose(sparse_jacobian(f)(X).toarray(), jacfwd(f)(X))


def power(t, k):
    return 1.0 if k == 0 else t * power(t, k - 1)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_code_that_cannot_be_batched_is_run_for_one_direction_at_a_time(mode):
    def f(x):
        return np.array([power(x[0], 3) * x[1], x[2]])

    derivative = sparse_jacobian(f, mode=mode)
    np.testing.assert_allclose(derivative(X).toarray(), jacfwd(f)(X))
    assert "power" in derivative.source(X)


def test_a_constant_has_no_derivatives():
    found = sparse_jacobian(lambda x: np.ones(3))(X)
    assert found.shape == (3, 6) and found.nnz == 0


def test_the_result_is_the_callers():
    derivative = sparse_hessian(rosenbrock)
    first = derivative(X)
    first.indices[:] = 0
    np.testing.assert_allclose(derivative(X).toarray(), hessian(rosenbrock)(X))


def test_the_source_is_that_of_the_compressed_pass():
    assert sparse_jacobian(lambda x: x[1:] * x[:-1]).source(X) == (
        "def pushforwards_function(x, x_dots):\n"
        "    t_dot = x_dots[:, 1:]\n"
        "    t_dot_2 = x_dots[:, :-1]\n"
        "    t_dot = t_dot_2 * x[1:] + t_dot * x[:-1]\n"
        "    return t_dot\n"
    )


def test_they_are_pickled():
    derivative = pickle.loads(pickle.dumps(sparse_hessian(rosenbrock)))
    np.testing.assert_allclose(derivative(X).toarray(), hessian(rosenbrock)(X))
    assert "Hessian of rosenbrock" in repr(derivative)


# -- patterns that are given ---------------------------------------------------------------------------


@pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.coo_array, np.asarray])
def test_a_pattern_may_be_given(form):
    band = np.abs(np.subtract.outer(np.arange(6), np.arange(6))) < 2
    np.testing.assert_allclose(sparse_jacobian(slices, sparsity=form(band))(X).toarray(), jacfwd(slices)(X))
    np.testing.assert_allclose(sparse_hessian(rosenbrock, sparsity=form(band))(X).toarray(), hessian(rosenbrock)(X))
    half = form(np.tril(band))
    np.testing.assert_allclose(sparse_hessian(rosenbrock, sparsity=half)(X).toarray(), hessian(rosenbrock)(X))


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("missing", [(0, 0), (2, 3), (5, 5)])
def test_a_pattern_that_lacks_an_entry_is_refused(missing, mode):
    pattern = np.ones((6, 6), bool)
    pattern[missing] = False
    if jacfwd(steps)(X)[missing] == 0.0:
        sparse_jacobian(steps, sparsity=pattern, mode=mode)(X)
    else:
        with pytest.raises(StructureMismatch, match="lacks entries"):
            sparse_jacobian(steps, sparsity=pattern, mode=mode)(X)


def test_an_empty_pattern_is_refused_too():
    with pytest.raises(StructureMismatch, match="lacks entries"):
        sparse_hessian(rosenbrock, sparsity=np.zeros((6, 6)))(X)


def test_a_pattern_of_another_shape_is_refused():
    with pytest.raises(StructureMismatch, match="shape"):
        sparse_jacobian(slices, sparsity=np.eye(5))(X)


# -- what is refused -------------------------------------------------------------------------------------


def test_a_matrix_that_is_not_symmetric_is_found_by_columns():
    def h(x):
        return x[0] * np.sum(x[1:])

    @vjp(h)
    def h_vjp(y_bar, y, x):
        return y_bar * np.concatenate((2.0 * x[1:2], x[0] * np.ones(len(x) - 1)))

    def f(x):
        return h(x) + np.sum(x[1:] * x[0])

    try:
        expected = np.zeros((6, 6))
        expected[0, 1:], expected[0, 1], expected[1:, 0] = 1.0, 3.0, 2.0
        derivative = sparse_hessian(f)
        np.testing.assert_allclose(derivative(X).toarray(), expected)
        np.testing.assert_allclose(derivative(2.0 * X).toarray(), expected)
    finally:
        del RULES[h]


def test_inside_a_function_that_is_differentiated_they_are_refused():
    derivative = sparse_jacobian(slices)
    with pytest.raises(UnsupportedCall, match="sparse matrix of derivatives inside"):
        grad(lambda x: np.sum(derivative(x).toarray()))(X)
    with pytest.raises(UnsupportedCall, match="sparse matrix of derivatives inside"):
        grad(lambda x: np.sum(sparse_jacobian(slices)(x).toarray()))(X)


def test_what_cannot_be_asked_for():
    with pytest.raises(ArgnumsError, match="one argument"):
        sparse_jacobian(slices, (0,))
    with pytest.raises(UnsupportedCall, match="mode"):
        sparse_jacobian(slices, mode="both")
    with pytest.raises(UnsupportedCall, match="backend"):
        sparse_hessian(rosenbrock, backend="fortran")
    with pytest.raises(ArgumentTypeError, match="one array of floats"):
        sparse_jacobian(slices)([1.0, 2.0])
    with pytest.raises(ArgumentTypeError, match="one array of floats"):
        sparse_jacobian(slices)(np.arange(4))
    with pytest.raises(ArgumentCountError):
        sparse_jacobian(slices)()


def test_without_scipy(monkeypatch):
    monkeypatch.delitem(sys.modules, "s2sgrad.sparse")
    monkeypatch.setitem(sys.modules, "scipy.sparse", None)
    with pytest.raises(MissingExtra, match="SciPy"):
        importlib.import_module("s2sgrad.sparse")


class Chain:
    k = 3.0

    @sparse_hessian
    def curvature(self, x):
        return np.sum(self.k * x[1:] ** 2 * x[:-1])

    def scaled(self, scale, x):
        return scale * self.k * x**2

    jacobian = sparse_jacobian(scaled, argnums=1)


def test_methods_count_their_arguments_without_self():
    x = np.array([1.0, 2.0, 3.0])
    expected = hessian(lambda x: np.sum(3.0 * x[1:] ** 2 * x[:-1]))(x)
    assert np.array_equal(Chain().curvature(x).toarray(), expected)
    assert np.array_equal(Chain().jacobian(2.0, x).toarray(), np.diag(12.0 * x))


def test_the_source_of_the_last_call():
    derivative = sparse_jacobian(lambda x: x**2)
    x = np.arange(3.0)
    derivative(x)
    assert derivative.source() == derivative.source(x)
