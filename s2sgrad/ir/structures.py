"""Objects as structures: named tuples, dataclasses, namespaces and instances, taken apart by their attributes.

    Params(W=array, b=0.5, name="a")     ──opened──▶  Fields(Params, {.W: array, .b: 0.5, .name: "a"})

In every tree of the compiler (of arguments, of types, of operands, of results) an object stands as :class:`Fields`;
:func:`closed` makes objects again. What of an object carries no derivative is :data:`NO_DERIVATIVE` in a tree of
derivatives, and None in the object that is made of it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from inspect import getattr_static
from keyword import iskeyword
from types import BuiltinFunctionType, FunctionType, MemberDescriptorType, MethodType, SimpleNamespace
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from s2sgrad.errors import ArgumentTypeError
from s2sgrad.ir.primitives import instance


@dataclass(frozen=True, slots=True)
class Attribute:
    """A step of a path: ``.name``, where a plain key is ``[key]``."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Fields:
    """An object in a tree: its class, and what its attributes hold."""

    cls: type
    parts: dict[Attribute, Any]

    def __getitem__(self, key: Attribute) -> Any:
        return self.parts[key]


class _NoDerivative:
    """The type of :data:`NO_DERIVATIVE`."""

    def __repr__(self) -> str:
        return "no derivative"


#: In a tree of derivatives: what has none. It is no leaf.
NO_DERIVATIVE = _NoDerivative()

#: ``"record"``: a named tuple; ``"object"``: an instance whose attributes are its state.
Kind: TypeAlias = Literal["record", "object"]

_HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE: a class that is defined by a class statement
# A named tuple whose class defines one of these is no plain tuple of its items.
_OF_TUPLES = ("__init__", "__len__", "__getitem__", "__iter__", "__contains__", "__getattribute__", "index", "count")
_NOT_INSTANTIABLE = 1 << 7  # Py_TPFLAGS_DISALLOW_INSTANTIATION: a C type
_NO_STRUCTURE = (type, BaseException, enum.Enum)


@lru_cache(maxsize=1024)
def kind_of(cls: type) -> Kind | None:
    """What kind of structure the instances of a class are; None if they are none.

    A class counts if Python code defines it and all its bases: what a C type holds beside attributes is not seen.
    """
    if issubclass(cls, tuple):
        make: Any = cls.__new__
        generated = hasattr(cls, "_fields") and isinstance(make, FunctionType)
        plain = generated and make.__code__.co_filename.startswith("<")
        return "record" if plain and all(getattr(cls, name) is getattr(tuple, name) for name in _OF_TUPLES) else None
    if cls is SimpleNamespace:
        return "object"
    if issubclass(cls, _NO_STRUCTURE) or cls.__module__.partition(".")[0] in ("s2sgrad", "pandas", "numpy", "scipy"):
        return None
    bases = [base for base in cls.__mro__ if base is not object]
    return "object" if bases and all(map(_is_written_in_python, bases)) else None


def _is_written_in_python(cls: type) -> bool:
    fixed = cls.__flags__ & _NOT_INSTANTIABLE or isinstance(vars(cls).get("__new__"), BuiltinFunctionType)
    return bool(cls.__flags__ & _HEAP_TYPE) and not fixed


@lru_cache(maxsize=1024)
def slots_of(cls: type) -> tuple[str, ...]:
    """The names that ``__slots__`` of a class and its bases declare, in order."""
    return tuple(
        name
        for base in reversed(cls.__mro__)
        for name, member in vars(base).items()
        if isinstance(member, MemberDescriptorType) and name != "__dict__"
    )


def attributes_of(x: Any) -> dict[str, Any]:
    """What the attributes of a structure hold, by name."""
    cls: Any = type(x)
    if kind_of(cls) == "record":
        return dict(zip(x._fields, x, strict=True))
    found = {name: getattr(x, name) for name in slots_of(cls) if hasattr(x, name)}
    return found | getattr(x, "__dict__", {})


# -- taking apart and putting together -------------------------------------------------------------------


def opened(x: Any, objects: bool = True) -> Any:
    """``x`` with :class:`Fields` in place of the structures that it is made of.

    Named tuples are taken apart always; other objects if ``objects`` says so, and they hold a float somewhere.
    Raises :class:`ArgumentTypeError` for an object that can be reached in another way than by its place in ``x``, so
    that what it holds would be taken for a constant there.
    """
    if _holds_no_objects(x):
        return x
    opening = _Opening(objects)
    tree = opening.open(x).tree
    opening.check()
    return tree


def _holds_no_objects(x: Any) -> bool:
    t = type(x)
    if t is dict:
        return _PLAIN.issuperset(map(type, x.values())) or all(map(_holds_no_objects, x.values()))
    if t is tuple or t is list:
        return _PLAIN.issuperset(map(type, x)) or all(map(_holds_no_objects, x))
    return t in _PLAIN


class _Opened(NamedTuple):
    """A tree; whether there is a float in it; the ids of the objects around it that it leads back to."""

    tree: Any
    floats: bool = False
    back: frozenset[int] = frozenset()


class _Opening:
    """``around``: the ids of the objects that are being taken apart. ``taken``: those that have been.

    ``callables``: functions that may hold on to one of them.
    """

    def __init__(self, objects: bool) -> None:
        self.objects = objects
        self.around: set[int] = set()
        self.taken: dict[int, str] = {}
        self.callables: list[Any] = []

    def open(self, x: Any) -> _Opened:
        t: Any = type(x)
        if t is np.ndarray or t in _ATOMS:
            return _Opened(x, t in _FLOATS or (t is np.ndarray and x.dtype.kind in "fc"))
        if t is tuple or t is list:
            found = [self.open(item) for item in x]
            return _joined(t(part.tree for part in found), found)
        if t is dict:
            items = {key: self.open(item) for key, item in x.items()}
            return _joined({key: part.tree for key, part in items.items()}, items.values())
        kind = kind_of(t)
        if kind is None or (kind == "object" and not self.objects):
            if callable(x):
                self.callables.append(x)
            return _Opened(x, isinstance(x, np.inexact) or (isinstance(x, np.ndarray) and x.dtype.kind in "fc"))
        if id(x) in self.around:
            return _Opened(x, back=frozenset((id(x),)))
        return self.open_object(x, kind)

    def open_object(self, x: Any, kind: Kind) -> _Opened:
        cls = type(x)
        self.around.add(id(x))
        parts = {Attribute(name): self.open(item) for name, item in attributes_of(x).items()}
        self.around.discard(id(x))
        made = _joined(Fields(cls, {key: part.tree for key, part in parts.items()}), parts.values())
        if kind == "record":
            return made
        if not made.floats or not all(key.name.isidentifier() and not iskeyword(key.name) for key in parts):
            return _Opened(x, made.floats, made.back - {id(x)})
        if id(x) in made.back:
            raise ArgumentTypeError(
                f"a `{cls.__name__}` that is differentiated in leads back to itself by its attributes",
                "take out the reference back, such as a child's to its parent",
            )
        for key, part in parts.items():
            if part.floats and isinstance(getattr_static(cls, key.name, None), cached_property):
                raise ArgumentTypeError(
                    f"`{key.name}` of `{cls.__name__}` is a cached property that holds what was computed before; "
                    "it does not follow the attributes that are differentiated in",
                    f"make it a property, or delete it before: `del x.{key.name}`",
                )
        self.taken[id(x)] = cls.__name__
        return made

    def check(self) -> None:
        """Refuse functions that hold on to an object which was taken apart."""
        for x in self.callables:
            for held in _held_by(x):
                if id(held) in self.taken:
                    name = self.taken[id(held)]
                    raise ArgumentTypeError(
                        f"a `{name}` that is differentiated in holds the function "
                        f"`{getattr(x, '__name__', type(x).__name__)}`, which holds on to the same `{name}`",
                        "make it a method of the class, which is given the object by its call",
                    )


def _joined(tree: Any, parts: Iterable[_Opened]) -> _Opened:
    found = list(parts)
    return _Opened(tree, any(part.floats for part in found), frozenset().union(*(part.back for part in found)))


def _held_by(x: Any) -> Iterator[Any]:
    """What a function or method holds on to."""
    if isinstance(x, MethodType):
        yield x.__self__
    elif isinstance(x, partial):
        yield from (x.func, *x.args, *x.keywords.values())
        yield from _held_by(x.func)
    elif isinstance(x, FunctionType):
        yield from x.__defaults__ or ()
        yield from (x.__kwdefaults__ or {}).values()
        for cell in x.__closure__ or ():
            with suppress(ValueError):  # it is empty so far
                yield cell.cell_contents


_FLOATS = frozenset((float, complex, *(np.dtype(code).type for code in "efdgFDG")))
_ATOMS = _FLOATS | {int, bool, str, bytes, type(None), np.dtype, np.ufunc}
_PLAIN = _ATOMS | {np.ndarray}


def closed(tree: Any) -> Any:
    """The value that a tree stands for: objects of their classes, made without running ``__init__``."""
    t = type(tree)
    if t is tuple or t is list:
        return t(map(closed, tree))
    if t is dict:
        return {key: closed(item) for key, item in tree.items()}
    if t is Fields:
        return maker(tree.cls)(**{key.name: closed(item) for key, item in tree.parts.items()})
    return None if tree is NO_DERIVATIVE else tree


def maker(cls: type) -> Any:
    """The function that makes an instance of its attributes."""
    return cls if is_made_by_call(cls) else partial(instance, cls)


def is_made_by_call(cls: type) -> bool:
    """Whether calling a class with its attributes makes an instance, and does nothing else."""
    return cls is SimpleNamespace or kind_of(cls) == "record"


# -- trees -------------------------------------------------------------------------------------------------


def flatten(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """The leaves of nested tuples, lists, dicts and :class:`Fields`, with their paths."""
    t = type(tree)
    if t is tuple or t is list:
        for i, item in enumerate(tree):
            yield from flatten(item, (*path, i))
    elif t is dict or t is Fields:
        for key, item in (tree if t is dict else tree.parts).items():
            yield from flatten(item, (*path, key))
    elif tree is not NO_DERIVATIVE:
        yield path, tree


def same_structure(tree: Any, leaves: Iterator[Any]) -> Any:
    """A tree of the structure of ``tree``, with its leaves taken from ``leaves`` in order."""
    t = type(tree)
    if t is tuple or t is list:
        return t(same_structure(item, leaves) for item in tree)
    if t is dict:
        return {key: same_structure(item, leaves) for key, item in tree.items()}
    if t is Fields:
        return Fields(tree.cls, {key: same_structure(item, leaves) for key, item in tree.parts.items()})
    return tree if tree is NO_DERIVATIVE else next(leaves)


def map_leaves(f: Any, tree: Any) -> Any:
    """The tree with ``f(leaf)`` in place of each leaf."""
    return same_structure(tree, (f(leaf) for _, leaf in list(flatten(tree))))


def tree_at(tree: Any, path: tuple[Any, ...]) -> Any:
    """The part at a path of a tree, or of the objects that it stands for."""
    for key in path:
        tree = getattr(tree, key.name) if type(key) is Attribute and type(tree) is not Fields else tree[key]
    return tree


def show_steps(path: tuple[Any, ...]) -> str:
    """A path as the author would write it behind a name: ``.layers[0].W``."""
    return "".join(f".{key.name}" if type(key) is Attribute else f"[{key!r}]" for key in path)
