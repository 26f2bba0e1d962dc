"""Partial derivatives of any order: entries of Hessians, and what is known of polynomials."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from s2sgrad import grad, hessian, partial_derivative
from s2sgrad.errors import ArgnumsError

X = np.array([0.3, 0.7, 1.2])


def f(x, y):
    return np.sin(x * y) * y**2


def test_mixed_partial_derivatives_of_numbers():
    expected = hessian(f, (0, 1))(0.5, 2.0)
    assert partial_derivative(f, (0, 1))(0.5, 2.0) == pytest.approx(expected[0][1], rel=1e-12)
    assert partial_derivative(f, (1, 1))(0.5, 2.0) == pytest.approx(expected[1][1], rel=1e-12)
    assert partial_derivative(f, "y")(0.5, 2.0) == pytest.approx(grad(f, 1)(0.5, 2.0), rel=1e-12)
    assert partial_derivative(lambda x, y: x**3 * y**4, (1, 0, 1, 0, 1))(2.0, 1.0) == pytest.approx(12.0 * 24.0)


def test_entries_of_arrays_and_of_containers():
    def loss(p):
        return np.sum(np.outer(p["w"], p["w"]) ** 2) * p["s"][0]

    p = {"w": X, "s": [2.0]}
    blocks = hessian(loss)(p)
    assert partial_derivative(loss, ((0, "w", 0), (0, "w", 2)))(p) == pytest.approx(blocks["w"]["w"][0, 2])
    assert partial_derivative(loss, ((0, "s", 0), (0, "w", -1)))(p) == pytest.approx(blocks["s"][0]["w"][2])


def test_results_of_any_structure():
    found = partial_derivative(lambda t: {"curve": np.array([t, t**2, t**3]), "count": 3}, (0, 0))(2.0)
    np.testing.assert_allclose(found["curve"], [0.0, 2.0, 12.0])


def test_it_is_differentiated_again():
    assert grad(lambda x: partial_derivative(f, (0, 1))(x, 2.0))(0.5) == pytest.approx(
        partial_derivative(f, (0, 0, 1))(0.5, 2.0)
    )


def test_refusals():
    with pytest.raises(ArgnumsError, match="which partial derivative"):
        partial_derivative(f, ())
    with pytest.raises(ArgnumsError, match="one entry"):
        partial_derivative(lambda x: np.sum(x), (0,))(X)
    with pytest.raises(ArgnumsError, match="no number"):
        partial_derivative(lambda p: p["a"], ((0, "b"),))({"a": 1.0})


def test_attributes_of_objects():
    def f(p):
        return np.sum(p.W**2) * p.b

    p = SimpleNamespace(W=np.ones((2, 3)), b=2.0)
    assert partial_derivative(f, ((0, "W", 1, 2), (0, "b")))(p) == 2.0
