"""Lists that stand in lists of run-time length: `T[i][j]`, read and written where it stands.

    row = T[i]           no value of its own: a :class:`Row`, the place `[i]` of `T`
    row[j] = v           T.2 = setitem T.1, (i, j), v
    row[j]               getindex T.2, (i, j)

That is right as long as the same list stands there (the spine of `T` is what it was when the row was taken), and as
long as nothing else that is read later may be that list (:mod:`s2sgrad.frontend.owning`).
"""

from __future__ import annotations

from s2sgrad.errors import AliasError, MutationError
from s2sgrad.frontend.items import tree_type
from s2sgrad.frontend.lowerer import OPERANDS, Lowerer
from s2sgrad.frontend.memory import check_writable, raw
from s2sgrad.frontend.owning import HELD, MAY_STAND, table_of
from s2sgrad.frontend.things import Cell, ListRef, Row, Table, Thing
from s2sgrad.ir.core import Operand, Tree, Value
from s2sgrad.ir.primitives import getindex, setitem
from s2sgrad.ir.types import DictOf, ListOf, TupleOf, Type, entry_type, with_entry


def row_of(lo: Lowerer, ref: ListRef, index: Operand) -> Row:
    """``T[i]``."""
    return Row(ref, (index,), table_of(lo, lo.heap[ref.cell]).spine)


def _version(lo: Lowerer, row: Row) -> Value:
    """The present version of the list that a row stands in."""
    version: Value = lo.heap[row.root.cell]
    if table_of(lo, version).spine is not row.spine:
        what = "this list was taken out of another one that has changed since"
        lo.fail(what, "take it out again: `T[i]`", error=AliasError)
    return version


def row_type(lo: Lowerer, row: Row) -> ListOf:
    """The type of the list that a row is."""
    t = _version(lo, row).type
    assert isinstance(t, ListOf)
    found = entry_type(t, row.path)
    assert isinstance(found, ListOf)
    return found


def read_row(lo: Lowerer, row: Row, *index: Operand) -> Value:
    """The list that a row is, or what stands in it at an index."""
    version = _version(lo, row)
    path: Tree = (*row.path, *index)
    assert isinstance(version.type, ListOf)
    t = entry_type(version.type, path)
    value = lo.builder.typed_call(getindex, t, version, path[0] if len(path) == 1 else path)
    if version in lo.varied:
        lo.varied.add(value)
    return value


def snapshot(lo: Lowerer, row: Row) -> ListRef:
    """A row as a list: while it can be reached, nobody writes into the row."""
    thing = lo.wrap(read_row(lo, row))
    assert isinstance(thing, ListRef)
    thing.cell.frozen = MAY_STAND
    parts = table_of(lo, lo.heap[row.root.cell]).parts
    if parts is not None:
        parts.add(thing.cell)
    return thing


def settled(lo: Lowerer, thing: Thing) -> Thing:
    """A row as a list, anything else as it is."""
    return snapshot(lo, thing) if isinstance(thing, Row) else thing


def load_from_row(lo: Lowerer, row: Row, index: Operand) -> Thing | None:
    """``row[j]``; None where that is neither a number nor a list."""
    t = row_type(lo, row).item
    if isinstance(t, ListOf):
        return Row(row.root, (*row.path, index), row.spine)
    return lo.wrap(read_row(lo, row, index)) if t.is_numeric else None


def store_in_row(lo: Lowerer, row: Row, index: Operand, operand: Tree) -> None:
    """``row[j] = v``."""
    version = _version(lo, row)
    _check_owned(lo, row.root.cell, version)
    new = raw(lo, setitem, version, (*row.path, index), operand)
    new.type = with_entry(version.type, len(row.path) + 1, tree_type(operand))
    new.name = version.name
    lo.tables[new] = lo.tables[version]
    lo.heap[row.root.cell] = new


def exchange(lo: Lowerer, first: Row, second: Row) -> None:
    """``T[i], T[j] = T[j], T[i]``: the list holds what it held."""
    root, version = first.root, _version(lo, first)
    check_writable(lo, root.cell, "a list")
    lists = [read_row(lo, row) for row in (second, first)]
    new = version
    for row, inner in zip((first, second), lists, strict=True):
        new = raw(lo, setitem, new, row.path[0], inner)
        new.type, new.name = version.type, version.name
    lo.tables[new] = Table(new, table_of(lo, version).parts)
    lo.heap[root.cell] = new


def _check_owned(lo: Lowerer, root: Cell, version: Value) -> None:
    """Refuse to write into a list that may be reached by another way than by the one that it stands in."""
    check_writable(lo, root, "a list")
    parts = table_of(lo, version).parts
    if parts is None or not parts.isdisjoint(lo.shared_parts):
        what = "this writes into a list that may also stand in another one, or twice in this one"
        lo.fail(what, "put a copy into it, `list(row)`, or replace it, `T[i] = …`", error=MutationError)
    for cell in lo.reachable_cells():
        if cell is not root and _may_hold(lo, cell, parts):
            name = f"`{cell.owner}`" if cell.owner and cell.owner[0] != "%" else "another name"
            lo.fail(
                f"this writes into a list that {name} may also be, or hold",
                "make a copy before: `list(row)`, `[list(row) for row in T]`",
                error=AliasError,
            )


def _may_hold(lo: Lowerer, cell: Cell, parts: set[Cell]) -> bool:
    """Whether a cell may be one of the parts of a list, or hold one that is not known to be of another list."""
    if not parts.isdisjoint((cell, *cell.aliases)):
        return True
    content = lo.heap.get(cell)
    if not isinstance(content, Value):
        return False
    if _holds_lists(content.type):
        other = table_of(lo, content).parts
        older = any(head.get(cell) is content and parts.isdisjoint(head) for head in lo.loop_heads)
        return not older and (other is None or not other.isdisjoint(parts))
    taken_out = isinstance(content.type, ListOf) and cell.frozen not in (None, HELD)
    return taken_out and not any(cell in some for some in lo.part_sets)


def _holds_lists(t: Type) -> bool:
    """Whether a container of this type holds lists."""
    items = t.items if isinstance(t, TupleOf) else (t.item,) if isinstance(t, (ListOf, DictOf)) else ()
    return any(isinstance(item, ListOf) or _holds_lists(item) for item in items)


OPERANDS |= {Row: read_row}
