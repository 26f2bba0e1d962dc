"""Bottleneck's reductions, which other packages take for NumPy's where it is installed: NumPy's rules hold for them.

They return a Python number where all axes are reduced, and agree with NumPy's up to rounding.
"""

from __future__ import annotations

import bottleneck as bn

from s2sgrad.ir.core import Tree
from s2sgrad.ir.shapes.reductions import reduced
from s2sgrad.ir.shapes.table import Types, array_of, cannot_tell, of_shape, static, type_rule
from s2sgrad.ir.types import FLOAT
from s2sgrad.rules.reductions import (
    nan_extremum_jvp,
    nan_extremum_vjp,
    nanmean_jvp,
    nanmean_vjp,
    nansum_jvp,
    nansum_vjp,
)
from s2sgrad.rules.table import jvp, vjp
from s2sgrad.rules.variances import nanstd_jvp, nanstd_vjp, nanvar_jvp, nanvar_vjp


@type_rule(bn.nansum, bn.nanmean, bn.nanstd, bn.nanvar, bn.nanmin, bn.nanmax)
def reduction(a: Tree, axis: Tree = None, ddof: Tree = 0) -> Types:
    t = array_of(a)
    if t.dtype.kind != "f":
        cannot_tell()
    return FLOAT if static(axis) is None else of_shape(t.dtype, reduced(t.shape, axis, False))


@vjp(bn.nansum)
def sum_vjp(y_bar, y, a, axis=None):
    return nansum_vjp(y_bar, y, a, axis)


@jvp(bn.nansum)
def sum_jvp(dots, y, a, axis=None):
    return nansum_jvp(dots, y, a, axis)


@vjp(bn.nanmean)
def mean_vjp(y_bar, y, a, axis=None):
    return nanmean_vjp(y_bar, y, a, axis)


@jvp(bn.nanmean)
def mean_jvp(dots, y, a, axis=None):
    return nanmean_jvp(dots, y, a, axis)


@vjp(bn.nanvar)
def var_vjp(y_bar, y, a, axis=None, ddof=0):
    return nanvar_vjp(y_bar, y, a, axis, ddof=ddof)


@jvp(bn.nanvar)
def var_jvp(dots, y, a, axis=None, ddof=0):
    return nanvar_jvp(dots, y, a, axis, ddof=ddof)


@vjp(bn.nanstd)
def std_vjp(y_bar, y, a, axis=None, ddof=0):
    return nanstd_vjp(y_bar, y, a, axis, ddof=ddof)


@jvp(bn.nanstd)
def std_jvp(dots, y, a, axis=None, ddof=0):
    return nanstd_jvp(dots, y, a, axis, ddof=ddof)


@vjp(bn.nanmax, bn.nanmin)
def extremum_vjp(y_bar, y, a, axis=None):
    return nan_extremum_vjp(y_bar, y, a, axis)


@jvp(bn.nanmax, bn.nanmin)
def extremum_jvp(dots, y, a, axis=None):
    return nan_extremum_jvp(dots, y, a, axis)
