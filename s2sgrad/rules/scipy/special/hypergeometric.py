"""Hypergeometric functions of fixed parameters (DLMF 13.3, 15.5, 16.3, 10.46)."""

from __future__ import annotations

import numpy as np
import scipy.special as sp

from s2sgrad.rules.table import partials

PARAMETER = "the derivative of a hypergeometric function in its parameters has no closed form"


@partials(sp.hyp0f1)
def hyp0f1(y, v, z):
    return PARAMETER, sp.hyp0f1(v + 1.0, z) / v


@partials(sp.hyp1f1)
def hyp1f1(y, a, b, x):
    return PARAMETER, PARAMETER, a / b * sp.hyp1f1(a + 1.0, b + 1.0, x)


@partials(sp.hyp2f1)
def hyp2f1(y, a, b, c, z):
    return PARAMETER, PARAMETER, PARAMETER, a * b / c * sp.hyp2f1(a + 1.0, b + 1.0, c + 1.0, z)


@partials(sp.hyperu)
def hyperu(y, a, b, x):
    return PARAMETER, PARAMETER, -a * sp.hyperu(a + 1.0, b + 1.0, x)


@partials(sp.wright_bessel)
def wright_bessel(y, a, b, x):
    return PARAMETER, PARAMETER, sp.wright_bessel(a, a + b, x)


@partials(sp.log_wright_bessel)
def log_wright_bessel(y, a, b, x):
    return PARAMETER, PARAMETER, np.exp(sp.log_wright_bessel(a, a + b, x) - y)
