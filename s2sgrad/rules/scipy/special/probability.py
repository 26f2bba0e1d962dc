"""Distribution functions under the names of Cephes: the derivative of one is a density, that of its inverse 1/density.

In the shape parameters most have no closed form. Counts (``k``) are rounded down.
"""

from __future__ import annotations

import numpy as np
import scipy.special as sp

from s2sgrad.rules.scipy.special.beta import beta_density
from s2sgrad.rules.scipy.special.gamma import gamma_density
from s2sgrad.rules.table import partials

SHAPE = "the derivative of a distribution function in this parameter has no closed form"
COUNT = "a count is an integer"


# -- binomial, negative binomial, Poisson: incomplete beta and gamma functions (DLMF 8.17.5, 8.4.10)


def binomial_slope(k, n, p):
    return beta_density(np.floor(k) + 1.0, n - np.floor(k), p)


@partials(sp.bdtr)
def bdtr(y, k, n, p):
    return COUNT, COUNT, -binomial_slope(k, n, p)


@partials(sp.bdtrc)
def bdtrc(y, k, n, p):
    return COUNT, COUNT, binomial_slope(k, n, p)


@partials(sp.bdtri)
def bdtri(p, k, n, y):
    return COUNT, COUNT, -1.0 / binomial_slope(k, n, p)


@partials(sp.nbdtr)
def nbdtr(y, k, n, p):
    return COUNT, COUNT, beta_density(n, k + 1.0, p)


@partials(sp.nbdtrc)
def nbdtrc(y, k, n, p):
    return COUNT, COUNT, -beta_density(n, k + 1.0, p)


@partials(sp.nbdtri)
def nbdtri(p, k, n, y):
    return COUNT, COUNT, 1.0 / beta_density(n, k + 1.0, p)


@partials(sp.pdtr)
def pdtr(y, k, m):
    return COUNT, -gamma_density(np.floor(k) + 1.0, m)


@partials(sp.pdtrc)
def pdtrc(y, k, m):
    return COUNT, gamma_density(np.floor(k) + 1.0, m)


@partials(sp.pdtri)
def pdtri(m, k, y):
    return COUNT, -1.0 / gamma_density(np.floor(k) + 1.0, m)


# -- chi-square, gamma, F, Student's t -------------------------------------------------------------


@partials(sp.chdtr)
def chdtr(y, v, x):
    return SHAPE, 0.5 * gamma_density(0.5 * v, 0.5 * x)


@partials(sp.chdtrc)
def chdtrc(y, v, x):
    return SHAPE, -0.5 * gamma_density(0.5 * v, 0.5 * x)


@partials(sp.chdtri)
def chdtri(x, v, p):
    return SHAPE, -2.0 / gamma_density(0.5 * v, 0.5 * x)


@partials(sp.gdtr)
def gdtr(y, a, b, x):
    density = gamma_density(b, a * x)
    return x * density, SHAPE, a * density


@partials(sp.gdtrc)
def gdtrc(y, a, b, x):
    density = gamma_density(b, a * x)
    return -x * density, SHAPE, -a * density


@partials(sp.gdtrix)
def gdtrix(x, a, b, p):
    return -x / a, SHAPE, 1.0 / (a * gamma_density(b, a * x))


@partials(sp.gdtria)
def gdtria(a, p, b, x):
    return 1.0 / (x * gamma_density(b, a * x)), SHAPE, -a / x


def f_density(dfn, dfd, x):
    logarithm = sp.xlogy(0.5 * dfn, dfn / dfd) + sp.xlogy(0.5 * dfn - 1.0, x) - sp.betaln(0.5 * dfn, 0.5 * dfd)
    return np.exp(logarithm - 0.5 * (dfn + dfd) * np.log1p(dfn * x / dfd))


@partials(sp.fdtr)
def fdtr(y, dfn, dfd, x):
    return SHAPE, SHAPE, f_density(dfn, dfd, x)


@partials(sp.fdtrc)
def fdtrc(y, dfn, dfd, x):
    return SHAPE, SHAPE, -f_density(dfn, dfd, x)


@partials(sp.fdtri)
def fdtri(x, dfn, dfd, p):
    return SHAPE, SHAPE, 1.0 / f_density(dfn, dfd, x)


def t_density(df, t):
    return np.exp(-0.5 * (df + 1.0) * np.log1p(t * t / df) - sp.betaln(0.5, 0.5 * df)) / np.sqrt(df)


@partials(sp.stdtr)
def stdtr(y, df, t):
    return SHAPE, t_density(df, t)


@partials(sp.stdtrit)
def stdtrit(t, df, p):
    return SHAPE, 1.0 / t_density(df, t)


# -- non-central t and chi-square ------------------------------------------------------------------


def noncentral_t_density(df, nc, t):
    """Johnson, Kotz and Balakrishnan (below), (31.17): a difference of two distribution functions; NaN at zero."""
    return df / t * (sp.nctdtr(df + 2.0, nc, t * np.sqrt(1.0 + 2.0 / df)) - sp.nctdtr(df, nc, t))


@partials(sp.nctdtr)
def nctdtr(y, df, nc, t):
    return SHAPE, SHAPE, noncentral_t_density(df, nc, t)


@partials(sp.nctdtrit)
def nctdtrit(t, df, nc, p):
    return SHAPE, SHAPE, 1.0 / noncentral_t_density(df, nc, t)


def noncentral_density(x, df, nc):
    """Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions 2, (29.4), with a scaled Bessel function."""
    between = np.exp(-0.5 * (np.sqrt(x) - np.sqrt(nc)) ** 2) * sp.ive(0.5 * df - 1.0, np.sqrt(nc * x))
    return 0.5 * between * (x / nc) ** (0.25 * df - 0.5)


def in_noncentrality(y, x, df, nc):
    return 0.5 * (sp.chndtr(x, df + 2.0, nc) - y)


@partials(sp.chndtr)
def chndtr(y, x, df, nc):
    return noncentral_density(x, df, nc), SHAPE, in_noncentrality(y, x, df, nc)


@partials(sp.chndtrix)
def chndtrix(x, p, df, nc):
    density = noncentral_density(x, df, nc)
    return 1.0 / density, SHAPE, -in_noncentrality(p, x, df, nc) / density
