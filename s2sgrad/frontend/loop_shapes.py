"""What a loop assigns and writes, as far as its syntax and the liveness of its function tell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import gast

from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.things import ArrayRef, ListRef
from s2sgrad.ir.types import Array


@dataclass(slots=True)
class LoopShape:
    """The parts of a loop statement that matter here."""

    node: Any
    assigned: frozenset[str]
    head: frozenset[str] | None  # live at the head (None: everything)
    after: frozenset[str] | None
    written: frozenset[str] = frozenset()  # names whose memory the body seems to write


def shape_of(lo: Lowerer, node: Any) -> LoopShape:
    """The shape of a `for` or `while` statement, from the liveness of its function."""
    source = lo.frame.source
    assert source is not None
    live = source.liveness
    if node not in live.head:  # a comprehension
        return LoopShape(node, frozenset(), None, None, written_names(node))
    updated = frozenset(name for name in live.augmented[node] if _is_updated_in_place(lo, name))
    return LoopShape(node, live.assigned[node] - updated, live.head[node], live.after[node], written_names(node))


def _is_updated_in_place(lo: Lowerer, name: str) -> bool:
    """Whether ``name += …`` writes into what the name stands for, and does not rebind it."""
    thing = lo.frame.env.get(name)
    if isinstance(thing, ArrayRef):
        return isinstance(lo.read(thing).type, Array)
    return isinstance(thing, ListRef)


_WRITING_METHODS = {"append", "pop", "extend", "insert", "fill", "sort", "update", "setdefault", "clear", "remove"}


@cache
def written_names(node: Any) -> frozenset[str]:
    """Names whose arrays, lists or objects a loop seems to update in place (a guess that saves a round)."""
    names = set()
    for n in gast.walk(node):
        target = None
        if isinstance(n, (gast.Subscript, gast.Attribute)) and isinstance(n.ctx, gast.Store):
            target = n.value
        elif isinstance(n, gast.AugAssign):
            target = n.target
        elif isinstance(n, gast.Call) and isinstance(n.func, gast.Attribute) and n.func.attr in _WRITING_METHODS:
            target = n.func.value
        while isinstance(target, (gast.Subscript, gast.Attribute)):
            target = target.value
        if isinstance(target, gast.Name):
            names.add(target.id)
    return frozenset(names)
