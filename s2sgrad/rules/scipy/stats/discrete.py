"""Discrete distributions (Johnson, Kemp and Kotz, *Univariate Discrete Distributions*, 2005).

Only parameters are differentiated: counts are integers, and quantiles are piecewise constant.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp
from scipy import stats

from s2sgrad.rules.scipy.special.beta import beta_density
from s2sgrad.rules.scipy.special.gamma import gamma_density
from s2sgrad.rules.scipy.special.probability import binomial_slope
from s2sgrad.rules.scipy.stats.methods import Formula, masked, times
from s2sgrad.rules.table import nondiff, partials

COUNT = "a count is an integer"
SHAPE = "the derivative of this distribution function in this parameter has no closed form"


def discrete(distribution: Any, count: int, scores: Formula, slopes: Formula, support: Formula, inner: float) -> None:
    """Register the methods of a distribution of ``count`` parameters.

    ``scores(k, *shapes)``: the derivatives of the logarithm of the probability in the parameters, or reasons;
    ``slopes(k, *shapes)``: those of the distribution function; ``inner``: a point of the support.
    """

    def standard(x, parameters):
        shapes = parameters[:count]
        k = x - parameters[count] if len(parameters) > count else x
        return k, shapes

    def slopes_of_logpmf(x, parameters):
        k, shapes = standard(x, parameters)
        inside = support(k, *shapes) & (k == np.floor(k))
        return COUNT, *masked(inside, scores(np.where(inside, k, inner), *shapes)), COUNT

    def slopes_of_cdf(x, parameters):
        k, shapes = standard(x, parameters)
        k = np.floor(k)
        inside = support(k, *shapes)
        return COUNT, *masked(inside, slopes(np.where(inside, k, inner), *shapes)), COUNT

    @partials(distribution.logpmf)
    def logpmf(y, x, *parameters):
        return slopes_of_logpmf(x, parameters)

    @partials(distribution.pmf)
    def pmf(y, x, *parameters):
        return times(y, slopes_of_logpmf(x, parameters))

    @partials(distribution.cdf)
    def cdf(y, x, *parameters):
        return slopes_of_cdf(x, parameters)

    @partials(distribution.sf)
    def sf(y, x, *parameters):
        return times(-1.0, slopes_of_cdf(x, parameters))

    @partials(distribution.logcdf)
    def logcdf(y, x, *parameters):
        return times(np.exp(-np.where(y == -np.inf, 0.0, y)), slopes_of_cdf(x, parameters))

    @partials(distribution.logsf)
    def logsf(y, x, *parameters):
        return times(-np.exp(-np.where(y == -np.inf, 0.0, y)), slopes_of_cdf(x, parameters))

    nondiff(distribution.ppf, distribution.isf, distribution.median)


def natural(k, *shapes):
    return k >= 0.0


def poisson_scores(k, mu):
    return (k / mu - 1.0,)


def poisson_slopes(k, mu):
    return (-gamma_density(k + 1.0, mu),)


discrete(stats.poisson, 1, poisson_scores, poisson_slopes, natural, 0.0)


def among(k, n, p):
    return (k >= 0.0) & (k <= n)


def binom_scores(k, n, p):
    return COUNT, k / p - (n - k) / (1.0 - p)


def binom_slopes(k, n, p):
    return COUNT, -binomial_slope(k, n, p)


discrete(stats.binom, 2, binom_scores, binom_slopes, among, 0.0)


def zero_or_one(k, p):
    return (k >= 0.0) & (k <= 1.0)


def bernoulli_scores(k, p):
    return (k / p - (1.0 - k) / (1.0 - p),)


def bernoulli_slopes(k, p):
    return (k - 1.0,)


discrete(stats.bernoulli, 1, bernoulli_scores, bernoulli_slopes, zero_or_one, 0.0)


def nbinom_scores(k, n, p):
    return sp.psi(k + n) - sp.psi(n) + np.log(p), n / p - k / (1.0 - p)


def nbinom_slopes(k, n, p):
    return SHAPE, beta_density(n, k + 1.0, p)


discrete(stats.nbinom, 2, nbinom_scores, nbinom_slopes, natural, 0.0)


def from_one(k, p):
    return k >= 1.0


def geom_scores(k, p):
    return (1.0 / p - (k - 1.0) / (1.0 - p),)


def geom_slopes(k, p):
    return (k * (1.0 - p) ** (k - 1.0),)


discrete(stats.geom, 1, geom_scores, geom_slopes, from_one, 1.0)


# -- moments ---------------------------------------------------------------------------------------


@partials(stats.poisson.mean, stats.poisson.var)
def poisson_moment(y, mu, loc=0):
    return 1.0, COUNT


@partials(stats.poisson.std)
def poisson_std(y, mu, loc=0):
    return 0.5 / y, COUNT


@partials(stats.binom.mean)
def binom_mean(y, n, p, loc=0):
    return COUNT, n, COUNT


@partials(stats.binom.var)
def binom_var(y, n, p, loc=0):
    return COUNT, n * (1.0 - 2.0 * p), COUNT
