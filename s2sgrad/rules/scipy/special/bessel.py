"""Bessel, Airy, Kelvin, Struve and parabolic cylinder functions, of a fixed order (DLMF 9 to 12).

Derivatives are neighbours of the same family (DLMF 10.6.1, 10.29.1), so that they are smooth at zero.
"""

from __future__ import annotations

import math

import numpy as np
import scipy.special as sp

from s2sgrad.rules.table import jvp, partials, static, vjp

ORDER = "the derivative of a Bessel function in its order has no closed form"
SCALED = "the scaling is not a holomorphic function"
INTEGER = "the order is an integer"


@partials(sp.j0)
def j0(y, x):
    return -sp.j1(x)


@partials(sp.j1)
def j1(y, x):
    return 0.5 * (sp.j0(x) - sp.jv(2.0, x))


@partials(sp.y0)
def y0(y, x):
    return -sp.y1(x)


@partials(sp.y1)
def y1(y, x):
    return 0.5 * (sp.y0(x) - sp.yv(2.0, x))


@partials(sp.i0)
def i0(y, x):
    return sp.i1(x)


@partials(sp.i1)
def i1(y, x):
    return 0.5 * (sp.i0(x) + sp.iv(2.0, x))


@partials(sp.k0)
def k0(y, x):
    return -sp.k1(x)


@partials(sp.k1)
def k1(y, x):
    return -0.5 * (sp.k0(x) + sp.kv(2.0, x))


@partials(sp.i0e)
def i0e(y, x):
    return sp.i1e(x) - np.sign(x) * y


@partials(sp.i1e)
def i1e(y, x):
    return 0.5 * (sp.i0e(x) + sp.ive(2.0, x)) - np.sign(x) * y


@partials(sp.k0e)
def k0e(y, x):
    return y - sp.k1e(x)


@partials(sp.k1e)
def k1e(y, x):
    return y - 0.5 * (sp.k0e(x) + sp.kve(2.0, x))


@partials(sp.jv)
def jv(y, v, z):
    return ORDER, 0.5 * (sp.jv(v - 1.0, z) - sp.jv(v + 1.0, z))


@partials(sp.yv, sp.yn)
def yv(y, v, z):
    return ORDER, 0.5 * (sp.yv(v - 1.0, z) - sp.yv(v + 1.0, z))


@partials(sp.iv)
def iv(y, v, z):
    return ORDER, 0.5 * (sp.iv(v - 1.0, z) + sp.iv(v + 1.0, z))


@partials(sp.kv, sp.kn)
def kv(y, v, z):
    return ORDER, -0.5 * (sp.kv(v - 1.0, z) + sp.kv(v + 1.0, z))


@partials(sp.hankel1)
def hankel1(y, v, z):
    return ORDER, 0.5 * (sp.hankel1(v - 1.0, z) - sp.hankel1(v + 1.0, z))


@partials(sp.hankel2)
def hankel2(y, v, z):
    return ORDER, 0.5 * (sp.hankel2(v - 1.0, z) - sp.hankel2(v + 1.0, z))


@partials(sp.hankel1e)
def hankel1e(y, v, z):
    return ORDER, 0.5 * (sp.hankel1e(v - 1.0, z) - sp.hankel1e(v + 1.0, z)) - 1j * y


@partials(sp.hankel2e)
def hankel2e(y, v, z):
    return ORDER, 0.5 * (sp.hankel2e(v - 1.0, z) - sp.hankel2e(v + 1.0, z)) + 1j * y


@partials(sp.jve)
def jve(y, v, z):
    if np.iscomplexobj(z):
        return ORDER, SCALED
    return ORDER, 0.5 * (sp.jve(v - 1.0, z) - sp.jve(v + 1.0, z))


@partials(sp.yve)
def yve(y, v, z):
    if np.iscomplexobj(z):
        return ORDER, SCALED
    return ORDER, 0.5 * (sp.yve(v - 1.0, z) - sp.yve(v + 1.0, z))


@partials(sp.ive)
def ive(y, v, z):
    if np.iscomplexobj(z):
        return ORDER, SCALED
    return ORDER, 0.5 * (sp.ive(v - 1.0, z) + sp.ive(v + 1.0, z)) - np.sign(z) * y


@partials(sp.kve)
def kve(y, v, z):
    return ORDER, y - 0.5 * (sp.kve(v - 1.0, z) + sp.kve(v + 1.0, z))


# -- derivatives that have names -------------------------------------------------------------------


@partials(sp.jvp)
def jvp_(y, v, z, n=1):
    return ORDER, sp.jvp(v, z, n + 1)


@partials(sp.yvp)
def yvp(y, v, z, n=1):
    return ORDER, sp.yvp(v, z, n + 1)


@partials(sp.ivp)
def ivp(y, v, z, n=1):
    return ORDER, sp.ivp(v, z, n + 1)


@partials(sp.kvp)
def kvp(y, v, z, n=1):
    return ORDER, sp.kvp(v, z, n + 1)


@partials(sp.h1vp)
def h1vp(y, v, z, n=1):
    return ORDER, sp.h1vp(v, z, n + 1)


@partials(sp.h2vp)
def h2vp(y, v, z, n=1):
    return ORDER, sp.h2vp(v, z, n + 1)


# -- spherical Bessel functions (DLMF 10.51.2, 10.51.5) --------------------------------------------


@partials(sp.spherical_jn)
def spherical_jn(y, n, z, derivative=False):
    if not derivative:
        return INTEGER, sp.spherical_jn(n, z, True)
    below, above = sp.spherical_jn(np.maximum(n - 1, 0), z, True), sp.spherical_jn(n + 1, z, True)
    return INTEGER, (n * below - (n + 1) * above) / (2 * n + 1)


@partials(sp.spherical_yn)
def spherical_yn(y, n, z, derivative=False):
    if not derivative:
        return INTEGER, sp.spherical_yn(n, z, True)
    below, above = sp.spherical_yn(np.maximum(n - 1, 0), z, True), sp.spherical_yn(n + 1, z, True)
    return INTEGER, (n * below - (n + 1) * above) / (2 * n + 1)


@partials(sp.spherical_in)
def spherical_in(y, n, z, derivative=False):
    if not derivative:
        return INTEGER, sp.spherical_in(n, z, True)
    below, above = sp.spherical_in(np.maximum(n - 1, 0), z, True), sp.spherical_in(n + 1, z, True)
    return INTEGER, (n * below + (n + 1) * above) / (2 * n + 1)


@partials(sp.spherical_kn)
def spherical_kn(y, n, z, derivative=False):
    if not derivative:
        return INTEGER, sp.spherical_kn(n, z, True)
    below, above = sp.spherical_kn(np.maximum(n - 1, 0), z, True), sp.spherical_kn(n + 1, z, True)
    return INTEGER, -(n * below + (n + 1) * above) / (2 * n + 1)


# -- Struve functions (DLMF 11.4.27, 11.4.28) ------------------------------------------------------


def between(v, x):
    return (0.5 * x) ** v * sp.rgamma(v + 1.5) / math.sqrt(np.pi)


@partials(sp.struve)
def struve(y, v, x):
    return ORDER, 0.5 * (sp.struve(v - 1.0, x) - sp.struve(v + 1.0, x) + between(v, x))


@partials(sp.modstruve)
def modstruve(y, v, x):
    return ORDER, 0.5 * (sp.modstruve(v - 1.0, x) + sp.modstruve(v + 1.0, x) + between(v, x))


@partials(sp.besselpoly)
def besselpoly(y, a, lmb, nu):
    """The weighted integral of a Bessel function: its derivative under the integral."""
    return sp.besselpoly(a, lmb + 1.0, nu - 1.0) - sp.besselpoly(a, lmb + 1.0, nu + 1.0), ORDER, ORDER


# -- Kelvin functions: w'' = i w - w' / x (DLMF 10.61.3) -------------------------------------------


@partials(sp.ber)
def ber(y, x):
    return sp.berp(x)


@partials(sp.bei)
def bei(y, x):
    return sp.beip(x)


@partials(sp.ker)
def ker(y, x):
    return sp.kerp(x)


@partials(sp.kei)
def kei(y, x):
    return sp.keip(x)


@partials(sp.berp)
def berp(y, x):
    return -sp.bei(x) - y / np.where(x == 0.0, 1.0, x)


@partials(sp.beip)
def beip(y, x):
    zero = x == 0.0
    return sp.ber(x) - np.where(zero, 0.5, y / np.where(zero, 1.0, x))


@partials(sp.kerp)
def kerp(y, x):
    return -sp.kei(x) - y / x


@partials(sp.keip)
def keip(y, x):
    return sp.ker(x) - y / x


# -- several results at once -----------------------------------------------------------------------


def joined(bars, slopes):
    """The cotangent of the one argument on which several results depend."""
    total = 0.0
    for k in range(len(slopes)):
        if bars[k] is not None:
            total = total + bars[k] * slopes[k]
    return total


def airy_slopes(y, z):
    """DLMF 9.2.1."""
    return y[1], z * y[0], y[3], z * y[2]


@vjp(sp.airy)
def airy_vjp(bars, y, z):
    return joined(bars, airy_slopes(y, z))


@jvp(sp.airy)
def airy_jvp(dots, y, z):
    return tuple(dots[0] * slope for slope in airy_slopes(y, z))


@static
def refuse_scaled(is_complex):
    if is_complex:
        raise NotImplementedError(SCALED)


def scaled_airy_slopes(y, z):
    """As of ``airy``, with the logarithmic derivative of the scaling."""
    refuse_scaled(np.iscomplexobj(z))
    s = np.sqrt(np.maximum(z, 0.0))
    return y[1] + s * y[0], z * y[0] + s * y[1], y[3] - s * y[2], z * y[2] - s * y[3]


@vjp(sp.airye)
def airye_vjp(bars, y, z):
    return joined(bars, scaled_airy_slopes(y, z))


@jvp(sp.airye)
def airye_jvp(dots, y, z):
    return tuple(dots[0] * slope for slope in scaled_airy_slopes(y, z))


def kelvin_slopes(y, x):
    return y[2], y[3], 1j * y[0] - y[2] / x, 1j * y[1] - y[3] / x


@vjp(sp.kelvin)
def kelvin_vjp(bars, y, x):
    return np.real(joined(bars, kelvin_slopes(y, x)))


@jvp(sp.kelvin)
def kelvin_jvp(dots, y, x):
    return tuple(dots[0] * slope for slope in kelvin_slopes(y, x))


CYLINDER = "the derivative of a parabolic cylinder function in its order has no closed form"


@static
def refuse_order(active):
    if active:
        raise NotImplementedError(CYLINDER)


@vjp(sp.pbdv, sp.pbvv)
def cylinder_vjp(bars, y, v, x):
    """DLMF 12.2.2 with a = -v - 1/2."""
    return CYLINDER, joined(bars, (y[1], (0.25 * x * x - v - 0.5) * y[0]))


@jvp(sp.pbdv, sp.pbvv)
def cylinder_jvp(dots, y, v, x):
    refuse_order(dots[0] is not None)
    return dots[1] * y[1], dots[1] * (0.25 * x * x - v - 0.5) * y[0]


@vjp(sp.pbwa)
def pbwa_vjp(bars, y, a, x):
    """DLMF 12.14.1."""
    return CYLINDER, joined(bars, (y[1], (a - 0.25 * x * x) * y[0]))


@jvp(sp.pbwa)
def pbwa_jvp(dots, y, a, x):
    refuse_order(dots[0] is not None)
    return dots[1] * y[1], dots[1] * (a - 0.25 * x * x) * y[0]
