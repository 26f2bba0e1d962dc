"""Ask the newest version of an array for its shape.

What looks only at the shape of an array can as well look at a newer version that has the same; then the old version is
dead, and both can be one variable:

    u.2 = copy u                           u.2 = copy u
    n = shape u            ──▶             n = shape u.2
"""

from __future__ import annotations

from collections import ChainMap

from s2sgrad.ir.core import UNDEFINED, Block, Call, For, Function, Op, Operand, Value, While, blocks_of
from s2sgrad.ir.types import Array
from s2sgrad.optimize.sharing import reads_shape_only

Newest = ChainMap[str, Value]


def ask_newest(function: Function) -> None:
    """Let what reads shapes read the newest versions (changes the function)."""
    newest: Newest = ChainMap()
    _define(newest, [*function.captures, *function.params], set())
    _block(function.body, newest, set())


def _block(block: Block, newest: Newest, partial: set[Operand]) -> None:
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
            if isinstance(op, (For, While)):
                partial.update(p for p, init in zip(op.carried, op.inits, strict=True) if _is_partial(init, partial))
            for inner in blocks_of(op):
                inside = newest.new_child()
                _define(inside, inner.params, partial)
                _block(inner, inside, partial)
            partial.update(_partial_results(op, partial))
        _define(newest, op.results, partial)


def _partial_results(op: Op, partial: set[Operand]) -> list[Value]:
    """The results of a branch or a loop that are undefined on one of the paths that lead to them."""
    sources = [block.results for block in blocks_of(op) if not block.diverges]
    if isinstance(op, (For, While)):
        sources = [op.inits, op.body.results]
    return [v for v, *ends in zip(op.results, *sources, strict=True) if any(_is_partial(x, partial) for x in ends)]


def _is_partial(x: Operand, partial: set[Operand]) -> bool:
    return x is UNDEFINED or x in partial


def _define(newest: Newest, values: list[Value], partial: set[Operand]) -> None:
    for value in values:
        if value.name is not None and value not in partial:
            newest[value.name] = value
