"""Dicts whose keys only running knows, as values: numbers by key.

A dict stays a structure of its static keys until a key that only running knows is stored or looked up; from then on
it is one run-time value of type ``DictOf``, and so are the keys and numbers that it had.

    d[k] = v            setitem(d, k, v)
    d[k], d.get(k, c)   getindex(d, k), get(d, k, c)
    for k in d          for each item of keys_of(d); its values are read when their turn comes, as Python does

A ``defaultdict`` is the same with a test in front of what may be missing.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any, NoReturn

from s2sgrad.errors import TypeMismatch
from s2sgrad.frontend.entries import entries
from s2sgrad.frontend.items import as_keyed
from s2sgrad.frontend.join import branch
from s2sgrad.frontend.kinds import describe
from s2sgrad.frontend.lists import empty, filled
from s2sgrad.frontend.lowerer import Bottom, Lowerer
from s2sgrad.frontend.memory import check_writable, raw
from s2sgrad.frontend.things import Cell, DictRef, DictView, ListRef, Thing, clean_name
from s2sgrad.ir.build import known_length
from s2sgrad.ir.core import Block, Call, Const, For, Tree, Value
from s2sgrad.ir.primitives import get, getindex, keys_of, raise_, setitem, without_key
from s2sgrad.ir.types import BOOL, INT, NOTHING, OBJECT, DictOf, ListOf, Scalar, TupleOf, Type, join

_UNLIKE = "a dict is looked up by a key that only running tells, and holds what is no number"


def is_keyed(lo: Lowerer, thing: Thing) -> bool:
    """Whether this is a dict whose keys only running knows."""
    return isinstance(thing, DictRef) and isinstance(lo.heap[thing.cell], Value)


def key_of(lo: Lowerer, index: Thing, node: Any) -> Tree:
    """A key as operands. It must not carry a derivative, which would be lost where keys are read again."""
    key = lo.operand(index)
    if not isinstance(key, (Value, Const, tuple)):
        lo.fail(f"{describe(index)} cannot be a key", "use numbers, text and tuples of them", node, TypeMismatch)
    if lo.is_varied(key):
        lo.fail("a key carries a derivative, and keys have none", "use what does not depend on the argument", node)
    return key


def keyed(lo: Lowerer, ref: DictRef, index: Thing, node: Any) -> Value:
    """The dict as a run-time value, from here on, for a key that only running tells."""
    content = lo.heap[ref.cell]
    if isinstance(content, Value):
        return content
    entries(lo, ref)
    if not all(is_item(t) for t in content.values()):
        lo.needs_static(index, _UNLIKE, "use an array or static keys", node)
    value = as_keyed(lo, content)
    value.name = clean_name(ref.cell.owner)
    lo.heap[ref.cell] = value
    return value


def is_item(thing: Thing) -> bool:
    """Whether a run-time dict can hold this thing: a number."""
    return isinstance(thing, (Value, Const)) and isinstance(thing.type, Scalar)


def contains(lo: Lowerer, ref: DictRef, index: Thing) -> Value:
    """``index in d``, where only running can tell."""
    content = lo.heap[ref.cell]
    if isinstance(content, dict):
        entries(lo, ref)
    container = content if isinstance(content, Value) else Const(tuple(content))
    return lo.builder.typed_call(operator.contains, BOOL, container, key_of(lo, index, None))


def load(lo: Lowerer, ref: DictRef, index: Thing, node: Any) -> Thing:
    """``d[index]``."""
    items = keyed(lo, ref, index, node)
    if ref.factory is not None:
        branch(lo, contains(lo, ref, index), lambda: None, lambda: store(lo, ref, index, _default(lo, ref, node), node))
        items = lo.heap[ref.cell]
    assert isinstance(items.type, DictOf)
    return _read(lo, items, getindex, key_of(lo, index, node))


def _default(lo: Lowerer, ref: DictRef, node: Any) -> Thing:
    return lo.invoke(ref.factory, [], {}, node)


def _read(lo: Lowerer, items: Value, fn: Any, *args: Tree) -> Value:
    assert isinstance(items.type, DictOf)
    if items.type.item == NOTHING:
        _missing(lo, args[0])
    value = lo.builder.typed_call(fn, known_length(items.type.item), items, *args)
    if items in lo.varied:
        lo.varied.add(value)
    return value


def _missing(lo: Lowerer, key: Tree) -> NoReturn:
    """A dict that nothing was stored in so far has no item: a branch that reads one ends here."""
    if lo.is_caught(KeyError) or not lo.in_branch:
        lo.fail("this reads an item of an empty dict", "assign it first", None, TypeMismatch, KeyError())
    error = lo.builder.typed_call(KeyError, OBJECT, key)
    lo.builder.add(Call(raise_, (error,), {}, [], effect=True))
    raise Bottom


def load_or_default(lo: Lowerer, ref: DictRef, index: Thing, node: Any) -> Thing:
    """``d[index]`` of a ``defaultdict`` that is about to be stored again: nothing is put in."""
    return get_item(lo, ref, index, _default(lo, ref, node), node)


def get_item(lo: Lowerer, ref: DictRef, index: Thing, default: Thing, node: Any) -> Thing:
    """``d.get(index, default)``."""
    items = keyed(lo, ref, index, node)
    assert isinstance(items.type, DictOf)
    if isinstance(default, Const) and isinstance(default.type, Scalar):
        key = key_of(lo, index, node)
        value = lo.value(get, items, key, default)
        if items in lo.varied:
            lo.varied.add(value)
        return value
    found = contains(lo, ref, index)
    return branch(lo, found, lambda: _read(lo, items, getindex, key_of(lo, index, node)), lambda: default)


def store(lo: Lowerer, ref: DictRef, index: Thing, thing: Thing, node: Any) -> None:
    """``d[index] = thing``."""
    check_writable(lo, ref.cell, "a dict")
    if not is_item(thing):
        message = f"a dict with keys that only running knows cannot hold {describe(thing)}"
        if isinstance(lo.heap[ref.cell], Value):
            lo.fail(message, "store numbers, or use static keys", node)
        lo.needs_static(index, message, "store numbers, or use static keys", node)
    items, key = keyed(lo, ref, index, node), key_of(lo, index, node)
    if not (isinstance(key, Value) and lo.own_keys.get(key) is ref.cell):
        lo.resized.add(ref.cell)
    new = raw(lo, setitem, items, key, lo.operand(thing))
    new.name = items.name
    lo.heap[ref.cell] = new


def set_default(lo: Lowerer, ref: DictRef, index: Thing, default: Thing, node: Any) -> Thing:
    """``d.setdefault(index, default)``."""
    keyed(lo, ref, index, node)
    branch(lo, contains(lo, ref, index), lambda: None, lambda: store(lo, ref, index, default, node))
    return load(lo, ref, index, node)


def pop_item(lo: Lowerer, ref: DictRef, index: Thing, default: Thing | None, node: Any) -> Thing:
    """``d.pop(index)``, ``d.pop(index, default)``."""
    items, key = keyed(lo, ref, index, node), key_of(lo, index, node)
    lo.resized.add(ref.cell)

    def taken() -> Thing:
        item = _read(lo, items, getindex, key)
        new = raw(lo, without_key, items, key)
        new.name = items.name
        lo.heap[ref.cell] = new
        return item

    return taken() if default is None else branch(lo, contains(lo, ref, index), taken, lambda: default)


# -- all of it ---------------------------------------------------------------------------------------


def keys(lo: Lowerer, ref: DictRef) -> ListRef:
    """``list(d)``."""
    items = lo.heap[ref.cell]
    thing = lo.wrap(lo.builder.typed_call(keys_of, ListOf(items.type.key), items))
    assert isinstance(thing, ListRef)
    return thing


def key_at(lo: Lowerer, ref: DictRef, keys: ListRef, position: Value) -> Thing:
    """The key that a loop over a dict has come to."""
    found: Value = lo.heap[keys.cell]
    assert isinstance(found.type, ListOf)
    key = lo.builder.typed_call(getindex, known_length(found.type.item), found, position)
    lo.own_keys[key] = ref.cell
    return _key_thing(lo, key)


def _key_thing(lo: Lowerer, key: Value) -> Thing:
    if isinstance(key.type, TupleOf):
        return tuple(
            _key_thing(lo, lo.builder.typed_call(getindex, t, key, Const(k))) for k, t in enumerate(key.type.items)
        )
    return key


def seen(lo: Lowerer, view: DictView, keys: ListRef, position: Value) -> Thing:
    """What a loop over a view of a dict yields at a position."""
    key = key_at(lo, view.ref, keys, position)
    if view.kind == "keys":
        return key
    item = _read(lo, lo.heap[view.ref.cell], getindex, lo.operand(key))
    return item if view.kind == "values" else (key, item)


def materialised(lo: Lowerer, view: DictView) -> ListRef:
    """A view of a dict as a list."""
    found = keys(lo, view.ref)
    if view.kind == "keys":
        return found
    items = lo.heap[view.ref.cell]
    assert isinstance(items.type, DictOf)
    t: Type = items.type.item
    if view.kind == "items":
        t = TupleOf((items.type.key, t))
    start = empty(lo)
    if items in lo.varied:
        lo.varied.add(start)
    length = lo.builder.typed_call(len, known_length(INT), lo.heap[found.cell])
    made = filled(lo, start, Const(0), length, lambda i: lo.operand(seen(lo, view, found, i)), t)
    thing = lo.wrap(made)
    assert isinstance(thing, ListRef)
    return thing


def updated(lo: Lowerer, ref: DictRef, other: DictRef, node: Any) -> None:
    """``d.update(other)``, where only running knows the keys of one of them."""
    content = lo.heap[other.cell]
    if isinstance(content, dict):
        entries(lo, other)
    if isinstance(content, dict) and not is_keyed(lo, ref):
        lo.heap[ref.cell] = {**lo.heap[ref.cell], **content}
        return
    if isinstance(content, dict):
        for key, thing in content.items():
            store(lo, ref, Const(key), thing, node)
        return
    target = keyed(lo, ref, Const(None), node)
    if target is content:
        return
    lo.resized.add(ref.cell)
    lo.heap[ref.cell] = _merged(lo, target, content, other)


def _merged(lo: Lowerer, target: Value, more: Value, other: DictRef) -> Value:
    """``target`` with every item of ``more``, which is what ``other`` holds."""
    assert isinstance(target.type, DictOf) and isinstance(more.type, DictOf)
    t = join(target.type, more.type)
    index, head, result = Value(known_length(INT), "i"), Value(t, target.name), Value(t, target.name)
    found = keys(lo, other)
    length = lo.builder.typed_call(len, known_length(INT), lo.heap[found.cell])
    with lo.inside(Block([index, head])) as block:
        key = key_at(lo, other, found, index)
        new = raw(lo, setitem, head, lo.operand(key), _read(lo, more, getindex, lo.operand(key)))
    new.type = t
    block.results = [new]
    lo.builder.add(For(Const(0), length, Const(1), [target], block, [result]))
    if target in lo.varied or more in lo.varied:
        lo.varied |= {head, new, result}
    return result


def new_dict_of(lo: Lowerer, content: Mapping[Any, Thing] | Value, factory: Thing = None) -> DictRef:
    """A dict of its own with this content."""
    cell = Cell()
    lo.heap[cell] = content if isinstance(content, Value) else dict(content)
    return DictRef(cell, factory)
