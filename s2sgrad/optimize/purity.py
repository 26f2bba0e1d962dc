"""What the passes may replace, merge or move: derivative code, and in it calls of known functions that only compute."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from s2sgrad.ir import primitives
from s2sgrad.ir.core import Call
from s2sgrad.ir.types import Array, Scalar, Type
from s2sgrad.rules.table import rule_of

Ours: TypeAlias = Callable[[Call], bool]


def is_adjoint(op: Call) -> bool:
    """Whether a transform has made ``op``; the author's statements stay as they were written."""
    return op.adjoint


# Functions whose result is memory of its own that is meant to be written to: two calls are two buffers.
ALLOCATIONS: frozenset[Any] = frozenset(
    {
        np.zeros,
        np.ones,
        np.empty,
        np.full,
        np.zeros_like,
        np.ones_like,
        np.empty_like,
        np.full_like,
        np.copy,
        np.array,
        primitives.new_list,
        primitives.new_dict,
        primitives.zeros_like,
    }
)

_KNOWN_BUILTINS = frozenset({abs, bool, complex, divmod, float, int, isinstance, len, max, min, pow, round})
_KNOWN_PRIMITIVES = frozenset(
    {primitives.getindex, primitives.get, primitives.keys_of, primitives.unbroadcast, primitives.added}
)
_KNOWN_MODULES = ("math", "_operator", "operator", "numpy", "numpy.linalg", "numpy.fft")
_KNOWN_PACKAGES = tuple(
    f"scipy.{package}." for package in ("fft", "integrate", "linalg", "ndimage", "signal", "special")
)
_IN_PLACE_OPERATORS = frozenset(fn for name, fn in vars(operator).items() if name.startswith("i") and callable(fn)) - {
    operator.index,
    operator.indexOf,
    operator.inv,
    operator.invert,
    operator.is_,
    operator.is_not,
}
_WRITING_FUNCTIONS = frozenset({operator.setitem, operator.delitem, np.copyto, np.put, np.place, np.putmask})


def is_known(fn: Any) -> bool:
    """Whether ``fn`` is a function of Python's or NumPy's that computes its result and does nothing else."""
    if isinstance(fn, np.ufunc):
        return True
    try:
        if fn in ALLOCATIONS or fn in _IN_PLACE_OPERATORS or fn in _WRITING_FUNCTIONS:
            return False
        if fn in _KNOWN_BUILTINS or fn in _KNOWN_PRIMITIVES:
            return True
    except TypeError:  # an unhashable callable
        return False
    module = getattr(fn, "__module__", None) or ""
    if module.startswith("scipy.stats."):  # which also draws random numbers
        return rule_of(fn) is not None
    return (module in _KNOWN_MODULES or module.startswith(_KNOWN_PACKAGES)) and not isinstance(fn, type)


_TOTAL = frozenset(
    {
        *(operator.add, operator.sub, operator.mul, operator.neg, operator.pos, operator.abs, abs),
        *(np.transpose, np.shape, np.ndim),
    }
)
_DIVIDING = frozenset({operator.truediv, operator.pow, operator.floordiv, operator.mod})


def is_total(fn: Any, types: list[Type]) -> bool:
    """Whether ``fn`` is arithmetic that raises for no values of these types, so that it may run without need."""
    numeric = all(isinstance(t, (Scalar, Array)) for t in types)
    if fn in _TOTAL:
        return numeric
    if fn in _DIVIDING:  # Python's own numbers raise ZeroDivisionError, and an adjoint number may be one
        return numeric and any(isinstance(t, Array) and t.ndim and t.dtype.kind in "fc" for t in types)
    return isinstance(fn, np.ufunc) and numeric and all(t.dtype.kind in "fc" for t in types)  # type: ignore[attr-defined]
