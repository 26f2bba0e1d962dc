"""Lists that grow at run time, as values: slices, sums, repetitions and other orders of them.

A list that carries derivatives is taken apart and put together again by loops of ``getindex`` and ``push``, which the
transforms know; one that does not stays the operation that the author wrote.

    l[1:]        t = range(len(l))[1:]
                 for i in range(len(t)): new.append(l[t[i]])
    l + [x, y]   push(push(l, x), y): a copy is made later, where the old list is still needed
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence

from s2sgrad.frontend.items import as_growing, held_by_a_list, lend_content, tree_type
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.memory import raw
from s2sgrad.frontend.things import ArrayRef, ListRef, Thing
from s2sgrad.ir.build import known_length
from s2sgrad.ir.core import Block, Const, For, Operand, Tree, Value
from s2sgrad.ir.primitives import getindex, new_list, ordering, push
from s2sgrad.ir.types import FLOAT, INT, NOTHING, OBJECT, Array, ListOf, Scalar, Type, join


def list_value(lo: Lowerer, ref: ListRef) -> Value:
    """The list as a run-time value, whether it grows or not (the list itself stays as it is)."""
    content = lo.heap[ref.cell]
    return content if isinstance(content, Value) else as_growing(lo, content)


def empty(lo: Lowerer) -> Value:
    return lo.builder.typed_call(new_list, ListOf(NOTHING))


def pushed(lo: Lowerer, items: Value, item: Tree) -> Value:
    """The list with one item more."""
    assert isinstance(items.type, ListOf)
    new = raw(lo, push, items, item)
    new.type = ListOf(join(items.type.item, tree_type(item)))
    new.name = items.name
    return new


def item_of(lo: Lowerer, items: Value, index: Operand) -> Value:
    """``items[index]``."""
    assert isinstance(items.type, ListOf)
    lend_content(lo, items)
    value = lo.builder.typed_call(getindex, items.type.item, items, index)
    if items in lo.varied:
        lo.varied.add(value)
    return value


def filled(lo: Lowerer, start: Value, first: Operand, last: Operand, item: Callable[[Value], Tree], t: Type) -> Value:
    """``start`` with ``item(i)`` pushed for every ``i`` in ``range(first, last)``; ``t`` is the type of the items."""
    assert isinstance(start.type, ListOf)
    type_ = ListOf(join(start.type.item, t))
    index, head, result = Value(known_length(INT), "i"), Value(type_, start.name), Value(type_, start.name)
    if start in lo.varied:
        lo.varied.add(head)
    with lo.inside(Block([index, head])) as block:
        new = pushed(lo, head, item(index))
    new.type = type_
    block.results = [new]
    lo.builder.add(For(first, last, Const(1), [start], block, [result]))
    if start in lo.varied or new in lo.varied:
        lo.varied.add(result)
    return result


def extended(lo: Lowerer, items: Value, more: Thing) -> Value | None:
    """The list with all items of another list, tuple or array behind its own; None for other iterables."""
    if isinstance(more, tuple):
        held_by_a_list(lo, more)
        for thing in more:
            items = pushed(lo, items, lo.operand(thing))
        return items
    if isinstance(more, ListRef):
        content = lo.heap[more.cell]
        if isinstance(content, tuple):
            return extended(lo, items, content)
        return _with_range(lo, items, content, Const(0), _length(lo, content))
    if isinstance(more, ArrayRef) and isinstance(lo.read(more).type, Array):
        array = lo.read(more)
        t = lo.type_of(lo.call(operator.getitem, array, Const(0))) if array.type.ndim == 1 else None  # type: ignore[attr-defined]
        if isinstance(t, Scalar):
            return filled(lo, items, Const(0), lo.value(len, array), lambda i: lo.value(operator.getitem, array, i), t)
    return None


def _length(lo: Lowerer, items: Value) -> Value:
    return lo.builder.typed_call(len, known_length(INT), items)


def _with_range(lo: Lowerer, start: Value, items: Value, first: Operand, last: Operand) -> Value:
    """``start + items[first:last]``, for bounds in order and inside of the list."""
    assert isinstance(items.type, ListOf)
    return filled(lo, start, first, last, lambda i: item_of(lo, items, i), items.type.item)


def in_order(lo: Lowerer, items: Value, order: Value) -> Value:
    """``[items[i] for i in order]``."""
    assert isinstance(items.type, ListOf)

    def item(i: Value) -> Value:
        return item_of(lo, items, lo.builder.typed_call(getindex, known_length(INT), order, i))

    return filled(lo, empty(lo), Const(0), _length(lo, order), item, items.type.item)


def sliced(lo: Lowerer, items: Value, index: Tree) -> Value:
    """``items[start:stop:step]``."""
    if items not in lo.varied:
        lo.relied_on_inactive = True
        lend_content(lo, items)
        return lo.builder.typed_call(operator.getitem, items.type, items, index)
    return in_order(lo, items, _positions(lo, items, index))


def _positions(lo: Lowerer, items: Value, index: Tree) -> Value:
    """The range of positions that a slice selects."""
    everything = lo.builder.typed_call(range, OBJECT, _length(lo, items))
    return lo.builder.typed_call(operator.getitem, OBJECT, everything, index)


def repeated(lo: Lowerer, items: Value, times: Tree) -> Value:
    """``items * times``."""
    result = _repeated(lo, items, times)
    if isinstance(times, Value):
        lo.repeats[result] = times
    return result


def _repeated(lo: Lowerer, items: Value, times: Tree) -> Value:
    if items not in lo.varied:
        lo.relied_on_inactive = True
        lend_content(lo, items)
        return lo.builder.typed_call(operator.mul, items.type, items, times)
    assert isinstance(items.type, ListOf)
    length = _length(lo, items)
    total = lo.value(operator.mul, length, times)
    return filled(
        lo, empty(lo), Const(0), total, lambda i: item_of(lo, items, lo.value(operator.mod, i, length)), items.type.item
    )


def replaced(lo: Lowerer, items: Value, index: Tree, by: Thing) -> Value | None:
    """The list after ``items[start:stop] = by``; None where ``by`` is no list, tuple or array."""
    positions = _positions(lo, items, index)
    first, stop = (lo.builder.typed_call(getattr, known_length(INT), positions, end) for end in ("start", "stop"))
    new = extended(lo, _with_range(lo, empty(lo), items, Const(0), first), by)
    if new is None:
        return None
    return _with_range(lo, new, items, lo.value(max, first, stop), _length(lo, items))


def inserted(lo: Lowerer, items: Value, position: Operand, thing: Thing) -> Value:
    """The list after ``items.insert(position, thing)``."""
    new = replaced(lo, items, slice(position, position, Const(None)), (thing,))
    assert new is not None
    return new


def without(lo: Lowerer, items: Value, position: Operand) -> Value:
    """The list after ``del items[position]``."""
    length = _length(lo, items)
    k = lo.value(operator.mod, position, length)
    after = lo.value(operator.add, k, Const(1))
    return _with_range(lo, _with_range(lo, empty(lo), items, Const(0), k), items, after, length)


def sorted_by(lo: Lowerer, items: Value, keys: Value, reverse: Operand) -> Value:
    """The items in the order of their keys, as ``sorted`` arranges them."""
    return in_order(lo, items, lo.builder.typed_call(ordering, ListOf(known_length(INT)), keys, reverse))


def from_array(lo: Lowerer, array: Value, convert: type) -> Tree:
    """``array.tolist()``: lists of lists of Python numbers."""
    t = array.type
    assert isinstance(t, Array)
    if t.ndim == 0:
        return lo.value(convert, lo.value(operator.getitem, array, ()))
    inner: Type = FLOAT if convert is float else INT
    for _ in range(t.ndim - 1):
        inner = ListOf(inner)

    def item(i: Value) -> Tree:
        part = lo.value(operator.getitem, array, i)
        return lo.value(convert, part) if isinstance(part.type, Scalar) else from_array(lo, part, convert)

    return filled(lo, empty(lo), Const(0), lo.value(len, array), item, inner)


def all_scalars(things: Sequence[Thing]) -> bool:
    """Whether a run-time list can hold these things: numbers, or tuples of numbers."""
    return all(
        all_scalars(t) if isinstance(t, tuple) else isinstance(t, (Value, Const)) and isinstance(t.type, Scalar)
        for t in things
    )
