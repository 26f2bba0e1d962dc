"""Equations with a matrix of which the inverse is there."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import s2sgrad
from s2sgrad.ir.primitives import inverse_of_triangle
from s2sgrad.testing import check_grads

A = np.random.default_rng(5).standard_normal((4, 4)) + 3.0 * np.eye(4)
B = np.random.default_rng(6).standard_normal((4, 2))


def with_determinant(a, b):
    x = np.linalg.solve(a, b)
    return np.linalg.slogdet(a)[1] + np.sum(x * x)


def determinant_first(a, b):
    d = np.linalg.det(a)
    return d * np.sum(np.linalg.solve(a, b) ** 2)


def of_the_transpose(a, b):
    return np.linalg.slogdet(a)[1] + np.sum(np.linalg.solve(a.T, b) ** 2)


def inverse_of_the_transpose(a, b):
    w = np.linalg.inv(a.T)
    return np.sum(w * w) + np.sum(np.linalg.solve(a, b) ** 2)


def solved_twice(a, b):
    x = np.linalg.solve(a, b)
    return np.linalg.slogdet(a)[1] + np.sum(np.linalg.solve(a, x) * x)


def in_a_loop(a, b):
    total = 0.0
    for k in range(3):
        c = a + k * np.eye(4)
        total = total + np.linalg.slogdet(c)[1] + np.sum(np.linalg.solve(c, b) ** 2)
    return total


PROGRAMS = [with_determinant, determinant_first, of_the_transpose, inverse_of_the_transpose, solved_twice]


def code(gradient):
    """The statements of a gradient, without comments."""
    return "\n".join(line for line in gradient.source().splitlines()[1:] if not line.strip().startswith("#"))


@pytest.mark.parametrize("f", PROGRAMS)
@pytest.mark.parametrize("b", [B, B[:, 0]], ids=["matrix", "vector"])
def test_nothing_is_solved_that_has_been_inverted(f, b):
    gradient = s2sgrad.grad(f, argnums=(0, 1))
    gradient(A, b)
    assert "solve" not in code(gradient)
    check_grads(f, (A, b), order=2 if b.ndim == 1 else 1)


def test_in_a_loop():
    check_grads(in_a_loop, (A, B))


def test_one_inverse_is_computed():
    gradient = s2sgrad.grad(with_determinant)
    gradient(A, B)
    assert code(gradient).count("np.linalg.inv") == 1


def test_the_value_is_solved_for_as_the_author_says():
    value, _ = s2sgrad.value_and_grad(with_determinant)(A, B)
    assert value == with_determinant(A, B)


def test_without_an_inverse_equations_stay():
    gradient = s2sgrad.grad(lambda a, b: np.sum(np.linalg.solve(a, b) ** 2))
    gradient(A, B)
    assert code(gradient).count("np.linalg.solve") == 2


def test_a_singular_matrix_is_an_error_still():
    with pytest.raises(np.linalg.LinAlgError):
        s2sgrad.grad(with_determinant)(np.ones((3, 3)), np.ones(3))


def test_results_are_arrays_of_their_own():
    a_bar, b_bar = s2sgrad.grad(with_determinant, argnums=(0, 1))(A, B)
    expected = s2sgrad.grad(with_determinant, argnums=(0, 1))(A, B)[1]
    a_bar[...] = 0.0
    assert_allclose(b_bar, expected)


@pytest.mark.parametrize("dtype", [np.float32, np.complex128])
def test_other_dtypes(dtype):
    a, b = A.astype(dtype), B.astype(dtype)

    def f(a, b):
        x = np.linalg.solve(a, b)
        return np.linalg.slogdet(a)[1] + np.sum((x * x).real)

    a_bar, b_bar = s2sgrad.grad(f, argnums=(0, 1))(a, b)
    assert a_bar.dtype == b_bar.dtype == dtype
    wanted, _ = s2sgrad.grad(with_determinant, argnums=(0, 1))(A, B)
    assert_allclose(a_bar, wanted, rtol=1e-3)


def test_batches_of_matrices_stay():
    a = np.stack([A, A.T])

    def f(a):
        return np.sum(np.linalg.slogdet(a)[1]) + np.sum(np.linalg.solve(a, a * a))

    check_grads(f, (a,))


def test_an_ill_conditioned_matrix_is_solved_as_accurately_as_its_condition_allows():
    n = 8
    hilbert = 1.0 / (1.0 + np.arange(n)[:, None] + np.arange(n))
    x = np.ones(n)
    found = s2sgrad.grad(lambda b: with_determinant(hilbert, b) + 0.0 * np.sum(b))(hilbert @ x)
    direct = 2.0 * np.linalg.solve(hilbert.T, np.linalg.solve(hilbert, hilbert @ x))
    assert_allclose(found, direct, rtol=np.linalg.cond(hilbert) * 1e-15)


# -- triangles -------------------------------------------------------------------------------------------


def density(a, y):
    L = np.linalg.cholesky(a)
    z = np.linalg.solve(L, y)
    return np.sum(np.log(np.diagonal(L))) + 0.5 * np.sum(z * z)


@pytest.mark.parametrize("n", [3, 64, 65, 150])
def test_a_triangle_is_inverted_for_several_equations(n):
    rng = np.random.default_rng(8)
    root, y = rng.standard_normal((n, n)), rng.standard_normal(n)
    a = root @ root.T + n * np.eye(n)
    gradient = s2sgrad.grad(density, argnums=(0, 1))
    a_bar, y_bar = gradient(a, y)
    assert "solve" not in code(gradient)
    inverse = np.linalg.inv(a)
    x = inverse @ y
    whole = 0.5 * inverse - 0.5 * np.outer(x, x)
    assert_allclose(y_bar, x, rtol=1e-10)
    assert_allclose(a_bar, np.tril(2.0 * whole) - np.diag(np.diagonal(whole)), rtol=1e-9, atol=1e-13)


def test_the_inverse_of_a_triangle():
    for n in (0, 1, 64, 65, 200):
        L = np.tril(np.random.default_rng(n).standard_normal((n, n))) + 5.0 * np.sqrt(n) * np.eye(n)
        found = inverse_of_triangle(L)
        assert_allclose(found @ L, np.eye(n), atol=1e-13)
        assert not np.any(np.triu(found, 1))


def test_one_equation_with_a_triangle_stays():
    gradient = s2sgrad.grad(lambda y: np.sum(np.linalg.solve(np.linalg.cholesky(A @ A.T), y)))
    gradient(B)
    assert "inverse_of_triangle" not in gradient.source()


def test_the_value_of_a_density_is_solved_for_as_the_author_says():
    a = A @ A.T
    value, _ = s2sgrad.value_and_grad(density)(a, B[:, 0])
    assert value == density(a, B[:, 0])
    check_grads(lambda r, y: density(r @ r.T, y), (A, B[:, 0]), order=2)
