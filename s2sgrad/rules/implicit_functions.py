"""Derivatives of what an equation defines: the implicit function theorem at a solution that has been found.

Where ``f(x, p) = 0``, the solution changes by ``dx = -(df/dx)⁻¹ (df/dp) dp``; where ``x = f(x, p)``, it changes by
``dx = (I - df/dx)⁻¹ (df/dp) dp``. So a derivative costs one linear equation, however the solution was found; its error
is of the size of the solution's.

``x`` is a number or a vector. The Jacobian is made whole, unless the caller says that there are many unknowns: then the
equation is solved by products with it only (:func:`solved`).
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from s2sgrad.errors import MissingExtra, NotConverged
from s2sgrad.ir.shapes.table import Types, array_of, type_rule
from s2sgrad.ir.types import Array
from s2sgrad.rules.functions import as_function, jacobian_of, jvp_of, vjp_of
from s2sgrad.rules.table import calls_back, jvp, static, vjp

# -- roots: f(x, *args) = 0 ----------------------------------------------------------------------------


def cotangents_at_root(f: Any, x: Any, x_bar: Any, args: Any) -> Any:
    """Of the parameters, from that of the root."""
    if np.ndim(x) == 0:
        slope, *bars = vjp_of(f, (x, *args), 1.0)
        return tuple(None if bar is None else bar * (-x_bar / slope) for bar in bars)
    jacobian = jacobian_of(f, (x, *args), 0)
    _, *bars = vjp_of(f, (x, *args), -np.linalg.solve(jacobian.T, x_bar))
    return tuple(bars)


def tangent_at_root(f: Any, x: Any, args: Any, args_dot: Any) -> Any:
    """Of the root, from those of the parameters; None if no parameter has one."""
    dot = jvp_of(f, (x, *args), (None, *args_dot))
    if dot is None:
        return np.zeros_like(x)
    if np.ndim(x) == 0:
        return -dot / vjp_of(f, (x, *args), 1.0)[0]
    return -np.linalg.solve(jacobian_of(f, (x, *args), 0), dot)


def cotangents_at_large_root(f: Any, x: Any, x_bar: Any, args: Any) -> Any:
    """The same, for many unknowns."""
    times, times_transposed = jacobian(f, x, args)
    _, *bars = vjp_of(f, (x, *args), -solution(times_transposed, times, x_bar))
    return tuple(bars)


def tangent_at_large_root(f: Any, x: Any, args: Any, args_dot: Any) -> Any:
    dot = jvp_of(f, (x, *args), (None, *args_dot))
    if dot is None:
        return np.zeros_like(x)
    times, times_transposed = jacobian(f, x, args)
    return -solution(times, times_transposed, dot)


# -- fixed points: x = f(x, *args) ---------------------------------------------------------------------


def cotangents_at_fixed_point(f: Any, x: Any, x_bar: Any, args: Any) -> Any:
    """Of the parameters, from that of the fixed point."""
    if np.ndim(x) == 0:
        slope, *bars = vjp_of(f, (x, *args), 1.0)
        factor = x_bar / (1.0 - slope)
        return tuple(None if bar is None else bar * factor for bar in bars)
    jacobian = jacobian_of(f, (x, *args), 0)
    _, *bars = vjp_of(f, (x, *args), np.linalg.solve(identity(x) - jacobian.T, x_bar))
    return tuple(bars)


def identity(x):
    """The unit matrix, of the precision of ``x``."""
    return np.eye(np.size(x)) if x.dtype == np.float64 else np.eye(np.size(x), dtype=x.dtype)


def tangent_at_fixed_point(f: Any, x: Any, args: Any, args_dot: Any) -> Any:
    """Of the fixed point, from those of the parameters."""
    dot = jvp_of(f, (x, *args), (None, *args_dot))
    if dot is None:
        return np.zeros_like(x)
    if np.ndim(x) == 0:
        return dot / (1.0 - vjp_of(f, (x, *args), 1.0)[0])
    return np.linalg.solve(identity(x) - jacobian_of(f, (x, *args), 0), dot)


def cotangents_at_large_fixed_point(f: Any, x: Any, x_bar: Any, args: Any) -> Any:
    """The same, for many unknowns."""
    equation, equation_transposed = _equation(f, x, args)
    _, *bars = vjp_of(f, (x, *args), solution(equation_transposed, equation, x_bar))
    return tuple(bars)


def tangent_at_large_fixed_point(f: Any, x: Any, args: Any, args_dot: Any) -> Any:
    dot = jvp_of(f, (x, *args), (None, *args_dot))
    if dot is None:
        return np.zeros_like(x)
    equation, equation_transposed = _equation(f, x, args)
    return solution(equation, equation_transposed, dot)


def _equation(f, x, args):
    """``v -> (I - df/dx) v``, and its transpose."""
    times, times_transposed = jacobian(f, x, args)

    def equation(v):
        return v - times(v)

    def transposed(v):
        return v - times_transposed(v)

    return equation, transposed


# -- linear equations by products ----------------------------------------------------------------------


@static
def _nones(count):
    return (None,) * count


def jacobian(f, x, args):
    """``v -> (df/dx) v``, and its transpose."""

    def jacobian_times(v):
        return jvp_of(f, (x, *args), (v, *_nones(len(args))))

    def transposed_times(v):
        return vjp_of(f, (x, *args), v)[0]

    return jacobian_times, transposed_times


def solution(apply, transposed, b):
    """The solution of ``apply(w) = b``; ``transposed``: the transpose of that linear function."""
    raise NotImplementedError("this function is known to the compiler only")


@calls_back(solution)
def solution_definition(apply, transposed, b):
    (apply, transposed), params = as_function((apply, transposed), (b,))
    return solved(apply, transposed, b, params)


def solved(apply, transposed, b, args):
    """The solution of ``apply(w, *args) = b``, from products with the matrix."""
    try:
        sparse = importlib.import_module("scipy.sparse.linalg")
    except ImportError:
        what = f"derivatives of solutions with {b.size} unknowns, or with derivative='iterative', need SciPy"
        raise MissingExtra(what, "pip install scipy, or say derivative='dense'") from None
    operator = sparse.LinearOperator((b.size, b.size), lambda w: apply(w, *args), dtype=b.dtype)
    tol = 1e-12 if b.dtype == np.float64 else 1e-5
    w, failed = sparse.gmres(operator, b, rtol=tol, restart=min(b.size, 100), maxiter=100)
    if failed:
        raise NotConverged(
            f"the linear equation for a derivative was not solved: GMRES has not reached its tolerance of {tol}",
            'if the unknowns are not too many for a dense Jacobian, say derivative="dense"',
        )
    return w


@type_rule(solved)
def solved_type(apply, transposed, b, args) -> Types:
    right = array_of(b)
    return Array(right.dtype, right.shape)


@vjp(solved)
def solved_vjp(w_bar, w, apply, transposed, b, args):
    b_bar = solved(transposed, apply, w_bar, args)
    _, *bars = vjp_of(apply, (w, *args), -b_bar)
    return None, None, b_bar, tuple(bars)


@jvp(solved)
def solved_jvp(dots, w, apply, transposed, b, args):
    dot = jvp_of(apply, (w, *args), (None, *dots[3]))
    if dot is None:
        return solved(apply, transposed, dots[2], args)
    return solved(apply, transposed, -dot if dots[2] is None else dots[2] - dot, args)
