"""Python's builtins on types, attributes, partial functions and copies: decided while compiling where possible."""

from __future__ import annotations

import collections
import copy
import dataclasses
import functools
from types import FunctionType, GetSetDescriptorType, MethodDescriptorType, WrapperDescriptorType
from typing import Any, NoReturn

import numpy as np

from s2sgrad.frontend.attributes import attribute
from s2sgrad.frontend.binding import known_items
from s2sgrad.frontend.calls import handles
from s2sgrad.frontend.class_members import class_attribute, is_in_class
from s2sgrad.frontend.entries import entry
from s2sgrad.frontend.inheritance import make_super
from s2sgrad.frontend.kinds import possible_types, python_type
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.names import guard, guard_attribute
from s2sgrad.frontend.objects import store_attribute, store_plainly
from s2sgrad.frontend.plain import thing_is_varied
from s2sgrad.frontend.stand_ins import STAND_INS, depends
from s2sgrad.frontend.things import (
    Closure,
    Method,
    ObjectRef,
    Partial,
    Record,
    Thing,
)
from s2sgrad.ir.core import Absent, Capture, Const, Present
from s2sgrad.ir.types import BOOL, OBJECT, Unknown
from s2sgrad.rules.attribute_access import attribute_or, has_attribute

Args = list[Thing]
Kwargs = dict[str, Thing]


@handles(isinstance)
def _isinstance(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    thing, classes = args
    kinds = possible_types(lo, thing)
    if not all(isinstance(c, Const) for c in (classes if isinstance(classes, tuple) else (classes,))):
        return lo.builder.typed_call(isinstance, BOOL, lo.operand(thing), lo.operand(classes))
    wanted = tuple(c.value for c in classes) if isinstance(classes, tuple) else classes.value
    if isinstance(thing, Const):
        if isinstance(thing.value, frozenset) and isinstance(set(), wanted) != isinstance(frozenset(), wanted):
            refuse_class_of_set(lo, node)
        return Const(isinstance(thing.value, wanted))
    found = {issubclass(kind, wanted) for kind in kinds}
    if len(found) != 1:
        if not kinds and _is_a_number_or_array(lo, thing) and not _may_be_numeric(wanted):
            return Const(False)
        return lo.builder.typed_call(isinstance, BOOL, lo.operand(thing), lo.operand(classes))
    return Const(found.pop())


def refuse_class_of_set(lo: Lowerer, node: Any) -> NoReturn:
    lo.fail(
        "whether a set of known items is a `set` or a `frozenset` is not kept",
        "ask with isinstance(x, (set, frozenset)), or use a tuple",
        node,
    )


def _is_a_number_or_array(lo: Lowerer, thing: Thing) -> bool:
    """Whether what has no known type is a number or an array: it carries a derivative, or a rule asks."""
    return isinstance(lo.type_of(thing), Unknown) and (lo.rule or thing_is_varied(lo, thing))


def _may_be_numeric(wanted: Any) -> bool:
    classes = wanted if isinstance(wanted, tuple) else (wanted,)
    numeric = (np.ndarray, np.float16, np.float32, np.float64, np.complex64, np.complex128, float, complex)
    known = all(isinstance(c, type) for c in classes)
    return not known or any(issubclass(n, c) or issubclass(c, n) for c in classes for n in numeric)


@handles(type)
def _type(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    kinds = possible_types(lo, args[0])
    if frozenset in kinds:
        refuse_class_of_set(lo, node)
    return Const(kinds[0]) if len(kinds) == 1 else lo.builder.typed_call(type, OBJECT, lo.operand(args[0]))


@handles(super)
def _super(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    return make_super(lo, args, node)


@handles(object.__init__)
def _nothing(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    return Const(None)


@handles(object.__setattr__)
def _store_plainly(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    ref, name, value = args
    if not isinstance(ref, ObjectRef) or not isinstance(name, Const):
        lo.fail("`object.__setattr__` of an object from outside is not supported", "assign the attribute", node)
    store_plainly(lo, ref, name.value, value, node)
    return Const(None)


@handles(callable)
def _callable(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    thing = args[0]
    if isinstance(thing, Const):
        return Const(callable(thing.value))
    if isinstance(thing, ObjectRef):
        return Const(callable(getattr(thing.cls, "__call__", None)))  # noqa: B004 - of its instances
    return Const(isinstance(thing, (Closure, Method, Partial)))


@handles(hasattr)
def _hasattr(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    thing, name = args
    if isinstance(thing, ObjectRef):
        guard_attribute(lo, thing.cls, name.value)
        if thing.cls in STAND_INS:
            return Const(hasattr(thing.cls, name.value) or depends(lo, thing, name.value) is not None)
        if _runs_code(lo, thing, name.value):
            return lo.invoke(Const(has_attribute), args, kwargs, node)
        return Const(is_in_class(lo, thing.cls, name.value) or entry(lo, thing, name.value) is not None)
    if isinstance(thing, Const):
        found = hasattr(thing.value, name.value)
        if isinstance(thing.value, frozenset) and found != hasattr(set, name.value):
            refuse_class_of_set(lo, node)
        if not isinstance(thing.value, (int, float, complex, str, type(None))):
            where = Capture(name.value, thing.value, (("attribute", name.value),))
            guard(lo, where, Present if found else Absent)
        return Const(found)
    kinds = possible_types(lo, thing)
    if len({hasattr(kind, name.value) for kind in kinds}) != 1:
        return lo.builder.typed_call(hasattr, BOOL, lo.operand(thing), name)
    kind = kinds[0]
    if isinstance(thing, Record) and _runs_code(lo, thing, name.value):
        return lo.invoke(Const(has_attribute), args, kwargs, node)
    return Const(is_in_class(lo, kind, name.value))


def _runs_code(lo: Lowerer, thing: ObjectRef | Record, name: str) -> bool:
    """Whether looking up an attribute of an object runs code of its class, which may raise AttributeError."""
    found = class_attribute(lo, thing.cls, name)
    if found is None:
        has_it = isinstance(thing, ObjectRef) and entry(lo, thing, name) is not None
        return not has_it and class_attribute(lo, thing.cls, "__getattr__") is not None
    by_code = hasattr(type(found), "__get__") and not isinstance(found, (FunctionType, staticmethod, classmethod))
    return by_code and not isinstance(found, _BY_INTERPRETER)


_BY_INTERPRETER = (GetSetDescriptorType, WrapperDescriptorType, MethodDescriptorType)


@handles(getattr)
def _getattr(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    thing, name, *default = args
    if not isinstance(name, Const):
        lo.needs_static(name, "`getattr` needs a name that is known while compiling", "write the attribute", node)
    if default and isinstance(thing, (ObjectRef, Record)) and _runs_code(lo, thing, name.value):
        return lo.invoke(Const(attribute_or), args, kwargs, node)
    if default:
        found = _hasattr(lo, [thing, name], {}, node)
        if isinstance(found, Const) and not found.value:
            return default[0]
    return attribute(lo, thing, str(name.value), node)


@handles(dataclasses.fields)
def _fields(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    owner = args[0].cls if isinstance(args[0], ObjectRef) else getattr(args[0], "value", None)
    if not dataclasses.is_dataclass(owner):
        lo.fail("`dataclasses.fields` needs a dataclass or an instance of one", "pass one", node)
    return tuple(map(Const, dataclasses.fields(owner)))


@handles(dataclasses.replace, *([copy.replace] if hasattr(copy, "replace") else []))
def _replace(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    """``dataclasses.replace(obj, name=value)``: an instance made anew, so that `__post_init__` runs again."""
    (thing,) = args
    cls: Any = python_type(lo, thing)
    if isinstance(thing, Record):
        return lo.invoke(attribute(lo, thing, "_replace", node), [], kwargs, node)
    if not dataclasses.is_dataclass(cls):
        lo.fail("only dataclasses and named tuples are replaced", "pass an instance of one", node)
    given = dict(kwargs)
    for f in cls.__dataclass_fields__.values():
        kind = getattr(f, "_field_type").name  # noqa: B009 - the type stubs do not know it
        if kind == "_FIELD" and not f.init and f.name in kwargs:
            error = ValueError(f"field {f.name} is declared with init=False, it cannot be specified with replace()")
            lo.fail(str(error), "leave it out", node, raises=error)
        if kind == "_FIELD_INITVAR" and f.name not in given and f.default is dataclasses.MISSING:
            lo.fail(f"the `InitVar` `{f.name}` has to be given again", "pass it to `replace`", node)
        if kind == "_FIELD" and f.init and f.name not in given:
            given[f.name] = attribute(lo, thing, f.name, node)
    return lo.invoke(Const(cls), [], given, node)


@handles(setattr)
def _setattr(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    store_attribute(lo, args[0], args[1].value, args[2], node)
    return Const(None)


@handles(collections.namedtuple)
def _namedtuple(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    """A class of named tuples that is made where it is used."""
    names = known_items(lo, args[1]) if len(args) == 2 and not kwargs else None
    if names is None or not all(isinstance(t, Const) for t in (args[0], *names)):
        lo.fail("a named tuple whose names or defaults only running tells", "define the class outside", node)
    fields = args[1].value if isinstance(args[1], Const) else tuple(t.value for t in names)
    return Const(_named_tuple(args[0].value, fields if isinstance(fields, str) else tuple(fields)))


@functools.cache
def _named_tuple(name: str, fields: Any) -> type:
    return collections.namedtuple(name, fields)


@handles(functools.partial)
def _partial(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    return Partial(args[0], tuple(args[1:]), dict(kwargs))
