import math
import operator

import numpy as np
import pytest

from s2sgrad import grad
from s2sgrad.rules.table import rule_of
from tests.rules.checking import check, cotangents
from tests.rules.samples import array, signed

BINARY = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.pow,
    operator.mod,
    np.add,
    np.subtract,
    np.multiply,
    np.divide,
    np.power,
    np.float_power,
    np.remainder,
]
SHAPES = [((), ()), ((3,), (3,)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((0,), (1,)), ((2, 3), ()), ((), (4,))]


def operand(shape, **bounds):
    return array(*shape, **bounds) if shape else float(array(1, **bounds)[0])


@pytest.mark.parametrize("fn", BINARY, ids=lambda fn: fn.__name__)
@pytest.mark.parametrize("left, right", SHAPES)
def test_binary(fn, left, right):
    check(fn, operand(left, low=1.1, high=1.9), operand(right, low=0.35, high=0.45))


@pytest.mark.parametrize("fn", [operator.neg, operator.pos, abs, np.negative, np.positive, np.absolute, np.fabs, float])
@pytest.mark.parametrize("x", [0.7, -0.7])
def test_unary_scalar(fn, x):
    check(fn, x)


@pytest.mark.parametrize("fn", [operator.neg, operator.pos, abs, np.absolute])
@pytest.mark.parametrize("shape", [(3,), (2, 1), (0,)])
def test_unary_array(fn, shape):
    check(fn, signed(*shape))


@pytest.mark.parametrize("fn", [max, min])
@pytest.mark.parametrize("xs", [(1.0, 2.0), (2.0, 1.0), (3.0, 1.0, 2.0)])
def test_largest(fn, xs):
    check(fn, *xs)


@pytest.mark.parametrize("fn", [max, min, np.maximum, np.minimum])
def test_ties_share_equally(fn):
    assert rule_of(fn).partials(1.0, 1.0, 1.0) == (0.5, 0.5)


def test_three_ties_share_equally():
    assert rule_of(max).partials(2.0, 2.0, 1.0, 2.0) == (0.5, 0.0, 0.5)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("x", [0.0, np.zeros(2)], ids=["scalar", "array"])
def test_zeroth_power_is_constant_at_zero(x):
    for exponent in (0, 0.0, np.zeros(2)):
        by_x, by_p = rule_of(operator.pow).partials(x**exponent, x, exponent)
        assert np.all(by_x == 0.0) and np.all(by_p == 0.0)


@pytest.mark.filterwarnings("error")
def test_integer_powers_of_negative_numbers():
    check(operator.pow, -0.7, 3, wrt=(0,))
    check(operator.pow, signed(4), np.array([0, 1, 2, 3]), wrt=(0,))


def test_absolute_value_is_flat_at_zero():
    assert cotangents(rule_of(abs), 1.0, 0.0, (0.0,), {}) == {0: 0.0}
    assert cotangents(rule_of(np.absolute), 1.0, np.zeros(2), (np.zeros(2),), {})[0].tolist() == [0.0, 0.0]


def test_single_precision():
    check(operator.mul, array(3, dtype="f4"), array(3, dtype="f4"), tolerance=1e-4)
    check(operator.pow, array(3, dtype="f4"), 2, wrt=(0,), tolerance=1e-4)


@pytest.mark.parametrize("power", [operator.pow, math.pow, lambda x, p: np.sum(np.power(np.array([x]), np.array([p])))])
def test_mixed_derivatives_of_powers_at_an_exponent_of_zero(power):
    """The slope ``p * x ** (p - 1)`` is zero there, but not for all ``p`` nearby."""

    def f(x, p):
        return power(x, p)

    in_x = grad(f, argnums=0)
    assert in_x(0.0, 0.0) == 0.0
    assert np.isclose(grad(in_x, argnums=1)(2.0, 0.0), 0.5)
    assert np.isclose(grad(grad(f, argnums=1), argnums=0)(2.0, 0.0), 0.5)
