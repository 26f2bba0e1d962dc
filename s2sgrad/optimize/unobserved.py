"""Which statements of the author's nobody sees the value of: only derivative code reads it.

The value of the primal is what the primal computes, to the last bit. But in a gradient without the value, most of
the forward part is there for the backward part alone. Such a computation may be done in another order.

A value is *observed* if it is returned, if it enters control flow, an effect, or a call of a function of its own, or
if what is not a float is computed from it (a comparison, an index, a text), or what jumps where it changes by rounding
(``np.floor``, ``np.sign``, ``%``), be it through other statements.
What stands inside of ``try`` and ``with`` is observed, for these see what is raised.
"""

from __future__ import annotations

import math
import operator

import numpy as np

from s2sgrad.ir.core import Block, Call, Function, Op, Operand, Try, Value, With, blocks_of, operands_of
from s2sgrad.ir.types import is_differentiable
from s2sgrad.rules.table import rule_of


def unobserved(function: Function) -> set[Op]:
    """The calls of the author's whose values are read by derivative code only."""
    graph = _Graph()
    graph.block(function.body, inside_context=False)
    for x in function.body.results:
        graph.observe(x)
    graph.search()
    return {op for op in graph.calls if graph.observed.isdisjoint(op.results)}


class _Graph:
    """``sources``: what a value of the author's is computed from. ``calls``: what may be unobserved."""

    def __init__(self) -> None:
        self.sources: dict[Value, list[Operand]] = {}
        self.observed: set[Value] = set()
        self.pending: list[Value] = []
        self.calls: list[Call] = []

    def observe(self, x: Operand) -> None:
        if isinstance(x, Value) and x not in self.observed:
            self.observed.add(x)
            self.pending.append(x)

    def search(self) -> None:
        while self.pending:
            for x in self.sources.get(self.pending.pop(), ()):
                self.observe(x)

    def block(self, block: Block, inside_context: bool) -> None:
        for op in block.ops:
            if isinstance(op, Call):
                self.call(op, inside_context)
                continue
            for inner in blocks_of(op):
                self.block(inner, inside_context or isinstance(op, (Try, With)))
                for x in (*inner.results, inner.stop):
                    if x is not None:
                        self.observe(x)
            for x in operands_of(op):
                self.observe(x)

    def call(self, op: Call, inside_context: bool) -> None:
        operands = operands_of(op)
        if op.effect or inside_context or isinstance(op.fn, Function):
            for x in operands:
                self.observe(x)
        elif not op.adjoint:
            if _jumps(op) or not all(is_differentiable(v.type) for v in op.results):
                for x in operands:
                    self.observe(x)
            for v in op.results:
                self.sources[v] = operands
            self.calls.append(op)


_DIVISIONS = (operator.mod, operator.floordiv, np.mod, np.fmod, np.floor_divide, np.divmod, np.modf, divmod)
_JUMPING = frozenset({*_DIVISIONS, np.unwrap, math.fmod, math.modf, math.remainder})


def _jumps(op: Call) -> bool:
    """Whether a result is not continuous in the operands."""
    rule = rule_of(op.fn)
    return (op.fn in _JUMPING) or (rule is not None and rule.nondiff)
