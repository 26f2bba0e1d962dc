"""Splines and interpolants: in values and in points."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad
from s2sgrad.errors import S2SGradError
from s2sgrad.testing import check_grads
from tests.rules.samples import array, signed

interpolate = pytest.importorskip("scipy.interpolate")

KNOTS = np.cumsum(array(6, low=0.5, high=1.2))
POINTS = KNOTS[0] + array(4, low=0.1, high=0.95) * (KNOTS[-1] - KNOTS[0])


def cubic(y, x):
    spline = interpolate.CubicSpline(KNOTS, y)
    return np.sum(spline(x) ** 2) + np.sum(spline(x, 1) ** 3)


def natural(y, x):
    spline = interpolate.CubicSpline(KNOTS, y, bc_type="natural")
    return np.sum(spline(x) ** 2) + spline(x[0]) ** 2 + np.sum(spline.derivative()(x) ** 2)


def quintic(y, x):
    return np.sum(interpolate.make_interp_spline(KNOTS, y, k=5)(x) ** 2)


def interpolating(y, x):
    return np.sum(interpolate.make_interp_spline(KNOTS, y)(x) ** 3)


def coefficients(c, x):
    t = np.concatenate([[KNOTS[0]] * 2, KNOTS, [KNOTS[-1]] * 2])
    return np.sum(interpolate.BSpline(t, c, 2)(x) ** 2)


def linear(knots, y, x):
    return np.sum(interpolate.interp1d(knots, y)(x) ** 2)


def monotone(knots, y, x):
    pchip = interpolate.PchipInterpolator(knots, y)
    return np.sum(pchip(x) ** 2) + pchip(x[1]) ** 3


GROWING = np.cumsum(array(6))

CASES = [
    (cubic, signed(6), POINTS),
    (cubic, signed(6, 2), POINTS),
    (natural, signed(6), POINTS),
    (quintic, signed(6), POINTS),
    (interpolating, signed(6, 2), POINTS),
    (coefficients, signed(7), POINTS),
    (linear, KNOTS, signed(6), POINTS),
    (monotone, KNOTS, GROWING, POINTS),
    (monotone, KNOTS, GROWING * np.array([1, 1, 1, 0.5, 1, 0.8]), POINTS),
]
IDS = [f.__name__ for f, *_ in CASES]


@pytest.mark.parametrize("f, args", [(f, args) for f, *args in CASES], ids=IDS)
def test_derivatives(f, args):
    check_grads(f, args, order=1)
    assert value_and_grad(f)(*args)[0] == f(*args)


@pytest.mark.slow
@pytest.mark.parametrize("f, args", [(f, args) for f, *args in CASES], ids=IDS)
def test_second_derivatives(f, args):
    check_grads(f, args)


REFUSED = [
    (lambda x: np.sum(interpolate.CubicSpline(x, GROWING)(POINTS)), "knots"),
    (lambda y: np.sum(interpolate.CubicSpline(KNOTS, y, bc_type="periodic")(POINTS)), "periodic"),
    (lambda y: np.sum(interpolate.interp1d(KNOTS, y, kind="quadratic")(POINTS)), "interp1d"),
    (lambda y: np.sum(interpolate.Akima1DInterpolator(KNOTS, y)(POINTS)), "Akima"),
]


@pytest.mark.parametrize("f, what", REFUSED)
def test_refusals(f, what):
    with pytest.raises(S2SGradError, match=what):
        grad(f)(KNOTS)
