"""``minimize`` and ``least_squares``: a minimum is a root of the gradient, of which the Hessian is the Jacobian."""

from __future__ import annotations

import numpy as np
import scipy.optimize

from s2sgrad.ir.shapes.table import Types, array_of, type_rule
from s2sgrad.ir.types import OBJECT, UNKNOWN, Array, Scalar
from s2sgrad.rules.functions import as_function, is_function, jacobian_of, jvp_of, vector_like, vjp_of
from s2sgrad.rules.scipy.refusals import refuse_if, refuse_options
from s2sgrad.rules.scipy.results import Report
from s2sgrad.rules.table import calls_back, jvp, nondiff, vjp

nondiff(scipy.optimize.minimize, scipy.optimize.minimize_scalar, scipy.optimize.least_squares)
type_rule(scipy.optimize.minimize, scipy.optimize.minimize_scalar, scipy.optimize.least_squares)(
    lambda *_, **__: OBJECT
)


UNCONSTRAINED = ("bounds", "constraints", "hess", "hessp", "callback", "kwargs", "jac_sparsity", "loss")


class Minimum(Report):
    """What ``minimize`` and ``minimize_scalar`` return."""

    def __init__(self, found, x, fun):
        self.found = found
        self.x = x
        self.fun = fun


@calls_back(scipy.optimize.minimize)
def minimize(fun, x0, args=(), method=None, jac=None, **options):
    refuse_options("scipy.optimize.minimize", options, *UNCONSTRAINED)
    if is_function(jac):
        (fun, jac), params = as_function((fun, jac), (vector_like(x0),), args)
    else:
        fun, params = as_function(fun, (vector_like(x0),), args)
    found = scipy.optimize.minimize(fun, x0, params, method, jac, **options)
    if jac is True:
        value = first_of(fun)
        fun, params = as_function(value, (vector_like(x0),), params)
    x = minimiser(found, fun, x0, params)
    return Minimum(found, x, minimum(found, fun, x, params))


def first_of(fun):
    def value(x, *args):
        return fun(x, *args)[0]

    return value


@calls_back(scipy.optimize.minimize_scalar)
def minimize_scalar(fun, bracket=None, bounds=None, args=(), **options):
    refuse_if(bounds is not None, "scipy.optimize.minimize_scalar with bounds")
    fun, params = as_function(fun, (0.5,), args)
    found = scipy.optimize.minimize_scalar(fun, bracket, None, params, **options)
    x = scalar_minimiser(found, fun, params)
    return Minimum(found, x, minimum(found, fun, x, params))


# -- where the minimum is ------------------------------------------------------------------------------


def minimiser(found, f, x0, args):
    """Where the minimum was found."""
    if not found.success:
        raise RuntimeError(f"minimize: {found.message}")
    return found.x


def scalar_minimiser(found, f, args):
    """Where the minimum was found."""
    if not found.success:
        raise RuntimeError(f"minimize_scalar: {found.message}")
    return found.x


@type_rule(minimiser)
def minimiser_type(found, f, x0, args) -> Types:
    start = array_of(x0)
    return Array(np.dtype(float), start.shape if start.ndim else (1,))


type_rule(scalar_minimiser)(lambda *_: Scalar(np.dtype(float)))


def gradient_of(f):
    def gradient(x, *args):
        return vjp_of(f, (x, *args), 1.0)[0]

    return gradient


@vjp(minimiser)
def minimiser_vjp(x_bar, x, found, f, x0, args):
    return None, None, None, cotangents_at_minimum(f, x, x_bar, args)


def cotangents_at_minimum(f, x, x_bar, args):
    gradient = gradient_of(f)
    hessian = jacobian_of(gradient, (x, *args), 0)
    _, *bars = vjp_of(gradient, (x, *args), -np.linalg.solve(hessian, x_bar))
    return tuple(bars)


@jvp(minimiser)
def minimiser_jvp(dots, x, found, f, x0, args):
    return tangent_at_minimum(f, x, args, dots[3])


def tangent_at_minimum(f, x, args, args_dot):
    gradient = gradient_of(f)
    dot = jvp_of(gradient, (x, *args), (None, *args_dot))
    return np.zeros_like(x) if dot is None else -np.linalg.solve(jacobian_of(gradient, (x, *args), 0), dot)


@vjp(scalar_minimiser)
def scalar_minimiser_vjp(x_bar, x, found, f, args):
    gradient = gradient_of(f)
    curvature, *bars = vjp_of(gradient, (x, *args), 1.0)
    return None, None, tuple(None if bar is None else bar * (-x_bar / curvature) for bar in bars)


@jvp(scalar_minimiser)
def scalar_minimiser_jvp(dots, x, found, f, args):
    gradient = gradient_of(f)
    dot = jvp_of(gradient, (x, *args), (None, *dots[2]))
    return np.zeros_like(x) if dot is None else -dot / vjp_of(gradient, (x, *args), 1.0)[0]


# -- what it is: the function changes with its parameters, at the place where it is ---------------------


def minimum(found, f, x, args):
    """The least value that was found."""
    return found.fun


@type_rule(minimum)
def minimum_type(found, f, x, args) -> Types:
    return Scalar(np.dtype(float))


@vjp(minimum)
def minimum_vjp(y_bar, y, found, f, x, args):
    _, *bars = vjp_of(f, (x, *args), y_bar)
    return None, None, None, tuple(bars)


@jvp(minimum)
def minimum_jvp(dots, y, found, f, x, args):
    dot = jvp_of(f, (x, *args), (None, *dots[3]))
    return np.zeros_like(y) if dot is None else dot


# -- least squares -------------------------------------------------------------------------------------


class Fit(Report):
    """What ``least_squares`` returns."""

    def __init__(self, found, x, cost, fun):
        self.found = found
        self.x = x
        self.cost = cost
        self.fun = fun


@calls_back(scipy.optimize.least_squares)
def least_squares(fun, x0, jac="2-point", args=(), **options):
    refuse_options("scipy.optimize.least_squares", options, *UNCONSTRAINED)
    if is_function(jac):
        (fun, jac), params = as_function((fun, jac), (vector_like(x0),), args)
    else:
        fun, params = as_function(fun, (vector_like(x0),), args)
    found = scipy.optimize.least_squares(fun, x0, jac, args=params, **options)
    x = best_fit(found, fun, x0, params)
    return Fit(found, x, cost_of_fit(found, fun, x, params), residual_of_fit(found, fun, x, params))


def half_of_squares(f):
    def cost(x, *args):
        return 0.5 * np.sum(np.asarray(f(x, *args)) ** 2)

    return cost


def best_fit(found, f, x0, args):
    """The parameters that fit best."""
    if not found.success:
        raise RuntimeError(f"least_squares: {found.message}")
    return found.x


def cost_of_fit(found, f, x, args):
    """Half of the sum of squares that is left."""
    return found.cost


def residual_of_fit(found, f, x, args):
    """What is left."""
    return found.fun


type_rule(best_fit)(minimiser_type)
type_rule(cost_of_fit)(lambda *_: Scalar(np.dtype(float)))


@type_rule(residual_of_fit)
def residual_of_fit_type(found, f, x, args) -> Types:
    t = f.value.results[0].type
    return t if isinstance(t, Array) and t.ndim == 1 and len(f.value.results) == 1 else UNKNOWN


@vjp(best_fit)
def best_fit_vjp(x_bar, x, found, f, x0, args):
    return None, None, None, cotangents_at_minimum(half_of_squares(f), x, x_bar, args)


@jvp(best_fit)
def best_fit_jvp(dots, x, found, f, x0, args):
    return tangent_at_minimum(half_of_squares(f), x, args, dots[3])


@vjp(cost_of_fit)
def cost_of_fit_vjp(y_bar, y, found, f, x, args):
    return minimum_vjp(y_bar, y, found, half_of_squares(f), x, args)


@jvp(cost_of_fit)
def cost_of_fit_jvp(dots, y, found, f, x, args):
    return minimum_jvp(dots, y, found, half_of_squares(f), x, args)


@vjp(residual_of_fit)
def residual_of_fit_vjp(y_bar, y, found, f, x, args):
    x_bar, *bars = vjp_of(lambda x, *args: np.asarray(f(x, *args)), (x, *args), y_bar)
    return None, None, x_bar, tuple(bars)


@jvp(residual_of_fit)
def residual_of_fit_jvp(dots, y, found, f, x, args):
    return jvp_of(lambda x, *args: np.asarray(f(x, *args)), (x, *args), (dots[2], *dots[3]))
