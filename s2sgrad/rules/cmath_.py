"""The functions of the ``cmath`` module: holomorphic, but for the parts of polar coordinates."""

from __future__ import annotations

import cmath
import math

import numpy as np

from s2sgrad.rules.elementwise import angle_jvp, angle_vjp
from s2sgrad.rules.table import jvp, nondiff, partials, vjp


@partials(cmath.exp)
def exp(y, z):
    return y


@partials(cmath.log)
def log(y, z, base=None):
    if base is None:
        return 1.0 / z
    return 1.0 / (z * cmath.log(base)), -y / (base * cmath.log(base))


@partials(cmath.log10)
def log10(y, z):
    return 1.0 / (z * math.log(10.0))


@partials(cmath.sqrt)
def sqrt(y, z):
    return 0.5 / y


@partials(cmath.sin)
def sin(y, z):
    return cmath.cos(z)


@partials(cmath.cos)
def cos(y, z):
    return -cmath.sin(z)


@partials(cmath.tan)
def tan(y, z):
    return 1.0 + y * y


@partials(cmath.sinh)
def sinh(y, z):
    return cmath.cosh(z)


@partials(cmath.cosh)
def cosh(y, z):
    return cmath.sinh(z)


@partials(cmath.tanh)
def tanh(y, z):
    return 1.0 - y * y


@partials(cmath.asin)
def asin(y, z):
    return 1.0 / cmath.sqrt(1.0 - z * z)


@partials(cmath.acos)
def acos(y, z):
    return -1.0 / cmath.sqrt(1.0 - z * z)


@partials(cmath.atan)
def atan(y, z):
    return 1.0 / (1.0 + z * z)


@partials(cmath.asinh)
def asinh(y, z):
    return 1.0 / cmath.sqrt(z * z + 1.0)


@partials(cmath.acosh)
def acosh(y, z):
    """Two roots: that of ``z * z - 1.0`` has the wrong sign in the left half of the plane."""
    return 1.0 / (cmath.sqrt(z - 1.0) * cmath.sqrt(z + 1.0))


@partials(cmath.atanh)
def atanh(y, z):
    return 1.0 / (1.0 - z * z)


@vjp(cmath.phase)
def phase_vjp(y_bar, y, z):
    return angle_vjp(y_bar, y, z)


@jvp(cmath.phase)
def phase_jvp(dots, y, z):
    return angle_jvp(dots, y, z)


@vjp(cmath.polar)
def polar_vjp(y_bar, y, z):
    size_bar = 0.0 if y_bar[0] is None else y_bar[0]
    angle_bar = 0.0 if y_bar[1] is None else y_bar[1]
    return (size_bar - 1j * angle_bar / y[0]) * cmath.exp(-1j * y[1])


@jvp(cmath.polar)
def polar_jvp(dots, y, z):
    turned = dots[0] * cmath.exp(-1j * y[1])
    return np.real(turned), np.imag(turned) / y[0]


@vjp(cmath.rect)
def rect_vjp(z_bar, z, r, phi):
    return np.real(z_bar * cmath.exp(1j * phi)), np.real(1j * z_bar * z)


@jvp(cmath.rect)
def rect_jvp(dots, z, r, phi):
    z_dot = 0.0
    if dots[0] is not None:
        z_dot = z_dot + dots[0] * cmath.exp(1j * phi)
    if dots[1] is not None:
        z_dot = z_dot + 1j * z * dots[1]
    return z_dot


nondiff(cmath.isclose, cmath.isfinite, cmath.isinf, cmath.isnan)
