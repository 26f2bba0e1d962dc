"""Elementary functions that ``scipy.special`` has in forms of its own."""

from __future__ import annotations

import numpy as np
import scipy.special as sp

from s2sgrad.rules.table import nondiff, partials


@partials(sp.cbrt)
def cbrt(y, x):
    return 1.0 / (3.0 * y * y)


@partials(sp.exp2)
def exp2(y, x):
    return y * np.log(2.0)


@partials(sp.exp10)
def exp10(y, x):
    return y * np.log(10.0)


@partials(sp.expm1)
def expm1(y, x):
    return y + 1.0


@partials(sp.log1p)
def log1p(y, x):
    return 1.0 / (1.0 + x)


@partials(sp.powm1)
def powm1(z, x, y):
    """As for ``x ** y``: the exponent has no influence where ``x`` is not positive, and ``x ** 0`` is constant."""
    slope = y * x ** np.where((x == 0.0) & (y == 0.0), 1.0, y - 1.0)
    return slope, np.where(x > 0.0, (z + 1.0) * np.log(np.where(x > 0.0, x, 1.0)), 0.0)


@partials(sp.cosm1)
def cosm1(y, x):
    return -np.sin(x)


@partials(sp.exprel)
def exprel(y, x):
    """``exprel`` is 1F1(1; 2; x) (DLMF 13.6.2), and its derivative another one (13.3.15)."""
    return 0.5 * sp.hyp1f1(2.0, 3.0, x)


@partials(sp.sindg)
def sindg(y, x):
    return np.pi / 180.0 * sp.cosdg(x)


@partials(sp.cosdg)
def cosdg(y, x):
    return -np.pi / 180.0 * sp.sindg(x)


@partials(sp.tandg)
def tandg(y, x):
    return np.pi / 180.0 * (1.0 + y * y)


@partials(sp.cotdg)
def cotdg(y, x):
    return -np.pi / 180.0 * (1.0 + y * y)


@partials(sp.radian)
def radian(y, d, m, s):
    return np.pi / 180.0, np.pi / 10800.0, np.pi / 648000.0


@partials(sp.diric)
def diric(y, x, n):
    """A quotient of sines; where both vanish, its series."""
    sine, cosine = np.sin(0.5 * x), np.cos(0.5 * x)
    near = np.abs(sine) < 1e-9
    quotient = 0.5 * (np.cos(0.5 * n * x) - y * cosine) / np.where(near, 1.0, sine)
    return np.where(near, y * (1.0 - n * n) / 6.0 * np.tan(0.5 * x), quotient), "the number of terms is an integer"


@partials(sp.agm)
def agm(y, a, b):
    """By Carlson's integrals (DLMF 19.8.4, 19.16.1, 19.18.1)."""
    factor = 2.0 / (3.0 * np.pi) * y * y
    return factor * np.abs(a) * sp.elliprd(0.0, b * b, a * a), factor * np.abs(b) * sp.elliprd(0.0, a * a, b * b)


@partials(sp.lambertw)
def lambertw(w, z, k=0, tol=1e-8):
    """DLMF 4.13.4, in the form that is smooth at zero."""
    return np.exp(-w) / (1.0 + w)


@partials(sp.wrightomega)
def wrightomega(w, z):
    return w / (1.0 + w)


nondiff(sp.round)
