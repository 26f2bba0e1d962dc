"""Several updates of one place of an array become one.

    a.1 = additem a, i, v                          t1 = add v, w
    a.2 = additem a.1, j, u                  ──▶   a.2 = additem a, j, u
    a.3 = additem a.2, i, w                        a.3 = additem a.2, i, t1

    a.1 = setitem a, i, 0.0                        a.1 = setitem a, i, w
    a.2 = additem a.1, j, u                  ──▶   a.3 = additem a.1, j, u
    a.3 = additem a.2, i, w

    a.1 = additem a, i, v                          t = getitem a, i
    t1 = getitem a.1, i                      ──▶   t1 = add t, v
    a.2 = setitem a.1, i, 0.0                      a.2 = setitem a, i, 0.0

Additions commute, whether or not ``i`` and ``j`` meet. The versions in between must be read by nothing else, all of
it must be derivative code of one block, and the indices are basic, so that no entry is selected twice.
"""

from __future__ import annotations

import operator

from s2sgrad.ir.core import Block, Call, Function, Op, Operand, Value, blocks_of, uses_in
from s2sgrad.ir.infer import infer
from s2sgrad.ir.primitives import additem, setitem
from s2sgrad.ir.types import Array, Scalar, Type
from s2sgrad.optimize.purity import Ours, is_adjoint
from s2sgrad.optimize.rewrite import fits, number, same_shape
from s2sgrad.optimize.sharing import is_basic_index, is_fresh, same_tree

#: How many updates of other places may stand between two of one place.
_FARTHEST = 16


def gather_updates(function: Function, ours: Ours = is_adjoint) -> Function:
    """Make one update of several, in derivative code (what is ``ours``)."""
    uses: dict[Value, int] = {}
    for x in uses_in(function.body):
        if isinstance(x, Value):
            uses[x] = uses.get(x, 0) + 1
    _visit(function.body, uses, ours)
    return function


def _visit(block: Block, uses: dict[Value, int], ours: Ours) -> None:
    for op in block.ops:
        for inner in blocks_of(op):
            _visit(inner, uses, ours)
    if any(isinstance(op, Call) and op.fn is additem for op in block.ops):
        _Updates(uses, ours).run(block)


class _Updates:
    """The updates of one block. ``uses``: how often each value is read."""

    def __init__(self, uses: dict[Value, int], ours: Ours) -> None:
        self.uses = uses
        self.ours = ours
        self.made: dict[Value, Call] = {}  # the updates so far, by result
        self.definitions: dict[Value, Call] = {}
        self.reads: dict[Value, list[Call]] = {}  # the subscripts of their results
        self.dropped: set[Op] = set()
        self.before: dict[Op, list[Op]] = {}
        self.after: dict[Op, list[Op]] = {}

    def run(self, block: Block) -> None:
        for op in block.ops:
            if isinstance(op, Call) and self.ours(op):
                self.visit(op)
        ops: list[Op] = []
        for op in block.ops:
            ops += (*self.before.get(op, ()), op, *self.after.get(op, ()))
        block.ops = [op for op in ops if op not in self.dropped]

    def visit(self, op: Call) -> None:
        if len(op.results) == 1:
            self.definitions[op.result] = op
        if op.fn is operator.getitem and op.args[0] in self.made:
            self.reads.setdefault(op.args[0], []).append(op)
        if op.fn not in (additem, setitem) or not isinstance(op.args[0].type, Array) or not is_basic_index(op.args[1]):
            return
        if op.fn is additem:
            self.add_at_once(op)
        else:
            self.overwrite(op)
        self.made[op.result] = op

    def add_at_once(self, op: Call) -> None:
        """Add what has been added to the same place before, or store it where that has just been stored into."""
        passed: list[Call] = []
        made = self.only_for(op)
        while made is not None and not same_tree(made.args[1], op.args[1]):
            if made.fn is not additem or len(passed) == _FARTHEST:
                return
            passed.append(made)
            made = self.only_for(made)
        if made is None:
            return
        total = self.sum_of(made.args[2], op.args[2], op)
        if total is None:
            return
        follower = passed[-1] if passed else op
        follower.args = (made.args[0], *follower.args[1:])
        self.drop(made)
        op.args = (op.args[0], op.args[1], total)
        if made.fn is setitem:
            self.store_first(op, passed[::-1])

    def store_first(self, op: Call, passed: list[Call]) -> None:
        """``op`` stores what it added, and the additions ``passed`` come after it, in their order."""
        op.fn = setitem
        if not passed:
            return
        op.args = (passed[0].args[0], *op.args[1:])
        last = op.result
        op.results = [Value(last.type, last.name)]
        moved: list[Op] = []
        array: Value = op.result
        self.made[array] = op
        for update in passed:
            self.drop(update)
            result = last if update is passed[-1] else update.result
            new = Call(additem, (array, *update.args[1:]), {}, [result], update.stmt, adjoint=update.adjoint)
            self.made[result] = new
            self.uses[array] = 1
            moved.append(new)
            array = result
        self.after[op] = [*moved, *self.after.get(op, ())]

    def overwrite(self, op: Call) -> None:
        """Drop what was added to (or stored in) a place that is overwritten, once that has been read."""
        a, index, _ = op.args
        made = self.made.get(a)
        if made is None or made in self.dropped or not same_tree(made.args[1], index):
            return
        reads = self.reads.get(a, [])
        if self.uses.get(a) != 1 + len(reads) or len(reads) > 1:
            return
        if reads and not self.read_before(reads[0], made):
            return
        op.args = (made.args[0], *op.args[1:])
        self.drop(made)

    def read_before(self, read: Call, made: Call) -> bool:
        """Let ``read`` add up what was there and what ``made`` added to it; False if it reads something else."""
        x, index, v = made.args
        entry = Value(read.result.type)
        total = infer(operator.add, (entry, v), {})
        if made.fn is not additem or not same_tree(read.args[1], index):
            return False
        if not isinstance(total, Type) or not fits(Value(total), read.result.type):
            return False
        first = Call(operator.getitem, (x, index), {}, [entry], read.stmt, adjoint=read.adjoint)
        self.before.setdefault(read, []).append(first)
        read.fn, read.args = operator.add, (entry, v)
        self.uses[x] = self.uses.get(x, 1) + 1
        return True

    def only_for(self, op: Call) -> Call | None:
        """The update that made the array which ``op`` updates, if nothing else reads that."""
        made = self.made.get(op.args[0])
        return made if made is not None and self.uses.get(made.result) == 1 and made not in self.dropped else None

    def drop(self, op: Call) -> None:
        self.dropped.add(op)
        self.made.pop(op.result, None)

    def sum_of(self, v: Operand, w: Operand, at: Call) -> Operand | None:
        """``v + w``, computed before ``at``."""
        if number(v) == 0:
            return w
        total = infer(operator.add, (v, w), {})
        if not isinstance(total, Type) or not self.may_wait(v) or not _alike(v, w):
            return None
        result = Value(total)
        self.before.setdefault(at, []).append(Call(operator.add, (v, w), {}, [result], at.stmt, adjoint=at.adjoint))
        return result

    def may_wait(self, v: Operand) -> bool:
        """Whether ``v`` can be added later: no array whose memory may be another's, or be written before that."""
        if isinstance(v.type, Scalar):
            return True
        made = self.definitions.get(v) if isinstance(v, Value) and self.uses.get(v) == 1 else None
        return made is not None and isinstance(v.type, Array) and is_fresh(made)


def _alike(v: Operand, w: Operand) -> bool:
    """Whether the sum of two operands has the shape of the larger one."""
    return any(isinstance(x.type, Scalar) for x in (v, w)) or same_shape(v.type, w.type)
