"""Rewrites of discrete Fourier transforms: what NumPy does by itself is not written."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sgrad.ir.core import Call, Const, Operand
from s2sgrad.ir.infer import infer
from s2sgrad.optimize.arrays import before_widening, has_type
from s2sgrad.optimize.rewrite import Rewrite, Rewriter

_DEFAULTS: dict[str, Any] = {"n": None, "s": None, "axis": -1, "axes": None, "norm": None}


def default_options(r: Rewriter, op: Call) -> Operand | None:
    """np.fft.fft(x, axis=-1, norm=None) → np.fft.fft(x)"""
    defaults = _DEFAULTS | ({"axes": (-2, -1)} if op.fn.__name__.endswith("2") else {})
    kwargs = {k: x for k, x in op.kwargs.items() if not _is(x, defaults.get(k, x))}
    return r.typed_call(op.fn, op.result.type, *op.args, **kwargs) if kwargs != op.kwargs else None


def _is(x: Any, default: Any) -> bool:
    if isinstance(x, tuple):
        x = Const(tuple(item.value if isinstance(item, Const) else item for item in x))
    return isinstance(x, Const) and type(x.value) is type(default) and x.value == default


def widened_operand(r: Rewriter, op: Call) -> Operand | None:
    """np.fft.fft(x.astype(np.complex128)) → np.fft.fft(x)"""
    source = before_widening(r, op.args[0])
    if source is None or not has_type(infer(op.fn, (source, *op.args[1:]), op.kwargs), op.result.type):
        return None
    return r.call(op.fn, source, *op.args[1:], **op.kwargs)


_COMPLEX = (np.fft.fft, np.fft.ifft, np.fft.fftn, np.fft.ifftn, np.fft.fft2, np.fft.ifft2)
_REAL = (np.fft.rfft, np.fft.irfft, np.fft.hfft, np.fft.rfftn, np.fft.irfftn, np.fft.rfft2, np.fft.irfft2)
_SHIFTS = (np.fft.fftshift, np.fft.ifftshift)

FOURIER: dict[Any, tuple[Rewrite, ...]] = {
    **dict.fromkeys(_COMPLEX, (widened_operand, default_options)),
    **dict.fromkeys((*_REAL, *_SHIFTS), (default_options,)),
}
