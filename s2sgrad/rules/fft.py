"""``numpy.fft``. A Fourier matrix is symmetric: a transform between complex arrays is its own transpose.

What a transform was cropped to or padded with (``n``, ``s``) its transpose pads and crops. ``rfft`` reads real numbers,
so its transpose keeps the real part; ``irfft`` reads half of a spectrum, whose inner entries stand for two each.
"""

from __future__ import annotations

import numpy as np

from s2sgrad.ir.primitives import setitem
from s2sgrad.rules.axes import leading
from s2sgrad.rules.table import linear, nondiff, static

# -- lengths ---------------------------------------------------------------------------------------


def fitted(x_bar, x, axis):
    """``x_bar`` cropped to, or padded with zeros to, the length of ``x`` along an axis."""
    before = leading(axis, np.ndim(x))
    n, m = np.shape(x)[axis], np.shape(x_bar)[axis]
    if n == m:
        return x_bar
    if n < m:
        return x_bar[(*before, slice(None, n))]
    shape = tuple(n if k == axis % np.ndim(x) else np.shape(x_bar)[k] for k in range(np.ndim(x)))
    return setitem(np.zeros(shape, x_bar.dtype), (*before, slice(None, m)), x_bar)


def fitted_to_all(x_bar, x, axes):
    for axis in axes:
        x_bar = fitted(x_bar, x, axis)
    return x_bar


@static
def all_axes(axes, count, ndim):
    """The transformed axes: all, or the last ``count``, unless they are named."""
    if axes is not None:
        return tuple(axes)
    return tuple(range(-ndim, 0)) if count is None else tuple(range(-count, 0))


def lengths_along(x, s, axes):
    """The lengths that a transform of ``x`` has along its axes."""
    if s is None:
        return tuple(np.shape(x)[k] for k in axes)
    return tuple(np.shape(x)[axes[i]] if s[i] == -1 else s[i] for i in range(len(axes)))


@static
def opposite(norm):
    """The scale of the inverse transform in the other direction."""
    return {None: "forward", "backward": "forward", "forward": None, "ortho": "ortho"}[norm]


def real_like(x_bar, x):
    return x_bar if np.iscomplexobj(x) else np.real(x_bar)


# -- along one axis --------------------------------------------------------------------------------


@linear(np.fft.fft)
def fft(y_bar, x, n=None, axis=-1, norm=None):
    x_bar = np.fft.fft(y_bar, axis=axis, norm=norm)
    return real_like(x_bar if n is None else fitted(x_bar, x, axis), x)


@linear(np.fft.ifft)
def ifft(y_bar, x, n=None, axis=-1, norm=None):
    x_bar = np.fft.ifft(y_bar, axis=axis, norm=norm)
    return real_like(x_bar if n is None else fitted(x_bar, x, axis), x)


@linear(np.fft.rfft)
def rfft(y_bar, x, n=None, axis=-1, norm=None):
    if n is None:
        return np.real(np.fft.fft(y_bar, np.shape(x)[axis], axis=axis, norm=norm))
    return fitted(np.real(np.fft.fft(y_bar, n, axis=axis, norm=norm)), x, axis)


@linear(np.fft.ihfft)
def ihfft(y_bar, x, n=None, axis=-1, norm=None):
    if n is None:
        return np.real(np.fft.ifft(y_bar, np.shape(x)[axis], axis=axis, norm=norm))
    return fitted(np.real(np.fft.ifft(y_bar, n, axis=axis, norm=norm)), x, axis)


def weighted(spectrum, n, axis):
    """Half of a spectrum of ``n`` real numbers, with inner entries counted twice."""
    k = np.arange(np.shape(spectrum)[axis])
    weights = np.where((k == 0) | (2 * k == n), 1.0, 2.0)
    return spectrum * np.reshape(weights, (-1, *(1,) * trailing(axis, np.ndim(spectrum))))


@static
def trailing(axis, ndim):
    """How many axes stand behind an axis."""
    return ndim - 1 - axis % ndim


@linear(np.fft.irfft)
def irfft(y_bar, x, n=None, axis=-1, norm=None):
    x_bar = weighted(np.conj(np.fft.rfft(y_bar, axis=axis, norm=opposite(norm))), np.shape(y_bar)[axis], axis)
    return real_like(x_bar if n is None else fitted(x_bar, x, axis), x)


@linear(np.fft.hfft)
def hfft(y_bar, x, n=None, axis=-1, norm=None):
    x_bar = weighted(np.fft.rfft(y_bar, axis=axis, norm=norm), np.shape(y_bar)[axis], axis)
    return real_like(x_bar if n is None else fitted(x_bar, x, axis), x)


# -- along several axes ----------------------------------------------------------------------------


@linear(np.fft.fftn)
def fftn(y_bar, x, s=None, axes=None, norm=None):
    if s is None:
        return real_like(np.fft.fftn(y_bar, axes=axes, norm=norm), x)
    axes = all_axes(axes, len(s), np.ndim(x))
    return real_like(fitted_to_all(np.fft.fftn(y_bar, axes=axes, norm=norm), x, axes), x)


@linear(np.fft.ifftn)
def ifftn(y_bar, x, s=None, axes=None, norm=None):
    if s is None:
        return real_like(np.fft.ifftn(y_bar, axes=axes, norm=norm), x)
    axes = all_axes(axes, len(s), np.ndim(x))
    return real_like(fitted_to_all(np.fft.ifftn(y_bar, axes=axes, norm=norm), x, axes), x)


@linear(np.fft.rfftn)
def rfftn(y_bar, x, s=None, axes=None, norm=None):
    axes = all_axes(axes, None if s is None else len(s), np.ndim(x))
    x_bar = np.real(np.fft.fftn(y_bar, lengths_along(x, s, axes), axes=axes, norm=norm))
    return x_bar if s is None else fitted_to_all(x_bar, x, axes)


@linear(np.fft.irfftn)
def irfftn(y_bar, x, s=None, axes=None, norm=None):
    axes = all_axes(axes, None if s is None else len(s), np.ndim(x))
    last = axes[-1]
    x_bar = np.conj(np.fft.rfftn(y_bar, axes=axes, norm=opposite(norm)))
    x_bar = weighted(x_bar, np.shape(y_bar)[last], last)
    return real_like(x_bar if s is None else fitted_to_all(x_bar, x, axes), x)


@linear(np.fft.fft2)
def fft2(y_bar, x, s=None, axes=(-2, -1), norm=None):
    if s is None:
        return real_like(np.fft.fft2(y_bar, axes=axes, norm=norm), x)
    return fftn(y_bar, x, s, axes, norm)


@linear(np.fft.ifft2)
def ifft2(y_bar, x, s=None, axes=(-2, -1), norm=None):
    if s is None:
        return real_like(np.fft.ifft2(y_bar, axes=axes, norm=norm), x)
    return ifftn(y_bar, x, s, axes, norm)


@linear(np.fft.rfft2)
def rfft2(y_bar, x, s=None, axes=(-2, -1), norm=None):
    return rfftn(y_bar, x, s, axes, norm)


@linear(np.fft.irfft2)
def irfft2(y_bar, x, s=None, axes=(-2, -1), norm=None):
    return irfftn(y_bar, x, s, axes, norm)


# -- order -----------------------------------------------------------------------------------------


@linear(np.fft.fftshift)
def fftshift(y_bar, x, axes=None):
    return np.fft.ifftshift(y_bar, axes=axes)


@linear(np.fft.ifftshift)
def ifftshift(y_bar, x, axes=None):
    return np.fft.fftshift(y_bar, axes=axes)


nondiff(np.fft.fftfreq, np.fft.rfftfreq)
