"""Iterating: ``for`` over ranges, arrays, lists, tuples, ``zip``, ``enumerate``, dicts; comprehensions.

What has a known number of unlike items (a tuple, a list of arrays, the items of a dict) is unrolled. Everything else
is a ``For`` over indices, which loads its items at the top of the body.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import gast

from s2sgrad.errors import UnsupportedCall
from s2sgrad.frontend import dicts
from s2sgrad.frontend.binding import bind, known_items, known_range, not_iterable
from s2sgrad.frontend.data_model import call_special
from s2sgrad.frontend.dicts import is_keyed
from s2sgrad.frontend.items import make_growing, release, take_in, tree_type
from s2sgrad.frontend.join import branch
from s2sgrad.frontend.kinds import describe
from s2sgrad.frontend.loop_shapes import LoopShape, written_names
from s2sgrad.frontend.loops import key_dicts, run_loop
from s2sgrad.frontend.lowerer import BREAK, CONTINUE, RETURN, Lowerer, NeedsStatic
from s2sgrad.frontend.memory import check_writable, raw
from s2sgrad.frontend.operations import truth
from s2sgrad.frontend.owning import note_pushed
from s2sgrad.frontend.subscripts import item_at, store_subscript
from s2sgrad.frontend.tables import snapshot
from s2sgrad.frontend.things import (
    ArrayRef,
    Cell,
    Checkpointed,
    DictRef,
    DictView,
    Flat,
    Generator,
    ListRef,
    Mapped,
    ObjectRef,
    Once,
    Range,
    Row,
    Thing,
    Yielded,
    Zip,
)
from s2sgrad.ir.build import known_length
from s2sgrad.ir.core import Block, Checkpoints, Const, For, Operand, Value
from s2sgrad.ir.primitives import push
from s2sgrad.ir.types import INT, OBJECT, UNKNOWN, ListOf, Scalar, join

Body = Callable[[Thing], None]


def iterated(lo: Lowerer, thing: Thing) -> Thing:
    """What Python iterates over for an object: what its ``__iter__`` returns; anything else as it is."""
    if not isinstance(thing, ObjectRef):
        return thing
    found = call_special(lo, thing, "__iter__", [])
    if isinstance(found, ObjectRef):
        what = f"iterating over `{found.cls.__name__}` by its `__next__` is not supported"
        lo.fail(what, "write `__iter__` as a generator, or return `iter(…)` of a list")
    return thing if found is None else found


def for_each(lo: Lowerer, iterable: Thing, shape: LoopShape, body: Body, name: str | None) -> None:
    """Run ``body(item)`` for every item, unrolled or as a loop."""
    checkpoints = None
    if isinstance(iterable, Checkpointed):
        checkpoints, iterable = iterable.checkpoints, iterable.iterable
    iterable = iterated(lo, iterable)
    lazy = list(_lazy(iterable))
    state = _state_of(lo, lazy)
    assigned = {n for t in lazy if isinstance(t, Generator) for n in _names_in(t.node)} & shape.assigned
    if assigned:
        what = f"this loop assigns `{min(assigned)}`, which the generator that it runs over reads"
        lo.fail(what, "run over a list: `[… for …]`")
    iterable = once(lo, _live(lo, iterable))
    resized, lo.resized = lo.resized, set()
    _for_each(lo, iterable, shape, body, name, checkpoints)
    if any(lo.heap[cell] is not content for cell, content in state.items()):
        lo.fail("this loop writes into memory that the generator that it runs over reads", "run over a list of it")
    if any(cell in lo.resized for cell in _lists_in(iterable)):
        lo.fail("this loop changes the length of the list that it runs over", "loop over a copy: `for x in list(xs)`")
    lo.resized |= resized


def _for_each(
    lo: Lowerer, iterable: Thing, shape: LoopShape, body: Body, name: str | None, checkpoints: Checkpoints | None
) -> None:
    items = _unrolled(lo, iterable)
    if items is not None:
        if checkpoints is not None and len(items) > 1:
            _cannot_checkpoint(lo, iterable)
        unroll(lo, items, body)
        return
    key = f"%iterable{sum(1 for n in lo.frame.env if n.startswith('%iterable'))}"
    lo.frame.env[key] = iterable  # the loop holds on to it: a write into it must be seen
    restore = lo.snapshot()
    index = Value(known_length(INT), name)
    try:
        _loop(lo, iterable, shape, body, index, checkpoints)
    except NeedsStatic as error:
        items = known_items(lo, iterable)
        if error.value is not index or checkpoints is not None:
            raise
        restore()
        if items is not None:
            unroll(lo, items, body)
        elif key_dicts(lo, shape) or not lo.grows_rows:
            grows, lo.grows_rows = lo.grows_rows, True
            try:
                _loop(lo, iterable, shape, body, Value(index.type, name), None)
            finally:
                lo.grows_rows = grows
        else:
            raise
    lo.frame.env.pop(key, None)


@dataclass(frozen=True, slots=True)
class _Turns:
    """What a loop over a dict runs over: its keys as they were, and its items when their turn comes."""

    view: DictView
    keys: ListRef


def _live(lo: Lowerer, iterable: Thing) -> Thing:
    """A loop reads the values of a dict when their turn comes."""
    if isinstance(iterable, Zip):
        _spend(lo, iterable)
        return Zip(tuple(_live(lo, t) for t in iterable.items))
    if is_keyed(lo, iterable):
        iterable = DictView(iterable, "keys")
    return _Turns(iterable, dicts.keys(lo, iterable.ref)) if isinstance(iterable, DictView) else iterable


def once(lo: Lowerer, iterable: Thing) -> Thing:
    """What can only be iterated over once becomes a list."""
    iterable = iterated(lo, iterable)
    if isinstance(iterable, Flat):
        return iterable.entries
    if isinstance(iterable, Row):
        return snapshot(lo, iterable)
    if isinstance(iterable, DictView) or is_keyed(lo, iterable):
        return dicts.materialised(lo, iterable if isinstance(iterable, DictView) else DictView(iterable, "keys"))
    if not isinstance(iterable, (Zip, Once, Generator, Mapped, Yielded)):
        return iterable
    _spend(lo, iterable)
    if isinstance(iterable, Zip):
        return Zip(tuple(once(lo, t) for t in iterable.items))
    if isinstance(iterable, Once):
        return once(lo, iterable.iterable)
    if isinstance(iterable, Yielded):
        if any(lo.heap[cell] is not content for cell, content in iterable.state.items()):
            lo.fail("memory that this generator reads has been written since it was called", "iterate over it at once")
        return iterable.items
    if isinstance(iterable, Mapped):
        return mapped_list(lo, iterable)
    return comprehension(lo, iterable.node, iterable.frame)


def _spend(lo: Lowerer, iterator: Any) -> None:
    """Refuse to run over an iterator again."""
    if iterator.loops is None:
        return
    if iterator in lo.spent or lo.loops > iterator.loops:
        lo.fail(
            f"{describe(iterator)} may be iterated over more than once, and is empty after the first time",
            "make a list of it first: `list(…)`",
        )
    lo.spent.add(iterator)


def _lazy(iterable: Thing) -> Iterator[Thing]:
    """The parts of an iterable that Python computes item by item, while the loop runs."""
    if isinstance(iterable, Zip):
        for part in iterable.items:
            yield from _lazy(part)
    elif isinstance(iterable, Once):
        yield from _lazy(iterable.iterable)
    elif isinstance(iterable, (Generator, Mapped, Yielded)):
        yield iterable


def _state_of(lo: Lowerer, lazy: list[Thing]) -> dict[Cell, Any]:
    """The memory that lazy iterables read, as it is now."""
    read: list[Any] = []
    for thing in lazy:
        if isinstance(thing, Generator):
            read += [thing.frame.env[n] for n in _names_in(thing.node) if n in thing.frame.env]
        elif isinstance(thing, Mapped):
            read += [thing.fn, thing.iterables]
        else:
            read.append(thing.items)
    collected = {thing.items.cell for thing in lazy if isinstance(thing, Yielded)}  # which nobody else can write into
    state = {cell: lo.heap[cell] for cell in lo.cells_of(read) if cell not in collected}
    return state | {c: x for thing in lazy if isinstance(thing, Yielded) for c, x in thing.state.items()}


def _names_in(node: Any) -> set[str]:
    return {n.id for n in gast.walk(node) if isinstance(n, gast.Name) and isinstance(n.ctx, gast.Load)}


def _unrolled(lo: Lowerer, iterable: Thing) -> tuple[Thing, ...] | None:
    """The items of what is worth unrolling: unlike things, or very few."""
    if isinstance(iterable, Range):
        items = known_range(iterable)
        few = 8 if lo.rule else 1
        return items if items is not None and len(items) <= few else None
    if isinstance(iterable, Zip) and all(isinstance(t, (Range, ArrayRef)) for t in iterable.items):
        return None
    return known_items(lo, iterable)


def unroll(lo: Lowerer, items: tuple[Thing, ...], body: Body) -> None:
    """One copy of the body for each item."""
    for k, item in enumerate(items):
        body(item)
        lo.frame.env.pop(CONTINUE, None)
        flag = lo.exit_flag()
        if isinstance(flag, Const):
            return
        if flag is not None:
            rest = items[k + 1 :]
            branch(lo, flag, lambda: None, functools.partial(unroll, lo, rest, body))
            return


def _cannot_checkpoint(lo: Lowerer, iterable: Thing) -> NoReturn:
    what = f"a loop over {describe(iterable)} of so many items is unrolled, and cannot be checkpointed"
    lo.fail(what, "loop over a range or an array", None, UnsupportedCall)


def _loop(
    lo: Lowerer, iterable: Thing, shape: LoopShape, body: Body, index: Value, checkpoints: Checkpoints | None
) -> None:
    """A ``For`` over the indices of an iterable."""
    if isinstance(iterable, Range) and (checkpoints is None or (_is_one(iterable.step) and not iterable.reverse)):
        start, stop, step = (lo.operand(t) for t in (iterable.start, iterable.stop, iterable.step))
        reverse = iterable.reverse

        def item() -> Thing:
            return index

    else:
        sized = _indexable(lo, iterable)
        start, stop, step, reverse = Const(0), _length(lo, sized), Const(1), False
        index.name = "i" if index.name is None or not isinstance(iterable, Range) else index.name

        def item() -> Thing:
            return _item(lo, sized, index)

    def run() -> Operand | None:
        body(item())
        lo.frame.env.pop(CONTINUE, None)
        return lo.exit_flag()

    def make(inits: list[Operand], block: Block, carried: list[Value]) -> For:
        return For(start, stop, step, inits, block, reverse=reverse, checkpoints=checkpoints)

    run_loop(lo, shape, make, [index], run)


def _lists_in(iterable: Thing) -> list[Cell]:
    """The lists that a loop runs over."""
    if isinstance(iterable, Zip):
        return [cell for t in iterable.items for cell in _lists_in(t)]
    if isinstance(iterable, _Turns):
        return [iterable.view.ref.cell]
    return [iterable.cell] if isinstance(iterable, ListRef) else []


def _indexable(lo: Lowerer, iterable: Thing) -> Thing:
    """An iterable whose items can be taken by index."""
    if isinstance(iterable, Zip):
        return Zip(tuple(_indexable(lo, t) for t in iterable.items))
    if isinstance(iterable, (Range, ArrayRef, tuple, _Turns)):
        return iterable
    if isinstance(iterable, ListRef):
        make_growing(lo, iterable)
        return iterable
    if isinstance(iterable, DictRef):
        return known_items(lo, iterable)
    if isinstance(iterable, (Value, Const)):
        return lo.wrap(lo.builder.typed_call(list, ListOf(UNKNOWN), lo.operand(iterable), effect=True))
    remedy = "loop over a range, an array, a list or a tuple"
    lo.fail(f"{describe(iterable)} cannot be iterated over", remedy, raises=not_iterable(lo, iterable))


def _length(lo: Lowerer, sized: Thing) -> Operand:
    """How often a loop over this runs."""
    if isinstance(sized, Zip):
        bounded = [t for t in sized.items if not (isinstance(t, Range) and _unbounded(t))]
        lengths = [_length(lo, t) for t in bounded]
        first, *others = lengths
        different = [n for n in others if not _same_length(first, n)]
        return lo.value(min, first, *different) if different else first
    if isinstance(sized, _Turns):
        return _length(lo, sized.keys)
    if isinstance(sized, Range):
        if isinstance(sized.start, Const) and sized.start.value == 0 and _is_one(sized.step):
            operand: Operand = lo.operand(sized.stop)
            return operand
        parts = [lo.operand(t) for t in (sized.start, sized.stop, sized.step)]
        whole = lo.builder.typed_call(range, OBJECT, *parts)
        return lo.builder.typed_call(len, known_length(INT), whole)
    if isinstance(sized, tuple):
        return Const(len(sized))
    if isinstance(sized, ListRef):
        return lo.builder.typed_call(len, known_length(INT), make_growing(lo, sized))
    value = lo.operand(sized)
    return value if isinstance(value, Const) else lo.value(len, value)


def _same_length(a: Operand, b: Operand) -> bool:
    if a is b:
        return True
    types = [x.type for x in (a, b)]
    known = [t.length for t in types if isinstance(t, Scalar)]
    return len(known) == 2 and known[0] is not None and known[0] == known[1]


def _unbounded(r: Range) -> bool:
    return isinstance(r.stop, Const) and r.stop.value is None


def _is_one(thing: Thing) -> bool:
    return isinstance(thing, Const) and thing.value == 1


def _item(lo: Lowerer, sized: Thing, index: Value) -> Thing:
    if isinstance(sized, Zip):
        return tuple(_item(lo, t, index) for t in sized.items)
    if isinstance(sized, _Turns):
        return dicts.seen(lo, sized.view, sized.keys, index)
    if isinstance(sized, Range):
        if not sized.reverse and _is_one(sized.step) and isinstance(sized.start, Const) and sized.start.value == 0:
            return index
        if sized.reverse:
            index = lo.value(operator.sub, lo.value(operator.sub, _length(lo, sized), 1), index)
        scaled = index if _is_one(sized.step) else lo.value(operator.mul, index, lo.operand(sized.step))
        return lo.call(operator.add, lo.operand(sized.start), scaled)
    return item_at(lo, sized, index)


# -- comprehensions ----------------------------------------------------------------------------------


def comprehension(lo: Lowerer, node: Any, frame: Any = None) -> Thing:
    """A list or dict comprehension, or a generator expression run to a list."""
    outer_frame = lo.frame
    if frame is not None:
        lo.frame = frame
    targets = [n.id for g in node.generators for n in gast.walk(g.target) if isinstance(n, gast.Name)]
    saved = {name: lo.frame.env[name] for name in targets if name in lo.frame.env}
    key = f"%items{len([n for n in lo.frame.env if n.startswith('%items')])}"
    cell = Cell(key)
    is_dict = isinstance(node, gast.DictComp)
    lo.heap[cell] = {} if is_dict else ()
    ref: Thing = DictRef(cell) if is_dict else ListRef(cell)
    lo.frame.env[key] = ref

    def collect() -> None:
        if isinstance(node, gast.DictComp):
            k = lo.expr(node.key)
            store_subscript(lo, ref, k, lo.expr(node.value), node)
        else:
            append(lo, ref, lo.expr(node.elt))

    _generators(lo, node.generators, node, key, collect)
    env = lo.frame.env
    result = env.pop(key)
    for name in targets:
        env.pop(name, None)
    env.update(saved)
    lo.frame = outer_frame
    result.cell.owner = None
    return result


def _generators(lo: Lowerer, generators: list[Any], node: Any, key: str, collect: Callable[[], None]) -> None:
    if not generators:
        collect()
        return
    first, *rest = generators
    names = frozenset(n.id for n in gast.walk(first.target) if isinstance(n, gast.Name))
    shape = LoopShape(first, names, frozenset(), frozenset(), written_names(node) | {key})

    def body(item: Thing) -> None:
        bind(lo, first.target, item)
        _conditions(lo, first.ifs, lambda: _generators(lo, rest, node, key, collect))

    saved = {flag: lo.frame.env[flag] for flag in (BREAK, CONTINUE, RETURN) if flag in lo.frame.env}
    for_each(lo, lo.expr(first.iter), shape, body, _target_name(first.target))
    lo.frame.env.update(saved)


def _conditions(lo: Lowerer, tests: list[Any], then: Callable[[], None]) -> None:
    if not tests:
        then()
        return
    cond = truth(lo, lo.expr(tests[0]))
    if isinstance(cond, Const):
        if cond.value:
            _conditions(lo, tests[1:], then)
        return
    branch(lo, cond, lambda: _conditions(lo, tests[1:], then), lambda: None)


def _target_name(target: Any) -> str | None:
    return target.id if isinstance(target, gast.Name) else None


def append(lo: Lowerer, ref: ListRef, item: Thing) -> None:
    """``items.append(item)``."""
    check_writable(lo, ref.cell, "a list")
    lo.resized.add(ref.cell)
    content = lo.heap[ref.cell]
    if isinstance(content, tuple):
        lo.heap[ref.cell] = (*content, item)
        return
    assert isinstance(content.type, ListOf)
    release(lo, ref.cell, longer=True)
    operand = lo.operand(item)
    index = lo.builder.typed_call(len, known_length(INT), content) if isinstance(item, ArrayRef) else Const(0)
    new = raw(lo, push, content, operand)
    new.type = ListOf(join(content.type.item, tree_type(operand)))
    new.name = content.name
    lo.heap[ref.cell] = new
    note_pushed(lo, ref, content, new, item)
    take_in(lo, ref.cell, item, index)


def mapped_list(lo: Lowerer, mapped: Mapped) -> Thing:
    """``list(map(f, xs))``."""
    key = "%mapped"
    cell = Cell(key)
    lo.heap[cell] = ()
    ref = ListRef(cell)
    lo.frame.env[key] = ref
    shape = LoopShape((lo.node, "map"), frozenset(), frozenset(), frozenset(), frozenset({key}))

    def body(item: Thing) -> None:
        append(lo, ref, lo.invoke(mapped.fn, list(item), {}))

    for_each(lo, mapped.iterables, shape, body, None)
    result = lo.frame.env.pop(key)
    result.cell.owner = None
    return result
