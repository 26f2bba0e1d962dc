"""``scipy.interpolate``: in the values that are interpolated, and in the points where.

Splines, and linear interpolation, are linear in their values: the derivative in a direction is the spline through that
direction, and cotangents are gathered by the splines through the unit vectors. In the points it is the spline's own
derivative. The knots, which decide where a spline is which polynomial, have no derivative here.
"""

from __future__ import annotations

import numpy as np
import scipy.interpolate

from s2sgrad.ir.shapes.table import Types, array_of, cannot_tell, type_rule
from s2sgrad.ir.types import OBJECT, Array, Scalar
from s2sgrad.rules.scipy.refusals import refuse_if
from s2sgrad.rules.table import calls_back, jvp, nondiff, static, vjp

KNOTS = "the knots decide where a spline is which polynomial"


class Spline:
    """What interpolates: it is called with points.

    ``make(values)``, one of the functions below, makes SciPy's object; ``found`` is the one for ``values``.
    """

    def __init__(self, found, kind, knots, values, options):
        self.found = found
        self.kind = kind
        self.knots = knots
        self.values = values
        self.options = options

    def __call__(self, x, nu=0, extrapolate=None):
        refuse_if(extrapolate is not None, "a call of a spline with extrapolate=")
        return value_at(self.found, self.kind, self.knots, self.values, self.options, x, nu)

    def derivative(self, nu=1):
        return DerivativeOfSpline(self, nu)


class DerivativeOfSpline:
    """A derivative of a spline, which can be called."""

    def __init__(self, spline, order):
        self.spline = spline
        self.order = order

    def __call__(self, x, nu=0):
        return self.spline(x, self.order + nu)


def cubic_spline(knots, values, options):
    return scipy.interpolate.CubicSpline(knots, values, bc_type=options)


def interpolating_spline(knots, values, options):
    return scipy.interpolate.make_interp_spline(knots, values, k=options)


def b_spline(knots, values, options):
    return scipy.interpolate.BSpline(knots, values, options)
