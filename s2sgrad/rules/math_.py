"""The functions of the ``math`` module. Scalar code stays in Python's own floats."""

from __future__ import annotations

import math

import numpy as np

from s2sgrad.ir.primitives import polygamma
from s2sgrad.rules.table import jvp, linear, nondiff, partials, vjp


@partials(math.sin)
def sin(y, x):
    return math.cos(x)


@partials(math.cos)
def cos(y, x):
    return -math.sin(x)


@partials(math.tan)
def tan(y, x):
    return 1.0 + y * y


@partials(math.asin)
def asin(y, x):
    return 1.0 / math.sqrt(1.0 - x * x)


@partials(math.acos)
def acos(y, x):
    return -1.0 / math.sqrt(1.0 - x * x)


@partials(math.atan)
def atan(y, x):
    return 1.0 / (1.0 + x * x)


@partials(math.atan2)
def atan2(z, y, x):
    return x / (x * x + y * y), -y / (x * x + y * y)


@partials(math.sinh)
def sinh(y, x):
    return math.cosh(x)


@partials(math.cosh)
def cosh(y, x):
    return math.sinh(x)


@partials(math.tanh)
def tanh(y, x):
    return 1.0 - y * y


@partials(math.asinh)
def asinh(y, x):
    return 1.0 / math.sqrt(x * x + 1.0)


@partials(math.acosh)
def acosh(y, x):
    return 1.0 / math.sqrt(x * x - 1.0)


@partials(math.atanh)
def atanh(y, x):
    return 1.0 / (1.0 - x * x)


@partials(math.exp)
def exp(y, x):
    return y


@partials(math.expm1)
def expm1(y, x):
    return y + 1.0


@partials(math.exp2)
def exp2(y, x):
    return y * math.log(2.0)


@partials(math.log)
def log(y, x, base=None):
    if base is None:
        return 1.0 / x
    return 1.0 / (x * math.log(base)), -y / (base * math.log(base))


@partials(math.log1p)
def log1p(y, x):
    return 1.0 / (1.0 + x)


@partials(math.log2)
def log2(y, x):
    return 1.0 / (x * math.log(2.0))


@partials(math.log10)
def log10(y, x):
    return 1.0 / (x * math.log(10.0))


@partials(math.sqrt)
def sqrt(y, x):
    return 0.5 / y


@partials(math.cbrt)
def cbrt(y, x):
    return 1.0 / (3.0 * y * y)


@partials(math.pow)
def pow_(z, x, p):
    """As for the operator: ``x ** 0`` is constant, and so is the exponent where ``x`` is not positive."""
    return p * math.pow(x if p != 0 or x != 0 else 1.0, p - 1.0), z * math.log(x) if x > 0 else 0.0


@partials(math.hypot)
def hypot(z, *xs):
    """At the origin the derivative is zero, as for ``np.linalg.norm``."""
    if len(xs) == 1:
        return 1.0 if xs[0] > 0 else -1.0 if xs[0] < 0 else 0.0
    return tuple(x / z if z else 0.0 for x in xs)


@partials(math.erf)
def erf(y, x):
    return 2.0 / math.sqrt(math.pi) * math.exp(-x * x)


@partials(math.erfc)
def erfc(y, x):
    return -2.0 / math.sqrt(math.pi) * math.exp(-x * x)


@partials(math.gamma)
def gamma(y, x):
    return y * polygamma(0, x)


@partials(math.lgamma)
def lgamma(y, x):
    return polygamma(0, x)


@partials(polygamma)
def polygamma_(y, n, x):
    return None, polygamma(n + 1, x)


@partials(math.fabs)
def fabs(y, x):
    return 1.0 if x > 0 else -1.0 if x < 0 else 0.0


@partials(math.copysign)
def copysign(z, x, y):
    return math.copysign(1.0, y) * (1.0 if x > 0 else -1.0 if x < 0 else 0.0), 0.0


@partials(math.nextafter)
def nextafter(z, x, y):
    return 1.0, 0.0


@partials(math.fmod)
def fmod(z, x, y):
    return 1.0, -math.trunc(x / y)


@partials(math.remainder)
def remainder(z, x, y):
    return 1.0, -round(x / y)


@partials(math.ldexp)
def ldexp(y, x, i):
    return 2.0**i, None


@vjp(math.frexp)
def frexp_vjp(y_bar, y, x):
    return math.ldexp(1.0, -y[1]) * y_bar[0]


@jvp(math.frexp)
def frexp_jvp(dots, y, x):
    return math.ldexp(1.0, -y[1]) * dots[0], None


@vjp(math.modf)
def modf_vjp(y_bar, y, x):
    return 0.0 if y_bar[0] is None else y_bar[0]


@jvp(math.modf)
def modf_jvp(dots, y, x):
    return dots[0], None


@linear(math.fsum)
def fsum(y_bar, xs):
    if isinstance(xs, np.ndarray):
        return np.broadcast_to(y_bar, np.shape(xs))
    return [y_bar for _ in xs]


@vjp(math.dist)
def dist_vjp(z_bar, z, p, q):
    """Zero where the points are one, as ``hypot``."""
    share = z_bar / z if z else 0.0
    if isinstance(p, np.ndarray):
        return share * (p - q), share * (q - p)
    return [share * (a - b) for a, b in zip(p, q, strict=True)], [share * (b - a) for a, b in zip(p, q, strict=True)]


@jvp(math.dist)
def dist_jvp(dots, z, p, q):
    z_dot = 0.0
    for k in range(len(p)):
        moved = 0.0
        if dots[0] is not None:
            moved = moved + dots[0][k]
        if dots[1] is not None:
            moved = moved - dots[1][k]
        z_dot = z_dot + (p[k] - q[k]) * moved
    return z_dot / z if z else 0.0


@partials(math.degrees)
def degrees(y, x):
    return 180.0 / math.pi


@partials(math.radians)
def radians(y, x):
    return math.pi / 180.0


nondiff(
    math.ceil,
    math.comb,
    math.factorial,
    math.floor,
    math.gcd,
    math.isclose,
    math.isfinite,
    math.isinf,
    math.isnan,
    math.isqrt,
    math.lcm,
    math.perm,
    math.trunc,
    math.ulp,
)
