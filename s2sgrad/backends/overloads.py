"""What Numba compiles of functions of ours that take anything: an implementation for each type of their argument.

Loaded when the first derivative is compiled for Numba; emitted code imports the names from here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import typed, types
from numba.extending import overload

_LISTS = (types.List, types.ListType)


class _OnlyCompiled(NotImplementedError):
    """These functions are there in compiled code only."""


def zeros_like(x: Any) -> Any:
    """:func:`s2sgrad.ir.primitives.zeros_like`, in compiled code."""
    raise _OnlyCompiled


def added(x_bar: Any, y_bar: Any) -> Any:
    """:func:`s2sgrad.ir.primitives.added`, in compiled code."""
    raise _OnlyCompiled


def kept_list(items: Any) -> Any:
    """A list as it leaves compiled code: as one that Numba keeps to itself, with such lists in it."""
    raise _OnlyCompiled


@overload(zeros_like, strict=False)
def _zeros_like(x: Any) -> Callable[..., Any] | None:
    if isinstance(x, types.Array):
        dtype = x.dtype if isinstance(x.dtype, (types.Float, types.Complex)) else types.float64
        return lambda x: np.zeros(x.shape, dtype)
    if isinstance(x, _LISTS):
        return lambda x: [zeros_like(item) for item in x]
    if isinstance(x, types.BaseTuple):
        return _of_items("x", (f"zeros_like(x[{k}])" for k in range(len(x))))
    return (lambda x: 0.0) if isinstance(x, types.Number) else None


@overload(added, strict=False)
def _added(x_bar: Any, y_bar: Any) -> Callable[..., Any] | None:
    if isinstance(x_bar, _LISTS) and isinstance(y_bar, _LISTS):
        return lambda x_bar, y_bar: [added(x, y) for x, y in zip(x_bar, y_bar)]  # noqa: B905 - Numba has no strict=
    if isinstance(x_bar, types.BaseTuple) and isinstance(y_bar, types.BaseTuple) and len(x_bar) == len(y_bar):
        return _of_items("x_bar, y_bar", (f"added(x_bar[{k}], y_bar[{k}])" for k in range(len(x_bar))))
    if isinstance(x_bar, _LISTS):
        return lambda x_bar, y_bar: [added(x, y_bar) for x in x_bar]
    if isinstance(x_bar, types.BaseTuple):
        return _of_items("x_bar, y_bar", (f"added(x_bar[{k}], y_bar)" for k in range(len(x_bar))))
    if isinstance(y_bar, (*_LISTS, types.BaseTuple)):
        return lambda x_bar, y_bar: added(y_bar, x_bar)
    return lambda x_bar, y_bar: x_bar + y_bar


@overload(kept_list, strict=False)
def _kept_list(items: Any) -> Callable[..., Any] | None:
    if isinstance(items, _LISTS):
        return lambda items: typed.List([_kept(item) for item in items])
    return None


def _kept(item: Any) -> Any:
    """An item of a list that leaves compiled code, with memory of its own: the caller may write into his arrays."""
    raise _OnlyCompiled


@overload(_kept, strict=False)
def _kept_item(item: Any) -> Callable[..., Any] | None:
    if isinstance(item, _LISTS):
        return lambda item: kept_list(item)
    if isinstance(item, types.Array):
        return lambda item: item.copy()
    if isinstance(item, types.BaseTuple):
        return _of_items("item", (f"_kept(item[{k}])" for k in range(len(item))))
    return lambda item: item


def _of_items(parameters: str, items: Any) -> Callable[..., Any]:
    """A function that returns a tuple of these expressions: Numba needs one for each length."""
    made: dict[str, Any] = {}
    exec(f"def make({parameters}):\n    return ({''.join(f'{item}, ' for item in items)})", globals(), made)
    function: Callable[..., Any] = made["make"]
    return function
