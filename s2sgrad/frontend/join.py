"""Branches: run two parts of the walk on copies of the state, and join what they leave behind.

if c:              If(c, [y1], [x]) -> y
    y = x + 1      afterwards the variable `y` is the If's result, and memory that either
                   branch wrote holds the joined version
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from s2sgrad.errors import S2SGradError, TypeMismatch
from s2sgrad.frontend.entries import may_be_absent
from s2sgrad.frontend.items import as_value, make_growing
from s2sgrad.frontend.lowerer import FLAGS, Bottom, Lowerer, NeedsStatic
from s2sgrad.frontend.memory import link, same_memory
from s2sgrad.frontend.owning import carry
from s2sgrad.frontend.things import (
    ArrayRef,
    Cell,
    DictRef,
    Heap,
    Item,
    ListRef,
    ObjectRef,
    Poison,
    Record,
    Row,
    Thing,
    clean_name,
)
from s2sgrad.ir.build import known_length
from s2sgrad.ir.core import UNDEFINED, Block, Const, If, Operand, Value
from s2sgrad.ir.types import OBJECT, UNKNOWN, Array, ListOf, Scalar, Type, Unknown, has_memory, is_differentiable, join

MISSING = object()  # a variable that a path does not have


class Path:
    """One branch after it was lowered: its block, and the state it left."""

    __slots__ = ("block", "env", "heap", "thing")

    def __init__(self, block: Block, env: dict[str, Thing], heap: Heap, thing: Thing) -> None:
        self.block, self.env, self.heap, self.thing = block, env, heap, thing


def branch(
    lo: Lowerer,
    cond: Operand,
    then: Callable[[], Thing],
    orelse: Callable[[], Thing],
    live: frozenset[str] | None = None,
) -> Thing:
    """``then() if cond else orelse()`` at run time. ``live``: the variables worth joining (None: all)."""
    env, heap, frame, stack = lo.frame.env, lo.heap, lo.frame, list(lo.stack)
    paths: list[Path] = []
    bottom: Bottom | None = None
    in_branch, lo.in_branch = lo.in_branch, True
    for run in (then, orelse):
        frame.env, lo.heap = dict(env), heap.copy()
        thing: Thing = MISSING
        with lo.inside(Block()) as block:
            try:
                with lo.raising_here():
                    thing = run()
            except Bottom as error:
                bottom, block.diverges = error, True
                lo.frame, lo.stack = frame, list(stack)  # it may have come out of a call
            except S2SGradError as error:  # if the condition can be known while compiling, perhaps nobody goes here
                if isinstance(cond, Value) and lo.can_be_static(cond):
                    raise NeedsStatic(cond, error, lo.origins(cond)) from None
                raise
        paths.append(Path(block, frame.env, lo.heap, thing))
    lo.in_branch = in_branch
    a, b = paths
    if a.block.diverges and b.block.diverges and bottom is not None:
        frame.env, lo.heap = env, heap
        raise bottom
    op = If(cond, a.block, b.block)
    lo.builder.add(op)
    if a.block.diverges and b.block.diverges:
        lo.builder.block.diverges = True
        return a.thing
    return Joiner(lo, op, heap, a, b).run(env, live)


class Joiner:
    """Joins two paths leaf by leaf; each pair of differing leaves becomes one result of the If."""

    def __init__(self, lo: Lowerer, op: If, before: Heap, a: Path, b: Path) -> None:
        self.lo, self.op, self.before, self.a, self.b = lo, op, before, a, b
        self.results: dict[tuple[Any, Any], Value] = {}
        self.cells: dict[tuple[Any, ...], Thing] = {}
        self.joined: list[tuple[Cell, Cell | None, Cell | None]] = []  # new cells, and what they are on either path
        self.heap = Heap()

    def run(self, env: dict[str, Thing], live: frozenset[str] | None) -> Thing:
        lo, a, b = self.lo, self.a, self.b
        self.grow_lists()
        lo.heap = self.heap = self.before.copy()
        self.heap.update((c.items, {}) for c in self.before if c.items is not None and c.items not in self.before)
        joined: dict[str, Thing] = {}
        names = [*a.env, *(n for n in b.env if n not in a.env)]
        for name in names:
            if live is not None and name not in live and name[0] != "%":
                continue
            default = Const(False) if name in FLAGS else MISSING
            thing = self.join(a.env.get(name, default), b.env.get(name, default), name)
            if thing is not MISSING:
                joined[name] = thing
        for cell in self.before:
            x, y = a.heap[cell], b.heap[cell]
            x, y = (y if a.block.diverges else x), (x if b.block.diverges else y)
            if x is not self.before[cell] or y is not self.before[cell]:
                self.heap[cell] = self.content(x, y, cell.owner)
        result = self.join(a.thing, b.thing, None)
        lo.frame.env = joined
        return result

    def grow_lists(self) -> None:
        """A list that is one of run-time length on one path is on the other, so that names of its items agree."""
        for cell in self.before:
            paths = [path for path in (self.a, self.b) if not path.block.diverges]
            contents = [path.heap[cell] for path in paths]
            for path in paths if _differ_as_lists(contents) else ():
                heap, self.lo.heap = self.lo.heap, path.heap
                with self.lo.inside(path.block):
                    make_growing(self.lo, ListRef(cell), cell.items)
                self.lo.heap = heap

    def join(self, x: Thing, y: Thing, name: str | None) -> Thing:
        """The thing that is ``x`` on the first path and ``y`` on the second."""
        if x is y:
            return x
        if self.a.block.diverges:
            x = MISSING
        if self.b.block.diverges:
            y = MISSING
        if x is MISSING and y is MISSING:
            return MISSING
        if isinstance(x, Poison) or isinstance(y, Poison):
            inner = x if isinstance(x, Poison) else y
            # what decides there may not be seen from here on, but what decides between the two sides is
            return (
                self.poison(name) if isinstance(self.op.cond, Value) and self.lo.can_be_static(self.op.cond) else inner
            )
        kinds = {type(t) for t in (x, y) if t is not MISSING}
        some = y if x is MISSING else x
        if kinds <= {Value, Const, ArrayRef}:
            return self.numbers(x, y, name)
        if len(kinds) == 1:
            if isinstance(some, tuple):
                return self.tuples(x, y, name)
            if isinstance(some, (ListRef, DictRef, ObjectRef)):
                return self.structures(x, y, name)
        if x is MISSING or y is MISSING or x == y:
            return some
        if isinstance(x, Row) and isinstance(y, Row) and x.root == y.root and x.spine is y.spine:
            pairs = zip(x.path, y.path, strict=True)
            return Row(x.root, tuple(self.leaf(p, q, None) for p, q in pairs), x.spine)
        if isinstance(x, ListRef) and isinstance(y, ListRef):
            return self.structures(x, y, name)
        return self.poison(name)

    def poison(self, name: str | None) -> Poison:
        what = f"`{name}`" if name else "the value"
        return Poison(
            f"which kind of value {what} has here depends on a branch taken at run time",
            "give it the same kind of value on both branches",
            self.op.cond if isinstance(self.op.cond, Value) else None,
        )

    def numbers(self, x: Thing, y: Thing, name: str | None) -> Thing:
        if isinstance(x, Const) and isinstance(y, Const) and same_constant(x, y):
            return x
        if isinstance(x, Const) and y is MISSING:
            return x
        if isinstance(y, Const) and x is MISSING:
            return y
        if isinstance(x, ArrayRef) and isinstance(y, ArrayRef) and x.cell is y.cell and x.path == y.path:
            return x
        if isinstance(x, ArrayRef) and y is MISSING and x.cell in self.before:
            return x
        if isinstance(y, ArrayRef) and x is MISSING and y.cell in self.before:
            return y
        result = self.leaf(self.operand(x, self.a), self.operand(y, self.b), name)
        if not isinstance(result, Value) or not isinstance(result.type, (Array, Unknown)):
            return result
        key = (x.cell if isinstance(x, ArrayRef) else x, y.cell if isinstance(y, ArrayRef) else y, result)
        if key not in self.cells:
            thing = self.lo.wrap(result, name)
            self.share(thing.cell, *(ref.cell if isinstance(ref, ArrayRef) else None for ref in (x, y)))
            self.cells[key] = thing
        return self.cells[key]

    def share(self, made: Cell, x: Cell | None, y: Cell | None) -> None:
        """Record what a new cell may be: what it is on either path. Two new cells are one if they are on one path."""
        new = {cell for cell, _, _ in self.joined}
        for old in (x, y):
            for other in () if old is None else (old, *old.aliases):
                if other not in new:
                    link(made, other)
        for other, p, q in self.joined:
            if same_memory(x, p) or same_memory(y, q):
                link(made, other)
        self.joined.append((made, x, y))

    def operand(self, thing: Thing, path: Path) -> Operand:
        if thing is MISSING:
            return UNDEFINED
        if not isinstance(thing, ArrayRef):
            return thing  # type: ignore[no-any-return]
        heap, self.lo.heap = self.lo.heap, path.heap
        with self.lo.inside(path.block):
            value = self.lo.read(thing)
        self.lo.heap = heap
        return value

    def leaf(self, x: Operand, y: Operand, name: str | None) -> Operand:
        """One result of the If for a pair of operands."""
        if x is y or (isinstance(x, Const) and isinstance(y, Const) and same_constant(x, y)):
            return x
        key = (_key(x), _key(y))
        result = self.results.get(key)
        if result is None:
            type_ = join_operands(x, y)
            check_keeps_derivative(self.lo, type_, x, y, name)
            if (isinstance(x, Value) and x.name == name) or (isinstance(y, Value) and y.name == name):
                hint = name
            else:
                hint = name or getattr(x, "name", None) or getattr(y, "name", None)
            result = self.results[key] = Value(known_length(type_), clean_name(hint))
            carry(self.lo, [z for z in (x, y) if z is not UNDEFINED], result)
            self.op.then.results.append(x)
            self.op.orelse.results.append(y)
            self.op.results.append(result)
            if {x, y} & self.lo.varied:
                self.lo.varied.add(result)
        return result

    def tuples(self, x: Thing, y: Thing, name: str | None) -> Thing:
        size = len(y if x is MISSING else x)
        if x is not MISSING and y is not MISSING and len(x) != len(y):
            return self.poison(name)
        xs = x if x is not MISSING else (MISSING,) * size
        ys = y if y is not MISSING else (MISSING,) * size
        items = tuple(self.join(p, q, item_name(name, k)) for k, (p, q) in enumerate(zip(xs, ys, strict=True)))
        classes = {getattr(t, "cls", None) for t in (x, y) if t is not MISSING}
        return Record(cls, items) if len(classes) == 1 and (cls := classes.pop()) is not None else items

    def structures(self, x: Thing, y: Thing, name: str | None) -> Thing:
        """Two lists, dicts or objects: the same one, or a new one that holds what either held."""
        if x is not MISSING and y is not MISSING and x.cell is y.cell:
            return x
        some = y if x is MISSING else x
        if (x is MISSING or y is MISSING) and some.cell in self.before:
            return some
        key = (None if x is MISSING else x.cell, None if y is MISSING else y.cell)
        if key in self.cells:
            return self.cells[key]
        if x is not MISSING and y is not MISSING and _class_of(x) != _class_of(y):
            return self.poison(name)
        cell = Cell(name)
        thing = replace(some, cell=cell)
        self.cells[key] = thing
        self.share(cell, *key)
        self.lo.note_perhaps(cell, *(c for c in key if c is not None))
        x_content = MISSING if x is MISSING else self.a.heap[x.cell]
        y_content = MISSING if y is MISSING else self.b.heap[y.cell]
        content = self.content(x_content, y_content, name)
        if isinstance(content, Poison):
            return content
        self.heap[cell] = content
        return thing

    def content(self, x: Any, y: Any, name: str | None) -> Any:
        """What a cell holds after the branch."""
        if self.a.block.diverges:
            x = MISSING
        if self.b.block.diverges:
            y = MISSING
        some = y if x is MISSING else x
        if isinstance(some, Item) or isinstance(y, Item):
            return self.item(some, some if y is MISSING else y, name)
        if isinstance(some, Value) or isinstance(y, Value):
            before = UNDEFINED if x is MISSING else self.list_value(x, self.a)
            after = UNDEFINED if y is MISSING else self.list_value(y, self.b)
            return self.leaf(before, after, name)
        if isinstance(some, tuple):
            if x is not MISSING and y is not MISSING and len(x) != len(y):
                return self.leaf(self.list_value(x, self.a), self.list_value(y, self.b), name)
            return self.tuples(x, y, name)
        xs: dict[Any, Thing] = {} if x is MISSING else x
        ys: dict[Any, Thing] = {} if y is MISSING else y
        joined = {}
        for k in [*xs, *(k for k in ys if k not in xs)]:
            if (k not in xs and x is not MISSING) or (k not in ys and y is not MISSING):
                joined[k] = may_be_absent(k, self.op.cond if isinstance(self.op.cond, Value) else None)
            else:
                joined[k] = self.join(xs.get(k, MISSING), ys.get(k, MISSING), str(k))
        return joined

    def item(self, x: Any, y: Any, name: str | None) -> Any:
        """What the cell of an array holds that stands in a list on one path at least."""
        if isinstance(x, Item) and x.is_in(y):
            return x if x.value is y.value else replace(x, value=None)
        return self.leaf(self.array_in(x, self.a), self.array_in(y, self.b), name)

    def array_in(self, content: Value | Item, path: Path) -> Operand:
        return content if isinstance(content, Value) else content.value or self.operand(content.ref, path)

    def list_value(self, content: Any, path: Path) -> Value:
        """The content of a list's or dict's cell as a run-time list or dict."""
        if isinstance(content, Value):
            return content
        heap, self.lo.heap = self.lo.heap, path.heap
        with self.lo.inside(path.block):
            value = as_value(self.lo, content)
        self.lo.heap = heap
        return value


def _differ_as_lists(contents: list[Any]) -> bool:
    """Whether a list of arrays has another length on either path, or a length that only running tells."""
    fixed = [content for content in contents if isinstance(content, tuple)]
    arrays = any(isinstance(item, ArrayRef) for content in fixed for item in content)
    if len(fixed) < len(contents):
        grown = [content for content in contents if isinstance(content, Value)]
        return bool(fixed) and all(isinstance(c.type, ListOf) and has_memory(c.type.item) for c in grown)
    return arrays and len({len(content) for content in fixed}) > 1


def _class_of(ref: Any) -> Any:
    """What two structures must have in common to be one after a branch: a class, or what a missing item is."""
    factory = getattr(ref, "factory", None)
    return factory.value if isinstance(factory, Const) else factory or getattr(ref, "cls", None)


def check_keeps_derivative(lo: Lowerer, t: Type, x: Operand, y: Operand, name: str | None) -> None:
    """Refuse what is a differentiated number on one path and something else on the other: nothing may be dropped."""
    if is_differentiable(t) or not {x, y} & lo.varied:
        return
    what = f"`{name}`" if name and name[0] != "%" else "the value"
    lo.fail(
        f"{what} is {x.type} on one path and {y.type} on another, and carries a derivative",
        "give it one kind of value on every path",
        error=TypeMismatch,
    )


def same_constant(x: Const, y: Const) -> bool:
    if x.value is y.value:
        return True
    if type(x.value) is not type(y.value) or not isinstance(x.value, (int, float, complex, str, bytes)):
        return False
    return repr(x.value) == repr(y.value)


def _key(x: Operand) -> Any:
    return (type(x.value), repr(x.value)) if isinstance(x, Const) else x


def join_operands(x: Operand, y: Operand) -> Type:
    """The type of what is ``x`` on one path and ``y`` on the other."""
    if x is UNDEFINED:
        return y.type
    if y is UNDEFINED:
        return x.type
    constants = [c for c in (x, y) if isinstance(c, Const)]
    if constants and isinstance(constants[0].type, Scalar):
        other = y if constants[0] is x else x
        if isinstance(other.type, Array):
            return other.type  # a number that stands for a whole array: no derivative reaches a constant
    if any(c.value is None for c in constants):
        other = y if constants[0] is x else x
        return UNKNOWN if other.type.is_numeric else OBJECT
    return join(x.type, y.type)


def item_name(name: str | None, k: int) -> str | None:
    return None if name is None else f"{name}_{k}"
