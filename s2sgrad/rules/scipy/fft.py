"""``scipy.fft``: Fourier transforms as in NumPy, and the real transforms of cosines and sines.

A real transform is a scaled orthogonal matrix, whose transpose is its inverse: ``dct(x, norm="ortho")`` is
``sqrt(2 n) dct(x)`` but for the first entry, which is scaled by ``sqrt(4 n)`` (the last one, of sines).
"""

from __future__ import annotations

import numpy as np
import scipy.fft

from s2sgrad.ir.infer import TYPE_RULES
from s2sgrad.ir.shapes.table import Types, array_of, cannot_tell, type_rule
from s2sgrad.rules import fft as numpy_rules
from s2sgrad.rules.table import linear, nondiff, static

# -- as in NumPy -------------------------------------------------------------------------------------


def along_one_axis(name):
    rule, type_of = getattr(numpy_rules, name), TYPE_RULES[getattr(np.fft, name)]

    @linear(getattr(scipy.fft, name))
    def transposed(y_bar, x, n=None, axis=-1, norm=None, overwrite_x=False, workers=None):
        return rule(y_bar, x, n, axis, norm)

    type_rule(getattr(scipy.fft, name))(lambda x, n=None, axis=-1, norm=None, **_: type_of(x, n, axis, norm))


def along_axes(name, default):
    rule, type_of = getattr(numpy_rules, name), TYPE_RULES[getattr(np.fft, name)]

    @linear(getattr(scipy.fft, name))
    def transposed(y_bar, x, s=None, axes=default, norm=None, overwrite_x=False, workers=None):
        return rule(y_bar, x, s, axes, norm)

    type_rule(getattr(scipy.fft, name))(lambda x, s=None, axes=default, norm=None, **_: type_of(x, s, axes, norm))


for _name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
    along_one_axis(_name)
for _name in ("fftn", "ifftn", "rfftn", "irfftn"):
    along_axes(_name, None)
for _name in ("fft2", "ifft2", "rfft2", "irfft2"):
    along_axes(_name, (-2, -1))
nondiff(scipy.fft.next_fast_len)

# -- cosines and sines -------------------------------------------------------------------------------


@static
def check(type, n, orthogonalize):
    if type not in (1, 2, 3, 4) or n is not None or orthogonalize is not None:
        raise NotImplementedError("a real transform with n= or orthogonalize= has no derivative rule")


@static
def inverted(type, norm):
    """The type and the scale of the transform that an inverse one is."""
    return {1: 1, 2: 3, 3: 2, 4: 4}[type], {None: "forward", "backward": "forward", "forward": None}.get(norm, norm)


@static
def count(type, sines):
    """What is added to a length, half of the period."""
    return 0 if type != 1 else 1 if sines else -1


@static
def special(type, sines):
    """The entries that are scaled on their own: the first or last, or both ends."""
    if type == 1:
        return () if sines else (0, -1)
    return () if type == 4 else (-1,) if sines else (0,)


def weights(y_bar, axis, type, sines, factor):
    """Ones, but ``factor`` at the special entries, ready to multiply."""
    n = np.shape(y_bar)[axis]
    k, w = np.arange(n), np.ones(n)
    for place in special(type, sines):
        w = np.where(k == place % n, factor, w)
    return np.reshape(w, (-1, *(1,) * numpy_rules.trailing(axis, np.ndim(y_bar))))


def transform(x, sines, type, axis, norm):
    if sines:
        return scipy.fft.dst(x, type, axis=axis, norm=norm)
    return scipy.fft.dct(x, type, axis=axis, norm=norm)


def transposed_transform(y_bar, sines, type, axis, norm):
    """Types 2 and 3 are each other's transpose, and types 1 and 4 their own, up to the scales of special entries."""
    if norm == "ortho":
        return transform(y_bar, sines, inverted(type, None)[0], axis, "ortho")
    other, w = inverted(type, None)[0], weights(y_bar, axis, type, sines, 0.5)
    if type == 2:
        return transform(y_bar / w, sines, other, axis, norm)
    return w * transform(y_bar if type == 3 else y_bar / w, sines, other, axis, norm)


@linear(scipy.fft.dct)
def dct(y_bar, x, type=2, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, orthogonalize=None):
    check(type, n, orthogonalize)
    return transposed_transform(y_bar, False, type, axis, norm)


@linear(scipy.fft.dst)
def dst(y_bar, x, type=2, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, orthogonalize=None):
    check(type, n, orthogonalize)
    return transposed_transform(y_bar, True, type, axis, norm)


@linear(scipy.fft.idct)
def idct(y_bar, x, type=2, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, orthogonalize=None):
    check(type, n, orthogonalize)
    type, norm = inverted(type, norm)
    return transposed_transform(y_bar, False, type, axis, norm)


@linear(scipy.fft.idst)
def idst(y_bar, x, type=2, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, orthogonalize=None):
    check(type, n, orthogonalize)
    type, norm = inverted(type, norm)
    return transposed_transform(y_bar, True, type, axis, norm)


@linear(scipy.fft.dctn)
def dctn(y_bar, x, type=2, s=None, axes=None, norm=None, overwrite_x=False, workers=None, *, orthogonalize=None):
    check(type, s, orthogonalize)
    for axis in numpy_rules.all_axes(axes, None, np.ndim(x)):
        y_bar = transposed_transform(y_bar, False, type, axis, norm)
    return y_bar


@linear(scipy.fft.idctn)
def idctn(y_bar, x, type=2, s=None, axes=None, norm=None, overwrite_x=False, workers=None, *, orthogonalize=None):
    check(type, s, orthogonalize)
    type, norm = inverted(type, norm)
    for axis in numpy_rules.all_axes(axes, None, np.ndim(x)):
        y_bar = transposed_transform(y_bar, False, type, axis, norm)
    return y_bar


@type_rule(scipy.fft.dct, scipy.fft.dst, scipy.fft.idct, scipy.fft.idst, scipy.fft.dctn, scipy.fft.idctn)
def real_transform_type(x, type=2, n=None, *_, **__) -> Types:
    return array_of(x) if array_of(x).dtype.kind == "f" else cannot_tell()
