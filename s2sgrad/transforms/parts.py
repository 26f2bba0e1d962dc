"""The two halves of a function's adjoint, before they are put into one function or two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from s2sgrad.ir.core import (
    UNDEFINED,
    Block,
    Call,
    Const,
    For,
    Function,
    Operand,
    Value,
    While,
    blocks_of,
    defined_in,
    uses_in,
    walk,
)


@dataclass(slots=True)
class ReverseParts:
    """A primal that saves what ``backward`` (whose results are the cotangents) needs; all values of the primal's
    top level are visible to ``backward``. ``seeds``: parameters for the cotangents of results."""

    primal: Function
    backward: Block
    seeds: list[Value]


def free_values(block: Block, bound: Sequence[Value]) -> list[Value]:
    """The values that a block uses and neither defines nor gets as ``bound``, in the order of their use."""
    defined = {*defined_in(block), *bound}
    return list(dict.fromkeys(x for x in uses_in(block) if isinstance(x, Value) and x not in defined))


def define(body: Block, values: Sequence[Value]) -> set[Value]:
    """Make values None where a path leaves them undefined: they are returned, whichever path is taken.

    Returns those that this may happen to.
    """
    owners = {result: (op, k) for op in walk(body) if not isinstance(op, Call) for k, result in enumerate(op.results)}
    return {value for value in values if _define(value, owners, set())}


def _define(first: Value, owners: dict[Value, tuple[Any, int]], seen: set[Operand]) -> bool:
    """Whether a value may be None."""
    pending: list[Operand] = [first]
    found = False
    while pending:
        value = pending.pop()
        if isinstance(value, Const):
            found = found or value.value is None
        if value in seen or value not in owners:
            continue
        seen.add(value)
        op, k = owners[value]
        if isinstance(op, (For, While)):
            if op.inits[k] is UNDEFINED:
                op.inits[k] = Const(None)
            pending.append(op.inits[k])
        for block in blocks_of(op):
            if block.diverges or (isinstance(op, While) and block is op.cond):
                continue
            if block.results[k] is UNDEFINED:
                block.results[k] = Const(None)
            pending.append(block.results[k])
    return found
