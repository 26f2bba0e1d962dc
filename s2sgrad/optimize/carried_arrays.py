"""What becomes of an array that a loop carries: its versions in the body, and what reads and writes them."""

from __future__ import annotations

import operator

from s2sgrad.ir.core import Block, Call, For, If, Op, Value, While, blocks_of, leaves, operands_of, uses_in
from s2sgrad.ir.primitives import additem, setitem
from s2sgrad.optimize.sharing import reads_shape_only


class Versions:
    """The versions of an array from its first in a block, each made of the one before.

    ``known``: all of them. ``last``: that at the end of the block; None if the array goes where it is not followed.
    ``accesses``: the subscripts that read, store in or add to a version, and the blocks they are in.
    """

    def __init__(self, first: Value, block: Block) -> None:
        self.known = {first}
        self.accesses: list[tuple[Call, Block]] = []
        self.last = self._follow(first, block)

    def _follow(self, x: Value, block: Block) -> Value | None:
        """The last version in a block, where ``x`` is the one at its start."""
        now: Value | None = x
        for op in block.ops:
            if now is None:
                return None
            now = self._call(op, now, block) if isinstance(op, Call) else self._nested(op, now)
        return now

    def _call(self, op: Call, now: Value, block: Block) -> Value | None:
        if not any(x in self.known for x in operands_of(op)):
            return now
        if op.fn in (additem, setitem, operator.getitem) and op.args[0] in self.known:
            if any(x in self.known for x in leaves(op.args[1:])):
                return None
            self.accesses.append((op, block))
            if op.fn is operator.getitem:
                return now
            if op.args[0] is not now:
                return None
            self.known.add(op.result)
            return op.result
        return now if reads_shape_only(op) else None

    def _nested(self, op: Op, now: Value) -> Value | None:
        if isinstance(op, If):
            ends = self._follow(now, op.then), self._follow(now, op.orelse)
            return self._joined(op, now, ends)
        if isinstance(op, (For, While)):
            return self._loop(op, now)
        used = (x for inner in blocks_of(op) for x in uses_in(inner))
        return None if any(x in self.known for x in (*operands_of(op), *used)) else now

    def _joined(self, op: If, now: Value, ends: tuple[Value | None, Value | None]) -> Value | None:
        """What a version becomes after a branch."""
        if None in ends:
            return None
        pairs = list(zip(op.then.results, op.orelse.results, strict=True))
        mixed = [k for k, pair in enumerate(pairs) if any(x in self.known for x in pair)]
        if not mixed:
            return now if ends == (now, now) else None
        if len(mixed) > 1 or any(x is not end for x, end in zip(pairs[mixed[0]], ends, strict=True)):
            return None
        self.known.add(op.results[mixed[0]])
        return op.results[mixed[0]]

    def _loop(self, op: For | While, now: Value) -> Value | None:
        carried = [k for k, x in enumerate(op.inits) if x in self.known]
        if len(carried) > 1 or (carried and op.inits[carried[0]] is not now):
            return None
        inner = op.carried[carried[0]] if carried else now
        if carried:
            self.known.add(inner)
            if isinstance(op, While):
                self.known.add(op.cond.params[carried[0]])
        if isinstance(op, While) and self._follow(now, op.cond) is None:
            return None
        end = self._follow(inner, op.body)
        given = [k for k, x in enumerate(op.body.results) if x in self.known]
        if end is None or given != carried or (given and op.body.results[given[0]] is not end):
            return None
        if not carried:
            return now if end is now else None
        self.known.add(op.results[carried[0]])
        return op.results[carried[0]]
