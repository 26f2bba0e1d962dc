"""Whether a function is elementwise: each entry of its result depends on one of the argument, at the same place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from s2sgrad.errors import NotDifferentiable
from s2sgrad.ir.core import Call, Function, Operand, Value, walk
from s2sgrad.ir.types import Array, Scalar, Type, maybe_one
from s2sgrad.rules.suggestion import qualified_name
from s2sgrad.rules.table import rule_of
from s2sgrad.transforms.activity import active_values
from s2sgrad.transforms.structure import data_operands

# Functions that leave each entry where it is.
_IN_PLACE: frozenset[Any] = frozenset(
    {np.copy, np.astype, np.real, np.where, float, np.float16, np.float32, np.float64}
)


def require_elementwise(function: Function, x: Value, result: Operand) -> None:
    """Raise :class:`NotDifferentiable` unless ``result`` is known to be elementwise in the parameter ``x``.

    That is: all operations that a derivative passes through are, and none of them broadcasts.
    """
    if not _same_shape(x.type, result.type):
        raise NotDifferentiable(
            f"`{function.name}` is not elementwise: its result is of another shape than the argument `{x.name}`",
            "use grad, jacfwd or jacrev",
        )
    active = active_values(function.body, [x], [result])
    for op in walk(function.body):
        if isinstance(op, Call) and not active.isdisjoint(op.results) and not _is_elementwise(op, active, x.type):
            raise NotDifferentiable(
                f"`{function.name}` is not known to be elementwise: `{qualified_name(op.fn)}` may mix entries",
                "use jacfwd or jacrev; or the gradient of the sum, if it is elementwise nevertheless",
                op.stmt,
            )


def _is_elementwise(op: Call, active: set[Value], t: Type) -> bool:
    if isinstance(op.fn, Function):
        return False
    rule = rule_of(op.fn)
    known = rule is not None and rule.partials is not None
    if not (known or op.fn in _IN_PLACE or (isinstance(op.fn, np.ufunc) and op.fn.signature is None)):
        return False
    operands: Sequence[Operand] = [y for y in data_operands(op) if y in active]
    return all(_same_shape(y.type, t) for y in (*operands, op.result))


def _same_shape(a: Type, b: Type) -> bool:
    """Whether two values that meet in an elementwise operation have the same shape, whenever it does not fail."""
    if isinstance(a, Scalar) and isinstance(b, Scalar):
        return True
    if not (isinstance(a, Array) and isinstance(b, Array) and a.ndim == b.ndim):
        return False
    return all(n == m or not (maybe_one(n) or maybe_one(m)) for n, m in zip(a.shape, b.shape, strict=True))
