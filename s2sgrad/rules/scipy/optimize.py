"""``scipy.optimize``: solutions by the implicit function theorem.

A root or fixed point has the derivative that :mod:`s2sgrad.rules.implicit_functions` gives, at the solution that SciPy
found. A minimum is a root of the gradient; its value has the derivative of the function at a fixed
place (the envelope theorem). What a solution does not depend on as long as it is the same one, the starting point and
the bracket, has the derivative zero. The error of these derivatives is of the size of the error of the solution.
"""

from __future__ import annotations

import numpy as np
import scipy.optimize

from s2sgrad.ir.shapes.table import Types, array_of, type_rule
from s2sgrad.ir.types import FLOAT, OBJECT, Array, Scalar
from s2sgrad.rules.functions import as_function, is_function, vector_like
from s2sgrad.rules.implicit_functions import (
    cotangents_at_fixed_point,
    cotangents_at_root,
    tangent_at_fixed_point,
    tangent_at_root,
)
from s2sgrad.rules.scipy import minima, rosenbrock
from s2sgrad.rules.scipy.refusals import refuse_if, refuse_options
from s2sgrad.rules.scipy.results import Report
from s2sgrad.rules.table import calls_back, jvp, nondiff, vjp

__all__ = ["minima", "rosenbrock"]

nondiff(scipy.optimize.linear_sum_assignment, scipy.optimize.root, scipy.optimize.root_scalar)
type_rule(scipy.optimize.root, scipy.optimize.root_scalar)(lambda *_, **__: OBJECT)


# -- roots of functions of a number ------------------------------------------------------------------


def brackets(name):
    """Let a solver that starts from a bracket be lowered and differentiated."""
    solver = getattr(scipy.optimize, name)

    @calls_back(solver)
    def definition(f, a, b, args=(), **options):
        refuse_options(f"scipy.optimize.{name}", options, "full_output", "disp")
        f, params = as_function(f, (0.5,), args)
        return solver(f, a, b, params, **options)

    type_rule(solver)(lambda *_, **__: FLOAT)

    @vjp(solver)
    def bracketed_vjp(x_bar, x, f, a, b, args=(), **options):
        return None, None, None, cotangents_at_root(f, x, x_bar, args)

    @jvp(solver)
    def bracketed_jvp(dots, x, f, a, b, args=(), **options):
        return tangent_at_root(f, x, args, dots[3] if len(dots) > 3 else ())


for _name in ("bisect", "brenth", "brentq", "ridder", "toms748"):
    brackets(_name)


@calls_back(scipy.optimize.newton)
def newton(func, x0, fprime=None, args=(), **options):
    refuse_options("scipy.optimize.newton", options, "full_output", "disp", "fprime2")
    refuse_if(np.ndim(x0) > 0, "scipy.optimize.newton of arrays")
    if fprime is None:
        func, params = as_function(func, (0.5,), args)
    else:
        (func, fprime), params = as_function((func, fprime), (0.5,), args)
    return scipy.optimize.newton(func, x0, fprime, params, **options)


type_rule(scipy.optimize.newton)(lambda *_, **__: Scalar(np.dtype(float)))


@vjp(scipy.optimize.newton)
def newton_vjp(x_bar, x, f, x0, fprime=None, args=(), **options):
    return None, None, None, cotangents_at_root(f, x, x_bar, args)


@jvp(scipy.optimize.newton)
def newton_jvp(dots, x, f, x0, fprime=None, args=(), **options):
    return tangent_at_root(f, x, args, dots[3] if len(dots) > 3 else ())


class ScalarRoot:
    """What ``root_scalar`` returns."""

    def __init__(self, found, root):
        self.found = found
        self.root = root

    @property
    def converged(self):
        return self.found.converged

    @property
    def iterations(self):
        return self.found.iterations


@calls_back(scipy.optimize.root_scalar)
def root_scalar(f, args=(), method=None, bracket=None, fprime=None, **options):
    refuse_options("scipy.optimize.root_scalar", options, "fprime2")
    if fprime is None:
        f, params = as_function(f, (0.5,), args)
    else:
        refuse_if(not is_function(fprime), "scipy.optimize.root_scalar with fprime=True")
        (f, fprime), params = as_function((f, fprime), (0.5,), args)
    found = scipy.optimize.root_scalar(f, params, method, bracket, fprime, **options)
    return ScalarRoot(found, scalar_root(found, f, params))


def scalar_root(found, f, args):
    """The root that was found."""
    if not found.converged:
        raise RuntimeError(f"root_scalar: {found.flag}")
    return found.root


type_rule(scalar_root)(lambda *_: Scalar(np.dtype(float)))


@vjp(scalar_root)
def scalar_root_vjp(x_bar, x, found, f, args):
    return None, None, cotangents_at_root(f, x, x_bar, args)


@jvp(scalar_root)
def scalar_root_jvp(dots, x, found, f, args):
    return tangent_at_root(f, x, args, dots[2])


# -- roots of functions of a vector ------------------------------------------------------------------


def residual_of(f):
    def residual(x, *args):
        return np.ravel(np.asarray(f(x, *args)))

    return residual


class Root(Report):
    """What ``root`` returns."""

    def __init__(self, found, x):
        self.found = found
        self.x = x


@calls_back(scipy.optimize.root)
def root(fun, x0, args=(), method="hybr", jac=None, **options):
    refuse_options("scipy.optimize.root", options, "callback")
    if is_function(jac):
        (fun, jac), params = as_function((fun, jac), (vector_like(x0),), args)
    else:
        refuse_if(jac, "scipy.optimize.root with jac=True")
        fun, params = as_function(fun, (vector_like(x0),), args)
    found = scipy.optimize.root(fun, x0, params, method, jac, **options)
    return Root(found, root_of(found, fun, x0, params))


@calls_back(scipy.optimize.fsolve)
def fsolve(func, x0, args=(), fprime=None, full_output=0, **options):
    refuse_if(full_output, "scipy.optimize.fsolve with full_output")
    if fprime is None:
        func, params = as_function(func, (vector_like(x0),), args)
    else:
        (func, fprime), params = as_function((func, fprime), (vector_like(x0),), args)
    found = scipy.optimize.fsolve(func, x0, params, fprime, True, **options)
    return fsolve_root(found, func, x0, params)


nondiff(scipy.optimize.fsolve)
type_rule(scipy.optimize.fsolve)(lambda *_, **__: OBJECT)


def root_of(found, f, x0, args):
    """The root that was found."""
    if not found.success:
        raise RuntimeError(f"root: {found.message}")
    return found.x


def fsolve_root(found, f, x0, args):
    """The root that was found."""
    if found[2] != 1:
        raise RuntimeError(f"fsolve: {found[3]}")
    return found[0]


@type_rule(root_of, fsolve_root)
def root_type(found, f, x0, args) -> Types:
    start = array_of(x0)
    return Array(np.dtype(float), start.shape if start.ndim else (1,))


@vjp(root_of, fsolve_root)
def root_vjp(x_bar, x, found, f, x0, args):
    return None, None, None, cotangents_at_root(residual_of(f), x, x_bar, args)


@jvp(root_of, fsolve_root)
def root_jvp(dots, x, found, f, x0, args):
    return tangent_at_root(residual_of(f), x, args, dots[3])


# -- fixed points ------------------------------------------------------------------------------------


@calls_back(scipy.optimize.fixed_point)
def fixed_point(func, x0, args=(), **options):
    func, params = as_function(func, (0.5 if np.ndim(x0) == 0 else vector_like(x0),), args)
    return scipy.optimize.fixed_point(func, x0, params, **options)


@type_rule(scipy.optimize.fixed_point)
def fixed_point_type(f, x0, args=(), **_) -> Types:
    return Array(np.dtype(float), array_of(x0).shape)


@vjp(scipy.optimize.fixed_point)
def fixed_point_vjp(x_bar, x, f, x0, args=(), **options):
    return None, None, cotangents_at_fixed_point(f, x, x_bar, args)


@jvp(scipy.optimize.fixed_point)
def fixed_point_jvp(dots, x, f, x0, args=(), **options):
    return np.asarray(tangent_at_fixed_point(f, x, args, dots[2] if len(dots) > 2 else ()))
