"""Objects from outside of the function whose attributes it writes: ``solver.last = x``.

Such an attribute is *adopted*: it becomes a variable of the lowering that starts with what the object holds when the
derivative is called, and each store is also carried out on the object, in its place among the effects. Which attributes
these are is found out by lowering: a store to another one raises :class:`Adopts`, and the function is lowered again.

What runs as plain Python may write attributes, too. That matters only where the lowered code reads the same ones.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from types import BuiltinFunctionType, FunctionType, MemberDescriptorType, ModuleType
from typing import Any

import numpy as np

from s2sgrad.errors import MutationError
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.names import capture
from s2sgrad.frontend.things import ArrayRef, Cell, DictRef, ListRef, ObjectRef, Thing
from s2sgrad.ir.core import Call, Capture, Const
from s2sgrad.ir.types import Array, Unknown

_PLAIN_STORE: Any = object.__setattr__
_FROZEN = "was stored in an object outside of the function"
_ATOMS = (int, float, complex, str, bytes, type(None), np.generic, np.dtype, np.ufunc)
_CODE = (ModuleType, FunctionType, BuiltinFunctionType, type)


class Adopts(Exception):
    """The attribute ``name`` of ``owner`` has to be a variable of the lowering."""

    def __init__(self, owner: Any, name: str) -> None:
        super().__init__(name)
        self.owner = owner
        self.name = name


def adopt(lo: Lowerer, owner: Any, names: Iterable[str]) -> None:
    """Make variables of these attributes of an object, before anything else is lowered."""
    cell = Cell(type(owner).__name__.lower())
    lo.heap[cell] = {
        name: capture(lo, getattr(owner, name), Capture(name, owner, (("attribute", name),)))
        for name in sorted(names)
        if hasattr(owner, name)
    }
    lo.adopted[id(owner)] = ObjectRef(cell, type(owner))


def is_instance(value: Any) -> bool:
    """Whether this is an object with a state that others can see: no number, text, module, function or class."""
    return not isinstance(value, (*_ATOMS, *_CODE, tuple, frozenset))


def adopted_attribute(lo: Lowerer, owner: Any, name: str) -> Thing | None:
    """An attribute that is a variable of the lowering, or None."""
    ref = lo.adopted.get(id(owner))
    return None if ref is None else lo.heap[ref.cell].get(name)


def check_read(lo: Lowerer, owner: Any, name: str) -> None:
    """See to it that what is read here is not written by something that plain Python runs."""
    if (id(owner), name) in lo.written_outside:
        raise Adopts(owner, name)


def store_outside(lo: Lowerer, owner: Any, name: str, value: Thing, node: Any) -> None:
    """``owner.name = value``."""
    ref = lo.adopted.get(id(owner))
    if ref is None and lo.trial:
        lo.written_outside[id(owner), name] = owner
        lo.fail("this writes into an object from outside of the function", "return the value", node, MutationError)
    if ref is None or (name not in lo.heap[ref.cell] and hasattr(owner, name)):
        raise Adopts(owner, name)
    operand = lo.operand(value)
    if isinstance(value, ArrayRef) and isinstance(lo.read(value).type, (Array, Unknown)):
        operand = lo.operand(lo.call(np.copy, operand))  # memory that the object shares with nobody
    for cell in _cells(lo, value):
        cell.frozen = _FROZEN
    lo.builder.add(Call(setattr, (Const(owner), Const(name), operand), {}, [], effect=True))
    lo.heap[ref.cell] = {**lo.heap[ref.cell], name: value}


def can_be_stored(owner: Any, descriptor: Any) -> bool:
    """Whether Python stores an attribute of this object plainly: nothing intercepts it."""
    return (
        is_instance(owner)
        and inspect.getattr_static(type(owner), "__setattr__") is _PLAIN_STORE
        and (isinstance(descriptor, MemberDescriptorType) or not hasattr(type(descriptor), "__set__"))
    )


def _cells(lo: Lowerer, thing: Thing) -> Iterable[Cell]:
    if isinstance(thing, tuple):
        for item in thing:
            yield from _cells(lo, item)
    elif isinstance(thing, (ArrayRef, ListRef, DictRef)):
        yield thing.cell
        content = lo.heap[thing.cell]
        if isinstance(content, (tuple, dict)):
            yield from _cells(lo, tuple(content.values()) if isinstance(content, dict) else content)
