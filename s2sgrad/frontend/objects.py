"""Instances of Python classes: their attributes are variables, their methods are entered like functions."""

from __future__ import annotations

import dataclasses
import functools
from types import (
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    WrapperDescriptorType,
)
from typing import Any

import numpy as np

from s2sgrad.errors import MutationError, UndefinedName
from s2sgrad.frontend.class_members import class_attribute, is_in_class, store_in_class, thing_of
from s2sgrad.frontend.data_model import call_special, special
from s2sgrad.frontend.entries import entry
from s2sgrad.frontend.kinds import describe, python_type
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.memory import check_writable, store
from s2sgrad.frontend.names import guard_attribute
from s2sgrad.frontend.outside import can_be_stored, store_outside
from s2sgrad.frontend.stand_ins import STAND_INS, definitions_of, depends, is_of_pandas, is_stand_in, refuse_of_stand_in
from s2sgrad.frontend.things import ArrayRef, DictRef, Flat, Method, ObjectRef, Partial, Static, Thing
from s2sgrad.ir.core import Const
from s2sgrad.rules.attribute_access import computed_or_missing, stored_when_read


def method(lo: Lowerer, ref: ObjectRef, name: str, node: Any = None) -> Thing:
    """A method of an instance, bound to it."""
    cls = definitions_of(ref.cls)
    found = class_attribute(lo, cls, name)
    guard_attribute(lo, cls, name)
    if ref.cls in STAND_INS and not isinstance(found, FunctionType):
        refuse_of_stand_in(lo, ref, name, node)
    if not isinstance(found, FunctionType):
        lo.fail(f"`{ref.cls.__name__}` has no method `{name}` written in Python", f"define `{name}`", node)
    return Method(ref, name, found)


def load_object_attribute(lo: Lowerer, ref: ObjectRef, name: str, node: Any) -> Thing:
    """``self.name``: a property, an attribute of the instance, a method, or something on the class."""
    if name == "__class__":
        return Const(ref.cls)
    if name == "__dict__" and ref.cls.__dictoffset__:
        return DictRef(ref.cell)  # one memory, seen in two ways
    cls: Any = definitions_of(ref.cls)
    if isinstance(class_attribute(lo, cls, "__getattribute__"), FunctionType):
        lo.fail(f"`{cls.__name__}` has a `__getattribute__` of its own", "use `__getattr__` or properties", node)
    found = class_attribute(lo, cls, name)
    guard_attribute(lo, cls, name)
    own = depends(lo, ref, name) if found is None else None
    if own is not None:
        return own
    if isinstance(found, property) and isinstance(found.fget, FunctionType):
        return computed(lo, ref, cls, name, found.fget, [ref], node)
    if _is_descriptor(found, "__set__") and not isinstance(found, MemberDescriptorType):
        return _from_descriptor(lo, ref, found, name, node)
    content = lo.heap[ref.cell]
    if name in content:
        return content[name]
    if isinstance(found, FunctionType):
        return Method(ref, name, found)
    if isinstance(found, staticmethod):
        return Const(found.__func__)
    if isinstance(found, classmethod):
        return Method(Const(cls), name, found.__func__)
    if isinstance(found, functools.cached_property):
        return computed(lo, ref, cls, name, stored_when_read, [Const(found.func), ref, Const(name)], node)
    if _is_descriptor(found, "__get__") and not isinstance(found, (MemberDescriptorType, *_BUILT_IN)):
        return _from_descriptor(lo, ref, found, name, node)
    if is_in_class(lo, cls, name) and not isinstance(found, MemberDescriptorType):
        return thing_of(lo, found)
    missing = call_special(lo, ref, "__getattr__", [Const(name)], node)
    if missing is not None:
        return missing
    if is_stand_in(ref):
        refuse_of_stand_in(lo, ref, name, node)
    raises = AttributeError(f"{cls.__name__!r} object has no attribute {name!r}")
    lo.fail(f"`{cls.__name__}` object has no attribute `{name}` here", "assign it first", node, UndefinedName, raises)


_BUILT_IN = (WrapperDescriptorType, MethodDescriptorType, GetSetDescriptorType)


def _is_descriptor(found: Any, method: str) -> bool:
    return found is not None and hasattr(type(found), method) and not isinstance(found, FunctionType)


def computed(lo: Lowerer, owner: Thing, cls: type, name: str, fn: Any, args: list[Thing], node: Any) -> Thing:
    """An attribute that is the result of a call. Where that raises AttributeError, Python asks ``__getattr__``."""
    missing = special(lo, owner, "__getattr__")
    if missing is None:
        guard_attribute(lo, cls, "__getattr__")
        return lo.invoke(Const(fn), args, {}, node)
    compute = Partial(Const(fn), tuple(args), {})
    return lo.invoke(
        Const(computed_or_missing), [compute, Method(owner, "__getattr__", missing), Const(name)], {}, node
    )


def _from_descriptor(lo: Lowerer, ref: ObjectRef, found: Any, name: str, node: Any) -> Thing:
    """An attribute that a descriptor of the user's computes."""
    getter = class_attribute(lo, type(found), "__get__")
    if not isinstance(getter, FunctionType):
        lo.fail(f"attributes by `{type(found).__name__}` are not supported", "use a property", node)
    guard_attribute(lo, type(found), "__get__")
    return computed(lo, ref, ref.cls, name, getter, [Const(found), ref, Const(ref.cls)], node)


def intercepts_stores(cls: Any) -> bool:
    """Whether a class does something of its own where an attribute is assigned (a frozen dataclass does not count)."""
    return isinstance(cls.__setattr__, FunctionType) and not _is_frozen(cls)


def _is_frozen(cls: Any) -> bool:
    parameters = getattr(cls, "__dataclass_params__", None)
    store: Any = cls.__setattr__
    return bool(parameters is not None and parameters.frozen and store.__code__.co_filename.startswith("<"))


def store_attribute(lo: Lowerer, thing: Thing, name: str, value: Thing, node: Any) -> None:
    """``thing.name = value``."""
    if isinstance(thing, ArrayRef) and name == "flat":
        entries = lo.call(np.ravel, lo.operand(value)) if isinstance(value, ArrayRef) else value
        store(lo, Flat(thing).entries, Const(Ellipsis), entries)
        return
    if isinstance(thing, Const):
        if isinstance(thing.value, type) and thing.value in lo.classes:
            check_writable(lo, lo.classes[thing.value], "a class")
            store_in_class(lo, thing.value, name, value)
            return
        descriptor = class_attribute(lo, type(thing.value), name)
        if isinstance(descriptor, property) and isinstance(descriptor.fset, FunctionType):
            lo.invoke(Const(descriptor.fset), [thing, value], {}, node)
            return
        if can_be_stored(thing.value, descriptor):
            store_outside(lo, thing.value, name, value, node)
            return
    if not isinstance(thing, ObjectRef):
        what = "an object from outside of the function" if isinstance(thing, Static) else describe(thing)
        known = python_type(lo, thing)
        raises = None
        if known in (np.ndarray, float, int, np.float64) and not hasattr(known, name):
            raises = AttributeError(f"{known.__name__!r} object has no attribute {name!r}")
        lo.fail(
            f"assigning to an attribute of {what} is not supported",
            "return the new value instead",
            node,
            MutationError,
            raises,
        )
    if thing.cls in STAND_INS and not (lo.frame.source is not None and lo.frame.source.stands_in):
        if not is_of_pandas(thing.cls):
            refuse_of_stand_in(lo, thing, name, node)
        what = f"assigning to `{name}` of a pandas {thing.cls.__name__} is not supported"
        lo.fail(what, "make a new one: pd.Series(values, index=…, name=…)", node, MutationError)
    _store_in_object(lo, thing, name, value, node)


def _store_in_object(lo: Lowerer, ref: ObjectRef, name: str, value: Thing, node: Any) -> None:
    cls: Any = ref.cls
    if _is_frozen(cls):
        raises = dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
        lo.fail(f"`{cls.__name__}` is frozen", "make a new one: `dataclasses.replace`", node, MutationError, raises)
    if intercepts_stores(cls):
        guard_attribute(lo, cls, "__setattr__")
        lo.invoke(Const(cls.__setattr__), [ref, Const(name), value], {}, node)
        return
    store_plainly(lo, ref, name, value, node)


def store_plainly(lo: Lowerer, ref: ObjectRef, name: str, value: Thing, node: Any) -> None:
    """``object.__setattr__(ref, name, value)``."""
    cls: Any = definitions_of(ref.cls)
    found = class_attribute(lo, cls, name)
    guard_attribute(lo, cls, name)
    if isinstance(found, property):
        if not isinstance(found.fset, FunctionType):
            raises = AttributeError(f"property {name!r} of {cls.__name__!r} object has no setter")
            lo.fail(f"the property `{name}` cannot be assigned", "give it a setter", node, raises=raises)
        lo.invoke(Const(found.fset), [ref, value], {}, node)
        return
    if _is_descriptor(found, "__set__") and not isinstance(found, MemberDescriptorType):
        setter = class_attribute(lo, type(found), "__set__")
        if not isinstance(setter, FunctionType):
            lo.fail(f"assigning by `{type(found).__name__}` is not supported", "use a property", node)
        guard_attribute(lo, type(found), "__set__")
        lo.invoke(Const(setter), [Const(found), ref, value], {}, node)
        return
    if not cls.__dictoffset__ and not isinstance(found, MemberDescriptorType):
        raises = AttributeError(f"{cls.__name__!r} object has no attribute {name!r}")
        lo.fail(f"`{cls.__name__}` has no slot `{name}`", "add it to `__slots__`", node, UndefinedName, raises)
    check_writable(lo, ref.cell, "an object")
    lo.heap[ref.cell] = {**lo.heap[ref.cell], name: value}


def delete_attribute(lo: Lowerer, thing: Thing, name: str, node: Any) -> None:
    """``del thing.name``."""
    if not isinstance(thing, ObjectRef) or thing.cls in STAND_INS:
        lo.fail(f"`del` of an attribute of {describe(thing)} is not supported", "leave it", node, MutationError)
    cls: Any = thing.cls
    if call_special(lo, thing, "__delattr__", [Const(name)], node) is not None:
        return
    guard_attribute(lo, cls, "__delattr__")
    found = class_attribute(lo, cls, name)
    if _is_descriptor(found, "__delete__") and not isinstance(found, MemberDescriptorType):
        lo.fail(f"`del` of `{name}`, which is computed, is not supported", "call a method for it", node, MutationError)
    if entry(lo, thing, name) is None:
        raises = AttributeError(f"{cls.__name__!r} object has no attribute {name!r}")
        lo.fail(f"`{cls.__name__}` object has no attribute `{name}` here", "leave it", node, UndefinedName, raises)
    check_writable(lo, thing.cell, "an object")
    lo.heap[thing.cell] = {key: held for key, held in lo.heap[thing.cell].items() if key != name}
