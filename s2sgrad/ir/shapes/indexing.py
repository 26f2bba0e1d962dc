"""Types of reading and writing entries: NumPy's indexing rules on symbolic shapes."""

from __future__ import annotations

import operator
from dataclasses import replace
from typing import Any

import numpy as np

from s2sgrad.ir.core import Const, Tree, Value
from s2sgrad.ir.primitives import additem, getindex, setitem, surviving
from s2sgrad.ir.shapes import lengths
from s2sgrad.ir.shapes.elementwise import broadcast
from s2sgrad.ir.shapes.table import Types, array_of, cannot_tell, length_of, of_shape, type_rule
from s2sgrad.ir.types import (
    OBJECT,
    UNKNOWN,
    Array,
    DictOf,
    Dim,
    Length,
    ListOf,
    Scalar,
    TupleOf,
    Type,
    entry_type,
    join,
    with_entry,
)

_FULL = slice(Const(None), Const(None), Const(None))


@type_rule(operator.getitem, surviving)
def getitem(x: Tree, index: Tree) -> Types:
    t = x.type if isinstance(x, (Value, Const)) else None
    if isinstance(t, Array):
        return of_shape(t.dtype, indexed_shape(t.shape, index))
    if isinstance(t, (ListOf, TupleOf)):
        return item_type(t, index)
    if isinstance(t, DictOf):
        return t.item
    if isinstance(t, Scalar) and not t.weak:
        shape = indexed_shape((), index)
        return Array(t.dtype, shape) if shape else t
    return UNKNOWN


def item_type(t: ListOf | TupleOf, index: Tree) -> Types:
    """An item, or a slice, of a run-time list or tuple."""
    known = isinstance(index, Const)
    if isinstance(t, ListOf) and isinstance(index, tuple):
        return entry_type(t, index)
    if isinstance(t, ListOf):
        return t if isinstance(index, slice) or (known and isinstance(index.value, slice)) else t.item
    if known and isinstance(index.value, int):
        return t.items[index.value] if -len(t.items) <= index.value < len(t.items) else cannot_tell()
    if isinstance(index, slice) or not t.items:
        cannot_tell()
    result: Type = t.items[0]
    for item in t.items[1:]:
        result = join(result, item)
    return result


@type_rule(getindex)
def getindex_(items: Tree, i: Tree) -> Types:
    return getitem(items, i)


@type_rule(setitem, additem)
def update(x: Tree, index: Tree, value: Tree) -> Types:
    if not isinstance(x, (Value, Const)):
        cannot_tell()
    t: Type = x.type
    if isinstance(t, ListOf) and isinstance(value, (Value, Const)):
        depth = len(index) if isinstance(index, tuple) else 1
        return with_entry(t, depth, value.type)
    if isinstance(t, DictOf):
        return DictOf(join(t.key, _key_type(index)), join(t.item, value.type))
    return t


def _key_type(key: Tree) -> Type:
    if isinstance(key, tuple):
        return TupleOf(tuple(map(_key_type, key)))
    t = key.type if isinstance(key, (Value, Const)) else OBJECT
    return replace(t, length=None) if isinstance(t, Scalar) else t


# -- indices ---------------------------------------------------------------------------------------------


def indexed_shape(shape: tuple[Length, ...], index: Tree) -> tuple[Length, ...]:
    """The shape of ``x[index]``: basic indices in place, the broadcast shape of the advanced ones where they
    stand when they stand together, and in front otherwise."""
    items = _items(index)
    consumed = sum(map(_consumes, items))
    if Ellipsis not in items:
        items = [*items, Ellipsis]
    if consumed > len(shape):
        cannot_tell()
    place = items.index(Ellipsis)
    items[place : place + 1] = [_FULL] * (len(shape) - consumed)
    if len(shape) == consumed and _separates(items, place):
        items.insert(place, Ellipsis)

    advanced = any(isinstance(item, Array) and item.ndim for item in items)
    result: list[Length] = []
    groups: list[tuple[Length, ...]] = []
    where: int | None = None
    together, last = True, -1
    axis = 0
    for k, item in enumerate(items):
        if isinstance(item, (Array, int)) and advanced:
            if where is None:
                where = len(result)
            elif last != k - 1:
                together = False
            last = k
            groups.append(_advanced_shape(item))
            axis += _consumes(item)
        elif item is None:
            result.append(1)
        elif isinstance(item, slice):
            result.append(slice_length(shape[axis], item))
            axis += 1
        elif item is not Ellipsis:
            axis += 1
    if where is None:
        return tuple(result)
    at = where if together else 0
    return (*result[:at], *broadcast(*groups), *result[at:])


def _separates(items: list[Any], place: int) -> bool:
    """Whether an ellipsis that stands for no axis still separates advanced indices."""
    return any(isinstance(i, (Array, int)) for i in items[:place]) and any(
        isinstance(i, (Array, int)) for i in items[place:]
    )


def _items(index: Tree) -> list[Any]:
    """The items of an index: ``None``, ``Ellipsis``, slices of operands, 0 for an integer, arrays' types."""
    if isinstance(index, tuple):
        return [_item(item) for item in index]
    if isinstance(index, Const) and isinstance(index.value, tuple):
        return [_item(_constant(item)) for item in index.value]
    if isinstance(index, Value) and isinstance(index.type, TupleOf):
        return [_item(Value(t)) for t in index.type.items]
    return [_item(index)]


def _constant(value: Any) -> Tree:
    if isinstance(value, slice):
        return slice(Const(value.start), Const(value.stop), Const(value.step))
    return Const(value)


def _item(item: Tree) -> Any:
    if isinstance(item, slice):
        return item
    if isinstance(item, Const):
        value = item.value
        if value is None or value is Ellipsis:
            return value
        if isinstance(value, slice):
            return _constant(value)
        if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
            return 0
        if isinstance(value, np.ndarray) and value.dtype == np.bool_:
            return Array(value.dtype, (*value.shape, int(np.count_nonzero(value))))
    t = item.type if isinstance(item, Value) else array_of(item)
    if isinstance(t, Scalar) and t.dtype.kind in "iu":
        return 0
    if isinstance(t, ListOf):
        t = array_of(item)
    if isinstance(t, Array) and t.dtype.kind in "iu":
        return t if t.ndim else 0
    if isinstance(t, (Scalar, Array)) and t.dtype.kind == "b":  # without axes: `x[True]` has a new one
        shape = t.shape if isinstance(t, Array) else ()
        return Array(t.dtype, (*shape, Dim(("mask", item if isinstance(item, Value) else object()))))
    if isinstance(t, Array) and t.shape == (0,):
        return Array(np.dtype(np.int64), (0,))
    return cannot_tell()


def _consumes(item: Any) -> int:
    """How many axes an item of an index is for. (A mask's type has its count behind its shape.)"""
    if item is None or item is Ellipsis:
        return 0
    return item.ndim - 1 if isinstance(item, Array) and item.dtype.kind == "b" else 1


def _advanced_shape(item: Any) -> tuple[Length, ...]:
    if not isinstance(item, Array):
        return ()
    return item.shape[-1:] if item.dtype.kind == "b" else item.shape


# -- slices ----------------------------------------------------------------------------------------------


def slice_length(n: Length, index: slice) -> Length:
    """The length of a slice of an axis of length ``n``.

    Constant bounds cut from the ends of a symbol (``x[1:-1]`` has ``n - 2``); symbols that cannot be negative
    are subtracted; anything else is a symbol of its own, the same for the same bounds.
    """
    start, stop, step = _bound(index.start), _bound(index.stop), _bound(index.step)
    if step is None:
        step = 1
    if isinstance(n, int) and not any(isinstance(bound, Dim) for bound in (start, stop, step)):
        return len(range(*slice(start, stop, step).indices(n)))
    if not isinstance(step, int):
        return Dim(("slice", n, start, stop, step))
    if step < 0:
        return lengths.ceil_quotient(_backward_length(n, start, stop), -step)
    return lengths.ceil_quotient(_forward_length(n, start, stop), step)


def _bound(x: Tree) -> Length | None:
    return None if x is None or (isinstance(x, Const) and x.value is None) else length_of(x)


def _forward_length(n: Length, start: Length | None, stop: Length | None) -> Length:
    begin = 0 if start is None else start
    if isinstance(begin, Dim) and isinstance(stop, Dim) and stop == begin + 1:
        return 1
    if lengths.is_natural(begin):
        if stop is None:
            return lengths.subtract(n, begin)
        if isinstance(stop, int) and stop < 0:
            return lengths.subtract(n + stop, begin)
        if lengths.is_natural(stop):
            length = lengths.subtract(stop, begin)
            if length == 1 or lengths.is_natural(lengths.subtract(n, stop)):
                return length
    elif begin == -1 and stop is None:
        return 1
    return Dim(("slice", n, begin, stop, 1))


def _backward_length(n: Length, start: Length | None, stop: Length | None) -> Length:
    if start is None or (isinstance(start, int) and start < 0):
        last = n if start is None else n + start + 1  # how many entries there are up to the first one taken
        if stop is None:
            return last
        if isinstance(stop, int) and stop >= 0:
            return last + -(stop + 1)
    return Dim(("slice", n, start, stop, -1))
