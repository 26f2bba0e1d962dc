"""Where the values of a function live: the maps that the transforms share, made in one walk."""

from __future__ import annotations

from typing import Any

from s2sgrad.ir import primitives
from s2sgrad.ir.core import (
    Block,
    Call,
    Const,
    For,
    Function,
    If,
    Op,
    Operand,
    Try,
    Value,
    While,
    With,
    blocks_of,
    defined_in,
    leaves,
    operands_of,
)


class Structure:
    """The structure of a function's body.

    ``home``: the block that defines a value (a parameter of the function belongs to its body).
    ``definition``: the operation a value is a result of (parameters have none).
    ``uses``: how often a value is read.
    ``position``: program order of the values.
    ``owner``: the operation a nested block belongs to, and the block that operation is in.
    ``loop``: the innermost loop a block is in (None outside of loops).
    ``loops``: all loops, owners first.
    """

    def __init__(self, function: Function) -> None:
        self.body = function.body
        self.home: dict[Value, Block] = {}
        self.definition: dict[Value, Op] = {}
        self.uses: dict[Value, int] = {}
        self.position: dict[Value, float] = {}
        self.owner: dict[Block, tuple[Op, Block]] = {}
        self.loop: dict[Block, For | While | None] = {}
        self.loops: list[For | While] = []
        self._define([*function.params, *function.captures], function.body)
        self._block(function.body, None)

    def note(self, result: Value, op: Op) -> None:
        """A result that ``op``, which owns blocks, has got since."""
        self.home[result] = self.owner[blocks_of(op)[0]][1]
        self.definition[result] = op
        self.position[result] = len(self.position)

    def place(self, op: Op, home: Block, before: Value) -> None:
        """An operation that has been put into a block since, in front of what defines a value."""
        for result in op.results:
            self.home[result] = home
            self.definition[result] = op
            self.position[result] = self.position[before] - 0.5

    def replace(self, call: Call, ops: list[Op]) -> None:
        """Put operations, which define the results of ``call`` and others, in its place."""
        block = self.home[call.results[0]]
        at = block.ops.index(call)
        block.ops[at : at + 1] = ops
        place = {v: self.position[v] for v in call.results}
        start = min(place.values()) - 1
        for op in ops:
            self._op(op, block, self.loop[block])
        made = list(defined_in(Block([], ops)))
        self.position.update((v, start + (k + 1) / (len(made) + 1)) for k, v in enumerate(made))
        self.position.update(place)

    def is_nested(self, x: Operand) -> bool:
        """Whether ``x`` is a value of the function that its top level does not see."""
        return isinstance(x, Value) and self.home.get(x, self.body) is not self.body

    def _define(self, values: list[Value], block: Block) -> None:
        for v in values:
            self.home[v] = block
            self.position[v] = len(self.position)

    def _use(self, x: Operand) -> None:
        if isinstance(x, Value):
            self.uses[x] = self.uses.get(x, 0) + 1

    def _block(self, block: Block, loop: For | While | None) -> None:
        self.loop[block] = loop
        self._define(block.params, block)
        for op in block.ops:
            self._op(op, block, loop)
        for x in block.results:
            self._use(x)
        if block.stop is not None:
            self._use(block.stop)

    def _op(self, op: Op, block: Block, loop: For | While | None) -> None:
        for x in operands_of(op):
            self._use(x)
        if isinstance(op, (For, While)):
            self.loops.append(op)
            loop = op
        for inner in blocks_of(op):
            self.owner[inner] = (op, block)
            self._block(inner, loop)
        self._define(op.results, block)
        for v in op.results:
            self.definition[v] = op


def flow_between(op: Op) -> list[tuple[Operand, Value]]:
    """The pairs (source, target) along which a control-flow operation moves values unchanged."""
    pairs: list[tuple[Operand, Value]] = []
    if isinstance(op, If):
        pairs += zip(op.then.results, op.results, strict=True)
        pairs += zip(op.orelse.results, op.results, strict=True)
    elif isinstance(op, Try):
        pairs += zip(op.body.results, op.results, strict=True)
        pairs += zip(op.handler.results, op.results, strict=True)
    elif isinstance(op, With):
        pairs += zip(op.body.results, op.results, strict=True)
    elif isinstance(op, (For, While)):
        for init, param, last, result in zip(op.inits, op.carried, op.body.results, op.results, strict=True):
            pairs += [(init, param), (init, result), (last, param), (last, result)]
        if isinstance(op, While):
            pairs += zip(op.inits, op.cond.params, strict=True)
            pairs += zip(op.body.results, op.cond.params, strict=True)
    return pairs


# Operands that matter by their shape only: no derivative passes through them.
SHAPE_OPERANDS: dict[Any, int] = {primitives.unbroadcast: 1}


def is_hashable(fn: Any) -> bool:
    """Whether a callable can be looked up in a table (one that cannot is in none)."""
    return type(fn).__hash__ is not None


def data_operands(call: Call) -> list[Operand]:
    """The operands of a call that derivatives may pass through."""
    shape = SHAPE_OPERANDS.get(call.fn) if is_hashable(call.fn) else None
    return [*leaves([a for k, a in enumerate(call.args) if k != shape]), *leaves(call.kwargs)]


def is_const(x: object, *values: float) -> bool:
    """Whether an operand is one of these numbers, written as a literal."""
    return isinstance(x, Const) and type(x.value) in (int, float) and x.value in values
