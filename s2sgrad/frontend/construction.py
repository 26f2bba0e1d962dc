"""Making instances: ``cls(…)`` for classes whose ``__init__`` is written in Python, or made by ``dataclass``."""

from __future__ import annotations

import dataclasses
import inspect
from types import FunctionType, SimpleNamespace
from typing import Any

from s2sgrad.errors import ArgumentCountError
from s2sgrad.frontend.class_members import class_attribute, thing_of
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.names import guard_attribute
from s2sgrad.frontend.objects import intercepts_stores, store_attribute
from s2sgrad.frontend.things import Cell, Method, ObjectRef, Thing
from s2sgrad.ir.core import Const


def construct(lo: Lowerer, cls: type, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> Thing:
    """``cls(*args, **kwargs)``."""
    cell = Cell()
    ref = ObjectRef(cell, cls)
    lo.heap[cell] = {}
    guard_attribute(lo, cls, "__init__")
    init = class_attribute(lo, cls, "__init__")
    if hasattr(cls, "__dataclass_fields__") and _is_generated(init):
        _construct_dataclass(lo, ref, init, args, kwargs, node)
    elif init is not object.__init__:
        lo.invoke(Method(ref, "__init__", init), args, kwargs, node)
    elif args or kwargs:
        error = TypeError(f"{cls.__name__}() takes no arguments")
        lo.fail(f"{cls.__name__}() takes no arguments", "pass none", node, ArgumentCountError, error)
    return ref


def namespace(lo: Lowerer, attributes: dict[str, Thing]) -> ObjectRef:
    """``SimpleNamespace(a=…, b=…)``."""
    cell = Cell()
    lo.heap[cell] = dict(attributes)
    return ObjectRef(cell, SimpleNamespace)


def _is_generated(init: Any) -> bool:
    return isinstance(init, FunctionType) and init.__code__.co_filename.startswith("<")


def _construct_dataclass(
    lo: Lowerer, ref: ObjectRef, init: Any, args: list[Thing], kwargs: dict[str, Thing], node: Any
) -> None:
    """What the ``__init__`` does that `dataclass` has made: bind by its own signature, then store the fields."""
    cls: Any = ref.cls
    signature = inspect.signature(init)
    try:
        given = signature.bind(ref, *args, **kwargs).arguments
    except TypeError as error:
        what, raises = f"{cls.__name__}.__init__() {error}", TypeError(f"{cls.__name__}.__init__() {error}")
        lo.fail(what, "pass what its fields need", node, ArgumentCountError, raises)
    own_names = {f.name for f in dataclasses.fields(cls)}
    passed_on: list[Thing] = []  # `InitVar`s
    for f in cls.__dataclass_fields__.values():
        if f.name in given:
            thing = given[f.name]
        elif f.default is not dataclasses.MISSING and (f.name in own_names or f.name in signature.parameters):
            thing = thing_of(lo, f.default)
        elif f.default_factory is not dataclasses.MISSING:
            thing = lo.invoke(Const(f.default_factory), [], {}, node)
        else:
            continue  # a class variable, or a field that `__post_init__` sets
        if f.name not in own_names:
            passed_on.append(thing)
        elif intercepts_stores(cls):
            store_attribute(lo, ref, f.name, thing, node)
        else:
            lo.heap[ref.cell] = {**lo.heap[ref.cell], f.name: thing}
    post = class_attribute(lo, cls, "__post_init__")
    if post is not None:
        lo.invoke(Method(ref, "__post_init__", post), passed_on, {}, node)
