"""Divisors outward: one division does for several, and of what is left after a sum.

    np.sum(a * (b / y), axis=1, keepdims=True)   ──▶   np.sum(a * b, axis=1, keepdims=True) / y     (y: [n, 1])
    a / y - b / y                                ──▶   (a - b) / y

With the quotients that are at hand (:mod:`s2sgrad.optimize.quotients`), the adjoint of ``p = e / np.sum(e)`` becomes
``p * (p_bar - np.sum(p_bar * p))``.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from s2sgrad.ir.core import Call, Operand, Value
from s2sgrad.ir.types import Array, Scalar
from s2sgrad.optimize.arrays import constant_options
from s2sgrad.optimize.rewrite import Rewrite, Rewriter, number

_DIV = (operator.truediv, np.divide)
_MUL = (operator.mul, np.multiply)


def sum_of_quotients(r: Rewriter, op: Call) -> Operand | None:
    """np.sum(a * (b / y), axis=1, keepdims=True) → np.sum(a * b, axis=1, keepdims=True) / y, where y has one column"""
    product = r.match(op.args[0], *_MUL)
    options = constant_options(op, ("axis", "dtype", "out", "keepdims"))
    if product is None or product.kwargs or not r.is_single(product) or options is None:
        return None
    if options.keys() - {"axis", "keepdims"} or not isinstance(product.result.type, Array):
        return None
    for k, factor in enumerate(product.args):
        quotient = r.match(factor, *_DIV)
        if quotient is None or quotient.kwargs or not _is_floating(quotient) or number(quotient.args[0]) is not None:
            continue
        b, y = quotient.args
        if _is_constant_along(y, options, product.result.type.ndim):
            args = (product.args[0], b) if k else (b, product.args[1])
            total = r.typed_call(op.fn, op.result.type, r.call(operator.mul, *args), *op.args[1:], **op.kwargs)
            return r.call(operator.truediv, total, y)
    return None


def _is_floating(op: Call) -> bool:
    return all(isinstance(x.type, (Array, Scalar)) and x.type.dtype.kind in "fc" for x in op.args)


def _is_constant_along(y: Operand, options: dict[str, Any], ndim: int) -> bool:
    """Whether ``y`` does not vary along the axes of a sum, and has the shape that divides its result."""
    if isinstance(y.type, Scalar):
        return not y.type.weak  # a number of Python's raises an error where it is zero
    axis = options.get("axis")
    if not isinstance(y.type, Array) or y.type.ndim != ndim or not options.get("keepdims") or axis is None:
        return False
    return all(y.type.shape[k] == 1 for k in ((axis,) if isinstance(axis, int) else axis))


def common_divisor(r: Rewriter, op: Call) -> Operand | None:
    """a / y - b / y → (a - b) / y"""
    both = [r.match(x, *_DIV) for x in op.args]
    if op.kwargs or any(x is None or x.kwargs or not r.is_single(x) for x in both):
        return None
    (a, y), (b, z) = (x.args for x in both if x is not None)
    if y is not z or not isinstance(y, Value) or number(a) is not None or number(b) is not None:
        return None
    return r.call(operator.truediv, r.call(op.fn, a, b), y)


DIVISORS: dict[Any, tuple[Rewrite, ...]] = {
    np.sum: (sum_of_quotients,),
    **dict.fromkeys((operator.add, np.add, operator.sub, np.subtract), (common_divisor,)),
}
