"""``scipy.interpolate``: in the values that are interpolated, and in the points where.

Splines are linear in their values: the derivative in a direction is the spline through that direction, and cotangents
are gathered by the splines through the unit vectors. In the points it is the spline's own derivative. Their knots have
no derivative here: they decide where a spline is which polynomial.
"""

from __future__ import annotations

import numpy as np
import scipy.interpolate

from s2sgrad.ir.shapes.table import Types, array_of, type_rule
from s2sgrad.ir.types import OBJECT, Array
from s2sgrad.rules.functions import jvp_of, vjp_of
from s2sgrad.rules.scipy.monotone import by_pchip
from s2sgrad.rules.scipy.refusals import refuse_if
from s2sgrad.rules.table import calls_back, jvp, nondiff, static, vjp

KNOTS = "the knots decide where a spline is which polynomial"
_MAKERS = (
    scipy.interpolate.CubicSpline,
    scipy.interpolate.make_interp_spline,
    scipy.interpolate.BSpline,
    scipy.interpolate.interp1d,
    scipy.interpolate.PchipInterpolator,
    scipy.interpolate.Akima1DInterpolator,
)
nondiff(*_MAKERS)
type_rule(*_MAKERS)(lambda *_, **__: OBJECT)

# -- splines -----------------------------------------------------------------------------------------


class Spline:
    """What interpolates: it is called with points.

    ``kind`` and ``option``: how :func:`spline_at` makes such a spline for other values. ``found`` is SciPy's object.
    """

    def __init__(self, found, kind, option, knots, values):
        self.found = found
        self.kind = kind
        self.option = option
        self.knots = knots
        self.values = values

    def __call__(self, x, nu=0, extrapolate=None):
        refuse_if(extrapolate is not None, "a spline that is called with extrapolate=")
        return value_of_spline(self.found, self.kind, self.option, self.knots, self.values, x, nu)

    def derivative(self, nu=1):
        return DerivativeOfSpline(self, nu)


class DerivativeOfSpline:
    """A derivative of a spline, which is called with points."""

    def __init__(self, spline, order):
        self.spline = spline
        self.order = order

    def __call__(self, x, nu=0):
        return self.spline(x, self.order + nu)


@static
def check_ends(bc_type):
    if bc_type not in (None, "not-a-knot", "natural", "clamped"):
        raise NotImplementedError(f"a spline with bc_type={bc_type!r} has no derivative rule")


@calls_back(scipy.interpolate.CubicSpline)
def cubic_spline(x, y, axis=0, bc_type="not-a-knot", extrapolate=None):
    check_ends(bc_type)
    refuse_if(axis != 0 or extrapolate is not None, "scipy.interpolate.CubicSpline with axis or extrapolate")
    return Spline(scipy.interpolate.CubicSpline(x, y, bc_type=bc_type), "cubic", bc_type, x, y)


@calls_back(scipy.interpolate.make_interp_spline)
def make_interp_spline(x, y, k=3, t=None, bc_type=None, axis=0, **options):
    check_ends(bc_type)
    refuse_if(axis != 0 or t is not None, "scipy.interpolate.make_interp_spline with axis or t")
    found = scipy.interpolate.make_interp_spline(x, y, k, bc_type=bc_type)
    return Spline(found, "interpolating", (k, bc_type), x, y)


@calls_back(scipy.interpolate.BSpline)
def b_spline(t, c, k, extrapolate=True, axis=0):
    refuse_if(axis != 0 or extrapolate is not True, "scipy.interpolate.BSpline with axis or extrapolate")
    return Spline(scipy.interpolate.BSpline(t, c, k), "basis", k, t, c)


def value_of_spline(found, kind, option, knots, values, x, nu):
    """The value, or a derivative, of a spline at points."""
    return found(x, nu)


def spline_at(kind, option, knots, values, x, nu):
    """The value, or a derivative, at points, of the spline of a kind with these values."""
    if kind == "cubic":
        return scipy.interpolate.CubicSpline(knots, values, bc_type=option)(x, nu)
    if kind == "interpolating":
        return scipy.interpolate.make_interp_spline(knots, values, option[0], bc_type=option[1])(x, nu)
    return scipy.interpolate.BSpline(knots, values, option)(x, nu)


@type_rule(spline_at)
def spline_type(kind, option, knots, values, x, nu) -> Types:
    return Array(np.dtype(float), array_of(x).shape + array_of(values).shape[1:])


@type_rule(value_of_spline)
def value_of_spline_type(found, kind, option, knots, values, x, nu) -> Types:
    return spline_type(kind, option, knots, values, x, nu)


def spline_cotangents(y_bar, kind, option, knots, values, x, nu):
    """Of the values and of the points."""
    values = np.asarray(values)
    basis = spline_at(kind, option, knots, np.eye(np.shape(values)[0]), np.ravel(x), nu)
    rows = np.reshape(y_bar, (np.size(x), -1))
    slope = y_bar * spline_at(kind, option, knots, values, x, nu + 1)
    for _ in range(np.ndim(values) - 1):
        slope = np.sum(slope, -1)
    return np.reshape(basis.T @ rows, np.shape(values)), slope


def spline_tangent(values_dot, x_dot, kind, option, knots, values, x, nu):
    total = None
    if values_dot is not None:
        total = spline_at(kind, option, knots, np.asarray(values_dot), x, nu)
    if x_dot is not None:
        for _ in range(np.ndim(np.asarray(values)) - 1):
            x_dot = np.expand_dims(x_dot, -1)
        change = spline_at(kind, option, knots, values, x, nu + 1) * x_dot
        total = change if total is None else total + change
    return total


@vjp(value_of_spline)
def value_of_spline_vjp(y_bar, y, found, kind, option, knots, values, x, nu):
    values_bar, x_bar = spline_cotangents(y_bar, kind, option, knots, values, x, nu)
    return None, None, None, KNOTS, values_bar, x_bar


@jvp(value_of_spline)
def value_of_spline_jvp(dots, y, found, kind, option, knots, values, x, nu):
    refuse_if(dots[3] is not None, KNOTS)
    return spline_tangent(dots[4], dots[5], kind, option, knots, values, x, nu)


@vjp(spline_at)
def spline_at_vjp(y_bar, y, kind, option, knots, values, x, nu):
    values_bar, x_bar = spline_cotangents(y_bar, kind, option, knots, values, x, nu)
    return None, None, KNOTS, values_bar, x_bar


@jvp(spline_at)
def spline_at_jvp(dots, y, kind, option, knots, values, x, nu):
    refuse_if(dots[2] is not None, KNOTS)
    return spline_tangent(dots[3], dots[4], kind, option, knots, values, x, nu)


# -- of one row of values: by formulas, in the places of the values, too ---------------------------------


class Interpolant:
    """What interpolates numbers: it is called with points."""

    def __init__(self, found, kind, knots, values):
        self.found = found
        self.kind = kind
        self.knots = knots
        self.values = values

    def __call__(self, x, nu=0, extrapolate=None):
        refuse_if(nu != 0 or extrapolate is not None, "an interpolant that is called with nu or extrapolate")
        return value_of_interpolant(self.found, self.kind, self.knots, self.values, x)


@calls_back(scipy.interpolate.interp1d)
def interp1d(x, y, kind="linear", axis=-1, **options):
    refuse_if(kind != "linear" or len(options) or np.ndim(np.asarray(y)) != 1, "interp1d other than of numbers, linear")
    return Interpolant(scipy.interpolate.interp1d(x, y), "linear", x, y)


@calls_back(scipy.interpolate.PchipInterpolator)
def pchip(x, y, axis=0, extrapolate=None):
    refuse_if(axis != 0 or extrapolate is not None, "PchipInterpolator with axis or extrapolate")
    refuse_if(np.ndim(np.asarray(y)) != 1, "PchipInterpolator of several rows")
    return Interpolant(scipy.interpolate.PchipInterpolator(x, y), "pchip", x, y)


@calls_back(scipy.interpolate.Akima1DInterpolator)
def akima(x, y, *options, **named):
    refuse_if(True, "Akima1DInterpolator, whose slopes have no rule here,")


def value_of_interpolant(found, kind, knots, values, x):
    """The value at points."""
    return found(x)


@type_rule(value_of_interpolant)
def value_of_interpolant_type(found, kind, knots, values, x) -> Types:
    return Array(np.dtype(float), array_of(x).shape)


def formula(kind):
    def interpolated(knots, values, x):
        if kind == "linear":
            return np.asarray(np.interp(x, knots, values))
        return np.asarray(by_pchip(knots, values, x))

    return interpolated


@vjp(value_of_interpolant)
def value_of_interpolant_vjp(y_bar, y, found, kind, knots, values, x):
    arrays = np.asarray(knots), np.asarray(values), x
    return None, None, *vjp_of(formula(kind), arrays, y_bar)


@jvp(value_of_interpolant)
def value_of_interpolant_jvp(dots, y, found, kind, knots, values, x):
    arrays = np.asarray(knots), np.asarray(values), x
    tangents = tuple(None if dot is None else np.asarray(dot) for dot in dots[2:])
    return jvp_of(formula(kind), arrays, tangents)
