"""Which values become part of the expression that uses them.

    t1 = getitem(u, slice(2))                     u[1:-1] += alpha * (u[2:] - u[:-2])
    t2 = getitem(u, slice(None, -2))      ──▶
    t3 = sub t1, t2
    …

A value is folded into its only use if it has no name of the author's, the line stays short, and evaluating it later
changes nothing: no update in between writes memory that it reads, it moves into no loop and no ``with``, and it
keeps no old version of a variable alive beyond that variable's next assignment.
"""

from __future__ import annotations

import operator
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from s2sgrad.emit.calls import BINARY
from s2sgrad.ir.core import (
    UNDEFINED,
    Block,
    Call,
    Const,
    For,
    Function,
    If,
    Op,
    Operand,
    Tree,
    Try,
    Value,
    While,
    blocks_of,
    operands_of,
)
from s2sgrad.ir.primitives import additem, pop, raise_
from s2sgrad.ir.raising import op_may_raise
from s2sgrad.ir.types import Scalar
from s2sgrad.optimize.aliases import Aliases
from s2sgrad.optimize.sharing import reads_shape_only
from s2sgrad.optimize.written_through import is_update
from s2sgrad.stages import stage

LINE = 100
_MANY = 32
_REPEATED = 4
_TEMPORARY = "t1"
_ANYTHING = (BaseException,)


@dataclass(slots=True)
class Folding:
    """``values``: folded values and the operations that define them. ``ternaries``: Ifs printed as expressions.

    ``unpacked``: what is popped and unpacked at once: the tuple, and the operation that unpacks it.
    ``tails``: the blocks that end with the function's return.
    """

    values: dict[Value, Op] = field(default_factory=dict)
    ternaries: set[If] = field(default_factory=set)
    unpacked: dict[Value, Call] = field(default_factory=dict)
    tails: set[Block] = field(default_factory=set)


@stage("folding")
def fold(function: Function, aliases: Aliases) -> Folding:
    """Decide what is folded in a function (which is not changed)."""
    return _Folder(function, aliases).run()


@dataclass(slots=True)
class _Place:
    """Where something is evaluated: a statement (an operation or a block's end), its block and position."""

    statement: Op | Block
    block: Block
    position: int


class _Folder:
    def __init__(self, function: Function, aliases: Aliases) -> None:
        self.function = function
        self.aliases = aliases
        self.at = aliases.lifetimes.at
        self.ends = aliases.lifetimes.ends
        self.folding = Folding()
        self.count: dict[Value, int] = {}
        self.user: dict[Value, Op | Block] = {}
        self.users: dict[Value, list[Op | Block]] = {}
        self.kept: set[Value] = set()  # operands of what is printed at each of several uses
        self.parent: dict[Block, tuple[Op, Block]] = {}
        self.guarded: set[Block] = set()  # the bodies of `try` and the blocks in them: the order of what raises counts
        self.block_of: dict[Op, Block] = {}
        self.depth: dict[Block, int] = {function.body: 1}
        self.place: dict[Op, _Place] = {}
        self.stopped: set[Op | Block] = set()  # loop bodies with a stop condition
        self.width: dict[Op | Block, int] = {}
        self.barriers: list[tuple[int, Call | For | While]] = []
        self.assigned: dict[str, list[tuple[int, Value]]] = {}
        self.conditions: list[If] = []
        self.lengths: dict[Call, None] = {}
        self.length_of: set[Operand] = set()
        self._survey(function.body)
        for op in self.conditions:
            self._read_condition(op)
        self.barrier_positions = [position for position, _ in self.barriers]

    def run(self) -> Folding:
        self._tail(self.function.body)
        self._block(self.function.body)
        self._only_statement()
        return self.folding

    # -- survey ------------------------------------------------------------------------------

    def _survey(self, block: Block) -> None:
        for op in block.ops:
            self.block_of[op] = block
            position = self.at[op]
            for operand in operands_of(op):
                self._count(operand, op)
            if isinstance(op, Call) and op.fn is len and isinstance(op.args[0], Value):
                self.lengths[op] = None
                self.length_of.update(op.results)
            if isinstance(op, Call) and (is_update(op) or (op.effect and op.fn not in (print, raise_))):
                self.barriers.append((position, op))
            elif isinstance(op, (For, While)):
                self.barriers.append((position, op))  # it may write into what it carries from here on
            for inner in blocks_of(op):
                self.parent[inner] = (op, block)
                self.depth[inner] = self.depth[block] + 1
                if block in self.guarded or (isinstance(op, Try) and inner is op.body):
                    self.guarded.add(inner)
                for param in inner.params:
                    self._assign(param, position)
                self._survey(inner)
            if isinstance(op, If) and isinstance(op.cond, Value):
                self.conditions.append(op)
            for result in op.results:
                self._assign(result, position)
        for operand in block.results:
            self._count(operand, block)
        if block.stop is not None:
            self.stopped.add(block)
            self._count(block.stop, block)

    def _read_condition(self, op: If) -> None:
        """``a and b`` is ``b if a else a``, which reads ``a`` once."""
        if not isinstance(op.cond, Value) or not isinstance(op.cond.type, Scalar):
            return
        for block in (op.then, op.orelse):
            if len(block.results) == 1 and block.results[0] is op.cond and self._is_ternary(op):
                self.count[op.cond] -= 1
                self.user[op.cond] = op
                return

    def _count(self, operand: Operand, user: Op | Block) -> None:
        if isinstance(operand, Value):
            self.count[operand] = self.count.get(operand, 0) + 1
            self.user[operand] = user
            self.users.setdefault(operand, []).append(user)

    def _assign(self, value: Value, position: int) -> None:
        if value.name is not None:
            self.assigned.setdefault(value.name, []).append((position, value))

    def _tail(self, block: Block) -> None:
        """Note the blocks from which the function returns: a last If that gives all of the results, inside too."""
        self.folding.tails.add(block)
        last = block.ops[-1] if block.ops else None
        if not isinstance(last, If) or last.then.diverges or last.orelse.diverges or self._is_ternary(last):
            return
        results = [x for x in block.results if isinstance(x, Value)]
        if results and all(x in last.results and self.count[x] == 1 for x in results):
            self._tail(last.then)
            self._tail(last.orelse)

    # -- decisions ---------------------------------------------------------------------------

    def _block(self, block: Block) -> None:
        after: Op | None = None
        for op in reversed(block.ops):
            before, after = after, op
            if isinstance(op, Call):
                if op.fn is pop and isinstance(before, Call) and before.fn is tuple and before.args[0] is op.results[1]:
                    self.folding.unpacked[op.results[1]] = before
                self._call(op, block)
                continue
            if isinstance(op, If) and self._is_ternary(op):
                self._ternary(op, block)
                continue
            for inner in reversed(blocks_of(op)):
                self._block(inner)

    def _call(self, op: Call, block: Block) -> None:
        if len(op.results) != 1:
            return
        if (self._may_fold(op, op.result) and self._fits(op, [op], block)) or self._may_repeat(op, block):
            self.folding.values[op.result] = op

    def _may_repeat(self, op: Call, block: Block) -> bool:
        """Whether ``op`` is printed at each of several uses: ``i - 1`` as an index, ``len(x)`` as a loop's bound."""
        value = op.result
        if value.name is not None or not 1 < self.count.get(value, 0) <= _REPEATED:
            return False
        users = self.users[value]
        if not (_is_offset(op) or (self._is_length(op) and all(isinstance(user, For) for user in users))):
            return False
        places = [self._place_of(user) for user in users]
        for place in places:
            if place.statement in self.stopped or not self._reaches(block, place.block):
                return False
            if not self._is_unchanged(op, self.at[op], place.position):
                return False
        width = self._width(op)
        if any(self.width.get(place.statement, 0) + width > LINE for place in places):
            return False
        for place in places:
            if place.statement in self.width:
                self.width[place.statement] += width
        if op.fn is min:
            self.place[op] = max(places, key=lambda place: place.position)
        else:
            self.kept.update(x for x in operands_of(op) if isinstance(x, Value))
        return True

    def _is_length(self, op: Call) -> bool:
        """``len(x)``, or ``min(len(x), len(y))``."""
        return op in self.lengths or (op.fn is min and bool(op.args) and all(self._is_once(x) for x in op.args))

    def _is_once(self, x: Tree) -> bool:
        return isinstance(x, Value) and self.count[x] == 1 and x in self.length_of

    def _may_fold(self, op: Op, value: Value) -> bool:
        if self.count.get(value) != 1 or value in self.kept:
            return False
        user = self.user[value]
        swapped = isinstance(user, Block) and self._is_swapped(op, value, user)
        if value.name is not None and not swapped and not self._is_passing(op, value, user):
            return False
        if isinstance(user, Block):
            if not (swapped or value is user.stop or user in self.folding.tails or self._is_condition(user)):
                return False
        elif isinstance(user, (For, While)):
            if any(value is init for init in user.inits):
                return False
        elif isinstance(user, Call) and is_update(user) and user.args[0] is value:
            return False
        if isinstance(op, Call):
            if is_update(op):
                return False
            if op.effect:
                return self._is_next(op, user)
        return True

    def _is_passing(self, op: Op, value: Value, user: Op | Block) -> bool:
        """Whether the name of a cotangent says nothing: that of a temporary, or of a term of its user's result."""
        if not op.adjoint or value.name is None:
            return False
        if isinstance(user, Block):
            return user in self.folding.tails and len(user.results) == 1
        if value.name == "t_bar" or any(result.name == value.name for result in user.results):
            return True
        return isinstance(user, Call) and (user.stmt == op.stmt or user.fn is additem)

    def _is_swapped(self, op: Op, value: Value, body: Block) -> bool:
        """Whether a loop's next value cannot yet be assigned, for the old one is still read: ``a, b = b, a + b``."""
        owner = self.parent[body][0] if body in self.parent else None
        if not isinstance(owner, (For, While)) or body is not owner.body or not isinstance(op, Call):
            return False
        for param, result in zip(owner.carried, body.results, strict=True):
            if result is value:
                lifetimes = self.aliases.lifetimes
                return value.name in (None, param.name) and not lifetimes.dead_for_good(param, self.at[op])
        return False

    def _is_condition(self, block: Block) -> bool:
        owner = self.parent[block][0]
        return isinstance(owner, While) and owner.cond is block

    def _is_next(self, op: Call, user: Op | Block) -> bool:
        """Whether ``user`` is a statement that directly follows ``op``, and reads nothing else that it may change."""
        if not isinstance(user, Call) or self.at[user] != self.at[op] + 2 or user in self.place:
            return False
        return user.fn is raise_

    def _fits(self, op: Op, reads: list[Op], block: Block) -> bool:
        """Whether ``op``, which evaluates the operations ``reads``, may be evaluated by its user. Notes where."""
        place = self._place_of(self.user[op.results[0]])
        if not self._reaches(block, place.block):
            return False
        if place.statement in self.stopped and any(self._reads_param(read, place.block) for read in reads):
            return False  # it would be read after the loop's parameters have got their next values
        width = self.width.get(place.statement)
        if width is None:
            width = 4 * self.depth[place.block] + self._width(place.statement)
        width += sum(map(self._width, reads)) - len(_TEMPORARY)
        if width > LINE:
            return False
        if not all(self._is_unchanged(read, self.at[op], place.position) for read in reads):
            return False
        if block in self.guarded and not self._keeps_order(op, block, place):
            return False
        self.width[place.statement] = width
        self.place[op] = place
        return True

    def _keeps_order(self, op: Op, block: Block, place: _Place) -> bool:
        """Whether evaluating ``op`` where it is used passes nothing that may raise."""
        between = block.ops[block.ops.index(op) + 1 :]
        for other in between:
            if other is place.statement or self.at[other] >= place.position:
                return True
            folded = bool(other.results) and self.place.get(other) is place
            if not folded and (not isinstance(other, Call) or op_may_raise(other, _ANYTHING)):
                return False
        return True

    def _reads_param(self, op: Op, body: Block) -> bool:
        return any(x in body.params for x in operands_of(op))

    def _place_of(self, user: Op | Block) -> _Place:
        if isinstance(user, Block):
            return _Place(user, user, self.ends[user])
        found = self.place.get(user)
        return found if found is not None else _Place(user, self.block_of[user], self.at[user])

    def _reaches(self, block: Block, target: Block) -> bool:
        """Whether ``target`` is ``block`` or a branch in it, not a loop's body."""
        while target is not block:
            owner, target = self.parent[target]
            if not isinstance(owner, If):
                return False
        return True

    def _is_unchanged(self, op: Op, start: int, end: int) -> bool:
        operands = [x for x in operands_of(op) if isinstance(x, Value)]
        for x in operands:
            if x.name is not None and self._reassigned(x, start, end):
                return False
        memory = [x for x in operands if x in self.aliases.own]
        if not memory or (isinstance(op, Call) and reads_shape_only(op)):
            return True
        first, last = bisect_right(self.barrier_positions, start), bisect_left(self.barrier_positions, end)
        if last - first > _MANY:
            return False
        for _, barrier in self.barriers[first:last]:
            if isinstance(barrier, Call):
                if barrier.effect or self.aliases.may_write(barrier, memory):
                    return False
            elif self.aliases.share(barrier.inits, memory):
                return False
        return True

    def _reassigned(self, x: Value, start: int, end: int) -> bool:
        assert x.name is not None
        assigned = self.assigned.get(x.name, [])
        for k in range(bisect_right(assigned, start, key=_position), len(assigned)):
            position, value = assigned[k]
            if position >= end:
                return False
            if value not in self.folding.values:
                return self.aliases.lifetimes.dead_for_good(x, position)
        return False

    # -- ternaries ---------------------------------------------------------------------------

    def _is_ternary(self, op: If) -> bool:
        """Whether an If is an expression: one result, and branches that compute nothing else."""
        if len(op.results) != 1 or op.results[0] not in self.count:
            return False
        if op.results[0].name is not None and (op.stmt is None or op.stmt.text.startswith(("if ", "elif "))):
            return False
        width = 0
        for block in (op.then, op.orelse):
            if block.diverges or block.results[0] is UNDEFINED:
                return False
            for inner in block.ops:
                if not self._is_simple(inner):
                    return False
                width += self._width(inner)
        return width <= LINE // 2

    def _is_simple(self, op: Op) -> bool:
        if isinstance(op, If):
            return self._is_ternary(op) and self.count[op.results[0]] == 1
        if not isinstance(op, Call) or is_update(op) or op.effect or len(op.results) != 1:
            return False
        return op.result.name in (None, "t_bar") and self.count.get(op.result) == 1

    def _ternary(self, op: If, block: Block) -> None:
        inner = [op, *self._inside(op)]
        if self._may_fold(op, op.results[0]) and self._fits(op, inner, block):
            self.folding.values[op.results[0]] = op
        else:
            self.place.pop(op, None)
        self.width.setdefault(op, 4 * self.depth[block] + sum(map(self._width, inner)))
        place = self._place_of(op)
        for nested in inner:
            if isinstance(nested, If):
                self.folding.ternaries.add(nested)
            if nested is not op:
                self.folding.values[nested.results[0]] = nested
                self.place[nested] = place

    def _inside(self, op: If) -> Iterator[Op]:
        for block in (op.then, op.orelse):
            for inner in block.ops:
                yield inner
                if isinstance(inner, If):
                    yield from self._inside(inner)

    def _only_statement(self) -> None:
        """A function that is one assignment and its return is one return."""
        body = self.function.body
        rest = [op for op in body.ops if not (op.results and op.results[0] in self.folding.values)]
        if len(rest) != 1 or not isinstance(rest[0], Call) or len(rest[0].results) != 1 or len(body.results) != 1:
            return
        op = rest[0]
        assert isinstance(op, Call)
        if op.effect or is_update(op) or body.results[0] is not op.results[0] or self.count[op.results[0]] != 1:
            return
        self.folding.values[op.results[0]] = op

    # -- widths ------------------------------------------------------------------------------

    def _width(self, op: Op | Block) -> int:
        """About how many characters a statement takes, operands by name."""
        if isinstance(op, Block):
            return 8
        operands = list(operands_of(op))
        width = sum(len(x.name or _TEMPORARY) if isinstance(x, Value) else _constant_width(x) for x in operands)
        if not isinstance(op, Call):
            return width + 20
        if op.fn in BINARY or is_update(op):
            return width + 3
        if op.fn is operator.getitem:
            return width + 2
        width += sum(len(key) + 1 for key in op.kwargs) + 2 * len(operands)
        return width + len(getattr(op.fn, "__name__", _TEMPORARY)) + 3 * (op.fn is not operator.neg)


def _is_offset(op: Call) -> bool:
    """``i - 1``."""
    if op.fn not in (operator.add, operator.sub) or not isinstance(op.args[0], Value):
        return False
    return isinstance(op.args[1], Const) and _is_int(op.args[0]) and _is_int(op.args[1])


def _is_int(x: Operand) -> bool:
    return isinstance(x.type, Scalar) and x.type.dtype.kind == "i"


def _position(assignment: tuple[int, Value]) -> int:
    return assignment[0]


def _constant_width(operand: Const) -> int:
    if operand.value is None:
        return 0
    return min(len(repr(operand.value)), 20) if isinstance(operand.value, (int, float, complex, str)) else 6
