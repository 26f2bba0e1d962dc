"""The signature of a call: what is known of its arguments while compiling.

That is the type of a number, the dtype of an array and which of its axes have length 1, and the structure of a
container. Strings, None and functions count with their value, other objects as themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, TypeAlias

import numpy as np

from s2sgrad.errors import ArgumentTypeError, UnhashableArgument
from s2sgrad.ir.core import ShapeOf, StaticPlace, ValueAt
from s2sgrad.ir.structures import Fields, attributes_of, kind_of, tree_at
from s2sgrad.labels import LabelledArgument, Opaque, is_labelled

Key: TypeAlias = Any  # hashable

NUMBERS: frozenset[type] = frozenset(
    (float, int, bool, complex, *(np.dtype(code).type for code in "?bhilqBHILQefdgFDG")),
)
_BY_VALUE = (str, bytes, FunctionType, BuiltinFunctionType, MethodType, ModuleType, type, np.ufunc, np.dtype)


def signature_key(x: object) -> Key:
    """The key of one argument: equal for arguments that the same code serves."""
    t = type(x)
    if t in NUMBERS:
        return t
    if t is np.ndarray:
        shape = x.shape  # type: ignore[attr-defined]
        return (x.dtype, tuple([n == 1 for n in shape]) if 1 in shape else len(shape))  # type: ignore[attr-defined]
    if t is list and (number := repeated_number(x)):  # type: ignore[arg-type]
        return (list, number)
    if t is tuple or t is list:
        return (t, *map(signature_key, x))  # type: ignore[call-overload]
    if t is dict:
        return (t, tuple(x), *map(signature_key, x.values()))  # type: ignore[arg-type, attr-defined]
    if x is None or isinstance(x, _BY_VALUE):
        return (t, x)
    if t is Fields:
        return _key_of_object(x)  # type: ignore[arg-type]
    if is_labelled(x):
        raise LabelledArgument
    return t if t is Opaque else Identity(x)


def _key_of_object(x: Fields) -> Key:
    try:
        return (x.cls, tuple(x.parts), *map(signature_key, x.parts.values()))
    except LabelledArgument:
        name = x.cls.__name__
        raise ArgumentTypeError(
            f"a `{name}` holds a pandas object", "pass that as an argument of its own, or hold `.to_numpy()` of it"
        ) from None


def repeated_number(items: list[object]) -> type | None:
    """The type of number that a long list holds: one of run-time length, rather than a structure of values."""
    if len(items) <= 16:
        return None
    first = type(items[0])
    return first if first in NUMBERS and all(type(x) is first for x in items) else None


class Identity:
    """An object that counts as itself; a key that holds it keeps it alive, so that its id stays its own."""

    __slots__ = ("object",)

    def __init__(self, object: object) -> None:
        self.object = object

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identity) and self.object is other.object

    def __hash__(self) -> int:
        return id(self.object)


def static_key(args: Sequence[Any], place: StaticPlace) -> Key:
    """The key of what the code is specialised on beside types; ``args`` with their structures opened."""
    if isinstance(place, ValueAt):
        return value_key(tree_at(args, place.path))
    return _shape_key(args[place.position]) if isinstance(place, ShapeOf) else value_key(args[place])


def _shape_key(x: object) -> Key:
    """The lengths of all arrays in an argument."""
    if isinstance(x, (tuple, list)):
        return tuple(map(_shape_key, x))
    if isinstance(x, dict):
        return tuple(map(_shape_key, x.values()))
    if isinstance(x, Fields):
        return tuple(map(_shape_key, x.parts.values()))
    return tuple(getattr(x, "shape", ()))


def value_key(x: object) -> Key:
    """The key of an argument that the code is specialised on by value."""
    if isinstance(x, (tuple, list)):
        return (type(x), *map(value_key, x))
    if isinstance(x, dict):
        return (type(x), tuple(x), *map(value_key, x.values()))
    if isinstance(x, Fields):
        return (x.cls, tuple(x.parts), *map(value_key, x.parts.values()))
    if isinstance(x, np.ndarray):
        return (x.dtype, x.shape, x.tobytes())
    if isinstance(x, (float, complex)):
        return (type(x), repr(x))  # distinguishes 0.0 from -0.0, and nan equals itself
    try:
        hash(x)
    except TypeError:
        name = type(x).__name__
        raise UnhashableArgument(
            f"the code depends on the value of an argument of type `{name}`, which is not hashable",
            f"make `{name}` hashable, or pass what the code needs of it as arguments of their own",
        ) from None
    return (type(x), x)


def mutable_parts(x: object, objects: bool = True) -> Iterator[Any]:
    """The arrays, lists, dicts and objects of an argument; what objects hold counts if they are taken apart."""
    return _mutable_parts(x, objects, frozenset())


def _mutable_parts(x: object, objects: bool, around: frozenset[int]) -> Iterator[Any]:
    if isinstance(x, np.ndarray):
        yield x
        return
    t: Any = type(x)
    kind = None if t in NUMBERS or t in (list, dict, tuple) else kind_of(t)
    if (t not in (list, dict, tuple) and (kind is None or (kind == "object" and not objects))) or id(x) in around:
        return
    if t is not tuple and kind != "record":
        yield x
    held: Any = x if kind is None else attributes_of(x)
    items = held.values() if isinstance(held, dict) else held
    for item in items:
        yield from _mutable_parts(item, objects, around | {id(x)})
