"""What the frontend knows a Python expression to be while compiling: *things*.

    Value, Const             a number, or an object, at run time; a number or object known now
    ArrayRef                 an array: a buffer, and the view of it that this name stands for
    ListRef, DictRef         a list or dict with identity: its content stands in the state
    Row                      a list in a list of run-time length
    DictView                 the keys, values or items of such a dict
    ObjectRef                an instance whose attributes stand in the state
    tuple, Record            a tuple of things, a named one
    Closure                  a function defined in the code that is being lowered
    Method                   a method looked up on a thing, not yet called
    SliceThing, Iteration    a slice; what `range`, `zip`, `enumerate`, … return
    Poison                   a variable whose value cannot be told here: an error once it is read

Mutable things are references to a :class:`Cell`; what the cell holds belongs to the state of the path that
is being lowered, so that branches and loops can join it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from s2sgrad.ir.core import Block, Const, Operand, Value
from s2sgrad.ir.primitives import getindex

Thing: TypeAlias = Any


class Cell:
    """A place in memory. ``owner`` names it in messages; ``aliases``: other cells that may be the same memory.

    ``frozen``: why it must not be written (it may share memory with something that cannot be seen).
    ``layout``: the arguments that have to be contiguous for it to be (:mod:`s2sgrad.frontend.layout`); None: not known.
    ``outside``: what it holds on every path, in the case of a variable outside of the function, which is frozen.
    ``cls``: the class of the object that it holds, if it is one.
    ``given``: it belongs to an argument, of which another part may be the same object.
    ``items``: of a run-time list whose arrays are written in place: the cell for their memory
    (:mod:`s2sgrad.frontend.items`); its content means nothing, but is another one after each write.
    """

    __slots__ = ("aliases", "cls", "frozen", "given", "items", "layout", "outside", "owner")

    def __init__(self, owner: str | None = None) -> None:
        self.owner = owner
        self.aliases: dict[Cell, None] = {}
        self.frozen: str | None = None
        self.given = False
        self.layout: frozenset[Value] | None = None
        self.outside: Any = None
        self.cls: type | None = None
        self.items: Cell | None = None

    def __repr__(self) -> str:
        return f"Cell({self.owner})"


class Heap(dict[Cell, Any]):
    """What each cell holds on a path. A variable from outside that was first read on another path is there, too."""

    def __missing__(self, cell: Cell) -> Any:
        if cell.outside is None:
            raise KeyError(cell)
        return cell.outside

    def copy(self) -> Heap:
        return Heap(self)


@dataclass(frozen=True, slots=True)
class ViewStep:
    """One step from an array to a view of it: ``fn(array, *args, **kwargs)``."""

    fn: Any
    args: tuple[Any, ...]
    kwargs: tuple[tuple[str, Any], ...] = ()


def path_key(path: tuple[ViewStep, ...]) -> tuple[Any, ...]:
    """What tells one path from another: equal for views that were made in the same way (slices cannot be hashed)."""
    return tuple((step.fn, _key_of(step.args), _key_of(step.kwargs)) for step in path)


def _key_of(tree: Any) -> Any:
    if isinstance(tree, (tuple, list)):
        return tuple(map(_key_of, tree))
    if isinstance(tree, slice):
        return slice, _key_of(tree.start), _key_of(tree.stop), _key_of(tree.step)
    return (type(tree.value), repr(tree.value)) if isinstance(tree, Const) else tree


@dataclass(eq=False, slots=True)
class ArrayRef:
    """An array: the buffer in ``cell`` seen through the views in ``path``.

    ``seen`` remembers how the view was last read: (version of the buffer, block, place in the block, operation). It
    holds as long as the operation stands there: what was lowered on trial may have been taken back.
    """

    cell: Cell
    path: tuple[ViewStep, ...] = ()
    name: str | None = None
    seen: tuple[Value, Block, int, Any] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """What the cell of an array holds that is item ``index`` of a run-time list, the content of ``items``.

    ``value``: the array as it is now, as long as no item of the list has been written. ``steady``: a longer list
    has it at the same index.
    """

    items: Cell
    index: Operand
    value: Value | None
    steady: bool = False

    @property
    def ref(self) -> ArrayRef:
        return ArrayRef(self.items, (ViewStep(getindex, (self.index,)),))

    def is_in(self, other: object) -> bool:
        """Whether this is the same place of the same list as another item."""
        if not isinstance(other, Item) or self.items is not other.items:
            return False
        return bool(_key_of(self.index) == _key_of(other.index))


@dataclass(frozen=True, slots=True)
class Flat:
    """``array.flat``: its entries one after the other, read and written where they are."""

    array: ArrayRef

    @property
    def entries(self) -> ArrayRef:
        return ArrayRef(self.array.cell, (*self.array.path, ViewStep(np.ravel, ())))


@dataclass(frozen=True, slots=True)
class ListRef:
    """A list. Its cell holds a tuple of things (a fixed list), or a Value of type ListOf (a growing one)."""

    cell: Cell


@dataclass(frozen=True, slots=True)
class Table:
    """What is known of a version of a list of lists: see :mod:`s2sgrad.frontend.tables`. ``parts``: None if it does not
    own the lists that it holds."""

    spine: Any
    parts: set[Cell] | None


@dataclass(frozen=True, slots=True)
class Row:
    """The list that stands at ``path`` in a list of lists of run-time length."""

    root: ListRef
    path: tuple[Any, ...]
    spine: Any


@dataclass(frozen=True, slots=True)
class DictRef:
    """A dict. Its cell holds ``{key: thing}`` (static keys), or a Value of type DictOf (keys that only running knows).

    ``factory``: what a ``defaultdict`` calls for a key that it does not have.
    """

    cell: Cell
    factory: Any = None


@dataclass(frozen=True, slots=True)
class Checkpointed:
    """``checkpointed(iterable, …)``: what a loop runs over, and how the loop is kept in memory for its derivative."""

    iterable: Any
    checkpoints: Any


@dataclass(frozen=True, slots=True)
class DictView:
    """``d``, ``d.keys()``, ``d.values()`` or ``d.items()`` of a dict whose keys only running knows."""

    ref: DictRef
    kind: str


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """An instance of a Python class: its cell holds ``{attribute: thing}``."""

    cell: Cell
    cls: type

    def __post_init__(self) -> None:
        self.cell.cls = self.cls


@dataclass(eq=False, slots=True)
class Closure:
    """A function or lambda of the lowered code, with the frame that it closes over."""

    node: Any
    frame: Any
    defaults: dict[str, Thing] = field(default_factory=dict)
    name: str = "<lambda>"


@dataclass(frozen=True, slots=True)
class Method:
    """``self.name``, to be called."""

    self: Thing
    name: str
    fn: Any = None


class Record(tuple[Thing, ...]):
    """A named tuple of things. ``cls``: its class."""

    cls: Any

    def __new__(cls, made: Any, items: Iterable[Thing]) -> Record:
        record = super().__new__(cls, items)
        record.cls = made
        return record


@dataclass(frozen=True, slots=True)
class Super:
    """``super()``: what stands behind ``cls`` in the order of the classes of ``self``."""

    cls: type
    self: Thing


@dataclass(frozen=True, slots=True)
class Partial:
    """``functools.partial`` of things."""

    fn: Thing
    args: tuple[Thing, ...]
    kwargs: dict[str, Thing]


@dataclass(frozen=True, slots=True)
class SliceThing:
    start: Thing
    stop: Thing
    step: Thing


@dataclass(frozen=True, slots=True)
class Range:
    """``range(start, stop, step)``, or that reversed."""

    start: Thing
    stop: Thing
    step: Thing
    reverse: bool = False


@dataclass(eq=False, slots=True)
class Zip:
    """``zip`` and ``enumerate`` (with a Range first): several iterables in step. ``loops``: as of `Once`, or None."""

    items: tuple[Thing, ...]
    loops: int | None = None


@dataclass(eq=False, slots=True)
class Once:
    """An iterator over something: ``reversed(l)``. ``loops``: how many loops were around it when it was made."""

    iterable: Thing
    loops: int


@dataclass(eq=False, slots=True)
class Mapped:
    """``map(fn, *iterables)``, not yet run. ``loops``: how many loops were around it."""

    fn: Thing
    iterables: Zip
    loops: int = 0


@dataclass(eq=False, slots=True)
class Generator:
    """A generator expression, not yet run. ``loops``: how many loops were around it."""

    node: Any
    frame: Any
    loops: int = 0


@dataclass(eq=False, slots=True)
class Yielded:
    """What a generator function yields. ``state``: the memory that it reads, as it was. ``loops``: as above."""

    items: ListRef
    state: dict[Cell, Any]
    loops: int = 0


@dataclass(frozen=True, slots=True)
class Poison:
    """A variable that cannot be used from here on, and why: ``cond`` is decided only at run time.

    ``absent``: it may be that there is no such variable or entry at all."""

    why: str
    remedy: str
    cond: Value | None = None
    absent: bool = False


Static = (Const, Closure, Method, Partial, Range, Zip, Once, Mapped, Generator, Yielded, SliceThing, Poison)


def is_number(thing: Thing) -> bool:
    """Whether this is a plain operand: a run-time value, or a number known now."""
    return isinstance(thing, Value) or (isinstance(thing, Const) and isinstance(thing.value, (int, float, complex)))


_HINTS = {"break": "stopped", "continue": "skipped", "return": "returned", "mapped": "items", "collected": "items"}


def clean_name(name: str | None) -> str | None:
    """A name as a hint for a value: the frontend's own variables (``%return``, ``%items0``) get readable ones."""
    if name is None or name[0] != "%":
        return name
    plain = name[1:].rstrip("0123456789")
    return _HINTS.get(plain, plain)
