"""Subscripts: ``container[index]``, read and written."""

from __future__ import annotations

import operator
from typing import Any, NoReturn

import numpy as np

from s2sgrad.errors import TypeMismatch, UnsupportedCall
from s2sgrad.frontend import dicts
from s2sgrad.frontend.dicts import is_keyed
from s2sgrad.frontend.items import held_by_a_list, item_name, make_growing, release, take_in, tree_type, tuple_item
from s2sgrad.frontend.kinds import describe, python_type, type_name
from s2sgrad.frontend.lists import all_scalars, list_value, replaced, sliced
from s2sgrad.frontend.lowerer import Empty, Lowerer
from s2sgrad.frontend.memory import check_writable, may_share, raw, store, view
from s2sgrad.frontend.objects import method
from s2sgrad.frontend.owning import MAY_STAND, is_table, note_pushed, table_of
from s2sgrad.frontend.tables import load_from_row, row_of, snapshot, store_in_row
from s2sgrad.frontend.things import ArrayRef, Cell, DictRef, Flat, ListRef, Method, ObjectRef, Row, SliceThing, Thing
from s2sgrad.ir.core import Call, Const, Operand, Tree, Value, leaves, map_tree
from s2sgrad.ir.primitives import getindex, joined_by, raise_, setitem
from s2sgrad.ir.types import NOTHING, OBJECT, Array, ListOf, Scalar, TupleOf, Type, Unknown, join, type_of


def load_subscript(lo: Lowerer, container: Thing, index: Thing, node: Any) -> Thing:
    """``container[index]``."""
    if isinstance(container, Method) and isinstance(container.self, Value):
        container = lo.wrap(lo.operand(container))
    if isinstance(container, ArrayRef):
        return load_item(lo, container, index)
    if isinstance(container, Flat):  # several entries are a copy
        item = load_item(lo, container.entries, index)
        return lo.call(np.copy, lo.operand(item)) if isinstance(item, ArrayRef) and item.path else item
    if isinstance(container, ObjectRef):
        return lo.invoke(method(lo, container, "__getitem__", node), [index], {}, node)
    if isinstance(container, DictRef):
        content = lo.heap[container.cell]
        if isinstance(content, Value) or not is_static_key(index):
            return dicts.load(lo, container, index, node)
        key = static_key(lo, index, node)
        if key not in content and container.factory is not None:
            store_subscript(lo, container, index, lo.invoke(container.factory, [], {}, node), node)
            content = lo.heap[container.cell]
        if key not in content:
            lo.fail(f"the dict has no key {key!r} here", "assign it first", node, TypeMismatch, KeyError(key))
        return content[key]
    if isinstance(container, Const):
        return _load_static(lo, container, index, node)
    if isinstance(container, Row):
        item = load_from_row(lo, container, lo.operand(index)) if _is_position(index) else None
        if isinstance(item, ArrayRef):
            item.cell.frozen = MAY_STAND
        return load_subscript(lo, snapshot(lo, container), index, node) if item is None else item
    if isinstance(container, ListRef) and isinstance(lo.heap[container.cell], Value):
        return load_from_list(lo, container, index, node)
    items = _fixed_items(lo, container)
    if items is not None:
        return _load_fixed(lo, container, items, index, node)
    if isinstance(container, Value):
        if isinstance(container.type, Scalar) and not container.type.weak:
            return _load_from_number(lo, container, index)
        operand = lo.operand(index)
        if isinstance(container.type, Unknown) or container.type == OBJECT:
            return lo.call(operator.getitem, container, operand)
    known = python_type(lo, container)
    message = f"{type_name(lo, container)!r} object is not subscriptable"
    raises: BaseException | None = (
        TypeError(message) if known is not None and not hasattr(known, "__getitem__") else None
    )
    if known is not None and issubclass(known, np.number):
        raises = IndexError("invalid index to scalar variable.")
    remedy = "index an array, a list, a tuple or a dict"
    lo.fail(f"{describe(container)} cannot be indexed", remedy, node, raises=raises)


def _load_from_number(lo: Lowerer, number: Value, index: Thing) -> Thing:
    """``x[()]``, ``x[...]``, ``x[None]`` of one of NumPy's numbers: as of an array without axes."""
    if isinstance(index, tuple) and not index:
        return number
    return load_subscript(lo, lo.call(np.asarray, number), index, None)


def is_static_key(index: Thing) -> bool:
    """Whether a key is known while compiling."""
    return isinstance(index, Const) or (isinstance(index, tuple) and all(map(is_static_key, index)))


def static_key(lo: Lowerer, index: Thing, node: Any) -> Any:
    """A key that is known while compiling."""
    if isinstance(index, Const):
        return index.value
    if isinstance(index, tuple) and is_static_key(index):
        return tuple(static_key(lo, t, node) for t in index)
    lo.needs_static(index, "a dict is looked up by a key that only running tells", "use an array or static keys", node)


def is_basic(index: Tree) -> bool:
    """Whether an index makes a view: integers, slices, None and Ellipsis only."""
    items = index if isinstance(index, tuple) else (index,)
    return all(isinstance(i, slice) or _is_basic_item(i) for i in items)


def _is_basic_item(i: Tree) -> bool:
    if isinstance(i, Const):
        return (
            i.value is None or i.value is Ellipsis or (isinstance(i.value, (int, np.integer)) and i.value is not True)
        )
    return isinstance(i, Value) and isinstance(i.type, Scalar) and i.type.dtype.kind in "iu"


def has_slice(index: Tree, t: Type) -> bool:
    """Whether a basic index leaves an axis, so that the result is a view and not a number."""
    items = index if isinstance(index, tuple) else (index,)
    integers = sum(
        isinstance(i, Value) or (isinstance(i, Const) and isinstance(i.value, (int, np.integer))) for i in items
    )
    return not isinstance(t, Array) or integers < t.ndim or len(items) > integers


def index_tree(lo: Lowerer, index: Thing) -> Tree:
    """An index as operands; lists inside it become arrays."""
    if isinstance(index, tuple):
        return tuple(index_tree(lo, i) for i in index)
    if isinstance(index, ListRef) and lo.heap[index.cell] == ():
        return lo.operand(lo.call(np.zeros, 0, dtype=np.intp))  # an empty list selects nothing
    if isinstance(index, ListRef):
        return lo.operand(lo.call(np.asarray, lo.operand(index)))
    if isinstance(index, Const) and isinstance(index.value, (list, np.ndarray)):
        return lo.operand(lo.call(np.asarray, index))
    tree = lo.operand(index)
    for x in leaves(tree):
        if isinstance(x, Value) and isinstance(x.type, Scalar) and x.type.dtype.kind in "fc":
            lo.fail("an index is a float", "convert it with int(…)", error=TypeMismatch)
    return tree


def load_item(lo: Lowerer, ref: ArrayRef, index: Thing) -> Thing:
    """``array[index]``: a number, a view for a basic index, a new array for an advanced one."""
    tree = index_tree(lo, index)
    array = lo.read(ref)
    if is_basic(tree) and has_slice(tree, array.type):
        item = view(ref, operator.getitem, tree)
        lo.read(item)
        return item
    result = lo.call(operator.getitem, array, tree)
    if isinstance(array.type, Unknown) and isinstance(result, ArrayRef):
        may_share(result.cell, ref.cell)
    return result


def _load_static(lo: Lowerer, container: Const, index: Thing, node: Any) -> Thing:
    if container.value is np.r_ or container.value is np.c_:
        return _join_by(lo, container, index, node)
    if isinstance(index, Const):
        try:
            return Const(container.value[index.value])
        except (KeyError, IndexError, TypeError) as error:
            lo.fail(f"{type(error).__name__}: {error}", "index what is there", node, TypeMismatch, error)
    if isinstance(index, SliceThing) and all(isinstance(t, Const) for t in (index.start, index.stop, index.step)):
        return Const(container.value[slice(index.start.value, index.stop.value, index.step.value)])
    if hasattr(container.value, "__class_getitem__"):
        return container
    if isinstance(container.value, (tuple, list)) and all(isinstance(v, (int, float)) for v in container.value):
        items = tuple(map(Const, container.value))
        return _load_fixed(lo, container, items, index, node)
    operand = lo.operand(index)
    if lo.is_varied(operand):
        lo.fail(
            f"{describe(container)} is indexed with a differentiated value, and has no derivative rule",
            "use a function that has a rule",
            node,
            UnsupportedCall,
        )
    return lo.wrap(lo.builder.typed_call(operator.getitem, _type_of_item(container, operand), container, operand))


def _type_of_item(container: Const, index: Tree) -> Type:
    """The type of what a static object holds; of NumPy's grids that of a grid like it, which is made for that."""
    if isinstance(container.value, (type(np.mgrid), type(np.ogrid))):
        try:
            t = type_of(container.value[map_tree(_static, index)])
        except NeedsValue:
            return OBJECT
        return t if t.is_numeric or isinstance(t, TupleOf) else OBJECT
    return OBJECT


class NeedsValue(Exception):
    """An index that only running tells."""


def _static(x: Operand) -> Any:
    if isinstance(x, Const):
        return x.value
    raise NeedsValue


def _join_by(lo: Lowerer, joiner: Const, index: Thing, node: Any) -> Thing:
    """``np.r_[…]`` and ``np.c_[…]``: lists among the items become arrays."""
    items = index if isinstance(index, tuple) else (index,)
    if isinstance(items[0], Const) and items[0].value in ("r", "c"):
        lo.fail("`np.r_` of matrices is not supported", "use `np.c_`, or reshape", node)
    converted = [lo.call(np.asarray, lo.operand(t)) if isinstance(t, (tuple, ListRef)) else t for t in items]
    return lo.call(joined_by, joiner, tuple(lo.operand(t) for t in converted))


def _fixed_items(lo: Lowerer, container: Thing) -> tuple[Thing, ...] | None:
    if isinstance(container, tuple):
        return container
    if isinstance(container, ListRef):
        content = lo.heap[container.cell]
        return content if isinstance(content, tuple) else None
    if isinstance(container, Value) and isinstance(container.type, TupleOf):
        return tuple(tuple_item(lo, container, k) for k in range(len(container.type.items)))
    return None


def _load_fixed(lo: Lowerer, container: Thing, items: tuple[Thing, ...], index: Thing, node: Any) -> Thing:
    if isinstance(index, Const):
        k = operator.index(index.value)
        if not -len(items) <= k < len(items):
            lo.fail(
                f"index {k} is out of range for {len(items)} items",
                "index what is there",
                node,
                TypeMismatch,
                _out_of_range(lo, container),
            )
        return items[k]
    if isinstance(index, SliceThing):
        parts = (index.start, index.stop, index.step)
        if not all(isinstance(t, Const) for t in parts):
            dynamic = next(t for t in parts if not isinstance(t, Const))
            if isinstance(container, ListRef):
                make_growing(lo, container)
                return load_from_list(lo, container, index, node)
            lo.needs_static(dynamic, "a tuple is sliced at run time", "slice with constants", node)
        chosen = items[slice(*(t.value for t in parts))]
        if isinstance(container, ListRef):
            cell = Cell()
            lo.heap[cell] = chosen
            return ListRef(cell)
        return chosen
    if isinstance(index, Value) and isinstance(container, ListRef) and not items:
        _no_item(lo, node)
    if isinstance(index, Value) and _is_uniform(lo, items):
        if isinstance(container, ListRef):
            make_growing(lo, container)
            return load_from_list(lo, container, index, node)
        cell = Cell()
        lo.heap[cell] = items
        return load_from_list(lo, ListRef(cell), index, node)
    lo.needs_static(
        index,
        "which item is taken is only known at run time, and the items differ in kind",
        "index with a constant, or loop over the items themselves",
        node,
    )


def _is_uniform(lo: Lowerer, items: tuple[Thing, ...]) -> bool:
    """Whether a run-time list can hold these: numbers, arrays of one kind; or lists of numbers, where it must."""
    anything_goes = lo.grows_rows or (lo.frame.source is not None and lo.frame.source.stands_in)
    if items and anything_goes and all(isinstance(t, tuple) for t in items):
        return all_scalars(items) and len({len(t) for t in items}) == 1
    if items and anything_goes and all(isinstance(t, ListRef) for t in items):
        contents = [lo.heap[t.cell] for t in items]
        fixed = all(isinstance(c, tuple) and (not c or _is_uniform(lo, c)) for c in contents)
        return fixed or all(isinstance(c, Value) for c in contents)
    types = [lo.type_of(t) for t in items]
    if types and isinstance(types[0], Array):
        return all(isinstance(t, Array) and (t.ndim, t.dtype) == (types[0].ndim, types[0].dtype) for t in types)
    return bool(types) and all(isinstance(t, Scalar) for t in types)


def _no_item(lo: Lowerer, node: Any) -> NoReturn:
    """An empty list has no items: a branch or a loop that reads one ends here, unless the list has grown by then."""
    message = "list index out of range"
    error = TypeMismatch("this reads an item of an empty list", "append to it before", lo.location(node))
    if lo.is_caught(IndexError) or not (lo.in_branch or lo.loops):
        lo.fail(error.what, "append to it before", node, TypeMismatch, IndexError(message))
    made = lo.builder.typed_call(IndexError, OBJECT, message)
    lo.builder.add(Call(raise_, (made,), {}, [], effect=True))
    raise Empty(error)


def load_from_list(lo: Lowerer, ref: ListRef, index: Thing, node: Any) -> Thing:
    """``items[i]`` or ``items[i:j]`` of a run-time list."""
    items = make_growing(lo, ref)
    assert isinstance(items.type, ListOf)
    if isinstance(index, SliceThing):
        return lo.wrap(sliced(lo, items, lo.operand(index)))
    if items.type.item == NOTHING:
        _no_item(lo, node)
    if is_table(items.type) and table_of(lo, items).parts is not None and _is_position(index):
        return row_of(lo, ref, lo.operand(index))
    value = lo.builder.typed_call(getindex, items.type.item, items, lo.operand(index))
    if items in lo.varied:
        lo.varied.add(value)
    if isinstance(value.type, Array):
        return item_name(lo, ref.cell, lo.operand(index), value)
    return item_thing(lo, value, ref)


def _is_position(index: Thing) -> bool:
    """Whether an index is an integer."""
    return isinstance(index, (Value, Const)) and isinstance(index.type, Scalar) and index.type.dtype.kind in "iu"


def item_thing(lo: Lowerer, value: Value, ref: ListRef) -> Thing:
    """The thing for an item taken from a run-time list: an array in it must not be written through both."""
    if isinstance(value.type, TupleOf):
        return tuple(
            item_thing(lo, lo.builder.typed_call(getindex, t, value, k), ref) for k, t in enumerate(value.type.items)
        )
    thing = lo.wrap(value)
    if isinstance(thing, (ArrayRef, ListRef)):
        thing.cell.frozen = MAY_STAND
    return thing


def item_at(lo: Lowerer, container: Thing, index: Thing) -> Thing:
    """The item that iterating yields at a position."""
    if isinstance(container, ArrayRef):
        return load_item(lo, container, index)
    return load_subscript(lo, container, index, None)


def store_subscript(lo: Lowerer, container: Thing, index: Thing, thing: Thing, node: Any) -> None:
    """``container[index] = thing``."""
    if isinstance(container, Flat):
        container = container.entries
    if isinstance(container, ArrayRef):
        if not isinstance(thing, (Value, Const, ArrayRef)):
            thing = lo.call(np.asarray, lo.operand(thing))
        store(lo, container, index_tree(lo, index), thing)
    elif isinstance(container, DictRef):
        if is_keyed(lo, container) or not is_static_key(index):
            dicts.store(lo, container, index, thing, node)
            return
        key = static_key(lo, index, node)
        check_writable(lo, container.cell, "a dict")
        lo.heap[container.cell] = {**lo.heap[container.cell], key: thing}
    elif isinstance(container, Row):
        _store_in_row(lo, container, index, thing, node)
    elif isinstance(container, ListRef):
        _store_in_list(lo, container, index, thing, node)
    elif isinstance(container, ObjectRef):
        lo.invoke(method(lo, container, "__setitem__", node), [index, thing], {}, node)
    elif isinstance(container, Value) and isinstance(container.type, Scalar):
        error = TypeError(f"{type_name(lo, container)!r} object does not support item assignment")
        lo.fail("a number does not support item assignment", "make it an array", node, TypeMismatch, error)
    else:
        known = python_type(lo, container)
        message = f"{type_name(lo, container)!r} object does not support item assignment"
        raises = TypeError(message) if known is not None and not hasattr(known, "__setitem__") else None
        remedy = "use an array, a list or a dict"
        lo.fail(f"{describe(container)} cannot be written by item", remedy, node, raises=raises)


def _out_of_range(lo: Lowerer, container: Thing, what: str = "") -> IndexError:
    return IndexError(f"{type_name(lo, container)}{what} index out of range")


def _store_in_list(lo: Lowerer, ref: ListRef, index: Thing, thing: Thing, node: Any) -> None:
    check_writable(lo, ref.cell, "a list")
    content = lo.heap[ref.cell]
    if isinstance(content, tuple) and isinstance(index, Const):
        items = list(content)
        k = operator.index(index.value)
        if not -len(items) <= k < len(items):
            lo.fail(
                f"index {k} is out of range for {len(items)} items",
                "append instead",
                node,
                TypeMismatch,
                _out_of_range(lo, ref, " assignment"),
            )
        items[k] = thing
        lo.heap[ref.cell] = tuple(items)
        return
    if isinstance(index, SliceThing):
        _replace_slice(lo, ref, index, thing, node)
        return
    if isinstance(content, tuple) and any(isinstance(t, Const) and t.value is None for t in content):
        lo.needs_static(index, "this list holds None and numbers", "fill it with numbers, such as 0.0", node)
    items_value = make_growing(lo, ref)
    assert isinstance(items_value.type, ListOf)
    release(lo, ref.cell)
    operand = lo.operand(thing)
    new = raw(lo, setitem, items_value, lo.operand(index), operand)
    new.type = ListOf(join(items_value.type.item, tree_type(operand)))
    new.name = items_value.name
    lo.heap[ref.cell] = new
    note_pushed(lo, ref, items_value, new, thing)
    take_in(lo, ref.cell, thing, lo.operand(index))


def _store_in_row(lo: Lowerer, row: Row, index: Thing, thing: Thing, node: Any) -> None:
    """``T[i][j] = thing``."""
    is_none = isinstance(thing, Const) and thing.value is None
    if not (is_none or isinstance(lo.type_of(thing), (Scalar, Unknown))) or not _is_position(index):
        remedy = "store numbers, or replace the inner list: `T[i] = …`"
        lo.fail(f"storing {describe(thing)} in a list inside of a list is not supported", remedy, node)
    held_by_a_list(lo, thing)
    store_in_row(lo, row, lo.operand(index), lo.operand(thing))


def _replace_slice(lo: Lowerer, ref: ListRef, index: SliceThing, thing: Thing, node: Any) -> None:
    """``items[start:stop] = thing``."""
    content = lo.heap[ref.cell]
    parts = (index.start, index.stop, index.step)
    new_items = lo.heap[thing.cell] if isinstance(thing, ListRef) else thing
    if isinstance(content, tuple) and isinstance(new_items, tuple) and all(isinstance(t, Const) for t in parts):
        items = list(content)
        try:
            items[slice(*(t.value for t in parts))] = new_items
        except ValueError as error:
            lo.fail(f"ValueError: {error}", "make the counts agree", node, TypeMismatch)
        lo.heap[ref.cell] = tuple(items)
        lo.resized.add(ref.cell)
        return
    if not (isinstance(index.step, Const) and index.step.value in (None, 1)):
        lo.fail("assigning to a slice with a step is not supported here", "assign item by item", node)
    release(lo, ref.cell)
    new = replaced(lo, list_value(lo, ref), lo.operand(index), thing)
    if new is None:
        lo.fail(f"{describe(thing)} cannot be stored in a slice of a list", "make it a list before", node)
    lo.resized.add(ref.cell)
    lo.heap[ref.cell] = new
