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

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from s2sgrad.frontend.dicts import is_item
from s2sgrad.frontend.entries import class_default, may_be_absent
from s2sgrad.frontend.items import as_value, make_growing
from s2sgrad.frontend.join import MISSING, item_name
from s2sgrad.frontend.loop_ends import Finisher
from s2sgrad.frontend.loop_shapes import LoopShape
from s2sgrad.frontend.loop_sharing import Sharing
from s2sgrad.frontend.lowerer import (
    BREAK,
    CONTINUE,
    ERROR,
    RESULT,
    RETURN,
    THROWN,
    Again,
    Empty,
    Later,
    Lowerer,
    RunningLoop,
)
from s2sgrad.frontend.memory import may_share, name_of
from s2sgrad.frontend.owning import carry_around, is_handed_over, table_of
from s2sgrad.frontend.slots import (
    Assumptions,
    Slot,
    SlotKey,
    changing,
    forget_length,
    is_literal_number,
    is_true,
    lengths_in,
    own_lengths,
    same_kind,
)
from s2sgrad.frontend.things import (
    ArrayRef,
    Cell,
    DictRef,
    Heap,
    Item,
    ListRef,
    ObjectRef,
    Record,
    Row,
    Thing,
    clean_name,
    path_key,
)
from s2sgrad.ir.build import known_length
from s2sgrad.ir.clone import substitute
from s2sgrad.ir.core import UNDEFINED, Block, Const, For, Operand, Value, While
from s2sgrad.ir.types import Type

MAX_ROUNDS = 30


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
        except Again as again:
            if again.loop is not None and again.loop.assumptions is not assumptions:
                raise
            restore()
        except Later as later:
            if later.loop is shape.node:
                raise later.error from None
            raise
        except Empty as empty:
            if not lo.loops:
                raise empty.error from None
            restore()  # it does not run in the first iteration of the loop around it
            lo.skipped.append(empty.error)
            return
    lo.fail("the types of what this loop carries do not settle", "initialise them with their final type", shape.node)


def key_dicts(lo: Lowerer, shape: LoopShape) -> bool:
    """Let dicts of numbers, of which the iterations find other keys, be run-time dicts; whether there are any."""
    assumptions = lo.assumptions.get((shape.node, lo.frame.key), Assumptions())
    found = assumptions.keyable - assumptions.growing
    assumptions.growing |= found
    return bool(found)


class Loop:
    """One round of lowering a loop."""

    def __init__(self, lo: Lowerer, shape: LoopShape, assumptions: Assumptions) -> None:
        self.lo, self.shape, self.assume = lo, shape, assumptions
        self.slots: list[Slot] = []
        self.cells: dict[Cell, Cell] = {}  # a list, dict or object before the loop → what stands for it at the head
        self.inplace: dict[Cell, None] = {}  # cells that the body writes and that stay the same cells
        self.refs: dict[Any, ArrayRef] = {}
        self.views: dict[ArrayRef, Operand] = {}  # what variables that the body assigns first are if it never runs
        self.sharing = Sharing(assumptions)
        self.grown = False
        self.index: Value | None = None  # tells the iterations of a `for` apart
        self.lengths_before: frozenset[Any] = frozenset()  # the symbols that mean the same in every iteration

    # -- the round ---------------------------------------------------------------------------------

    def lower(
        self,
        make: Callable[[list[Operand], Block, list[Value]], For | While],
        params: list[Value],
        body: Callable[[], Operand | None],
    ) -> None:
        lo = self.lo
        self.index = params[0] if params else None
        before_env, before_heap = lo.frame.env, lo.heap.copy()
        lo.heap = before_heap
        relied, lo.relied_on_inactive = lo.relied_on_inactive, False
        self.grow_lists(before_env)
        lo.frame.env, lo.heap = dict(before_env), before_heap.copy()
        heads = self.head_variables(before_env)
        self.head_memory(before_env, before_heap)
        self.sharing.assume_at_head(before_heap)
        for key, head in self.sharing.heads.items():
            if key in self.assume.handed_over:
                for parts in (table_of(lo, slot.param).parts for slot in self.slots):
                    if parts is not None:
                        parts.add(head)
        lo.frame.env[BREAK] = lo.frame.env[CONTINUE] = Const(False)
        head_heap = lo.heap.copy()
        writable = [cell for cell in head_heap if cell.frozen is None]
        with lo.inside(Block()) as block:
            stop: Operand | None = None
            with self.around(before_heap, head_heap), lo.raising_here():
                stop = body()
            end_heap = lo.heap
            self.finish(heads, before_env, before_heap, head_heap)
            block.params = [*params, *(s.param for s in self.slots)]
            block.results = [s.param if s.yielded is None else s.yielded for s in self.slots]
            block.stop = stop
        if any(cell.frozen and end_heap[cell] is not head_heap[cell] for cell in writable):
            raise Again  # what an iteration writes and then gives away, the next one must not write
        skipped = [lo.skipped.pop() for _ in lo.skipped[:]]
        if skipped and not self.grown:
            raise Empty(skipped[0])
        if self.grown or (lo.relied_on_inactive and self.new_varied()):
            self.new_varied()
            raise Again
        self.new_varied()
        lo.relied_on_inactive = lo.relied_on_inactive or relied
        op = make([s.init for s in self.slots], block, [s.param for s in self.slots])
        op.results = [self.result(s) for s in self.slots]
        lo.builder.add(op)
        self.prune(op)

    @contextmanager
    def around(self, before: Heap, at_head: Heap) -> Iterator[None]:
        """Lower the body: variables that it assigns may be there in the next iteration only."""
        lo, head = self.lo, self.shape.head
        lo.loops += 1
        lo.running.append(RunningLoop(self.assume, before, at_head, self.sharing.heads))
        in_branch, lo.in_branch = lo.in_branch, False
        lo.loop_heads.append(lo.heap.copy())
        lo.late.append((lo.frame, frozenset() if head is None else self.shape.assigned & head, self.shape.node))
        try:
            yield
        finally:
            lo.loops -= 1
            lo.running.pop()
            lo.in_branch = in_branch
            lo.late.pop()
            lo.loop_heads.pop()

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
            carry_around(self.lo, slot.param, slot.result, same_spine=slot.key not in self.assume.respun)
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

        def replaced(thing: Any) -> Any:
            if isinstance(thing, Value):
                return env.get(thing, thing)
            if type(thing) is tuple and any(replaced(t) is not t for t in thing):
                return tuple(map(replaced, thing))
            if type(thing) is dict and any(replaced(t) is not t for t in thing.values()):
                return {k: replaced(t) for k, t in thing.items()}
            if isinstance(thing, Record):
                return Record(thing.cls, map(replaced, thing))
            return thing

        for cell, content in list(lo.heap.items()):
            lo.heap[cell] = replaced(content)
        for name, thing in list(lo.frame.env.items()):
            lo.frame.env[name] = replaced(thing)

    # -- the head ----------------------------------------------------------------------------------

    def grow_lists(self, env: dict[str, Thing]) -> None:
        """Lists and dicts that earlier rounds saw growing become run-time ones before the loop."""
        for cell in list(self.lo.heap):
            content = self.lo.heap[cell]
            if ("cell", cell.owner) in self.assume.growing and isinstance(content, tuple):
                make_growing(self.lo, ListRef(cell))
            elif ("cell", cell.owner) in self.assume.growing and isinstance(content, dict):
                value = as_value(self.lo, content)
                value.name = clean_name(cell.owner)
                self.lo.heap[cell] = value

    def head_memory(self, env: dict[str, Thing], heap: Heap) -> None:
        """Parameters for the cells that the body writes (they stay the same cells)."""
        guessed: set[Cell] = set()
        heads: dict[Cell, Any] = {}
        for name in self.shape.written - self.shape.assigned:
            thing = env.get(name)
            if isinstance(thing, (ArrayRef, ListRef, DictRef, ObjectRef)):
                guessed.add(thing.cell)
        for cell in heap:
            if cell in guessed or (cell.owner is not None and cell.owner in self.assume.cells):
                self.inplace[cell] = None
                heads[cell] = self.generalise_content(heap[cell], cell.owner, ("cell", cell.owner), cell.cls)
        self.lo.heap.update(heads)

    def head_variables(self, env: dict[str, Thing]) -> dict[str, Thing]:
        """Things at the head for the variables that the body assigns."""
        heads: dict[str, Thing] = {}
        head = self.shape.head
        for name in sorted(self.shape.assigned):
            if name not in env:
                if (name,) in self.assume.types:  # kept from an earlier iteration
                    slot = self.slot((name,), UNDEFINED, name)
                    heads[name] = self.lo.frame.env[name] = self.lo.wrap(slot.param, name)
                    if isinstance(heads[name], ArrayRef):
                        self.sharing.heads[name,] = heads[name].cell
                continue
            if head is not None and name not in head:
                self.remember_view(env[name], name)
                del self.lo.frame.env[name]
                continue
            heads[name] = self.lo.frame.env[name] = self.generalise(env[name], name, (name,))
        return heads

    def remember_view(self, thing: Thing, name: str) -> None:
        """A view has to be taken before the loop, if the variable is read after it."""
        seen = isinstance(thing, ArrayRef) and (thing.path or isinstance(self.lo.heap[thing.cell], Item))
        if seen and (self.shape.after is None or name in self.shape.after):
            self.views[thing] = self.lo.read(thing)

    def generalise(self, thing: Thing, name: str | None, key: SlotKey) -> Thing:
        """A thing with a parameter for every leaf that may change."""
        if key in self.assume.parting:
            return changing(name, self.index)
        if isinstance(thing, Value) or (
            isinstance(thing, Const) and (key in self.assume.types or is_literal_number(thing))
        ):
            slot = self.slot(key, thing, name)
            return self.lo.wrap(slot.param, name)
        if isinstance(thing, ArrayRef):
            return self.generalise_array(thing, name, key)
        if isinstance(thing, tuple):
            items = tuple(self.generalise(t, item_name(name, k), (*key, k)) for k, t in enumerate(thing))
            return Record(thing.cls, items) if isinstance(thing, Record) else items
        if isinstance(thing, (ListRef, DictRef, ObjectRef)):
            return self.generalise_structure(thing, name, key)
        if isinstance(thing, Row):
            places = [self.slot((*key, k), x, None).param for k, x in enumerate(thing.path)]
            return Row(thing.root, tuple(places), thing.spine)
        return thing

    def generalise_array(self, ref: ArrayRef, name: str | None, key: SlotKey) -> Thing:
        identity = (ref.cell, path_key(ref.path))
        if identity not in self.refs:
            slot = self.slot(key, self.lo.read(ref), name)
            thing = self.lo.wrap(slot.param, name)
            if not isinstance(thing, ArrayRef):
                return thing
            may_share(thing.cell, ref.cell)
            self.sharing.heads[key] = thing.cell
            self.refs[identity] = thing
        return self.refs[identity]

    def generalise_structure(self, ref: Any, name: str | None, key: SlotKey) -> Thing:
        if ref.cell in self.cells:
            return same_kind(ref, self.cells[ref.cell])
        cell = self.cells[ref.cell] = Cell(name)
        may_share(cell, ref.cell)
        self.sharing.heads[key] = cell
        self.lo.note_perhaps(cell, ref.cell)
        content = self.lo.heap[ref.cell]
        if key in self.assume.growing and isinstance(content, tuple):
            self.assume.growing.add(("cell", name_of(ref.cell, self.lo.heap)))
            raise Again
        if key in self.assume.growing and isinstance(content, dict):
            content = as_value(self.lo, content)
        if ref.cell.items is not None:
            cell.items = self.sharing.heads["items", *key] = Cell(f"%items of {name}")
            self.lo.heap[cell.items] = {}
            may_share(cell.items, ref.cell.items)
        self.lo.heap[cell] = self.generalise_content(content, name, key, ref.cell.cls)
        return same_kind(ref, cell)

    def generalise_content(self, content: Any, name: str | None, key: SlotKey, cls: type | None) -> Any:
        if isinstance(content, Item) and key not in self.assume.released:
            return replace(content, value=None)
        if isinstance(content, Item):
            content = content.value or self.lo.read(content.ref)
        if isinstance(content, Value):
            return self.slot(key, content, name).param
        if isinstance(content, tuple):
            return tuple(self.generalise(t, item_name(name, k), (*key, k)) for k, t in enumerate(content))
        steady = {k: self.generalise(t, str(k), (*key, k)) for k, t in content.items()}
        if cls is None and key in self.assume.unsteady and all(map(is_item, content.values())):
            self.assume.keyable.add(key)
        for k in self.assume.unsteady.get(key, ()):
            default = class_default(cls, k) if k not in content else None
            head = may_be_absent(k, self.index) if default is None else self.generalise(default, str(k), (*key, k))
            steady[k] = head
        return steady

    def slot(self, key: SlotKey, init: Operand, name: str | None) -> Slot:
        type_ = self.assume.types.get(key, forget_length(init.type))
        slot = Slot(key, Value(known_length(type_), clean_name(name)), init)
        if init in self.lo.varied or key in self.assume.varied:
            self.lo.varied.add(slot.param)
        if key not in self.assume.unowned:
            carry_around(self.lo, init, slot.param, same_spine=key not in self.assume.respun)
        self.slots.append(slot)
        return slot

    # -- the end -----------------------------------------------------------------------------------

    def finish(
        self,
        heads: dict[str, Thing],
        before_env: dict[str, Thing],
        before_heap: Heap,
        head_heap: Heap,
    ) -> None:
        """Match what the body leaves with the head, and give names and memory their state after the loop."""
        lo = self.lo
        end_env, end_heap = lo.frame.env, lo.heap
        by_param = {s.param: s for s in self.slots}
        self.lengths_before = lengths_in(x for x in (*before_heap.values(), *before_env.values()))
        after_heap = before_heap.copy()
        after_env = {n: t for n, t in before_env.items() if n not in self.shape.assigned}
        for cell, content in before_heap.items():
            if end_heap[cell] is not head_heap[cell] and cell not in self.inplace:
                self.changed_memory(cell, content)
        if self.grown:
            return
        finisher = Finisher(self, by_param, before_heap, head_heap, end_heap, after_heap)
        for cell in self.inplace:
            after_heap[cell] = finisher.content(head_heap[cell], end_heap[cell], ("cell", cell.owner), cell.owner, cell)
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
        for flag in (RETURN, RESULT, THROWN, ERROR):
            before, end = before_env.get(flag, MISSING), end_env.get(flag, MISSING)
            if end is not MISSING and end is not before:
                init = Const(False) if flag == RETURN and before is MISSING else before
                after_env[flag] = finisher.export(init, end, (flag,), flag)
        if isinstance(end_env.get(BREAK), Value) or is_true(end_env.get(BREAK)):
            after_env[BREAK] = finisher.export(Const(False), end_env[BREAK], (BREAK,), BREAK)
        for key, head in self.sharing.heads.items():
            if key not in self.assume.handed_over and is_handed_over(lo, head, self.sharing.ends_of(head)):
                self.assume.handed_over.add(key)
                self.grown = True
        if self.sharing.has_grown(before_heap):
            self.grown = True
        self.sharing.note_after(before_heap)
        lo.frame.env, lo.heap = after_env, after_heap

    def is_kept(self, name: str) -> bool:
        """Whether an iteration may see what an earlier one assigned to a variable that is new in the loop."""
        return self.shape.head is not None and name in self.shape.head

    def keep(self, name: str, end: Thing) -> None:
        if isinstance(end, ArrayRef):
            end = self.lo.read(end)
        if not isinstance(end, (Value, Const)) or not (isinstance(end, Value) or is_literal_number(end)):
            self.lo.fail(
                f"`{name}` may keep its value from an earlier iteration of this loop",
                "assign it before the loop",
                self.shape.node,
            )
        self.widen((name,), own_lengths(forget_length(end.type), (name,), self.lengths_before))

    def unsteady(self, key: SlotKey, entry: Any) -> None:
        """An entry of a dict or object that not every iteration finds: its kind or its absence has to be told."""
        known = self.assume.unsteady.setdefault(key, set())
        if entry not in known:
            known.add(entry)
            self.grown = True

    def changed_memory(self, cell: Cell, content: Any) -> None:
        self.assume.cells.add(name_of(cell, self.lo.heap))
        self.grown = True

    def widen(self, key: SlotKey, type_: Type) -> None:
        self.assume.types[key] = type_
        self.grown = True

    def part(self, key: SlotKey) -> None:
        """What a slot is at the head is not what it is in the next iteration."""
        if key not in self.assume.parting:
            self.assume.parting.add(key)
            self.grown = True

    def note_table(self, slot: Slot, end: Operand) -> None:
        """See to it that what is known of a list of lists at the head holds at the end of the body."""
        if slot.param not in self.lo.tables or not isinstance(end, Value):
            return
        head, now = self.lo.tables[slot.param], table_of(self.lo, end)
        kept = self.assume.respun if now.parts is head.parts else self.assume.unowned
        if (now.parts is not head.parts or now.spine is not head.spine) and slot.key not in kept:
            kept.add(slot.key)
            self.grown = True

    def grow(self, key: SlotKey, cell: Cell) -> None:
        self.assume.growing.add(key)
        if cell.owner is not None:
            self.assume.growing.add(("cell", cell.owner))
        self.grown = True
