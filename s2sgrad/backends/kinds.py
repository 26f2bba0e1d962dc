"""Which values may share a variable in code that is compiled."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from s2sgrad.emit.folding import Folding
from s2sgrad.ir.core import Block, Call, For, Function, Value, While, blocks_of
from s2sgrad.ir.types import Array, Scalar
from s2sgrad.optimize.written_through import is_update


def kinds(function: Function, folding: Folding) -> Callable[[Value], Hashable]:
    """What each value's variable may hold: numbers, or arrays of one rank and dtype.

    What calls compute has a variable of its own, unless it is handed on (to a loop, out of a branch): so loops may be
    merged, and what lies between them moved, without one value standing in another's way. So have given arrays.
    """
    owner: dict[Value, Value] = {}  # the first version of an array, for each that updates made of it
    handed: set[Value] = set()
    computed: set[Value] = set()
    _visit(function.body, owner, handed, computed)
    given = set(function.params)
    handed = {owner.get(x, x) for x in handed}

    def kind_of(value: Value) -> Hashable:
        first = owner.get(value, value)
        alone = first if first in computed and first not in handed else None
        t = value.type
        if isinstance(t, Array):
            return ("array", t.ndim, t.dtype, "given" if value in given else alone)
        return ("number", alone) if isinstance(t, Scalar) else str(t)

    return kind_of


def _visit(block: Block, owner: dict[Value, Value], handed: set[Value], computed: set[Value]) -> None:
    for op in block.ops:
        if isinstance(op, Call):
            if is_update(op):
                old = op.args[0]
                if isinstance(old, Value) and op.results:
                    owner[op.results[0]] = owner.get(old, old)
            elif any(isinstance(x.type, Array) for x in (*op.args, *op.results) if isinstance(x, Value)):
                computed.update(op.results)
        elif isinstance(op, (For, While)):
            handed.update(x for x in op.inits if isinstance(x, Value))
        for inner in blocks_of(op):
            _visit(inner, owner, handed, computed)
            handed.update(x for x in inner.results if isinstance(x, Value))
