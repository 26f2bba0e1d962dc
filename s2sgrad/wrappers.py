"""Callables that stand for a Python function without being one: what they call, and how.

Any other callable object is entered through its class's ``__call__``: that it carries a ``__wrapped__`` says nothing of
what it does before and after.
"""

from __future__ import annotations

import functools
from types import FunctionType
from typing import Any, cast

import numpy as np


class SameFunction:
    """The base of our own callables that compute what ``__wrapped__`` computes."""

    __wrapped__: Any


def same_function(fn: Any) -> Any:
    """The function that gives the results of ``fn``: under ``lru_cache``, ``numba.njit``, NumPy's dispatch; or None."""
    if isinstance(fn, SameFunction):
        return fn.__wrapped__
    if isinstance(fn, functools._lru_cache_wrapper) or type(fn).__name__ == "_ArrayFunctionDispatcher":
        return getattr(fn, "__wrapped__", None)
    if _is_of_numba(fn):
        return getattr(fn, "py_func", None)
    return None


def elementwise_function(fn: Any) -> FunctionType | None:
    """The function of numbers that ``np.vectorize`` or ``numba.vectorize`` made one of arrays; None for others."""
    if isinstance(fn, np.vectorize):
        plain = fn.signature is None and not fn.excluded and isinstance(fn.pyfunc, FunctionType)
        return cast(FunctionType, fn.pyfunc) if plain else None
    if _is_of_numba(fn) and type(fn).__name__ in ("DUFunc", "UFuncDispatcher"):
        inner = getattr(fn, "__wrapped__", None)
        return inner if isinstance(inner, FunctionType) else None
    return None


def _is_of_numba(fn: Any) -> bool:
    return type(fn).__module__.partition(".")[0] == "numba"
