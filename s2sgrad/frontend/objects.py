"""Instances of Python classes: their attributes are variables, their methods are entered like functions."""

from __future__ import annotations

import dataclasses
import operator
from types import FunctionType, SimpleNamespace
from typing import Any

import numpy as np

from s2sgrad.errors import MutationError, UndefinedName
from s2sgrad.frontend.lowerer import Lowerer, describe, python_type
from s2sgrad.frontend.memory import check_writable, store
from s2sgrad.frontend.names import guard_attribute
from s2sgrad.frontend.outside import can_be_stored, store_outside
from s2sgrad.frontend.things import ArrayRef, Cell, Flat, Method, ObjectRef, Static, Thing
from s2sgrad.ir.core import Const

_BINARY_METHODS: dict[Any, tuple[str, str]] = {
    operator.add: ("__add__", "__radd__"),
    operator.sub: ("__sub__", "__rsub__"),
    operator.mul: ("__mul__", "__rmul__"),
    operator.truediv: ("__truediv__", "__rtruediv__"),
    operator.floordiv: ("__floordiv__", "__rfloordiv__"),
    operator.mod: ("__mod__", "__rmod__"),
    operator.pow: ("__pow__", "__rpow__"),
    operator.matmul: ("__matmul__", "__rmatmul__"),
    operator.lt: ("__lt__", "__gt__"),
    operator.le: ("__le__", "__ge__"),
    operator.gt: ("__gt__", "__lt__"),
    operator.ge: ("__ge__", "__le__"),
    operator.eq: ("__eq__", "__eq__"),
    operator.ne: ("__ne__", "__ne__"),
}
_UNARY_METHODS: dict[Any, str] = {operator.neg: "__neg__", operator.pos: "__pos__", operator.invert: "__invert__"}


def method(lo: Lowerer, ref: ObjectRef, name: str, node: Any = None) -> Thing:
    """A method of an instance, bound to it."""
    found = getattr(ref.cls, name, None)
    guard_attribute(lo, ref.cls, name)
    if not isinstance(found, FunctionType):
        lo.fail(f"`{ref.cls.__name__}` has no method `{name}` written in Python", f"define `{name}`", node)
    return Method(ref, name, found)


def has_comparison(ref: ObjectRef, fn: Any) -> bool:
    """Whether a class says itself how its instances compare."""
    return any(getattr(ref.cls, name) is not getattr(object, name) for name in _BINARY_METHODS[fn])


def binary_method(lo: Lowerer, fn: Any, a: Thing, b: Thing) -> Thing:
    """``a op b`` where one of them is an instance."""
    names = _BINARY_METHODS.get(fn)
    for thing, other, side in ((a, b, 0), (b, a, 1)):
        if names is not None and isinstance(thing, ObjectRef) and hasattr(thing.cls, names[side]):
            return lo.invoke(method(lo, thing, names[side]), [other], {})
    symbol = getattr(fn, "__name__", str(fn))
    lo.fail(f"`{symbol}` of {describe(a)} and {describe(b)} is not supported", "use numbers and arrays")


def inplace_method(lo: Lowerer, fn: Any, a: ObjectRef, b: Thing) -> Thing:
    """``a op= b`` for an instance: by ``__iadd__`` and its like where the class has them."""
    name = f"__i{fn.__name__.strip('_')}__"
    found = getattr(a.cls, name, None)
    if found is not None:
        return lo.invoke(method(lo, a, name), [b], {})
    return binary_method(lo, fn, a, b)


def unary_method(lo: Lowerer, fn: Any, a: ObjectRef) -> Thing:
    return lo.invoke(method(lo, a, _UNARY_METHODS[fn]), [], {})


def truth_of_object(lo: Lowerer, ref: ObjectRef) -> Thing:
    for name in ("__bool__", "__len__"):
        guard_attribute(lo, ref.cls, name)
        if hasattr(ref.cls, name):
            return lo.invoke(method(lo, ref, name), [], {})
    return Const(True)


def load_object_attribute(lo: Lowerer, ref: ObjectRef, name: str, node: Any) -> Thing:
    """``self.name``: a property, an attribute of the instance, a method, or something on the class."""
    found = _class_attribute(ref.cls, name)
    guard_attribute(lo, ref.cls, name)
    if isinstance(found, property) and isinstance(found.fget, FunctionType):
        return lo.invoke(Const(found.fget), [ref], {}, node)
    content = lo.heap[ref.cell]
    if name in content:
        return content[name]
    if name == "__class__":
        return Const(ref.cls)
    if isinstance(found, FunctionType):
        return Method(ref, name, found)
    if isinstance(found, staticmethod):
        return Const(found.__func__)
    if isinstance(found, classmethod):
        return Method(Const(ref.cls), name, found.__func__)
    if found is not None or hasattr(ref.cls, name):
        return Const(found)
    raises = AttributeError(f"{ref.cls.__name__!r} object has no attribute {name!r}")
    lo.fail(
        f"`{ref.cls.__name__}` object has no attribute `{name}` here", "assign it first", node, UndefinedName, raises
    )


def _class_attribute(cls: type, name: str) -> Any:
    for base in cls.__mro__:
        if name in vars(base):
            return vars(base)[name]
    return None


def store_attribute(lo: Lowerer, thing: Thing, name: str, value: Thing, node: Any) -> None:
    """``thing.name = value``."""
    if isinstance(thing, ArrayRef) and name == "flat":
        entries = lo.call(np.ravel, lo.operand(value)) if isinstance(value, ArrayRef) else value
        store(lo, Flat(thing).entries, Const(Ellipsis), entries)
        return
    if isinstance(thing, Const):
        descriptor = _class_attribute(type(thing.value), name)
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
    found = _class_attribute(thing.cls, name)
    guard_attribute(lo, thing.cls, name)
    if isinstance(found, property):
        if not isinstance(found.fset, FunctionType):
            lo.fail(f"the property `{name}` cannot be assigned", "give it a setter", node)
        lo.invoke(Const(found.fset), [thing, value], {}, node)
        return
    check_writable(lo, thing.cell, "an object")
    lo.heap[thing.cell] = {**lo.heap[thing.cell], name: value}


def construct(lo: Lowerer, cls: type, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> Thing:
    """``cls(*args, **kwargs)`` for a class whose ``__init__`` is written in Python (or made by ``dataclass``)."""
    cell = Cell()
    ref = ObjectRef(cell, cls)
    lo.heap[cell] = {}
    if hasattr(cls, "__dataclass_fields__") and not _has_own_init(cls):
        _construct_dataclass(lo, ref, args, kwargs, node)
        return ref
    guard_attribute(lo, cls, "__init__")
    init = getattr(cls, "__init__", None)
    if init is not object.__init__:
        lo.invoke(Method(ref, "__init__", init), args, kwargs, node)
    return ref


def namespace(lo: Lowerer, attributes: dict[str, Thing]) -> ObjectRef:
    """``SimpleNamespace(a=…, b=…)``."""
    cell = Cell()
    lo.heap[cell] = dict(attributes)
    return ObjectRef(cell, SimpleNamespace)


def _has_own_init(cls: type) -> bool:
    return "__init__" in vars(cls) and not vars(cls)["__init__"].__code__.co_filename.startswith("<")


def _construct_dataclass(lo: Lowerer, ref: ObjectRef, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> None:
    fields = [f for f in dataclasses.fields(ref.cls) if f.init]
    given = dict(zip((f.name for f in fields), args, strict=False)) | kwargs
    content: dict[str, Thing] = {}
    for f in dataclasses.fields(ref.cls):
        if f.name in given:
            content[f.name] = given[f.name]
        elif f.default is not dataclasses.MISSING:
            content[f.name] = Const(f.default)
        elif f.default_factory is not dataclasses.MISSING:
            content[f.name] = lo.invoke(Const(f.default_factory), [], {}, node)
        else:
            lo.fail(f"`{ref.cls.__name__}` needs the field `{f.name}`", "pass it", node)
    lo.heap[ref.cell] = content
    post = getattr(ref.cls, "__post_init__", None)
    if post is not None:
        lo.invoke(Method(ref, "__post_init__", post), [], {}, node)
