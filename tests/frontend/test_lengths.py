"""Lengths that code depends on become part of the signature: asked for only where something needs them."""

import math

import numpy as np

from s2sgrad import grad, value_and_grad
from tests.frontend.checking import check

X2, X3 = np.array([0.5, 1.5]), np.array([0.5, 1.5, -2.5])


def _plane(x):
    return math.hypot(*x)


def _space(x, scale=2.0):
    return scale * x[0] * x[1] * x[2]


def by_length(x):
    if x.shape[-1] == 2:
        fn = _plane
    elif x.shape[-1] == 3:
        fn = _space
    else:

        def fn(x):
            return np.sum(x) / len(x)

    return fn(x * 1.5)


def test_a_function_chosen_by_the_length_of_an_array():
    for x in (X2, X3, np.array([1.0, 2.0, 3.0, 4.0])):
        check(by_length, x)


def test_one_derivative_serves_all_lengths():
    derivative = grad(by_length)
    for x in (X2, X3, X2, np.array([1.0]), X3 + 1.0):
        assert np.array_equal(derivative(x), grad(by_length)(x))
        assert derivative(x).shape == x.shape


def test_an_array_as_positional_arguments():
    def f(x):
        return _space(*[np.atleast_1d(2.0 * x)]) + _plane([*x[:2]])

    check(f, X3)


def test_a_length_decides_what_an_option_is():
    def f(x, y):
        axis = 0 if len(y) == 2 else 1
        return np.sum(np.sum(x, axis=axis) ** 2)

    x = np.arange(6.0).reshape(2, 3)
    for y in (X2, X3):
        value, gradient = value_and_grad(f)(x, y)
        assert value == f(x, y)
        assert np.allclose(gradient, 2.0 * np.sum(x, axis=len(y) - 2, keepdims=True) * np.ones_like(x))
