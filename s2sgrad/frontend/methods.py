"""Methods of things: of arrays as NumPy's functions, of lists, dicts and tuples as Python defines them."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from s2sgrad.errors import MutationError, TypeMismatch, UnsupportedCall
from s2sgrad.frontend.binding import known_items
from s2sgrad.frontend.iteration import append
from s2sgrad.frontend.lowerer import Lowerer, describe
from s2sgrad.frontend.memory import make_growing, raw, update
from s2sgrad.frontend.records import as_dict, replace
from s2sgrad.frontend.subscripts import item_thing, static_key
from s2sgrad.frontend.things import ArrayRef, Cell, DictRef, ListRef, Record, Thing
from s2sgrad.ir.build import known_length
from s2sgrad.ir.core import Call, Const, Value
from s2sgrad.ir.primitives import pop
from s2sgrad.ir.types import OBJECT, UNKNOWN, ListOf, Scalar
from s2sgrad.rules.methods import ARRAY_METHODS, INPLACE_METHODS

Args = list[Thing]
Kwargs = dict[str, Thing]


def call_method(lo: Lowerer, self: Thing, name: str, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    """``self.name(*args, **kwargs)`` for what is no instance of a Python class."""
    if isinstance(self, ArrayRef) or (isinstance(self, Value) and isinstance(self.type, Scalar)):
        return _array_method(lo, self, name, args, kwargs, node)
    table = _METHODS.get(type(self))
    if table is not None and name in table:
        if name in _WRITING and self.cell.frozen is not None:
            lo.fail(f"this writes into memory that {self.cell.frozen}", "copy it first", node, MutationError)
        if name in _WRITING:
            lo.resized.add(self.cell)
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
        if name in ("sort", "partition") and lo.read(self) in lo.varied:
            lo.fail(
                f"the in-place `.{name}()` of a differentiated array is not supported",
                f"use `x = np.{name}(x)`",
                node,
                UnsupportedCall,
            )
        update(lo, self, lambda array: raw(lo, inplace, array, *operands, **options))
        return Const(None)
    if name == "tolist" and isinstance(self, ArrayRef):
        lo.fail("`.tolist()` is not supported", "index the array itself", node, UnsupportedCall)
    value = lo.operand(self)
    return _opaque_method(lo, value, name, args, kwargs, node)


def _opaque_method(lo: Lowerer, self: Value, name: str, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    """A method of an object that only running knows: plain Python calls it."""
    operands = [lo.operand(a) for a in args]
    options = {k: lo.operand(v) for k, v in kwargs.items()}
    if lo.is_varied((self, *operands, *options.values())):
        lo.fail(
            f"the method `{name}` of a run-time object is not supported on differentiated values",
            "use a NumPy function",
            node,
            UnsupportedCall,
        )
    bound = lo.builder.typed_call(getattr, OBJECT, self, name)
    result = Value(UNKNOWN)
    lo.builder.add(Call(operator.call, (bound, *operands), options, [result], effect=True))
    return lo.wrap(result)


# -- lists ---------------------------------------------------------------------------------------------


def _append(lo: Lowerer, self: ListRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    append(lo, self, args[0])
    return Const(None)


def _extend(lo: Lowerer, self: ListRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    items = known_items(lo, args[0])
    if items is None:
        lo.fail("extending a list by something of unknown length is not supported", "append in a loop", node)
    for item in items:
        append(lo, self, item)
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
    if not (isinstance(position, Const) and position.value == -1):
        lo.fail("`pop(i)` from a list that grows at run time is not supported", "pop from the end", node)
    items_value = make_growing(lo, self)
    assert isinstance(items_value.type, ListOf)
    shorter, item_value = Value(items_value.type, items_value.name), Value(known_length(items_value.type.item))
    lo.builder.add(Call(pop, (items_value,), {}, [shorter, item_value]))
    if items_value in lo.varied:
        lo.varied |= {shorter, item_value}
    lo.heap[self.cell] = shorter
    thing = item_thing(lo, item_value, self)
    if isinstance(thing, ArrayRef):
        thing.cell.frozen = None
    return thing


def _copy_list(lo: Lowerer, self: ListRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    cell = Cell()
    lo.heap[cell] = lo.heap[self.cell]
    return ListRef(cell)


def _clear(lo: Lowerer, self: Any, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    lo.heap[self.cell] = () if isinstance(self, ListRef) else {}
    return Const(None)


def _reverse(lo: Lowerer, self: ListRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    content = lo.heap[self.cell]
    if isinstance(content, Value):
        lo.fail("reversing a list that grows at run time is not supported", "loop over it with reversed(…)", node)
    lo.heap[self.cell] = content[::-1]
    return Const(None)


def _insert(lo: Lowerer, self: ListRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    content, position = lo.heap[self.cell], args[0]
    if isinstance(content, Value) or not isinstance(position, Const):
        lo.fail("inserting into a list at run time is not supported", "append, or build it in order", node)
    items = list(content)
    items.insert(position.value, args[1])
    lo.heap[self.cell] = tuple(items)
    return Const(None)


# -- dicts ---------------------------------------------------------------------------------------------


def _keys(lo: Lowerer, self: DictRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    return tuple(map(Const, lo.heap[self.cell]))


def _values(lo: Lowerer, self: DictRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    return tuple(lo.heap[self.cell].values())


def _items(lo: Lowerer, self: DictRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    return tuple((Const(k), thing) for k, thing in lo.heap[self.cell].items())


def _get(lo: Lowerer, self: DictRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    key = static_key(lo, args[0], node)
    default = args[1] if len(args) > 1 else Const(None)
    return lo.heap[self.cell].get(key, default)


def _setdefault(lo: Lowerer, self: DictRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    key = static_key(lo, args[0], node)
    if key not in lo.heap[self.cell]:
        lo.heap[self.cell] = {**lo.heap[self.cell], key: args[1]}
    return lo.heap[self.cell][key]


def _update(lo: Lowerer, self: DictRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    content = dict(lo.heap[self.cell])
    for other in args:
        if not isinstance(other, DictRef):
            lo.fail("`update` needs a dict with known keys", "assign the keys one by one", node)
        content.update(lo.heap[other.cell])
    lo.heap[self.cell] = {**content, **kwargs}
    return Const(None)


def _pop_key(lo: Lowerer, self: DictRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    key = static_key(lo, args[0], node)
    content = dict(lo.heap[self.cell])
    if key not in content and len(args) > 1:
        return args[1]
    if key not in content:
        lo.fail(f"the dict has no key {key!r} here", "assign it first", node, TypeMismatch, KeyError(key))
    item = content.pop(key)
    lo.heap[self.cell] = content
    return item


def _copy_dict(lo: Lowerer, self: DictRef, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    cell = Cell()
    lo.heap[cell] = dict(lo.heap[self.cell])
    return DictRef(cell)


# Methods of lists and dicts that change them.
_WRITING = {"append", "extend", "pop", "clear", "reverse", "insert", "setdefault", "update"}

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
