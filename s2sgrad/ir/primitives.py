"""The primitives that Python has no function for, as plain functions on run-time values.

Each is *functional*: it returns a new version and leaves its argument alone. These definitions are the
meaning of the primitives (the interpreter runs them); the emitter prints an *update* as the in-place
statement it stands for: ``setitem(a, i, v)`` as ``a[i] = v``, ``push(s, v)`` as ``s.append(v)``.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np


def setitem(a: Any, index: Any, value: Any) -> Any:
    """``a[index] = value`` on a copy of the array (or list, or dict) ``a``.

    A tuple is a path into lists of lists: ``a[i][j] = value``.
    """
    a = a.copy()
    if isinstance(a, list) and isinstance(index, tuple):
        first, *rest = index
        a[first] = setitem(a[first], tuple(rest), value) if rest else value
    else:
        a[index] = value
    return a


def additem(a: Any, index: Any, value: Any) -> Any:
    """``a[index] += value`` on a copy of ``a``. Where ``index`` repeats entries each of them counts.

    In a dict, what is missing is zero.
    """
    if isinstance(a, list):
        return setitem(a, index, getindex(a, index) + value)
    a = a.copy()
    if isinstance(a, dict):
        a[index] = a.get(index, 0.0) + value
    else:
        np.add.at(a, index, value)
    return a


def surviving(a_bar: Any, index: Any) -> Any:
    """``a_bar[index]``, zero where a later entry of ``index`` selects the same place again.

    The cotangent of ``v`` in ``a[index] = v``: of several values stored in one place, NumPy keeps the last.
    """
    taken = a_bar[index]
    order = np.arange(taken.size).reshape(taken.shape)
    last = np.empty(a_bar.shape, order.dtype)
    last[index] = order
    return np.where(last[index] == order, taken, 0.0)


def inverse_of_triangle(L: Any) -> Any:
    """The inverse of a lower triangular matrix: that of a large one is made of those of its halves."""
    n = len(L)
    if n <= 64:
        return np.tril(np.linalg.inv(L))
    m = n // 2
    first, last = inverse_of_triangle(L[:m, :m]), inverse_of_triangle(L[m:, m:])
    inverse = np.zeros_like(L)
    inverse[:m, :m] = first
    inverse[m:, m:] = last
    inverse[m:, :m] = -last @ (L[m:, :m] @ first)
    return inverse


def polygamma(n: Any, x: Any) -> Any:
    """The derivative of order ``n + 1`` of ``math.lgamma`` (Abramowitz & Stegun, 6.4.6 and 6.4.11)."""
    factorial = 1.0
    for k in range(2, n + 1):
        factorial = factorial * k
    total = 0.0
    while x < 20.0 + n:
        total = total + factorial / x ** (n + 1)
        x = x + 1.0
    total = total + factorial / (2.0 * x ** (n + 1)) + (factorial / n / x**n if n else -float(np.log(x)))
    for j, bernoulli in enumerate((1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6), 1):
        term = bernoulli / (2 * j) / x ** (2 * j + n)
        for k in range(n):
            term = term * (2 * j + k)
        total = total + term
    return total if n % 2 else -total


def push(stack: list[Any], value: Any) -> list[Any]:
    """``stack.append(value)`` on a copy."""
    return [*stack, value]


def pop(stack: list[Any]) -> tuple[list[Any], Any]:
    """``value = stack.pop()`` on a copy: the shorter stack, and the value."""
    return stack[:-1], stack[-1]


def new_list() -> list[Any]:
    """An empty list of its own (unlike a constant, it can be pushed to)."""
    return []


def make_list(*items: Any) -> list[Any]:
    """``[a, b, …]`` as a run-time list of its own."""
    return list(items)


def getindex(items: Any, i: Any) -> Any:
    """``items[i]`` for a run-time list or tuple; ``items[i][j]`` for a path into lists of lists."""
    if isinstance(items, list) and isinstance(i, tuple):
        return reduce(operator.getitem, i, items)
    return items[i]


def new_dict() -> dict[Any, Any]:
    """An empty dict of its own."""
    return {}


def get(items: dict[Any, Any], key: Any, default: Any) -> Any:
    """``items.get(key, default)``."""
    return items.get(key, default)


def keys_of(items: dict[Any, Any]) -> list[Any]:
    """``list(items)``: the keys of a dict, in its order."""
    return list(items)


def without_key(items: dict[Any, Any], key: Any) -> dict[Any, Any]:
    """``del items[key]`` on a copy."""
    items = items.copy()
    del items[key]
    return items


def joined_by(joiner: Any, items: tuple[Any, ...]) -> Any:
    """``np.r_[items]`` or ``np.c_[items]``."""
    return joiner[items]


def ordering(keys: list[Any], reverse: bool) -> list[int]:
    """The positions of ``keys`` in ascending order, or in descending order; equal keys stay as they are."""
    return sorted(range(len(keys)), key=keys.__getitem__, reverse=reverse)


def same(x: Any) -> Any:
    """``x`` under another name, while a transform must tell the two apart; it is gone afterwards."""
    return x


def stop_gradient(x: Any) -> Any:
    """``x``, through which no derivative passes; it is gone when no derivative is asked for any more."""
    return x


def raise_(error: BaseException | type[BaseException] | None = None, *cause: BaseException | None) -> None:
    """``raise error``, ``raise error from cause``, or ``raise`` alone, which raises what a handler has caught."""
    if error is None:
        error = sys.exc_info()[1]
        assert error is not None
    if cause:
        raise error from cause[0]
    raise error


def unbroadcast(x_bar: Any, x: Any) -> Any:
    """Sum a cotangent over the axes along which ``x`` was broadcast, where only running can tell which.

    ``x_bar`` has a shape that ``x`` broadcasts to; the result has the shape of ``x``.
    """
    shape = np.shape(x)
    if np.shape(x_bar) == shape:
        return x_bar
    extra = np.ndim(x_bar) - len(shape)
    x_bar = np.sum(x_bar, axis=tuple(range(extra)))
    axes = tuple(k for k, n in enumerate(shape) if n == 1 and x_bar.shape[k] != 1)
    return np.sum(x_bar, axis=axes, keepdims=True) if axes else x_bar


def zeros_like(x: Any) -> Any:
    """A zero cotangent for ``x``, whatever ``x`` is: a number, an array, a list or tuple of them."""
    if isinstance(x, (list, tuple)):
        return type(x)(zeros_like(item) for item in x)
    if isinstance(x, np.ndarray):
        return np.zeros(x.shape, x.dtype if x.dtype.kind in "fc" else np.float64)
    return 0.0


def added(x_bar: Any, y_bar: Any) -> Any:
    """The sum of two cotangents, whatever they are: of lists item by item, and a number that is zero fits a list."""
    if isinstance(x_bar, (list, tuple)) and isinstance(y_bar, (list, tuple)):
        return type(x_bar)(added(x, y) for x, y in zip(x_bar, y_bar, strict=True))
    if isinstance(x_bar, (list, tuple)):
        return type(x_bar)(added(x, y_bar) for x in x_bar)
    if isinstance(y_bar, (list, tuple)):
        return added(y_bar, x_bar)
    return x_bar + y_bar


def instance(cls: Any, /, **attributes: Any) -> Any:
    """An instance of ``cls`` with these attributes, made without running its ``__init__``."""
    made = object.__new__(cls)
    for name, value in attributes.items():
        object.__setattr__(made, name, value)
    return made


# Calls that write into their first argument when printed, and may only be printed when its old version is dead.
UPDATES: frozenset[Callable[..., Any]] = frozenset({setitem, additem, push, pop, without_key})
