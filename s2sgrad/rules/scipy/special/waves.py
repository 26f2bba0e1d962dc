"""Mathieu and spheroidal functions: SciPy gives a function with its derivative, its equation gives the second one.

There are no rules for ``obl_rad2`` and ``pro_rad2``: what SciPy gives as their derivatives are not those of its values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special as sp

from s2sgrad.rules.scipy.special.bessel import joined
from s2sgrad.rules.table import jvp, static, vjp

PARAMETER = "the derivative of a wave function in its parameters has no closed form"


@static
def refuse_parameters(active):
    if active:
        raise NotImplementedError(PARAMETER)


def waves(function: Any, count: int, slopes: Callable[..., Any]) -> None:
    """Register a function of ``count`` parameters and ``x``: ``slopes(y, *parameters, x)`` of its two results."""

    @vjp(function)
    def wave_vjp(bars, y, *arguments):
        return (*((PARAMETER,) * count), joined(bars, slopes(y, *arguments)))

    @jvp(function)
    def wave_jvp(dots, y, *arguments):
        for dot in dots[:count]:
            refuse_parameters(dot is not None)
        first, second = slopes(y, *arguments)
        return dots[count] * first, dots[count] * second


# -- Mathieu functions, of an angle in degrees (DLMF 28.2.1), and modified ones (28.20.1) ----------

DEGREE = np.pi / 180.0


def even_angular(y, m, q, x):
    return DEGREE * y[1], -DEGREE * (sp.mathieu_a(m, q) - 2.0 * q * np.cos(2.0 * DEGREE * x)) * y[0]


def odd_angular(y, m, q, x):
    return DEGREE * y[1], -DEGREE * (sp.mathieu_b(m, q) - 2.0 * q * np.cos(2.0 * DEGREE * x)) * y[0]


def even_radial(y, m, q, x):
    return y[1], (sp.mathieu_a(m, q) - 2.0 * q * np.cosh(2.0 * x)) * y[0]


def odd_radial(y, m, q, x):
    return y[1], (sp.mathieu_b(m, q) - 2.0 * q * np.cosh(2.0 * x)) * y[0]


waves(sp.mathieu_cem, 2, even_angular)
waves(sp.mathieu_sem, 2, odd_angular)
waves(sp.mathieu_modcem1, 2, even_radial)
waves(sp.mathieu_modcem2, 2, even_radial)
waves(sp.mathieu_modsem1, 2, odd_radial)
waves(sp.mathieu_modsem2, 2, odd_radial)


# -- spheroidal functions (DLMF 30.2.1) ------------------------------------------------------------


def prolate_of_value(y, m, n, c, cv, x):
    rest = 1.0 - x * x
    return y[1], (2.0 * x * y[1] - (cv - (c * x) ** 2 - m * m / rest) * y[0]) / rest


def oblate_angular_of_value(y, m, n, c, cv, x):
    rest = 1.0 - x * x
    return y[1], (2.0 * x * y[1] - (cv + (c * x) ** 2 - m * m / rest) * y[0]) / rest


def oblate_radial_of_value(y, m, n, c, cv, x):
    rest = 1.0 + x * x
    return y[1], ((cv - (c * x) ** 2 - m * m / rest) * y[0] - 2.0 * x * y[1]) / rest


def prolate(y, m, n, c, x):
    return prolate_of_value(y, m, n, c, sp.pro_cv(m, n, c), x)


def oblate_angular(y, m, n, c, x):
    return oblate_angular_of_value(y, m, n, c, sp.obl_cv(m, n, c), x)


def oblate_radial(y, m, n, c, x):
    return oblate_radial_of_value(y, m, n, c, sp.obl_cv(m, n, c), x)


waves(sp.pro_ang1, 3, prolate)
waves(sp.pro_rad1, 3, prolate)
waves(sp.obl_ang1, 3, oblate_angular)
waves(sp.obl_rad1, 3, oblate_radial)
waves(sp.pro_ang1_cv, 4, prolate_of_value)
waves(sp.pro_rad1_cv, 4, prolate_of_value)
waves(sp.obl_ang1_cv, 4, oblate_angular_of_value)
waves(sp.obl_rad1_cv, 4, oblate_radial_of_value)
