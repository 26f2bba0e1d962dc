"""Named tuples: tuples whose items also have names."""

from __future__ import annotations

from inspect import getattr_static
from types import FunctionType
from typing import Any

from s2sgrad.errors import ArgumentCountError, UndefinedName
from s2sgrad.frontend.class_members import class_attribute
from s2sgrad.frontend.data_model import call_special
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.names import capture
from s2sgrad.frontend.objects import computed
from s2sgrad.frontend.things import Cell, DictRef, Method, Record, Thing
from s2sgrad.ir.core import Capture, Const


def is_record_class(cls: type) -> bool:
    """Whether calling this class makes a named tuple of what it is given, and does nothing else."""
    make: Any = cls.__new__
    plain = issubclass(cls, tuple) and hasattr(cls, "_fields") and make.__code__.co_filename.startswith("<")
    return plain and not isinstance(vars(cls).get("__init__"), FunctionType)


def make_record(lo: Lowerer, cls: Any, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> Record:
    """``cls(*args, **kwargs)``."""
    own = next((n for n in _AS_TUPLE if isinstance(class_attribute(lo, cls, n), FunctionType)), None)
    if own is not None:
        lo.fail(f"the named tuple `{cls.__name__}` has a `{own}` of its own", "use a dataclass", node)
    given = dict(zip(cls._fields, args, strict=False)) | kwargs
    items = []
    for name in cls._fields:
        if name not in given and name in cls._field_defaults:
            where = Capture(name, cls, (("attribute", "_field_defaults"), ("item", name)))
            given[name] = capture(lo, cls._field_defaults[name], where)
        if name not in given:
            lo.fail(f"{cls.__name__}() misses the argument `{name}`", "pass it", node, ArgumentCountError)
        items.append(given[name])
    if len(args) > len(items) or len(given) > len(items):
        lo.fail(f"{cls.__name__}() takes {len(items)} arguments", "pass as many", node, ArgumentCountError)
    return Record(cls, items)


def record_attribute(lo: Lowerer, record: Record, name: str, node: Any) -> Thing:
    """``record.name``."""
    cls: Any = record.cls
    if name in cls._fields:
        return record[cls._fields.index(name)]
    found = getattr_static(cls, name, None)
    if isinstance(found, staticmethod):
        return Const(found.__func__)
    if isinstance(found, classmethod):
        return Method(Const(cls), name, found.__func__)
    if isinstance(found, property) and isinstance(found.fget, FunctionType):
        return computed(lo, record, cls, name, found.fget, [record], node)
    if name in ("_fields", "__class__"):
        return Const(cls if name == "__class__" else cls._fields)
    if isinstance(found, FunctionType) and name not in _METHODS:
        return Method(record, name, found)
    missing = call_special(lo, record, "__getattr__", [Const(name)], node) if found is None else None
    if missing is not None:
        return missing
    if found is None:
        lo.fail(f"`{cls.__name__}` object has no attribute `{name}`", "check the name", node, UndefinedName)
    return Method(record, name)


def replace(lo: Lowerer, record: Record, kwargs: dict[str, Thing], node: Any) -> Record:
    """``record._replace(name=value)``."""
    return make_record(lo, record.cls, [], dict(zip(record.cls._fields, record, strict=True)) | kwargs, node)


def as_dict(lo: Lowerer, record: Record) -> DictRef:
    """``record._asdict()``."""
    cell = Cell()
    lo.heap[cell] = dict(zip(record.cls._fields, record, strict=True))
    return DictRef(cell)


_METHODS = ("_replace", "_asdict")
# What other code relies on where it takes a named tuple for a tuple.
_AS_TUPLE = ("__getitem__", "__iter__", "__len__", "__contains__", "__getattribute__", "__reversed__", "index", "count")
