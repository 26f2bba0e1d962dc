"""The beta function, its relatives (DLMF 5.12, 8.17), and binomial coefficients."""

from __future__ import annotations

import numpy as np
import scipy.special as sp

from s2sgrad.rules.table import partials

SHAPE = "the derivative of an incomplete beta function in its shape has no closed form"


@partials(sp.beta)
def beta(y, a, b):
    both = sp.psi(a + b)
    return y * (sp.psi(a) - both), y * (sp.psi(b) - both)


@partials(sp.betaln)
def betaln(y, a, b):
    both = sp.psi(a + b)
    return sp.psi(a) - both, sp.psi(b) - both


def beta_density(a, b, x):
    """The derivative of ``betainc(a, b, x)`` in ``x`` (DLMF 8.17.1)."""
    return np.exp(sp.xlogy(a - 1.0, x) + sp.xlog1py(b - 1.0, -x) - sp.betaln(a, b))


@partials(sp.betainc)
def betainc(y, a, b, x):
    return SHAPE, SHAPE, beta_density(a, b, x)


@partials(sp.betaincc)
def betaincc(y, a, b, x):
    return SHAPE, SHAPE, -beta_density(a, b, x)


@partials(sp.betaincinv)
def betaincinv(x, a, b, y):
    return SHAPE, SHAPE, 1.0 / beta_density(a, b, x)


@partials(sp.betainccinv)
def betainccinv(x, a, b, y):
    return SHAPE, SHAPE, -1.0 / beta_density(a, b, x)


@partials(sp.binom)
def binom(y, n, k):
    """DLMF 1.2.6, with gamma functions for factorials."""
    rest = sp.psi(n - k + 1.0)
    return y * (sp.psi(n + 1.0) - rest), y * (rest - sp.psi(k + 1.0))


def where_counted(value, n, k):
    """Zero where there are no ``k`` things among ``n``: the count is zero there by definition."""
    return np.where((k <= n) & (n >= 0) & (k >= 0), value, 0.0)


@partials(sp.comb)
def comb(y, N, k, *, exact=False, repetition=False):
    if repetition:
        return y * (sp.psi(N + k) - sp.psi(N)), y * (sp.psi(N + k) - sp.psi(k + 1.0))
    rest = sp.psi(np.abs(N - k) + 1.0)
    return where_counted(y * (sp.psi(N + 1.0) - rest), N, k), where_counted(y * (rest - sp.psi(k + 1.0)), N, k)


@partials(sp.perm)
def perm(y, N, k, exact=False):
    rest = sp.psi(np.abs(N - k) + 1.0)
    return where_counted(y * (sp.psi(N + 1.0) - rest), N, k), where_counted(y * rest, N, k)
