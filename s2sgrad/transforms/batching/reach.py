"""What depends on the directions."""

from __future__ import annotations

from collections.abc import Sequence

from s2sgrad.ir.core import Call, For, If, Op, Operand, Value, While, With, operands_of
from s2sgrad.transforms.batching.tables import QUERIES, CannotBatch
from s2sgrad.transforms.structure import is_hashable


def varied_in(ops: Sequence[Op], seeds: set[Value]) -> set[Value]:
    """The values that depend on ``seeds`` through these operations, around loops until nothing is added."""
    reached = set(seeds)
    while True:
        before = len(reached)
        _reach(ops, reached)
        if len(reached) == before:
            return reached


def _reach(ops: Sequence[Op], reached: set[Value]) -> None:
    for op in ops:
        if isinstance(op, Call):
            asks = is_hashable(op.fn) and op.fn in QUERIES
            if not asks and any(x in reached for x in operands_of(op)):
                reached.update(op.results)
        elif isinstance(op, If):
            for block in (op.then, op.orelse):
                _reach(block.ops, reached)
                _flow(block.results, op.results, reached)
        elif isinstance(op, (For, While)):
            _flow(op.inits, op.carried, reached)
            _reach(op.body.ops, reached)
            _flow(op.body.results, op.carried, reached)
            _flow(op.carried, op.results, reached)
            if isinstance(op, While):
                _flow(op.carried, op.cond.params, reached)
                _reach(op.cond.ops, reached)
        elif isinstance(op, With):
            _reach(op.body.ops, reached)
            _flow(op.body.results, op.results, reached)
        else:
            raise CannotBatch(type(op).__name__)


def _flow(sources: Sequence[Operand], targets: Sequence[Value], reached: set[Value]) -> None:
    for source, target in zip(sources, targets, strict=True):
        if source in reached:
            reached.add(target)
