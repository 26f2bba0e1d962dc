"""``scipy.integrate``: integrals of functions. The derivative goes under the integral sign.

What an integrand depends on, its own arguments and what it reads, are the ``args`` that are handed on to it.
"""

from __future__ import annotations

import numpy as np
import scipy.integrate

from s2sgrad.ir.shapes.table import Types, cannot_tell, type_rule
from s2sgrad.ir.types import FLOAT, Array, Scalar
from s2sgrad.rules.functions import as_function, has_derivative, jvp_of, vjp_of
from s2sgrad.rules.scipy import differential_equations, samples
from s2sgrad.rules.scipy.refusals import refuse_if
from s2sgrad.rules.table import calls_back, jvp, vjp

__all__ = ["differential_equations", "samples"]


# -- of a number -------------------------------------------------------------------------------------


@calls_back(scipy.integrate.quad)
def quad(func, a, b, args=(), full_output=0, weight=None, complex_func=False, **options):
    refuse_if(full_output or weight is not None or complex_func, "scipy.integrate.quad with full_output or weight")
    func, params = as_function(func, (0.5,), args)
    return scipy.integrate.quad(func, a, b, params, **options)


@type_rule(scipy.integrate.quad)
def quad_type(f, a, b, args=(), **_) -> Types:
    return FLOAT, FLOAT


@vjp(scipy.integrate.quad)
def quad_vjp(y_bars, y, f, a, b, args=(), **options):
    y_bar = y_bars[0]
    bars = tuple(cotangent_of(k, y_bar, f, a, b, args, options) for k in range(len(args)))
    return None, -y_bar * f(a, *args), y_bar * f(b, *args), bars


def cotangent_of(k, y_bar, f, a, b, args, options):
    """That of one parameter: the integral of the partial derivative."""
    if not has_derivative(args[k]):
        return None

    def integrand(t):
        return vjp_of(f, (t, *args), 1.0)[k + 1]

    if np.ndim(args[k]) == 0:
        return y_bar * scipy.integrate.quad(integrand, a, b, **options)[0]
    return y_bar * scipy.integrate.quad_vec(integrand, a, b)[0]


@jvp(scipy.integrate.quad)
def quad_jvp(dots, y, f, a, b, args=(), **options):
    _, a_dot, b_dot, *more = dots
    total = 0.0
    if len(args):
        args_dot = more[0]

        def integrand(t):
            dot = jvp_of(f, (t, *args), (None, *args_dot))
            return 0.0 if dot is None else dot

        total = scipy.integrate.quad(integrand, a, b, **options)[0]
    if a_dot is not None:
        total = total - a_dot * f(a, *args)
    if b_dot is not None:
        total = total + b_dot * f(b, *args)
    return total, None


# -- of an array -------------------------------------------------------------------------------------


def vector_integral(f, a, b, args):
    """The integral of a function whose values are arrays, and an estimate of its error."""
    return scipy.integrate.quad_vec(f, a, b, args=args)


@calls_back(scipy.integrate.quad_vec)
def quad_vec(f, a, b, args=(), **options):
    refuse_if(len(options), "scipy.integrate.quad_vec with options")
    f, params = as_function(f, (0.5,), args)
    return vector_integral(f, a, b, params)


@type_rule(vector_integral)
def vector_integral_type(f, a, b, args) -> Types:
    t = f.value.results[0].type
    if isinstance(t, (Array, Scalar)) and t.dtype.kind == "f":
        return t, FLOAT
    cannot_tell()


@vjp(vector_integral)
def vector_integral_vjp(y_bars, y, f, a, b, args):
    y_bar = y_bars[0]
    bars = tuple(vector_cotangent_of(k, y_bar, f, a, b, args) for k in range(len(args)))
    return None, -np.sum(y_bar * f(a, *args)), np.sum(y_bar * f(b, *args)), bars


def vector_cotangent_of(k, y_bar, f, a, b, args):
    if not has_derivative(args[k]):
        return None

    def integrand(t):
        return vjp_of(f, (t, *args), y_bar)[k + 1]

    return scipy.integrate.quad_vec(integrand, a, b)[0]


@jvp(vector_integral)
def vector_integral_jvp(dots, y, f, a, b, args):
    _, a_dot, b_dot, args_dot = dots
    total = np.zeros_like(y[0])
    if len(args):

        def integrand(t):
            dot = jvp_of(f, (t, *args), (None, *args_dot))
            return total if dot is None else dot

        total = scipy.integrate.quad_vec(integrand, a, b)[0]
    if a_dot is not None:
        total = total - a_dot * f(a, *args)
    if b_dot is not None:
        total = total + b_dot * f(b, *args)
    return total, None
