import numpy as np
import pytest

from s2sgrad import grad
from s2sgrad.rules import elementwise
from s2sgrad.rules.table import rule_of
from tests.rules.checking import check, cotangents, family
from tests.rules.samples import array, signed

UNIT = [
    np.square,
    np.sqrt,
    np.cbrt,
    np.reciprocal,
    np.exp,
    np.exp2,
    np.expm1,
    np.log,
    np.log2,
    np.log10,
    np.log1p,
    np.sin,
    np.cos,
    np.tan,
    np.arcsin,
    np.arccos,
    np.arctan,
    np.sinh,
    np.cosh,
    np.tanh,
    np.arcsinh,
    np.arctanh,
    np.sinc,
    np.degrees,
    np.rad2deg,
    np.radians,
    np.deg2rad,
    np.absolute,
    np.fabs,
    np.real,
    np.imag,
    np.conjugate,
    np.angle,
    np.nan_to_num,
    np.i0,
]
ABOVE_ONE = [np.arccosh]
PAIRS = [
    np.logaddexp,
    np.logaddexp2,
    np.arctan2,
    np.hypot,
    np.maximum,
    np.minimum,
    np.fmax,
    np.fmin,
    np.copysign,
    np.heaviside,
    np.fmod,
    np.nextafter,
]


@pytest.mark.parametrize("fn", UNIT, ids=lambda fn: fn.__name__)
@pytest.mark.parametrize("shape", [(3,), (2, 1), (0,), (2, 3, 2)])
def test_one_argument(fn, shape):
    check(fn, array(*shape))


@pytest.mark.parametrize("fn", UNIT, ids=lambda fn: fn.__name__)
def test_one_scalar(fn):
    check(fn, 0.6)


@pytest.mark.parametrize("fn", ABOVE_ONE, ids=lambda fn: fn.__name__)
def test_above_one(fn):
    check(fn, 1.0 + array(3))


@pytest.mark.parametrize("fn", PAIRS, ids=lambda fn: fn.__name__)
@pytest.mark.parametrize("left, right", [((3,), (3,)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((0,), (1,)), ((), ())])
def test_two_arguments(fn, left, right):
    check(fn, array(*left, low=1.2, high=1.5), array(*right, low=-0.87, high=-0.47, seed=2))
    check(fn, array(*left, low=0.1, high=0.3), array(*right, low=0.4, high=0.9, seed=2))


def test_ldexp():
    check(np.ldexp, array(3), np.array([1, 2, 3]))


BOUNDS = [(0.4, 0.8), (None, 0.8), (0.4, None), (np.array([0.4, 0.5, 0.95]), 0.97)]


@pytest.mark.parametrize("bounds", BOUNDS, ids=str)
def test_clip(bounds):
    check(np.clip, np.array([0.3, 0.6, 0.9]), *bounds)


@pytest.mark.parametrize("fn", [np.maximum, np.minimum, np.fmax, np.fmin])
def test_ties_share_equally(fn):
    x = np.ones(3)
    for factor in rule_of(fn).partials(x, x, x):
        assert factor.tolist() == [0.5, 0.5, 0.5]


def test_ties_with_a_bound_share_equally():
    x = np.array([0.0, 0.5, 1.0])
    assert rule_of(np.clip).partials(x, x, 0.0, 1.0)[0].tolist() == [0.5, 1.0, 0.5]


def test_infinities_that_tie():
    x = np.array([-np.inf, np.inf])
    assert rule_of(np.maximum).partials(x, x, x)[0].tolist() == [0.5, 0.5]


@pytest.mark.parametrize("condition", [np.array([True, False, True]), np.array([[True], [False]]), True])
def test_where(condition):
    check(np.where, condition, array(3), array(3, seed=2))
    check(np.where, condition, array(2, 3), 0.5)


def test_where_never_mixes_branches():
    z_bar = np.array([np.nan, np.inf])
    bars = cotangents(rule_of(np.where), z_bar, None, (np.array([False, True]), np.ones(2), np.ones(2)), {})
    assert bars[1].tolist() == [0.0, np.inf]
    assert np.isnan(bars[2][0]) and bars[2][1] == 0.0


@pytest.mark.filterwarnings("error")
def test_logaddexp_of_empty_sums():
    x = np.array([-np.inf])
    assert all(np.all(np.isfinite(factor)) for factor in rule_of(np.logaddexp).partials(x, x, x))


@pytest.mark.filterwarnings("error")
def test_corners():
    zero = np.zeros(1)
    assert cotangents(rule_of(np.absolute), np.ones(1), zero, (zero,), {})[0] == 0.0
    assert [factor[0] for factor in rule_of(np.hypot).partials(zero, zero, zero)] == [0.0, 0.0]
    assert rule_of(np.sinc).partials(np.ones(1), zero) == 0.0
    x = np.array([1e-5])
    assert np.allclose(rule_of(np.sinc).partials(np.sinc(x), x), -(np.pi**2) * x / 3, rtol=1e-3)


def test_absolute_value_of_complex_numbers():
    """Along real directions the derivative of ``abs`` is the real part of ``conj(x) / abs(x)``."""
    x = np.array([3.0 + 4.0j])
    assert rule_of(np.absolute).vjp(1.0, np.abs(x), x) == pytest.approx((3.0 - 4.0j) / 5.0)
    assert rule_of(np.absolute).jvp((1j,), np.abs(x), x) == 0.8


def test_every_rule_is_checked():
    in_cases = {np.select, np.divmod, np.modf, np.frexp, np.real_if_close}
    checked = {*UNIT, *ABOVE_ONE, *PAIRS, *in_cases, np.ldexp, np.clip, np.where, abs}
    rules = family(elementwise)
    assert rules <= checked


def test_single_precision():
    for fn in (np.tanh, np.exp, np.sqrt):
        check(fn, array(3, dtype="f4"), tolerance=1e-4)
    assert signed(3).dtype == np.float64


@pytest.mark.parametrize("number", [0.0, 3, -2.5])
def test_logaddexp_beside_a_literal_is_a_logistic_function(number):
    source = {0.0: softplus, 3: above_three, -2.5: with_another}[number]
    x = np.array([-np.inf, -800.0, -40.0, -1.0, 0.0, 2.0, 40.0, 800.0])
    with np.errstate(all="raise", under="ignore"):
        x_bar = grad(source)(x)
    expected = np.exp(x - np.logaddexp(number, x))
    assert np.allclose(x_bar, expected, rtol=1e-13, atol=1e-300)
    assert "logaddexp" not in grad(source).source(x)


def softplus(x):
    return np.sum(np.logaddexp(0.0, x))


def above_three(x):
    return np.sum(np.logaddexp(x, 3))


def with_another(x):
    return np.sum(np.logaddexp(-2.5, x))
