"""``scipy.fftpack``: the older names of what :mod:`scipy.fft` computes, to the bit."""

from __future__ import annotations

import scipy.fft
import scipy.fftpack

from s2sgrad.rules.table import defines, static


@defines(scipy.fftpack.fft)
def fft(x, n=None, axis=-1, overwrite_x=False):
    return scipy.fft.fft(x, n, axis)


@defines(scipy.fftpack.ifft)
def ifft(x, n=None, axis=-1, overwrite_x=False):
    return scipy.fft.ifft(x, n, axis)


@defines(scipy.fftpack.fftn)
def fftn(x, shape=None, axes=None, overwrite_x=False):
    return scipy.fft.fftn(x, shape, axes)


@defines(scipy.fftpack.ifftn)
def ifftn(x, shape=None, axes=None, overwrite_x=False):
    return scipy.fft.ifftn(x, shape, axes)


@static
def inverse_of(type):
    return {1: 1, 2: 3, 3: 2, 4: 4}[type]


@defines(scipy.fftpack.dct)
def dct(x, type=2, n=None, axis=-1, norm=None, overwrite_x=False):
    return scipy.fft.dct(x, type, n, axis, norm)


@defines(scipy.fftpack.idct)
def idct(x, type=2, n=None, axis=-1, norm=None, overwrite_x=False):
    """Not divided by anything, unlike that of :mod:`scipy.fft`."""
    return scipy.fft.dct(x, inverse_of(type), n, axis, norm)


@defines(scipy.fftpack.dst)
def dst(x, type=2, n=None, axis=-1, norm=None, overwrite_x=False):
    return scipy.fft.dst(x, type, n, axis, norm)


@defines(scipy.fftpack.idst)
def idst(x, type=2, n=None, axis=-1, norm=None, overwrite_x=False):
    return scipy.fft.dst(x, inverse_of(type), n, axis, norm)
