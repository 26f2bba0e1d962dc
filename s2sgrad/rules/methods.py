"""The methods and attributes of arrays as NumPy functions.

The frontend turns ``x.sum(axis=0)`` into ``np.sum(x, axis=0)``, so that rules, types and the printer know one
spelling only. Methods without a NumPy function of the same arguments are small plain functions here, which
the frontend enters like any other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def flatten(x: Any, order: Any = "C") -> Any:
    """``x.flatten()``: ``ravel`` that never shares memory."""
    if order == "C":
        return np.copy(np.ravel(x))
    return np.copy(np.ravel(x, order))


def copy(x: Any, order: Any = "C") -> Any:
    """``x.copy()``, which arranges the copy's memory by rows; ``np.copy`` keeps the arrangement."""
    if np.ndim(x) < 2:
        return np.copy(x)
    return np.copy(x, order)


def astype(x: Any, dtype: Any, copy: bool = True) -> Any:
    """``x.astype(dtype)`` for arrays and for NumPy's scalars."""
    if isinstance(x, np.ndarray):
        return np.astype(x, dtype, copy=copy)
    return np.asarray(x, dtype)[()]


def item(x: Any, *index: Any) -> Any:
    """``x.item()``, ``x.item(i, j)``: one entry as a Python number."""
    if isinstance(x, np.ndarray):
        if len(index) == 0:
            x = np.reshape(x, ())[()]
        elif len(index) == 1 and not isinstance(index[0], tuple):
            x = np.ravel(x)[index[0]]
        elif len(index) == 1:
            x = x[index[0]]
        else:
            x = x[index]
    kind = x.dtype.kind
    if kind == "f":
        return float(x)
    if kind == "c":
        return complex(x)
    if kind == "b":
        return bool(x)
    return int(x)


def conj(x: Any) -> Any:
    """``x.conj()``, which is the array itself where it is real."""
    if not np.iscomplexobj(x):
        return x
    return np.conj(x) if isinstance(x, (np.ndarray, np.generic)) else complex(np.conj(x))


def compress(x: Any, condition: Any, axis: Any = None) -> Any:
    """``x.compress(condition)``."""
    return np.compress(condition, x, axis)


# ``x.METHOD(*args)`` is ``ARRAY_METHODS[METHOD](x, *args)``. ``reshape`` and ``transpose`` also take their
# tuple as separate arguments: the frontend packs them.
ARRAY_METHODS: dict[str, Callable[..., Any]] = {
    "all": np.all,
    "any": np.any,
    "argmax": np.argmax,
    "argmin": np.argmin,
    "argpartition": np.argpartition,
    "argsort": np.argsort,
    "astype": astype,
    "choose": np.choose,
    "clip": np.clip,
    "compress": compress,
    "conj": conj,
    "conjugate": conj,
    "copy": copy,
    "cumprod": np.cumprod,
    "cumsum": np.cumsum,
    "diagonal": np.diagonal,
    "dot": np.dot,
    "flatten": flatten,
    "item": item,
    "max": np.max,
    "mean": np.mean,
    "min": np.min,
    "nonzero": np.nonzero,
    "prod": np.prod,
    "ravel": np.ravel,
    "repeat": np.repeat,
    "reshape": np.reshape,
    "round": np.round,
    "searchsorted": np.searchsorted,
    "squeeze": np.squeeze,
    "std": np.std,
    "sum": np.sum,
    "swapaxes": np.swapaxes,
    "take": np.take,
    "trace": np.trace,
    "transpose": np.transpose,
    "var": np.var,
}

# ``x.METHOD(*args)`` writes ``INPLACE_METHODS[METHOD](x, *args)`` into all of ``x``.
INPLACE_METHODS: dict[str, Callable[..., Any]] = {
    "fill": np.full_like,
    "partition": np.partition,
    "sort": np.sort,
}

# ``x.ATTRIBUTE`` is ``ARRAY_ATTRIBUTES[ATTRIBUTE](x)``. (``x.dtype`` is static.)
ARRAY_ATTRIBUTES: dict[str, Callable[..., Any]] = {
    "T": np.transpose,
    "imag": np.imag,
    "mT": np.matrix_transpose,
    "ndim": np.ndim,
    "real": np.real,
    "shape": np.shape,
    "size": np.size,
}
