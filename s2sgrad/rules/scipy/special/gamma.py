"""The gamma function and its relatives (DLMF 5)."""

from __future__ import annotations

import numpy as np
import scipy.special as sp

from s2sgrad.rules.table import nondiff, partials

ORDER = "the order of a derivative is an integer"
SHAPE = "the derivative of an incomplete gamma function in its shape has no closed form"
EXPONENT = "the derivative of the zeta function in its exponent has no closed form"


@partials(sp.gamma)
def gamma(y, x):
    """DLMF 5.2.2."""
    return y * sp.psi(x)


@partials(sp.gammaln, sp.loggamma)
def gammaln(y, x):
    return sp.psi(x)


@partials(sp.rgamma)
def rgamma(y, x):
    """Left of 1/2 by reflection (DLMF 5.5.3), which is smooth at the poles of the gamma function."""
    left = np.real(x) < 0.5
    z = np.where(left, x, 0.0)
    reflected = sp.gamma(1.0 - z) * (np.cos(np.pi * z) - sp.psi(1.0 - z) * np.sin(np.pi * z) / np.pi)
    return np.where(left, reflected, -y * sp.psi(np.where(left, 1.0, x)))


@partials(sp.psi)
def psi(y, x):
    if np.iscomplexobj(x):
        return "scipy.special.polygamma takes no complex arguments"
    return sp.polygamma(1, x)


@partials(sp.polygamma)
def polygamma(y, n, x):
    """DLMF 5.15.1."""
    return ORDER, sp.polygamma(n + 1, x)


@partials(sp.poch)
def poch(y, z, m):
    """DLMF 5.2.5: a quotient of gamma functions."""
    upper = sp.psi(z + m)
    return y * (upper - sp.psi(z)), y * upper


@partials(sp.factorial)
def factorial(y, n, exact=False, extend="zero"):
    if extend == "zero":
        return np.where(n < 0, 0.0, y * sp.psi(np.where(n < 0, 0.0, n) + 1.0))
    return y * sp.psi(n + 1.0)


@partials(sp.multigammaln)
def multigammaln(y, a, d):
    """DLMF 35.3.4: a sum of ``gammaln``."""
    total = sp.psi(a)
    for j in range(1, d):
        total = total + sp.psi(a - 0.5 * j)
    return total, "the dimension is an integer"


@partials(sp.zeta)
def zeta(y, x, q=None, out=None):
    """Hurwitz's zeta function (DLMF 25.11.17)."""
    if q is None:
        return EXPONENT
    return EXPONENT, -x * sp.zeta(x + 1.0, q)


# -- incomplete gamma functions (DLMF 8.8.13) ------------------------------------------------------


def gamma_density(a, x):
    """The derivative of ``gammainc(a, x)`` in ``x``."""
    return np.exp(sp.xlogy(a - 1.0, x) - x - sp.gammaln(a))


@partials(sp.gammainc)
def gammainc(y, a, x):
    return SHAPE, gamma_density(a, x)


@partials(sp.gammaincc)
def gammaincc(y, a, x):
    return SHAPE, -gamma_density(a, x)


@partials(sp.gammaincinv)
def gammaincinv(x, a, y):
    return SHAPE, 1.0 / gamma_density(a, x)


@partials(sp.gammainccinv)
def gammainccinv(x, a, y):
    return SHAPE, -1.0 / gamma_density(a, x)


nondiff(sp.gammasgn)
