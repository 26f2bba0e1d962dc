"""Variables that are copied though nothing may have been assigned to them.

What a variable is on a path that does not assign it is nothing, and needs no statement, unless it is handed on to
another variable: Python cannot copy what is not there. Such variables start as ``None``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from s2sgrad.ir.core import UNDEFINED, Block, For, Function, If, Operand, Value, While, With, blocks_of, walk

Pair = tuple[Value, Operand]


def copied_undefined(function: Function, names: Mapping[Value, str]) -> set[str]:
    """The names of variables that another variable gets the value of, though they may have none."""
    pairs = list(_handed_on(function.body))
    if not any(value is UNDEFINED for _, value in pairs):
        return set()
    receivers: dict[Operand, list[Value]] = {}
    for target, value in pairs:
        receivers.setdefault(value, []).append(target)
    undefined: set[Value] = set()
    pending = list(receivers.get(UNDEFINED, ()))
    while pending:
        value = pending.pop()
        if value not in undefined:
            undefined.add(value)
            pending += receivers.get(value, ())
    return {
        names[value]
        for target, value in pairs
        if value in undefined and value in names and names.get(target, names[value]) != names[value]
    }


def _handed_on(body: Block) -> Iterator[Pair]:
    """All that loops and branches hand on: what receives it, and what it is."""
    for op in walk(body):
        if isinstance(op, (For, While)):
            yield from zip(op.carried, op.inits, strict=True)
            yield from zip(op.carried, op.body.results, strict=True)
            yield from zip(op.results, op.carried, strict=True)
        elif isinstance(op, (If, With)):
            for inner in blocks_of(op):
                if not inner.diverges:
                    yield from zip(op.results, inner.results, strict=True)
