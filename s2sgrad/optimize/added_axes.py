"""Rewrites of subscripts that drop axes of length 1 which were kept, or added, only to be dropped.

The cotangent of ``s`` in ``s[:, None] * A`` is ``np.sum(y_bar * A, axis=1, keepdims=True)[:, 0]``.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from s2sgrad.ir.core import Call, Const, Operand, Tree
from s2sgrad.ir.types import Array, Scalar
from s2sgrad.optimize.arrays import constant_options, constants
from s2sgrad.optimize.rewrite import Rewrite, Rewriter, number


def item_of_added_axis(r: Rewriter, op: Call) -> Operand | None:
    """np.sum(x, axis=1, keepdims=True)[:, 0] → np.sum(x, axis=1); np.expand_dims(x, 1)[:, 0] → x; of multiples, too"""
    x, index = op.args
    axes = _dropped_axes(index)
    return _without_axes(r, x, index, axes) if axes and isinstance(x.type, Array) else None


def _without_axes(r: Rewriter, x: Operand, index: Tree, axes: tuple[int, ...]) -> Operand | None:
    """``x[index]`` where the axes of length 1 that this drops had only been kept, or added."""
    inner = r.match(x, np.sum, np.expand_dims, operator.neg, operator.mul)
    if inner is None or not isinstance(inner.args[0].type, (Array, Scalar)):
        return None
    if inner.fn is operator.neg and r.is_single(inner):
        y = _without_axes(r, inner.args[0], index, axes)
        return None if y is None else r.call(operator.neg, y)
    if inner.fn is operator.mul and number(inner.args[0]) is not None and r.is_single(inner):
        y = _without_axes(r, inner.args[1], index, axes)
        return None if y is None else r.call(operator.mul, inner.args[0], y)
    names = ("axis", "dtype", "out", "keepdims") if inner.fn is np.sum else ("axis",)
    options = constant_options(inner, names)
    if options is None or options.keys() - {"axis", "keepdims"} or not isinstance(x.type, Array):
        return None
    given = options.get("axis")
    found = (given,) if isinstance(given, int) else given
    if not isinstance(found, tuple) or tuple(sorted(k % x.type.ndim for k in found)) != axes:
        return None
    if inner.fn is np.expand_dims:
        return inner.args[0]  # type: ignore[no-any-return]
    if not options.get("keepdims") or not r.is_single(inner):
        return None
    return r.call(np.sum, inner.args[0], axis=given)


def _dropped_axes(index: Tree) -> tuple[int, ...]:
    """The axes at which a subscript takes entry 0, if it is ``:`` at the other ones."""
    items = index if isinstance(index, tuple) else (index,)
    axes = tuple(at for at, k in enumerate(items) if isinstance(k, Const) and type(k.value) is int and k.value == 0)
    return axes if all(at in axes or _is_colon(k) for at, k in enumerate(items)) else ()


def _is_colon(index: Tree) -> bool:
    return isinstance(index, slice) and constants((index.start, index.stop, index.step)) == (None, None, None)


ADDED_AXES: dict[Any, tuple[Rewrite, ...]] = {operator.getitem: (item_of_added_axis,)}
