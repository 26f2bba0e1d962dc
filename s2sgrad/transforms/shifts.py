"""Shifts that cancel: what is subtracted for the sake of rounding, and makes no difference to the result.

    m = max x                       e(m + δ) = exp(-δ) e(m)
    e = exp (x - m)         ──▶     s(m + δ) = exp(-δ) s(m)         so m needs no derivative
    s = sum e                       p(m + δ) = p(m)
    p = e / s

A softmax or log-sum-exp shifted by the maximum of its argument does not depend on the shift, whatever it is. Then the
derivative with respect to the shift is zero, not only for almost all arguments: no cotangent has to go through the
maximum, and none that is zero but for rounding errors does.

That is proven operation by operation. If ``m`` becomes ``m + δ``, a value ``v`` becomes ``v + k δ`` (a
*sum* of weight k) or ``exp(k δ) v`` (a *product* of weight k). A sum of weight 0, or a product of weight 0, does
not depend on ``m``. If all that is computed from ``m`` has a weight, and nothing but what has weight 0 leaves the
block, is stored, or enters an operation that is not in the tables here, the shift cancels. The weight may contain
numbers that are not known (``exp((x - m) / T)``).

δ is an array where ``m`` is one, so it is followed which axes of a value it varies along: a sum along another
axis keeps the weight of a product, one along such an axis does not.
"""

from __future__ import annotations

import cmath
import heapq
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from s2sgrad.ir.core import Block, Call, Const, Operand, Tree, Value, blocks_of, operands_of, walk
from s2sgrad.ir.types import Array, Scalar
from s2sgrad.rules.table import rule_of
from s2sgrad.transforms.structure import is_hashable

#: Which axis of the shift varies along each axis of a value (None: it is constant there).
Axes = tuple["int | None", ...]


@dataclass(frozen=True, slots=True)
class Weight:
    """``number`` times powers of values that do not depend on the shift."""

    number: Fraction
    powers: frozenset[tuple[Value, int]] = frozenset()

    def times(self, other: Weight) -> Weight:
        powers = dict(self.powers)
        for v, k in other.powers:
            powers[v] = powers.get(v, 0) + k
        return Weight(self.number * other.number, frozenset((v, k) for v, k in powers.items() if k))

    def plus(self, other: Weight) -> Weight | None:
        """None where the sum is no single term."""
        if not self.number or not other.number:
            return other if not self.number else self
        return Weight(self.number + other.number, self.powers) if self.powers == other.powers else None

    def inverse(self) -> Weight:
        return Weight(1 / self.number, frozenset((v, -k) for v, k in self.powers))


ONE, MINUS_ONE, NOTHING = (Weight(Fraction(k)) for k in (1, -1, 0))


@dataclass(frozen=True, slots=True)
class Change:
    """How a value changes when the shift does: by a term, or by a factor that is the exponential of it."""

    weight: Weight
    axes: Axes
    is_factor: bool = False

    def scaled(self, weight: Weight) -> Change:
        return replace(self, weight=self.weight.times(weight))

    def along(self, axes: Axes) -> Change:
        return replace(self, axes=axes)


Changes = Mapping[Value, Change]
Step = Callable[[Call, Changes], "Change | None"]


def cancelling_shifts(block: Block) -> set[Value]:
    """The values that are subtracted somewhere in a block and make no difference to anything that leaves it."""
    ops = [op for op in walk(block) if isinstance(op, Call)]
    shifts = [k for k, op in enumerate(ops) if is_hashable(op.fn) and op.fn in _SHIFTS and _has_axes(op.results)]
    if not shifts:
        return set()
    users: dict[Value, list[int]] = {}
    for k, op in enumerate(ops):
        for x in operands_of(op):
            if isinstance(x, Value):
                users.setdefault(x, []).append(k)
    escaping = _escaping(block)
    return {ops[k].result for k in shifts if _cancels(ops[k].result, ops, users, escaping)}


def _has_axes(results: list[Value]) -> bool:
    return len(results) == 1 and isinstance(results[0].type, (Array, Scalar))


def _escaping(block: Block) -> set[Operand]:
    """What control flow reads, and what blocks hand on."""
    found: set[Operand] = set(block.results)
    for op in walk(block):
        if not isinstance(op, Call):
            found.update(operands_of(op))
        for inner in blocks_of(op):
            found.update(inner.results)
    return found


def _cancels(shift: Value, ops: list[Call], users: dict[Value, list[int]], escaping: set[Operand]) -> bool:
    shape = shift.type.shape if isinstance(shift.type, Array) else ()
    changes = {shift: Change(ONE, tuple(None if n == 1 else k for k, n in enumerate(shape)))}
    pending = list(users.get(shift, ()))
    heapq.heapify(pending)
    done = -1
    while pending:
        at = heapq.heappop(pending)
        if at == done:
            continue
        done = at
        if not _carries(ops[at]):
            continue
        change = _change(ops[at], changes)
        if change is None:
            return False
        if change.weight.number:
            changes[ops[at].result] = change
            for user in users.get(ops[at].result, ()):
                heapq.heappush(pending, user)
    return escaping.isdisjoint(changes)


def _carries(op: Call) -> bool:
    """Whether a derivative may pass through an operation: not if it gives integers, such as a comparison."""
    rule = rule_of(op.fn)
    discrete = all(isinstance(x.type, (Array, Scalar)) and x.type.dtype.kind not in "fc" for x in op.results)
    return op.effect or not (discrete or (rule is not None and rule.nondiff))


def _change(op: Call, changes: Changes) -> Change | None:
    """How the result of an operation changes; None where that is not known."""
    step = _STEPS.get(op.fn) if is_hashable(op.fn) and not op.effect and len(op.results) == 1 else None
    known = step is not None and isinstance(op.result.type, (Array, Scalar))
    return step(op, changes) if known and step is not None else None


# -- elementwise operations -----------------------------------------------------------------------------


def _broadcast(op: Call, changes: Changes) -> tuple[Axes, list[Change | None]] | None:
    """The axes along which the shift varies in the result of an elementwise call, and how each operand changes."""
    found = [_of(x, changes) for x in op.args]
    axes = {_aligned(c.axes, op.result) for c in found if c is not None}
    if op.kwargs or len(axes) != 1 or any(isinstance(x, (tuple, list)) for x in op.args):
        return None
    return axes.pop(), found


def _of(x: Tree, changes: Changes) -> Change | None:
    return changes.get(x) if isinstance(x, Value) else None


def _aligned(axes: Axes, result: Value) -> Axes:
    """``axes`` of an operand as those of the result that it is broadcast to."""
    return (None,) * (_rank(result) - len(axes)) + axes


def _rank(x: Operand) -> int:
    return x.type.ndim if isinstance(x.type, Array) else 0


def _sum(op: Call, changes: Changes) -> Change | None:
    """x + y, x - y"""
    together = _broadcast(op, changes)
    if together is None:
        return None
    axes, (x, y) = together
    if (x or y).is_factor or (x and y and x.is_factor != y.is_factor):  # type: ignore[union-attr]
        alike = x is not None and y is not None and x.is_factor == y.is_factor and x.weight == y.weight
        return x.along(axes) if alike and x is not None else None
    sign = MINUS_ONE if op.fn in (operator.sub, np.subtract) else ONE
    weight = (x.weight if x else NOTHING).plus(y.weight.times(sign) if y else NOTHING)
    return None if weight is None else Change(weight, axes)


def _product(op: Call, changes: Changes) -> Change | None:
    """x * y, x / y"""
    together = _broadcast(op, changes)
    if together is None:
        return None
    axes, (x, y) = together
    divides = op.fn in (operator.truediv, np.divide)
    if any(c is not None and not c.is_factor for c in (x, y)):
        if (x is not None and y is not None) or (x is None and divides):
            return None
        factor = _as_weight(op.args[1 if x is not None else 0])
        changed = x or y
        if factor is None or changed is None:
            return None
        return changed.along(axes).scaled(factor.inverse() if divides else factor)
    other = (y.weight if y else NOTHING).times(MINUS_ONE if divides else ONE)
    weight = (x.weight if x else NOTHING).plus(other)
    return None if weight is None else Change(weight, axes, is_factor=True)


def _as_weight(x: Tree) -> Weight | None:
    """A number by which weights may be multiplied."""
    if isinstance(x, Const):
        is_number = type(x.value) in (int, float) and x.value and math.isfinite(x.value)
        return Weight(Fraction(x.value)) if is_number else None
    return Weight(Fraction(1), frozenset({(x, 1)})) if isinstance(x, Value) and isinstance(x.type, Scalar) else None


def _negated(op: Call, changes: Changes) -> Change | None:
    change = changes.get(op.args[0])
    if change is None or op.kwargs or len(op.args) > 1:
        return None
    return change if change.is_factor else change.scaled(MINUS_ONE)


def _exponential(op: Call, changes: Changes) -> Change | None:
    change = changes.get(op.args[0])
    plain = change is not None and not change.is_factor and not op.kwargs and len(op.args) == 1
    return replace(change, is_factor=True) if plain and change is not None else None


def _logarithm(op: Call, changes: Changes) -> Change | None:
    change = changes.get(op.args[0])
    plain = change is not None and change.is_factor and not op.kwargs and len(op.args) == 1
    return replace(change, is_factor=False) if plain and change is not None else None


def _power(op: Call, changes: Changes) -> Change | None:
    """x ** 2.0, where x is a product"""
    x, p = op.args[0], op.args[1] if len(op.args) > 1 else Const(2.0)
    change, exponent = _of(x, changes), _as_weight(p) if isinstance(p, Const) else None
    if change is None or exponent is None or not change.is_factor or op.kwargs or len(op.args) > 2:
        return None
    return change.scaled(exponent)


def _root(op: Call, changes: Changes) -> Change | None:
    change = changes.get(op.args[0])
    plain = change is not None and change.is_factor and not op.kwargs and len(op.args) == 1
    return change.scaled(Weight(Fraction(1, 2))) if plain and change is not None else None


def _chosen(op: Call, changes: Changes) -> Change | None:
    """np.where(c, e, 0.0), where e is a product"""
    if op.kwargs or len(op.args) != 3:
        return None
    for x, other in (op.args[1:], op.args[:0:-1]):
        change = _of(x, changes)
        if change is not None and isinstance(other, Const) and other.value == 0 and change.is_factor:
            return change.along(_aligned(change.axes, op.result))
    return None


# -- reductions and arrangements -------------------------------------------------------------------------


def _reduced(op: Call, changes: Changes, of: str) -> Change | None:
    """A reduction along axes that the shift does not vary along. ``of``: "sum" or "product", or both."""
    change = _of(op.args[0], changes)
    options = dict(zip(("axis",), op.args[1:2], strict=False)) | op.kwargs
    if change is None or len(op.args) > 2 or options.keys() - {"axis", "keepdims"}:
        return None
    axis, keepdims = _constant(options.get("axis", Const(None))), _constant(options.get("keepdims", Const(False)))
    if ("product" if change.is_factor else "sum") not in of or _UNKNOWN in (axis, keepdims):
        return None
    rank = len(change.axes)
    gone = {k % rank for k in (range(rank) if axis is None else (axis,) if isinstance(axis, int) else axis)}
    if any(change.axes[k] is not None for k in gone):
        return None
    return change.along(tuple(k for at, k in enumerate(change.axes) if keepdims or at not in gone))


def _total(op: Call, changes: Changes) -> Change | None:
    return _reduced(op, changes, "product")


def _extreme(op: Call, changes: Changes) -> Change | None:
    return _reduced(op, changes, "sum")


def _mean(op: Call, changes: Changes) -> Change | None:
    return _reduced(op, changes, "sum or product")


def _matrix_product(op: Call, changes: Changes) -> Change | None:
    """e @ v, where e is a product, and its shift does not vary along the axis that is summed over"""
    x, y = op.args
    change = _of(x, changes)
    if (
        change is None
        or op.kwargs
        or _of(y, changes) is not None
        or not change.is_factor
        or change.axes[-1] is not None
    ):
        return None
    axes = change.axes[:-1] + ((None,) if _rank(y) > 1 else ())
    return change.along(_aligned(axes, op.result)) if _rank(y) else None


def _arranged(op: Call, changes: Changes) -> Change | None:
    """A transpose, or axes of length 1 that come and go: done to an array whose lengths tell its axes."""
    x, *others = op.args
    change = _of(x, changes)
    arguments, options = _constant(others), {k: _constant(tree) for k, tree in op.kwargs.items()}
    if change is None or _UNKNOWN in (arguments, *options.values()) or (op.fn is np.squeeze and not options):
        return None
    lengths = tuple(1 if k is None else k + 2 for k in change.axes)
    moved = op.fn(np.broadcast_to(0.0, lengths), *arguments, **options)
    return change.along(tuple(None if n == 1 else n - 2 for n in moved.shape))


def _same(op: Call, changes: Changes) -> Change | None:
    return _of(op.args[0], changes)


def _subscript(op: Call, changes: Changes) -> Change | None:
    """x[:, None], x[..., 0]: the shift must not vary along an axis of which something is taken."""
    x, index = op.args
    change = _of(x, changes)
    items = list(index) if isinstance(index, tuple) else [index]
    if change is None:
        return None
    missing = len(change.axes) - sum(not _is(k, None) and not _is(k, Ellipsis) for k in items)
    dots = next((at for at, k in enumerate(items) if _is(k, Ellipsis)), len(items))
    items[dots : dots + 1] = [_WHOLE] * missing
    left, axes = list(change.axes), list[int | None]()
    for item in items:
        if _is(item, None):
            axes.append(None)
            continue
        axis = left.pop(0)
        is_slice = isinstance(item, slice)
        if not is_slice and not isinstance(getattr(item, "type", None), Scalar):
            return None
        if axis is not None and not (is_slice and all(_is(k, None) for k in (item.start, item.stop, item.step))):
            return None
        if is_slice:
            axes.append(axis)
    return change.along(tuple(axes))


_WHOLE = slice(Const(None), Const(None), Const(None))


def _is(x: Tree, value: object) -> bool:
    return isinstance(x, Const) and x.value is value


_UNKNOWN = object()


def _constant(x: Tree) -> Any:
    if isinstance(x, Const):
        return x.value
    items = tuple(map(_constant, x)) if isinstance(x, (tuple, list)) else (_UNKNOWN,)
    return _UNKNOWN if _UNKNOWN in items else items


#: What is subtracted in order to keep exponentials in range.
_SHIFTS = frozenset({np.max, np.amax, np.min, np.amin, np.nanmax, np.mean, np.median, np.maximum, np.minimum, max, min})

_STEPS: dict[Any, Step] = {
    **dict.fromkeys((operator.add, np.add, operator.sub, np.subtract), _sum),
    **dict.fromkeys((operator.mul, np.multiply, operator.truediv, np.divide), _product),
    **dict.fromkeys((operator.neg, np.negative), _negated),
    **dict.fromkeys((np.exp, math.exp, cmath.exp), _exponential),
    **dict.fromkeys((np.log, math.log, cmath.log), _logarithm),
    **dict.fromkeys((operator.pow, np.power, np.square), _power),
    **dict.fromkeys((np.sqrt, math.sqrt), _root),
    np.where: _chosen,
    np.sum: _total,
    **dict.fromkeys((np.max, np.amax, np.min, np.amin), _extreme),
    np.mean: _mean,
    **dict.fromkeys((operator.matmul, np.matmul), _matrix_product),
    **dict.fromkeys((np.expand_dims, np.transpose, np.swapaxes, np.squeeze), _arranged),
    **dict.fromkeys((np.copy, np.astype, float, np.float64), _same),
    operator.getitem: _subscript,
}
