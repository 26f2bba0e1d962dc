"""What ``np.where`` did not choose has the derivative zero, whatever the derivative of what was not chosen is.

y = np.where(x > 0.0, np.log(x), 0.0)        t_bar = np.where(x > 0.0, y_bar, 0.0)
                                             x_bar = t_bar / x                              NaN at 0: 0.0 / 0.0

                                      ──▶    x_bar = np.where(x > 0.0, y_bar / x, 0.0)

A *selection* is an array that is zero by choice: ``np.where(c, v, 0.0)``, or what is left after ``v[i] = 0.0``. Where
it is multiplied, the product is made of ``v`` and the choice is made last. So it stays outermost through any
chain of products, and nothing that a partial derivative is where it does not count comes through. Two
selections of one choice add up to one: ``np.where(c, v, 0.0) + np.where(c, 0.0, w)`` is ``np.where(c, v, w)``.

A product goes through no more than ``DEEPEST`` choices, one inside of the other: where each statement of a long chain
chooses, every factor would otherwise be multiplied into all choices before it. Within that it costs no more than it
did, so it is done everywhere. Unlike the other rewrites it is there for what it changes: 0.0 in the place of NaN.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from s2sgrad.ir.core import Call, Operand, Tree, Value
from s2sgrad.ir.primitives import setitem
from s2sgrad.ir.types import Array, Scalar
from s2sgrad.optimize.rewrite import Rewrite, Rewriter, number, same_shape

_PRODUCT = (operator.mul, np.multiply)
_QUOTIENT = (operator.truediv, np.divide)
_SUM = (operator.add, np.add, operator.sub, np.subtract)
_LINEAR = (operator.neg, np.negative, np.real, np.conj, np.astype)
_REARRANGING = (np.expand_dims, np.reshape, np.transpose)


#: How many choices, one inside of the other, a product is moved into.
DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """``np.where(condition, value, 0.0)``; if ``other``: ``np.where(condition, 0.0, value)``."""

    value: Operand
    condition: Operand
    other: bool

    def of(self, r: Rewriter, value: Operand) -> Operand:
        """The same choice from another value."""
        branches = (0.0, value) if self.other else (value, 0.0)
        return r.call(np.where, self.condition, *branches)


@dataclass(frozen=True, slots=True)
class Overwritten:
    """``value`` after ``value[index] = 0.0``."""

    value: Operand
    index: Tree

    def of(self, r: Rewriter, value: Operand) -> Operand:
        return r.new(setitem, value.type, value, self.index, 0.0)


def choose_last(r: Rewriter, op: Call) -> Operand | None:
    """np.where(c, v, 0.0) * w → np.where(c, v * w, 0.0); the same for a quotient, and for what a[i] = 0.0 leaves"""
    if op.kwargs or not isinstance(op.result.type, (Array, Scalar)):
        return None
    for k, x in enumerate(op.args[:1] if op.fn in _QUOTIENT else op.args):
        if not _may_be_singular(op.args[1 - k]):
            continue
        found = selection(r, x)
        if found is None or _deeper(r, found.value, DEEPEST - 1):
            continue
        args = (*op.args[:k], found.value, *op.args[k + 1 :])
        product = r.call(_lenient(op.fn, args), *args)
        if isinstance(found, Overwritten) and not same_shape(product.type, found.value.type):
            continue
        chosen = found.of(r, product)
        if isinstance(op.result.type, Scalar) and isinstance(chosen.type, Array):
            return r.call(operator.getitem, chosen, ())
        return chosen
    return None


def _deeper(r: Rewriter, x: Operand, limit: int) -> bool:
    """Whether ``x`` is made of more than ``limit`` choices, one inside of the other."""
    found = selection(r, x)
    if found is not None:
        return limit == 0 or _deeper(r, found.value, limit - 1)
    if not is_sum_of_selections(r, x):
        return False
    inner = r.match(x, *_SUM)
    return inner is not None and any(_deeper(r, y, limit) for y in inner.args)


def _may_be_singular(factor: Operand) -> bool:
    return number(factor) is None


def _lenient(fn: Any, args: tuple[Operand, ...]) -> Any:
    """Python's own division raises an error where NumPy's gives an infinity, which is not chosen."""
    weak = all(isinstance(x.type, Scalar) and x.type.weak for x in args)
    return np.divide if weak and fn is operator.truediv else fn


def distribute(r: Rewriter, op: Call) -> Operand | None:
    """(np.where(c, v, 0.0) + np.where(d, w, 0.0)) * f → np.where(c, v * f, 0.0) + np.where(d, w * f, 0.0)"""
    for k, x in enumerate(op.args[:1] if op.fn in _QUOTIENT else op.args):
        if _may_be_singular(op.args[1 - k]) and is_sum_of_selections(r, x) and not _deeper(r, x, DEEPEST):
            inner = r.match(x, *_SUM)
            assert inner is not None
            parts = (r.call(op.fn, *op.args[:k], part, *op.args[k + 1 :]) for part in inner.args)
            return r.call(inner.fn, *parts)
    return None


def is_sum_of_selections(r: Rewriter, x: Operand) -> bool:
    """Whether ``x`` is a sum, or a difference, all terms of which are zero by choice."""
    inner = r.match(x, *_SUM)
    if inner is None:
        return False
    while inner is not None:  # a long sum that has any other term is mostly recognised by its last ones
        sums = [y for y in inner.args if selection(r, y) is None]
        if not all(r.match(y, *_SUM) for y in sums):
            return False
        if len(sums) > 1:
            return all(is_sum_of_selections(r, y) for y in sums)
        inner = r.match(sums[0], *_SUM) if sums else None
    return True


def add_choices(r: Rewriter, op: Call) -> Operand | None:
    """np.where(c, v, 0.0) + np.where(c, 0.0, w) → np.where(c, v, w); np.where(c, v, 0.0) + np.where(c, w, 0.0)
    → np.where(c, v + w, 0.0)"""
    if not all(isinstance(x, Value) and r.uses.get(x, 1) == 1 for x in op.args):
        return None
    x, y = (selection(r, x) for x in op.args)
    if not isinstance(x, Choice) or not isinstance(y, Choice) or x.condition is not y.condition:
        return None
    if x.other == y.other:
        return x.of(r, r.call(op.fn, x.value, y.value))
    if op.fn in (operator.sub, np.subtract):
        y = replace(y, value=r.call(operator.neg, y.value))
    branches = (y.value, x.value) if x.other else (x.value, y.value)
    return r.call(np.where, x.condition, *branches)


# -- what is a selection -----------------------------------------------------------------------------


def selection(r: Rewriter, x: Tree) -> Choice | Overwritten | None:
    """What ``x`` chooses from, and how; None if ``x`` is not a selection."""
    op = r.match(x, np.where, setitem, *_LINEAR, *_REARRANGING, np.broadcast_to, np.sum, operator.mul, operator.getitem)
    if op is None:
        return None
    if op.fn is np.where:
        return _choice(op)
    if op.fn is setitem:
        return _overwritten(op)
    if op.fn is operator.mul:
        inner = selection(r, op.args[1]) if number(op.args[0]) is not None else None
        return None if inner is None else replace(inner, value=r.call(op.fn, op.args[0], inner.value))
    inner = selection(r, op.args[0])
    if inner is None:
        return None
    if op.fn in _LINEAR:
        return replace(inner, value=r.call(op.fn, inner.value, *op.args[1:], **op.kwargs))
    return _rearranged(r, op, inner)


def _choice(op: Call) -> Choice | None:
    if len(op.args) != 3 or op.kwargs:
        return None
    condition, x, y = op.args
    if number(y) == 0:
        return Choice(x, condition, False)
    return Choice(y, condition, True) if number(x) == 0 else None


def _rearranged(r: Rewriter, op: Call, inner: Choice | Overwritten) -> Choice | None:
    """A choice in another arrangement: where both its value and its condition have the axes in question, or none."""
    if isinstance(inner, Overwritten):
        return None
    before = op.args[0].type
    if op.fn is operator.getitem:  # x[()]: what is left of an array without axes is a number
        return inner if op.args[1] == () else None
    if op.fn is np.broadcast_to:
        return inner
    if op.fn is np.sum:
        whole = isinstance(inner.condition.type, Scalar) and same_shape(inner.value.type, before)
        return replace(inner, value=r.call(op.fn, inner.value, *op.args[1:], **op.kwargs)) if whole else None

    def moved(x: Operand) -> Operand | None:
        if isinstance(x.type, Scalar):
            return x
        return r.call(op.fn, x, *op.args[1:], **op.kwargs) if same_shape(x.type, before) else None

    value, condition = moved(inner.value), moved(inner.condition)
    return None if value is None or condition is None else Choice(value, condition, inner.other)


def _overwritten(op: Call) -> Overwritten | None:
    a, index, v = op.args
    return Overwritten(a, index) if number(v) == 0 and isinstance(a.type, Array) else None


SELECTIONS: dict[Any, tuple[Rewrite, ...]] = {
    **dict.fromkeys((*_PRODUCT, *_QUOTIENT), (choose_last, distribute)),
    **dict.fromkeys(_SUM, (add_choices,)),
}
