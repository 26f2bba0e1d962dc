"""Python's operators and the builtins on numbers. The operators serve scalars and arrays alike."""

from __future__ import annotations

import math
import operator

import numpy as np

from s2sgrad.rules.table import jvp, linear, nondiff, partials, vjp


@partials(operator.add, np.add)
def add(z, x, y):
    return 1.0, 1.0


@partials(operator.sub, np.subtract)
def subtract(z, x, y):
    return 1.0, -1.0


@partials(operator.mul, np.multiply)
def multiply(z, x, y):
    return y, x


@partials(operator.truediv, np.divide)
def divide(z, x, y):
    return 1.0 / y, -z / y


@partials(operator.mod, np.remainder)
def remainder(z, x, y):
    return 1.0, -(x // y)


@partials(operator.neg, np.negative)
def negative(y, x):
    return -1.0


@partials(operator.pos, np.positive)
def positive(y, x):
    return 1.0


@partials(operator.pow, pow, np.power, np.float_power)
def power(z, x, p):
    """``x ** 0`` is constant, also at zero; where a real ``x`` is not positive the exponent is held to be constant.

    The slope ``0 * x ** -1`` is right for derivatives in ``p`` too; only at zero it needs another base.
    """
    if isinstance(p, np.ndarray):
        base = np.where((p == 0) & (x == 0), 1, x)
    elif isinstance(x, np.ndarray):
        base = x if p != 0 else np.where(x == 0, 1, x)
    else:
        base = x if p != 0 or x != 0 else x + 1
    x_partial = p * base ** (p - 1)
    if np.iscomplexobj(z):
        p_partial = z * np.log(np.where(x == 0, 1.0, x) + 0j)
    elif isinstance(x, np.ndarray):
        p_partial = np.where(x > 0, z * np.log(np.where(x > 0, x, 1.0)), 0.0)
    else:
        p_partial = z * math.log(x) if x > 0 else 0.0
    return x_partial, p_partial


@linear(float, np.float16, np.float32, np.float64, np.complex64, np.complex128)
def number(y_bar, x):
    return y_bar


@vjp(complex)
def complex_vjp(z_bar, z, x, y=None):
    if y is None:
        return z_bar
    return np.real(z_bar), -np.imag(z_bar)


@jvp(complex)
def complex_jvp(dots, z, x, y=None):
    if len(dots) == 1:
        return dots[0]
    x_dot, y_dot = dots
    return complex(0.0 if x_dot is None else x_dot, 0.0 if y_dot is None else y_dot)


@partials(max)
def largest(z, *xs):
    """Arguments that tie for the largest share its derivative equally."""
    if len(xs) == 2:
        x, y = xs
        x_partial = 1.0 if x > y else 0.5 if x == y else 0.0
        return x_partial, 1.0 - x_partial
    ties = [1.0 if x == z else 0.0 for x in xs]
    return tuple(tie / sum(ties) for tie in ties)


@partials(min)
def smallest(z, *xs):
    if len(xs) == 2:
        x, y = xs
        x_partial = 1.0 if x < y else 0.5 if x == y else 0.0
        return x_partial, 1.0 - x_partial
    ties = [1.0 if x == z else 0.0 for x in xs]
    return tuple(tie / sum(ties) for tie in ties)


nondiff(
    operator.and_,
    operator.contains,
    operator.eq,
    operator.floordiv,
    operator.ge,
    operator.gt,
    operator.index,
    operator.invert,
    operator.is_,
    operator.is_not,
    operator.le,
    operator.lshift,
    operator.lt,
    operator.ne,
    operator.not_,
    operator.or_,
    operator.rshift,
    operator.truth,
    operator.xor,
    bool,
    callable,
    int,
    *(np.dtype(code).type for code in "bhilqBHILQ"),
    isinstance,
    len,
    range,
    round,
)
