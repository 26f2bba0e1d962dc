"""Run a function in IR together with the dependencies of its values.

The IR is that which the emitter prints (:mod:`s2sgrad.optimize.inplace` has been through it), so that updates may be
carried out in place. Integers, booleans and with them the control flow are what they are in this run: the pattern found
is that of the path taken for these arguments. Each block is made into a list of *steps* first, functions that read and
write two lists, of values and of dependencies, by position.
"""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from s2sgrad.ir.core import Block, Call, Const, For, Function, If, Op, Operand, Tree, Try, Value, While, With, map_tree
from s2sgrad.ir.interpret import arrange
from s2sgrad.ir.primitives import raise_
from s2sgrad.ir.types import Scalar, is_differentiable
from s2sgrad.optimize.inplace import functions_called
from s2sgrad.sparse.dependencies.graph import Graph
from s2sgrad.sparse.dependencies.steps import Frame, Step, Steps, element, followed, of_one, of_two
from s2sgrad.sparse.dependencies.table import Traced, depends, elementwise, entry_of, is_fixed
from s2sgrad.sparse.dependencies.updates import UPDATES, update
from s2sgrad.transforms.structure import is_hashable


class Unfollowed(Exception):
    """Running this code once more would do more than compute: the message says what."""


@dataclass(slots=True)
class Ready:
    """A function that is ready to be run: ``values`` holds its constants at their positions."""

    function: Function
    params: list[int]
    captures: list[tuple[int, Any]]
    results: list[int]
    values: list[Any]
    steps: Steps

    def run(self, graph: Graph, args: Sequence[Any], dependencies: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """The results and their dependencies."""
        frame = Frame(graph, self.values.copy())
        for position, capture in self.captures:
            frame.values[position] = capture.load()
        for position, arg, dependency in zip(self.params, args, dependencies, strict=True):
            frame.values[position], frame.dependencies[position] = arg, dependency
        for step in self.steps:
            step(frame)
        return [frame.values[k] for k in self.results], [frame.dependencies[k] for k in self.results]


def ready(function: Function, varied: Collection[Value]) -> Ready:
    """Make a function ready to be run (again and again). ``varied``: those of its values that depend on inputs."""
    made = {each: Ready(each, [], [], [], [], []) for each in functions_called(function)}
    for each, empty in made.items():
        _Preparation(made, varied if each is function else None).fill(empty, each)
    return made[function]


class _Preparation:
    """The making of one function's steps.

    ``made``: all functions that may be called. ``varied``: the values that depend on inputs, if that is known.
    """

    def __init__(self, made: dict[Function, Ready], varied: Collection[Value] | None) -> None:
        self.made = made
        self.varied = varied
        self.positions: dict[Value, int] = {}
        self.values: list[Any] = []

    def fill(self, empty: Ready, function: Function) -> None:
        empty.params += [self.position(p) for p in function.params]
        empty.captures += [(self.position(v), capture) for v, capture in function.captures.items()]
        empty.steps += self.block(function.body)
        empty.results += [self.position(function.results[k]) for k in flat(function.out)]
        empty.values += self.values

    def position(self, x: Operand) -> int:
        if isinstance(x, Const):
            self.values.append(self.constant(x.value))
            return len(self.values) - 1
        found = self.positions.get(x)
        if found is None:
            found = self.positions[x] = len(self.values)
            self.values.append(None)
        return found

    def constant(self, value: Any) -> Any:
        if not isinstance(value, Function):
            return value
        called = self.made[value]

        def function(*args: Any) -> Any:  # handed to a library function
            results, _ = called.run(Graph(0), args, [None] * len(args))
            numbers = dict(zip(flat(called.function.out), results, strict=True))
            return arrange(called.function.out, [numbers.get(k) for k in range(len(called.function.results))])

        return function

    def block(self, block: Block) -> Steps:
        return [self.op(op) for op in block.ops]

    def moves(self, sources: Sequence[Operand], targets: Sequence[Operand]) -> Step:
        """Hand on several values at once."""
        pairs = [(self.position(s), self.position(t)) for s, t in zip(sources, targets, strict=True)]
        from_, to = [s for s, _ in pairs], [t for _, t in pairs]

        def step(frame: Frame) -> None:
            values, dependencies = frame.values, frame.dependencies
            kept = [(values[s], dependencies[s]) for s in from_]
            for t, (value, dependency) in zip(to, kept, strict=True):
                values[t], dependencies[t] = value, dependency

        return step

    def op(self, op: Op) -> Step:
        if isinstance(op, Call):
            return self.call(op)
        if isinstance(op, If):
            return self.branch(op)
        if isinstance(op, For):
            return self.counted(op)
        if isinstance(op, While):
            return self.conditional(op)
        if isinstance(op, With):
            return self.context(op)
        return self.attempt(op)

    # -- control flow ----------------------------------------------------------------------------

    def branch(self, op: If) -> Step:
        cond = self.position(op.cond)
        sides = [
            self.block(b) + ([] if b.diverges else [self.moves(b.results, op.results)]) for b in (op.then, op.orelse)
        ]

        def step(frame: Frame) -> None:
            for each in sides[0] if frame.values[cond] else sides[1]:
                each(frame)

        return step

    def counted(self, op: For) -> Step:
        bounds = [self.position(x) for x in (op.start, op.stop, op.step)]
        enter, again = self.moves(op.inits, op.carried), self.moves(op.body.results, op.carried)
        leave = self.moves(op.carried, op.results)
        index, body, stop = self.position(op.index), self.block(op.body), self.stop(op.body)

        def step(frame: Frame) -> None:
            values = frame.values
            indices = range(*(values[k] for k in bounds))
            enter(frame)
            for i in reversed(indices) if op.reverse else indices:
                values[index] = i
                for each in body:
                    each(frame)
                again(frame)
                if stop is not None and values[stop]:
                    break
            leave(frame)

        return step

    def stop(self, body: Block) -> int | None:
        return None if body.stop is None else self.position(body.stop)

    def conditional(self, op: While) -> Step:
        enter, again = self.moves(op.inits, op.carried), self.moves(op.body.results, op.carried)
        ask, leave = self.moves(op.carried, op.cond.params), self.moves(op.carried, op.results)
        cond, body, stop = self.block(op.cond), self.block(op.body), self.stop(op.body)
        (answer,) = map(self.position, op.cond.results)

        def step(frame: Frame) -> None:
            values = frame.values
            enter(frame)
            while True:
                ask(frame)
                for each in cond:
                    each(frame)
                if not values[answer]:
                    break
                for each in body:
                    each(frame)
                again(frame)
                if stop is not None and values[stop]:
                    break
            leave(frame)

        return step

    def context(self, op: With) -> Step:
        context, body, leave = op.context, self.block(op.body), self.moves(op.body.results, op.results)
        args, kwargs = self.reader(context.args), self.reader(context.kwargs)
        bound = [self.position(p) for p in op.body.params]

        def step(frame: Frame) -> None:
            if context.fn is not np.errstate and context.fn is not suppress:
                raise Unfollowed(f"enters `{getattr(context.fn, '__name__', context.fn)}`")
            with context.fn(*args(frame.values), **kwargs(frame.values)) as entered:
                for position in bound:
                    frame.values[position] = entered
                for each in body:
                    each(frame)
                leave(frame)

        return step

    def attempt(self, op: Try) -> Step:
        body = [*self.block(op.body), self.moves(op.body.results, op.results)]
        handler = [*self.block(op.handler), self.moves(op.handler.results, op.results)]
        caught = [self.position(p) for p in op.handler.params]

        def step(frame: Frame) -> None:
            try:
                for each in body:
                    each(frame)
            except op.exceptions as error:
                for position in caught:
                    frame.values[position] = error
                for each in handler:
                    each(frame)

        return step

    # -- calls -------------------------------------------------------------------------------------

    def reader(self, tree: Tree) -> Callable[[list[Any]], Any]:
        """A function that looks up the operands of a tree in a list by their positions."""
        if not tree:
            return lambda items: tree
        if type(tree) is tuple and all(isinstance(x, (Value, Const)) for x in tree):
            positions = [self.position(x) for x in tree]
            return lambda items: tuple([items[p] for p in positions])
        placed = map_tree(lambda x: _Place(self.position(x)), tree)
        return lambda items: _looked_up(placed, items)

    def call(self, op: Call) -> Step:
        results = [self.position(v) for v in op.results]
        if op.effect and op.fn is not raise_:
            return self.effect(op)
        if isinstance(op.fn, Function):
            return self.function_call(op, results)
        plain = all(isinstance(x, (Value, Const)) for x in op.args) and not op.kwargs
        positions = [self.position(x) for x in op.args] if plain else []
        if is_hashable(op.fn) and op.fn in UPDATES:
            return self.update(op, results)
        carries = [is_differentiable(v.type) for v in op.results]
        entry = entry_of(op.fn)
        if plain and len(results) == 1 and carries[0] and entry is not None and entry.rule is elementwise:
            if len(positions) == 2:
                return of_two(op.fn, *positions, *results)
            if len(positions) == 1:
                return of_one(op.fn, *positions, *results)
        if plain and op.fn is operator.getitem and isinstance(op.args[1].type, Scalar) and carries == [True]:
            return element(*positions, *results)
        args, kwargs = self.reader(op.args), self.reader(op.kwargs)
        fixed = tuple(is_fixed(x, self.varied) for x in op.args)

        def step(frame: Frame) -> None:
            a, k = args(frame.values), kwargs(frame.values)
            out = op.fn(*a, **k)
            found: Any = None
            if True in carries:
                a_dependencies, k_dependencies = args(frame.dependencies), kwargs(frame.dependencies)
                if depends(a_dependencies) or depends(k_dependencies):
                    traced = Traced(op.fn, a, k, a_dependencies, k_dependencies, out, fixed)
                    found = followed(frame.graph, entry, traced)
            if len(results) == 1:
                frame.values[results[0]] = out
                frame.dependencies[results[0]] = found if carries[0] else None
            elif results:
                each = found if isinstance(found, (tuple, list)) else [found] * len(results)
                for position, value, dependency, c in zip(results, out, each, carries, strict=True):
                    frame.values[position], frame.dependencies[position] = value, dependency if c else None

        return step

    def effect(self, op: Call) -> Step:
        def step(frame: Frame) -> None:
            if op.fn not in (print, warnings.warn):  # the compressed pass will do that
                called = op.args[0].value if op.fn is operator.call and isinstance(op.args[0], Const) else op.fn
                raise Unfollowed(f"calls `{getattr(called, '__name__', called)}`, which may do more than compute")

        return step

    def function_call(self, op: Call, results: list[int]) -> Step:
        called = self.made[op.fn]
        args = self.reader(op.args)

        def step(frame: Frame) -> None:
            values, dependencies = called.run(frame.graph, args(frame.values), args(frame.dependencies))
            for position, value, dependency in zip(results, values, dependencies, strict=True):
                frame.values[position], frame.dependencies[position] = value, dependency

        return step

    def update(self, op: Call, results: list[int]) -> Step:
        args = self.reader(op.args)

        def step(frame: Frame) -> None:
            values, dependencies = update(frame.graph, op.fn, args(frame.values), args(frame.dependencies))
            for position, value, dependency in zip(results, values, dependencies, strict=True):
                frame.values[position], frame.dependencies[position] = value, dependency

        return step


class _Place(int):
    """A position in the lists of a frame."""


def _looked_up(tree: Any, items: list[Any]) -> Any:
    kind = type(tree)
    if kind is _Place:
        return items[tree]
    if kind is tuple:
        return tuple([_looked_up(item, items) for item in tree])
    if kind is list:
        return [_looked_up(item, items) for item in tree]
    if kind is dict:
        return {key: _looked_up(item, items) for key, item in tree.items()}
    return slice(_looked_up(tree.start, items), _looked_up(tree.stop, items), _looked_up(tree.step, items))


def flat(out: Tree) -> list[int]:
    """The numbers of the results in a tree of them, in order."""
    if isinstance(out, int):
        return [out]
    return [k for item in (out.values() if isinstance(out, dict) else out) for k in flat(item)]
