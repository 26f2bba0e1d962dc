"""Lists of run-time length, and the names that arrays in them have.

    rows = [a, b]; t = rows[k]        rows: one value; a, b and t: names of its items 0, 1 and k
    t[0] = v                          r1 = getitem rows, k; r2 = setitem r1, 0, v; rows.2 = setitem rows, k, r2

What the cell of such a name holds is an :class:`~s2sgrad.frontend.things.Item`: whatever is written through the list
or through another name is read next, also where only running tells that two indices are the same. That is right as long
as each array stands in one place of one list: such a list has a cell for the *memory of its items*, which is frozen
when that may no longer be so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from s2sgrad.frontend.lowerer import Again, Lowerer
from s2sgrad.frontend.memory import link, may_share, name_of, raw
from s2sgrad.frontend.owning import HELD, MAY_STAND, note_made, share
from s2sgrad.frontend.things import ArrayRef, Cell, DictRef, Item, ListRef, Row, Thing, clean_name
from s2sgrad.ir.core import Const, Operand, Tree, Value
from s2sgrad.ir.primitives import getindex, make_list, new_dict, new_list, setitem
from s2sgrad.ir.types import (
    NOTHING,
    OBJECT,
    UNKNOWN,
    Array,
    DictOf,
    ListOf,
    Scalar,
    TupleOf,
    Type,
    has_memory,
    join,
)


def held_by_a_list(lo: Lowerer, thing: Thing) -> None:
    """What a run-time list holds must not be written by another name: the write would have to show in the list too."""
    if isinstance(thing, tuple):
        for item in thing:
            held_by_a_list(lo, item)
    elif isinstance(thing, DictRef) and isinstance(lo.heap[thing.cell], Value):
        lo.fail(
            "a list of run-time length cannot hold a dict whose keys only running knows", "keep the numbers in one dict"
        )
    elif isinstance(thing, Row):
        share(lo, thing)
    elif isinstance(thing, (ArrayRef, ListRef)):
        lo.handed_over.add(thing.cell)
        thing.cell.frozen = thing.cell.frozen or HELD
        content = lo.heap[thing.cell]
        if isinstance(content, Item):
            lend(lo, content.items)
        elif isinstance(thing, ListRef):
            lend(lo, thing.cell)


def as_growing(lo: Lowerer, items: tuple[Thing, ...]) -> Value:
    """A fixed list as a run-time list of its items."""
    operands = [lo.operand(item) for item in items]
    type_ = tree_type(operands)
    result = lo.builder.typed_call(make_list if operands else new_list, type_, *operands)
    note_made(lo, result, items)
    held_by_a_list(lo, items)
    if lo.is_varied(operands):
        lo.varied.add(result)
    return result


def as_keyed(lo: Lowerer, content: dict[Any, Thing]) -> Value:
    """A dict with static keys as a run-time dict of its numbers."""
    value = lo.builder.typed_call(new_dict, DictOf(NOTHING, NOTHING))
    for key, item in content.items():
        if not isinstance(item, (Value, Const)) or not isinstance(item.type, Scalar):
            lo.fail("a dict whose keys only running knows holds what is no number", "use static keys")
        value = raw(lo, setitem, value, Const(key), item)
    return value


def as_value(lo: Lowerer, content: Any) -> Value:
    """What the cell of a list or dict holds, as one run-time value."""
    return as_keyed(lo, content) if isinstance(content, dict) else as_growing(lo, content)


def tree_type(tree: Tree) -> Type:
    """The type of a tree of operands as one run-time object."""
    if isinstance(tree, Const) and tree.value is None:
        return UNKNOWN  # `[None] * n`: a number may be stored later
    if isinstance(tree, (Value, Const)):
        return tree.type
    if isinstance(tree, tuple):
        return TupleOf(tuple(map(tree_type, tree)))
    if isinstance(tree, list):
        item: Type = NOTHING
        for x in tree:
            item = join(item, tree_type(x))
        return ListOf(item)
    return OBJECT


def make_growing(lo: Lowerer, ref: ListRef, memory: Cell | None = None) -> Value:
    """Turn a list into a run-time list where it is one name's structure so far.

    ``memory``: that of its items, if it has become one on another path."""
    content = lo.heap[ref.cell]
    if isinstance(content, Value):
        return content
    if any(isinstance(item, ArrayRef) for item in content):
        _grow_before_loops(lo, ref.cell)
    operands = [lo.operand(item) for item in content]
    value = lo.builder.typed_call(make_list if operands else new_list, tree_type(operands), *operands)
    if lo.is_varied(operands):
        lo.varied.add(value)
    value.name = clean_name(ref.cell.owner)
    note_made(lo, value, content)
    ref.cell.items = memory or Cell(f"%items of {ref.cell.owner}")
    lo.heap[ref.cell.items] = {}
    for k, item in enumerate(content):
        take_in(lo, ref.cell, item, Const(k), now=False)
    lo.heap[ref.cell] = value
    return value


def _grow_before_loops(lo: Lowerer, items: Cell) -> None:
    """A list from before a loop is one of run-time length there: it has the same items in every round."""
    for loop in lo.running:
        if isinstance(loop.before.get(items), tuple):
            loop.assumptions.growing.add(("cell", name_of(items, loop.before)))
            raise Again(loop)
        for key, cell in loop.carried.items():
            if cell is items:
                loop.assumptions.growing.add(key)
                raise Again(loop)


def take_in(lo: Lowerer, items: Cell, thing: Thing, index: Operand, *, now: bool = True) -> None:
    """Let a thing be item ``index`` of a list: an array keeps its name, which stands for the item from now on.

    Where the array may have been put into a list before, no item may be written. ``now``: this is where it is put into
    this one, so that earlier iterations may have done that, too."""
    memory = items.items
    if isinstance(thing, (Value, Const)):
        return
    if memory is None or not isinstance(thing, ArrayRef) or not _is_its_own(lo, items, thing, now):
        held_by_a_list(lo, thing)
        lend(lo, items)
        return
    lo.heap[thing.cell] = Item(items, index, lo.heap[thing.cell], steady=True)
    may_share(memory, thing.cell)


def _is_its_own(lo: Lowerer, items: Cell, ref: ArrayRef, now: bool) -> bool:
    """Whether an array is no part of another one and in no list; ``now``: nor has ever been in this one."""
    cell = ref.cell
    value = lo.heap[cell]
    if ref.path or not isinstance(value, Value) or not isinstance(value.type, Array):
        return False
    may_be = {c for c in (cell, *cell.aliases) if c in lo.heap or c.outside is not None}  # not those of other rounds
    may_be.discard(items.items)
    if any(c.frozen is not None or isinstance(lo.heap.get(c), Item) for c in may_be):
        return False
    if now and items.items is not None and not may_be.isdisjoint(items.items.aliases):
        return False
    if now and any(c in loop.head for loop in lo.running if items in loop.head for c in may_be):
        return False
    return len(may_be) == 1 or lo.reachable_cells().isdisjoint(may_be - {cell})


def owned_lists(things: Sequence[Thing]) -> list[Cell]:
    """The memory of the items of those lists whose items may be written."""
    memories = [t.cell.items for t in things if isinstance(t, ListRef)]
    return [memory for memory in memories if memory is not None and memory.frozen is None]


def lend(lo: Lowerer, items: Cell) -> None:
    """Record that what a list holds may stand in another place, too: it must not be written any more."""
    for cell in (items, *items.aliases):
        if cell.items is not None and cell.items.frozen is None:
            cell.items.frozen = MAY_STAND


def lend_content(lo: Lowerer, value: Value) -> None:
    """The same for the lists whose content is this value."""
    if isinstance(value.type, ListOf) and has_memory(value.type.item):
        for cell, content in lo.heap.items():
            if content is value:
                lend(lo, cell)


def release(lo: Lowerer, items: Cell, *, longer: bool = False) -> None:
    """Before the places of a list change: names of its items stand for arrays of their own again, which are not written
    as long as the list is there. ``longer``: items are added behind the others."""
    memory = items.items
    for cell in () if memory is None else list(memory.aliases):
        content = lo.heap.get(cell)
        if isinstance(content, Item) and content.items is items and not (longer and content.steady):
            lo.heap[cell] = content.value or lo.read(content.ref)


def popped(lo: Lowerer, items: Cell, value: Value) -> ArrayRef | None:
    """The array that has been taken out of a list, if no other place can have it; names that it had before may."""
    memory = items.items
    if memory is None or memory.frozen is not None or not isinstance(value.type, Array):
        return None
    cell = Cell()
    lo.heap[cell] = value
    for other in memory.aliases:
        if other in lo.heap and not isinstance(lo.heap[other], Item):
            link(cell, other)
    return ArrayRef(cell)


def item_name(lo: Lowerer, items: Cell, index: Operand, value: Value) -> ArrayRef:
    """A name for an item of a list, whose value is known."""
    cell = Cell()
    memory = items.items
    if memory is None or memory.frozen is not None:
        lo.heap[cell] = value
        cell.frozen = MAY_STAND
        for other in (items, *items.aliases):
            if other.items is not None:
                may_share(cell, other.items)
        return ArrayRef(cell)
    steady = isinstance(index, Const) and index.value >= 0
    lo.heap[cell] = Item(items, index, value, steady)
    may_share(cell, memory)
    return ArrayRef(cell)


def tuple_item(lo: Lowerer, value: Value, k: int) -> Thing:
    """Item ``k`` of a run-time tuple; a length that is known needs no operation."""
    assert isinstance(value.type, TupleOf)
    t = value.type.items[k]
    if isinstance(t, Scalar) and isinstance(t.length, int):
        return Const(t.length)
    item = lo.builder.typed_call(getindex, t, value, k)
    if value in lo.varied:
        lo.varied.add(item)
    return lo.wrap(item)
