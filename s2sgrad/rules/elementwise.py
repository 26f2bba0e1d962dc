"""NumPy's elementwise functions (those that Python has an operator for are in :mod:`.operators`)."""

from __future__ import annotations

import math

import numpy as np

from s2sgrad.rules.table import defines, jvp, linear, nondiff, partials, vjp

# -- powers, exponentials, logarithms --------------------------------------------------------------


@partials(np.square)
def square(y, x):
    return 2.0 * x


@partials(np.sqrt)
def sqrt(y, x):
    return 0.5 / y


@partials(np.cbrt)
def cbrt(y, x):
    return 1.0 / (3.0 * y * y)


@partials(np.reciprocal)
def reciprocal(y, x):
    return -y * y


@partials(np.exp)
def exp(y, x):
    return y


@partials(np.exp2)
def exp2(y, x):
    return y * np.log(2.0)


@partials(np.expm1)
def expm1(y, x):
    return y + 1.0


@partials(np.log)
def log(y, x):
    return 1.0 / x


@partials(np.log2)
def log2(y, x):
    return 1.0 / (x * np.log(2.0))


@partials(np.log10)
def log10(y, x):
    return 1.0 / (x * np.log(10.0))


@partials(np.log1p)
def log1p(y, x):
    return 1.0 / (1.0 + x)


@partials(np.logaddexp)
def logaddexp(z, x, y):
    """Two empty sums (``-inf``) add up to another, and neither matters.

    Beside a finite number both are logistic functions, which need no ``z``: that is by far the dearest to compute.
    """
    if isinstance(z, np.ndarray) and z.dtype == np.float64 and (is_finite(x) or is_finite(y)):
        return logistic(x - y), logistic(y - x)
    total = np.where(z == -np.inf, 0.0, z)
    return np.exp(x - total), np.exp(y - total)


def is_finite(x: object) -> bool:
    """Whether ``x`` is a finite Python number: a literal, where a rule is lowered."""
    return isinstance(x, (int, float)) and math.isfinite(x)


def logistic(x):
    """``exp(x) / (1 + exp(x))``; ``exp`` of more than 709 would overflow."""
    return 1.0 / (1.0 + np.exp(np.minimum(-x, 709.0)))


@partials(np.logaddexp2)
def logaddexp2(z, x, y):
    total = np.where(z == -np.inf, 0.0, z)
    return np.exp2(x - total), np.exp2(y - total)


# -- trigonometric and hyperbolic ------------------------------------------------------------------


@partials(np.sin)
def sin(y, x):
    return np.cos(x)


@partials(np.cos)
def cos(y, x):
    return -np.sin(x)


@partials(np.tan)
def tan(y, x):
    return 1.0 + y * y


@partials(np.arcsin)
def arcsin(y, x):
    return 1.0 / np.sqrt(1.0 - x * x)


@partials(np.arccos)
def arccos(y, x):
    return -1.0 / np.sqrt(1.0 - x * x)


@partials(np.arctan)
def arctan(y, x):
    return 1.0 / (1.0 + x * x)


@partials(np.arctan2)
def arctan2(z, y, x):
    return x / (x * x + y * y), -y / (x * x + y * y)


@partials(np.sinh)
def sinh(y, x):
    return np.cosh(x)


@partials(np.cosh)
def cosh(y, x):
    return np.sinh(x)


@partials(np.tanh)
def tanh(y, x):
    return 1.0 - y * y


@partials(np.arcsinh)
def arcsinh(y, x):
    return 1.0 / np.sqrt(x * x + 1.0)


@partials(np.arccosh)
def arccosh(y, x):
    return 1.0 / np.sqrt(x * x - 1.0)


@partials(np.arctanh)
def arctanh(y, x):
    return 1.0 / (1.0 - x * x)


@partials(np.hypot)
def hypot(z, x, y):
    """At the origin the derivative is zero, as for ``np.linalg.norm``."""
    size = np.where(z == 0.0, 1.0, z)
    return x / size, y / size


@partials(np.sinc)
def sinc(y, x):
    """At zero, by its series: so that higher derivatives are right there, too."""
    pi_x = np.pi * x
    series = np.pi * pi_x * (pi_x * pi_x / 30.0 - 1.0 / 3.0)
    return np.where(x == 0.0, series, (np.cos(pi_x) - y) / np.where(x == 0.0, 1.0, x))


@partials(np.i0)
def i0(y, x):
    """The integral for I1 (DLMF 10.32.3) by the midpoint rule: exact to rounding wherever it is finite."""
    nodes = np.cos((np.arange(64) + 0.5) * (np.pi / 128.0))
    return np.mean(nodes * np.sinh(np.asarray(x)[..., None] * nodes), axis=-1)


@partials(np.degrees, np.rad2deg)
def degrees(y, x):
    return 180.0 / np.pi


@partials(np.radians, np.deg2rad)
def radians(y, x):
    return np.pi / 180.0


# -- choosing --------------------------------------------------------------------------------------


@partials(np.maximum)
def maximum(z, x, y):
    """Ties share equally."""
    if isinstance(z, np.ndarray):
        return chosen(x > y, x == y), chosen(x < y, x == y)
    x_partial = 1.0 if x > y else 0.5 if x == y else 0.0
    return x_partial, 1.0 - x_partial


@partials(np.minimum)
def minimum(z, x, y):
    if isinstance(z, np.ndarray):
        return chosen(x < y, x == y), chosen(x > y, x == y)
    x_partial = 1.0 if x < y else 0.5 if x == y else 0.0
    return x_partial, 1.0 - x_partial


@partials(np.fmax)
def fmax(z, x, y):
    """As ``maximum``, but a NaN is never chosen."""
    return chosen((x > y) | np.isnan(y), x == y), chosen((x < y) | np.isnan(x), x == y)


@partials(np.fmin)
def fmin(z, x, y):
    return chosen((x < y) | np.isnan(y), x == y), chosen((x > y) | np.isnan(x), x == y)


@partials(np.clip)
def clip(y, x, a_min=None, a_max=None, out=None):
    """``minimum(maximum(x, a_min), a_max)``, ties shared as there."""
    if a_min is None and a_max is None:
        return 1.0, None, None
    if a_max is None:
        return chosen(x > a_min, x == a_min), chosen(x < a_min, x == a_min), None
    if a_min is None:
        return chosen(x < a_max, x == a_max), None, chosen(x > a_max, x == a_max)
    raised = np.maximum(x, a_min)
    return (
        chosen((x > a_min) & (x < a_max), (x == a_min) | (x == a_max)),
        chosen(x < a_min, x == a_min) * chosen(raised < a_max, raised == a_max),
        chosen(raised > a_max, raised == a_max),
    )


def chosen(alone, tied):
    """1.0 where a value is chosen, 0.5 where it is tied. Without ``np.where``, which is several times slower here."""
    return alone + 0.5 * tied


@linear(np.where, wrt=(1, 2))
def where(z_bar, condition, x, y):
    """A selection, not a product: what was not chosen gets zero, whatever the cotangent is."""
    return np.where(condition, z_bar, 0.0), np.where(condition, 0.0, z_bar)


@linear(np.select, wrt=(1, 2), broadcasts=True)
def select(y_bar, condlist, choicelist, default=0):
    """Each choice gets what the conditions before it have left."""
    bars = []
    for condition in condlist:
        bars.append(np.where(condition, y_bar, 0.0))
        y_bar = np.where(condition, 0.0, y_bar)
    return bars, y_bar


@jvp(np.select)
def select_jvp(dots, y, condlist, choicelist, default=0):
    return np.select(condlist, dots[1], 0.0 if len(dots) < 3 or dots[2] is None else dots[2])


@defines(np.piecewise)
def piecewise(x, condlist, funclist, *args, **kw):
    x = np.asarray(x)
    if isinstance(condlist, np.ndarray):
        condlist = [condlist] if np.ndim(condlist) == np.ndim(x) else list(condlist)
    y = np.zeros_like(x)
    rest = np.ones(np.shape(x), np.bool_)
    for condition in condlist:
        rest = rest & ~np.asarray(condition)
    conditions = [*condlist, rest] if len(funclist) == len(condlist) + 1 else condlist
    for condition, function in zip(conditions, funclist, strict=False):
        if callable(function):
            y[condition] = function(x[condition], *args, **kw)
        else:
            y[condition] = function
    return y


@linear(np.real_if_close)
def real_if_close(y_bar, x, tol=100):
    return y_bar


@partials(np.nan_to_num)
def nan_to_num(y, x, copy=True, nan=0.0, posinf=None, neginf=None):
    return (
        np.where(np.isfinite(x), 1.0, 0.0),
        None,
        np.where(np.isnan(x), 1.0, 0.0),
        np.where(x == np.inf, 1.0, 0.0),
        np.where(x == -np.inf, 1.0, 0.0),
    )


# -- signs, remainders -----------------------------------------------------------------------------


def sign_of(x):
    """The sign of a real number or array as the derivative of ``abs``: zero at zero."""
    if isinstance(x, np.ndarray):
        return np.sign(x)
    return 1.0 if x > 0 else -1.0 if x < 0 else 0.0


def direction_of(x, size):
    """``conj(x) / abs(x)``, zero at zero."""
    if isinstance(x, np.ndarray):
        return np.conj(x) / np.where(size == 0.0, 1.0, size)
    return np.conj(x) / size if size else 0.0


@vjp(abs, np.absolute, np.fabs)
def absolute_vjp(y_bar, y, x):
    if np.iscomplexobj(x):
        return np.real(y_bar) * direction_of(x, y)
    return y_bar * sign_of(x)


@jvp(abs, np.absolute, np.fabs)
def absolute_jvp(dots, y, x):
    if np.iscomplexobj(x):
        return np.real(dots[0] * direction_of(x, y))
    return dots[0] * sign_of(x)


@partials(np.heaviside)
def heaviside(z, x, value):
    """A jump at zero, where the result is ``value``."""
    return 0.0, np.where(x == 0.0, 1.0, 0.0)


@partials(np.copysign)
def copysign(z, x, y):
    return np.sign(x) * np.copysign(1.0, y), 0.0


@partials(np.nextafter)
def nextafter(z, x, y):
    return 1.0, 0.0


@partials(np.fmod)
def fmod(z, x, y):
    return 1.0, -np.trunc(x / y)


@partials(np.ldexp)
def ldexp(z, x, i):
    return 2.0**i, None


@vjp(np.divmod)
def divmod_vjp(y_bar, y, x1, x2):
    """Of the quotient, which is a whole number, and the remainder."""
    if y_bar[1] is None:
        return np.zeros_like(x1), np.zeros_like(x2)
    return y_bar[1], -y_bar[1] * y[0]


@jvp(np.divmod)
def divmod_jvp(dots, y, x1, x2):
    x1_dot = 0.0 if dots[0] is None else dots[0]
    x2_dot = 0.0 if dots[1] is None else dots[1]
    return None, x1_dot - x2_dot * y[0]


@vjp(np.modf)
def modf_vjp(y_bar, y, x):
    return np.zeros_like(x) if y_bar[0] is None else y_bar[0]


@jvp(np.modf)
def modf_jvp(dots, y, x):
    return dots[0], None


@vjp(np.frexp)
def frexp_vjp(y_bar, y, x):
    return y_bar[0] * np.exp2(-y[1])


@jvp(np.frexp)
def frexp_jvp(dots, y, x):
    return dots[0] * np.exp2(-y[1]), None


# -- complex numbers -------------------------------------------------------------------------------


@linear(np.real)
def real(y_bar, x):
    return np.real(y_bar)


@linear(np.imag)
def imag(y_bar, x):
    if np.iscomplexobj(x):
        return -1j * np.real(y_bar)
    return np.zeros_like(x)


@vjp(np.angle)
def angle_vjp(y_bar, y, z, deg=False):
    """That of the imaginary part of ``log``; of a real number the angle is constant."""
    if not np.iscomplexobj(z):
        return np.zeros_like(z)
    return (-180j / np.pi if deg else -1j) * np.real(y_bar) / z


@jvp(np.angle)
def angle_jvp(dots, y, z, deg=False):
    if not np.iscomplexobj(z):
        return None
    y_dot = np.imag(dots[0] / z)
    return 180.0 / np.pi * y_dot if deg else y_dot


@linear(np.conjugate)
def conjugate(y_bar, x):
    return np.conjugate(y_bar)


nondiff(
    np.bitwise_and,
    np.bitwise_or,
    np.bitwise_xor,
    np.around,
    np.ceil,
    np.equal,
    np.fix,
    np.floor,
    np.floor_divide,
    np.gcd,
    np.greater,
    np.greater_equal,
    np.invert,
    np.isclose,
    np.iscomplexobj,
    np.isfinite,
    np.isinf,
    np.isnan,
    np.isneginf,
    np.isposinf,
    np.isrealobj,
    np.isscalar,
    np.lcm,
    np.left_shift,
    np.less,
    np.less_equal,
    np.logical_and,
    np.logical_not,
    np.logical_or,
    np.logical_xor,
    np.not_equal,
    np.right_shift,
    np.rint,
    np.round,
    np.sign,
    np.signbit,
    np.spacing,
    np.trunc,
)
