"""How an array or list becomes another version of itself: through updates, loops and branches.

A.1 = for i in range(n) carry A.2 = A:       A ──▶ A.1, by what the loop writes;
  A.3 = setitem A.2, i, v                    A.2 ──▶ A.3, by a store; A.3 is what an iteration ends with,
  yield A.3                                  and the next begins with
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from s2sgrad.ir.core import Block, Call, For, If, Op, Operand, Tree, Value, While, With, blocks_of
from s2sgrad.ir.primitives import additem, push, setitem
from s2sgrad.ir.types import Array, ListOf
from s2sgrad.transforms.structure import Structure, is_hashable


@dataclass(frozen=True, slots=True)
class Write:
    """A write to the places that ``index`` selects, in a block. Without an index: behind the end of a list."""

    index: Tree | None
    block: Block


@dataclass(frozen=True, slots=True)
class Step:
    """From one version to a later one of the same block, by these writes."""

    after: Value
    writes: tuple[Write, ...]


class Lineages:
    """The versions of arrays and lists in a function's body."""

    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        self.following: dict[Value, list[Step]] = {}
        self._before: dict[Value, tuple[Operand, tuple[Write, ...]]] = {}
        self._carried: dict[tuple[Op, int], tuple[Write, ...] | None] = {}
        self._visit(structure.body)

    def carried(self, loop: For | While, k: int) -> tuple[Write, ...] | None:
        """What an iteration writes to the version it begins with, if it ends with a version of the same array."""
        if (loop, k) not in self._carried:
            origin, writes = self._origin(loop.body.results[k])
            self._carried[loop, k] = writes if origin is loop.carried[k] else None
        return self._carried[loop, k]

    def _visit(self, block: Block) -> None:
        for op in block.ops:
            for inner in blocks_of(op):
                self._visit(inner)
            for k, result in enumerate(op.results):
                if isinstance(result.type, (Array, ListOf)):
                    self._step(op, k, block)

    def _step(self, op: Op, k: int, block: Block) -> None:
        found = self._preceding(op, k, block)
        if found is None:
            return
        before, writes = found
        self._before[op.results[k]] = found
        if isinstance(before, Value):
            self.following.setdefault(before, []).append(Step(op.results[k], writes))

    def _preceding(self, op: Op, k: int, block: Block) -> tuple[Operand, tuple[Write, ...]] | None:
        """The version that result ``k`` of an operation is made of, and the writes in between."""
        if isinstance(op, Call):
            if not is_hashable(op.fn) or op.fn not in (setitem, additem, push):
                return None
            return op.args[0], (Write(None if op.fn is push else op.args[1], block),)
        if isinstance(op, (For, While)):
            writes = self.carried(op, k)
            return None if writes is None else (op.inits[k], writes)
        if isinstance(op, If):
            return self._through([branch for branch in (op.then, op.orelse) if not branch.diverges], k)
        if isinstance(op, With):
            return self._through([op.body], k)
        return None

    def _through(self, blocks: Sequence[Block], k: int) -> tuple[Operand, tuple[Write, ...]] | None:
        """The version from outside that result ``k`` of each of these blocks is made of."""
        found = [self._origin(block.results[k]) for block in blocks]
        if not found or any(x is not found[0][0] for x, _ in found):
            return None
        origin = found[0][0]
        if isinstance(origin, Value) and self.structure.home.get(origin) in blocks:
            return None
        return origin, tuple(write for _, writes in found for write in writes)

    def origin(self, x: Operand) -> Operand:
        """The earliest version of ``x`` that can be told."""
        return self._origin(x)[0]

    def _origin(self, x: Operand) -> tuple[Operand, tuple[Write, ...]]:
        """The earliest version of ``x`` that can be told, and the writes since."""
        writes: tuple[Write, ...] = ()
        while isinstance(x, Value) and x in self._before:
            x, more = self._before[x]
            writes = (*more, *writes)
        return x, writes
