"""Distributions of vectors: the normal, Dirichlet's and the multinomial.

SciPy reads the lower triangle of a covariance matrix only, and so does the derivative.
"""

from __future__ import annotations

import numpy as np
import scipy.special as sp
from scipy import stats

from s2sgrad.rules.factorisations import from_triangle, read_triangle
from s2sgrad.rules.table import jvp, static, vjp

COUNT = "a count is an integer"


@static
def require(fulfilled, what):
    if not fulfilled:
        raise NotImplementedError(f"{what} has no derivative rule")


def check_normal(mean, cov):
    require(
        np.ndim(mean) == 1 and np.ndim(cov) == 2, "multivariate_normal without a mean vector and a covariance matrix"
    )


def residuals(x, mean, cov):
    """The symmetric covariance matrix, and ``x - mean`` divided by it (from the left)."""
    sigma = from_triangle(cov, "L")
    return sigma, np.linalg.solve(sigma, (x - mean).T).T


def normal_adjoint(y_bar, x, mean, cov):
    """K. B. Petersen and M. S. Pedersen, *The Matrix Cookbook* (2012), (8.3)."""
    check_normal(mean, cov)
    sigma, s = residuals(x, mean, cov)
    if np.ndim(x) == 1:
        x_bar = -y_bar * s
        weighted = y_bar * np.outer(s, s)
    else:
        x_bar = -np.expand_dims(y_bar, -1) * s
        weighted = -x_bar.T @ s
    cov_bar = 0.5 * (weighted - np.sum(y_bar) * np.linalg.inv(sigma))
    mean_bar = -x_bar if np.ndim(x) == 1 else -np.sum(x_bar, axis=0)
    return x_bar, mean_bar, read_triangle(cov_bar, "L")


def normal_tangent(dots, x, mean, cov):
    check_normal(mean, cov)
    sigma, s = residuals(x, mean, cov)
    x_dot, mean_dot, cov_dot = dots[0], dots[1], dots[2]
    total = None if x_dot is None else -np.sum(s * x_dot, axis=-1)
    if mean_dot is not None:
        change = np.sum(s * mean_dot, axis=-1)
        total = change if total is None else total + change
    if cov_dot is not None:
        sigma_dot = from_triangle(cov_dot, "L")
        change = 0.5 * (np.sum(s * (s @ sigma_dot), axis=-1) - np.trace(np.linalg.solve(sigma, sigma_dot)))
        total = change if total is None else total + change
    return total


@vjp(stats.multivariate_normal.logpdf)
def normal_logpdf_vjp(y_bar, y, x, mean=None, cov=1):
    require(np.ndim(x) in (1, 2), "multivariate_normal of points of higher rank")
    return normal_adjoint(y_bar, x, mean, cov)


@jvp(stats.multivariate_normal.logpdf)
def normal_logpdf_jvp(dots, y, x, mean=None, cov=1):
    return normal_tangent(dots, x, mean, cov)


@vjp(stats.multivariate_normal.pdf)
def normal_pdf_vjp(y_bar, y, x, mean=None, cov=1):
    require(np.ndim(x) in (1, 2), "multivariate_normal of points of higher rank")
    return normal_adjoint(y_bar * y, x, mean, cov)


@jvp(stats.multivariate_normal.pdf)
def normal_pdf_jvp(dots, y, x, mean=None, cov=1):
    return y * normal_tangent(dots, x, mean, cov)


# -- Dirichlet: components along the first axis ----------------------------------------------------


def along_first(alpha, x):
    return np.reshape(alpha, (-1,) + (1,) * (np.ndim(x) - 1))


def dirichlet_slopes(x, alpha):
    """In ``x`` and in ``alpha``, of ``sum(xlogy(alpha - 1, x)) - log B(alpha)``."""
    counts = sp.psi(np.sum(alpha)) - sp.psi(alpha)
    return (along_first(alpha, x) - 1.0) / x, np.log(x) + along_first(counts, x)


def dirichlet_adjoint(y_bar, x, alpha):
    in_x, in_alpha = dirichlet_slopes(x, alpha)
    if np.ndim(x) == 1:
        return y_bar * in_x, y_bar * in_alpha
    return y_bar * in_x, np.sum(y_bar * in_alpha, axis=tuple(range(1, np.ndim(x))))


def dirichlet_tangent(dots, x, alpha):
    in_x, in_alpha = dirichlet_slopes(x, alpha)
    if dots[0] is None:
        return np.sum(in_alpha * along_first(dots[1], x), axis=0)
    total = np.sum(in_x * dots[0], axis=0)
    return total if dots[1] is None else total + np.sum(in_alpha * along_first(dots[1], x), axis=0)


@vjp(stats.dirichlet.logpdf)
def dirichlet_logpdf_vjp(y_bar, y, x, alpha):
    return dirichlet_adjoint(y_bar, x, alpha)


@jvp(stats.dirichlet.logpdf)
def dirichlet_logpdf_jvp(dots, y, x, alpha):
    return dirichlet_tangent(dots, x, alpha)


@vjp(stats.dirichlet.pdf)
def dirichlet_pdf_vjp(y_bar, y, x, alpha):
    return dirichlet_adjoint(y_bar * y, x, alpha)


@jvp(stats.dirichlet.pdf)
def dirichlet_pdf_jvp(dots, y, x, alpha):
    return y * dirichlet_tangent(dots, x, alpha)


# -- multinomial: components along the last axis ---------------------------------------------------


def multinomial_adjoint(y_bar, y, x, n, p):
    """Of probabilities that sum to one. Outside the support the derivative is zero."""
    require(np.ndim(p) == 1, "multinomial of many probability vectors")
    y_bar = np.where(y == -np.inf, 0.0, y_bar)
    slope = np.expand_dims(y_bar, -1) * x / p
    return slope if np.ndim(x) == 1 else np.sum(slope, axis=tuple(range(np.ndim(x) - 1)))


def multinomial_tangent(p_dot, y, x, p):
    require(np.ndim(p) == 1, "multinomial of many probability vectors")
    return np.where(y == -np.inf, 0.0, np.sum(x * p_dot / p, axis=-1))


@static
def refuse_counts(active):
    if active:
        raise NotImplementedError(COUNT)


@vjp(stats.multinomial.logpmf)
def multinomial_logpmf_vjp(y_bar, y, x, n, p):
    return COUNT, COUNT, multinomial_adjoint(y_bar, y, x, n, p)


@jvp(stats.multinomial.logpmf)
def multinomial_logpmf_jvp(dots, y, x, n, p):
    refuse_counts(dots[0] is not None or dots[1] is not None)
    return multinomial_tangent(dots[2], y, x, p)


@vjp(stats.multinomial.pmf)
def multinomial_pmf_vjp(y_bar, y, x, n, p):
    return COUNT, COUNT, multinomial_adjoint(y_bar * y, y, x, n, p)


@jvp(stats.multinomial.pmf)
def multinomial_pmf_jvp(dots, y, x, n, p):
    refuse_counts(dots[0] is not None or dots[1] is not None)
    return y * multinomial_tangent(dots[2], y, x, p)
