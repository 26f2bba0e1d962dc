"""Activity: which values carry derivatives from the differentiated inputs to the differentiated results.

A value is *varied* if it depends on an input through operations that have derivatives, *useful* if a result
depends on it; *active* if both. Both are reachability in one graph whose edges run from what is
read to what is defined, across branches and around loops: linear time, no fixed-point iteration.

    t = sin x        x → t
    y = if c: t …    t → y
    n = floor x      no edge: the rule says that the derivative is zero
    m = max x        no edge, if all that is computed from m stays the same whatever m is (`shifts`)
    s = str x        x → s: an object carries no derivative, but if it influences a result, that is refused
"""

from __future__ import annotations

from collections.abc import Iterable

from s2sgrad.errors import NotDifferentiable
from s2sgrad.ir.core import Block, Call, Operand, Stmt, Value, blocks_of
from s2sgrad.ir.types import OBJECT, DictOf, ListOf, TupleOf, Type, is_differentiable
from s2sgrad.rules.table import rule_of
from s2sgrad.transforms.shifts import cancelling_shifts
from s2sgrad.transforms.structure import data_operands, flow_between

Edges = dict[Value, list[Value]]


def may_carry(value: Value) -> bool:
    """Whether influence passes through the value: it has a derivative, or is an object that may hide one."""
    return hides_derivative(value.type) or is_differentiable(value.type)


def hides_derivative(t: Type) -> bool:
    """Whether a value of this type is, or holds, an object in which a derivative would be lost."""
    if isinstance(t, (ListOf, DictOf)):
        return hides_derivative(t.item)
    return any(map(hides_derivative, t.items)) if isinstance(t, TupleOf) else t == OBJECT


def lost_derivative(stmt: Stmt | None) -> NotDifferentiable:
    """The refusal of a derivative that would have to pass through an object."""
    return NotDifferentiable(
        "a derivative would have to pass through an object that is neither a number nor an array",
        "compute with floats and arrays",
        stmt,
    )


def active_values(block: Block, inputs: Iterable[Value], outputs: Iterable[Operand]) -> set[Value]:
    """The values that depend on ``inputs`` and that ``outputs`` depend on."""
    successors: Edges = {}
    predecessors: Edges = {}
    _connect(block, successors, predecessors, cancelling_shifts(block))
    varied = _reach(inputs, successors)
    useful = _reach((x for x in outputs if isinstance(x, Value)), predecessors)
    return varied & useful


def _connect(block: Block, successors: Edges, predecessors: Edges, constant: set[Value]) -> None:
    """``constant``: values that need no derivative, whatever they are computed from."""

    def edge(source: Operand, target: Value) -> None:
        if isinstance(source, Value) and may_carry(source) and may_carry(target):
            successors.setdefault(source, []).append(target)
            predecessors.setdefault(target, []).append(source)

    for op in block.ops:
        if isinstance(op, Call):
            rule = rule_of(op.fn)
            if rule is None or not rule.nondiff:
                sources = data_operands(op)
                for target in op.results if constant.isdisjoint(op.results) else ():
                    for source in sources:
                        edge(source, target)
            continue
        for inner in blocks_of(op):
            _connect(inner, successors, predecessors, constant)
        for source, target in flow_between(op):
            edge(source, target)


def _reach(seeds: Iterable[Value], edges: Edges) -> set[Value]:
    reached = {v for v in seeds if may_carry(v)}
    pending = list(reached)
    while pending:
        for v in edges.get(pending.pop(), ()):
            if v not in reached:
                reached.add(v)
                pending.append(v)
    return reached
