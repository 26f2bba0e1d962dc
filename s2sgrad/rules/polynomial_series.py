"""``numpy.polynomial``: derivatives and integrals of series, and their values in several variables.

Taking the derivative or the integral of a series is linear in its coefficients, with one matrix along their axis: what
the function makes of ``np.eye(n)``. Values and Vandermonde matrices in one variable go through NumPy's own source.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.polynomial import chebyshev, hermite, hermite_e, laguerre, legendre, polynomial

from s2sgrad.rules.table import defines, jvp, vjp


def register_derivative(der: Any) -> None:
    """The rule for ``chebder`` and its like."""

    @vjp(der)
    def der_vjp(y_bar, y, c, m=1, scl=1, axis=0):
        return through_matrix(der(np.eye(np.shape(c)[axis]), m, scl), y_bar, axis)

    @jvp(der)
    def der_jvp(dots, y, c, m=1, scl=1, axis=0):
        return der(dots[0], m, scl, axis)


def register_integral(integral: Any) -> None:
    """The rule for ``chebint`` and its like, in the coefficients."""

    @vjp(integral)
    def int_vjp(y_bar, y, c, m=1, k=None, lbnd=0, scl=1, axis=0):
        return (through_matrix(integral(np.eye(np.shape(c)[axis]), m, lbnd=lbnd, scl=scl), y_bar, axis),)

    @jvp(integral)
    def int_jvp(dots, y, c, m=1, k=None, lbnd=0, scl=1, axis=0):
        return integral(dots[0], m, lbnd=lbnd, scl=scl, axis=axis)


def through_matrix(matrix, y_bar, axis):
    """The transpose of a matrix that acts along an axis."""
    if np.ndim(y_bar) == 1:
        return np.dot(y_bar, matrix)
    return np.moveaxis(np.tensordot(matrix, y_bar, axes=(0, axis)), 0, axis)


def define_values(value: Any, in_two: Any, in_three: Any, on_grid_2d: Any, on_grid_3d: Any) -> None:
    """Series in several variables, one variable after the other."""

    @defines(in_two)
    def value_2d(x, y, c):
        return value(np.asarray(y), value(np.asarray(x), c), tensor=False)

    @defines(in_three)
    def value_3d(x, y, z, c):
        return value(np.asarray(z), value(np.asarray(y), value(np.asarray(x), c), tensor=False), tensor=False)

    @defines(on_grid_2d)
    def grid_2d(x, y, c):
        return value(y, value(x, c))

    @defines(on_grid_3d)
    def grid_3d(x, y, z, c):
        return value(z, value(y, value(x, c)))


def define_matrices(vander: Any, in_two: Any, in_three: Any) -> None:
    """The Vandermonde matrices of products of series."""

    @defines(in_two)
    def vander_2d(x, y, deg):
        x, y = np.asarray(x), np.asarray(y)
        found = vander(x, deg[0])[..., :, None] * vander(y, deg[1])[..., None, :]
        return np.reshape(found, (*np.shape(x), -1))

    @defines(in_three)
    def vander_3d(x, y, z, deg):
        x, y, z = np.asarray(x), np.asarray(y), np.asarray(z)
        found = vander(x, deg[0])[..., :, None, None] * vander(y, deg[1])[..., None, :, None]
        return np.reshape(found * vander(z, deg[2])[..., None, None, :], (*np.shape(x), -1))


BASES = {
    "poly": polynomial,
    "cheb": chebyshev,
    "leg": legendre,
    "herm": hermite,
    "herme": hermite_e,
    "lag": laguerre,
}

for _name, _module in BASES.items():
    register_derivative(getattr(_module, f"{_name}der"))
    register_integral(getattr(_module, f"{_name}int"))
    define_values(*(getattr(_module, _name + rest) for rest in ("val", "val2d", "val3d", "grid2d", "grid3d")))
    define_matrices(*(getattr(_module, _name + rest) for rest in ("vander", "vander2d", "vander3d")))
