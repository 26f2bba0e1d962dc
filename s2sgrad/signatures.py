"""The signature of a call: what is known of its arguments while compiling.

That is the type of a number, the dtype of an array and which of its axes have length 1, and the structure of a
container. Strings, None and functions count with their value, other objects as themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, TypeAlias

import numpy as np

from s2sgrad.errors import UnhashableArgument
from s2sgrad.ir.core import ShapeOf, StaticPlace
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
    if t is list and is_long(x):  # type: ignore[arg-type]
        return (list, float)
    if t is tuple or t is list:
        return (t, *map(signature_key, x))  # type: ignore[call-overload]
    if t is dict:
        return (t, tuple(x), *map(signature_key, x.values()))  # type: ignore[arg-type, attr-defined]
    if x is None or isinstance(x, _BY_VALUE):
        return (t, x)
    if is_labelled(x):
        raise LabelledArgument
    return t if t is Opaque else Identity(x)


def is_long(items: list[object]) -> bool:
    """Whether a list is a run-time list of floats, rather than a structure of so many values."""
    return len(items) > 16 and all(type(x) is float for x in items)


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
    """The key of what the code is specialised on beside types."""
    return _shape_key(args[place.position]) if isinstance(place, ShapeOf) else value_key(args[place])


def _shape_key(x: object) -> Key:
    """The lengths of all arrays in an argument."""
    if isinstance(x, (tuple, list)):
        return tuple(map(_shape_key, x))
    if isinstance(x, dict):
        return tuple(map(_shape_key, x.values()))
    return tuple(getattr(x, "shape", ()))


def value_key(x: object) -> Key:
    """The key of an argument that the code is specialised on by value."""
    if isinstance(x, (tuple, list)):
        return (type(x), *map(value_key, x))
    if isinstance(x, dict):
        return (type(x), tuple(x), *map(value_key, x.values()))
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


def mutable_parts(x: object) -> Iterator[Any]:
    """The arrays, lists and dicts of an argument."""
    if isinstance(x, np.ndarray):
        yield x
    elif type(x) in (list, dict, tuple):
        if type(x) is not tuple:
            yield x
        for item in x.values() if isinstance(x, dict) else x:  # type: ignore[attr-defined]
            yield from mutable_parts(item)
