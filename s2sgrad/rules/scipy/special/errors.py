"""The error function and its relatives (DLMF 7)."""

from __future__ import annotations

import math

import numpy as np
import scipy.special as sp

from s2sgrad.rules.table import partials

#: Of the standard normal distribution.
DENSITY_AT_ZERO = 0.3989422804014327


@partials(sp.erf)
def erf(y, x):
    """DLMF 7.2.1."""
    return 2.0 / math.sqrt(np.pi) * np.exp(-x * x)


@partials(sp.erfc)
def erfc(y, x):
    return -2.0 / math.sqrt(np.pi) * np.exp(-x * x)


@partials(sp.erfi)
def erfi(y, x):
    return 2.0 / math.sqrt(np.pi) * np.exp(x * x)


@partials(sp.erfinv)
def erfinv(y, x):
    return 0.5 * math.sqrt(np.pi) * np.exp(y * y)


@partials(sp.erfcinv)
def erfcinv(y, x):
    return -0.5 * math.sqrt(np.pi) * np.exp(y * y)


@partials(sp.erfcx)
def erfcx(y, x):
    """DLMF 7.10.1; far out by the asymptotic series (7.12.1), for the two terms cancel there."""
    far = np.real(x) > 100.0
    t = 1.0 / np.where(far, x * x, 1.0)
    series = -t * (1.0 - 1.5 * t + 3.75 * t**2 - 13.125 * t**3) / math.sqrt(np.pi)
    return np.where(far, series, 2.0 * x * y - 2.0 / math.sqrt(np.pi))


@partials(sp.dawsn)
def dawsn(y, x):
    """DLMF 7.5.1; far out as for ``erfcx``, unless ``exp(-x * x)`` is large."""
    far = (np.abs(np.real(x)) > 100.0) & (2.0 * np.abs(np.imag(x)) < np.abs(np.real(x)))
    t = 1.0 / np.where(far, x * x, 1.0)
    series = -0.5 * t * (1.0 + 1.5 * t + 3.75 * t**2 + 13.125 * t**3)
    return np.where(far, series, 1.0 - 2.0 * x * y)


@partials(sp.wofz)
def wofz(y, z):
    """DLMF 7.10.2."""
    return 2.0j / math.sqrt(np.pi) - 2.0 * z * y


@partials(sp.voigt_profile)
def voigt_profile(y, x, sigma, gamma):
    """The real part of ``w(z)``, ``z = (x + i gamma) / (sigma sqrt(2))`` (DLMF 7.19)."""
    z = (x + 1j * gamma) / (math.sqrt(2.0) * sigma)
    slope = (2.0j / math.sqrt(np.pi) - 2.0 * z * sp.wofz(z)) / (2.0 * math.sqrt(np.pi) * sigma * sigma)
    return np.real(slope), -y / sigma - np.real(slope * z) * math.sqrt(2.0), -np.imag(slope)


@partials(sp.owens_t)
def owens_t(y, h, a):
    """Owen (1956), Tables for computing bivariate normal probabilities, (2.1)."""
    h_partial = -np.exp(-0.5 * h * h) * sp.erf(a * h / math.sqrt(2.0)) / math.sqrt(8.0 * np.pi)
    return h_partial, np.exp(-0.5 * h * h * (1.0 + a * a)) / (2.0 * np.pi * (1.0 + a * a))


# -- the normal distribution -----------------------------------------------------------------------


@partials(sp.ndtr)
def ndtr(y, x):
    return DENSITY_AT_ZERO * np.exp(-0.5 * x * x)


@partials(sp.ndtri)
def ndtri(y, p):
    return math.sqrt(2.0 * np.pi) * np.exp(0.5 * y * y)


@partials(sp.log_ndtr)
def log_ndtr(y, x):
    """The quotient of density and ``ndtr``; on the left by ``erfcx``, for both vanish there."""
    left = np.real(x) < 0.0
    scaled = sp.erfcx(-np.where(left, x, 0.0) / math.sqrt(2.0))
    return np.where(left, math.sqrt(2.0 / np.pi) / scaled, np.exp(-0.5 * x * x - y) / math.sqrt(2.0 * np.pi))


@partials(sp.ndtri_exp)
def ndtri_exp(x, y):
    return math.sqrt(0.5 * np.pi) * sp.erfcx(-x / math.sqrt(2.0))


@partials(sp.nrdtrimn)
def nrdtrimn(mean, p, std, x):
    z = (x - mean) / std
    return -std * math.sqrt(2.0 * np.pi) * np.exp(0.5 * z * z), -z, 1.0


@partials(sp.nrdtrisd)
def nrdtrisd(std, mean, p, x):
    z = (x - mean) / std
    return -1.0 / z, -std / z * math.sqrt(2.0 * np.pi) * np.exp(0.5 * z * z), 1.0 / z
