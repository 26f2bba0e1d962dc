"""The exponential, the logarithm, the square root, and trigonometric functions of a matrix.

The Fréchet derivative of a function of a matrix stands in the corner of that function of a block triangular matrix,
and its adjoint is the derivative at the transpose: A. Al-Mohy and N. Higham, *Computing the Fréchet derivative of the
matrix exponential, with an application to condition number estimation* (2009); N. Higham, *Functions of Matrices*
(2008), section 3.2.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg

from s2sgrad.rules.factorisations import real_like
from s2sgrad.rules.linalg import transposed
from s2sgrad.rules.scipy.refusals import refuse_if
from s2sgrad.rules.table import jvp, vjp


def block_triangular(a, e):
    """``[[a, e], [0, a]]``."""
    above = np.concatenate([a, e], 1)
    return np.concatenate([above, np.concatenate([np.zeros_like(a), a], 1)], 0)


@vjp(scipy.linalg.expm)
def expm_vjp(y_bar, y, a):
    return scipy.linalg.expm_frechet(transposed(a), y_bar, compute_expm=False)


@jvp(scipy.linalg.expm)
def expm_jvp(dots, y, a):
    return scipy.linalg.expm_frechet(a, dots[0], compute_expm=False)


@vjp(scipy.linalg.expm_frechet)
def expm_frechet_vjp(y_bars, y, a, e, method=None, compute_expm=True, check_finite=True):
    """Of the exponential, and of the derivative: that of the exponential of the block matrix."""
    y_bar, of_derivative = y_bars if compute_expm else (None, y_bars)
    a_bar, e_bar = None, None
    if y_bar is not None:
        a_bar = scipy.linalg.expm_frechet(a.T, y_bar, compute_expm=False)
    if of_derivative is not None:
        n = np.shape(a)[0]
        inner = np.zeros_like(of_derivative)
        corner = np.concatenate([np.concatenate([inner, of_derivative], 1), np.concatenate([inner, inner], 1)], 0)
        bars = scipy.linalg.expm_frechet(block_triangular(a, e).T, corner, compute_expm=False)
        change = bars[:n, :n] + bars[n:, n:]
        a_bar = change if a_bar is None else a_bar + change
        e_bar = bars[:n, n:]
    return a_bar, e_bar


@jvp(scipy.linalg.expm_frechet)
def expm_frechet_jvp(dots, y, a, e, method=None, compute_expm=True, check_finite=True):
    a_dot, e_dot = dots
    a_dot = np.zeros_like(a) if a_dot is None else a_dot
    e_dot = np.zeros_like(e) if e_dot is None else e_dot
    n = np.shape(a)[0]
    y_dot = scipy.linalg.expm_frechet(block_triangular(a, e), block_triangular(a_dot, e_dot), compute_expm=False)
    return (y_dot[:n, :n], y_dot[:n, n:]) if compute_expm else y_dot[:n, n:]


@vjp(scipy.linalg.logm)
def logm_vjp(y_bar, y, a):
    return real_like(log_derivative(a.T, y_bar), a)


@jvp(scipy.linalg.logm)
def logm_jvp(dots, y, a):
    return log_derivative(a, dots[0])


def log_derivative(a, e):
    n = np.shape(a)[0]
    return scipy.linalg.logm(block_triangular(a, e))[:n, n:]


@vjp(scipy.linalg.sqrtm)
def sqrtm_vjp(y_bar, y, a):
    """The root of a change solves a Sylvester equation with the root on both sides."""
    return real_like(scipy.linalg.solve_sylvester(y.T, y.T, y_bar), a)


@jvp(scipy.linalg.sqrtm)
def sqrtm_jvp(dots, y, a):
    return scipy.linalg.solve_sylvester(y, y, dots[0])


# -- trigonometric and hyperbolic functions: of exponentials, of real matrices ------------------------


def exponential_derivative(a, e):
    return scipy.linalg.expm_frechet(a, e, compute_expm=False)


def cosine_derivative(a, e):
    refuse_if(np.iscomplexobj(a), "scipy.linalg.cosm of complex matrices")
    return np.real(exponential_derivative(1j * a, 1j * e))


def sine_derivative(a, e):
    refuse_if(np.iscomplexobj(a), "scipy.linalg.sinm of complex matrices")
    return np.imag(exponential_derivative(1j * a, 1j * e))


@vjp(scipy.linalg.cosm)
def cosm_vjp(y_bar, y, a):
    return cosine_derivative(a.T, y_bar)


@jvp(scipy.linalg.cosm)
def cosm_jvp(dots, y, a):
    return cosine_derivative(a, dots[0])


@vjp(scipy.linalg.sinm)
def sinm_vjp(y_bar, y, a):
    return sine_derivative(a.T, y_bar)


@jvp(scipy.linalg.sinm)
def sinm_jvp(dots, y, a):
    return sine_derivative(a, dots[0])


@vjp(scipy.linalg.coshm)
def coshm_vjp(y_bar, y, a):
    return 0.5 * (exponential_derivative(a.T, y_bar) - exponential_derivative(-a.T, y_bar))


@jvp(scipy.linalg.coshm)
def coshm_jvp(dots, y, a):
    return 0.5 * (exponential_derivative(a, dots[0]) - exponential_derivative(-a, dots[0]))


@vjp(scipy.linalg.sinhm)
def sinhm_vjp(y_bar, y, a):
    return 0.5 * (exponential_derivative(a.T, y_bar) + exponential_derivative(-a.T, y_bar))


@jvp(scipy.linalg.sinhm)
def sinhm_jvp(dots, y, a):
    return 0.5 * (exponential_derivative(a, dots[0]) + exponential_derivative(-a, dots[0]))
