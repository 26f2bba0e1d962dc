"""The types of the IR: what is known about a value while compiling.

Types are immutable and compare by content. A *length* (one entry of an array's shape) is an
``int`` where it is known, or a :class:`Dim`: a symbol plus an offset. Two equal ``Dim``s stand for
the same length at run time, so typed code knows without running which broadcasts happen.

    Scalar(float64, weak=True)          a Python float
    Scalar(float64)                     a NumPy float64 scalar
    Array(float64, (Dim('x0'), 1))      an (n, 1) array, n != 1
    Unknown()                           a number or an array: only running can tell
    ListOf(t), TupleOf((t, u))          run-time containers
    DictOf(k, t)                        a dict whose keys only running knows
    Object()                            anything that is never differentiated (a string, a file, …)
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np


@dataclass(frozen=True, slots=True)
class Dim:
    """The length ``base + offset`` of an axis, where ``base`` names a length that is not known.

    ``plural`` records that this length is known to differ from 1 (a signature says so for every
    axis of an argument); it takes no part in comparisons. ``("axis", …)`` are the lengths of arguments: the path to an
    array, and the number of its axis. What is spelled alike need not be as long: names alone are no base.
    """

    base: Hashable
    offset: int = 0
    plural: bool = field(default=False, compare=False)

    def __add__(self, n: int) -> Dim:
        return self if n == 0 else Dim(self.base, self.offset + n)

    def __str__(self) -> str:
        match self.base:
            case str(base):
                pass
            case ("axis", name, int(axis)):
                base = f"{name}{axis}"
            case ("axis", *path):
                base = "_".join(str(getattr(part, "name", part)) for part in path)
            case _:
                base = "?"
        return f"{base}{self.offset:+d}" if self.offset else base


Length: TypeAlias = "int | Dim"


def maybe_one(length: Length) -> bool:
    """Whether an axis of this length could have length 1 at run time."""
    return length == 1 if isinstance(length, int) else not length.plural


@dataclass(frozen=True, slots=True)
class Type:
    """The base of all types."""

    @property
    def is_numeric(self) -> bool:
        return isinstance(self, (Scalar, Array, Unknown))


_PYTHON: dict[str, type] = {"b": bool, "i": int, "f": float, "c": complex}


@dataclass(frozen=True, slots=True)
class Scalar(Type):
    """A number. ``weak``: a Python number, which NumPy 2 promotes weakly (NEP 50).

    ``length``: for an integer, the length that it is known to equal (``len(x)``, ``x.shape[0] - 1``). ``mixed``: the
    classes that the number may be of, where they are several (Python's on one path, NumPy's on another). Neither takes
    part in comparisons.
    """

    dtype: np.dtype
    weak: bool = False
    length: Length | None = field(default=None, compare=False)
    mixed: tuple[type, ...] = field(default=(), compare=False)

    @property
    def classes(self) -> tuple[type, ...]:
        """What the number may be for Python."""
        if self.mixed:
            return self.mixed
        return (_PYTHON.get(self.dtype.kind, self.dtype.type) if self.weak else self.dtype.type,)

    def __str__(self) -> str:
        name = self.dtype.str[1:]
        return f"py{name[0]}" if self.weak else name


@dataclass(frozen=True, slots=True)
class Array(Type):
    """A NumPy array of a known dtype and rank (0 included)."""

    dtype: np.dtype
    shape: tuple[Length, ...]

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __str__(self) -> str:
        return f"{self.dtype.str[1:]}[{', '.join(map(str, self.shape))}]"


@dataclass(frozen=True, slots=True)
class Unknown(Type):
    """A number or an array of any dtype and rank. Equal ``shape`` keys that are not None mean equal shapes."""

    shape: Hashable = None

    def __str__(self) -> str:
        return "any"


@dataclass(frozen=True, slots=True)
class ListOf(Type):
    """A list that grows at run time (user lists, and the stacks of saved values)."""

    item: Type

    def __str__(self) -> str:
        return f"list[{self.item}]"


@dataclass(frozen=True, slots=True)
class DictOf(Type):
    """A dict whose keys only running knows. Keys have no derivative, whatever they are."""

    key: Type
    item: Type

    def __str__(self) -> str:
        return f"dict[{self.key}, {self.item}]"


@dataclass(frozen=True, slots=True)
class TupleOf(Type):
    """A tuple of known length that exists at run time."""

    items: tuple[Type, ...]

    def __str__(self) -> str:
        return f"({', '.join(map(str, self.items))})"


@dataclass(frozen=True, slots=True)
class Object(Type):
    """Any other Python object; never differentiated."""

    def __str__(self) -> str:
        return "object"


@dataclass(frozen=True, slots=True)
class Nothing(Type):
    """The item type of a list that is empty so far."""

    def __str__(self) -> str:
        return "nothing"


FLOAT = Scalar(np.dtype(np.float64), weak=True)
INT = Scalar(np.dtype(np.int64), weak=True)
BOOL = Scalar(np.dtype(np.bool_), weak=True)
COMPLEX = Scalar(np.dtype(np.complex128), weak=True)
OBJECT = Object()
NOTHING = Nothing()
UNKNOWN = Unknown()

_PYTHON_NUMBERS = {bool: BOOL, int: INT, float: FLOAT, complex: COMPLEX}


def is_differentiable(t: Type) -> bool:
    """Whether a value of this type can carry a derivative (floats, complex numbers, containers of them)."""
    match t:
        case Scalar(dtype) | Array(dtype, _):
            return dtype.kind in "fc"
        case Unknown() | Nothing():
            return True
        case ListOf(item) | DictOf(_, item):
            return is_differentiable(item)
        case TupleOf(items):
            return any(map(is_differentiable, items))
    return False


def entry_type(t: ListOf | DictOf, index: object) -> Type:
    """What stands at an index of a list or dict. A tuple is a path into lists of lists: ``t[i][j]``."""
    found: Type = t
    for _ in index if isinstance(index, tuple) and isinstance(t, ListOf) else (index,):
        assert isinstance(found, (ListOf, DictOf))
        found = found.item
    return found


def is_complex(t: Type) -> bool:
    return isinstance(t, (Scalar, Array)) and t.dtype.kind == "c"


def is_integer(t: Type) -> bool:
    return isinstance(t, (Scalar, Array)) and t.dtype.kind in "iub"


def has_memory(t: Type) -> bool:
    """Whether values of this type own or hold memory that an update could change."""
    if isinstance(t, TupleOf):
        return any(map(has_memory, t.items))
    return not isinstance(t, Scalar)


def type_of(value: object) -> Type:
    """The type of a run-time object, lengths included (``Object`` for what is not a number or array)."""
    python = _PYTHON_NUMBERS.get(type(value))
    if python is not None:
        return python
    if isinstance(value, np.ndarray):
        return Array(value.dtype, value.shape) if value.dtype.kind in "biufc" else OBJECT
    if isinstance(value, np.generic):
        return Scalar(value.dtype) if value.dtype.kind in "biufc" else OBJECT
    if isinstance(value, tuple) and type(value) is tuple:
        return TupleOf(tuple(type_of(v) for v in value))
    return OBJECT


def join(a: Type, b: Type) -> Type:
    """The least type that covers both (what a variable has after a branch, or around a loop).

    A number that becomes a wider number is that wider number; an array whose lengths differ keeps
    its rank; anything else numeric is :class:`Unknown`.
    """
    if a == b:
        return _join_lengths(a, b)
    match a, b:
        case Nothing(), _:
            return b
        case _, Nothing():
            return a
        case Scalar(), Scalar():
            dtype = np.result_type(a.dtype, b.dtype)
            return Scalar(dtype, a.weak and b.weak, mixed=mixed_classes(a, b))
        case Array(), Array() if a.ndim == b.ndim:
            shape = tuple(m if m == n else Dim(("join", m, n)) for m, n in zip(a.shape, b.shape, strict=True))
            return Array(np.result_type(a.dtype, b.dtype), shape)
        case ListOf(), ListOf():
            return ListOf(join(a.item, b.item))
        case DictOf(), DictOf():
            return DictOf(join(a.key, b.key), join(a.item, b.item))
        case TupleOf(), TupleOf() if len(a.items) == len(b.items):
            return TupleOf(tuple(join(x, y) for x, y in zip(a.items, b.items, strict=True)))
    if a.is_numeric and b.is_numeric:
        return UNKNOWN
    return OBJECT


def mixed_classes(*types: Scalar) -> tuple[type, ...]:
    """The classes that a number may be of, if it is of one of these types and they are several."""
    classes = dict.fromkeys(cls for t in types for cls in t.classes)
    return tuple(sorted(classes, key=str)) if len(classes) > 1 else ()


def _join_lengths(a: Type, b: Type) -> Type:
    """``a == b`` may still differ in what is known of their lengths: keep what holds for both."""
    if isinstance(a, Scalar) and isinstance(b, Scalar):
        return replace(a, length=a.length if a.length == b.length else None, mixed=mixed_classes(a, b))
    if isinstance(a, TupleOf) and isinstance(b, TupleOf):
        return TupleOf(tuple(map(_join_lengths, a.items, b.items)))
    if isinstance(a, Array) and isinstance(b, Array):
        pairs = zip(a.shape, b.shape, strict=True)
        return replace(a, shape=tuple(n if maybe_one(n) else m for m, n in pairs))
    return a


def with_entry(t: Type, depth: int, entry: Type) -> Type:
    """The type of lists of lists, ``depth`` deep, in which one entry has been replaced."""
    if not depth:
        return join(t, entry)
    assert isinstance(t, ListOf)
    return ListOf(with_entry(t.item, depth - 1, entry))
