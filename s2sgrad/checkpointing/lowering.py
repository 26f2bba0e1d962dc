"""How ``checkpoint(f)`` and ``checkpointed(…)`` are lowered where they stand in a function that is differentiated.

    y = checkpoint(f)(x, n)                       func f(x, c):              (c: read from the code around it)
                                        ──▶         …
                                                  y = f x, c

A checkpointed function becomes an IR function of its own, marked for the reverse transform. It reads the values of the
code around it as parameters; its result is the thing that it is when it is inlined, over the results of the call.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from s2sgrad.callbacks import parameter_names
from s2sgrad.checkpointing.functions import Checkpoint, checkpoint
from s2sgrad.checkpointing.loops import bytes_in, checkpointed
from s2sgrad.errors import MutationError, TypeMismatch, UnsupportedCall
from s2sgrad.frontend.calls import INSTANCES, handles
from s2sgrad.frontend.kinds import describe
from s2sgrad.frontend.lowerer import CALLEES, Lowerer
from s2sgrad.frontend.things import (
    ArrayRef,
    Cell,
    Checkpointed,
    DictRef,
    ListRef,
    ObjectRef,
    Record,
    Thing,
    ViewStep,
)
from s2sgrad.ir.build import known_length
from s2sgrad.ir.clone import Cloner
from s2sgrad.ir.compare import fingerprint
from s2sgrad.ir.core import Block, Call, Checkpoints, Const, Function, Operand, Value, defined_in, map_tree, walk
from s2sgrad.ir.schedule import at_least_one
from s2sgrad.ir.types import INT, is_integer
from s2sgrad.transforms.parts import free_values

Things = list[Thing]
Keywords = dict[str, Thing]

# -- functions -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CheckpointedFunction:
    """``checkpoint(f)`` of a function that is known while compiling."""

    fun: Thing


@handles(checkpoint)
def _checkpoint(lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
    (fun,) = (*args, *kwargs.values())
    return CheckpointedFunction(fun)


def _call(lo: Lowerer, callee: CheckpointedFunction, args: Things, kwargs: Keywords, node: Any) -> Thing:
    return call_checkpointed(lo, callee.fun, args, kwargs, node)


def _call_instance(lo: Lowerer, callee: Checkpoint[Any, Any], args: Things, kwargs: Keywords, node: Any) -> Thing:
    return call_checkpointed(lo, Const(callee.__wrapped__), args, kwargs, node)


CALLEES[CheckpointedFunction] = _call
INSTANCES[Checkpoint] = _call_instance


def call_checkpointed(lo: Lowerer, fun: Thing, args: Things, kwargs: Keywords, node: Any) -> Thing:
    """Call a function that stays a function of its own, and that the backward part calls again."""
    names = parameter_names(fun)
    given = {x: name for arg, name in zip_longest(args, names[: len(args)]) for x in _values(lo, arg, name)}
    given |= {x: name for name, arg in kwargs.items() for x in _values(lo, arg, name)}
    block, heap = Block(), dict(lo.heap)
    with lo.inside(block):
        thing = lo.invoke(fun, args, kwargs, node)
        if any(lo.heap[cell] is not content for cell, content in heap.items()):
            what = "a checkpointed function changes an array, a list or a variable of the code around it"
            lo.fail(what, "let it return the new value", node, MutationError)
        leaving = _Leaving(lo, block, heap, node)
        thing = leaving.thing(thing)
    block.results = list(leaving.results)
    read = set(free_values(block, ()))
    given = {x: name for x, name in given.items() if x in read} | {x: x.name for x in read if x not in given}
    params = [Value(x.type, name) for x, name in given.items()]
    cloner = Cloner(dict(zip(given, params, strict=True)))
    name = getattr(fun.value if isinstance(fun, Const) else fun, "__name__", getattr(fun, "name", "function"))
    name = name if name.isidentifier() else "function"
    out: Any = tuple(range(len(block.results))) if len(block.results) != 1 else 0
    function = _shared(lo, Function(name, params, cloner.block(block), out, checkpointed=True))
    effect = any(isinstance(op, Call) and op.effect for op in walk(block))
    lo.builder.add(Call(function, tuple(given), {}, list(leaving.results.values()), effect=effect))
    return thing


def _values(lo: Lowerer, thing: Thing, name: str | None) -> dict[Value, str | None]:
    """The values that an argument brings in, in their order; ``name``: of the parameter. Views are taken here."""
    if isinstance(thing, (Value, ArrayRef)):
        return {lo.read(thing) if isinstance(thing, ArrayRef) else thing: name}
    if isinstance(thing, (ListRef, DictRef)):
        thing = lo.heap[thing.cell]
        if isinstance(thing, Value):
            return {thing: name}
    if not isinstance(thing, (tuple, dict)):
        return {}
    items = thing.items() if isinstance(thing, dict) else enumerate(thing)
    return {x: n for key, item in items for x, n in _values(lo, item, f"{name or 'item'}_{key}").items()}


def _shared(lo: Lowerer, function: Function) -> Function:
    """The function, or one that has been made before and does the same to arguments of the same types."""
    key = ("checkpointed", fingerprint(function), *(p.type for p in function.params))
    shared: Function = lo.functions.setdefault(key, function)
    return shared


class _Leaving:
    """What a function returns, in terms of the results of its call. ``results``: the result for each inner value."""

    def __init__(self, lo: Lowerer, block: Block, before: dict[Cell, Any], node: Any) -> None:
        self.lo, self.before, self.node = lo, before, node
        self.inside = set(defined_in(block))
        self.results: dict[Value, Value] = {}
        self.done: set[Cell] = set()

    def operand(self, x: Operand) -> Operand:
        if not isinstance(x, Value) or x not in self.inside:
            return x
        if x not in self.results:
            self.results[x] = Value(known_length(x.type), x.name)
            if x in self.lo.varied:
                self.lo.varied.add(self.results[x])
        return self.results[x]

    def thing(self, thing: Thing) -> Thing:
        if isinstance(thing, (Value, Const)):
            return self.operand(thing)
        if isinstance(thing, Record):
            return Record(thing.cls, map(self.thing, thing))
        if isinstance(thing, tuple):
            return tuple(map(self.thing, thing))
        if isinstance(thing, ArrayRef):
            self.cell(thing.cell)
            return ArrayRef(thing.cell, tuple(map(self.step, thing.path)), thing.name)
        if isinstance(thing, (ListRef, DictRef, ObjectRef)):
            self.cell(thing.cell)
            return thing
        self.lo.fail(
            f"a checkpointed function returns {describe(thing)}",
            "let it return numbers, arrays, tuples, lists or dicts of them",
            self.node,
            UnsupportedCall,
        )

    def step(self, step: ViewStep) -> ViewStep:
        kwargs = tuple((key, map_tree(self.operand, x)) for key, x in step.kwargs)
        return ViewStep(step.fn, map_tree(self.operand, step.args), kwargs)

    def cell(self, cell: Cell) -> None:
        """Memory that the function has made is there after the call, too."""
        if cell in self.before or cell in self.done:
            return
        self.done.add(cell)
        content = self.lo.heap[cell]
        if isinstance(content, dict):
            self.lo.heap[cell] = {key: self.thing(item) for key, item in content.items()}
        else:
            self.lo.heap[cell] = self.thing(content)


# -- loops -----------------------------------------------------------------------------------------------


@handles(checkpointed)
def _checkpointed(lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
    iterable = args[0] if args else kwargs["iterable"]
    snapshots, memory = kwargs.get("snapshots", Const(None)), kwargs.get("memory", Const(None))
    if not _is_none(snapshots) and not _is_none(memory):
        message = "a loop is checkpointed with a number of snapshots, or within a budget of memory, not both"
        lo.fail(message, "give one of them", node, TypeMismatch, TypeError(message))
    return Checkpointed(iterable, Checkpoints(_count(lo, snapshots, node), _size(lo, memory, node)))


def _is_none(thing: Thing) -> bool:
    return isinstance(thing, Const) and thing.value is None


def _count(lo: Lowerer, snapshots: Thing, node: Any) -> Operand:
    if isinstance(snapshots, Const):
        if snapshots.value is not None:
            try:
                at_least_one(operator.index(snapshots.value))
            except (TypeError, ValueError) as error:
                lo.fail(str(error), "give a positive int", node, TypeMismatch, error)
        return snapshots
    if not isinstance(snapshots, Value) or not is_integer(snapshots.type):
        lo.fail("`snapshots` has to be an int", "give a number of snapshots", node, TypeMismatch)
    return lo.builder.typed_call(at_least_one, INT, snapshots, effect=True)


def _size(lo: Lowerer, memory: Thing, node: Any) -> Operand:
    if not isinstance(memory, Const):
        lo.needs_static(memory, "`memory` has to be known while compiling", "write it as a literal", node)
    if memory.value is None:
        return memory
    try:
        return Const(bytes_in(memory.value))
    except ValueError as error:
        lo.fail(str(error), "write '200MB', '1.5GiB' or a number of bytes", node, TypeMismatch, error)
