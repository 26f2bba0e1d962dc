"""Values that some path does not define: what branches and loops hand on of them.

y = if c: a  else: undefined        y may be undefined, and so may be whatever a loop carries of y
"""

from __future__ import annotations

from collections.abc import Iterator

from s2sgrad.ir.core import (
    UNDEFINED,
    Block,
    Const,
    For,
    If,
    Operand,
    Try,
    Value,
    While,
    With,
    blocks_of,
    leaves,
    walk,
)
from s2sgrad.ir.primitives import getindex, pop, push
from s2sgrad.ir.types import Object, Unknown

Pair = tuple[Value, Operand]


def handed_on(body: Block) -> Iterator[Pair]:
    """All that loops, branches and lists hand on: what receives it, and what it is."""
    for op in walk(body):
        if isinstance(op, (For, While)):
            yield from zip(op.carried, op.inits, strict=True)
            yield from zip(op.carried, op.body.results, strict=True)
            yield from zip(op.results, op.carried, strict=True)
        elif isinstance(op, (If, With, Try)):
            for inner in blocks_of(op):
                if not inner.diverges:
                    yield from zip(op.results, inner.results, strict=True)
        elif op.fn in _KEEPING:  # what a loop saves of it, and takes back
            given = [x for x in leaves(op.args) if isinstance(x, Value)]
            yield from ((result, x) for result in op.results for x in given)


_KEEPING = (push, pop, getindex)


def maybe_undefined(body: Block) -> set[Value]:
    """The values that some path through ``body`` does not define."""
    receivers: dict[Operand, list[Value]] = {}
    pending: list[Value] = []
    for target, value in handed_on(body):
        receivers.setdefault(value, []).append(target)
        if is_nothing(value) and not isinstance(target.type, (Object, Unknown)):
            pending.append(target)
    undefined: set[Value] = set()
    while pending:
        value = pending.pop()
        if value not in undefined:
            undefined.add(value)
            pending += receivers.get(value, ())
    return undefined


def is_nothing(x: Operand) -> bool:
    """Whether this stands for a value that there is not: nothing at all, or None where it leaves the function."""
    return x is UNDEFINED or (isinstance(x, Const) and x.value is None)
