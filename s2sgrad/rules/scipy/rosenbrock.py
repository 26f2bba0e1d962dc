"""Rosenbrock's function, its gradient and its Hessian, as SciPy's tests of optimisers have them."""

from __future__ import annotations

import numpy as np
import scipy.optimize

from s2sgrad.rules.functions import jvp_of, vjp_of
from s2sgrad.rules.table import jvp, vjp


@vjp(scipy.optimize.rosen)
def rosen_vjp(y_bar, y, x):
    """Of each column, where there are several."""
    return y_bar * scipy.optimize.rosen_der(x)


@jvp(scipy.optimize.rosen)
def rosen_jvp(dots, y, x):
    return np.sum(scipy.optimize.rosen_der(x) * dots[0], axis=0)


def gradient(x):
    """What ``rosen_der`` computes."""
    slope = 200.0 * (x[1:] - x[:-1] ** 2)
    zero = np.zeros_like(x[:1])
    inner = np.concatenate([-2.0 * slope * x[:-1] - 2.0 * (1.0 - x[:-1]), zero], 0)
    return inner + np.concatenate([zero, slope], 0)


@vjp(scipy.optimize.rosen_der)
def rosen_der_vjp(y_bar, y, x):
    return vjp_of(gradient, (np.asarray(x),), y_bar)


@jvp(scipy.optimize.rosen_der)
def rosen_der_jvp(dots, y, x):
    return jvp_of(gradient, (np.asarray(x),), (dots[0],))


def hessian(x):
    """What ``rosen_hess`` computes."""
    off = -400.0 * x[:-1]
    one, zero = np.ones_like(x[:1]), np.zeros_like(x[:1])
    first = np.concatenate([1200.0 * x[:-1] ** 2 - 400.0 * x[1:] + 2.0, zero])
    diagonal = first + np.concatenate([zero, 200.0 * np.ones_like(x[1:])]) * one
    return np.diag(diagonal) + np.diag(off, 1) + np.diag(off, -1)


@vjp(scipy.optimize.rosen_hess)
def rosen_hess_vjp(y_bar, y, x):
    return vjp_of(hessian, (np.asarray(x),), y_bar)


@jvp(scipy.optimize.rosen_hess)
def rosen_hess_jvp(dots, y, x):
    return jvp_of(hessian, (np.asarray(x),), (dots[0],))
