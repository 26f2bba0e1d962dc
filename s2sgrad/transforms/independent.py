"""Loops that only add up, of whose sums nothing but their derivative is asked.

    for i in range(n):               for i in reversed(range(n)):
      t = sqrt x[i]                    t = sqrt x[i]                 (the iteration, …)
      s += t * y[i]         ──▶        t_bar = s_bar * y[i]          (… and its reversal)
                                       …

Iterations that do not depend on each other need not all have run before the first of them is reversed, so that nothing
outlives its iteration; and if the sums themselves are not wanted, the loop of the forward part is not
needed either. So an iteration is run and reversed at once, as a step of a checkpointed loop is.
"""

from __future__ import annotations

import operator

from s2sgrad.ir.core import Block, Call, Const, For, Op, Operand, Try, Value, While, With, operands_of, walk
from s2sgrad.ir.types import Scalar
from s2sgrad.transforms.adjoint_core import Reverse
from s2sgrad.transforms.structure import Structure, is_hashable


def only_adds_up(r: Reverse, loop: For) -> bool:
    """Whether the iterations of a loop are independent of each other, and nothing needs what they add up to."""
    if loop.body.stop is not None or r.structure.home[loop.results[0]] is not r.structure.body or r.values:
        return False
    if any(_is_more_than_computation(op) for op in walk(loop.body)):
        return False
    uses = _Uses(r.structure)
    sums = zip(loop.carried, loop.body.results, strict=True)
    return all(uses.adds_up(loop.body, x, end) for x, end in sums) and all(uses.is_linear(r, x) for x in loop.results)


def _is_more_than_computation(op: Op) -> bool:
    return isinstance(op, (Try, With)) or (isinstance(op, Call) and (op.effect or not is_hashable(op.fn)))


class _Uses:
    """Which operations of a block read a value."""

    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        self._readers: dict[Block, dict[Operand, list[Op]]] = {}

    def _of(self, block: Block, x: Value) -> list[Op]:
        if block not in self._readers:
            readers = self._readers[block] = {}
            for op in block.ops:
                for y in operands_of(op):
                    readers.setdefault(y, []).append(op)
        return self._readers[block].get(x, [])

    def adds_up(self, block: Block, x: Value, end: Operand) -> bool:
        """Whether a block makes ``end`` of ``x`` by adding to it, and does nothing else with it."""
        while x is not end:
            readers = self._of(block, x)
            if not isinstance(x.type, Scalar) or self.structure.uses.get(x) != 1 or len(readers) != 1:
                return False
            following = self._sum(readers[0], x)
            if following is None:
                return False
            x = following
        return isinstance(x.type, Scalar) and self.structure.uses.get(x) == 1

    def _sum(self, op: Op, x: Value) -> Value | None:
        """What an operation makes of ``x`` by adding to it."""
        if isinstance(op, Call):
            return op.result if op.fn in (operator.add, operator.sub) and not op.kwargs else None
        if isinstance(op, (For, While)) and x in op.inits:
            k = op.inits.index(x)
            if isinstance(op, While) and self.structure.uses.get(op.cond.params[k]):
                return None  # how often it runs depends on the sum
            return op.results[k] if self.adds_up(op.body, op.carried[k], op.body.results[k]) else None
        return None

    def is_linear(self, r: Reverse, x: Value) -> bool:
        """Whether a value of the function's body goes into results in such a way that no derivative depends on it."""
        body = self.structure.body
        pending = [x]
        while pending:
            x = pending.pop()
            readers = self._of(body, x)
            if self.structure.uses.get(x, 0) != len(readers) + body.results.count(x):
                return False
            for op in readers:
                following = self._sum(op, x) or _multiple(r, op, x)
                if following is None:
                    return False
                pending.append(following)
        return True


def _multiple(r: Reverse, op: Op, x: Value) -> Value | None:
    """What an operation makes of ``x`` by a factor that has no derivative."""
    if not isinstance(op, Call) or op.kwargs or not all(isinstance(a, (Value, Const)) for a in op.args):
        return None
    if op.fn is operator.neg:
        return op.result
    others = [a for a in op.args if a is not x]
    if op.fn is operator.mul or (op.fn is operator.truediv and op.args[0] is x):
        return op.result if len(others) == 1 and not r.is_active(others[0]) else None
    return None
