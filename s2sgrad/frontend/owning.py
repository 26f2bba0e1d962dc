"""Which lists a list of lists owns, so that what stands in it can be written where it stands: `T[i][j] = v`.

A version of such a list *owns* what it holds if all of it was made for it. What else may be one of its lists, such as
the name by which it was appended, is among its *parts*, and must be out of reach where one of them is written. Versions
that differ inside of the inner lists only have the same *spine*. Of a version that nobody has noted nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterable

from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.things import Cell, ListRef, Row, Table, Thing
from s2sgrad.ir.core import Operand, Value
from s2sgrad.ir.types import ListOf, Type

HELD = "also stands in a list"
MAY_STAND = "may also stand in a list"


def is_table(t: Type) -> bool:
    """Whether this is a list of lists."""
    return isinstance(t, ListOf) and isinstance(t.item, ListOf)


def table_of(lo: Lowerer, version: Value) -> Table:
    """What is known of a version of a list."""
    return lo.tables.get(version) or Table(version, None)


def note_made(lo: Lowerer, version: Value, content: tuple[Thing, ...]) -> None:
    """Note a list that was made of these things."""
    parts = _new_parts(lo)
    for k, item in enumerate(content):
        if not isinstance(item, ListRef) or not _hand_over(lo, None, item, parts):
            for other in content[k:]:
                share(lo, other)
            return
    lo.tables[version] = Table(version, parts)


def note_pushed(lo: Lowerer, ref: ListRef, old: Value, new: Value, item: Thing) -> None:
    """Note that ``item`` was put into a list: behind the others, or in the place of one."""
    parts = table_of(lo, old).parts
    if isinstance(item, ListRef) and _hand_over(lo, ref, item, _new_parts(lo) if parts is None else parts):
        if parts is not None:
            lo.tables[new] = Table(new, parts)
    else:
        share(lo, item)


def share(lo: Lowerer, thing: Thing) -> None:
    """Note that lists go where they are not followed."""
    if isinstance(thing, tuple):
        for item in thing:
            share(lo, item)
    elif isinstance(thing, ListRef):
        lo.shared_parts |= {thing.cell, *thing.cell.aliases}
    elif isinstance(thing, Row):
        parts = table_of(lo, lo.heap[thing.root.cell]).parts
        if parts is not None:
            mark = Cell()
            parts.add(mark)
            lo.shared_parts.add(mark)


def _new_parts(lo: Lowerer) -> set[Cell]:
    parts: set[Cell] = set()
    lo.part_sets.append(parts)
    return parts


def _hand_over(lo: Lowerer, owner: ListRef | None, item: ListRef, parts: set[Cell]) -> bool:
    """Let a list belong to another one; False if it may stand elsewhere, or there twice."""
    cell = item.cell
    again = owner is not None and any(cell in head and owner.cell in head for head in lo.loop_heads)
    if again or cell in lo.handed_over or cell.frozen not in (None, HELD):
        share(lo, item)
        return False
    lo.handed_over |= {cell, *cell.aliases}
    parts.add(cell)
    content = lo.heap[cell]
    if isinstance(content, tuple):
        owned = True
        for thing in content:
            if not isinstance(thing, ListRef) or not _hand_over(lo, None, thing, parts):
                share(lo, thing)
                owned = owned and not isinstance(thing, (ListRef, Row, tuple))
        return owned
    if not is_table(content.type):
        return True
    held = table_of(lo, content).parts
    parts |= held or set()
    return held is not None


def carry(lo: Lowerer, old: Iterable[Operand], new: Value) -> None:
    """Note that a version is one of others: at the head of a loop, behind it, or behind a branch."""
    tables = [lo.tables.get(x) if isinstance(x, Value) else None for x in old]
    known = [t for t in tables if t is not None]
    if not known or len(known) < len(tables):
        return
    spine, parts = known[0].spine, known[0].parts
    if any(t.spine is not spine for t in known):
        spine = new
    if any(t.parts is not parts for t in known):
        every = [t.parts for t in known if t.parts is not None]
        parts = None
        if len(every) == len(known):
            parts = _new_parts(lo)
            parts.update(*every)
    lo.tables[new] = Table(spine, parts)


def carry_around(lo: Lowerer, old: Operand, new: Value, *, same_spine: bool) -> None:
    """Note that a loop carries a version."""
    table = lo.tables.get(old) if isinstance(old, Value) else None
    if table is not None:
        lo.tables[new] = Table(table.spine if same_spine else new, table.parts)


def is_handed_over(lo: Lowerer, head: Cell, ends: Iterable[Cell]) -> bool:
    """Whether what the next iteration finds under a name may be what the one before has put into a list."""
    return any(head not in parts and any(end in parts for end in ends) for parts in lo.part_sets)
