"""What each iteration computes anew is kept once, wherever the loop is, and however often it runs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import s2sgrad
from s2sgrad.testing import assert_grads

X = np.array([0.3, 0.5, 0.4])
W = np.array([[0.1, 0.4, -0.2], [0.3, 0.2, 0.1], [-0.5, 0.2, 0.3]])


def number(x, w, n):
    y = x[0]
    for _ in range(n):
        y = y * math.exp(x[1]) + 0.1 * y * y
    return y


def matrix(x, w, n):
    for _ in range(n):
        x = np.tanh(np.exp(w) @ x)
    return np.sum(x * x)


def two_loops_around(x, w, n):
    y = x[0]
    for _ in range(n):
        for _ in range(n):
            y = math.sin(y * math.exp(x[1]))
    return y


def the_same_in_the_inner_loop_only(x, w, n):
    y = x[0]
    for i in range(n):
        for _ in range(n):
            y = math.sin(y * math.exp(0.1 * x[1] * i))
    return y


def in_a_branch(x, w, n):
    y = x[0]
    for i in range(n):
        if i % 2:
            y = y * y * math.exp(x[2])
        else:
            y = math.sin(y)
    return y


def in_a_while(x, w, n):
    y, i = x[0], 0
    while i < n:
        y = math.sin(y * math.exp(x[1]))
        i += 1
    return y


def written_to(x, w, n):
    total = 1.0
    for i in range(n):
        t = np.exp(x)
        t[i % 3] = total * total
        total = np.sum(t * t) * 0.1
    return total


def of_another_function(x, w, n):
    def decay(y):
        return y * math.exp(-x[1]) * y

    y = x[0]
    for _ in range(n):
        y = decay(y) + 0.2
    return y


EVERYTHING = [f for f in list(globals().values()) if callable(f) and getattr(f, "__module__", "") == __name__]
KEPT = [number, matrix, two_loops_around, in_a_branch, in_a_while]


@pytest.mark.parametrize("n", [0, 1, 4])
@pytest.mark.parametrize("f", EVERYTHING, ids=lambda f: f.__name__)
def test_gradients_are_right(f: Callable[..., Any], n: int) -> None:
    gradient = s2sgrad.grad(f, argnums=(0, 1))(X, W, n)
    for k, x in enumerate((X, W)):
        direction = np.cos(np.arange(x.size)).reshape(x.shape)

        def along(h: float, k: int = k, direction: Any = direction) -> float:
            moved = [X, W]
            moved[k] = moved[k] + h * direction
            return float(f(*moved, n))

        numeric = (8 * (along(1e-3) - along(-1e-3)) - (along(2e-3) - along(-2e-3))) / 12e-3
        np.testing.assert_allclose(np.sum(gradient[k] * direction), numeric, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("f", KEPT, ids=lambda f: f.__name__)
def test_what_is_the_same_each_time_is_not_pushed(f: Callable[..., Any]) -> None:
    gradient = s2sgrad.grad(f)
    gradient(X, W, 3)
    pushed = [line for line in gradient.source().splitlines() if ".append(" in line]
    assert pushed and not any("exp" in line or "t" in line.partition("append(")[2] for line in pushed), pushed


@pytest.mark.parametrize("f", [matrix, in_a_branch], ids=lambda f: f.__name__)
def test_second_derivatives(f: Callable[..., Any]) -> None:
    assert_grads(f, X, W, 3)
    assert_grads(f, X, W, 0)


def test_what_no_iteration_has_computed_yet_is_asked_for_no_shape():
    """Differentiated again, the loop that keeps the array hands it on, though its first iteration is given none."""

    def f(B, n):
        x = 0.0
        for _ in range(n):
            if n > 1:
                x = np.prod(np.cumsum(B, axis=0))
        return x

    B = np.arange(1.0, 5.0).reshape(2, 2) / 3.0
    for n in (0, 1, 3):
        assert_grads(lambda B, n=n: f(B, n), (B,), order=2)
    found = s2sgrad.jacrev(s2sgrad.grad(f))(B, 3)
    np.testing.assert_allclose(found, s2sgrad.hessian(f)(B, 3))
