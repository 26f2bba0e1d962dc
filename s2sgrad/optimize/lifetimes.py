"""When values are read: program positions, regions, and lifetimes.

A function is numbered in program order. An operation reads its operands at its (even) position ``p`` and
writes its results at ``p + 1``. Three things make a lifetime more than "from definition to last use":

* a value from outside a loop that is read inside it lives to the loop's end, for the next iteration reads it again;
* the two branches of an ``If`` exclude each other: what only the other branch reads is dead in this one;
* a handler may run after any part of the body of its ``try``: what it reads lives through all of the body;
* what a block yields is read at the block's end, and written there to what receives it.

    x = …                 p=0  defines x
    if c:                 p=2
        y = f(x)          p=4
    else:                 (x is dead here)
        y = 1
"""

from __future__ import annotations

import operator
from collections.abc import Collection, Mapping

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
    operands_of,
    uses_in,
)
from s2sgrad.optimize.sharing import reads_shape_only

Segment = tuple[int, int]


class Region:
    """A stretch of the program that runs as one: the function's body, a branch, or a loop's body."""

    __slots__ = ("end", "head", "loop", "others", "parent", "start")

    def __init__(self, parent: Region | None, head: int, start: int, loop: bool = False) -> None:
        self.parent = parent
        self.head = head  # where the owning operation starts
        self.start = start
        self.end = start
        self.others: Region | None = None  # for the first branch of an If: the second
        self.loop: dict[Value, None] | None = {} if loop else None  # outer values read inside


class Lifetimes:
    """Positions and uses of every value of a function.

    ``folded``: results of operations that are evaluated where they are used (expressions); their operands are
    then read there. ``defining`` must map those values to their operations. ``contents``: only what reads the
    contents of an array counts, not what looks at its shape.
    """

    def __init__(
        self,
        function: Function,
        folded: Collection[Value] = (),
        defining: Mapping[Value, Op] | None = None,
        contents: bool = False,
    ) -> None:
        self.at: dict[Op, int] = {}
        self.region: dict[Op, Region] = {}
        self.ends: dict[Block, int] = {}
        self.defined: dict[Value, tuple[int, Region]] = {}
        self.uses: dict[Value, list[tuple[int, Region]]] = {}
        self.extra: dict[Value, list[Segment]] = {}
        self.same: dict[Value, Value] = {}  # parameters of a while's condition → those of its body
        self._folded = folded
        self._defining = defining or {}
        self._contents = contents
        self._function = function
        self._read: set[Value] | None = None
        self._now = 0
        self.root = Region(None, 0, 0)
        for value in (*function.captures, *function.params):
            self._define(value, self.root, -1)
        self._block(function.body, self.root)
        self.root.end = self._now

    # -- numbering ---------------------------------------------------------------------------

    def _define(self, value: Value, region: Region, position: int) -> None:
        self.defined[value] = (position, region)

    def _use(self, operand: Operand, region: Region, position: int) -> None:
        if isinstance(operand, Const):
            return
        value = self.same.get(operand, operand)
        if value in self._folded:
            self._use_folded(self._defining[value], region, position)
            return
        where = self.defined.get(value)
        home = where[1] if where is not None else self.root
        loop, r = None, region
        while r is not home and r is not None:
            if r.loop is not None:
                loop = r
            r = r.parent  # type: ignore[assignment]
        if loop is not None:
            assert loop.loop is not None
            loop.loop[value] = None
        else:
            self.uses.setdefault(value, []).append((position, region))

    def _use_folded(self, op: Op, region: Region, position: int) -> None:
        for operand in operands_of(op):
            self._use(operand, region, position)
        if isinstance(op, If):
            for operand in (*op.then.results, *op.orelse.results):
                self._use(operand, region, position)

    def _block(self, block: Block, region: Region, handed_on: Collection[Value] = ()) -> None:
        """``handed_on``: what stops the loop can be read from what it hands on, for these values."""
        for op in block.ops:
            if any(result in self._folded for result in op.results):
                continue
            self._op(op, region)
        for result in block.results:
            self._use(result, region, self._now)
        self.ends[block] = self._now
        self._now += 2
        if block.stop is not None:
            for operand in self.stops(block.stop):
                self._use(operand, region, self.ends[block] if operand in handed_on else self._now)
            self._now += 2

    def _op(self, op: Op, region: Region) -> None:
        start = self.at[op] = self._now
        self.region[op] = region
        self._now += 2
        if isinstance(op, Call):
            if not (self._contents and reads_shape_only(op)):
                for operand in operands_of(op):
                    self._use(operand, region, start)
            for result in op.results:
                self._define(result, region, start + 1)
        elif isinstance(op, If):
            self._if(op, region, start)
        elif isinstance(op, (For, While)):
            self._loop(op, region, start)
        elif isinstance(op, Try):
            self._try(op, region, start)
        else:
            for operand in operands_of(op):
                self._use(operand, region, start)
            for param in op.body.params:
                self._define(param, region, start + 1)
            self._block(op.body, region)
            self._results(op, region, self.ends[op.body] + 1)

    def _if(self, op: If, region: Region, start: int) -> None:
        self._use(op.cond, region, start)
        branches = []
        for block in (op.then, op.orelse):
            branch = Region(region, start, self._now)
            self._block(block, branch)
            branch.end = self._now
            self._now += 2
            branches.append(branch)
            for result in op.results:
                self.extra.setdefault(result, []).append((self.ends[block] + 1, branch.end))
        branches[0].others = branches[1]
        self._results(op, region, self._now - 1)

    def _try(self, op: Try, region: Region, start: int) -> None:
        """The body and the handler are one region. Python deletes the exception's name at the end of the handler."""
        inside = Region(region, start, self._now)
        self._block(op.body, inside)
        entered = self._now
        for param in op.handler.params:
            self._define(param, inside, entered)
        self._now += 2
        self._block(op.handler, inside)
        inside.end = self._now
        self._now += 2
        for param in op.handler.params:
            self.extra.setdefault(param, []).append((entered, self._now))
        for result in op.results:
            for block in (op.body, op.handler):
                self.extra.setdefault(result, []).append((self.ends[block] + 1, self.ends[block] + 2))
        self._results(op, region, self._now - 1)

    def _loop(self, op: For | While, region: Region, start: int) -> None:
        for init in op.inits:
            self._use(init, region, start)
        body = Region(region, start, start, loop=True)
        for param in op.carried:
            self._define(param, body, start + 1)
        if isinstance(op, For):
            for bound in op.settings:
                self._use(bound, region, start + 2)
            self._define(op.index, body, start + 3)
            self._now += 2
        else:
            self.same.update(zip(op.cond.params, op.body.params, strict=True))
            self._block(op.cond, body)
            for param in op.carried:  # lives on through the condition: what the loop leaves with
                self.extra.setdefault(param, []).append((start + 1, self.ends[op.cond] + 2))
        self._block(op.body, body, self._handed_on(op))
        body.end = end = self._now
        self._now += 2
        assert body.loop is not None
        for value in body.loop:
            self._use(value, region, end)
        for param in op.carried:
            self.extra.setdefault(param, []).append((self.ends[op.body] + 1, end + 1))
        self._results(op, region, end + 1)

    def stops(self, stop: Operand) -> list[Operand]:
        """What stops a loop: the terms of a folded ``or``."""
        made = self._defining.get(stop) if isinstance(stop, Value) and stop in self._folded else None
        if isinstance(made, Call) and made.fn is operator.or_:
            return [term for x in made.args for term in self.stops(x)]
        return [stop]

    def _handed_on(self, op: For | While) -> set[Value]:
        if not isinstance(op.body.stop, Value):
            return set()
        if self._read is None:
            self._read = {x for x in uses_in(self._function.body) if isinstance(x, Value)}
        pairs = zip(op.body.results, op.results, strict=True)
        return {value for value, result in pairs if isinstance(value, Value) and result in self._read}

    def _results(self, op: Op, region: Region, position: int) -> None:
        for result in op.results:
            self._define(result, region, position)

    # -- questions ---------------------------------------------------------------------------

    def used_after(self, value: Value, position: int, region: Region) -> bool:
        """Whether a value is read after ``position`` (in ``region``) before it is assigned anew."""
        return next(self.uses_after(value, position, region), None) is not None

    def uses_after(self, value: Value, position: int, region: Region):  # type: ignore[no-untyped-def]
        """The positions after ``position`` at which a value is read, other branches left out."""
        uses = self.uses.get(value)
        if not uses or uses[-1][0] <= position:
            return
        excluded = []
        r: Region | None = region
        while r is not None:
            if r.others is not None:
                excluded.append((r.others.start, r.others.end))
            r = r.parent
        first = len(uses)
        while first and uses[first - 1][0] > position:
            first -= 1
        for k in range(first, len(uses)):
            p = uses[k][0]
            if not any(lo <= p <= hi for lo, hi in excluded):
                yield p

    def is_defined_after(self, value: Value, position: int) -> bool:
        """Whether all that reads a value reads what it becomes after ``position`` (in this turn of a loop around)."""
        where = self.defined.get(self.same.get(value, value))
        return where is not None and where[0] > position

    def dead_for_good(self, value: Value, position: int) -> bool:
        """Whether nothing at all reads a value after ``position``."""
        uses = self.uses.get(value)
        return not uses or uses[-1][0] <= position

    def segments(self, value: Value) -> list[Segment]:
        """The half-open stretches of positions in which a value is alive, sorted."""
        position, region = self.defined[value]
        out = list(self.extra.get(value, ()))
        uses = self.uses.get(value, [])
        if uses:
            _cover(region, position, uses, out)
        out.append((position, position + 1))
        out.sort()
        return out


def _cover(region: Region, start: int, uses: list[tuple[int, Region]], out: list[Segment]) -> None:
    """Append the stretches from ``start`` to the last of ``uses``, going into branches where it is in one."""
    paths = [(position, _path(region, inner)) for position, inner in uses]
    pending = [(0, start, paths)]
    while pending:
        depth, start, paths = pending.pop()
        position, path = paths[-1]
        if depth == len(path):
            if start < position:
                out.append((start, position))
            continue
        head = path[depth].head
        if start < head:
            out.append((start, head))
        branches: dict[Region, list[tuple[int, list[Region]]]] = {}
        for position, path in reversed(paths):
            if position <= head:
                break
            branches.setdefault(path[depth], []).append((position, path))
        pending += [(depth + 1, branch.start, inside[::-1]) for branch, inside in branches.items()]


def _path(outer: Region, inner: Region) -> list[Region]:
    """The regions that lead from ``outer`` to ``inner``, which is the last."""
    path: list[Region] = []
    while inner is not outer:
        path.append(inner)
        assert inner.parent is not None
        inner = inner.parent
    return path[::-1]
