"""Which values are memory that a function returns.

The transforms make each gradient that is returned an array of its own, so that callers may write into it. No pass may
undo that by letting two results be one array, or one be an argument.
"""

from __future__ import annotations

from s2sgrad.ir.core import Block, Call, For, Function, If, Op, Operand, Try, Value, While, blocks_of
from s2sgrad.ir.primitives import UPDATES
from s2sgrad.ir.types import Scalar
from s2sgrad.optimize.sharing import is_view


def returned_memory(function: Function) -> set[Value]:
    """The values whose memory a result of ``function`` may be: the results, and what they are views or versions of."""
    definition: dict[Value, tuple[Op, int]] = {}
    _define(function.body, definition)
    memory: set[Value] = set()
    pending: list[Operand] = list(function.body.results)
    while pending:
        x = pending.pop()
        if not isinstance(x, Value) or x in memory or isinstance(x.type, Scalar):
            continue
        memory.add(x)
        if x in definition:
            pending += _origins(*definition[x])
    return memory


def _define(block: Block, definition: dict[Value, tuple[Op, int]]) -> None:
    for op in block.ops:
        definition.update((v, (op, k)) for k, v in enumerate(op.results))
        if isinstance(op, (For, While)):
            definition.update((v, (op, k)) for k, v in enumerate(op.carried))
        for inner in blocks_of(op):
            _define(inner, definition)


def _origins(op: Op, k: int) -> list[Operand]:
    if isinstance(op, Call):
        return [op.args[0]] if op.args and (op.fn in UPDATES or is_view(op)) else []
    if isinstance(op, If):
        return [op.then.results[k], op.orelse.results[k]]
    if isinstance(op, Try):
        return [op.body.results[k], op.handler.results[k]]
    return [op.body.results[k], *([op.inits[k]] if isinstance(op, (For, While)) else [])]
