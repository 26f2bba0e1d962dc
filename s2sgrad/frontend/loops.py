"""Loops: what the body changes is carried through parameters of its block.

    for i in range(n):        for i in range(n) carry x.1 = x.0:
        x = x * x        →        x.2 = mul x.1, x.1
                                  yield x.2

The body is lowered once with a parameter for every variable that it assigns and that is live at its head, and
for every cell that it is seen to write. Where a round shows that more is changed than was thought, or that
a type is wider, the assumptions grow and the body is lowered again; they are kept per loop, so that an outer loop's
next round starts where the last one ended.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gast

from s2sgrad.errors import AliasError, TypeMismatch
from s2sgrad.frontend.join import MISSING, check_keeps_derivative, item_name, join_operands, may_share, same_constant
from s2sgrad.frontend.lowerer import BREAK, CONTINUE, RESULT, RETURN, Lowerer
from s2sgrad.frontend.memory import as_growing
from s2sgrad.frontend.things import ArrayRef, Cell, DictRef, ListRef, ObjectRef, Poison, Thing, clean_name, path_key
from s2sgrad.ir.build import known_length
from s2sgrad.ir.clone import substitute
from s2sgrad.ir.core import UNDEFINED, Block, Const, For, Operand, Value, While
from s2sgrad.ir.types import OBJECT, UNKNOWN, Array, Dim, ListOf, Scalar, TupleOf, Type, Unknown, join

MAX_ROUNDS = 30
SlotKey = tuple[Any, ...]


@dataclass(slots=True)
class Assumptions:
    """What earlier rounds found out about a loop: cells that it writes, types of slots, lists that grow."""

    cells: set[str] = field(default_factory=set)
    types: dict[SlotKey, Type] = field(default_factory=dict)
    growing: set[SlotKey] = field(default_factory=set)
    varied: set[SlotKey] = field(default_factory=set)


@dataclass(slots=True)
class Slot:
    """One carried leaf: its key, its parameter, and what it starts from."""

    key: SlotKey
    param: Value
    init: Operand
    yielded: Operand | None = None
    result: Value | None = None


class Again(Exception):
    """The assumptions have grown: lower the loop again."""


@dataclass(slots=True)
class LoopShape:
    """The parts of a loop statement that matter here."""

    node: Any
    assigned: frozenset[str]
    head: frozenset[str] | None  # live at the head (None: everything)
    after: frozenset[str] | None
    written: frozenset[str] = frozenset()  # names whose memory the body seems to write


def shape_of(lo: Lowerer, node: Any) -> LoopShape:
    """The shape of a `for` or `while` statement, from the liveness of its function."""
    source = lo.frame.source
    assert source is not None
    live = source.liveness
    if node not in live.head:  # a comprehension
        return LoopShape(node, frozenset(), None, None, written_names(node))
    updated = frozenset(name for name in live.augmented[node] if _is_updated_in_place(lo, name))
    return LoopShape(node, live.assigned[node] - updated, live.head[node], live.after[node], written_names(node))


def _is_updated_in_place(lo: Lowerer, name: str) -> bool:
    """Whether ``name += …`` writes into what the name stands for, and does not rebind it."""
    thing = lo.frame.env.get(name)
    if isinstance(thing, ArrayRef):
        return isinstance(lo.read(thing).type, Array)
    return isinstance(thing, ListRef)


_WRITING_METHODS = {"append", "pop", "extend", "insert", "fill", "sort", "update", "setdefault", "clear", "remove"}


def written_names(node: Any) -> frozenset[str]:
    """Names whose arrays, lists or objects a loop seems to update in place (a guess that saves a round)."""
    names = set()
    for n in gast.walk(node):
        target = None
        if isinstance(n, (gast.Subscript, gast.Attribute)) and isinstance(n.ctx, gast.Store):
            target = n.value
        elif isinstance(n, gast.AugAssign):
            target = n.target
        elif isinstance(n, gast.Call) and isinstance(n.func, gast.Attribute) and n.func.attr in _WRITING_METHODS:
            target = n.func.value
        while isinstance(target, (gast.Subscript, gast.Attribute)):
            target = target.value
        if isinstance(target, gast.Name):
            names.add(target.id)
    return frozenset(names)


def run_loop(
    lo: Lowerer,
    shape: LoopShape,
    make: Callable[[list[Operand], Block, list[Value]], For | While],
    params: list[Value],
    body: Callable[[], Operand | None],
) -> None:
    """Lower a loop: ``body()`` lowers one iteration in the current block (its condition included) and returns
    the stop flag; ``make(inits, block, carried)`` builds the operation from the finished block."""
    assumptions = lo.assumptions.setdefault((shape.node, lo.frame.key), Assumptions())
    for _ in range(MAX_ROUNDS):
        restore = lo.snapshot()
        try:
            Loop(lo, shape, assumptions).lower(make, params, body)
            return
        except Again:
            restore()
    lo.fail("the types of what this loop carries do not settle", "initialise them with their final type", shape.node)


class Loop:
    """One round of lowering a loop."""

    def __init__(self, lo: Lowerer, shape: LoopShape, assumptions: Assumptions) -> None:
        self.lo, self.shape, self.assume = lo, shape, assumptions
        self.slots: list[Slot] = []
        self.cells: dict[Cell, Cell] = {}  # a list, dict or object before the loop → what stands for it at the head
        self.inplace: dict[Cell, None] = {}  # cells that the body writes and that stay the same cells
        self.refs: dict[Any, ArrayRef] = {}
        self.views: dict[ArrayRef, Operand] = {}  # what variables that the body assigns first are if it never runs
        self.grown = False

    # -- the round ---------------------------------------------------------------------------------

    def lower(
        self,
        make: Callable[[list[Operand], Block, list[Value]], For | While],
        params: list[Value],
        body: Callable[[], Operand | None],
    ) -> None:
        lo = self.lo
        before_env, before_heap = lo.frame.env, dict(lo.heap)
        lo.heap = before_heap
        relied, lo.relied_on_inactive = lo.relied_on_inactive, False
        self.grow_lists(before_env)
        lo.frame.env, lo.heap = dict(before_env), dict(before_heap)
        heads = self.head_variables(before_env)
        self.head_memory(before_env, before_heap)
        lo.frame.env[BREAK] = lo.frame.env[CONTINUE] = Const(False)
        head_heap = dict(lo.heap)
        with lo.inside(Block()) as block:
            stop = body()
            self.finish(heads, before_env, before_heap, head_heap)
            block.params = [*params, *(s.param for s in self.slots)]
            block.results = [s.param if s.yielded is None else s.yielded for s in self.slots]
            block.stop = stop
        if self.grown or (lo.relied_on_inactive and self.new_varied()):
            self.new_varied()
            raise Again
        self.new_varied()
        lo.relied_on_inactive = lo.relied_on_inactive or relied
        op = make([s.init for s in self.slots], block, [s.param for s in self.slots])
        op.results = [self.result(s) for s in self.slots]
        lo.builder.add(op)
        self.prune(op)

    def new_varied(self) -> bool:
        """Mark carried values that the body makes depend on a differentiated argument."""
        found = False
        for slot in self.slots:
            if slot.yielded in self.lo.varied or slot.init in self.lo.varied:
                if slot.key not in self.assume.varied:
                    self.assume.varied.add(slot.key)
                    found = found or slot.param not in self.lo.varied
                if slot.result is not None:
                    self.lo.varied.add(slot.result)
        return found

    def result(self, slot: Slot) -> Value:
        if slot.result is None:
            slot.result = Value(known_length(forget_length(slot.param.type)), slot.param.name)
        if slot.yielded in self.lo.varied or slot.init in self.lo.varied:
            self.lo.varied.add(slot.result)
        return slot.result

    def prune(self, op: For | While) -> None:
        """What turns out not to change is no longer carried."""
        env = {s.param: s.init for s in self.slots if s.yielded is s.param and s.init is not UNDEFINED}
        if not env:
            return
        fixed = [k for k, s in enumerate(self.slots) if s.param in env]
        # the results of what does not change are its inits
        outer: dict[Value, Operand] = {}
        if isinstance(op, While):
            env |= {op.cond.params[k]: op.inits[k] for k in fixed}
        for k in reversed(fixed):
            outer[op.results[k]] = op.inits[k]
            del op.inits[k], op.results[k], op.body.results[k]
            if isinstance(op, For):
                del op.body.params[k + 1]
            else:
                del op.body.params[k], op.cond.params[k]
        substitute(op.body, env)
        if isinstance(op, While):
            substitute(op.cond, env)
        self.replace_things(outer)

    def replace_things(self, env: dict[Value, Operand]) -> None:
        lo = self.lo
        for cell, content in list(lo.heap.items()):
            if isinstance(content, Value) and content in env:
                lo.heap[cell] = env[content]
        for name, thing in list(lo.frame.env.items()):
            if isinstance(thing, Value) and thing in env:
                lo.frame.env[name] = env[thing]

    # -- the head ----------------------------------------------------------------------------------

    def grow_lists(self, env: dict[str, Thing]) -> None:
        """Lists that earlier rounds saw growing become run-time lists before the loop."""
        for cell in list(self.lo.heap):
            content = self.lo.heap[cell]
            if ("cell", cell.owner) in self.assume.growing and isinstance(content, tuple):
                value = as_growing(self.lo, content)
                value.name = clean_name(cell.owner)
                self.lo.heap[cell] = value

    def head_memory(self, env: dict[str, Thing], heap: dict[Cell, Any]) -> None:
        """Parameters for the cells that the body writes (they stay the same cells)."""
        guessed: set[Cell] = set()
        for name in self.shape.written - self.shape.assigned:
            thing = env.get(name)
            if isinstance(thing, (ArrayRef, ListRef, DictRef, ObjectRef)):
                guessed.add(thing.cell)
        for cell in heap:
            if cell in guessed or (cell.owner is not None and cell.owner in self.assume.cells):
                self.inplace[cell] = None
                self.lo.heap[cell] = self.generalise_content(heap[cell], cell.owner, ("cell", cell.owner))

    def head_variables(self, env: dict[str, Thing]) -> dict[str, Thing]:
        """Things at the head for the variables that the body assigns."""
        heads: dict[str, Thing] = {}
        head = self.shape.head
        for name in sorted(self.shape.assigned):
            if name not in env:
                if (name,) in self.assume.types:  # kept from an earlier iteration
                    slot = self.slot((name,), UNDEFINED, name)
                    heads[name] = self.lo.frame.env[name] = self.lo.wrap(slot.param, name)
                continue
            if head is not None and name not in head:
                self.remember_view(env[name], name)
                del self.lo.frame.env[name]
                continue
            heads[name] = self.lo.frame.env[name] = self.generalise(env[name], name, (name,))
        return heads

    def remember_view(self, thing: Thing, name: str) -> None:
        """A view has to be taken before the loop, if the variable is read after it."""
        if isinstance(thing, ArrayRef) and thing.path and (self.shape.after is None or name in self.shape.after):
            self.views[thing] = self.lo.read(thing)

    def generalise(self, thing: Thing, name: str | None, key: SlotKey) -> Thing:
        """A thing with a parameter for every leaf that may change."""
        if isinstance(thing, Value) or (isinstance(thing, Const) and (key in self.assume.types or _is_number(thing))):
            slot = self.slot(key, thing, name)
            return self.lo.wrap(slot.param, name)
        if isinstance(thing, ArrayRef):
            return self.generalise_array(thing, name, key)
        if isinstance(thing, tuple):
            return tuple(self.generalise(t, item_name(name, k), (*key, k)) for k, t in enumerate(thing))
        if isinstance(thing, (ListRef, DictRef, ObjectRef)):
            return self.generalise_structure(thing, name, key)
        return thing

    def generalise_array(self, ref: ArrayRef, name: str | None, key: SlotKey) -> Thing:
        identity = (ref.cell, path_key(ref.path))
        if identity not in self.refs:
            slot = self.slot(key, self.lo.read(ref), name)
            thing = self.lo.wrap(slot.param, name)
            if not isinstance(thing, ArrayRef):
                return thing
            may_share(thing.cell, ref.cell)
            self.refs[identity] = thing
        return self.refs[identity]

    def generalise_structure(self, ref: Any, name: str | None, key: SlotKey) -> Thing:
        if ref.cell in self.cells:
            return _same_kind(ref, self.cells[ref.cell])
        cell = self.cells[ref.cell] = Cell(name)
        may_share(cell, ref.cell)
        content = self.lo.heap[ref.cell]
        if key in self.assume.growing and isinstance(content, tuple):
            content = as_growing(self.lo, content)
        self.lo.heap[cell] = self.generalise_content(content, name, key)
        return _same_kind(ref, cell)

    def generalise_content(self, content: Any, name: str | None, key: SlotKey) -> Any:
        if isinstance(content, Value):
            return self.slot(key, content, name).param
        if isinstance(content, tuple):
            return tuple(self.generalise(t, item_name(name, k), (*key, k)) for k, t in enumerate(content))
        return {k: self.generalise(t, str(k), (*key, k)) for k, t in content.items()}

    def slot(self, key: SlotKey, init: Operand, name: str | None) -> Slot:
        type_ = self.assume.types.get(key, forget_length(init.type))
        slot = Slot(key, Value(known_length(type_), clean_name(name)), init)
        if init in self.lo.varied or key in self.assume.varied:
            self.lo.varied.add(slot.param)
        self.slots.append(slot)
        return slot

    # -- the end -----------------------------------------------------------------------------------

    def finish(
        self,
        heads: dict[str, Thing],
        before_env: dict[str, Thing],
        before_heap: dict[Cell, Any],
        head_heap: dict[Cell, Any],
    ) -> None:
        """Match what the body leaves with the head, and give names and memory their state after the loop."""
        lo = self.lo
        end_env, end_heap = lo.frame.env, lo.heap
        by_param = {s.param: s for s in self.slots}
        after_heap = dict(before_heap)
        after_env = {n: t for n, t in before_env.items() if n not in self.shape.assigned}
        for cell, content in before_heap.items():
            if end_heap[cell] is not head_heap[cell] and cell not in self.inplace:
                self.changed_memory(cell, content)
        if self.grown:
            return
        finisher = Finisher(self, by_param, before_heap, head_heap, end_heap, after_heap)
        for cell in self.inplace:
            after_heap[cell] = finisher.content(head_heap[cell], end_heap[cell], ("cell", cell.owner), cell.owner)
        after = self.shape.after
        for name, head in heads.items():
            end = end_env.get(name, MISSING)
            if end is MISSING:
                continue
            thing = finisher.match(head, end, (name,), name)
            head_live = after is None or self.shape.head is None or name in after or name in self.shape.head
            if head_live:
                after_env[name] = thing
        for name in sorted(self.shape.assigned):
            if name not in before_env and name not in heads and name in end_env and self.is_kept(name):
                self.keep(name, end_env[name])
            elif name not in heads and name in end_env and (after is None or name in after):
                after_env[name] = finisher.export(before_env.get(name, MISSING), end_env[name], (name,), name)
        for flag in (RETURN, RESULT):
            before, end = before_env.get(flag, MISSING), end_env.get(flag, MISSING)
            if end is not MISSING and end is not before:
                init = Const(False) if flag == RETURN and before is MISSING else before
                after_env[flag] = finisher.export(init, end, (flag,), flag)
        if isinstance(end_env.get(BREAK), Value) or _is_true(end_env.get(BREAK)):
            after_env[BREAK] = finisher.export(Const(False), end_env[BREAK], (BREAK,), BREAK)
        finisher.check_sharing(end_env, before_heap)
        lo.frame.env, lo.heap = after_env, after_heap

    def is_kept(self, name: str) -> bool:
        """Whether an iteration may see what an earlier one assigned to a variable that is new in the loop."""
        return self.shape.head is not None and name in self.shape.head

    def keep(self, name: str, end: Thing) -> None:
        if isinstance(end, ArrayRef):
            end = self.lo.read(end)
        if not isinstance(end, (Value, Const)) or not (isinstance(end, Value) or _is_number(end)):
            self.lo.fail(
                f"`{name}` may keep its value from an earlier iteration of this loop",
                "assign it before the loop",
                self.shape.node,
            )
        self.widen((name,), forget_length(end.type))

    def changed_memory(self, cell: Cell, content: Any) -> None:
        if cell.owner is None:
            cell.owner = f"%cell{sum(1 for c in self.lo.heap if (c.owner or '').startswith('%cell'))}"
        self.assume.cells.add(cell.owner)
        self.grown = True

    def widen(self, key: SlotKey, type_: Type) -> None:
        self.assume.types[key] = type_
        self.grown = True

    def grow(self, key: SlotKey, cell: Cell) -> None:
        self.assume.growing.add(key)
        if cell.owner is not None:
            self.assume.growing.add(("cell", cell.owner))
        self.grown = True


class Finisher:
    """Matches the things at the end of a body with those at its head, leaf by leaf."""

    def __init__(
        self,
        loop: Loop,
        by_param: dict[Value, Slot],
        before_heap: dict[Cell, Any],
        head_heap: dict[Cell, Any],
        end_heap: dict[Cell, Any],
        after: Any,
    ) -> None:
        self.loop, self.lo = loop, loop.lo
        self.by_param = by_param
        self.before_heap, self.head_heap, self.end_heap, self.after = before_heap, head_heap, end_heap, after
        self.done: dict[Any, Thing] = {}
        self.pairs: list[tuple[Cell, Cell]] = []  # (cell at the head, cell at the end) of arrays

    def match(self, head: Thing, end: Thing, key: SlotKey, name: str | None) -> Thing:
        """The thing after the loop for a slot that had ``head`` at the head and has ``end`` at the end."""
        if isinstance(head, Value):
            return self.leaf(self.by_param[head], end, key, name) if head in self.by_param else head
        if isinstance(head, ArrayRef):
            return self.array(head, end, key, name)
        if isinstance(head, tuple) and isinstance(end, tuple) and len(head) == len(end):
            return tuple(
                self.match(h, e, (*key, k), item_name(name, k)) for k, (h, e) in enumerate(zip(head, end, strict=True))
            )
        if type(head) is type(end) and isinstance(head, (ListRef, DictRef, ObjectRef)):
            return self.structure(head, end, key, name)
        if isinstance(head, Const):
            if isinstance(end, Const) and same_constant(head, end):
                return head
            if isinstance(end, (Value, Const, ArrayRef)):
                numeric = end.type if isinstance(end, (Value, Const)) else self.lo.read(end).type
                self.loop.widen(key, UNKNOWN if head.value is None and numeric.is_numeric else OBJECT)
                return head
        if head is end or head == end:
            return head
        what = f"`{name}`" if name else "a variable"
        return Poison(
            f"{what} changes its kind of value in a loop", "keep one kind of value in one variable inside a loop"
        )

    def leaf(self, slot: Slot, end: Thing, key: SlotKey, name: str | None) -> Thing:
        if isinstance(end, ArrayRef):
            end = self.lo.read(end)
        if not isinstance(end, (Value, Const)):
            self.mismatch(name)
        self.yield_(slot, end)
        result = self.loop.result(slot)
        if result in self.done:
            return self.done[result]
        heap, self.lo.heap = self.lo.heap, self.after
        thing = self.done[result] = self.lo.wrap(result, name)
        self.lo.heap = heap
        return thing

    def yield_(self, slot: Slot, end: Operand) -> None:
        """``end`` is the slot's value for the next iteration; its type must fit the parameter's."""
        slot.yielded = end
        if slot.param is end:
            return
        needed = settled(loop_join(slot, end), slot.param.type, slot.key)
        check_keeps_derivative(self.lo, needed, slot.param, end, slot.param.name)
        if needed != slot.param.type or _knows_more(slot.param.type, needed):
            self.loop.widen(slot.key, needed)

    def mismatch(self, name: str | None) -> None:
        what = f"`{name}`" if name else "a value"
        self.lo.fail(
            f"{what} is not the same kind of thing in every iteration of this loop",
            "give it its final kind of value before the loop",
            self.loop.shape.node,
            TypeMismatch,
        )

    def array(self, head: ArrayRef, end: Thing, key: SlotKey, name: str | None) -> Thing:
        param = self.head_heap[head.cell]
        slot = self.by_param[param]
        if isinstance(end, ArrayRef):
            self.pairs.append((head.cell, end.cell))
        if slot.yielded is not None:  # another variable of the same array
            if not (isinstance(end, ArrayRef) and self.lo.read(end) is slot.yielded):
                self.loop.lo.fail(
                    f"`{name}` and another variable are one array before this loop and two after it",
                    "give each its own array with `.copy()` before the loop",
                    self.loop.shape.node,
                    AliasError,
                )
            return self.done[self.loop.result(slot)]
        thing = self.leaf(slot, end, key, name)
        if isinstance(thing, ArrayRef):
            for cell in (*head.cell.aliases, *([end.cell] if isinstance(end, ArrayRef) else [])):
                if cell in self.after and cell is not thing.cell:
                    may_share(thing.cell, cell)
        return thing

    def structure(self, head: Any, end: Any, key: SlotKey, name: str | None) -> Thing:
        if head.cell is end.cell and head.cell in self.after:
            return head
        identity = (head.cell, end.cell)
        if identity not in self.done:
            cell = Cell(name)
            self.done[identity] = _same_kind(head, cell)
            for old, standing in self.loop.cells.items():
                if standing is head.cell and old in self.after:
                    may_share(cell, old)
            self.after[cell] = self.content(self.head_heap[head.cell], self.end_heap[end.cell], key, name, end.cell)
        return self.done[identity]

    def content(self, head: Any, end: Any, key: SlotKey, name: str | None, cell: Cell | None = None) -> Any:
        """What a cell holds after the loop."""
        lo = self.lo
        if isinstance(head, Value):
            slot = self.by_param.get(head)
            if slot is None:
                return head
            self.yield_(slot, end if isinstance(end, Value) else as_growing(lo, end))
            return self.loop.result(slot)
        if isinstance(head, tuple):
            if not isinstance(end, tuple) or len(end) != len(head):
                self.loop.assume.growing.add(key)
                self.loop.grown = True
                return head
            return tuple(
                self.match(h, e, (*key, k), item_name(name, k)) for k, (h, e) in enumerate(zip(head, end, strict=True))
            )
        return {
            k: self.match(head[k], end[k], (*key, k), str(k))
            if k in head and k in end
            else self.export(head.get(k, MISSING), end.get(k, MISSING), (*key, k), str(k))
            for k in [*head, *(k for k in end if k not in head)]
        }

    # -- variables that the body defines -------------------------------------------------------------

    def export(self, before: Thing, end: Thing, key: SlotKey, name: str) -> Thing:
        """A variable of the body that is read after the loop: undefined (or as before) if the loop never ran."""
        if end is MISSING:
            return before
        if isinstance(end, Const) and isinstance(before, Const) and same_constant(before, end):
            return end
        if isinstance(end, (Value, Const, ArrayRef)):
            fits = isinstance(before, (Value, Const, ArrayRef))
            value = self.lo.read(end) if isinstance(end, ArrayRef) else end
            if isinstance(value, Const) and not _is_number(value):
                return value
            init = self.before_operand(before) if fits else UNDEFINED
            type_ = join_operands(init, value)
            slot = Slot(key, Value(forget_length(type_), clean_name(name)), init, value)
            self.loop.slots.append(slot)
            heap, self.lo.heap = self.lo.heap, self.after
            thing = self.lo.wrap(self.loop.result(slot), name)
            self.lo.heap = heap
            if isinstance(thing, ArrayRef):
                for ref in (before, end):
                    if isinstance(ref, ArrayRef) and ref.cell in self.after:
                        may_share(thing.cell, ref.cell)
            return thing
        if isinstance(end, tuple):
            befores = before if isinstance(before, tuple) and len(before) == len(end) else (MISSING,) * len(end)
            return tuple(
                self.export(b, e, (*key, k), item_name(name, k) or "item")
                for k, (b, e) in enumerate(zip(befores, end, strict=True))
            )
        if isinstance(end, (ListRef, DictRef, ObjectRef)):
            return self.export_structure(before, end, key, name)
        return end

    def before_operand(self, before: Thing) -> Operand:
        """The operand of a thing from before the loop, read outside of its body."""
        if not isinstance(before, ArrayRef):
            return before  # type: ignore[no-any-return]
        value: Operand = self.before_heap[before.cell] if not before.path else self.loop.views.get(before, UNDEFINED)
        return value

    def export_structure(self, before: Thing, end: Any, key: SlotKey, name: str) -> Thing:
        if end.cell in self.after:
            return end
        if end.cell not in self.done:
            cell = Cell(name)
            self.done[end.cell] = _same_kind(end, cell)
            content = self.end_heap[end.cell]
            if isinstance(content, Value):
                slot = Slot(key, Value(content.type, clean_name(name)), UNDEFINED, content)
                self.loop.slots.append(slot)
                self.after[cell] = self.loop.result(slot)
            elif isinstance(content, tuple):
                self.after[cell] = self.export(MISSING, content, key, name)
            else:
                self.after[cell] = {k: self.export(MISSING, t, (*key, k), str(k)) for k, t in content.items()}
        return self.done[end.cell]

    # -- what shares memory with what ------------------------------------------------------------------

    def check_sharing(self, end_env: dict[str, Thing], before_heap: dict[Cell, Any]) -> None:
        """Two head cells that become one array at the end must not be written: one of them would not see it."""
        ends: dict[Cell, Cell] = {}
        for head, end in self.pairs:
            other = ends.setdefault(end, head)
            shared = None
            if other is not head:
                shared = other
            elif end is not head and end in before_heap and end in self.lo.reachable_cells():
                shared = end
            if shared is None:
                continue
            written = [
                c for c in (head, shared, end) if c in self.head_heap and self.end_heap[c] is not self.head_heap[c]
            ]
            if written:
                names = " and ".join(f"`{c.owner}`" for c in (head, shared) if c.owner)
                self.lo.fail(
                    f"{names or 'two variables'} become one array in this loop, which also writes into it",
                    "take a `.copy()` where the variable is assigned",
                    self.loop.shape.node,
                    AliasError,
                )


def _same_kind(ref: Any, cell: Cell) -> Thing:
    return ObjectRef(cell, ref.cls) if isinstance(ref, ObjectRef) else type(ref)(cell)


def _is_number(c: Const) -> bool:
    return isinstance(c.value, (bool, int, float, complex)) and isinstance(c.type, Scalar)


def _is_true(thing: Thing) -> bool:
    return isinstance(thing, Const) and thing.value is True


def forget_length(t: Type) -> Type:
    """The type of an integer that is no longer known to equal a length."""
    return Scalar(t.dtype, t.weak) if isinstance(t, Scalar) else t


def loop_join(slot: Slot, end: Operand) -> Type:
    """The type that a slot needs so that both its start and ``end`` fit."""
    if end is UNDEFINED:
        return slot.param.type
    if isinstance(slot.init, Const) and isinstance(slot.param.type, Scalar) and isinstance(end.type, (Array, Unknown)):
        return end.type  # `total = 0` before a loop that adds arrays to it
    if isinstance(slot.init, Const) and slot.init.value is None and end.type.is_numeric:
        return UNKNOWN
    if isinstance(slot.param.type, Object_) and end.type.is_numeric:
        return slot.param.type
    return forget_length(join(slot.param.type, end.type))


def settled(needed: Type, param: Type, key: SlotKey) -> Type:
    """A type whose lengths differ between iterations gets symbols of the slot's own, so that the next round agrees."""
    if isinstance(needed, Array) and isinstance(param, Array) and needed.ndim == param.ndim:
        pairs = zip(needed.shape, param.shape, strict=True)
        shape = tuple(n if n == m else Dim(("carried", key, k)) for k, (n, m) in enumerate(pairs))
        return Array(needed.dtype, shape)
    if isinstance(needed, ListOf) and isinstance(param, ListOf):
        return ListOf(settled(needed.item, param.item, (*key, "item")))
    if isinstance(needed, TupleOf) and isinstance(param, TupleOf) and len(needed.items) == len(param.items):
        pairs_ = zip(needed.items, param.items, strict=True)
        return TupleOf(tuple(settled(n, p, (*key, k)) for k, (n, p) in enumerate(pairs_)))
    return needed


Object_ = type(OBJECT)


def _knows_more(param: Type, needed: Type) -> bool:
    """Whether the parameter's lengths claim something that the needed type does not."""
    if isinstance(param, Array) and isinstance(needed, Array):
        return any(
            not isinstance(m, int) and not isinstance(n, int) and m.plural and not n.plural
            for m, n in zip(param.shape, needed.shape, strict=True)
        )
    return isinstance(param, ListOf) and isinstance(needed, ListOf) and _knows_more(param.item, needed.item)
