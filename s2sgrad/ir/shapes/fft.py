"""Types of discrete Fourier transforms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from s2sgrad.ir.core import Const, Tree
from s2sgrad.ir.shapes.table import TypeRule, Types, array_of, axes_of, length_of, static, type_rule
from s2sgrad.ir.types import Array, Dim, Length

Transformed = Callable[[Length], Length]


def _complex(dtype: np.dtype) -> np.dtype:
    return np.result_type(dtype if dtype.kind in "fc" else np.float64, np.complex64)


def _real(dtype: np.dtype) -> np.dtype:
    return np.dtype(f"f{_complex(dtype).itemsize // 2}")


def _half(n: Length) -> Length:
    """The length of half a spectrum."""
    return n // 2 + 1 if isinstance(n, int) else Dim(("half", n))


def _doubled(m: Length) -> Length:
    """How many real numbers half a spectrum stands for by default."""
    return 2 * (m - 1) if isinstance(m, int) else Dim(("doubled", m))


def _same(n: Length) -> Length:
    return n


def _is_none(x: Tree) -> bool:
    return x is None or (isinstance(x, Const) and x.value is None)


def _along_one(dtype: Any, given: Transformed, default: Transformed) -> TypeRule:
    """``given``: the result's length where ``n`` is; ``default``: from that of the argument."""

    def rule(x: Tree, n: Tree = None, axis: Tree = -1, norm: Tree = None) -> Types:
        t = array_of(x)
        (k,) = axes_of(axis, t.ndim)
        length = default(t.shape[k]) if _is_none(n) else given(length_of(n))
        return Array(dtype(t.dtype), (*t.shape[:k], length, *t.shape[k + 1 :]))

    return rule


type_rule(np.fft.fft, np.fft.ifft)(_along_one(_complex, _same, _same))
type_rule(np.fft.rfft, np.fft.ihfft)(_along_one(_complex, _half, _half))
type_rule(np.fft.irfft, np.fft.hfft)(_along_one(_real, _same, _doubled))


def _along_several(dtype: Any, given: Transformed, default: Transformed, all_axes: Any) -> TypeRule:
    """``given``, ``default``: of the last axis; the others are transformed to complex numbers."""

    def rule(x: Tree, s: Tree = None, axes: Tree = all_axes, norm: Tree = None) -> Types:
        t = array_of(x)
        wanted = None if _is_none(s) else tuple(s if isinstance(s, (tuple, list)) else static(s))
        if _is_none(axes):
            chosen = tuple(range(t.ndim - (t.ndim if wanted is None else len(wanted)), t.ndim))
        else:
            chosen = axes_of(axes, t.ndim)
        shape = list(t.shape)
        for i, k in enumerate(chosen):
            is_last = i == len(chosen) - 1
            n = -1 if wanted is None else length_of(wanted[i])
            if n == -1:
                shape[k] = default(shape[k]) if is_last else shape[k]
            else:
                shape[k] = given(n) if is_last else n
        return Array(dtype(t.dtype), tuple(shape))

    return rule


for _all, _suffix in ((None, "n"), ((-2, -1), "2")):
    for _name, _dtype, _given, _default in (
        ("fft", _complex, _same, _same),
        ("ifft", _complex, _same, _same),
        ("rfft", _complex, _half, _half),
        ("irfft", _real, _same, _doubled),
    ):
        type_rule(getattr(np.fft, _name + _suffix))(_along_several(_dtype, _given, _default, _all))


@type_rule(np.fft.fftfreq)
def fftfreq(n: Tree, d: Tree = 1.0, device: Tree = None) -> Types:
    return Array(np.dtype(np.float64), (length_of(n),))


@type_rule(np.fft.rfftfreq)
def rfftfreq(n: Tree, d: Tree = 1.0, device: Tree = None) -> Types:
    return Array(np.dtype(np.float64), (_half(length_of(n)),))


@type_rule(np.fft.fftshift, np.fft.ifftshift)
def shifted(x: Tree, axes: Tree = None) -> Types:
    return array_of(x)
