"""``scipy.optimize``: solutions by the implicit function theorem.

Where ``f(x, p) = 0``, the solution changes by ``dx = -(df/dx)⁻¹ (df/dp) dp``: one equation with the Jacobian, at the
solution that SciPy found. A minimum is a root of the gradient; its value has the derivative of the function at a fixed
place (the envelope theorem). What a solution does not depend on, as long as it is the same one, has the derivative zero:
the starting point, the bracket. The error of these derivatives is of the size of the error of the solution.
"""

from __future__ import annotations

import numpy as np
import scipy.optimize

from s2sgrad.ir.shapes.table import Types, array_of, type_rule
from s2sgrad.ir.types import FLOAT, OBJECT, Array, Scalar
from s2sgrad.rules.functions import as_function, is_function, jacobian_of, jvp_of, vector_like, vjp_of
from s2sgrad.rules.scipy.factorisations import refuse_if
from s2sgrad.rules.table import calls_back, jvp, linear, nondiff, vjp

# -- roots of functions of a number ------------------------------------------------------------------


def scaled(bars, factor):
    return tuple(None if bar is None else bar * factor for bar in bars)


def cotangents_at_root(f, x, x_bar, args):
    """Of the parameters, at a root that is a number."""
    slope, *bars = vjp_of(f, (x, *args), 1.0)
    return scaled(bars, -x_bar / slope)


def tangent_at_root(f, x, args, args_dot):
    slope = vjp_of(f, (x, *args), 1.0)[0]
    dot = jvp_of(f, (x, *args), (None, *args_dot))
    return np.zeros_like(x) if dot is None else -dot / slope


def bracketed(solver):
    """How a solver that starts from a bracket is lowered and differentiated."""

    @calls_back(solver)
    def definition(f, a, b, args=(), full_output=False, **options):
        refuse_if(full_output, "full_output")
        f, params = as_function(f, (0.5,), args)
        return solver(f, a, b, params, **options)

    type_rule(solver)(lambda *_, **__: FLOAT)

    @vjp(solver)
    def in_reverse(x_bar, x, f, a, b, args=(), **options):
        return None, None, None, cotangents_at_root(f, x, x_bar, args)

    @jvp(solver)
    def forward(dots, x, f, a, b, args=(), **options):
        return tangent_at_root(f, x, args, dots[3] if len(dots) > 3 else ())


bracketed(scipy.optimize.brentq)
bracketed(scipy.optimize.brenth)
bracketed(scipy.optimize.bisect)
bracketed(scipy.optimize.ridder)
bracketed(scipy.optimize.toms748)
