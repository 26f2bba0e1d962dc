"""Ask the newest version of an array for its shape.

What looks only at the shape of an array can as well look at a newer version that has the same; then the old version is
dead, and both can be one variable:

    u.2 = copy u                           u.2 = copy u
    n = shape u            ──▶             n = shape u.2
"""

from __future__ import annotations

from collections import ChainMap

from s2sgrad.ir.core import Block, Call, Function, Value, blocks_of
from s2sgrad.ir.types import Array
from s2sgrad.ir.undefined import maybe_undefined
from s2sgrad.optimize.sharing import reads_shape_only

Newest = ChainMap[str, Value]


def ask_newest(function: Function) -> None:
    """Let what reads shapes read the newest versions (changes the function)."""
    newest: Newest = ChainMap()
    partial = maybe_undefined(function.body) | function.optional
    _define(newest, [*function.captures, *function.params], partial)
    _block(function.body, newest, partial)


def _block(block: Block, newest: Newest, partial: set[Value]) -> None:
    """``partial``: the values that some path leaves undefined; nothing may be asked of those."""
    for op in block.ops:
        if isinstance(op, Call):
            if len(op.args) == 1 and reads_shape_only(op):
                x = op.args[0]
                if isinstance(x, Value) and isinstance(x.type, Array) and x.name is not None:
                    other = newest.get(x.name)
                    if other is not None and other.type == x.type:
                        op.args = (other,)
        else:
            for inner in blocks_of(op):
                inside = newest.new_child()
                _define(inside, inner.params, partial)
                _block(inner, inside, partial)
        _define(newest, op.results, partial)


def _define(newest: Newest, values: list[Value], partial: set[Value]) -> None:
    for value in values:
        if value.name is not None and value not in partial:
            newest[value.name] = value
