"""Entries of cotangent buffers that are written once are stored, and not cleared when nobody looks at them again.

    x_bar.0 = zeros_like x                           x_bar.0 = zeros_like x
    for i in reversed(range(n)) carry x_bar, y_bar:
      t = getitem y_bar.1, i                           t = getitem y_bar.1, i
      y_bar.2 = setitem y_bar.1, i, 0.0        ──▶
      x_bar.2 = additem x_bar.1, i, t                  x_bar.2 = setitem x_bar.1, i, t

What is added to zero is stored if no write before it may have been to the same place; a zero need not be stored if no
read or addition after it may be to the same place. Which places meet is decided as in
:mod:`s2sgrad.transforms.rereading`. The sum of 0.0 and -0.0 is 0.0, and what is stored instead is -0.0: zeros of
cotangents have no sign that counts.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from s2sgrad.ir.clone import substitute
from s2sgrad.ir.core import Block, Call, Function, Op, Operand, Tree, Try, Value, With, blocks_of, leaves, operands_of
from s2sgrad.ir.places import Loop, Places
from s2sgrad.ir.primitives import additem, setitem
from s2sgrad.ir.types import Array
from s2sgrad.optimize.sharing import is_basic_index, reads_shape_only
from s2sgrad.transforms.structure import Structure, flow_between, is_const

#: Buffers with more accesses than these are left alone.
_MOST = 32


def settle_buffers(function: Function) -> Function:
    """Store and clear no more than needed in buffers of derivative code (changes the function)."""
    structure = Structure(function)
    if not structure.loops:
        return function
    buffers = _Buffers(function, structure)
    env: dict[Value, Operand] = {}
    for buffer in buffers.all():
        cleared = [a for a in buffer.accesses if a.clears and not buffer.is_seen(a)]
        for access in cleared:
            call = access.call
            env[call.result] = call.args[0]
            structure.home[call.result].ops.remove(call)
            buffer.accesses.remove(access)
        if buffer.is_zero:
            for access in buffer.accesses:
                if access.call.fn is additem and access.call.adjoint and not buffer.is_touched_before(access):
                    access.call.fn = setitem
    if env:
        substitute(function.body, {v: _followed(env, v) for v in env})
    return function


def _followed(env: dict[Value, Operand], x: Operand) -> Operand:
    while isinstance(x, Value) and x in env:
        x = env[x]
    return x


@dataclass(frozen=True, slots=True, eq=False)
class _Access:
    """A subscript of a buffer, or an update of it, in a block. ``path``: the blocks around it, outermost first, each
    with the position of the operation that leads to the access."""

    call: Call
    block: Block
    path: tuple[tuple[Block, int], ...]

    @property
    def index(self) -> Tree:
        return self.call.args[1]

    @property
    def clears(self) -> bool:
        return self.call.fn is setitem and self.call.adjoint and is_const(self.call.args[2], 0)


class _Buffer:
    """The versions of one array. ``is_zero``: it starts as zeros; ``escapes``: something else is done with it."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.accesses: list[_Access] = []
        self.is_zero = True
        self.escapes = False

    def is_seen(self, cleared: _Access) -> bool:
        """Whether something may look at a place after it was cleared."""
        return self.escapes or any(
            self._may_follow(cleared, access) for access in self.accesses if access.call.fn is not setitem
        )

    def is_touched_before(self, added: _Access) -> bool:
        """Whether something may have been written to a place before."""
        return not is_basic_index(added.index) or any(
            self._may_follow(access, added) for access in self.accesses if access.call.fn is not operator.getitem
        )

    def _may_follow(self, first: _Access, second: _Access) -> bool:
        """Whether ``second`` may be executed after ``first``, at the same place."""
        depth = 0
        for (a, i), (b, j) in zip(first.path, second.path, strict=False):
            if a is not b:
                break
            depth += 1
            if i != j:
                break
        at, here = first.path[depth - 1]
        around = self.places.loops(at)
        if here < second.path[depth - 1][1] and self._meet(first, second, around, None):
            return True
        return any(self._meet(first, second, around[k + 1 :], loop) for k, loop in enumerate(around))

    def _meet(self, first: _Access, second: _Access, shared: tuple[Loop, ...], later: Loop | None) -> bool:
        primed = [loop for loop in self.places.loops(second.block) if loop not in shared]
        return self.places.meet(first.index, first.block, second.index, second.block, primed, later)


class _Buffers:
    """The buffers of a function: arrays that loops, branches and updates hand on."""

    def __init__(self, function: Function, structure: Structure) -> None:
        self.places = Places(structure)
        self._leader: dict[Value, Value] = {}
        self._accesses: list[tuple[Value, _Access]] = []
        self._escaped: list[Value] = []
        self._made: list[tuple[Value, bool]] = []
        self._given([*function.params, *function.captures])
        self._visit(structure.body, ())
        self._escaped += [x for x in structure.body.results if isinstance(x, Value)]

    def all(self) -> Iterator[_Buffer]:
        """The buffers that loops update, of not too many accesses."""
        found: dict[Value, _Buffer] = {}
        for x, access in self._accesses:
            found.setdefault(self._find(x), _Buffer(self.places)).accesses.append(access)
        for x in self._escaped:
            if self._find(x) in found:
                found[self._find(x)].escapes = True
        zeros: dict[Value, int] = {}
        for x, is_zero in self._made:
            leader = self._find(x)
            zeros[leader] = zeros.get(leader, 0) + 1
            if leader in found and not (is_zero and zeros[leader] == 1):
                found[leader].is_zero = False
        for leader, buffer in found.items():
            buffer.is_zero = buffer.is_zero and zeros.get(leader) == 1
            if len(buffer.accesses) <= _MOST:
                yield buffer

    def _visit(self, block: Block, path: tuple[tuple[Block, int], ...]) -> None:
        for k, op in enumerate(block.ops):
            here = (*path, (block, k))
            if isinstance(op, Call):
                self._call(op, block, here)
                continue
            for source, target in flow_between(op):
                if isinstance(source, Value) and isinstance(source.type, Array) and isinstance(target.type, Array):
                    self._join(source, target)
                else:
                    self._given([target])
                    self._escape([source])
            for inner in blocks_of(op):
                if isinstance(op, (With, Try)):
                    self._given(inner.params)
                self._visit(inner, here)
            self._other(op)

    def _call(self, op: Call, block: Block, path: tuple[tuple[Block, int], ...]) -> None:
        source = op.args[0] if op.args else None
        if (
            op.fn in (setitem, additem, operator.getitem)
            and isinstance(source, Value)
            and isinstance(source.type, Array)
        ):
            self._accesses.append((source, _Access(op, block, path)))
            if op.fn is not operator.getitem:
                self._join(source, op.result)
            elif isinstance(op.result.type, Array):
                self._given(op.results)
            self._escape(leaves(op.args[1:]))
            return
        if not reads_shape_only(op):
            self._escape(operands_of(op))
        for result in op.results:
            if isinstance(result.type, Array):
                self._made.append((result, op.fn in (np.zeros, np.zeros_like) and not op.kwargs))

    def _given(self, values: Iterable[Value]) -> None:
        """Values that are not known to be zero."""
        self._made += [(x, False) for x in values if isinstance(x.type, Array)]

    def _other(self, op: Op) -> None:
        """What an operation with blocks reads itself; what it hands on is the same buffer."""
        handed = {source for source, _ in flow_between(op)}
        self._escape([x for x in operands_of(op) if x not in handed])

    def _escape(self, operands: list[Operand]) -> None:
        self._escaped += [x for x in operands if isinstance(x, Value) and isinstance(x.type, Array)]

    def _find(self, x: Value) -> Value:
        while x in self._leader:
            above = self._leader[x]
            if above in self._leader:
                self._leader[x] = self._leader[above]
            x = above
        return x

    def _join(self, x: Value, y: Value) -> None:
        a, b = self._find(x), self._find(y)
        if a is not b:
            self._leader[b] = a
