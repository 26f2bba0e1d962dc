"""Calls that are carried out while compiling: of ``str``, of methods of text and of sets, whose arguments are known."""

from __future__ import annotations

from typing import Any

from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.names import guard_content
from s2sgrad.frontend.things import Cell, ListRef, Thing
from s2sgrad.ir.core import Const


def of_text(lo: Lowerer, fn: Any, args: list[Thing], kwargs: dict[str, Thing]) -> Thing | None:
    """``str(3)``, ``name.lower()``, ``text.split()``; None if only running tells, or it raises."""
    try:
        result = fn(*(_known(lo, a) for a in args), **{k: _known(lo, v) for k, v in kwargs.items()})
    except Exception:
        return None
    if not isinstance(result, list):
        return Const(result)
    cell = Cell()
    lo.heap[cell] = tuple(map(Const, result))
    return ListRef(cell)


class _RunTime(Exception):
    """Only running tells this value."""


def _known(lo: Lowerer, thing: Thing) -> Any:
    """The value of a thing that is known while compiling: text, a number, a tuple or list of them."""
    if isinstance(thing, Const):
        return thing.value
    items = lo.heap[thing.cell] if isinstance(thing, ListRef) else thing
    if not isinstance(items, tuple):
        raise _RunTime
    return tuple(_known(lo, t) for t in items)


_OF_SETS = frozenset({"issubset", "issuperset", "isdisjoint", "union", "intersection", "difference"})


def of_set(lo: Lowerer, fn: Any, args: list[Thing], kwargs: dict[str, Thing]) -> Const | None:
    """A method of a set that only looks at it, on constants; None where only running tells."""
    owner = fn.__self__
    if fn.__name__ not in _OF_SETS or kwargs or not all(isinstance(a, Const) for a in args):
        return None
    if any(isinstance(s, set) and not guard_content(lo, s) for s in (owner, *(a.value for a in args))):
        return None
    try:
        found = fn(*(a.value for a in args))
    except TypeError:  # it raises when it runs, too
        return None
    return Const(frozenset(found) if isinstance(found, set) else found)
