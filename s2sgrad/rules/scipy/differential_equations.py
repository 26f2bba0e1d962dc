"""``odeint`` and ``solve_ivp``: derivatives by the forward sensitivity equations.

The derivative of ``y(t)`` in a direction solves the linearised equation: in forward mode for the one direction of the
tangents, in reverse mode for all initial values and parameters at once. It is integrated together with ``y``, by the
same solver at the same tolerances, so that its error is of the size that they ask for; the solver's own choice of steps
is not differentiated. (E. Hairer, S. Nørsett and G. Wanner, *Solving Ordinary Differential Equations I*, section I.14.)
"""

from __future__ import annotations

import numpy as np
import scipy.integrate

from s2sgrad.ir.primitives import additem, setitem
from s2sgrad.ir.shapes.table import Types, array_of, type_rule
from s2sgrad.ir.types import OBJECT, Array, Dim
from s2sgrad.rules.functions import as_function, has_derivative, jacobian_of, jvp_of, vector_like
from s2sgrad.rules.scipy.refusals import refuse_if
from s2sgrad.rules.scipy.results import Report
from s2sgrad.rules.table import calls_back, jvp, nondiff, static, vjp

# -- the equations: ``slope(y, t, *args)`` is the right-hand side ------------------------------------


def tangent_system(slope, n, args, args_dot):
    """The right-hand side for ``y`` with its tangent behind it."""

    def rate(z, t):
        y, y_dot = z[:n], z[n:]
        return np.concatenate([slope(y, t, *args), jvp_of(slope, (y, t, *args), (y_dot, None, *args_dot))])

    return rate


def sensitivity_system(slope, n, args):
    """The right-hand side for ``y`` with its derivatives in the initial values and in the parameters behind it."""

    def rate(z, t):
        y, s = z[:n], np.reshape(z[n:], (n, -1))
        columns = [np.zeros((n, n))]
        for k in range(len(args)):
            if has_derivative(args[k]):
                columns.append(np.reshape(jacobian_of(slope, (y, t, *args), k + 2), (n, -1)))
        s_dot = jacobian_of(slope, (y, t, *args), 0) @ s + np.concatenate(columns, 1)
        return np.concatenate([slope(y, t, *args), np.ravel(s_dot)])

    return rate


def with_sensitivities(y0, args):
    """The initial values of that system."""
    columns = [np.eye(np.size(y0))]
    for k in range(len(args)):
        if has_derivative(args[k]):
            columns.append(np.zeros((np.size(y0), np.size(args[k]))))
    return np.concatenate([y0, np.ravel(np.concatenate(columns, 1))])


def cotangents_of(total, n, args):
    """The cotangents of the parameters, out of those of all that the solution depends on, in one row."""
    bars, first = [], n
    for k in range(len(args)):
        if has_derivative(args[k]):
            bars.append(np.reshape(total[first : first + np.size(args[k])], np.shape(args[k])))
            first = first + np.size(args[k])
        else:
            bars.append(None)
    return tuple(bars)


def vector(y0):
    return np.ravel(np.asarray(y0, dtype=float))


def slopes(slope, y, t, args):
    """The right-hand side at each of the times."""
    found = np.zeros_like(y)
    for i in range(np.shape(t)[0]):
        found = setitem(found, i, slope(y[i], t[i], *args))
    return found


def tangent_of_start(slope, y0, y0_dot, t0, t0_dot, args):
    start = np.zeros_like(y0) if y0_dot is None else vector(y0_dot)
    return start if t0_dot is None else start - slope(y0, t0, *args) * t0_dot


# -- odeint ----------------------------------------------------------------------------------------


@calls_back(scipy.integrate.odeint)
def odeint(func, y0, t, args=(), Dfun=None, full_output=False, tfirst=False, **options):
    refuse_if(Dfun is not None or full_output, "scipy.integrate.odeint with Dfun or full_output")
    refuse_if(np.iscomplexobj(np.asarray(y0)), "scipy.integrate.odeint of complex numbers")
    examples = (0.5, vector_like(y0)) if tfirst else (vector_like(y0), 0.5)
    func, params = as_function(func, examples, args)
    return scipy.integrate.odeint(func, y0, t, params, tfirst=tfirst, **options)


@type_rule(scipy.integrate.odeint)
def odeint_type(f, y0, t, args=(), **_) -> Types:
    start, times = array_of(y0), array_of(t)
    n = start.shape[0] if start.ndim else 1
    return Array(np.dtype(float), (times.shape[0], n))


def slope_of(f, tfirst):
    def slope(y, t, *args):
        return np.ravel(np.asarray(f(t, y, *args) if tfirst else f(y, t, *args)))

    return slope


@vjp(scipy.integrate.odeint)
def odeint_vjp(y_bar, y, f, y0, t, args=(), tfirst=False, **options):
    start, slope = vector(y0), slope_of(f, tfirst)
    n = np.size(start)
    z = scipy.integrate.odeint(sensitivity_system(slope, n, args), with_sensitivities(start, args), t, **options)
    sensitivities = np.reshape(z[:, n:], (np.shape(t)[0], n, -1))
    total = np.einsum("ti,tik->k", y_bar, sensitivities)
    t_bar = np.sum(y_bar * slopes(slope, y, t, args), 1)
    t_bar = additem(t_bar, 0, -np.sum(total[:n] * slope(start, t[0], *args)))
    return None, np.reshape(total[:n], np.shape(y0)), t_bar, cotangents_of(total, n, args)


@jvp(scipy.integrate.odeint)
def odeint_jvp(dots, y, f, y0, t, args=(), tfirst=False, **options):
    start, slope = vector(y0), slope_of(f, tfirst)
    n = np.size(start)
    args_dot = dots[3] if len(dots) > 3 else ()
    first = tangent_of_start(slope, start, dots[1], t[0], None if dots[2] is None else dots[2][0], args)
    z = scipy.integrate.odeint(tangent_system(slope, n, args, args_dot), np.concatenate([start, first]), t, **options)
    y_dot = z[:, n:]
    if dots[2] is not None:
        y_dot = y_dot + slopes(slope, y, t, args) * np.expand_dims(dots[2], 1)
    return y_dot


# -- solve_ivp -------------------------------------------------------------------------------------


nondiff(scipy.integrate.solve_ivp)
type_rule(scipy.integrate.solve_ivp)(lambda *_, **__: OBJECT)


class Trajectory(Report):
    """What ``solve_ivp`` returns."""

    def __init__(self, found, t, y):
        self.found = found
        self.t = t
        self.y = y


@calls_back(scipy.integrate.solve_ivp)
def solve_ivp(
    fun, t_span, y0, method="RK45", t_eval=None, dense_output=False, events=None, vectorized=False, args=None, **options
):
    refuse_if(dense_output or events is not None or vectorized, "scipy.integrate.solve_ivp with events or dense_output")
    refuse_if("jac" in options, "scipy.integrate.solve_ivp with jac")
    refuse_if(np.iscomplexobj(np.asarray(y0)), "scipy.integrate.solve_ivp of complex numbers")
    fun, params = as_function(fun, (0.5, vector_like(y0)), () if args is None else args)
    found = scipy.integrate.solve_ivp(fun, t_span, y0, method, t_eval, args=params, **options)
    y = trajectory(found, fun, (t_span[0], t_span[1]), y0, t_eval, params, method, **options)
    if t_eval is None:
        return Trajectory(found, chosen_times(found, (t_span[0], t_span[1]), y0, params), y)
    return Trajectory(found, requested_times(found, t_eval), y)


def trajectory(found, f, t_span, y0, t_eval, args, method, **options):
    """The solution at the times, where it reaches all of them."""
    if not found.success:
        raise RuntimeError(found.message)
    return found.y


def requested_times(found, t_eval):
    return found.t


def chosen_times(found, t_span, y0, args):
    return found.t


@type_rule(trajectory)
def trajectory_type(found, f, t_span, y0, t_eval, args, method, **_) -> Types:
    start = array_of(y0)
    try:
        times = array_of(t_eval).shape[0]
    except Exception:
        times = Dim(object())
    return Array(np.dtype(float), (start.shape[0], times))


@type_rule(requested_times)
def requested_times_type(found, t_eval) -> Types:
    return Array(np.dtype(float), array_of(t_eval).shape)


@type_rule(chosen_times)
def chosen_times_type(found, t_span, y0, args) -> Types:
    return Array(np.dtype(float), (Dim(object()),))


@vjp(requested_times)
def requested_times_vjp(t_bar, t, found, t_eval):
    return None, t_bar


@jvp(requested_times)
def requested_times_jvp(dots, t, found, t_eval):
    return np.asarray(dots[1])


@static
def refuse_steps():
    raise NotImplementedError(
        "the steps that scipy.integrate.solve_ivp chooses (give it t_eval) have a derivative that"
    )


@vjp(chosen_times)
def chosen_times_vjp(t_bar, t, found, t_span, y0, args):
    refuse_steps()


@jvp(chosen_times)
def chosen_times_jvp(dots, t, found, t_span, y0, args):
    refuse_steps()


def ivp_slope_of(f):
    def slope(y, t, *args):
        return np.ravel(np.asarray(f(t, y, *args)))

    return slope


def integrated(rate, t_span, z0, method, times, options):
    """The solution of ``z' = rate(z, t)`` at times, one in each row."""
    return scipy.integrate.solve_ivp(lambda t, z: rate(z, t), t_span, z0, method, times, **options).y.T


def ends_only(y_bar):
    """The cotangent of a solution at steps that the solver chose, where only its ends are read."""
    if np.any(y_bar[:, 1:-1]):
        raise ValueError("solve_ivp was differentiated at times that it chose itself: request them with t_eval=")
    return y_bar


@type_rule(ends_only)
def ends_only_type(y_bar) -> Types:
    return array_of(y_bar)


@vjp(ends_only)
def ends_only_vjp(bar, y, y_bar):
    return bar


@jvp(ends_only)
def ends_only_jvp(dots, y, y_bar):
    return dots[0]


@vjp(trajectory)
def trajectory_vjp(y_bar, y, found, f, t_span, y0, t_eval, args, method, **options):
    start, slope = vector(y0), ivp_slope_of(f)
    n = np.size(start)
    rate, z0 = sensitivity_system(slope, n, args), with_sensitivities(start, args)
    if t_eval is None:
        y_bar = ends_only(y_bar)
        last = y_bar[:, -1]
        z = integrated(rate, t_span, z0, method, np.reshape(t_span[1], (1,)), options)
        total = last @ np.reshape(z[0, n:], (n, -1))
        t_bars = (-np.sum(total[:n] * slope(start, t_span[0], *args)), np.sum(last * slope(y[:, -1], t_span[1], *args)))
        y0_bar = total[:n] + y_bar[:, 0]
        return None, None, t_bars, np.reshape(y0_bar, np.shape(y0)), None, cotangents_of(total, n, args)
    z = integrated(rate, t_span, z0, method, t_eval, options)
    total = np.einsum("it,tik->k", y_bar, np.reshape(z[:, n:], (np.shape(t_eval)[0], n, -1)))
    t_bar = np.sum(y_bar * slopes(slope, y.T, t_eval, args).T, 0)
    t_bars = (-np.sum(total[:n] * slope(start, t_span[0], *args)), None)
    return None, None, t_bars, np.reshape(total[:n], np.shape(y0)), t_bar, cotangents_of(total, n, args)


@jvp(trajectory)
def trajectory_jvp(dots, y, found, f, t_span, y0, t_eval, args, method, **options):
    _, _, (t0_dot, t1_dot), y0_dot, t_dot, args_dot, *_ = dots
    start, slope = vector(y0), ivp_slope_of(f)
    n = np.size(start)
    first = tangent_of_start(slope, start, y0_dot, t_span[0], t0_dot, args)
    rate, z0 = tangent_system(slope, n, args, args_dot), np.concatenate([start, first])
    if t_eval is None:
        z = integrated(rate, t_span, z0, method, np.reshape(t_span[1], (1,)), options)
        y_dot = setitem(np.full_like(y, np.nan), (slice(None), 0), np.zeros_like(start) if y0_dot is None else y0_dot)
        last = z[0, n:]
        if t1_dot is not None:
            last = last + slope(y[:, -1], t_span[1], *args) * t1_dot
        return setitem(y_dot, (slice(None), -1), last)
    z = integrated(rate, t_span, z0, method, t_eval, options)
    y_dot = z[:, n:].T
    if t_dot is not None:
        y_dot = y_dot + slopes(slope, y.T, t_eval, args).T * t_dot
    return y_dot
