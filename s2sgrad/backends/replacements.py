"""Functions of arrays that Numba lacks, written with what it has: these definitions are printed into emitted code."""

from __future__ import annotations

import importlib
import operator
from functools import cache
from typing import Any

import numpy as np

from s2sgrad.backends import scalars
from s2sgrad.backends.entries import rank_of, static
from s2sgrad.ir.core import Call, Const, Function, walk
from s2sgrad.ir.primitives import added, zeros_like
from s2sgrad.ir.types import Array, Scalar

#: Where those stand that are an implementation for each type of their argument, for Numba to choose from.
OVERLOADS = "s2sgrad.backends.overloads"

_COLON = slice(Const(None), Const(None), Const(None))


def reshaped(x: Any, shape: Any) -> Any:
    """``np.reshape``, which Numba has for arrays without gaps."""
    return np.ascontiguousarray(x).reshape(shape)


def diagonal(a: Any) -> Any:
    """``np.diagonal`` of a matrix."""
    return np.diag(a)


def rows_times(x: Any, w: Any) -> Any:
    """``x @ w`` for rows in more axes than two and one matrix."""
    flat = np.ascontiguousarray(x).reshape(-1, x.shape[-1]) @ np.ascontiguousarray(w)
    return flat.reshape(x.shape[:-1] + w.shape[1:])


def cross_rows(a: Any, b: Any) -> Any:
    """``np.cross`` of two arrays of vectors in space."""
    c = np.empty((a.shape[0], 3))
    for i in range(a.shape[0]):
        c[i, 0] = a[i, 1] * b[i, 2] - a[i, 2] * b[i, 1]
        c[i, 1] = a[i, 2] * b[i, 0] - a[i, 0] * b[i, 2]
        c[i, 2] = a[i, 0] * b[i, 1] - a[i, 1] * b[i, 0]
    return c


def nested_times(x: Any, y: Any) -> Any:
    """``x @ y`` for as many matrices in two axes."""
    z = np.empty((x.shape[0], x.shape[1], x.shape[2], y.shape[3]))
    for k in range(x.shape[0]):
        for m in range(x.shape[1]):
            z[k, m] = np.ascontiguousarray(x[k, m]) @ np.ascontiguousarray(y[k, m])
    return z


def swapped_nested(x: Any) -> Any:
    """``np.swapaxes(x, -1, -2)`` of matrices in two axes."""
    return np.transpose(x, (0, 1, 3, 2))


def swapped_matrix(x: Any) -> Any:
    """``np.swapaxes(x, -1, -2)`` of a matrix."""
    return x.T


def stacked_times(x: Any, y: Any) -> Any:
    """``x @ y`` for stacks of as many matrices."""
    z = np.empty((x.shape[0], x.shape[1], y.shape[2]))
    for k in range(x.shape[0]):
        z[k] = np.ascontiguousarray(x[k]) @ np.ascontiguousarray(y[k])
    return z


def matrix_times(x: Any, y: Any) -> Any:
    """``x @ y`` for one matrix and a stack of matrices."""
    a = np.ascontiguousarray(x)
    z = np.empty((y.shape[0], x.shape[0], y.shape[2]))
    for k in range(y.shape[0]):
        z[k] = a @ np.ascontiguousarray(y[k])
    return z


def stack_times_vector(x: Any, v: Any) -> Any:
    """``x @ v`` for a stack of matrices and one vector."""
    z = np.ascontiguousarray(x).reshape(-1, x.shape[2]) @ np.ascontiguousarray(v)
    return z.reshape(x.shape[0], x.shape[1])


def swapped(x: Any) -> Any:
    """``np.swapaxes(x, -1, -2)`` of a stack of matrices."""
    return np.transpose(x, (0, 2, 1))


def times_over_rows(x: Any, y: Any) -> Any:
    """``np.tensordot(x, y, ((0, 1), (0, 1)))`` of two stacks of rows."""
    a = np.ascontiguousarray(x).reshape(-1, x.shape[2])
    return a.T @ np.ascontiguousarray(y).reshape(-1, y.shape[2])


@cache
def overloads() -> Any:
    """:mod:`s2sgrad.backends.overloads`, which needs Numba."""
    return importlib.import_module(OVERLOADS)


def replace_calls(function: Function) -> None:
    """Call what Numba has. ``function`` is changed."""
    for op in walk(function.body):
        if isinstance(op, Call):
            made = _replacement(op)
            if made is not None:
                op.fn, op.args, op.kwargs = made[0], made[1], {}


def _replacement(op: Call) -> tuple[Any, tuple[Any, ...]] | None:
    ranks = tuple(map(rank_of, op.args))
    if op.fn is np.reshape and len(op.args) == 2 and not op.kwargs and rank_of(op.result):
        return (reshaped, op.args) if ranks[0] else (np.full, (op.args[1], op.args[0]))
    if isinstance(op.fn, np.ufunc) and not any(ranks) and not op.kwargs and op.fn not in vars(np).values():
        number = scalars.of(op.fn)
        return None if number is None else (number, op.args)
    if op.fn is zeros_like or op.fn is added:
        return getattr(overloads(), op.fn.__name__), op.args
    if op.fn in (np.concatenate, np.stack, np.vstack, np.hstack) and op.args and isinstance(op.args[0], list):
        named = {"axis": op.kwargs["axis"]} if "axis" in op.kwargs else {}
        if set(op.kwargs) <= {"axis"}:
            return op.fn, (tuple(op.args[0]), *op.args[1:], *named.values())
    if op.fn is np.inner and ranks == (1, 1):
        return np.dot, op.args
    if op.fn is np.flip and ranks[0]:
        axis = static(op.args[1] if len(op.args) == 2 else op.kwargs.get("axis"))
        if isinstance(axis, int) or axis is None:
            back = slice(Const(None), Const(None), Const(-1))
            colons = [back if axis is None or k == axis % ranks[0] else _COLON for k in range(ranks[0])]
            return operator.getitem, (op.args[0], tuple(colons))
    if op.fn is operator.getitem and ranks[0] and static(op.args[1]) is Ellipsis:
        return operator.getitem, (op.args[0], (_COLON,) * ranks[0])
    if op.fn is np.diagonal and ranks == (2,) and not op.kwargs:
        return diagonal, op.args
    if _is_matmul(op.fn) and not op.kwargs:
        if ranks in ((3, 2), (4, 2)):
            return rows_times, op.args
        if ranks == (4, 4) and _is_double(op.args[0]) and _is_double(op.args[1]):
            return nested_times, op.args
        if ranks == (2, 3) and _is_double(op.args[0]) and _is_double(op.args[1]):
            return matrix_times, op.args
        if ranks == (3, 1) and _is_double(op.args[0]) and _is_double(op.args[1]):
            return stack_times_vector, op.args
        if ranks == (3, 3) and _is_double(op.args[0]) and _is_double(op.args[1]):
            return stacked_times, op.args
    if op.fn is np.swapaxes and ranks[0] in (2, 3, 4) and _swaps_last(op.args[1:], ranks[0]):
        return (swapped_matrix, swapped, swapped_nested)[ranks[0] - 2], op.args[:1]
    if op.fn in (np.cross, np.linalg.cross) and ranks == (2, 2) and not op.kwargs and _in_space(op):
        return cross_rows, op.args
    if op.fn is np.tensordot and ranks[:2] == (3, 3) and static(op.args[2]) == ((0, 1), (0, 1)):
        return times_over_rows, op.args[:2]
    return None


def _in_space(op: Call) -> bool:
    """Whether the vectors have three components."""
    return op.fn is np.linalg.cross or all(x.type.shape[1] == 3 for x in op.args)


def _is_matmul(fn: Any) -> bool:
    return fn is operator.matmul or fn is np.matmul


def _is_double(x: Any) -> bool:
    return isinstance(x.type, (Array, Scalar)) and x.type.dtype == np.float64


def _swaps_last(axes: tuple[Any, ...], rank: int) -> bool:
    return {static(axis) % rank for axis in axes} == {rank - 1, rank - 2}
