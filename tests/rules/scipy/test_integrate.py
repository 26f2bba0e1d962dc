"""Integrals of functions and of samples: in limits, in what the integrand reads, in the samples and where they are."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad, jvp, value_and_grad
from s2sgrad.errors import S2SGradError
from s2sgrad.testing import check_grads
from tests.rules.samples import array, signed

integrate = pytest.importorskip("scipy.integrate")
quad = integrate.quad


def limits_and_closure(a, b, p):
    return quad(lambda x: np.sin(p * x) * np.exp(-x), a, b)[0]


def wave(x, p, w):
    return np.sum(w * np.cos(p * x))


def extra_arguments(p, w):
    value, _ = quad(wave, 0.0, 1.5, args=(p, w))
    return value * p


def infinite(p):
    return quad(lambda x: np.exp(-p * x * x), -np.inf, np.inf, epsabs=1e-12)[0]


def iterated(p):
    return quad(lambda x: quad(lambda y: np.exp(-p * x * y), 0.0, x)[0], 0.0, 1.0)[0]


def of_arrays(w):
    return np.sum(integrate.quad_vec(lambda x: np.sin(w * x), 0.0, 1.0)[0] ** 2)


def integrals(y, x):
    return np.sum(integrate.trapezoid(y, x) ** 2) + np.sum(integrate.simpson(y, x) ** 2)


def along_rows(y, x):
    return np.sum(integrate.simpson(y.T, x=x, axis=0) ** 2) + np.sum(integrate.trapezoid(y.T, x, axis=0) ** 2)


def evenly(y, h):
    return np.sum(integrate.trapezoid(y, dx=h) ** 2) + np.sum(integrate.simpson(y, dx=0.3) ** 2)


def cumulative(y, x):
    parts = integrate.cumulative_trapezoid(y, x, initial=0)
    return np.sum(parts**2 * np.arange(y.shape[1])) + np.sum(integrate.cumulative_trapezoid(y, x) ** 3)


def cumulative_parabolas(y):
    at = np.linspace(0.0, 1.0, y.shape[1]) ** 2
    uneven = integrate.cumulative_simpson(y, x=at, initial=0.0)
    return np.sum(integrate.cumulative_simpson(y, dx=0.3) ** 2) + np.sum(uneven**3)


X7 = np.cumsum(array(7))

CASES = [
    (limits_and_closure, 0.1, 1.2, 0.7),
    (extra_arguments, 0.7, signed(3)),
    (infinite, 0.7),
    (iterated, 0.7),
    (of_arrays, signed(3)),
    (integrals, signed(2, 7), X7),
    (integrals, signed(2, 6), X7[:6]),
    (integrals, signed(2, 2), X7[:2]),
    (along_rows, signed(2, 6), X7[:6]),
    (evenly, signed(2, 6), 0.4),
    (cumulative, signed(2, 7), X7),
    (cumulative_parabolas, signed(2, 7)),
    (cumulative_parabolas, signed(2, 6)),
]
IDS = [f.__name__ for f, *_ in CASES]


@pytest.mark.parametrize("f, args", [(f, args) for f, *args in CASES], ids=IDS)
def test_derivatives(f, args):
    check_grads(f, args, order=1)
    assert value_and_grad(f)(*args)[0] == f(*args)


@pytest.mark.slow
@pytest.mark.parametrize("f, args", [(f, args) for f, *args in CASES if f is not iterated])
def test_second_derivatives(f, args):
    check_grads(f, args)


# -- differential equations: at tight tolerances, so that differences can tell --------------------------

TIGHT = {"rtol": 1e-10, "atol": 1e-10}
START = np.array([1.0, 0.5])


def predators(y, t, a, b):
    u, v = y
    return [a * u - b * u * v, -v + b * u * v]


def with_arguments(y0, a, b):
    return np.sum(integrate.odeint(predators, y0, np.linspace(0.0, 2.0, 5), args=(a, b), **TIGHT) ** 2)


def at_times(y0, t, w):
    return np.sum(integrate.odeint(lambda y, t: w @ y + np.sin(t), y0, t, **TIGHT) ** 2)


def time_first(a, y0):
    y = integrate.odeint(lambda t, y: -a * y, [y0, 2.0 * y0], np.linspace(0.0, 1.0, 3), tfirst=True, **TIGHT)
    return np.sum(y[1:] ** 2)


def requested(y0, a, b):
    def rate(t, y):
        return np.array([a * y[0] - b * y[0] * y[1], -y[1] + b * y[0] * y[1]])

    found = integrate.solve_ivp(rate, (0.0, 2.0), y0, t_eval=np.linspace(0.0, 2.0, 5), **TIGHT)
    return np.sum(found.y**2) if found.success else 0.0


def requested_times(t, a):
    found = integrate.solve_ivp(lambda t, y, a: a * np.cos(y) * t, (0.0, 2.0), START, t_eval=t, args=(a,), **TIGHT)
    return np.sum(found.y**2 * found.t)


def end(y0, start, stop, a):
    found = integrate.solve_ivp(lambda t, y: -a * y * t, (start, stop), y0, method="DOP853", **TIGHT)
    return np.sum(found.y[:, -1] ** 2)


EQUATIONS = [
    (with_arguments, START, 0.7, 0.4),
    (at_times, START, np.array([0.1, 0.4, 0.9]), signed(2, 2)),
    (time_first, 0.7, 1.5),
    (requested, START, 0.7, 0.4),
    (requested_times, np.array([0.3, 0.9, 1.4]), 0.6),
    (end, START, 0.1, 1.1, 0.4),
]


@pytest.mark.parametrize("f, args", [(f, args) for f, *args in EQUATIONS], ids=[f.__name__ for f, *_ in EQUATIONS])
def test_differential_equations(f, args):
    check_grads(f, args, order=1, rtol=1e-5, atol=1e-7)
    assert value_and_grad(f)(*args)[0] == f(*args)


def decaying(a):
    return integrate.odeint(lambda y, t: -a * y, 1.0, np.array([0.0, 1.0]), **TIGHT)[1, 0]


def test_the_closed_form():
    assert grad(grad(decaying))(0.7) == pytest.approx(np.exp(-0.7), rel=1e-7)


def steps(a):
    return np.sum(integrate.solve_ivp(lambda t, y: -a * y, (0.0, 1.0), START).y)


def test_steps_that_the_solver_chose_have_no_derivative():
    with pytest.raises(ValueError, match="t_eval"):
        grad(steps)(0.5)
    assert np.isnan(jvp(steps, (0.5,), (1.0,))[1])


REFUSED = [
    (lambda a: quad(lambda x: a * x, 0.0, 1.0, weight="cos", wvar=2.0)[0], "weight"),
    (lambda a: np.sum(integrate.solve_ivp(lambda t, y: -a * y, (0.0, 1.0), START).t * a), "solve_ivp chooses"),
    (lambda a: integrate.odeint(lambda y, t: -a * y, 1.0, np.arange(2.0), full_output=True)[0][1, 0], "full_output"),
]


@pytest.mark.parametrize("f, what", REFUSED)
def test_refusals(f, what):
    with pytest.raises(S2SGradError, match=what):
        grad(f)(0.5)
