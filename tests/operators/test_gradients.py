"""Jacobians by either mode, the Laplacian, elementwise derivatives: against the operators that they are made of."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

from s2sgrad import elementwise_grad, grad, grad_and_aux, hessian, jacfwd, jacobian, jacrev, jvp, laplacian
from s2sgrad.errors import NonScalarOutput, NotDifferentiable, UnsupportedCall
from s2sgrad.testing import check_grads

X = np.array([0.3, 0.7, 1.2])
A = np.linspace(-1.0, 1.0, 12).reshape(4, 3)


def simulation(x):
    """A loop, a branch and updates in place."""
    u = x.copy()
    for k in range(6):
        if u[k % 3] > 0.5:
            u[1:] += 0.3 * np.sin(u[:-1]) * u[0]
        else:
            u[k % 3] = u[k % 3] ** 2 + 1.0
    return u


def energy(x):
    return np.sum(simulation(x) ** 3)


# -- Jacobians ---------------------------------------------------------------------------------------


def tall(x):
    return np.sin(A @ x)


def wide(x):
    return (x[1:] * x[:-1])[::2]


@pytest.mark.parametrize("f", [tall, wide, simulation, energy, lambda x: x[0], lambda x: {"a": tall(x), "b": x[0]}])
def test_the_jacobian_is_that_of_either_mode(f):
    for found, forward, reverse in zip(*map(leaves, (jacobian(f)(X), jacfwd(f)(X), jacrev(f)(X)))):
        np.testing.assert_allclose(found, forward, rtol=1e-12)
        np.testing.assert_allclose(found, reverse, rtol=1e-12)


def leaves(tree):
    return list(tree.values()) if isinstance(tree, dict) else [tree]


def test_the_mode_is_chosen_by_the_sizes_of_a_call():
    choosing = jacobian(lambda x: np.exp(np.repeat(x, 2)[::3]))
    for n in (1, 4, 9):
        x = np.linspace(0.1, 1.0, n)
        np.testing.assert_allclose(choosing(x), jacfwd(choosing.__wrapped__)(x))
    assert "if t2 <= t1.size:" in choosing.source(X)
    assert jacobian(np.sin).source(X) == jacfwd(np.sin).source(X).replace("jacfwd", "jacobian")
    assert jacobian(energy).source(X) == jacrev(energy).source(X).replace("jacrev", "jacobian")


def test_several_arguments_are_mirrored_and_aux_is_returned():
    def f(p, y):
        return (p["a"] * y, np.sum(y)), "beside"

    ((by_a, sums), aux) = jacobian(f, (0, 1), has_aux=True)({"a": 2.0}, X)
    np.testing.assert_array_equal(by_a[0]["a"], X)
    np.testing.assert_array_equal(by_a[1], 2.0 * np.eye(3))
    np.testing.assert_array_equal(sums[1], np.ones(3))
    assert sums[0]["a"] == 0.0 and aux == "beside"


def test_hessians_in_several_arguments_have_a_block_for_each_pair():
    def f(p, y):
        return p["a"] ** 2 * np.sum(y**3) * p["b"][0]

    p = {"a": 2.0, "b": [3.0]}
    blocks = hessian(f, (0, 1))(p, X)
    np.testing.assert_allclose(blocks[0]["a"][0]["b"][0], 4.0 * np.sum(X**3))
    np.testing.assert_allclose(blocks[0]["b"][0][1], 12.0 * X**2)
    np.testing.assert_allclose(blocks[1][1], np.diag(72.0 * X))
    np.testing.assert_allclose(blocks[1][0]["a"], 36.0 * X**2)


def differences(f, x, eps=1e-6):
    return np.stack([(f(x + eps * e) - f(x - eps * e)) / (2.0 * eps) for e in np.eye(x.size)], axis=-1)


def test_the_hessian_of_loops_branches_and_updates():
    np.testing.assert_allclose(hessian(energy)(X), differences(grad(energy), X), rtol=1e-6)
    source = hessian(energy).source(X)
    assert source.count("for k in ") <= 3, "all directions in one pass"


def test_three_gradients_of_loops_branches_and_updates():
    second = grad(grad(lambda t: energy(t * X)))
    third, eps = grad(second), 1e-5
    assert third(0.9) == pytest.approx((second(0.9 + eps) - second(0.9 - eps)) / (2.0 * eps), rel=1e-6)


def test_either_mode_of_either():
    along = lambda f: lambda x: jvp(f, (x,), (X,))[1]
    np.testing.assert_allclose(grad(along(energy))(X), hessian(energy)(X) @ X, rtol=1e-12)
    np.testing.assert_allclose(along(grad(energy))(X), hessian(energy)(X) @ X, rtol=1e-12)
    check_grads(lambda x: np.sum(hessian(energy)(x) @ x), (X,), order=1)


# -- the Laplacian -----------------------------------------------------------------------------------


def test_the_laplacian_is_the_trace_of_the_hessian():
    assert laplacian(energy)(X) == pytest.approx(np.trace(hessian(energy)(X)), rel=1e-12)
    matrix = lambda W: np.sum(np.sin(W) * W[0, 0])
    assert laplacian(matrix)(A) == pytest.approx(np.trace(hessian(matrix)(A).reshape(12, 12)), rel=1e-12)
    assert laplacian(lambda x, p: x**3 * p["y"] ** 2, (0, 1))(2.0, {"y": 3.0}) == 6 * 2.0 * 9.0 + 2.0 * 8.0
    assert laplacian(lambda x: (np.sum(x**2), "aux"), has_aux=True)(X) == (6.0, "aux")


def test_it_is_differentiated_again():
    check_grads(lambda x: laplacian(lambda y: np.sum(y**3 * x))(x), (X,), order=1)
    assert grad(lambda x: laplacian(lambda y: np.sum(y**4))(x))(X) == pytest.approx(24.0 * X)
    check_grads(lambda x: np.sum(jacobian(tall)(x) ** 2), (X,), order=1)
    check_grads(lambda x: np.sum(elementwise_grad(np.tanh)(x) * x), (X,), order=1)
    check_grads(lambda x: grad_and_aux(lambda y: (np.sum(y**3), y[0]))(x)[0], (X,), order=1)


# -- entry by entry ----------------------------------------------------------------------------------


def clipped(x, slope):
    y = x * slope
    for _ in range(2):
        y = np.where(y > 0.5, np.log(y), y**2) + np.abs(y)
    return y


def test_elementwise_derivatives_are_the_diagonal():
    x = A**2 + 0.5
    found = elementwise_grad(clipped)(x, 0.3)
    np.testing.assert_allclose(found.ravel(), np.diag(jacfwd(clipped)(x, 0.3).reshape(12, 12)), rtol=1e-12)
    assert elementwise_grad(lambda x: x**2)(3.0) == 6.0
    x, y = elementwise_grad(lambda x, y: x * y**2, (0, 1))(X, 2.0 * X)
    np.testing.assert_allclose((x, y), (4.0 * X**2, 4.0 * X**2))
    assert elementwise_grad(np.sin)(X.astype(np.float32)).dtype == np.float32
    second = elementwise_grad(elementwise_grad(np.sin))(X)
    np.testing.assert_allclose(second, -np.sin(X))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.cumsum(x),
        lambda x: x[::-1],
        lambda x: x * np.sum(x),
        lambda x: x @ np.eye(3),
        lambda x: np.sum(x),
        lambda x: (x, x),
    ],
)
def test_what_is_not_known_to_be_elementwise_is_refused(f):
    with pytest.raises(NotDifferentiable, match="elementwise"):
        elementwise_grad(f)(X)


# -- all of them -------------------------------------------------------------------------------------


@laplacian
def square(x):
    return np.sum(x * x)


def test_makers():
    assert square(X) == 6.0 and "eye" in square.source()
    assert pickle.loads(pickle.dumps(square)) is square
    for make in (jacobian, laplacian, elementwise_grad, grad_and_aux):
        with pytest.raises(UnsupportedCall, match="backend"):
            make(np.sin, backend="fortran")
        assert "with respect to x" in repr(make(lambda x: x))
    with pytest.raises(NonScalarOutput):
        laplacian(np.sin)(X)


def test_series_of_pandas():
    x = pd.Series(X, index=list("abc"))
    pd.testing.assert_series_equal(elementwise_grad(lambda x: x**3)(x), 3.0 * x**2)
    assert laplacian(lambda x: (x**3).sum())(x) == pytest.approx(6.0 * X.sum())
