"""Calls of functions that are not inlined (recursive ones), in reverse and in forward mode.

Such a function is split: its forward part also returns a list of what it saves, which its backward part takes.
That list is a value like any other for the caller: saved on the caller's stacks, and differentiated again.

    y = g x        y, saved = g_forward x                 x_bar = g_backward saved, y_bar
                   y, y_dot = g_tangent x, x_dot

Variants are made per set of active arguments. A table holds them before their bodies are made: that is what ends
the recursion.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from s2sgrad.ir.clone import substitute
from s2sgrad.ir.core import Block, Call, Function, Op, Value
from s2sgrad.ir.primitives import make_list, new_list, pop
from s2sgrad.ir.types import UNKNOWN, ListOf
from s2sgrad.transforms.cotangents import bar_name, derivative_type
from s2sgrad.transforms.parts import ReverseParts, free_values
from s2sgrad.transforms.structure import Structure

Positions: TypeAlias = tuple[int, ...]
Split = Callable[[Function, Sequence[Value], Positions, "Invocations"], ReverseParts]
Push = Callable[[Function, Sequence[Value], "Invocations"], Function]

TAPE = ListOf(UNKNOWN)


class Invocations:
    """The variants made so far. ``split`` and ``push`` are the transforms themselves."""

    def __init__(self, split: Split | None = None, push: Push | None = None) -> None:
        self._split = split
        self._push = push
        self._parts: dict[tuple[Function, Positions, Positions], tuple[Function, Function]] = {}
        self._tangents: dict[tuple[Function, Positions], Function] = {}
        self._adjoints: dict[tuple[Function, Positions, Positions], Function] = {}

    def parts(self, g: Function, active: Positions, results: Positions) -> tuple[Function, Function]:
        """The forward and backward part of ``g`` for these arguments and results."""
        key = (g, active, results)
        if key not in self._parts:
            made = (Function(f"{g.name}_forward", [], Block()), Function(f"{g.name}_backward", [], Block()))
            self._parts[key] = made
            assert self._split is not None
            parts = self._split(g, [g.params[k] for k in active], results, self)
            _fill(made[0], made[1], parts)
        return self._parts[key]

    def tangent(self, g: Function, active: Positions) -> Function:
        """The tangent function of ``g`` for these arguments."""
        key = (g, active)
        if key not in self._tangents:
            made = self._tangents[key] = Function(f"{g.name}_tangent", [], Block())
            assert self._push is not None
            pushed = self._push(g, [g.params[k] for k in active], self)
            made.params, made.body, made.captures = pushed.params, pushed.body, pushed.captures
            made.out = tuple(range(len(made.results)))
            made.checkpointed = g.checkpointed
        return self._tangents[key]

    def adjoint(
        self, g: Function, active: Positions, results: Positions, make: Callable[[], tuple[ReverseParts, Block]]
    ) -> Function:
        """The adjoint of ``g`` for these arguments and results: of its arguments and the cotangents of these results.

        ``make``: makes the two parts, and the body in which they stand.
        """
        key = (g, active, results)
        if key not in self._adjoints:
            made = self._adjoints[key] = Function(f"{g.name}_adjoint", [], Block(), checkpointed=True)
            parts, made.body = make()
            made.params = [*parts.primal.params, *parts.seeds]
            made.out = tuple(range(len(made.results))) if len(made.results) != 1 else 0
        return self._adjoints[key]


def _fill(forward: Function, backward: Function, parts: ReverseParts) -> None:
    """Let the forward part return a list of what the backward part takes out of it again."""
    saved = free_values(parts.backward, parts.seeds)
    primal = parts.primal
    tape = Value(TAPE, "saved")
    make = Call(make_list, tuple(saved), {}, [tape]) if saved else Call(new_list, (), {}, [tape])
    forward.params, forward.captures = primal.params, primal.captures
    forward.body = Block([], [*primal.body.ops, make], [*primal.body.results, tape])
    forward.out = tuple(range(len(forward.results)))

    stack = Value(TAPE, "saved")
    backward.params = [stack, *parts.seeds]
    received: list[Op] = []
    taken = {v: Value(v.type, v.name) for v in saved}
    if len(saved) == 1:
        received.append(Call(pop, (stack,), {}, [Value(TAPE, "saved"), taken[saved[0]]], adjoint=True))
    elif saved:
        received.append(Call(tuple, (stack,), {}, [taken[v] for v in saved], adjoint=True))
    substitute(parts.backward, dict(taken))
    backward.body = Block([], [*received, *parts.backward.ops], parts.backward.results)
    backward.out = tuple(range(len(backward.results))) if len(backward.results) != 1 else 0


def call_forward(call: Call, structure: Structure, forward: Function) -> Value:
    """Let a call of the primal call the forward part; returns the list that this saves."""
    saved = Value(TAPE, "saved")
    anchor = call.results[-1]
    call.fn = forward
    call.results = [*call.results, saved]
    structure.home[saved] = structure.home[anchor]
    structure.definition[saved] = call
    structure.position[saved] = structure.position[anchor] + 0.25
    return saved


def cotangents_of(call: Call, g: Function, active: Positions) -> list[Value]:
    """Values for the results of a backward part, where ``call`` calls ``g``: like the arguments of that very call."""
    return [Value(derivative_type(call.args[k].type), bar_name(g.params[k])) for k in active]
