"""debug_nans names the statements at which what is not finite arises, and leaves everything else alone."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from s2sgrad import debug_nans, grad, hessian, jacfwd, jvp, value_and_grad, vjp
from s2sgrad.derivative import DerivativeFunction
from s2sgrad.errors import NotFinite


def norm(x):
    squares = np.sum(x * x)
    return np.sqrt(squares)


def entropy(p):
    logs = np.log(p)
    return -np.sum(p * logs)


def ratio(x, n):
    s = 1.0
    for i in range(n):
        s = s * x / (x - i)
    return s


ZEROS = np.zeros(3)


def caught(call, *args):
    with np.errstate(all="ignore"), pytest.raises(NotFinite) as found:
        call(*args)
    return found.value


def test_only_the_derivative():
    error = caught(debug_nans(grad(norm)), ZEROS)
    assert error.primal is None
    assert error.derivative.stmt.text == "return np.sqrt(squares)"
    assert (error.derivative.operation, error.derivative.value, error.derivative.adjoint) == ("truediv", "nan", True)
    assert re.search(r"test_nans\.py:\d+:5\n.*return np.sqrt\(squares\)", str(error), re.DOTALL)


def test_primal_and_derivative():
    error = caught(debug_nans(value_and_grad(entropy)), np.array([0.5, 0.0, 0.5]))
    assert (error.primal.stmt.text, error.primal.value) == ("logs = np.log(p)", "inf")
    assert (error.primal.operation, error.primal.entry) == ("np.log", (1,))
    assert error.primal.operands == ("p = array of shape (3,) from 0.0 to 0.5 in size, 0.0 there",)
    assert error.derivative.stmt.text == "logs = np.log(p)"
    assert "first in the primal" in str(error)
    assert "first in the backward part" in str(error)


def test_iterations():
    error = caught(debug_nans(grad(ratio)), np.float64(3.0), 6)
    assert error.primal.loops == error.derivative.loops == (3,)
    assert "in iteration 3 of the loop" in str(error)


def test_a_finite_result_is_what_it_was():
    x = np.array([1.0, 2.0, 2.0])
    np.testing.assert_array_equal(debug_nans(grad(norm))(x), grad(norm)(x))

    def passes(x, n):
        return x * np.exp(np.log(n))  # exp(-inf)

    with np.errstate(all="ignore"):
        assert debug_nans(value_and_grad(passes))(3.0, 0.0) == (0.0, 0.0)


def test_what_is_not_finite_already():
    error = caught(debug_nans(grad(norm)), np.array([1.0, np.nan]))
    assert error.primal is error.derivative is None
    assert "an argument, or a constant, is not finite already" in str(error)


def test_auxiliary_results_may_be_infinite():
    assert debug_nans(grad(lambda x: (x * x, np.inf), has_aux=True))(3.0) == (6.0, np.inf)


@pytest.mark.parametrize(
    "call",
    [
        lambda: jvp(norm, (ZEROS,), (np.ones(3),)),
        lambda: vjp(norm, ZEROS)[1](1.0),
        lambda: hessian(norm)(ZEROS),
        lambda: jacfwd(norm)(ZEROS),
        lambda: grad(lambda x: np.sum(grad(norm)(x)))(ZEROS),
    ],
)
def test_in_a_context(call):
    with debug_nans():
        error = caught(call)
    assert error.derivative.stmt.text == "return np.sqrt(squares)"
    with np.errstate(all="ignore"):
        call()  # is not watched any more


def test_nothing_is_left_when_nobody_watches():
    before = DerivativeFunction.__call__
    with debug_nans(), debug_nans():
        assert DerivativeFunction.__call__ is not before
    assert DerivativeFunction.__call__ is before


def test_as_a_decorator():
    @debug_nans()
    def step(x):
        return x - grad(norm)(x)

    @debug_nans
    @grad
    def slope(x):
        return np.sqrt(x)

    caught(step, ZEROS)
    assert caught(slope, 0.0).derivative.stmt.text == "return np.sqrt(x)"
    assert slope(4.0) == 0.25
    assert "sqrt" in slope.source(4.0)


def test_plain_functions():
    error = caught(debug_nans(entropy), np.array([0.5, 0.0]))
    assert error.primal.stmt.text == "logs = np.log(p)"
    assert error.derivative is None


def test_inside_of_a_differentiated_function():
    def f(x):
        return debug_nans(grad(norm))(x)[0]

    x = np.array([1.0, 2.0, 2.0])
    np.testing.assert_array_equal(grad(f)(x), hessian(norm)(x)[0])
    np.testing.assert_array_equal(grad(debug_nans(norm))(x), grad(norm)(x))


def test_random_numbers_are_those_of_the_call():
    def noisy(x):
        return np.sqrt(x * np.random.random()) + np.log(np.random.random() - 1.0)

    np.random.seed(3)
    error = caught(debug_nans(value_and_grad(noisy)), 1.0)
    np.random.seed(3)
    np.random.random()
    assert error.primal.operands == (str(np.random.random() - 1.0),)


def test_pandas():
    def f(s):
        return np.sqrt(s.diff().dropna()).sum()

    assert caught(debug_nans(grad(f)), pd.Series([1.0, 1.0, 3.0])).derivative.adjoint


def test_objects():
    class Model:
        def __init__(self, w):
            self.w = w

        def loss(self, x):
            return np.sqrt(np.sum(self.w * x))

    error = caught(debug_nans(grad(Model.loss)), Model(ZEROS), ZEROS)
    assert error.derivative.stmt.text == "return np.sqrt(np.sum(self.w * x))"


def test_methods():
    class Model:
        w = 2.0

        @debug_nans
        @grad
        def slope(self, x):
            return np.sqrt(np.sum(self.w * x))

    assert np.array_equal(Model().slope(np.full(2, 1.0)), [0.5, 0.5])
    assert caught(Model().slope, ZEROS).derivative
