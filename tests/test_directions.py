"""Derivatives along several directions in one pass: those along each of them."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad, jvp, vjp
from s2sgrad.derivative import DerivativeFunction

X = np.array([0.7, -0.3, 1.1, 0.4])
V = np.random.default_rng(0).normal(size=(3, 4))


def steps(x):
    u = x.copy()
    for i in range(1, len(x)):
        u[i] = np.sin(u[i - 1]) * x[i] if i != 2 else u[i] ** 2
    return u


def product(x, y):
    return np.outer(x, x)[:2] * y, np.sum(x) * y


@pytest.mark.parametrize("f", [steps, grad(lambda x: np.sum(np.sin(x) * x[0])), lambda x: np.sum(x**3)])
def test_tangents(f):
    found = DerivativeFunction(f, "pushforwards", 0, primals=1)(X, V)
    np.testing.assert_allclose(found, [jvp(f, (X,), (v,))[1] for v in V])


def test_tangents_in_several_arguments_and_of_several_results():
    first, second = DerivativeFunction(product, "pushforwards", (0, 1), primals=2)(X, 2.0, V, np.arange(3.0))
    for k, v in enumerate(V):
        _, (a, b) = jvp(product, (X, 2.0), (v, float(k)))
        np.testing.assert_allclose(first[k], a)
        np.testing.assert_allclose(second[k], b)


@pytest.mark.parametrize("f", [steps, lambda x: np.sum(x**3)])
def test_pullbacks(f):
    y, pullback = vjp(f, X)
    bars = np.random.default_rng(1).normal(size=(3, *np.shape(y)))
    found = DerivativeFunction(f, "pullbacks", 0, primals=1)(X, bars)
    expected = [pullback(bar if np.ndim(y) else float(bar))[0] for bar in bars]
    np.testing.assert_allclose(found, expected)


def test_one_direction_and_none():
    derivative = DerivativeFunction(steps, "pushforwards", 0, primals=1)
    np.testing.assert_allclose(derivative(X, V[:1])[0], jvp(steps, (X,), (V[0],))[1])
    assert derivative(X, V[:0]).shape == (0, 4)
