"""Convolutions, correlations and linear filters of ``scipy.signal``.

The cotangent of one factor of a convolution is a correlation with the other. What ``mode`` cut off had no influence:
the cotangent is put into the full result, with zeros around it. A filter's adjoint is the filter run backward.
"""

from __future__ import annotations

import numpy as np
import scipy.signal

from s2sgrad.ir.primitives import setitem
from s2sgrad.ir.shapes import lengths
from s2sgrad.ir.shapes.products import promoted
from s2sgrad.ir.shapes.table import Types, array_of, cannot_tell, type_rule
from s2sgrad.ir.shapes.table import static as known
from s2sgrad.ir.types import Array, Dim
from s2sgrad.rules.table import jvp, multilinear, static, vjp


def in_full(z_bar, x, y, mode):
    """The cotangent of the full convolution of ``x`` and ``y``."""
    if mode == "full":
        return z_bar
    starts, stops, shape = [], [], []
    for k in range(np.ndim(x)):
        m, n = np.shape(x)[k], np.shape(y)[k]
        start = (n - 1) // 2 if mode == "same" else min(m, n) - 1
        starts.append(start)
        stops.append(start + np.shape(z_bar)[k])
        shape.append(m + n - 1)
    place = tuple(slice(starts[k], stops[k]) for k in range(len(shape)))
    return setitem(np.zeros(tuple(shape), z_bar.dtype), place, z_bar)


@multilinear(scipy.signal.convolve)
def convolve(z_bar, z, x, y, mode="full", method="auto"):
    z_bar = in_full(z_bar, x, y, mode)
    x_bar = scipy.signal.correlate(z_bar, np.conj(y), "valid", method=method)
    return x_bar, scipy.signal.correlate(z_bar, np.conj(x), "valid", method=method)


@static
def refuse_axes(axes):
    if axes is not None:
        raise NotImplementedError("scipy.signal.fftconvolve with axes has no derivative rule")


@multilinear(scipy.signal.fftconvolve)
def fftconvolve(z_bar, z, x, y, mode="full", axes=None):
    refuse_axes(axes)
    return convolve(z_bar, z, x, y, mode, "fft")


@multilinear(scipy.signal.correlate)
def correlate(z_bar, z, x, y, mode="full", method="auto"):
    """The convolution with the second factor reversed and conjugated."""
    x_bar, reversed_bar = convolve(z_bar, z, x, np.conj(np.flip(y)), mode, method)
    return x_bar, np.conj(np.flip(reversed_bar))


@type_rule(scipy.signal.convolve, scipy.signal.fftconvolve, scipy.signal.correlate)
def convolution_type(x, y, mode="full", **_) -> Types:
    a, b = array_of(x), array_of(y)
    dtype = promoted(a, b)
    if a.ndim != b.ndim or not a.ndim or dtype.kind not in "fc":
        cannot_tell()
    if known(mode) == "same":
        return Array(dtype, a.shape)
    if known(mode) == "full":
        return Array(dtype, tuple(lengths.add(m, n) + -1 for m, n in zip(a.shape, b.shape, strict=True)))
    return Array(dtype, tuple(Dim(("valid", m, n)) for m, n in zip(a.shape, b.shape, strict=True)))


# -- filters ---------------------------------------------------------------------------------------


def run_backward(b, a, y_bar, axis):
    return np.flip(scipy.signal.lfilter(b, a, np.flip(y_bar, axis), axis), axis)


def at_lags(g, x, coefficients, axis):
    """For each coefficient, the sum of products of ``g`` with ``x`` that many steps earlier."""
    g, x = np.moveaxis(g, axis, -1), np.moveaxis(x, axis, -1)
    n = np.shape(x)[-1]
    total = np.zeros_like(coefficients)
    for k in range(np.shape(coefficients)[0]):
        total = setitem(total, k, np.sum(g[..., k:] * x[..., : max(n - k, 0)]))
    return total


@vjp(scipy.signal.lfilter)
def lfilter_vjp(y_bar, y, b, a, x, axis=-1):
    g = run_backward(np.ones_like(a[:1]), a, y_bar, axis)
    x_bar = run_backward(b, a, y_bar, axis)
    return at_lags(g, x, b, axis), -at_lags(g, y, a, axis), x_bar


@jvp(scipy.signal.lfilter)
def lfilter_jvp(dots, y, b, a, x, axis=-1):
    b_dot, a_dot, x_dot = dots[0], dots[1], dots[2]
    total = None if x_dot is None else scipy.signal.lfilter(b, a, x_dot, axis)
    if b_dot is not None:
        change = scipy.signal.lfilter(b_dot, a, x, axis)
        total = change if total is None else total + change
    if a_dot is not None:
        change = scipy.signal.lfilter(-a_dot, np.ones_like(a[:1]), y, axis)
        change = scipy.signal.lfilter(np.ones_like(a[:1]), a, change, axis)
        total = change if total is None else total + change
    return total


@type_rule(scipy.signal.lfilter)
def lfilter_type(b, a, x, axis=-1) -> Types:
    arrays = array_of(b), array_of(a), array_of(x)
    return Array(promoted(*arrays), arrays[2].shape)
