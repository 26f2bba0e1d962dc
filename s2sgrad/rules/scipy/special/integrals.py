"""Functions that are integrals by name: their derivatives are the integrands (DLMF 6, 7.2, 10.43, 25.12)."""

from __future__ import annotations

import math

import numpy as np
import scipy.special as sp

from s2sgrad.rules.scipy.special.bessel import joined
from s2sgrad.rules.table import jvp, partials, vjp


@partials(sp.expi)
def expi(y, x):
    return np.exp(x) / x


@partials(sp.exp1)
def exp1(y, x):
    return -np.exp(-x) / x


@partials(sp.expn)
def expn(y, n, x):
    """DLMF 8.19.13; that of order 0 is elementary."""
    first = -np.exp(-x) * (1.0 + 1.0 / x) / x
    return "the order is an integer", np.where(n == 0, first, -sp.expn(np.maximum(n - 1, 0), x))


@partials(sp.spence)
def spence(y, z):
    """DLMF 25.12.2; at 1 by its series."""
    d = z - 1.0
    one = d == 0.0
    series = -1.0 + d * (0.5 - d * (1.0 / 3.0 - 0.25 * d))
    return np.where(one, series, -np.log(np.where(one, 2.0, z)) / np.where(one, 1.0, d))


@partials(sp.itstruve0)
def itstruve0(y, x):
    return sp.struve(0.0, x)


@partials(sp.it2struve0)
def it2struve0(y, x):
    return -sp.struve(0.0, x) / x


@partials(sp.itmodstruve0)
def itmodstruve0(y, x):
    return sp.modstruve(0.0, x)


# -- several integrals at once: the integrands -----------------------------------------------------


def fresnel_slopes(y, x):
    return np.sin(0.5 * np.pi * x * x), np.cos(0.5 * np.pi * x * x)


@vjp(sp.fresnel)
def fresnel_vjp(bars, y, x):
    return joined(bars, fresnel_slopes(y, x))


@jvp(sp.fresnel)
def fresnel_jvp(dots, y, x):
    return tuple(dots[0] * slope for slope in fresnel_slopes(y, x))


def sici_slopes(y, x):
    return np.sinc(x / np.pi), np.cos(x) / x


@vjp(sp.sici)
def sici_vjp(bars, y, x):
    return joined(bars, sici_slopes(y, x))


@jvp(sp.sici)
def sici_jvp(dots, y, x):
    return tuple(dots[0] * slope for slope in sici_slopes(y, x))


def shichi_slopes(y, x):
    """At zero by the series of ``sinh(x) / x``."""
    zero = x == 0.0
    series = 1.0 + x * x * (1.0 / 6.0 + x * x / 120.0)
    return np.where(zero, series, np.sinh(x) / np.where(zero, 1.0, x)), np.cosh(x) / x


@vjp(sp.shichi)
def shichi_vjp(bars, y, x):
    return joined(bars, shichi_slopes(y, x))


@jvp(sp.shichi)
def shichi_jvp(dots, y, x):
    return tuple(dots[0] * slope for slope in shichi_slopes(y, x))


def itj0y0_slopes(y, x):
    return sp.j0(x), sp.y0(x)


@vjp(sp.itj0y0)
def itj0y0_vjp(bars, y, x):
    return joined(bars, itj0y0_slopes(y, x))


@jvp(sp.itj0y0)
def itj0y0_jvp(dots, y, x):
    return tuple(dots[0] * slope for slope in itj0y0_slopes(y, x))


def it2j0y0_slopes(y, x):
    return (1.0 - sp.j0(x)) / x, -sp.y0(x) / x


@vjp(sp.it2j0y0)
def it2j0y0_vjp(bars, y, x):
    return joined(bars, it2j0y0_slopes(y, x))


@jvp(sp.it2j0y0)
def it2j0y0_jvp(dots, y, x):
    return tuple(dots[0] * slope for slope in it2j0y0_slopes(y, x))


def iti0k0_slopes(y, x):
    return sp.i0(x), sp.k0(x)


@vjp(sp.iti0k0)
def iti0k0_vjp(bars, y, x):
    return joined(bars, iti0k0_slopes(y, x))


@jvp(sp.iti0k0)
def iti0k0_jvp(dots, y, x):
    return tuple(dots[0] * slope for slope in iti0k0_slopes(y, x))


def it2i0k0_slopes(y, x):
    return (sp.i0(x) - 1.0) / x, -sp.k0(x) / x


@vjp(sp.it2i0k0)
def it2i0k0_vjp(bars, y, x):
    return joined(bars, it2i0k0_slopes(y, x))


@jvp(sp.it2i0k0)
def it2i0k0_jvp(dots, y, x):
    return tuple(dots[0] * slope for slope in it2i0k0_slopes(y, x))


def itairy_slopes(y, x):
    right, left = sp.airy(x), sp.airy(-x)
    return right[0], right[2], left[0], left[2]


@vjp(sp.itairy)
def itairy_vjp(bars, y, x):
    return joined(bars, itairy_slopes(y, x))


@jvp(sp.itairy)
def itairy_jvp(dots, y, x):
    return tuple(dots[0] * slope for slope in itairy_slopes(y, x))


def modfresnelp_slopes(y, x):
    return -np.exp(1j * x * x), -2j * x * y[1] - np.exp(-0.25j * np.pi) / math.sqrt(np.pi)


@vjp(sp.modfresnelp)
def modfresnelp_vjp(bars, y, x):
    return np.real(joined(bars, modfresnelp_slopes(y, x)))


@jvp(sp.modfresnelp)
def modfresnelp_jvp(dots, y, x):
    return tuple(dots[0] * slope for slope in modfresnelp_slopes(y, x))


def modfresnelm_slopes(y, x):
    return -np.exp(-1j * x * x), 2j * x * y[1] - np.exp(0.25j * np.pi) / math.sqrt(np.pi)


@vjp(sp.modfresnelm)
def modfresnelm_vjp(bars, y, x):
    return np.real(joined(bars, modfresnelm_slopes(y, x)))


@jvp(sp.modfresnelm)
def modfresnelm_jvp(dots, y, x):
    return tuple(dots[0] * slope for slope in modfresnelm_slopes(y, x))
