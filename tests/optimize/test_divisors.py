"""One division for several: what the adjoint of a softmax is made of."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import s2sgrad
from s2sgrad.optimize.simplify import simplify
from s2sgrad.testing import check_grads
from tests.optimize.cases import check


def test_a_sum_of_quotients_by_a_column():
    before = """
        func f(a: f8[n, m], b: f8[n, m], y: f8[n, 1]) -> f8[n, 1]:
          t1: f8[n, m] = truediv b, y
          t2: f8[n, m] = mul a, t1
          t3: f8[n, 1] = sum t2, axis=1, keepdims=True
          return t3
        """
    after = """
        func f(a: f8[n, m], b: f8[n, m], y: f8[n, 1]) -> f8[n, 1]:
          t1: f8[n, m] = truediv b, y
          t2: f8[n, m] = mul a, t1
          t3: f8[n, m] = mul a, b
          t4: f8[n, 1] = sum t3, axis=1, keepdims=True
          t5: f8[n, 1] = truediv t4, y
          return t5
        """
    check(simplify, before, after)


@pytest.mark.parametrize(
    ("y", "axis"),
    [("f8[n, m]", "axis=1, keepdims=True"), ("f8[1, m]", "axis=1, keepdims=True"), ("f8[n, 1]", "axis=1")],
)
def test_a_divisor_that_varies_along_the_axis_stays(y, axis):
    result = "f8[n, 1]" if "keep" in axis else "f8[n]"
    same = f"""
        func f(a: f8[n, m], b: f8[n, m], y: {y}) -> {result}:
          t1: f8[n, m] = truediv b, y
          t2: f8[n, m] = mul a, t1
          t3: {result} = sum t2, {axis}
          return t3
        """
    check(simplify, same, same)


def test_quotients_by_one_divisor_are_added_before():
    before = """
        func f(a: f8[n], b: f8[n], y: f8[n]) -> f8[n]:
          t1: f8[n] = truediv a, y
          t2: f8[n] = truediv b, y
          t3: f8[n] = sub t1, t2
          return t3
        """
    after = """
        func f(a: f8[n], b: f8[n], y: f8[n]) -> f8[n]:
          t1: f8[n] = truediv a, y
          t2: f8[n] = truediv b, y
          t3: f8[n] = sub a, b
          t4: f8[n] = truediv t3, y
          return t4
        """
    check(simplify, before, after)


def test_the_adjoint_of_a_softmax():
    def f(x, w):
        e = np.exp(x - np.max(x, axis=1, keepdims=True))
        p = e / np.sum(e, axis=1, keepdims=True)
        return np.sum(p * p * w)

    gradient = s2sgrad.grad(f)
    x, w = np.random.default_rng(1).standard_normal((2, 3, 4))
    gradient(x, w)
    code = [line for line in gradient.source().splitlines() if "#" not in line]
    assert "\n".join(code).count("/") == 1
    check_grads(f, (x, w), order=2)


def test_zeros_that_are_divided_by_stay_infinite():
    def f(x, y):
        p = x / y
        return np.sum(p * np.array([1.0, 0.0]))

    with np.errstate(all="ignore"):
        x_bar, y_bar = s2sgrad.grad(f, argnums=(0, 1))(np.array([2.0, 1.0]), np.array([0.0, 4.0]))
    assert_allclose(x_bar, [np.inf, 0.0])
    assert_allclose(y_bar, [-np.inf, 0.0])
