"""Conditions that are decided where they are asked again.

    if c:                            if c:
        if c: a  else: b                 a
        if not c and d: e      ──▶   else:
    else:                                g
        if c or d: f  else: g        (r, which is true after the one branch and false after the other, is c)
    r = c

The flags that stand for `return`, `break` and `continue` are asked again and again; what is decided about them is
decided once here, before anything is derived, so that derivative code does not ask either.
"""

from __future__ import annotations

import operator

from s2sgrad.ir.clone import substitute
from s2sgrad.ir.core import UNDEFINED, Block, Call, Const, For, Function, If, Op, Operand, Value, While, blocks_of
from s2sgrad.ir.types import BOOL, Scalar

Facts = dict[Value, bool]

_AND, _OR, _NOT = operator.and_, operator.or_, operator.not_


def decide(function: Function) -> Function:
    """Take the branches whose conditions are known (changes the function)."""
    decided = _Decided()
    decided.block(function.body, {})
    if decided.env:
        substitute(function.body, {x: decided.resolve(x) for x in decided.env})
    return function


class _Decided:
    def __init__(self) -> None:
        self.env: dict[Value, Operand] = {}
        self.definitions: dict[Value, Call] = {}

    def resolve(self, x: Operand) -> Operand:
        while isinstance(x, Value) and x in self.env:
            x = self.env[x]
        return x

    def known(self, x: Operand, facts: Facts) -> bool | None:
        """The truth of a condition, as far as it is decided."""
        x = self.resolve(x)
        if isinstance(x, Const):
            return x.value if isinstance(x.value, bool) else None
        if x in facts:
            return facts[x]
        call = self.definitions.get(x)
        if call is None:
            return None
        truths = [self.known(y, facts) for y in call.args]
        if call.fn is _NOT:
            return None if truths[0] is None else not truths[0]
        decisive = call.fn is _OR
        if decisive in truths:
            return decisive
        return None if None in truths else not decisive

    def constant(self, x: Operand, facts: Facts) -> Operand:
        """A flag as the constant that it is known to be here."""
        truth = self.known(x, facts) if isinstance(x, Value) and _is_flag(x) else None
        return x if truth is None else Const(truth)

    def learn(self, x: Operand, truth: bool, facts: Facts) -> Facts:
        """``facts`` with what follows from a condition's being true or false."""
        facts = dict(facts)
        pending = [(x, truth)]
        while pending:
            y, truth = pending.pop()
            y = self.resolve(y)
            if not isinstance(y, Value):
                continue
            facts[y] = truth
            call = self.definitions.get(y)
            if call is not None and call.fn is _NOT:
                pending.append((call.args[0], not truth))
            elif call is not None and truth is (call.fn is _AND):
                pending += [(z, truth) for z in call.args]
        return facts

    def block(self, block: Block, facts: Facts) -> None:
        ops: list[Op] = []
        for op in block.ops:
            if isinstance(op, If):
                ops += self.branches(op, facts)
                continue
            if isinstance(op, Call) and op.fn in (_AND, _OR, _NOT) and all(map(_is_flag, op.args)):
                self.definitions[op.result] = op
            if isinstance(op, (For, While)):
                op.inits = [self.constant(x, facts) for x in op.inits]
            for inner in blocks_of(op):
                self.block(inner, facts)
            ops.append(op)
        block.ops = ops
        block.results = [self.constant(x, facts) for x in block.results]
        if block.stop is not None and not isinstance(block.stop, Const):
            truth = self.known(block.stop, facts)
            if truth is False:
                block.stop = None

    def branches(self, op: If, facts: Facts) -> list[Op]:
        """What is left of a branch: the operations of one side where the condition is known."""
        truth = self.known(op.cond, facts)
        if truth is not None:
            taken = op.then if truth else op.orelse
            if not taken.diverges and not any(x is UNDEFINED for x in taken.results):
                self.block(taken, facts)
                self.env.update(zip(op.results, taken.results, strict=True))
                return taken.ops
        self.block(op.then, self.learn(op.cond, True, facts))
        self.block(op.orelse, self.learn(op.cond, False, facts))
        if _is_flag(op.cond):
            for result, x, y in zip(op.results, op.then.results, op.orelse.results, strict=True):
                if _is_flag(result) and _is_constant(x, True) and _is_constant(y, False):
                    self.env[result] = op.cond
        return [op]


def _is_flag(x: Operand) -> bool:
    """Whether this is a Python bool."""
    return isinstance(x.type, Scalar) and x.type == BOOL


def _is_constant(x: Operand, value: bool) -> bool:
    return isinstance(x, Const) and x.value is value
