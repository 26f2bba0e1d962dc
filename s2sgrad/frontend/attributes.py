"""Attributes of things: of arrays as NumPy's functions, of modules and objects as Python finds them."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

import numpy as np

from s2sgrad.errors import UndefinedName
from s2sgrad.frontend.arrays import primitive
from s2sgrad.frontend.class_members import Variable, class_attribute, thing_of
from s2sgrad.frontend.effects import check_stable
from s2sgrad.frontend.inheritance import super_attribute
from s2sgrad.frontend.kinds import describe, python_type, type_name
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.names import NUMBERS, capture, guard_attribute
from s2sgrad.frontend.objects import load_object_attribute
from s2sgrad.frontend.outside import adopted_attribute, check_read
from s2sgrad.frontend.records import record_attribute
from s2sgrad.frontend.things import (
    ArrayRef,
    DictRef,
    Flat,
    ListRef,
    Method,
    ObjectRef,
    Range,
    Record,
    Row,
    SliceThing,
    Super,
    Thing,
)
from s2sgrad.ir.core import Call, Capture, Const, Value
from s2sgrad.ir.shapes.products import is_sparse
from s2sgrad.ir.types import OBJECT, UNKNOWN, Array, Scalar, TupleOf
from s2sgrad.rules.methods import ARRAY_ATTRIBUTES, ARRAY_METHODS, INPLACE_METHODS

_NUMERIC_PACKAGES = {"numpy", "math", "cmath", "scipy"}

# The names that `np.linalg` gives to its results.
_NAMED_RESULTS = {
    "eigenvalues": 0,
    "eigenvectors": 1,
    "sign": 0,
    "logabsdet": 1,
    "Q": 0,
    "R": 1,
    "U": 0,
    "S": 1,
    "Vh": 2,
}


def attribute(lo: Lowerer, thing: Thing, name: str, node: Any) -> Thing:
    """``thing.name``."""
    if isinstance(thing, ArrayRef):
        return _array_attribute(lo, thing, name, node)
    if isinstance(thing, Value):
        if isinstance(thing.type, Scalar):
            return _array_attribute(lo, thing, name, node)
        if isinstance(thing.type, TupleOf):
            return Method(thing, name)
        return _opaque_attribute(lo, thing, name, node)
    if isinstance(thing, Const):
        if isinstance(thing.value, (float, int, complex)) and name in ("real", "imag"):
            return Const(getattr(thing.value, name))
        return _static_attribute(lo, thing, name, node)
    if isinstance(thing, ObjectRef):
        return load_object_attribute(lo, thing, name, node)
    if isinstance(thing, tuple) and name in _NAMED_RESULTS:
        return thing[_NAMED_RESULTS[name]]
    if isinstance(thing, Super):
        return super_attribute(lo, thing, name, node)
    if isinstance(thing, Record):
        return record_attribute(lo, thing, name, node)
    if isinstance(thing, (ListRef, Row, DictRef, tuple, Range)):
        return Method(thing, name)
    if isinstance(thing, SliceThing) and name in ("start", "stop", "step"):
        return getattr(thing, name)
    if name == "__name__":
        return Const(getattr(thing, "name", "<lambda>"))
    raises = _missing(lo, thing, name)
    lo.fail(f"{describe(thing)} has no attribute `{name}` here", "use a number or an array", node, raises=raises)


def _array_attribute(lo: Lowerer, thing: Thing, name: str, node: Any) -> Thing:
    t = lo.type_of(thing)
    if isinstance(t, Scalar) and len({hasattr(cls, name) for cls in t.classes}) > 1:
        what = f"whether this number has an attribute `{name}` depends on a branch taken at run time"
        lo.fail(what, "make it one of NumPy's numbers on every path: `np.float64(x)`", node)
    if name == "ndim" and isinstance(t, (Array, Scalar)):
        return Const(t.ndim if isinstance(t, Array) else 0)
    if name == "dtype" and isinstance(t, (Array, Scalar)):
        return Const(t.dtype)
    if name in ("device", "itemsize") and isinstance(t, Array):
        return Const("cpu" if name == "device" else t.dtype.itemsize)
    if name == "shape" and isinstance(t, Scalar):
        return ()
    if name in ARRAY_ATTRIBUTES:
        return primitive(lo, ARRAY_ATTRIBUTES[name], [thing], {})
    if name in ARRAY_METHODS or name in INPLACE_METHODS or name in ("tolist", "__len__", "at"):
        return Method(thing, name)
    if name == "flat":
        return Flat(thing) if isinstance(thing, ArrayRef) else lo.call(np.ravel, lo.operand(thing))
    if t is not None and not isinstance(t, (Array, Scalar)):
        return _opaque_attribute(lo, lo.read(thing), name, node)
    raises = _missing(lo, thing, name)
    lo.fail(f"the array attribute `{name}` is not supported", "use a NumPy function for it", node, raises=raises)


def _missing(lo: Lowerer, thing: Thing, name: str) -> AttributeError | None:
    """What is raised where the type of a thing has no such attribute."""
    known = python_type(lo, thing)
    if known is None or hasattr(known, name) or isinstance(thing, ObjectRef):
        return None
    return AttributeError(f"{type_name(lo, thing)!r} object has no attribute {name!r}")


def called_attribute(lo: Lowerer, thing: Thing, name: str, node: Any) -> Thing:
    """``thing.name`` where it is called at once: a method of an object that only running knows is not read before."""
    value = lo.read(thing) if isinstance(thing, ArrayRef) and not thing.path else thing
    if isinstance(value, Value) and not isinstance(value.type, (Array, Scalar, TupleOf)):
        return Method(thing, name)
    return attribute(lo, thing, name, node)


def _opaque_attribute(lo: Lowerer, value: Value, name: str, node: Any) -> Thing:
    """An attribute of an object that only running knows: read now, in its place among the effects."""
    if value in lo.varied:
        lo.fail(
            f"the attribute `{name}` may hold a differentiated value that cannot be followed",
            "keep differentiated values in variables",
            node,
        )
    result = Value(UNKNOWN)
    lo.builder.add(Call(getattr, (value, Const(name)), {}, [result], effect=True))
    return lo.wrap(result)


def _static_attribute(lo: Lowerer, thing: Const, name: str, node: Any) -> Thing:
    owner = thing.value
    if lo.classes and (owner if isinstance(owner, type) else type(owner)) in lo.classes:
        return _member(lo, owner, name, node)
    variable = adopted_attribute(lo, owner, name)
    if variable is not None:
        return variable
    found = inspect.getattr_static(type(owner), name, None)
    if id(owner) in lo.adopted and isinstance(found, property):
        return lo.invoke(Const(found.fget), [thing], {}, node)
    if id(owner) in lo.adopted and name == "__dict__":
        lo.fail("`__dict__` of an object that is written into is not supported", "name the attribute", node)
    check_read(lo, owner, name)
    if name == "T" and is_sparse(thing):
        return _transposed_sparse(lo, thing)
    try:
        value = getattr(owner, name)
    except AttributeError as error:
        lo.fail(str(error), "check the name", node, UndefinedName, AttributeError(*error.args))
    if isinstance(owner, ModuleType) and owner.__name__.partition(".")[0] in _NUMERIC_PACKAGES:
        if callable(value) and not isinstance(value, type):
            guard_attribute(lo, owner, name)
        return Const(value)
    if isinstance(owner, (str, bytes, int, float, np.dtype)):
        return Const(value)
    where = Capture(name, owner, (("attribute", name),))
    if callable(value) and not isinstance(value, NUMBERS):
        guard_attribute(lo, owner, name)
        return Const(value)
    key = (id(owner), name)
    check_stable(lo, key if isinstance(owner, ModuleType) else (None, name))
    if key not in lo.captured:
        lo.captured[key] = capture(lo, value, where)
    return lo.captured[key]


def _transposed_sparse(lo: Lowerer, matrix: Const) -> Thing:
    """``A.T``: a constant that shares the entries of ``A``, as long as these are in the same arrays."""
    if matrix.value.format not in ("csr", "csc", "coo"):
        return lo.builder.typed_call(np.transpose, OBJECT, matrix)
    for part in ("data", "coords") if matrix.value.format == "coo" else ("data", "indices", "indptr"):
        guard_attribute(lo, matrix.value, part)
    return Const(matrix.value.T)


def _member(lo: Lowerer, owner: Any, name: str, node: Any) -> Thing:
    """An attribute of a class that the function defines, or of a constant instance of it (a member of an `Enum`)."""
    found = class_attribute(lo, owner, name) if isinstance(owner, type) else None
    if isinstance(found, Variable):
        return thing_of(lo, found)
    if isinstance(found, classmethod):
        return Method(Const(owner), name, found.__func__)
    if isinstance(found, (bool, int, float, complex)):
        return Const(found)  # from the memory of the class, which the class itself does not follow
    try:
        value = getattr(owner, name)
    except AttributeError as error:
        lo.fail(str(error), "check the name", node, UndefinedName, AttributeError(*error.args))
    return thing_of(lo, value)
