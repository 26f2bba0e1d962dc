"""The end of a loop's body against its head: what is yielded, and what names and memory hold after the loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from s2sgrad.errors import AliasError, TypeMismatch
from s2sgrad.frontend.entries import may_be_absent
from s2sgrad.frontend.items import as_value
from s2sgrad.frontend.join import MISSING, check_keeps_derivative, item_name, join_operands, same_constant
from s2sgrad.frontend.memory import may_share
from s2sgrad.frontend.owning import MAY_STAND
from s2sgrad.frontend.slots import (
    Slot,
    SlotKey,
    changing,
    forget_length,
    is_literal_number,
    knows_more,
    loop_join,
    same_kind,
    settled,
)
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
from s2sgrad.ir.core import UNDEFINED, Const, Operand, Value
from s2sgrad.ir.types import OBJECT, UNKNOWN

if TYPE_CHECKING:
    from s2sgrad.frontend.loops import Loop


def _same_shape(head: tuple[Thing, ...], end: Thing) -> bool:
    """Whether two tuples have the same class and length."""
    alike = isinstance(end, tuple) and len(head) == len(end)
    return alike and getattr(head, "cls", None) is getattr(end, "cls", None)


def _is_function(thing: Thing) -> bool:
    return isinstance(thing, Const) and callable(thing.value) and not isinstance(thing.value, type)


class Finisher:
    """Matches the things at the end of a body with those at its head, leaf by leaf."""

    def __init__(
        self,
        loop: Loop,
        by_param: dict[Value, Slot],
        before_heap: Heap,
        head_heap: Heap,
        end_heap: Heap,
        after: Any,
    ) -> None:
        self.loop, self.lo = loop, loop.lo
        self.by_param = by_param
        self.before_heap, self.head_heap, self.end_heap, self.after = before_heap, head_heap, end_heap, after
        self.done: dict[Any, Thing] = {}

    def match(self, head: Thing, end: Thing, key: SlotKey, name: str | None) -> Thing:
        """The thing after the loop for a slot that had ``head`` at the head and has ``end`` at the end."""
        if isinstance(head, Value):
            return self.leaf(self.by_param[head], end, key, name) if head in self.by_param else head
        if isinstance(head, ArrayRef):
            return self.array(head, end, key, name)
        if isinstance(head, tuple) and _same_shape(head, end):
            items = tuple(
                self.match(h, e, (*key, k), item_name(name, k)) for k, (h, e) in enumerate(zip(head, end, strict=True))
            )
            return Record(head.cls, items) if isinstance(head, Record) else items
        if type(head) is type(end) and isinstance(head, (ListRef, DictRef, ObjectRef)):
            return self.structure(head, end, key, name)
        if isinstance(head, Const):
            if isinstance(end, Const) and same_constant(head, end):
                return head
            if isinstance(end, (Value, Const, ArrayRef)) and not (_is_function(head) and _is_function(end)):
                numeric = end.type if isinstance(end, (Value, Const)) else self.lo.read(end).type
                self.loop.widen(key, UNKNOWN if head.value is None and numeric.is_numeric else OBJECT)
                return head
        if head is end or head == end:
            return head
        if isinstance(head, Row) and isinstance(end, Row) and head.root == end.root and head.spine is end.spine:
            return Row(head.root, self.match(head.path, end.path, key, None), head.spine)
        self.loop.part(key)
        return changing(name)

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
        self.loop.note_table(slot, end)
        needed = settled(loop_join(slot, end), slot.param.type, slot.key)
        check_keeps_derivative(self.lo, needed, slot.param, end, slot.param.name)
        if needed != slot.param.type or knows_more(slot.param.type, needed):
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
            self.loop.sharing.ends[head.cell].append(end.cell)
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
            self.loop.sharing.afters[head.cell].append(thing.cell)
        return thing

    def structure(self, head: Any, end: Any, key: SlotKey, name: str | None) -> Thing:
        if head.cell is end.cell and head.cell in self.after:
            return head
        identity = (head.cell, end.cell)
        if identity not in self.done:
            cell = Cell(name)
            self.done[identity] = same_kind(head, cell)
            self.loop.sharing.ends[head.cell].append(end.cell)
            self.loop.sharing.afters[head.cell].append(cell)
            self.items(head.cell, end.cell, cell)
            self.lo.note_perhaps(cell, head.cell, end.cell)
            self.after[cell] = self.content(self.head_heap[head.cell], self.end_heap[end.cell], key, name, cell)
        return self.done[identity]

    def items(self, head: Cell, end: Cell, made: Cell) -> None:
        """The memory of the items of a list, if each stands in it alone at the start and at the end."""
        sharing = self.loop.sharing
        if head.items is None:
            return
        if end.items is None:
            end.items = Cell()
            end.items.frozen = MAY_STAND
        made.items = Cell(head.items.owner)
        self.after[made.items] = {}
        sharing.ends[head.items].append(end.items)
        sharing.afters[head.items].append(made.items)

    def content(self, head: Any, end: Any, key: SlotKey, name: str | None, cell: Cell) -> Any:
        """What ``cell`` holds after the loop."""
        lo = self.lo
        if isinstance(head, Item):
            if not head.is_in(end):
                self.loop.assume.released.add(key)
                self.loop.grown = True
            return head
        if isinstance(end, Item):
            end = end.value or lo.read(end.ref)
        if isinstance(head, Value):
            slot = self.by_param.get(head)
            if slot is None:
                return head
            self.yield_(slot, end if isinstance(end, Value) else as_value(lo, end))
            return self.loop.result(slot)
        if isinstance(head, tuple):
            if not isinstance(end, tuple) or len(end) != len(head):
                return self.grow(head, key)
            return tuple(
                self.match(h, e, (*key, k), item_name(name, k)) for k, (h, e) in enumerate(zip(head, end, strict=True))
            )
        if isinstance(end, Value):
            return self.grow(head, key)
        return {
            k: self.entry(head.get(k, MISSING), end.get(k, MISSING), key, k, cell)
            for k in [*head, *(k for k in end if k not in head)]
        }

    def entry(self, head: Thing, end: Thing, key: SlotKey, k: Any, cell: Cell) -> Thing:
        """What a dict or object has under ``k`` after the loop."""
        if head is MISSING or end is MISSING:
            self.loop.unsteady(key, k)
        if end is MISSING or (isinstance(end, Poison) and end.absent):
            return may_be_absent(k, None)
        if head is MISSING or isinstance(head, Poison):
            self.lo.note_perhaps(cell, entries=frozenset({k}))
            return self.export(MISSING, end, (*key, k), str(k))
        return self.match(head, end, (*key, k), str(k))

    def grow(self, head: Any, key: SlotKey) -> Any:
        """The next round starts with a run-time list or dict."""
        self.loop.assume.growing.add(key)
        self.loop.grown = True
        return head

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
            if isinstance(value, Const) and not is_literal_number(value):
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
                    if isinstance(ref, ArrayRef):
                        may_share(thing.cell, ref.cell)
                if isinstance(before, ArrayRef):
                    self.loop.sharing.exported.append((thing.cell, before.cell))
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
        if before.path or isinstance(self.before_heap[before.cell], Item):
            return self.loop.views.get(before, UNDEFINED)
        value: Operand = self.before_heap[before.cell]
        return value

    def export_structure(self, before: Thing, end: Any, key: SlotKey, name: str) -> Thing:
        if end.cell in self.after:
            return end
        if end.cell not in self.done:
            cell = Cell(name)
            may_share(cell, end.cell)
            self.lo.note_perhaps(cell, end.cell)
            self.done[end.cell] = same_kind(end, cell)
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
