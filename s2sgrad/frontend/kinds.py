"""What things are for Python: their types, where those are known while compiling, and words for them in messages."""

from __future__ import annotations

import functools
import types
from typing import TYPE_CHECKING, cast

import numpy as np

from s2sgrad.frontend.things import (
    ArrayRef,
    Checkpointed,
    Closure,
    DictRef,
    DictView,
    Flat,
    Generator,
    ListRef,
    Mapped,
    Method,
    ObjectRef,
    Once,
    Partial,
    Range,
    Record,
    Row,
    SliceThing,
    Thing,
    Yielded,
    Zip,
)
from s2sgrad.ir.core import Const
from s2sgrad.ir.types import Array, Scalar, TupleOf

if TYPE_CHECKING:
    from s2sgrad.frontend.lowerer import Lowerer

_TYPES: dict[type, type] = {
    tuple: tuple,
    ListRef: list,
    Row: list,
    DictRef: dict,
    Range: range,
    SliceThing: slice,
    Closure: types.FunctionType,
    Partial: functools.partial,
}


def python_type(lo: Lowerer, thing: Thing) -> type | None:
    """The Python type of a thing, where it is known while compiling; None where only running tells."""
    if isinstance(thing, Const):
        return type(thing.value)
    if isinstance(thing, (ObjectRef, Record)):
        return cast(type, thing.cls)
    if isinstance(thing, Method):
        return types.MethodType if thing.fn is not None else types.BuiltinMethodType
    if type(thing) in _TYPES:
        return _TYPES[type(thing)]
    t = lo.type_of(thing)
    if isinstance(t, Array):
        return np.ndarray
    if isinstance(t, Scalar):
        return {"b": bool, "i": int, "f": float, "c": complex}.get(t.dtype.kind) if t.weak else t.dtype.type
    return tuple if isinstance(t, TupleOf) else None


def possible_types(lo: Lowerer, thing: Thing) -> tuple[type, ...]:
    """The Python types that a thing may have: several where a number is Python's on one path and NumPy's on another.
    Empty where only running tells."""
    if isinstance(thing, Const) and isinstance(thing.value, frozenset):
        return (set, frozenset)  # what is written `{1, 2}` is kept as a frozenset
    t = lo.type_of(thing)
    if isinstance(t, Scalar) and not isinstance(thing, Const):
        return t.classes
    known = python_type(lo, thing)
    return () if known is None else (known,)


def type_name(lo: Lowerer, thing: Thing) -> str:
    """The name of that type, as Python's messages write it."""
    found = python_type(lo, thing)
    if found is None:
        return "object"
    return f"numpy.{found.__name__}" if found.__module__ == "numpy" else found.__name__


def describe(thing: Thing) -> str:
    """A thing in words, for error messages."""
    if isinstance(thing, Const):
        return f"`{getattr(thing.value, '__name__', repr(thing.value))}`"
    return _WORDS.get(type(thing), "a run-time value")


_WORDS = {
    Closure: "a function",
    Method: "a method",
    Partial: "a partial function",
    Range: "a range",
    Zip: "a zip",
    Mapped: "a map",
    Generator: "a generator",
    Yielded: "a generator",
    Once: "an iterator",
    Checkpointed: "a checkpointed iterable",
    ObjectRef: "an object",
    DictRef: "a dict",
    DictView: "a view of a dict",
    ListRef: "a list",
    Row: "a list",
    ArrayRef: "an array",
    Flat: "a flat iterator",
    tuple: "a tuple",
    SliceThing: "a slice",
}
