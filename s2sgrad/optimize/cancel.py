"""Drop cotangents that cancel: what is subtracted for the sake of the floating-point range has no derivative.

The gradient of a softmax sums to zero along its axis, so whatever has been subtracted from all its entries alike (their
maximum, as a rule) gets a zero cotangent. Real arithmetic says so; the machine would compute rounding errors.

    s = sum A, axis                                 Z_bar = sub A, (s / (sum E, axis)) * E
    Z_bar = sub A, (s / (sum E, axis)) * E    ──▶   (nothing: sum Z_bar, axis = s - s)
    r = sum Z_bar, axis
    Z_bar' = sub Z_bar, (r / n) * m
"""

from __future__ import annotations

import operator

import numpy as np

from s2sgrad.ir.clone import Env, substitute
from s2sgrad.ir.core import Call, Function, Operand, Value, walk
from s2sgrad.ir.types import Array, maybe_one
from s2sgrad.optimize.dce import dce
from s2sgrad.optimize.sharing import same_tree

_PRODUCTS = (operator.mul, np.multiply)
_QUOTIENTS = (operator.truediv, np.divide)
_SUMS = (operator.add, np.add, operator.sub, np.subtract)
_LARGEST = 8

Definitions = dict[Operand, Call]


def drop_cancelled(function: Function) -> None:
    """Drop the terms of sums of cotangents that are multiples of a sum that vanishes (changes the function)."""
    calls = [op for op in walk(function.body) if isinstance(op, Call)]
    definitions: Definitions = {op.results[0]: op for op in calls if len(op.results) == 1}
    vanishing = {op.result for op in calls if op.fn is np.sum and op.adjoint and _vanishes(op, definitions)}
    if not vanishing:
        return
    env: Env = {}
    for op in calls:
        if op.adjoint and op.fn in _SUMS and len(op.args) == 2:
            kept, dropped = op.args
            numerator, _ = _factors(dropped, definitions)
            if kept.type == op.result.type and any(x in vanishing for x in numerator):
                env[op.result] = env.get(kept, kept) if isinstance(kept, Value) else kept
    if env:
        substitute(function.body, env)
        dce(function)


def _vanishes(total: Call, definitions: Definitions) -> bool:
    """Whether ``total`` is the sum along an axis of ``A - sum(A) / sum(E) * E``, or of its negative."""
    difference = definitions.get(total.args[0])
    if difference is None or difference.fn not in (operator.sub, np.subtract):
        return False
    return any(_are_equal(a, x, total, definitions) for a, x in (difference.args, difference.args[::-1]))


def _are_equal(a: Operand, product: Operand, total: Call, definitions: Definitions) -> bool:
    """Whether ``product`` is ``sum(a) / sum(E) * E``, which has the same sum as ``a``."""
    numerator, denominator = _factors(product, definitions)
    if len(numerator) != 2 or len(denominator) != 1:
        return False
    for e, sum_of_a in (numerator, numerator[::-1]):
        if _is_sum(sum_of_a, a, total, definitions) and _is_sum(denominator[0], e, total, definitions):
            return _same_shape(a, e)
    return False


def _same_shape(a: Operand, b: Operand) -> bool:
    """Whether two arrays that are combined have the same shape: neither is broadcast."""
    if not isinstance(a.type, Array) or not isinstance(b.type, Array) or a.type.ndim != b.type.ndim:
        return False
    lengths = zip(a.type.shape, b.type.shape, strict=True)
    return all(m == n or not (maybe_one(m) or maybe_one(n)) for m, n in lengths)


def _is_sum(x: Operand, of: Operand, like: Call, definitions: Definitions) -> bool:
    """Whether ``x`` is the sum of ``of`` along the axis of ``like``, kept as an axis of length 1."""
    made = definitions.get(x)
    if made is None or made.fn is not np.sum or made.args[0] is not of or len(made.args) != 1 or len(like.args) != 1:
        return False
    return "keepdims" in like.kwargs and same_tree(made.kwargs, like.kwargs)


def _factors(x: Operand, definitions: Definitions) -> tuple[list[Operand], list[Operand]]:
    """The factors of a product of cotangents: numerator and denominator."""
    numerator: list[Operand] = []
    denominator: list[Operand] = []
    pending = [x]
    while pending and len(numerator) < _LARGEST:
        factor = pending.pop()
        made = definitions.get(factor) if isinstance(factor, Value) else None
        if made is not None and made.adjoint and made.fn in _PRODUCTS and len(made.args) == 2:
            pending += made.args
        elif made is not None and made.adjoint and made.fn in _QUOTIENTS and len(made.args) == 2:
            pending.append(made.args[0])
            denominator.append(made.args[1])
        else:
            numerator.append(factor)
    return numerator, denominator
