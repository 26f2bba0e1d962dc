"""Filters of ``scipy.ndimage``: sums of what stands under a window, times weights.

The cotangent of the input is spread by the same weights over an input that is extended beyond its boundary, and folded
back from there as the mode says (:mod:`s2sgrad.rules.scipy.boundaries`).
"""

from __future__ import annotations

import numpy as np
import scipy.ndimage

from s2sgrad.ir.primitives import additem, setitem
from s2sgrad.ir.shapes.table import Types, array_of, cannot_tell, type_rule
from s2sgrad.ir.types import Array, Dim
from s2sgrad.rules.scipy.boundaries import boundary, extended, folded
from s2sgrad.rules.scipy.refusals import refuse_if
from s2sgrad.rules.table import jvp, static, vjp

# -- windows -----------------------------------------------------------------------------------------


@static
def each_axis(value, ndim):
    """An option for each of the axes."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * ndim


def reach(weights, origins):
    """How far a window reaches before each entry along each axis, and behind it."""
    shape, ndim = np.shape(weights), np.ndim(weights)
    before = tuple(shape[d] // 2 + origins[d] for d in range(ndim))
    return before, tuple(shape[d] - 1 - before[d] for d in range(ndim))


def window(k, weights, shape):
    """What stands under the weight with the flat number ``k``, of an extended array."""
    places = np.unravel_index(k, np.shape(weights))
    return tuple(slice(places[d], places[d] + shape[d]) for d in range(np.ndim(weights)))


def input_cotangent(y_bar, weights, modes, origins):
    """Of ``scipy.ndimage.correlate``."""
    ndim, shape = np.ndim(y_bar), np.shape(y_bar)
    before, after = reach(weights, origins)
    wide = np.zeros(tuple(shape[d] + before[d] + after[d] for d in range(ndim)), y_bar.dtype)
    flat = np.ravel(weights)
    for k in range(np.size(weights)):
        wide = additem(wide, window(k, weights, shape), flat[k] * y_bar)
    for axis in range(ndim):
        wide = folded(wide, shape[axis], before[axis], after[axis], boundary(modes[axis]), axis)
    return wide


def weights_cotangent(y_bar, x, weights, modes, cval, origins):
    ndim, shape = np.ndim(x), np.shape(x)
    before, after = reach(weights, origins)
    for axis in range(ndim):
        x = extended(x, before[axis], after[axis], boundary(modes[axis]), cval, axis)
    found = np.zeros((np.size(weights),))
    for k in range(np.size(weights)):
        found = setitem(found, k, np.sum(y_bar * x[window(k, weights, shape)]))
    return np.reshape(found, np.shape(weights))


@static
def check_axes(axes, output, is_complex):
    if axes is not None or output is not None or is_complex:
        raise NotImplementedError("scipy.ndimage with axes=, output= or complex numbers has no derivative rule")


def turned(weights, origins):
    """A convolution is a correlation with the weights reversed, and an even window the other way around."""
    shape = np.shape(weights)
    return np.flip(weights), tuple(-origins[d] - (1 - shape[d] % 2) for d in range(np.ndim(weights)))


@vjp(scipy.ndimage.correlate)
def correlate_vjp(y_bar, y, x, weights, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    check_axes(axes, output, np.iscomplexobj(x))
    modes, origins = each_axis(mode, np.ndim(x)), each_axis(origin, np.ndim(x))
    return (
        input_cotangent(y_bar, weights, modes, origins),
        weights_cotangent(y_bar, x, weights, modes, cval, origins),
    )


@vjp(scipy.ndimage.convolve)
def convolve_vjp(y_bar, y, x, weights, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    check_axes(axes, output, np.iscomplexobj(x))
    modes = each_axis(mode, np.ndim(x))
    weights, origins = turned(weights, each_axis(origin, np.ndim(x)))
    return (
        input_cotangent(y_bar, weights, modes, origins),
        np.flip(weights_cotangent(y_bar, x, weights, modes, cval, origins)),
    )


@jvp(scipy.ndimage.correlate)
def correlate_jvp(dots, y, x, weights, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    check_axes(axes, output, np.iscomplexobj(x))
    total = None
    if dots[0] is not None:
        total = scipy.ndimage.correlate(dots[0], weights, mode=mode, origin=origin)
    if dots[1] is not None:
        change = scipy.ndimage.correlate(x, dots[1], mode=mode, cval=cval, origin=origin)
        total = change if total is None else total + change
    return total


@jvp(scipy.ndimage.convolve)
def convolve_jvp(dots, y, x, weights, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    check_axes(axes, output, np.iscomplexobj(x))
    total = None
    if dots[0] is not None:
        total = scipy.ndimage.convolve(dots[0], weights, mode=mode, origin=origin)
    if dots[1] is not None:
        change = scipy.ndimage.convolve(x, dots[1], mode=mode, cval=cval, origin=origin)
        total = change if total is None else total + change
    return total


# -- along one axis ------------------------------------------------------------------------------------


@static
def alone(axis, ndim, value, others):
    """A value for one axis, and another for the others."""
    return tuple(value if d == axis % ndim else others for d in range(ndim))


def along(weights, axis, ndim):
    """Weights as a window that is one wide along all axes but one."""
    return np.reshape(np.asarray(weights), alone(axis, ndim, -1, 1))


@vjp(scipy.ndimage.correlate1d)
def correlate1d_vjp(y_bar, y, x, weights, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
    w, ndim = along(weights, axis, np.ndim(x)), np.ndim(x)
    check_axes(None, output, np.iscomplexobj(x))
    modes, origins = each_axis(mode, ndim), alone(axis, ndim, origin, 0)
    return (
        input_cotangent(y_bar, w, modes, origins),
        np.ravel(weights_cotangent(y_bar, x, w, modes, cval, origins)),
    )


@vjp(scipy.ndimage.convolve1d)
def convolve1d_vjp(y_bar, y, x, weights, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
    check_axes(None, output, np.iscomplexobj(x))
    ndim = np.ndim(x)
    w, origins = turned(along(weights, axis, ndim), alone(axis, ndim, origin, 0))
    return (
        input_cotangent(y_bar, w, each_axis(mode, ndim), origins),
        np.ravel(np.flip(weights_cotangent(y_bar, x, w, each_axis(mode, ndim), cval, origins))),
    )


@jvp(scipy.ndimage.correlate1d)
def correlate1d_jvp(dots, y, x, weights, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
    check_axes(None, output, np.iscomplexobj(x))
    total = None
    if dots[0] is not None:
        total = scipy.ndimage.correlate1d(dots[0], weights, axis, mode=mode, origin=origin)
    if dots[1] is not None:
        change = scipy.ndimage.correlate1d(x, dots[1], axis, mode=mode, cval=cval, origin=origin)
        total = change if total is None else total + change
    return total


@jvp(scipy.ndimage.convolve1d)
def convolve1d_jvp(dots, y, x, weights, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
    check_axes(None, output, np.iscomplexobj(x))
    total = None
    if dots[0] is not None:
        total = scipy.ndimage.convolve1d(dots[0], weights, axis, mode=mode, origin=origin)
    if dots[1] is not None:
        change = scipy.ndimage.convolve1d(x, dots[1], axis, mode=mode, cval=cval, origin=origin)
        total = change if total is None else total + change
    return total


# -- Gaussian and uniform filters: linear in the input ---------------------------------------------------


def gaussian_weights(sigma, order, truncate, radius):
    """The window of a Gaussian filter: its response to a single one, reversed."""
    if radius is None:
        radius = int(truncate * float(sigma) + 0.5)
    impulse = np.zeros(2 * radius + 1)
    impulse[radius] = 1.0
    return scipy.ndimage.gaussian_filter1d(impulse, sigma, order=order, mode="constant", radius=radius)[::-1]


@type_rule(gaussian_weights)
def gaussian_weights_type(sigma, order, truncate, radius) -> Types:
    return Array(np.dtype(float), (Dim(object()),))


def spread(y_bar, weights, axis, mode, origin=0):
    """The cotangent of the input of a correlation along one axis."""
    ndim = np.ndim(y_bar)
    return input_cotangent(y_bar, along(weights, axis, ndim), each_axis(mode, ndim), alone(axis, ndim, origin, 0))


WIDTH = "the width of a filter decides how many entries it reads"


@vjp(scipy.ndimage.gaussian_filter1d)
def gaussian_filter1d_vjp(
    y_bar, y, x, sigma, axis=-1, order=0, output=None, mode="reflect", cval=0.0, truncate=4.0, *, radius=None
):
    check_axes(None, output, np.iscomplexobj(x))
    return spread(y_bar, gaussian_weights(sigma, order, truncate, radius), axis, mode), WIDTH


@jvp(scipy.ndimage.gaussian_filter1d)
def gaussian_filter1d_jvp(
    dots, y, x, sigma, axis=-1, order=0, output=None, mode="reflect", cval=0.0, truncate=4.0, *, radius=None
):
    check_axes(None, output, np.iscomplexobj(x))
    refuse_if(dots[1] is not None, WIDTH)
    return scipy.ndimage.gaussian_filter1d(dots[0], sigma, axis, order, mode=mode, truncate=truncate, radius=radius)


@vjp(scipy.ndimage.gaussian_filter)
def gaussian_filter_vjp(
    y_bar, y, x, sigma, order=0, output=None, mode="reflect", cval=0.0, truncate=4.0, *, radius=None, axes=None
):
    """One axis after the other: filters along different axes commute, up to the constant beyond the boundary."""
    check_axes(axes, output, np.iscomplexobj(x))
    ndim = np.ndim(x)
    widths, orders, modes, radii = (of_each(option, ndim) for option in (sigma, order, mode, radius))
    for axis in range(ndim):
        y_bar = spread(y_bar, gaussian_weights(widths[axis], orders[axis], truncate, radii[axis]), axis, modes[axis])
    return y_bar, WIDTH


def of_each(option, ndim):
    return tuple(option) if isinstance(option, (tuple, list)) else (option,) * ndim


@static
def is_varied(dot):
    """Whether there is a tangent; a tuple has some for all of its items, and those of constants are zeros."""
    return dot is not None and bool(np.any(dot))


@jvp(scipy.ndimage.gaussian_filter)
def gaussian_filter_jvp(
    dots, y, x, sigma, order=0, output=None, mode="reflect", cval=0.0, truncate=4.0, *, radius=None, axes=None
):
    check_axes(axes, output, np.iscomplexobj(x))
    refuse_if(is_varied(dots[1]), WIDTH)
    return scipy.ndimage.gaussian_filter(dots[0], sigma, order, mode=mode, truncate=truncate, radius=radius)


@vjp(scipy.ndimage.uniform_filter1d)
def uniform_filter1d_vjp(y_bar, y, x, size, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
    check_axes(None, output, np.iscomplexobj(x))
    return spread(y_bar, np.full(size, 1.0 / size), axis, mode, origin), WIDTH


@jvp(scipy.ndimage.uniform_filter1d)
def uniform_filter1d_jvp(dots, y, x, size, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
    check_axes(None, output, np.iscomplexobj(x))
    return scipy.ndimage.uniform_filter1d(dots[0], size, axis, mode=mode, origin=origin)


@vjp(scipy.ndimage.uniform_filter)
def uniform_filter_vjp(y_bar, y, x, size=3, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    check_axes(axes, output, np.iscomplexobj(x))
    ndim = np.ndim(x)
    sizes, modes, origins = of_each(size, ndim), of_each(mode, ndim), of_each(origin, ndim)
    for axis in range(ndim):
        y_bar = spread(y_bar, np.full(sizes[axis], 1.0 / sizes[axis]), axis, modes[axis], origins[axis])
    return y_bar, WIDTH


@jvp(scipy.ndimage.uniform_filter)
def uniform_filter_jvp(dots, y, x, size=3, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    check_axes(axes, output, np.iscomplexobj(x))
    return scipy.ndimage.uniform_filter(dots[0], size, mode=mode, origin=origin)


# -- differences -----------------------------------------------------------------------------------------


def difference_cotangent(y_bar, axis, mode, across):
    """Of a central difference along one axis, and a weighted sum along the others."""
    y_bar = spread(y_bar, np.array([-1.0, 0.0, 1.0]), axis, mode)
    for other in range(np.ndim(y_bar)):
        if is_other(other, axis, np.ndim(y_bar)):
            y_bar = spread(y_bar, across, other, mode)
    return y_bar


@static
def is_other(other, axis, ndim):
    return other != axis % ndim


@vjp(scipy.ndimage.sobel)
def sobel_vjp(y_bar, y, x, axis=-1, output=None, mode="reflect", cval=0.0):
    check_axes(None, output, np.iscomplexobj(x))
    return difference_cotangent(y_bar, axis, mode, np.array([1.0, 2.0, 1.0]))


@jvp(scipy.ndimage.sobel)
def sobel_jvp(dots, y, x, axis=-1, output=None, mode="reflect", cval=0.0):
    check_axes(None, output, np.iscomplexobj(x))
    return scipy.ndimage.sobel(dots[0], axis, mode=mode)


@vjp(scipy.ndimage.prewitt)
def prewitt_vjp(y_bar, y, x, axis=-1, output=None, mode="reflect", cval=0.0):
    check_axes(None, output, np.iscomplexobj(x))
    return difference_cotangent(y_bar, axis, mode, np.array([1.0, 1.0, 1.0]))


@jvp(scipy.ndimage.prewitt)
def prewitt_jvp(dots, y, x, axis=-1, output=None, mode="reflect", cval=0.0):
    check_axes(None, output, np.iscomplexobj(x))
    return scipy.ndimage.prewitt(dots[0], axis, mode=mode)


@vjp(scipy.ndimage.laplace)
def laplace_vjp(y_bar, y, x, output=None, mode="reflect", cval=0.0, *, axes=None):
    check_axes(axes, output, np.iscomplexobj(x))
    total = spread(y_bar, np.array([1.0, -2.0, 1.0]), 0, mode)
    for axis in range(1, np.ndim(x)):
        total = total + spread(y_bar, np.array([1.0, -2.0, 1.0]), axis, mode)
    return total


@jvp(scipy.ndimage.laplace)
def laplace_jvp(dots, y, x, output=None, mode="reflect", cval=0.0, *, axes=None):
    check_axes(axes, output, np.iscomplexobj(x))
    return scipy.ndimage.laplace(dots[0], mode=mode)


# -- types -----------------------------------------------------------------------------------------------


@type_rule(
    scipy.ndimage.correlate,
    scipy.ndimage.convolve,
    scipy.ndimage.correlate1d,
    scipy.ndimage.convolve1d,
    scipy.ndimage.gaussian_filter,
    scipy.ndimage.gaussian_filter1d,
    scipy.ndimage.uniform_filter,
    scipy.ndimage.uniform_filter1d,
    scipy.ndimage.sobel,
    scipy.ndimage.prewitt,
    scipy.ndimage.laplace,
)
def filter_type(x, *_, **__) -> Types:
    t = array_of(x)
    return t if t.dtype.kind == "f" else cannot_tell()
