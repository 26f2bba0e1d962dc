"""Which statements may change places, and which loops may become one."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from s2sgrad.backends.fusion.effects import Access, Effects
from s2sgrad.backends.fusion.places import Memory

_FOREIGN = 0


def depends(first: Effects, second: Effects, memory: Memory, changing: Collection[str]) -> bool:
    """Whether the second of two statements has to stay behind the first.

    ``changing``: variables that may have changed between the two.
    """
    if first.barrier or second.barrier:
        return True
    own = second.writes - second.inner
    if own & (first.reads | first.writes) or (first.writes - first.inner) & second.reads:
        return True
    if (first.raises and (second.accesses or second.raises)) or (second.raises and _seen_outside(first, memory)):
        return True  # what is behind a check may rely on it
    unknown = {*changing, *first.inner, *second.inner, *first.writes, *second.writes}
    return any(
        not _both_add(a, b) and not any(axis.apart for axis in memory.axes(a, b, unknown))
        for a, b in _meetings(first, second, memory)
    )


def may_merge(first: Effects, second: Effects, variable: str, memory: Memory, changing: Collection[str]) -> bool:
    """Whether two loops over the same range of ``variable`` may run as one, an iteration of both at a time.

    So it is if what the one writes and the other reads or writes is written and read in the same iteration: the places
    differ by nothing in an axis where both are at the loop's variable. Sums into one place may be in any order.
    """
    if first.barrier or second.barrier or first.raises or second.raises:
        return False
    inner = first.inner | second.inner
    if (first.writes - inner) & (second.reads | second.writes) or (second.writes - inner) & first.reads:
        return False
    unknown = {*changing, *inner, *first.writes, *second.writes} - {variable}
    for a, b in _meetings(first, second, memory):
        axes = list(memory.axes(a, b, unknown, variable))
        if any(axis.apart or (axis.same and variable in axis.variables) for axis in axes):
            continue
        if not _both_add(a, b) or any(variable in axis.variables for axis in axes):
            return False  # sums that go to the next place would wait for each other, entry by entry
    return True


def _meetings(first: Effects, second: Effects, memory: Memory) -> Iterable[tuple[Access, Access]]:
    """The accesses of two statements that may be to one place, at least one of them changing it."""
    for a in first.accesses:
        for b in second.accesses:
            if not (a.kind == b.kind == "read" or memory.apart(a, b)):
                yield a, b


def _both_add(a: Access, b: Access) -> bool:
    return a.kind == b.kind == "add"


def _seen_outside(effects: Effects, memory: Memory) -> bool:
    """Whether something is written that the caller may see when an exception is raised."""
    written = (memory.tokens(a.name) for a in effects.accesses if a.kind != "read")
    return any(tokens is None or _FOREIGN in tokens for tokens in written)
