"""Objects that enter and leave a function: :class:`Fields` as things, and things as :class:`Fields`."""

from __future__ import annotations

from typing import Any

from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.things import Cell, DictRef, ListRef, ObjectRef, Record, Thing
from s2sgrad.ir.core import Tree
from s2sgrad.ir.structures import Attribute, Fields, kind_of
from s2sgrad.ir.types import OBJECT


def object_of(lo: Lowerer, cell: Cell, cls: type, attributes: dict[str, Thing]) -> Thing:
    """An instance of a class that holds these things; its memory is ``cell``, unless it is a named tuple."""
    if kind_of(cls) == "record":
        return Record(cls, attributes.values())
    lo.heap[cell] = attributes
    return ObjectRef(cell, cls)


def tree_of(lo: Lowerer, thing: Thing, around: tuple[Cell, ...] = ()) -> Tree:
    """The tree of operands that a thing is at run time, where objects may be taken apart: an argument or a result.

    ``around``: the objects that it is part of.
    """
    if isinstance(thing, Record):
        names = map(Attribute, thing.cls._fields)
        return Fields(thing.cls, {name: tree_of(lo, item, around) for name, item in zip(names, thing, strict=True)})
    if type(thing) is tuple:
        return tuple(tree_of(lo, item, around) for item in thing)
    content: Any = lo.heap[thing.cell] if isinstance(thing, (ListRef, DictRef, ObjectRef)) else None
    if isinstance(thing, ObjectRef) and kind_of(thing.cls) and thing.cls not in lo.classes:
        if thing.cell in around:
            lo.fail(f"a `{thing.cls.__name__}` that holds itself is returned", "return what is needed of it")
        parts = {Attribute(name): tree_of(lo, item, (*around, thing.cell)) for name, item in content.items()}
        return Fields(thing.cls, parts)
    if isinstance(content, tuple):
        return [tree_of(lo, item, around) for item in content]
    if isinstance(thing, DictRef) and isinstance(content, dict):
        return {key: tree_of(lo, item, around) for key, item in content.items()}
    return lo.operand(thing)


def run_time_object(lo: Lowerer, thing: Thing) -> Tree:
    """What plain Python is given for a thing: a named tuple is one again there, and no mere tuple."""
    if isinstance(thing, Record):
        items = [run_time_object(lo, item) for item in thing]
        made = lo.builder.typed_call(thing.cls, OBJECT, *items)
        if lo.is_varied(items):
            lo.varied.add(made)
        return made
    if type(thing) is tuple:
        return tuple(run_time_object(lo, item) for item in thing)
    content = lo.heap[thing.cell] if isinstance(thing, (ListRef, DictRef)) else None
    if isinstance(content, tuple):
        return [run_time_object(lo, item) for item in content]
    if isinstance(thing, DictRef) and isinstance(content, dict):
        return {key: run_time_object(lo, item) for key, item in content.items()}
    return lo.operand(thing)
