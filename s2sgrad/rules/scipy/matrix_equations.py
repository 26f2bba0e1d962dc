"""Sylvester and Lyapunov equations: the adjoint of a linear equation is one solve with the transposes."""

from __future__ import annotations

import numpy as np
import scipy.linalg

from s2sgrad.rules.linalg import adjoint
from s2sgrad.rules.table import jvp, vjp


@vjp(scipy.linalg.solve_sylvester)
def solve_sylvester_vjp(x_bar, x, a, b, q):
    q_bar = scipy.linalg.solve_sylvester(a.T, b.T, x_bar)
    return -q_bar @ x.T, -x.T @ q_bar, q_bar


@jvp(scipy.linalg.solve_sylvester)
def solve_sylvester_jvp(dots, x, a, b, q):
    a_dot, b_dot, change = dots
    if a_dot is not None:
        change = -(a_dot @ x) if change is None else change - a_dot @ x
    if b_dot is not None:
        change = -(x @ b_dot) if change is None else change - x @ b_dot
    return scipy.linalg.solve_sylvester(a, b, change)


@vjp(scipy.linalg.solve_continuous_lyapunov, scipy.linalg.solve_lyapunov)
def solve_continuous_lyapunov_vjp(x_bar, x, a, q):
    q_bar = scipy.linalg.solve_continuous_lyapunov(a.T, x_bar)
    return -q_bar @ x.T - np.conj(q_bar.T @ x), q_bar


@jvp(scipy.linalg.solve_continuous_lyapunov, scipy.linalg.solve_lyapunov)
def solve_continuous_lyapunov_jvp(dots, x, a, q):
    a_dot, change = dots
    if a_dot is not None:
        turned = a_dot @ x + x @ adjoint(a_dot)
        change = -turned if change is None else change - turned
    return scipy.linalg.solve_continuous_lyapunov(a, change)


@vjp(scipy.linalg.solve_discrete_lyapunov)
def solve_discrete_lyapunov_vjp(x_bar, x, a, q, method=None):
    q_bar = scipy.linalg.solve_discrete_lyapunov(a.T, x_bar, method)
    return q_bar @ np.conj(a) @ x.T + np.conj(q_bar.T @ a @ x), q_bar


@jvp(scipy.linalg.solve_discrete_lyapunov)
def solve_discrete_lyapunov_jvp(dots, x, a, q, method=None):
    a_dot, change = dots[0], dots[1]
    if a_dot is not None:
        turned = a_dot @ x @ adjoint(a) + a @ x @ adjoint(a_dot)
        change = turned if change is None else change + turned
    return scipy.linalg.solve_discrete_lyapunov(a, change, method)
