"""Rewrites of lengths: those of an array that is computed become those of a parameter, so that it need not be.

t: f8[x0] = sum Y, axis=1            …
n: pyi = size t               ──▶    n: pyi = getindex (shape x), 0
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from s2sgrad.ir.core import Call, Const, Operand, Value
from s2sgrad.ir.primitives import getindex
from s2sgrad.ir.types import Array, Dim, Scalar
from s2sgrad.optimize.rewrite import Rewrite, Rewriter

Rewrites = dict[Any, tuple[Rewrite, ...]]


class _Lengths:
    """The parameters by shape, and by the length of each axis."""

    def __init__(self, params: list[Value]) -> None:
        self.by_shape: dict[tuple[int | Dim, ...], Value] = {}
        self.by_length: dict[Dim, tuple[Value, int]] = {}
        self.params = set(params)
        for p in params:
            if isinstance(p.type, Array):
                self.by_shape.setdefault(p.type.shape, p)
                for axis, n in enumerate(p.type.shape):
                    if isinstance(n, Dim):
                        self.by_length.setdefault(n, (p, axis))

    def same_shape(self, x: Operand) -> Value | None:
        """A parameter of the shape of ``x``, which is none."""
        return self.by_shape.get(x.type.shape) if isinstance(x.type, Array) and x not in self.params else None

    def axis(self, x: Operand, k: Any) -> tuple[Value, int] | None:
        """A parameter, and its axis that is as long as axis ``k`` of ``x``."""
        if not (isinstance(x.type, Array) and isinstance(k, int) and -x.type.ndim <= k < x.type.ndim):
            return None
        n = x.type.shape[k]
        return self.by_length.get(n) if isinstance(n, Dim) and x not in self.params else None


def length_rewrites(params: list[Value]) -> Rewrites:
    """The rewrites for a function with these parameters."""
    lengths = _Lengths(params)

    def shape_or_size(r: Rewriter, op: Call) -> Operand | None:
        """np.shape(t) → np.shape(x), np.size(t) → np.size(x), for x of that shape; of a vector t, x.shape[k]"""
        if len(op.args) != 1 or op.kwargs:
            return None
        x = lengths.same_shape(op.args[0])
        if x is not None:
            return r.typed_call(op.fn, op.result.type, x)
        if op.fn is np.size and isinstance(op.args[0].type, Array) and op.args[0].type.ndim == 1:
            return length(r, op, op.args[0], 0)
        return None

    def item(r: Rewriter, op: Call) -> Operand | None:
        """t.shape[i] → x.shape[k]"""
        shape = r.match(op.args[0], np.shape)
        k = op.args[1].value if isinstance(op.args[1], Const) else None
        return None if shape is None else length(r, op, shape.args[0], k)

    def first(r: Rewriter, op: Call) -> Operand | None:
        """len(t) → x.shape[k]"""
        return length(r, op, op.args[0], 0)

    def compared(r: Rewriter, op: Call) -> Operand | None:
        """x.shape[0] == y.shape[0] → True, where they are known to be equal"""
        known = [x.type.length if isinstance(x, Value) and isinstance(x.type, Scalar) else None for x in op.args]
        if known[0] is None or known[0] != known[1]:
            return None
        return Const(op.fn in (operator.eq, operator.le, operator.ge))

    def length(r: Rewriter, op: Call, x: Operand, k: Any) -> Operand | None:
        found = lengths.axis(x, k)
        if found is None:
            return None
        return r.typed_call(getindex, op.result.type, r.call(np.shape, found[0]), found[1])

    comparisons = (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge)
    return {
        np.shape: (shape_or_size,),
        np.size: (shape_or_size,),
        getindex: (item,),
        len: (first,),
        **dict.fromkeys(comparisons, (compared,)),
    }
