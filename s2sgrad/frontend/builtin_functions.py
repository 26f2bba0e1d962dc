"""Python's builtins on containers and iterables."""

from __future__ import annotations

import collections
import functools
import operator
from typing import Any

import gast
import numpy as np

from s2sgrad.errors import TypeMismatch
from s2sgrad.frontend import dicts
from s2sgrad.frontend.arrays import primitive
from s2sgrad.frontend.attributes import attribute
from s2sgrad.frontend.binding import known_items, unpack_to
from s2sgrad.frontend.calls import Handler, handles
from s2sgrad.frontend.entries import entries
from s2sgrad.frontend.items import lend, make_growing
from s2sgrad.frontend.iteration import append, for_each, iterated, once
from s2sgrad.frontend.join import branch
from s2sgrad.frontend.kinds import describe, python_type, type_name
from s2sgrad.frontend.lists import sliced
from s2sgrad.frontend.loop_shapes import LoopShape
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.methods import sort
from s2sgrad.frontend.operations import binary, compare, truth
from s2sgrad.frontend.plain import opaque
from s2sgrad.frontend.subscripts import store_subscript
from s2sgrad.frontend.things import (
    ArrayRef,
    Cell,
    DictRef,
    Flat,
    Generator,
    ListRef,
    Mapped,
    ObjectRef,
    Once,
    Range,
    Row,
    SliceThing,
    Thing,
    Yielded,
    Zip,
)
from s2sgrad.ir.build import known_length, lift
from s2sgrad.ir.core import Call, Const, Value
from s2sgrad.ir.types import BOOL, INT, Array, Scalar, TupleOf

Args = list[Thing]
Kwargs = dict[str, Thing]


def _making_a_set(cls: Any) -> None:
    @handles(cls)
    def handler(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
        """Of what is known while compiling; it is a frozenset here, as what is written ``{1, 2}`` is."""
        items = known_items(lo, args[0]) if args else ()
        if cls is set and not args:  # to be added to
            return opaque(lo, cls, args, kwargs, node)
        if items is None or not all(isinstance(t, Const) for t in items):
            return opaque(lo, cls, args, kwargs, node)
        return Const(frozenset(t.value for t in items))


_making_a_set(set)
_making_a_set(frozenset)


@handles(len)
def _len(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    (thing,) = args
    if isinstance(thing, Flat):
        thing = thing.entries
    if isinstance(thing, Row):
        return lo.builder.typed_call(len, known_length(INT), lo.operand(thing))
    if isinstance(thing, tuple):
        return Const(len(thing))
    if isinstance(thing, (ListRef, DictRef)):
        content = lo.heap[thing.cell]
        if isinstance(thing, DictRef) and not dicts.is_keyed(lo, thing):
            entries(lo, thing)
        if not isinstance(content, Value):
            return Const(len(content))
        return lo.builder.typed_call(len, known_length(INT), content)
    if isinstance(thing, Value) and isinstance(thing.type, TupleOf):
        return Const(len(thing.type.items))
    if isinstance(thing, Const) and hasattr(thing.value, "__len__"):
        if isinstance(thing.value, (str, bytes, tuple, frozenset, range)):
            return Const(len(thing.value))
        return lo.builder.typed_call(len, known_length(INT), thing)  # of what may grow
    if isinstance(thing, ObjectRef):
        return _len_of_object(lo, thing, node)
    if isinstance(thing, ArrayRef):
        t = lo.read(thing).type
        if isinstance(t, Array) and t.shape and isinstance(t.shape[0], int):
            return Const(t.shape[0])
    known = python_type(lo, thing)
    if known is not None and not hasattr(known, "__len__"):
        message = f"object of type {type_name(lo, thing)!r} has no len()"
        lo.fail("a number has no length", "ask for the size of an array", node, TypeMismatch, TypeError(message))
    return lo.call(len, lo.operand(thing))


def _len_of_object(lo: Lowerer, ref: ObjectRef, node: Any) -> Thing:
    length = lo.invoke(attribute(lo, ref, "__len__", node), [], {}, node)
    t = lo.type_of(length)
    if not (isinstance(t, Scalar) and t.dtype.kind in "iub"):
        message = f"{type_name(lo, length)!r} object cannot be interpreted as an integer"
        lo.fail("`__len__` does not return an integer", "return one", node, TypeMismatch, TypeError(message))
    return length


@handles(range)
def _range(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    if len(args) == 1:
        return Range(Const(0), args[0], Const(1))
    return Range(args[0], args[1], args[2] if len(args) > 2 else Const(1))


@handles(slice)
def _slice(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    start, stop, step = (Const(None), *args, Const(None)) if len(args) == 1 else (*args, Const(None))[:3]
    return SliceThing(start, stop, step)


@handles(zip)
def _zip(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    return Zip(tuple(iterated(lo, a) for a in args), lo.loops)


@handles(enumerate)
def _enumerate(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    start = args[1] if len(args) > 1 else kwargs.get("start", Const(0))
    return Zip((Range(start, Const(None), Const(1)), iterated(lo, args[0])), lo.loops)


@handles(iter)
def _iter(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    """Python reads what an iterator runs over when it runs: so does a loop over the thing itself."""
    if len(args) != 1:
        lo.fail("`iter` of a function is not supported", "write `while True` with a `break`", node)
    thing = iterated(lo, args[0])
    if isinstance(thing, (Zip, Once, Generator, Mapped, Yielded)):
        return thing
    known = python_type(lo, thing)
    if known is not None and not hasattr(known, "__iter__"):
        error = TypeError(f"{type_name(lo, thing)!r} object is not iterable")
        lo.fail("a number cannot be iterated over", "loop over an array or a list", node, TypeMismatch, error)
    if isinstance(thing, ArrayRef):
        t = lo.read(thing).type
        if isinstance(t, Array) and t.ndim == 0:
            error = TypeError("iteration over a 0-d array")
            lo.fail("a number cannot be iterated over", "loop over an array or a list", node, TypeMismatch, error)
    return Once(thing, lo.loops)


@handles(reversed)
def _reversed(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    (thing,) = args
    if isinstance(thing, Range):
        return Range(thing.start, thing.stop, thing.step, not thing.reverse)
    if isinstance(thing, ArrayRef):
        return primitive(lo, np.flip, [thing], {"axis": Const(0)})
    items = known_items(lo, once(lo, thing))
    if items is not None:
        return items[::-1]
    if isinstance(thing, ListRef):
        return lo.wrap(sliced(lo, make_growing(lo, thing), lift(slice(None, None, -1))))
    lo.fail(f"{describe(thing)} cannot be reversed", "loop over a reversed range", node)


@handles(map)
def _map(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    return Mapped(args[0], Zip(tuple(iterated(lo, a) for a in args[1:])), lo.loops)


@handles(filter)
def _filter(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    fn, iterable = args
    return _collect(lo, iterable, lambda ref, item: _keep_if(lo, ref, item, fn))


def _keep_if(lo: Lowerer, ref: ListRef, item: Thing, fn: Thing) -> None:
    kept = item if isinstance(fn, Const) and fn.value is None else lo.invoke(fn, [item], {})
    cond = truth(lo, kept)
    if isinstance(cond, Const):
        if cond.value:
            append(lo, ref, item)
    else:
        branch(lo, cond, lambda: append(lo, ref, item), lambda: None)


def _collect(lo: Lowerer, iterable: Thing, step: Any) -> Thing:
    """A new list, filled by ``step(list, item)`` for every item."""
    key = "%collected"
    cell = Cell(key)
    lo.heap[cell] = ()
    ref = ListRef(cell)
    lo.frame.env[key] = ref
    shape = LoopShape((lo.node, "collect"), frozenset(), frozenset(), frozenset(), frozenset({key}))
    for_each(lo, iterable, shape, lambda item: step(ref, item), None)
    result: ListRef = lo.frame.env.pop(key)
    result.cell.owner = None
    return result


@handles(next)
def _next(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    """``next(x for x in known if …)``, with or without a default: the first item of what is used nowhere else."""
    if not isinstance(args[0], Generator):
        lo.fail("`next` of an iterator that is kept is not supported", "loop over it", node)
    length = len(lo.builder.block.ops)
    items = known_items(lo, once(lo, args[0]))
    if items is None or any(isinstance(op, Call) and op.effect for op in lo.builder.block.ops[length:]):
        lo.fail("`next` needs items that are known while compiling, without effects", "write the loop", node)
    if not items and len(args) < 2:
        lo.fail("this generator has no items", "give `next` a default", node)
    return items[0] if items else args[1]


@handles(list)
def _list(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    cell = Cell()
    lo.heap[cell] = ()
    if not args:
        return ListRef(cell)
    thing = once(lo, args[0])
    items = known_items(lo, thing)
    if items is not None:
        lo.heap[cell] = items
        return ListRef(cell)
    if isinstance(thing, ListRef):
        lend(lo, thing.cell)
        lo.heap[cell] = lo.heap[thing.cell]
        return ListRef(cell)
    return _collect(lo, thing, lambda ref, item: append(lo, ref, item))


@handles(tuple)
def _tuple(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    if not args:
        return ()
    thing = once(lo, args[0])
    items = known_items(lo, thing)
    if items is not None:
        return items
    if isinstance(thing, ArrayRef):
        return unpack_to(lo, thing, None, node)
    if isinstance(thing, ListRef):
        return thing  # of a length that only running tells: a list that nobody writes
    lo.fail("how long this tuple is, is not known while compiling", "use a list", node)


@handles(dict)
def _dict(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    made = dicts.new_dict_of(lo, {})
    for thing in args:
        if isinstance(thing, DictRef):
            dicts.updated(lo, made, thing, node)
            continue
        items = known_items(lo, once(lo, thing))
        if items is None or not all(isinstance(i, tuple) and len(i) == 2 for i in items):
            lo.fail("how many items this dict has is not known while compiling", "use a dict comprehension", node)
        for key, item in items:
            store_subscript(lo, made, key, item, node)
    dicts.updated(lo, made, dicts.new_dict_of(lo, kwargs), node)
    return made


@handles(collections.defaultdict)
def _defaultdict(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    """``defaultdict(factory, …)``."""
    factory = args[0] if args and not (isinstance(args[0], Const) and args[0].value is None) else None
    made = lo.invoke(Const(dict), args[1:], kwargs, node)
    return dicts.new_dict_of(lo, lo.heap[made.cell], factory)


# -- reductions over containers ------------------------------------------------------------------------


@handles(sum)
def _sum(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    start = args[1] if len(args) > 1 else kwargs.get("start", Const(0))
    return fold(lo, args[0], start, lambda total, item: binary(lo, operator.add, total, item))


def fold(lo: Lowerer, iterable: Thing, start: Thing, step: Any) -> Thing:
    """``functools.reduce``: unrolled over known items, a loop otherwise."""
    iterable = once(lo, iterable)
    items = None if isinstance(iterable, Range) else known_items(lo, iterable)
    if items is not None:
        for item in items:
            start = step(start, item)
        return start
    name = "%total"
    saved = lo.frame.env.get(name)
    lo.frame.env[name] = start
    names = frozenset({name})
    shape = LoopShape((lo.node, "fold"), names, names, names)

    def body(item: Thing) -> None:
        lo.frame.env[name] = step(lo.frame.env[name], item)

    for_each(lo, iterable, shape, body, None)
    result = lo.frame.env.pop(name)
    if saved is not None:
        lo.frame.env[name] = saved
    return result


@handles(functools.reduce)
def _reduce(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    fn, iterable = args[0], once(lo, args[1])
    items = known_items(lo, iterable)
    if len(args) > 2:
        return fold(lo, iterable, args[2], lambda total, item: lo.invoke(fn, [total, item], {}, node))
    if not items:
        lo.fail("`reduce` over items that only running tells needs a start value", "pass the third argument", node)
    return fold(lo, items[1:], items[0], lambda total, item: lo.invoke(fn, [total, item], {}, node))


def _quantifier(fn: Any, is_any: bool) -> Handler:
    def handler(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
        thing = once(lo, args[0])
        items = known_items(lo, thing)
        if items is None:
            if isinstance(thing, ArrayRef):
                return lo.call(np.any if is_any else np.all, lo.operand(thing))
            return lo.builder.typed_call(fn, BOOL, lo.operand(thing))
        return decide(lo, items)

    def decide(lo: Lowerer, items: tuple[Thing, ...]) -> Thing:
        if not items:
            return Const(not is_any)
        cond = truth(lo, items[0])
        if isinstance(cond, Const):
            return Const(is_any) if bool(cond.value) is is_any else decide(lo, items[1:])
        if is_any:
            return branch(lo, cond, lambda: Const(True), lambda: decide(lo, items[1:]))
        return branch(lo, cond, lambda: decide(lo, items[1:]), lambda: Const(False))

    return handler


handles(any)(_quantifier(any, True))
handles(all)(_quantifier(all, False))


def _extremum(fn: Any, less: bool) -> Handler:
    """``max`` and ``min``, of arguments or of items: a chain of comparisons, as Python does it."""

    def handler(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
        key = kwargs.get("key")
        loop = tuple(args) if len(args) > 1 else once(lo, args[0])
        items = known_items(lo, loop)
        if items is None:
            if "default" not in kwargs:
                return of_many(lo, loop, key, node)
            some = truth(lo, lo.invoke(Const(len), [loop], {}, node))
            return branch(lo, some, lambda: of_many(lo, loop, key, node), lambda: kwargs["default"])
        if not items and "default" in kwargs:
            return kwargs["default"]
        if key is None and all(isinstance(t, (Value, Const)) for t in items) and not lo.rule:
            if all(isinstance(t, Const) for t in items):
                return Const(fn(t.value for t in items))
            return lo.call(fn, *(lo.operand(t) for t in items))
        best = items[0]
        for item in items[1:]:
            best = better(lo, best, item, key)
        return best

    def of_many(lo: Lowerer, loop: Thing, key: Thing | None, node: Any) -> Thing:
        if isinstance(loop, ArrayRef) and key is None:
            return primitive(lo, np.max if not less else np.min, [loop], {})
        first = lo.invoke(attribute(lo, Const(operator), "getitem", node), [loop, Const(0)], {}, node)
        return fold(lo, loop, first, lambda best, item: better(lo, best, item, key))

    def better(lo: Lowerer, best: Thing, item: Thing, key: Thing | None) -> Thing:
        x, y = (best, item) if key is None else (lo.invoke(key, [best], {}), lo.invoke(key, [item], {}))
        cond = truth(lo, compare(lo, gast.Lt if less else gast.Gt, y, x))
        if isinstance(cond, Const):
            return item if cond.value else best
        return branch(lo, cond, lambda: item, lambda: best)

    return handler


handles(max)(_extremum(max, False))
handles(min)(_extremum(min, True))


def _same(fn: Any) -> Any:
    """What a decorator does that leaves a function what it computes."""
    return fn


@handles(_same, functools.cache)
def _undecorated(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    return args[0]


@handles(functools.wraps, functools.lru_cache)
def _decorator(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    """``@wraps(f)``, ``@lru_cache(maxsize=None)``; and ``@lru_cache``, which is given the function at once."""
    return Const(_same) if isinstance(node, gast.Call) else args[0]


@handles(sorted)
def _sorted(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    ref: ListRef = _list(lo, args, {}, node)
    sort(lo, ref, kwargs, node)
    return ref


@handles(vars)
def _vars(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    if len(args) == 1 and isinstance(args[0], ObjectRef):
        return attribute(lo, args[0], "__dict__", node)
    return _refused(lo, args, kwargs, node)


@handles(eval, exec, locals, globals, compile, input, breakpoint)
def _refused(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    lo.fail(
        "this builtin sees or changes variables in a way that cannot be followed",
        "pass values in and out as arguments",
        node,
    )
