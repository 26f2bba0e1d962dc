"""``copy.copy`` and ``copy.deepcopy``."""

from __future__ import annotations

import copy
import inspect
from types import FunctionType
from typing import Any

import numpy as np

from s2sgrad.frontend.attributes import attribute
from s2sgrad.frontend.calls import handles
from s2sgrad.frontend.items import lend
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.outside import is_instance
from s2sgrad.frontend.slots import same_kind
from s2sgrad.frontend.stand_ins import definitions_of
from s2sgrad.frontend.things import ArrayRef, Cell, DictRef, ListRef, ObjectRef, Thing, path_key
from s2sgrad.ir.core import Const
from s2sgrad.ir.types import OBJECT

_PLAIN_REDUCE: Any = vars(object)["__reduce_ex__"]
Args = list[Thing]
Kwargs = dict[str, Thing]


@handles(copy.copy)
def _copy(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    (thing,) = args
    if isinstance(thing, (ListRef, DictRef, ObjectRef)):
        made = _own_way(lo, thing, "__copy__", [], node)
        return _same_kind(thing, lo, lo.heap[thing.cell]) if made is None else made
    if isinstance(thing, Const) and is_instance(thing.value):
        return _of_instance(lo, thing, False, node)
    return _deep(lo, thing, node, {}) if isinstance(thing, ArrayRef) else thing


@handles(copy.deepcopy)
def _deepcopy(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    return _deep(lo, args[0], node, {})


def _deep(lo: Lowerer, thing: Thing, node: Any, copied: dict[Any, Thing]) -> Thing:
    """A copy with memory of its own, all the way down; what was one thing in two places stays one."""
    if isinstance(thing, tuple):
        return tuple(_deep(lo, t, node, copied) for t in thing)
    if isinstance(thing, Const) and is_instance(thing.value):
        return _of_instance(lo, thing, True, node)
    if not isinstance(thing, (ArrayRef, ListRef, DictRef, ObjectRef)):
        return thing
    key = (thing.cell, path_key(thing.path)) if isinstance(thing, ArrayRef) else thing.cell
    if key not in copied:
        copied[key] = _deep_new(lo, thing, node, copied)
    return copied[key]


def _deep_new(lo: Lowerer, thing: Thing, node: Any, copied: dict[Any, Thing]) -> Thing:
    if isinstance(thing, ArrayRef):
        return lo.call(np.copy, lo.operand(thing))
    made = _own_way(lo, thing, "__deepcopy__", [_new_dict(lo)], node)
    if made is not None:
        return made
    content = lo.heap[thing.cell]
    if isinstance(content, tuple):
        content = tuple(_deep(lo, t, node, copied) for t in content)
    elif isinstance(content, dict):
        content = {k: _deep(lo, t, node, copied) for k, t in content.items()}
    return _same_kind(thing, lo, content)


def _same_kind(thing: Thing, lo: Lowerer, content: Any) -> Thing:
    if content is lo.heap[thing.cell] and isinstance(thing, ListRef):
        lend(lo, thing.cell)
    cell = Cell()
    lo.heap[cell] = content
    lo.note_perhaps(cell, thing.cell)
    return same_kind(thing, cell)


def _new_dict(lo: Lowerer) -> DictRef:
    cell = Cell()
    lo.heap[cell] = {}
    return DictRef(cell)


def _own_way(lo: Lowerer, thing: Thing, name: str, args: Args, node: Any) -> Thing | None:
    """What the class says a copy is, if it does."""
    cls = type(thing.value) if isinstance(thing, Const) else getattr(thing, "cls", None)
    found = getattr(definitions_of(cls), name, None) if isinstance(cls, type) else None
    return lo.invoke(Const(found), [thing, *args], {}, node) if isinstance(found, FunctionType) else None


def _of_instance(lo: Lowerer, thing: Const, deep: bool, node: Any) -> Thing:
    """A copy of an object from outside: an object of the lowered code with the same attributes."""
    made = _own_way(lo, thing, "__deepcopy__" if deep else "__copy__", [_new_dict(lo)] if deep else [], node)
    if made is not None:
        return made
    cls = type(thing.value)
    plain = inspect.getattr_static(cls, "__reduce_ex__") is _PLAIN_REDUCE and getattr(cls, "__setstate__", None) is None
    if not (plain and hasattr(thing.value, "__dict__") and not isinstance(thing.value, (list, dict, set, np.ndarray))):
        return lo.builder.typed_call(copy.deepcopy if deep else copy.copy, OBJECT, thing)
    cell = Cell()
    held = {name: attribute(lo, thing, name, node) for name in vars(thing.value)}
    lo.heap[cell] = {name: _deep(lo, t, node, {}) for name, t in held.items()} if deep else held
    return ObjectRef(cell, cls)
