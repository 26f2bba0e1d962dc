"""Orthogonal polynomials of a fixed degree (DLMF 18.9.15 to 18.9.26), and Legendre functions (14.10.5)."""

from __future__ import annotations

import numpy as np
import scipy.special as sp

from s2sgrad.rules.table import partials

DEGREE = "the degree of a polynomial is fixed"
PARAMETER = "the derivative of a polynomial in its parameters has no closed form"


@partials(sp.eval_jacobi)
def eval_jacobi(y, n, alpha, beta, x):
    slope = 0.5 * (n + alpha + beta + 1.0) * sp.eval_jacobi(n - 1, alpha + 1.0, beta + 1.0, x)
    return DEGREE, PARAMETER, PARAMETER, slope


@partials(sp.eval_sh_jacobi)
def eval_sh_jacobi(y, n, p, q, x):
    slope = (n + p) * sp.eval_jacobi(n - 1, p - q + 1.0, q, 2.0 * x - 1.0) / sp.binom(2 * n + p - 1.0, n)
    return DEGREE, PARAMETER, PARAMETER, slope


@partials(sp.eval_legendre)
def eval_legendre(y, n, x):
    return DEGREE, 0.5 * (n + 1.0) * sp.eval_jacobi(n - 1, 1.0, 1.0, x)


@partials(sp.eval_sh_legendre)
def eval_sh_legendre(y, n, x):
    return DEGREE, (n + 1.0) * sp.eval_jacobi(n - 1, 1.0, 1.0, 2.0 * x - 1.0)


@partials(sp.eval_gegenbauer)
def eval_gegenbauer(y, n, alpha, x):
    return DEGREE, PARAMETER, 2.0 * alpha * sp.eval_gegenbauer(n - 1, alpha + 1.0, x)


@partials(sp.eval_chebyt)
def eval_chebyt(y, n, x):
    return DEGREE, n * sp.eval_chebyu(n - 1, x)


@partials(sp.eval_chebyu)
def eval_chebyu(y, n, x):
    return DEGREE, 2.0 * sp.eval_gegenbauer(n - 1, 2.0, x)


@partials(sp.eval_chebyc)
def eval_chebyc(y, n, x):
    return DEGREE, n * sp.eval_chebys(n - 1, x)


@partials(sp.eval_chebys)
def eval_chebys(y, n, x):
    return DEGREE, sp.eval_gegenbauer(n - 1, 2.0, 0.5 * x)


@partials(sp.eval_sh_chebyt)
def eval_sh_chebyt(y, n, x):
    return DEGREE, 2.0 * n * sp.eval_sh_chebyu(n - 1, x)


@partials(sp.eval_sh_chebyu)
def eval_sh_chebyu(y, n, x):
    return DEGREE, 4.0 * sp.eval_gegenbauer(n - 1, 2.0, 2.0 * x - 1.0)


@partials(sp.eval_hermite)
def eval_hermite(y, n, x):
    return DEGREE, 2.0 * n * sp.eval_hermite(np.maximum(n - 1, 0), x)


@partials(sp.eval_hermitenorm)
def eval_hermitenorm(y, n, x):
    return DEGREE, n * sp.eval_hermitenorm(np.maximum(n - 1, 0), x)


@partials(sp.eval_laguerre)
def eval_laguerre(y, n, x):
    return DEGREE, -sp.eval_genlaguerre(n - 1, 1.0, x)


@partials(sp.eval_genlaguerre)
def eval_genlaguerre(y, n, alpha, x):
    return DEGREE, PARAMETER, -sp.eval_genlaguerre(n - 1, alpha + 1.0, x)


@partials(sp.assoc_laguerre)
def assoc_laguerre(y, x, n, k=0.0):
    return -sp.eval_genlaguerre(n - 1, k + 1.0, x), DEGREE, PARAMETER


@partials(sp.lpmv)
def lpmv(y, m, v, x):
    slope = (v * x * y - (v + m) * sp.lpmv(m, v - 1.0, x)) / (x * x - 1.0)
    return "the order is an integer", "the derivative of a Legendre function in its degree has no closed form", slope
