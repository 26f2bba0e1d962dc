"""Methods of things: of arrays as NumPy's functions, of lists, dicts and tuples as Python defines them."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sgrad.errors import TypeMismatch, UnsupportedCall
from s2sgrad.frontend import dicts
from s2sgrad.frontend.binding import known_items
from s2sgrad.frontend.dicts import is_keyed
from s2sgrad.frontend.entries import entries, entry
from s2sgrad.frontend.items import as_growing, lend, make_growing, popped, release
from s2sgrad.frontend.iteration import append, mapped_list, once
from s2sgrad.frontend.kinds import describe
from s2sgrad.frontend.lists import (
    all_scalars,
    extended,
    from_array,
    inserted,
    item_of,
    list_value,
    sliced,
    sorted_by,
    without,
)
from s2sgrad.frontend.lowerer import Lowerer, NeedsStatic
from s2sgrad.frontend.memory import check_writable, raw, store, update
from s2sgrad.frontend.operations import truth
from s2sgrad.frontend.records import as_dict, replace
from s2sgrad.frontend.structured import run_time_object
from s2sgrad.frontend.subscripts import is_static_key, item_thing, static_key
from s2sgrad.frontend.tables import snapshot
from s2sgrad.frontend.things import ArrayRef, Cell, DictRef, DictView, ListRef, Mapped, Record, Row, Thing, Zip
from s2sgrad.ir.build import known_length, lift
from s2sgrad.ir.core import Call, Const, Value
from s2sgrad.ir.primitives import ordering, pop
from s2sgrad.ir.types import INT, OBJECT, UNKNOWN, Array, ListOf, Scalar
from s2sgrad.rules.methods import ARRAY_METHODS, INPLACE_METHODS

Args = list[Thing]
Kwargs = dict[str, Thing]


def call_method(lo: Lowerer, self: Thing, name: str, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    """``self.name(*args, **kwargs)`` for what is no instance of a Python class."""
    if isinstance(self, ArrayRef) or (isinstance(self, Value) and isinstance(self.type, Scalar)):
        return _array_method(lo, self, name, args, kwargs, node)
    if isinstance(self, Row):
        if name in _WRITING:
            what = f"the method `{name}` of a list inside of a list of run-time length is not supported"
            lo.fail(what, "make a new list, and replace the old one: `T[i] = new`", node, UnsupportedCall)
        self = snapshot(lo, self)
    table = _METHODS.get(type(self))
    if table is not None and name in table:
        if name in _WRITING:
            check_writable(lo, self.cell, "a list" if isinstance(self, ListRef) else "a dict")
            lo.resized.add(self.cell)
            if isinstance(self, ListRef) and name != "append":
                release(lo, self.cell)
        return table[name](lo, self, args, kwargs, node)
    if isinstance(self, Record) and name == "_replace":
        return replace(lo, self, kwargs, node)
    if isinstance(self, Record) and name == "_asdict":
        return as_dict(lo, self)
    if isinstance(self, Value):
        return _opaque_method(lo, self, name, args, kwargs, node)
    lo.fail(
        f"the method `{name}` of {describe(self)} is not supported",
        "use a loop or another container",
        node,
        UnsupportedCall,
    )


def _array_method(lo: Lowerer, self: Thing, name: str, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    fn: Any = ARRAY_METHODS.get(name)
    if fn is not None:
        if name in ("reshape", "transpose") and len(args) > 1:
            args = [tuple(args)]
        return lo.invoke(Const(fn), [self, *args], kwargs, node)
    inplace = INPLACE_METHODS.get(name)
    if inplace is not None and isinstance(self, ArrayRef):
        operands = [lo.operand(a) for a in args]
        options = {k: lo.operand(v) for k, v in kwargs.items()}
        if name == "sort":
            store(lo, self, Const(Ellipsis), lo.call(np.sort, lo.read(self), *operands, **options))
            return Const(None)
        if name == "partition" and lo.read(self) in lo.varied:
            lo.fail(
                "the in-place `.partition()` of a differentiated array is not supported",
                "use `x = np.partition(x, k)`",
                node,
                UnsupportedCall,
            )
        update(lo, self, lambda array: raw(lo, inplace, array, *operands, **options))
        return Const(None)
    if name == "tolist":
        return _tolist(lo, self, node)
    value = lo.operand(self)
    return _opaque_method(lo, value, name, args, kwargs, node)


def _tolist(lo: Lowerer, self: Thing, node: Any) -> Thing:
    """``x.tolist()``: a Python number, or lists of them."""
    value = lo.operand(self)
    t = value.type
    if not isinstance(t, (Array, Scalar)) or t.dtype.kind not in "fiub":
        lo.fail("`.tolist()` of such an array is not supported", "index the array itself", node, UnsupportedCall)
    convert = {"f": float, "b": bool}.get(t.dtype.kind, int)
    if isinstance(t, Scalar):
        return lo.call(convert, value)
    tree = from_array(lo, value, convert)
    assert isinstance(tree, Value)
    return lo.wrap(tree)


def _opaque_method(lo: Lowerer, self: Value, name: str, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    """A method of an object that only running knows: plain Python calls it."""
    what = f"the method `{name}` of a run-time object"
    if self in lo.varied:
        lo.fail(f"{what} is not supported on differentiated values", "use a NumPy function", node, UnsupportedCall)
    bound = lo.builder.typed_call(getattr, OBJECT, self, name)
    return call_at_run_time(lo, what, bound, args, kwargs, node)


def call_at_run_time(lo: Lowerer, what: str, bound: Value, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    """A call of what only running knows: plain Python makes it."""
    operands = [run_time_object(lo, a) for a in args]
    options = {k: lo.operand(v) for k, v in kwargs.items()}
    if lo.is_varied((bound, *operands, *options.values())):
        refused = f"{what} is not supported on differentiated values"
        error = UnsupportedCall(refused, "use a NumPy function", lo.location(node))
        raise NeedsStatic(bound, error, lo.origins(bound))  # which of several functions it is may depend on a flag
    result = Value(UNKNOWN)
    lo.builder.add(Call(operator.call, (bound, *operands), options, [result], effect=True))
    return lo.wrap(result)


# -- lists ---------------------------------------------------------------------------------------------


def _append(lo: Lowerer, self: ListRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    append(lo, self, args[0])
    return Const(None)


def _extend(lo: Lowerer, self: ListRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    thing = once(lo, args[0])
    items = known_items(lo, thing)
    if items is not None:
        for item in items:
            append(lo, self, item)
        return Const(None)
    new = extended(lo, list_value(lo, self), thing)
    if new is None:
        lo.fail(f"extending a list by {describe(thing)} is not supported", "append in a loop", node)
    lo.heap[self.cell] = new
    return Const(None)


def _pop(lo: Lowerer, self: ListRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    content = lo.heap[self.cell]
    position = args[0] if args else Const(-1)
    if isinstance(content, tuple) and isinstance(position, Const):
        items = list(content)
        if not items:
            lo.fail(
                "this pops from an empty list", "append first", node, TypeMismatch, IndexError("pop from empty list")
            )
        item = items.pop(position.value)
        lo.heap[self.cell] = tuple(items)
        return item
    items_value = make_growing(lo, self)
    release(lo, self.cell)
    if not (isinstance(position, Const) and position.value == -1):
        place = lo.operand(position)
        item = item_thing(lo, item_of(lo, items_value, place), self)
        lo.heap[self.cell] = without(lo, items_value, place)
        return item
    assert isinstance(items_value.type, ListOf)
    shorter, item_value = Value(items_value.type, items_value.name), Value(known_length(items_value.type.item))
    lo.builder.add(Call(pop, (items_value,), {}, [shorter, item_value]))
    if items_value in lo.varied:
        lo.varied |= {shorter, item_value}
    lo.heap[self.cell] = shorter
    return popped(lo, self.cell, item_value) or item_thing(lo, item_value, self)


def _copy_list(lo: Lowerer, self: ListRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    lend(lo, self.cell)
    cell = Cell()
    lo.heap[cell] = lo.heap[self.cell]
    return ListRef(cell)


def _clear(lo: Lowerer, self: Any, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    lo.heap[self.cell] = () if isinstance(self, ListRef) else {}
    return Const(None)


def _reverse(lo: Lowerer, self: ListRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    content = lo.heap[self.cell]
    backwards = lift(slice(None, None, -1))
    lo.heap[self.cell] = sliced(lo, content, backwards) if isinstance(content, Value) else content[::-1]
    return Const(None)


def _insert(lo: Lowerer, self: ListRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    content, position = lo.heap[self.cell], args[0]
    if isinstance(content, Value) or not isinstance(position, Const):
        lo.heap[self.cell] = inserted(lo, make_growing(lo, self), lo.operand(position), args[1])
        return Const(None)
    items = list(content)
    items.insert(position.value, args[1])
    lo.heap[self.cell] = tuple(items)
    return Const(None)


def _index(lo: Lowerer, self: ListRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    if len(args) > 1:
        lo.fail("`index` with bounds is not supported", "slice the list first", node)
    content = lo.heap[self.cell]
    if isinstance(content, tuple) and all(isinstance(t, Const) for t in (*content, args[0])):
        values = [t.value for t in content]
        if args[0].value in values:
            return Const(values.index(args[0].value))
    return lo.builder.typed_call(operator.indexOf, known_length(INT), list_value(lo, self), lo.operand(args[0]))


def _count(lo: Lowerer, self: ListRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    return lo.builder.typed_call(operator.countOf, known_length(INT), list_value(lo, self), lo.operand(args[0]))


def _remove(lo: Lowerer, self: ListRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    place = _index(lo, self, args, {}, node)
    lo.heap[self.cell] = without(lo, make_growing(lo, self), place)
    return Const(None)


def _sort(lo: Lowerer, self: ListRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    sort(lo, self, kwargs, node)
    return Const(None)


def sort(lo: Lowerer, ref: ListRef, kwargs: Kwargs, node: Any) -> None:
    """``items.sort(key=…, reverse=…)``: now, where the keys are known while compiling."""
    content = lo.heap[ref.cell]
    key, reverse = kwargs.get("key", Const(None)), kwargs.get("reverse", Const(False))
    keyed = not (isinstance(key, Const) and key.value is None)
    if isinstance(content, tuple):
        keys = [lo.invoke(key, [t], {}, node) for t in content] if keyed else list(content)
        order = _known_order(keys, reverse)
        if order is not None:
            lo.heap[ref.cell] = tuple(content[k] for k in order)
            return
        if not all_scalars(content) or not all_scalars(keys):
            lo.fail(
                "sorting things that are neither numbers nor tuples of numbers is not supported",
                "sort a list of positions, and look the things up",
                node,
            )
        key_values = as_growing(lo, tuple(keys))
    else:
        mapped: Any = mapped_list(lo, Mapped(key, Zip((ref,)))) if keyed else ref
        key_values = list_value(lo, mapped)
    items = make_growing(lo, ref)
    lo.heap[ref.cell] = sorted_by(lo, items, key_values if keyed else items, truth(lo, reverse))


def _known_order(keys: list[Thing], reverse: Thing) -> list[int] | None:
    """The order of keys that are known while compiling, or that differ in a first item that is."""
    if not isinstance(reverse, Const):
        return None
    firsts = [k[0] if isinstance(k, tuple) and k else k for k in keys]
    if not all(isinstance(k, Const) for k in firsts):
        return None
    values = [k.value for k in firsts]
    if any(isinstance(k, tuple) for k in keys) and len({repr(v) for v in values}) < len(values):
        return None
    return ordering(values, bool(reverse.value))


# -- dicts ---------------------------------------------------------------------------------------------


def _keys(lo: Lowerer, self: DictRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    return DictView(self, "keys") if is_keyed(lo, self) else tuple(map(Const, entries(lo, self)))


def _values(lo: Lowerer, self: DictRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    return DictView(self, "values") if is_keyed(lo, self) else tuple(entries(lo, self).values())


def _items(lo: Lowerer, self: DictRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    if is_keyed(lo, self):
        return DictView(self, "items")
    return tuple((Const(k), thing) for k, thing in entries(lo, self).items())


def _get(lo: Lowerer, self: DictRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    default = args[1] if len(args) > 1 else Const(None)
    if is_keyed(lo, self) or not is_static_key(args[0]):
        return dicts.get_item(lo, self, args[0], default, node)
    key = static_key(lo, args[0], node)
    return lo.heap[self.cell].get(key, default)


def _setdefault(lo: Lowerer, self: DictRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    if is_keyed(lo, self) or not is_static_key(args[0]):
        return dicts.set_default(lo, self, args[0], args[1], node)
    key = static_key(lo, args[0], node)
    found = entry(lo, self, key)
    if found is None:
        found = args[1]
        lo.heap[self.cell] = {**lo.heap[self.cell], key: found}
    return found


def _update(lo: Lowerer, self: DictRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    for other in (*args, dicts.new_dict_of(lo, kwargs)):
        if not isinstance(other, DictRef):
            lo.fail("`update` needs a dict", "assign the keys one by one", node)
        dicts.updated(lo, self, other, node)
    return Const(None)


def _pop_key(lo: Lowerer, self: DictRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    check_writable(lo, self.cell, "a dict")
    if is_keyed(lo, self) or not is_static_key(args[0]):
        return dicts.pop_item(lo, self, args[0], args[1] if len(args) > 1 else None, node)
    key = static_key(lo, args[0], node)
    content = dict(lo.heap[self.cell])
    if entry(lo, self, key) is None and len(args) > 1:
        return args[1]
    if key not in content:
        lo.fail(f"the dict has no key {key!r} here", "assign it first", node, TypeMismatch, KeyError(key))
    item = content.pop(key)
    lo.heap[self.cell] = content
    return item


def _copy_dict(lo: Lowerer, self: DictRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    made = dicts.new_dict_of(lo, lo.heap[self.cell], self.factory)
    lo.note_perhaps(made.cell, self.cell)
    return made


# Methods of lists and dicts that change them.
_WRITING = {"append", "extend", "pop", "clear", "reverse", "insert", "remove", "sort", "setdefault", "update"}

Handler = Callable[[Lowerer, Any, Args, Kwargs, Any], Thing]
_METHODS: dict[type, dict[str, Handler]] = {
    ListRef: {
        "append": _append,
        "extend": _extend,
        "pop": _pop,
        "copy": _copy_list,
        "clear": _clear,
        "reverse": _reverse,
        "insert": _insert,
        "index": _index,
        "count": _count,
        "remove": _remove,
        "sort": _sort,
    },
    DictRef: {
        "keys": _keys,
        "values": _values,
        "items": _items,
        "get": _get,
        "setdefault": _setdefault,
        "update": _update,
        "pop": _pop_key,
        "copy": _copy_dict,
        "clear": _clear,
    },
}
