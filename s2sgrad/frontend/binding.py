"""Binding targets: names, attributes, subscripts, and unpacking of what is iterable."""

from __future__ import annotations

import operator
from typing import Any

import gast
import numpy as np

from s2sgrad.errors import TypeMismatch
from s2sgrad.frontend.data_model import special
from s2sgrad.frontend.entries import entries
from s2sgrad.frontend.items import make_growing, tuple_item
from s2sgrad.frontend.join import same_constant
from s2sgrad.frontend.kinds import describe, python_type, type_name
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.names import bind_global, box_of
from s2sgrad.frontend.objects import store_attribute
from s2sgrad.frontend.subscripts import item_at, store_subscript
from s2sgrad.frontend.tables import exchange
from s2sgrad.frontend.things import (
    ArrayRef,
    Cell,
    DictRef,
    Flat,
    Generator,
    ListRef,
    Mapped,
    ObjectRef,
    Once,
    Range,
    Row,
    Thing,
    Yielded,
    Zip,
)
from s2sgrad.ir.core import Const, Operand, Value
from s2sgrad.ir.types import Array, Scalar, TupleOf


def bind(lo: Lowerer, target: Any, thing: Thing) -> None:
    """``target = thing``."""
    if isinstance(target, gast.Name):
        if isinstance(thing, Const) and type(thing.value) is float and not lo.rule:
            thing = Const(thing.value, thing.type, target.id)
        if bind_global(lo, target.id, thing, target):
            return
        give_name(lo, thing, target.id)
        box = box_of(lo.frame, target.id)
        if box is not None:
            lo.heap[box.cell] = {target.id: thing}
        else:
            lo.frame.env[target.id] = thing
    elif isinstance(target, (gast.Tuple, gast.List)):
        _unpack(lo, target, thing)
    elif isinstance(target, gast.Subscript):
        container = lo.expr(target.value)
        store_subscript(lo, container, lo.expr(target.slice), thing, target)
    elif isinstance(target, gast.Attribute):
        store_attribute(lo, lo.expr(target.value), target.attr, thing, target)
    else:
        lo.fail(f"assigning to `{type(target).__name__}` is not supported", "assign to a name", target)


def give_name(lo: Lowerer, thing: Thing, name: str) -> None:
    """The author's name becomes the name of the value, if it has none yet."""
    if lo.rule:
        return
    if isinstance(thing, Value):
        if thing.name is None:
            thing.name = name
    elif isinstance(thing, ArrayRef):
        if thing.cell.owner is None:
            thing.cell.owner = name
        if thing.name is None:
            thing.name = name
        value = lo.read(thing)
        if value.name is None:
            value.name = name
    elif isinstance(thing, (ListRef, DictRef, ObjectRef)):
        if thing.cell.owner is None:
            thing.cell.owner = name
        content = lo.heap[thing.cell]
        if isinstance(content, Value) and content.name is None:
            content.name = name


def _same_place(a: Operand, b: Operand) -> bool:
    return a is b or (isinstance(a, Const) and isinstance(b, Const) and same_constant(a, b))


def _exchanges(lo: Lowerer, target: Any, thing: Thing) -> tuple[Row, Row] | None:
    """The two rows of a list that an assignment exchanges: ``T[i], T[j] = T[j], T[i]``."""
    if not (isinstance(thing, tuple) and len(thing) == 2 and len(target.elts) == 2):
        return None
    first, second = thing
    if not (isinstance(first, Row) and isinstance(second, Row) and first.root == second.root):
        return None
    places = []
    for t in target.elts:
        plain = (gast.Subscript, gast.Name, gast.Constant, gast.BinOp, gast.operator, gast.expr_context)
        if not isinstance(t, gast.Subscript) or not all(isinstance(n, plain) for n in gast.walk(t)):
            return None
        places.append((lo.expr(t.value), lo.operand(lo.expr(t.slice))))
    rows = (second, first)
    exchanged = all(
        container == row.root and len(row.path) == 1 and _same_place(place, row.path[0])
        for (container, place), row in zip(places, rows, strict=True)
    )
    return rows if exchanged else None


def _unpack(lo: Lowerer, target: Any, thing: Thing) -> None:
    rows = _exchanges(lo, target, thing)
    if rows is not None:
        exchange(lo, *rows)
        return
    starred = [k for k, t in enumerate(target.elts) if isinstance(t, gast.Starred)]
    items = unpack_to(lo, thing, None if starred else len(target.elts), target)
    if not starred:
        if len(items) != len(target.elts):
            lo.fail(
                f"{len(items)} values are unpacked into {len(target.elts)} names",
                "make them agree",
                target,
                TypeMismatch,
                ValueError(_wrong_count(len(items), len(target.elts))),
            )
        for t, item in zip(target.elts, items, strict=True):
            bind(lo, t, item)
        return
    k = starred[0]
    after = len(target.elts) - k - 1
    if len(items) < k + after:
        message = f"not enough values to unpack (expected at least {k + after}, got {len(items)})"
        lo.fail("too few values to unpack", "make the counts agree", target, TypeMismatch, ValueError(message))
    for t, item in zip(target.elts[:k], items[:k], strict=True):
        bind(lo, t, item)
    cell = Cell()
    lo.heap[cell] = tuple(items[k : len(items) - after])
    bind(lo, target.elts[k].value, ListRef(cell))
    for t, item in zip(target.elts[k + 1 :], items[len(items) - after :], strict=True):
        bind(lo, t, item)


def _is_iterable(lo: Lowerer, thing: Thing) -> bool:
    """Whether this is an object whose class says how to iterate over it."""
    return isinstance(thing, ObjectRef) and special(lo, thing, "__iter__") is not None


def unpack_to(lo: Lowerer, thing: Thing, count: int | None, node: Any) -> tuple[Thing, ...]:
    """The items of an iterable, of which there are ``count`` if its type does not tell how many."""
    if isinstance(thing, (Zip, Once, Mapped, Generator, Yielded, Row)) or _is_iterable(lo, thing):
        thing = lo.invoke(Const(list), [thing], {}, node)
    items = known_items(lo, thing)
    if items is not None:
        return items
    if isinstance(thing, ListRef):
        thing_value: Any = make_growing(lo, thing)
    else:
        thing_value = thing
    if count is None and isinstance(thing, ArrayRef):
        t = lo.read(thing).type
        if isinstance(t, Array) and t.ndim and isinstance(t.shape[0], int):
            count = t.shape[0]
    if count is None:
        content = lo.heap[thing.cell] if isinstance(thing, ListRef) else None
        times = lo.repeats.get(content) if isinstance(content, Value) else None
        if times is not None:
            lo.needs_static(times, "how often a list is repeated must be known here", "write a literal", node)
        if isinstance(thing, ArrayRef) and lo.can_be_static(length := lo.value(len, lo.read(thing))):
            lo.needs_static(length, "how many items an array has must be known here", "unpack a tuple", node)
        lo.fail(f"how many items {describe(thing)} has is not known while compiling", "unpack a tuple", node)
    if isinstance(thing, Value) and isinstance(thing.type, Scalar):
        raises = not_iterable(lo, thing, "cannot unpack non-iterable {} object")
        lo.fail("a number cannot be unpacked", "unpack a tuple, a list or an array", node, TypeMismatch, raises)
    if isinstance(thing, (ArrayRef, Value, ListRef)):
        if isinstance(thing, Value) and isinstance(thing.type, TupleOf):
            return tuple(tuple_item(lo, thing, k) for k in range(len(thing.type.items)))
        return tuple(item_at(lo, thing, Const(k)) for k in range(count))
    raises = not_iterable(lo, thing, "cannot unpack non-iterable {} object")
    lo.fail(f"{describe(thing_value)} cannot be unpacked", "unpack a tuple, a list or an array", node, raises=raises)


def not_iterable(lo: Lowerer, thing: Thing, message: str = "{!r} object is not iterable") -> TypeError | None:
    """What iterating over a thing raises whose type does not allow it."""
    known = python_type(lo, thing)
    if (
        known is None
        or hasattr(known, "__iter__")
        or (hasattr(known, "__getitem__") and not issubclass(known, np.number))
    ):
        return None
    return TypeError(message.format(type_name(lo, thing)))


def _wrong_count(count: int, expected: int) -> str:
    if count > expected:
        return f"too many values to unpack (expected {expected})"
    return f"not enough values to unpack (expected {expected}, got {count})"


def known_items(lo: Lowerer, thing: Thing) -> tuple[Thing, ...] | None:
    """The items of an iterable whose length is known while compiling; None if it is not."""
    if isinstance(thing, tuple):
        return thing
    if isinstance(thing, ListRef):
        content = lo.heap[thing.cell]
        return content if isinstance(content, tuple) else None
    if isinstance(thing, DictRef):
        return None if isinstance(lo.heap[thing.cell], Value) else tuple(map(Const, entries(lo, thing)))
    if isinstance(thing, Value) and isinstance(thing.type, TupleOf):
        return tuple(tuple_item(lo, thing, k) for k in range(len(thing.type.items)))
    if isinstance(thing, Const) and isinstance(thing.value, (tuple, str, frozenset, range)):
        return tuple(map(Const, thing.value))
    if isinstance(thing, Flat):
        thing = thing.entries
    if isinstance(thing, ArrayRef):
        t = lo.read(thing).type
        if isinstance(t, Array) and t.shape and isinstance(t.shape[0], int) and t.shape[0] <= 1:
            return tuple(item_at(lo, thing, Const(k)) for k in range(t.shape[0]))
        return None
    if isinstance(thing, Range):
        return known_range(thing)
    if isinstance(thing, Zip):
        columns = [known_items(lo, t) for t in thing.items]
        if all(c is None for c in columns):
            return None
        known = [c for c in columns if c is not None]
        size = min(map(len, known))
        if any(c is None and not isinstance(t, Range) for c, t in zip(columns, thing.items, strict=True)):
            return None
        filled = [
            c if c is not None else tuple(_range_item(lo, t, k) for k in range(size))
            for c, t in zip(columns, thing.items, strict=True)
        ]
        return tuple(tuple(c[k] for c in filled) for k in range(size))
    return None


def _range_item(lo: Lowerer, r: Range, k: int) -> Thing:
    """Item ``k`` of an unbounded range (the counter of `enumerate`)."""
    if isinstance(r.start, Const) and isinstance(r.step, Const):
        return Const(r.start.value + k * r.step.value)
    return lo.call(operator.add, lo.operand(r.start), k)


def known_range(r: Range) -> tuple[Thing, ...] | None:
    """The integers of a short range with literal bounds."""
    if not all(isinstance(t, Const) for t in (r.start, r.stop, r.step)) or r.stop.value is None:
        return None
    numbers = range(r.start.value, r.stop.value, r.step.value)
    if len(numbers) > 4096:
        return None
    return tuple(map(Const, reversed(numbers) if r.reverse else numbers))
