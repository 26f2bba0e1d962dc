"""Elliptic integrals and functions (DLMF 19, 22), by Carlson's symmetric integrals.

Legendre's formulas divide zero by zero where the parameter is zero; Carlson's (DLMF 19.25) are smooth there.
"""

from __future__ import annotations

import numpy as np
import scipy.special as sp

from s2sgrad.rules.table import jvp, partials, vjp

# -- complete: K and E are hypergeometric functions (DLMF 19.5.1, 19.5.2) --------------------------


@partials(sp.ellipk)
def ellipk(y, m):
    """DLMF 15.5.1. As hypergeometric functions all derivatives are smooth at zero."""
    return np.pi / 8.0 * sp.hyp2f1(1.5, 1.5, 2.0, m)


@partials(sp.ellipkm1)
def ellipkm1(y, p):
    return -sp.elliprd(0.0, 1.0, p) / 6.0


@partials(sp.ellipe)
def ellipe(y, m):
    return -np.pi / 8.0 * sp.hyp2f1(0.5, 1.5, 2.0, m)


# -- incomplete: a whole number of half periods, and the rest (DLMF 19.2.10) -----------------------


def first_in_parameter(phi, m):
    """The derivative of ``ellipkinc(phi, m)`` in ``m``."""
    turns = np.rint(phi / np.pi)
    s, c = np.sin(phi - turns * np.pi), np.cos(phi)
    rest = s**3 * sp.elliprd(c * c, 1.0, 1.0 - m * s * s) / 6.0
    whole = sp.elliprd(0.0, 1.0, 1.0 - np.where(turns == 0.0, 0.0, m)) / 3.0
    return rest + np.where(turns == 0.0, 0.0, turns * whole)


@partials(sp.ellipkinc)
def ellipkinc(y, phi, m):
    return 1.0 / np.sqrt(1.0 - m * np.sin(phi) ** 2), first_in_parameter(phi, m)


@partials(sp.ellipeinc)
def ellipeinc(y, phi, m):
    turns = np.rint(phi / np.pi)
    s, c = np.sin(phi - turns * np.pi), np.cos(phi)
    rest = s**3 * sp.elliprd(c * c, 1.0 - m * s * s, 1.0) / 6.0
    whole = sp.elliprd(0.0, 1.0 - np.where(turns == 0.0, 0.0, m), 1.0) / 3.0
    return np.sqrt(1.0 - m * np.sin(phi) ** 2), -rest - np.where(turns == 0.0, 0.0, turns * whole)


# -- Carlson's integrals (DLMF 19.18), under the integral ------------------------------------------


@partials(sp.elliprc)
def elliprc(r, x, y):
    return -sp.elliprd(y, y, x) / 6.0, -sp.elliprd(x, y, y) / 3.0


@partials(sp.elliprf)
def elliprf(r, x, y, z):
    return -sp.elliprd(y, z, x) / 6.0, -sp.elliprd(z, x, y) / 6.0, -sp.elliprd(x, y, z) / 6.0


def weighed(x, partial):
    """``x * partial``, zero where ``x`` is: the partial derivative grows more slowly than ``x`` falls."""
    zero = x == 0.0
    return np.where(zero, 0.0, np.where(zero, 1.0, x) * np.where(zero, 0.0, partial))


@partials(sp.elliprg)
def elliprg(r, x, y, z):
    f = sp.elliprf(x, y, z)
    return (
        0.25 * (f - weighed(x, sp.elliprd(y, z, x)) / 3.0),
        0.25 * (f - weighed(y, sp.elliprd(z, x, y)) / 3.0),
        0.25 * (f - weighed(z, sp.elliprd(x, y, z)) / 3.0),
    )


@partials(sp.elliprd)
def elliprd(r, x, y, z):
    """Partial fractions; in ``z`` by Euler's theorem, for it is homogeneous of degree -3/2."""
    x_partial, y_partial = 0.5 * (sp.elliprd(z, y, x) - r) / (x - z), 0.5 * (sp.elliprd(x, z, y) - r) / (y - z)
    return x_partial, y_partial, -(1.5 * r + weighed(x, x_partial) + weighed(y, y_partial)) / z


@partials(sp.elliprj)
def elliprj(r, x, y, z, p):
    x_partial = 0.5 * (sp.elliprd(y, z, x) - r) / (x - p)
    y_partial = 0.5 * (sp.elliprd(z, x, y) - r) / (y - p)
    z_partial = 0.5 * (sp.elliprd(x, y, z) - r) / (z - p)
    moment = weighed(x, x_partial) + weighed(y, y_partial) + weighed(z, z_partial)
    return x_partial, y_partial, z_partial, -(1.5 * r + moment) / p


# -- Jacobi's functions (DLMF 22.13) ---------------------------------------------------------------


def ellipj_slopes(y, m):
    """In ``u``, and in ``m`` through the amplitude."""
    sn, cn, dn, amplitude = y
    turn = -dn * first_in_parameter(amplitude, m)
    in_argument = cn * dn, -sn * dn, -m * sn * cn, dn
    return in_argument, (cn * turn, -sn * turn, -(0.5 * sn * sn + m * sn * cn * turn) / dn, turn)


@vjp(sp.ellipj, broadcasts=True)
def ellipj_vjp(bars, y, u, m):
    in_argument, in_parameter = ellipj_slopes(y, m)
    u_bar, m_bar = 0.0, 0.0
    for k in range(4):
        if bars[k] is not None:
            u_bar, m_bar = u_bar + bars[k] * in_argument[k], m_bar + bars[k] * in_parameter[k]
    return u_bar, m_bar


@jvp(sp.ellipj)
def ellipj_jvp(dots, y, u, m):
    in_argument, in_parameter = ellipj_slopes(y, m)
    u_dot, m_dot = dots
    if m_dot is None:
        return tuple(u_dot * slope for slope in in_argument)
    if u_dot is None:
        return tuple(m_dot * slope for slope in in_parameter)
    return tuple(u_dot * in_argument[k] + m_dot * in_parameter[k] for k in range(4))
