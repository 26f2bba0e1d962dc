"""Derivatives called inside functions that are differentiated themselves."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad, hessian, jacfwd, jvp, value_and_grad, vjp
from s2sgrad.errors import MutationError
from s2sgrad.testing import check_grads

X, Y = np.linspace(0.5, 1.0, 3), np.linspace(1.0, 2.0, 3)


def f(x, y):
    return np.sum(np.sin(x) * y)


gradient_of_f = grad(f)


def of_a_global(x, y):
    return np.sum(gradient_of_f(x, y))


def made_inside(x, y):
    return np.sum(grad(f)(x, y) * y)


def of_a_closure_over_an_active_value(x, y):
    def inner(z):
        return np.sum(z**3 * y)

    return np.sum(grad(inner)(x) * x)


def several_arguments(x, y):
    value, (x_bar, y_bar) = value_and_grad(f, argnums=(0, 1))(x, y)
    return value * np.sum(x_bar * y_bar)


def nested_arguments(x, y):
    p_bar = grad(lambda p: np.sum(p["x"] ** 2 * p["y"][0]))({"x": x, "y": [y]})
    return np.sum(p_bar["x"] * p_bar["y"][0])


def forward(x, y):
    out, out_dot = jvp(f, (x, y), (y, x))
    return out * out_dot


def forward_in_one_argument(x, y):
    return jvp(f, (x, y), (None, x))[1]


def pulled_back(x, y):
    out, pullback = vjp(f, x, y)
    x_bar, y_bar = pullback(2.0)
    return out * np.sum(x_bar * y_bar)


def second_derivatives(x, y):
    return np.sum(hessian(lambda z: np.sum(z**4))(x) * y) + np.sum(jacfwd(lambda z: z * x)(y))


def gradient_of_gradient(x, y):
    return np.sum(grad(lambda a: np.sum(grad(f)(a, y)))(x))


@pytest.mark.parametrize(
    "fun",
    [
        of_a_global,
        made_inside,
        of_a_closure_over_an_active_value,
        several_arguments,
        nested_arguments,
        forward,
        forward_in_one_argument,
        pulled_back,
        second_derivatives,
        gradient_of_gradient,
    ],
)
def test_differentiates(fun):
    check_grads(fun, (X, Y))


def test_in_a_loop():
    def newton(x, n):
        for _ in range(n):
            x = x - 0.1 * grad(lambda z: z**4 / 4.0 - z)(x)
        return x

    check_grads(newton, (2.0, 5))


def test_the_inner_function_may_write_into_its_argument():
    def inner(z):
        z[0] = 2.0 * z[1]
        return np.sum(z * z)

    def outer(x):
        return np.sum(grad(inner)(x) * x) + x[0]

    check_grads(outer, (X,))


def test_the_inner_function_may_not_write_into_what_it_closes_over():
    def outer(x):
        seen = np.zeros(3)

        def inner(z):
            seen[0] = np.sum(z)
            return np.sum(z * z)

        return np.sum(grad(inner)(x)) + seen[0]

    with pytest.raises(MutationError, match="changes an array or a list of the code around it"):
        grad(outer)(X)
