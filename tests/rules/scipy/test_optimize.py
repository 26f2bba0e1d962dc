"""Roots, fixed points and minima, by the implicit function theorem."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad, hessian, value_and_grad
from s2sgrad.errors import S2SGradError
from s2sgrad.testing import check_grads
from tests.rules.samples import signed

optimize = pytest.importorskip("scipy.optimize")


def bracketed(p, q):
    root = optimize.brentq(lambda x: x**3 + p * x - q, 0.0, 2.0)
    return root**2 * p + optimize.bisect(lambda x, p: x**3 - p, 0, 2, args=(p,), xtol=1e-14)


def other_brackets(p, q):
    def f(x):
        return x**3 + p * x - q

    return optimize.toms748(f, 0.0, 2.0) + optimize.ridder(f, 0.0, 2.0) ** 2 + optimize.brenth(f, 0.0, 2.0) ** 3


def newton(p, q):
    def f(x):
        return x**3 + p * x - q

    secant = optimize.newton(f, 0.8, tol=1e-14)
    return secant * optimize.newton(f, 0.8, fprime=lambda x: 3.0 * x**2 + p, tol=1e-14)


def scalar_roots(p, q):
    s = optimize.root_scalar(lambda x: x**3 + p * x - q, bracket=(0, 2))
    return s.root**2 if s.converged else 0.0


def equations(x, a, c):
    return np.array([x[0] ** 3 + a * x[1] - c[0], x[1] + x[0] * x[1] ** 3 - c[1]])


def root(a, c):
    return np.sum(optimize.root(equations, np.array([0.5, 0.5]), args=(a, c), tol=1e-13).x ** 2)


def fsolve(a, c):
    def f(x):
        u, v = x
        return [u**3 + a * v - c[0], v + u * v**3 - c[1]]

    return np.sum(optimize.fsolve(f, [0.5, 0.5], xtol=1e-13) ** 3)


def with_jacobian(c):
    found = optimize.root(
        lambda x: x + 0.2 * np.sin(x) - c, np.zeros(3), jac=lambda x: np.diag(1 + 0.2 * np.cos(x)), tol=1e-13
    )
    return np.sum(found.x**3) if found.success else 0.0


def fixed_points(a, c):
    number = optimize.fixed_point(lambda x: np.cos(a * x), 0.5, xtol=1e-14)
    return number + np.sum(
        optimize.fixed_point(lambda x, c: 0.5 * np.cos(c * x), np.ones(2), args=(c,), xtol=1e-14) ** 2
    )


def rosenbrock(x):
    slope, curvature = optimize.rosen_der(x), optimize.rosen_hess(x)
    return optimize.rosen(x) + 1e-3 * np.sum(slope**2) + 1e-4 * np.sum(curvature**2)


C = np.array([1.0, 1.2])
CASES = [
    (bracketed, 0.7, 1.5),
    (other_brackets, 0.7, 1.5),
    (newton, 0.7, 1.5),
    (scalar_roots, 0.7, 1.5),
    (root, 0.7, C),
    (fsolve, 0.7, C),
    (with_jacobian, signed(3)),
    (fixed_points, 0.7, np.array([0.6, 0.8])),
    (rosenbrock, signed(4)),
]
IDS = [f.__name__ for f, *_ in CASES]


@pytest.mark.parametrize("f, args", [(f, args) for f, *args in CASES], ids=IDS)
def test_derivatives(f, args):
    check_grads(f, args, order=1)
    assert value_and_grad(f)(*args)[0] == f(*args)


@pytest.mark.slow
@pytest.mark.parametrize("f, args", [(f, args) for f, *args in CASES], ids=IDS)
def test_second_derivatives(f, args):
    check_grads(f, args, rtol=1e-5)


# -- minima: SciPy finds them to about the root of the rounding error -----------------------------------


def bowl(x, a, c):
    return np.sum((x - c) ** 2) + 0.1 * np.sum((x - c) ** 4) + a * np.sum(x**2) + x[0] * x[1]


def where(a, c):
    def slope(x):
        return 2.0 * (x - c) + 0.4 * (x - c) ** 3 + 2.0 * a * x + x[::-1]

    found = optimize.minimize(lambda x: bowl(x, a, c), np.zeros(2), tol=1e-9, jac=slope)
    return np.sum(found.x**3)


def value_and_place(a, c):
    options = {"xatol": 1e-9, "fatol": 1e-14}
    found = optimize.minimize(bowl, np.zeros(2), args=(a, c), method="Nelder-Mead", options=options)
    return found.fun * a + np.sum(found.x)


def both_at_once(a, c):
    def value_and_slope(x):
        return bowl(x, a, c), 2.0 * (x - c) + 0.4 * (x - c) ** 3 + 2.0 * a * x + x[::-1]

    found = optimize.minimize(value_and_slope, np.zeros(2), jac=True, method="L-BFGS-B", tol=1e-14)
    return found.fun * a + np.sum(found.x)


def of_a_number(a, c):
    found = optimize.minimize_scalar(lambda x: (x - a) ** 4 + x**2 * np.sum(c), tol=1e-10)
    return found.x * found.fun


TIMES = np.linspace(0.0, 1.0, 5)


def fit(a, c):
    found = optimize.least_squares(
        lambda x: x[0] * np.exp(-x[1] * TIMES) - a * np.sum(c) * np.exp(-TIMES), np.ones(2), method="lm", xtol=1e-14
    )
    return np.sum(found.x**2) + found.cost + np.sum(found.fun**3)


MINIMA = [where, value_and_place, both_at_once, of_a_number, fit]


@pytest.mark.parametrize("f", MINIMA, ids=[f.__name__ for f in MINIMA])
def test_minima(f):
    check_grads(f, (0.7, C), order=1, rtol=1e-4, atol=1e-5, eps=1e-2)
    assert value_and_grad(f)(0.7, C)[0] == f(0.7, C)


def least(c):
    def slope(x):
        return 4.0 * x - 2.0 * c

    return optimize.minimize(lambda x: np.sum((x - c) ** 2) + np.sum(x**2), np.zeros(2), jac=slope).fun


def test_a_minimum_is_differentiated_twice():
    np.testing.assert_allclose(hessian(least)(C), np.eye(2), atol=1e-6)


def far_away(a):
    return optimize.root(lambda x: x**2 + a, np.ones(1)).x[0]


def test_what_was_not_found_has_no_derivative():
    with pytest.raises(RuntimeError, match="root"):
        grad(far_away)(1.0)


def assignment(cost):
    rows, columns = optimize.linear_sum_assignment(cost)
    return np.sum(cost[rows, columns] ** 2)


def test_an_assignment_is_a_choice():
    check_grads(assignment, (signed(3, 3),), order=1)


REFUSED = [
    (lambda a: optimize.minimize(lambda x: np.sum((x - a) ** 2), np.ones(2), bounds=[(0, 1)] * 2).fun, "bounds"),
    (lambda a: optimize.brentq(lambda x: x - a, 0.0, 2.0, full_output=True)[0], "full_output"),
    (lambda a: optimize.newton(lambda x: x - a, np.ones(2))[0], "newton of arrays"),
]


@pytest.mark.parametrize("f, what", REFUSED)
def test_refusals(f, what):
    with pytest.raises(S2SGradError, match=what):
        grad(f)(0.5)
