"""Which values decide what the pattern is: those that control flow, indices and shapes are made of.

A pattern found by running (:mod:`s2sgrad.sparse.dependencies.run`) holds for other arguments as long as the run would
go the same way. This is found out from the IR, backwards from branches, loop bounds and what rules say they look at.
Most numerical code decides by lengths and integers only, so that its pattern is found once for each shape.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from s2sgrad.ir.core import (
    Block,
    Call,
    For,
    Function,
    If,
    Operand,
    Try,
    Value,
    While,
    With,
    leaves,
    operands_of,
    uses_in,
)
from s2sgrad.ir.primitives import additem, setitem, without_key
from s2sgrad.optimize.inplace import functions_called
from s2sgrad.sparse.dependencies.run import flat
from s2sgrad.sparse.dependencies.table import entry_of
from s2sgrad.sparse.dependencies.updates import UPDATES
from s2sgrad.sparse.dependencies.values import nothing
from s2sgrad.transforms.structure import is_hashable


def decisive(function: Function, varied: Collection[Value]) -> set[Value]:
    """The values on which the pattern of a function depends, beside the shapes of its parameters.

    :param varied: the values of the function that depend on inputs.
    """
    found = _Decisive()
    functions = functions_called(function)
    while True:
        before = len(found.values)
        for each in functions:
            found.varied = varied if each is function else None
            found.block(each.body)
        if len(found.values) == before:
            return found.values


class _Decisive:
    """The values found so far; each walk backwards through the code adds to them, until nothing is new."""

    def __init__(self) -> None:
        self.values: set[Value] = set()
        self.varied: Collection[Value] | None = None

    def add(self, operands: Iterable[Operand]) -> None:
        self.values.update(x for x in operands if isinstance(x, Value))

    def linked(self, *groups: Iterable[Operand]) -> None:
        """Values that stand for each other: where one counts all of them do."""
        for same in zip(*groups, strict=True):
            if any(x in self.values for x in same):
                self.add(same)

    def block(self, block: Block) -> None:
        for op in reversed(block.ops):
            if isinstance(op, Call):
                self.call(op)
            elif isinstance(op, If):
                self.add([op.cond])
                for side in (op.then, op.orelse):
                    if not side.diverges:
                        self.linked(op.results, side.results)
                    self.block(side)
            elif isinstance(op, For):
                self.add([op.start, op.stop, op.step])
                self.loop(op)
            elif isinstance(op, While):
                self.add(op.cond.results)
                self.loop(op)
                self.linked(op.carried, op.cond.params)
                self.block(op.cond)
            elif isinstance(op, With):
                self.add(operands_of(op))
                self.linked(op.results, op.body.results)
                self.block(op.body)
            elif isinstance(op, Try):  # where it raises any value may decide
                for block_ in (op.body, op.handler):
                    self.add(uses_in(block_))
                self.linked(op.results, op.body.results, op.handler.results)

    def loop(self, op: For | While) -> None:
        self.linked(op.results, op.carried, op.inits, op.body.results)
        if op.body.stop is not None:
            self.add([op.body.stop])
        self.block(op.body)
        self.linked(op.results, op.carried, op.inits, op.body.results)

    def call(self, op: Call) -> None:
        if isinstance(op.fn, Function):
            given = [x if p in self.values else None for x, p in zip(op.args, op.fn.params, strict=True)]
            self.add(leaves(tuple(x for x in given if x is not None)))
            for v, k in zip(op.results, flat(op.fn.out), strict=True):
                if v in self.values:
                    self.add([op.fn.results[k]])
            return
        if is_hashable(op.fn) and op.fn in UPDATES:
            self.add(leaves(op.args[1]) if op.fn in (setitem, additem, without_key) else [])
            self.made_of(op)
            return
        entry = entry_of(op.fn)
        self.add(operands_of(op) if entry is None else entry.decides(op, self.varied))
        if entry is None or entry.rule is not nothing:
            self.made_of(op)

    def made_of(self, op: Call) -> None:
        if any(v in self.values for v in op.results):
            self.add(operands_of(op))
