"""Continuous distributions (Johnson, Kotz and Balakrishnan, *Continuous Univariate Distributions*, 1994).

For each: the logarithm of the standard density, its derivatives in the variable and in the shape parameters, and those
of the distribution function in the shape parameters divided by the density, where they have a closed form.
"""

from __future__ import annotations

import math

import numpy as np
import scipy.special as sp
from scipy import stats

from s2sgrad.rules.scipy.stats.methods import continuous, positive

SHAPE = "the derivative of this distribution function in its shape has no closed form"


def no_slope(z, shape):
    return (SHAPE,)


def quotient(a, z):
    """``a / z``, zero where both are."""
    return a / np.where((a == 0.0) & (z == 0.0), 1.0, z)


# -- on the whole line -----------------------------------------------------------------------------


def norm(z):
    return -0.5 * z * z - 0.5 * math.log(2.0 * np.pi)


def norm_score(z):
    return -z


continuous(stats.norm, 0, norm, norm_score)


def cauchy(z):
    return -math.log(np.pi) - np.log1p(z * z)


def cauchy_score(z):
    return -2.0 * z / (1.0 + z * z)


continuous(stats.cauchy, 0, cauchy, cauchy_score)


def laplace(z):
    return -np.abs(z) - math.log(2.0)


def laplace_score(z):
    return -np.sign(z)


continuous(stats.laplace, 0, laplace, laplace_score)


def logistic(z):
    return -np.abs(z) - 2.0 * np.log1p(np.exp(-np.abs(z)))


def logistic_score(z):
    return -np.tanh(0.5 * z)


continuous(stats.logistic, 0, logistic, logistic_score)


def gumbel_r(z):
    return -z - np.exp(-z)


def gumbel_r_score(z):
    return np.exp(-z) - 1.0


continuous(stats.gumbel_r, 0, gumbel_r, gumbel_r_score)


def gumbel_l(z):
    return z - np.exp(z)


def gumbel_l_score(z):
    return 1.0 - np.exp(z)


continuous(stats.gumbel_l, 0, gumbel_l, gumbel_l_score)


def t(z, df):
    return -0.5 * (df + 1.0) * np.log1p(z * z / df) - sp.betaln(0.5, 0.5 * df) - 0.5 * np.log(df)


def t_score(z, df):
    return -(df + 1.0) * z / (df + z * z)


def t_shape(z, df):
    u = z * z
    change = sp.psi(0.5 * (df + 1.0)) - sp.psi(0.5 * df) - 1.0 / df
    return (0.5 * (change - np.log1p(u / df) + (df + 1.0) * u / (df * (df + u))),)


continuous(stats.t, 1, t, t_score, t_shape, no_slope)


# -- on the positive half line ---------------------------------------------------------------------


def expon(z):
    return -z


def expon_score(z):
    return -np.ones_like(z)


continuous(stats.expon, 0, expon, expon_score, support=positive)


def halfnorm(z):
    return -0.5 * z * z + 0.5 * math.log(2.0 / np.pi)


continuous(stats.halfnorm, 0, halfnorm, norm_score, support=positive)


def halfcauchy(z):
    return math.log(2.0 / np.pi) - np.log1p(z * z)


continuous(stats.halfcauchy, 0, halfcauchy, cauchy_score, support=positive)


def rayleigh(z):
    return np.log(z) - 0.5 * z * z


def rayleigh_score(z):
    return 1.0 / z - z


continuous(stats.rayleigh, 0, rayleigh, rayleigh_score, support=positive)


def gamma(z, a):
    return sp.xlogy(a - 1.0, z) - z - sp.gammaln(a)


def gamma_score(z, a):
    return quotient(a - 1.0, z) - 1.0


def gamma_shape(z, a):
    return (np.log(z) - sp.psi(a),)


continuous(stats.gamma, 1, gamma, gamma_score, gamma_shape, no_slope, positive)


def chi2(z, df):
    return sp.xlogy(0.5 * df - 1.0, z) - 0.5 * z - 0.5 * df * math.log(2.0) - sp.gammaln(0.5 * df)


def chi2_score(z, df):
    return quotient(0.5 * df - 1.0, z) - 0.5


def chi2_shape(z, df):
    return (0.5 * (np.log(0.5 * z) - sp.psi(0.5 * df)),)


continuous(stats.chi2, 1, chi2, chi2_score, chi2_shape, no_slope, positive)


def strictly_positive(z, *shapes):
    return z > 0.0


def invgamma(z, a):
    return -(a + 1.0) * np.log(z) - sp.gammaln(a) - 1.0 / z


def invgamma_score(z, a):
    return (1.0 / z - a - 1.0) / z


def invgamma_shape(z, a):
    return (-np.log(z) - sp.psi(a),)


continuous(stats.invgamma, 1, invgamma, invgamma_score, invgamma_shape, no_slope, strictly_positive)


def lognorm(z, s):
    return -0.5 * (np.log(z) / s) ** 2 - np.log(s * z) - 0.5 * math.log(2.0 * np.pi)


def lognorm_score(z, s):
    return -(1.0 + np.log(z) / (s * s)) / z


def lognorm_shape(z, s):
    return (((np.log(z) / s) ** 2 - 1.0) / s,)


def lognorm_slope(z, s):
    return (-z * np.log(z) / s,)


continuous(stats.lognorm, 1, lognorm, lognorm_score, lognorm_shape, lognorm_slope, strictly_positive)


def weibull_min(z, c):
    return np.log(c) + sp.xlogy(c - 1.0, z) - z**c


def weibull_min_score(z, c):
    return quotient(c - 1.0, z) - c * z ** (c - 1.0)


def weibull_min_shape(z, c):
    return (1.0 / c + np.log(z) * (1.0 - z**c),)


def weibull_min_slope(z, c):
    return (sp.xlogy(z, z) / c,)


continuous(stats.weibull_min, 1, weibull_min, weibull_min_score, weibull_min_shape, weibull_min_slope, positive)


# -- on other intervals ----------------------------------------------------------------------------


def above_one(z, b):
    return z >= 1.0


def pareto(z, b):
    return np.log(b) - (b + 1.0) * np.log(z)


def pareto_score(z, b):
    return -(b + 1.0) / z


def pareto_shape(z, b):
    return (1.0 / b - np.log(z),)


def pareto_slope(z, b):
    return (z * np.log(z) / b,)


continuous(stats.pareto, 1, pareto, pareto_score, pareto_shape, pareto_slope, above_one, 2.0)


def unit(z, *shapes):
    return (z >= 0.0) & (z <= 1.0)


def uniform(z):
    return np.zeros_like(z)


continuous(stats.uniform, 0, uniform, uniform, support=unit)


def beta(z, a, b):
    return sp.xlogy(a - 1.0, z) + sp.xlog1py(b - 1.0, -z) - sp.betaln(a, b)


def beta_score(z, a, b):
    return quotient(a - 1.0, z) - quotient(b - 1.0, 1.0 - z)


def beta_shapes(z, a, b):
    both = sp.psi(a + b)
    return np.log(z) - sp.psi(a) + both, np.log1p(-z) - sp.psi(b) + both


def beta_slopes(z, a, b):
    return SHAPE, SHAPE


continuous(stats.beta, 2, beta, beta_score, beta_shapes, beta_slopes, unit)
