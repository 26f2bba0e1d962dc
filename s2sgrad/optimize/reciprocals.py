"""Several divisions by one number become products with its reciprocal: for compiled code, where a division takes as
long as ten products.

    t1 = sqrt s                                    t1 = sqrt s
    t2 = truediv a, t1                    ──▶      u = truediv 1.0, t1
    t3 = truediv t2, t1                            t2 = mul a, u
                                                   t3 = mul t2, u

Only where the reciprocal surely does not overflow, for ``0.0 * inf`` is no number: the divisor is zero, or not tiny, by
the way it is made. Infinite and undefined numbers come out as before; others may differ in the last bit. So it is done
to derivative code only.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from s2sgrad.ir.core import Block, Call, Const, For, Function, Operand, Value, While, blocks_of
from s2sgrad.ir.nesting import Nest
from s2sgrad.ir.types import Scalar

_DOUBLE = np.dtype(np.float64)
_SMALLEST = 1e-300  # whose reciprocal is far from overflowing
_ROOTS = (math.sqrt, np.sqrt)
_NONNEGATIVE = (*_ROOTS, math.exp, np.exp, abs, np.abs, np.absolute, np.square)
_SAME_SIZE = (operator.neg, operator.pos, float, np.float64, abs, np.abs, np.absolute)


def share_reciprocals(function: Function) -> Function:
    """Multiply by reciprocals in derivative code (changes the function, and returns it)."""
    nest = Nest(function)
    sizes = _Sizes(nest)
    divisions: dict[Value, list[tuple[Call, bool]]] = {}
    _collect(function.body, divisions, nest)
    for divisor, found in divisions.items():
        often = len(found) + sum(repeated for _, repeated in found)
        if often < 2 or not sizes.is_zero_or_not_tiny(divisor):
            continue
        made = nest.definition[divisor]
        block = nest.home[divisor]
        u = Value(Scalar(_DOUBLE, weak=True))
        at = block.ops.index(made) + 1
        block.ops.insert(at, Call(operator.truediv, (Const(1.0), divisor), {}, [u], found[0][0].stmt, adjoint=True))
        for op, _ in found:
            op.fn, op.args = operator.mul, (op.args[0], u)
    return function


def _collect(block: Block, found: dict[Value, list[tuple[Call, bool]]], nest: Nest) -> None:
    """Divisions of derivative code by divisor, and whether each runs more often than that is made."""
    for op in block.ops:
        for inner in blocks_of(op):
            _collect(inner, found, nest)
        if isinstance(op, Call) and op.adjoint and op.fn is operator.truediv and all(map(_is_double, op.args)):
            divisor = op.args[1]
            if isinstance(divisor, Value) and isinstance(nest.definition.get(divisor), Call):
                found.setdefault(divisor, []).append((op, _in_loop(block, nest.home[divisor], nest)))


def _in_loop(block: Block, outer: Block, nest: Nest) -> bool:
    """Whether there is a loop around ``block`` that ``outer`` is around."""
    while block is not outer:
        op, block = nest.owner[block]
        if isinstance(op, (For, While)):
            return True
    return False


def _is_double(x: Any) -> bool:
    return isinstance(x, (Value, Const)) and isinstance(x.type, Scalar) and x.type.dtype == _DOUBLE


class _Sizes:
    """What is known of a number by the way it is made."""

    def __init__(self, nest: Nest) -> None:
        self.nest = nest

    def is_zero_or_not_tiny(self, x: Operand) -> bool:
        """Whether a number is zero, no number, or one whose reciprocal does not overflow."""
        if isinstance(x, Const):
            return _is_number(x) and abs(x.value) >= _SMALLEST
        if not _is_double(x):
            return isinstance(x.type, Scalar) and x.type.dtype.kind in "iu"
        op = self.nest.definition.get(x)
        if not isinstance(op, Call) or op.kwargs:
            return False
        if op.fn in _ROOTS:
            return True
        if op.fn in _SAME_SIZE and len(op.args) == 1:
            return self.is_zero_or_not_tiny(op.args[0])
        return self.is_positive(op)

    def is_positive(self, op: Call) -> bool:
        """Whether it is a sum of what is not negative and a constant that is not tiny, or no number."""
        if op.fn is not operator.add:
            return False
        for x, y in (op.args, op.args[::-1]):
            made = self.nest.definition.get(x) if isinstance(x, Value) else None
            big = x.value >= _SMALLEST if _is_number(x) else isinstance(made, Call) and self.is_positive(made)
            if big and self.is_nonnegative(y):
                return True
        return False

    def is_nonnegative(self, x: Operand) -> bool:
        """Whether a number is surely not negative, or no number."""
        if isinstance(x, Const):
            return _is_number(x) and bool(x.value >= 0)
        op = self.nest.definition.get(x)
        if not isinstance(op, Call) or op.kwargs or not _is_double(x):
            return False
        if op.fn in _NONNEGATIVE:
            return True
        if op.fn is operator.mul and op.args[0] is op.args[1]:
            return True
        if op.fn is operator.pow and _is_number(op.args[1]) and op.args[1].value % 2 == 0:
            return True
        return op.fn in (operator.add, operator.mul) and all(map(self.is_nonnegative, op.args))


def _is_number(x: Any) -> bool:
    return isinstance(x, Const) and type(x.value) in (int, float)
