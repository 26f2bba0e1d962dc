"""Variances and standard deviations, of real and complex numbers."""

from __future__ import annotations

import numpy as np

from s2sgrad.rules.reductions import aligned, counted, number_of, present, total
from s2sgrad.rules.table import jvp, vjp


def deviation(x, axis, mean, where):
    """The distance from the mean along an axis, zero where ``where`` leaves out."""
    if mean is not None:
        return counted(x - mean, where, 0.0)
    if where is not None:
        m = total(np.where(where, x, 0.0), axis, True) / number_of(x, axis, True, where)
        return np.where(where, x - m, 0.0)
    if axis is None:
        return x - np.mean(x)
    return x - np.mean(x, axis=axis, keepdims=True)


def freedom(x, axis, keepdims, where, ddof, correction):
    """What the sum of squares is divided by."""
    return number_of(x, axis, keepdims, where) - (ddof if correction is None else correction)


def moved(dots, x, axis, keepdims, mean, where):
    """Half of the tangent of the sum of squares."""
    return total(np.real(np.conj(deviation(x, axis, mean, where)) * counted(dots[0], where, 0.0)), axis, keepdims)


def not_zero(y):
    """``y`` with ones for its zeros: where all are equal the derivative is zero, as that of the norm at zero."""
    return np.where(y == 0.0, 1.0, y)


@vjp(np.var)
def var_vjp(
    y_bar, y, x, axis=None, dtype=None, out=None, ddof=0, keepdims=False, where=None, mean=None, correction=None
):
    n = freedom(x, axis, keepdims, where, ddof, correction)
    return aligned(y_bar * (2.0 / n), axis, keepdims) * np.conj(deviation(x, axis, mean, where))


@jvp(np.var)
def var_jvp(
    dots, y, x, axis=None, dtype=None, out=None, ddof=0, keepdims=False, where=None, mean=None, correction=None
):
    n = freedom(x, axis, keepdims, where, ddof, correction)
    return moved(dots, x, axis, keepdims, mean, where) * (2.0 / n)


@vjp(np.std)
def std_vjp(
    y_bar, y, x, axis=None, dtype=None, out=None, ddof=0, keepdims=False, where=None, mean=None, correction=None
):
    n = freedom(x, axis, keepdims, where, ddof, correction)
    return aligned(y_bar / (n * not_zero(y)), axis, keepdims) * np.conj(deviation(x, axis, mean, where))


@jvp(np.std)
def std_jvp(
    dots, y, x, axis=None, dtype=None, out=None, ddof=0, keepdims=False, where=None, mean=None, correction=None
):
    n = freedom(x, axis, keepdims, where, ddof, correction)
    return moved(dots, x, axis, keepdims, mean, where) / (n * not_zero(y))


@vjp(np.nanvar)
def nanvar_vjp(
    y_bar, y, x, axis=None, dtype=None, out=None, ddof=0, keepdims=False, where=None, mean=None, correction=None
):
    return var_vjp(y_bar, y, x, axis, dtype, out, ddof, keepdims, present(x, where), mean, correction)


@jvp(np.nanvar)
def nanvar_jvp(
    dots, y, x, axis=None, dtype=None, out=None, ddof=0, keepdims=False, where=None, mean=None, correction=None
):
    return var_jvp(dots, y, x, axis, dtype, out, ddof, keepdims, present(x, where), mean, correction)


@vjp(np.nanstd)
def nanstd_vjp(
    y_bar, y, x, axis=None, dtype=None, out=None, ddof=0, keepdims=False, where=None, mean=None, correction=None
):
    return std_vjp(y_bar, y, x, axis, dtype, out, ddof, keepdims, present(x, where), mean, correction)


@jvp(np.nanstd)
def nanstd_jvp(
    dots, y, x, axis=None, dtype=None, out=None, ddof=0, keepdims=False, where=None, mean=None, correction=None
):
    return std_jvp(dots, y, x, axis, dtype, out, ddof, keepdims, present(x, where), mean, correction)
