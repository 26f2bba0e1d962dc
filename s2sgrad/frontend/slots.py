"""What a loop carries: slots, the types that they need, and what earlier rounds of lowering found out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from s2sgrad.frontend.things import Cell, Poison, Thing
from s2sgrad.ir.core import UNDEFINED, Const, Operand, Value
from s2sgrad.ir.types import OBJECT, UNKNOWN, Array, DictOf, Dim, ListOf, Scalar, TupleOf, Type, Unknown, join

SlotKey = tuple[Any, ...]


@dataclass(slots=True)
class Assumptions:
    """What earlier rounds found out about a loop: cells that it writes, types of slots, lists that grow.

    ``unsteady``: entries of dicts and objects that are there in some iterations only. ``keyable``: dicts with such
    entries that hold numbers, so that they can be run-time dicts. ``sharing``: what the memory of a slot may be beside
    what it starts from, other slots or cells from before the loop; ``frozen``: why it must not be written.
    ``released``: cells of names for items of lists that stand for arrays of their own in some iteration.
    """

    cells: set[str] = field(default_factory=set)
    types: dict[SlotKey, Type] = field(default_factory=dict)
    growing: set[SlotKey] = field(default_factory=set)
    varied: set[SlotKey] = field(default_factory=set)
    unsteady: dict[SlotKey, set[Any]] = field(default_factory=dict)
    keyable: set[SlotKey] = field(default_factory=set)
    parting: set[SlotKey] = field(default_factory=set)
    respun: set[SlotKey] = field(default_factory=set)
    unowned: set[SlotKey] = field(default_factory=set)
    handed_over: set[SlotKey] = field(default_factory=set)
    sharing: dict[SlotKey, set[SlotKey | str]] = field(default_factory=dict)
    frozen: dict[SlotKey, str] = field(default_factory=dict)
    released: set[SlotKey] = field(default_factory=set)


@dataclass(slots=True)
class Slot:
    """One carried leaf: its key, its parameter, and what it starts from."""

    key: SlotKey
    param: Value
    init: Operand
    yielded: Operand | None = None
    result: Value | None = None


def changing(name: str | None, index: Value | None = None) -> Poison:
    """A variable that is not the same in every iteration, and no number or array. ``index``: of the loop."""
    what = f"`{name}`" if name and name[0] != "%" else "a variable"
    return Poison(
        f"{what} changes its kind of value in a loop", "keep one kind of value in one variable inside a loop", index
    )


def same_kind(ref: Any, cell: Cell) -> Thing:
    """A list, dict or object like another one, with memory of its own."""
    return replace(ref, cell=cell)


def is_literal_number(c: Const) -> bool:
    return isinstance(c.value, (bool, int, float, complex)) and isinstance(c.type, Scalar)


def is_true(thing: Thing) -> bool:
    return isinstance(thing, Const) and thing.value is True


def forget_length(t: Type) -> Type:
    """The type of an integer that is no longer known to equal a length."""
    return replace(t, length=None) if isinstance(t, Scalar) else t


def loop_join(slot: Slot, end: Operand) -> Type:
    """The type that a slot needs so that both its start and ``end`` fit."""
    if end is UNDEFINED:
        return slot.param.type
    if isinstance(slot.init, Const) and isinstance(slot.param.type, Scalar) and isinstance(end.type, (Array, Unknown)):
        return end.type  # `total = 0` before a loop that adds arrays to it
    if isinstance(slot.init, Const) and slot.init.value is None and end.type.is_numeric:
        return UNKNOWN
    if isinstance(slot.param.type, Object_) and end.type.is_numeric:
        return slot.param.type
    return forget_length(join(slot.param.type, end.type))


def settled(needed: Type, param: Type, key: SlotKey) -> Type:
    """A type whose lengths differ between iterations gets symbols of the slot's own, so that the next round agrees."""
    if isinstance(needed, Array) and isinstance(param, Array) and needed.ndim == param.ndim:
        pairs = zip(needed.shape, param.shape, strict=True)
        shape = tuple(n if n == m else Dim(("carried", key, k)) for k, (n, m) in enumerate(pairs))
        return Array(needed.dtype, shape)
    if isinstance(needed, ListOf) and isinstance(param, ListOf):
        return ListOf(settled(needed.item, param.item, (*key, "item")))
    if isinstance(needed, DictOf) and isinstance(param, DictOf):
        key_type = settled(needed.key, param.key, (*key, "key"))
        return DictOf(key_type, settled(needed.item, param.item, (*key, "item")))
    if isinstance(needed, TupleOf) and isinstance(param, TupleOf) and len(needed.items) == len(param.items):
        pairs_ = zip(needed.items, param.items, strict=True)
        return TupleOf(tuple(settled(n, p, (*key, k)) for k, (n, p) in enumerate(pairs_)))
    return needed


def own_lengths(t: Type, key: SlotKey, known: frozenset[Any]) -> Type:
    """A type of what one iteration leaves for a later one: lengths that the body names itself may differ by then."""
    if isinstance(t, Array):
        own = (Dim(("carried", key, k)) for k in range(t.ndim))
        steady = (isinstance(n, int) or n.base in known for n in t.shape)
        return Array(t.dtype, tuple(n if s else m for n, m, s in zip(t.shape, own, steady, strict=True)))
    if isinstance(t, ListOf):
        return ListOf(own_lengths(t.item, (*key, "item"), known))
    if isinstance(t, TupleOf):
        return TupleOf(tuple(own_lengths(item, (*key, k), known) for k, item in enumerate(t.items)))
    return t


def lengths_in(things: Iterable[Any]) -> frozenset[Any]:
    """The symbols that stand for lengths in the types of values."""
    found: set[Any] = set()
    for thing in things:
        if isinstance(thing, Value) and isinstance(thing.type, Array):
            found |= {n.base for n in thing.type.shape if isinstance(n, Dim)}
        elif isinstance(thing, Value) and isinstance(thing.type, Scalar) and isinstance(thing.type.length, Dim):
            found.add(thing.type.length.base)
    return frozenset(found)


Object_ = type(OBJECT)


def knows_more(param: Type, needed: Type) -> bool:
    """Whether the parameter's lengths claim something that the needed type does not."""
    if isinstance(param, Array) and isinstance(needed, Array):
        return any(
            not isinstance(m, int) and not isinstance(n, int) and m.plural and not n.plural
            for m, n in zip(param.shape, needed.shape, strict=True)
        )
    return isinstance(param, ListOf) and isinstance(needed, ListOf) and knows_more(param.item, needed.item)
