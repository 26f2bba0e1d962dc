"""What a loop adds to one place of an array, it adds to a number, and the array gets that after the loop.

    a.2 = for j in range(i) carry a.1 = a:         a.2, s.2 = for j in range(i) carry a.1 = a, s.1 = 0.0:
      a.3 = additem a.1, j, u                        a.3 = additem a.1, j, u
      a.4 = additem a.3, i, v               ──▶      s.3 = add s.1, v
      yield a.4                                      yield a.3, s.3
                                                   a.5 = if i > 0: additem a.2, i, s.2 else a.2

Additions commute, whether or not ``i`` and ``j`` meet; so it is enough that nothing in the loop reads or stores what
the place may be. A loop that does not run does not touch the place, which need not exist then: hence the branch, unless
something else in the block of the loop reads or writes the same place anyhow. All of it is derivative code.
"""

from __future__ import annotations

import operator
from functools import cached_property

import numpy as np

from s2sgrad.ir.clone import substitute
from s2sgrad.ir.core import (
    Block,
    Call,
    Const,
    For,
    Function,
    If,
    Op,
    Operand,
    Tree,
    Value,
    blocks_of,
    defined_in,
)
from s2sgrad.ir.infer import infer
from s2sgrad.ir.nesting import Nest
from s2sgrad.ir.places import Places
from s2sgrad.ir.primitives import additem, setitem
from s2sgrad.ir.types import Array, Scalar, Type
from s2sgrad.optimize.carried_arrays import Versions
from s2sgrad.optimize.dce import dce
from s2sgrad.optimize.purity import Ours, is_adjoint
from s2sgrad.optimize.sharing import is_basic_index, same_tree
from s2sgrad.optimize.simplify import simplify
from s2sgrad.optimize.updates import gather_updates

_ZEROS = {np.dtype(np.float64): 0.0, np.dtype(np.complex128): 0j}


def keep_sums(function: Function, ours: Ours = is_adjoint) -> Function:
    """Add in numbers what loops add to single places of arrays, in derivative code (what is ``ours``)."""
    sums = _Sums(function, ours)
    if sums.visit(function.body, ()):
        return dce(simplify(gather_updates(function, ours), ours))
    return function


class _Sums:
    def __init__(self, function: Function, ours: Ours) -> None:
        self.function = function
        self.ours = ours

    @cached_property
    def places(self) -> Places:
        return Places(Nest(self.function))

    def visit(self, block: Block, around: tuple[Op, ...]) -> bool:
        """Change the loops of a block, innermost first. ``around``: the operations that the block is in."""
        changed = False
        ops: list[Op] = []
        for op in block.ops:
            for inner in blocks_of(op):
                changed |= self.visit(inner, (*around, op))
            ops.append(op)
            if isinstance(op, For):
                after = self.kept_sums(op, block, around)
                changed |= bool(after)
                ops += after
        block.ops = ops
        return changed

    def kept_sums(self, loop: For, block: Block, around: tuple[Op, ...]) -> list[Op]:
        """Change a loop; returns what is to stand behind it in its block."""
        runs = any(_same_range(loop, op) for op in around)  # wherever it stands
        test = None if runs else _test(loop)
        inside: set[Value] = set()
        always: list[Op] = []
        then, orelse = Block(), Block()
        results: list[Value] = []
        for k, array in enumerate(list(loop.carried)):
            t = array.type
            if not isinstance(t, Array) or t.dtype not in _ZEROS:
                continue
            versions = Versions(array, loop.body)
            if versions.last is not loop.body.results[k] or sum(x in versions.known for x in loop.body.results) != 1:
                continue
            inside = inside or set(defined_in(loop.body))
            sums = self.sums(versions, loop, block, inside)
            sure = [group for group in sums if runs or _is_touched(group[0].args[1], t, block)]
            unsure = [group for group in sums if group not in sure] if test is not None else []
            result = loop.results[k]
            if sure or unsure:
                loop.results[k] = Value(t, result.name)
            before = _added(loop, k, sure, always, loop.results[k], Value(t, result.name) if unsure else result)
            if unsure:
                then.results.append(_added(loop, k, unsure, then.ops, before, Value(t, result.name)))
                orelse.results.append(before)
                results.append(result)
        if test is None or not results:
            return always
        return [*always, test, If(test.result, then, orelse, results, then.ops[0].stmt, adjoint=True)]

    def sums(self, versions: Versions, loop: For, block: Block, inside: set[Value]) -> list[list[Call]]:
        """The additions to one place after the other, each time the loop runs."""
        found: list[list[Call]] = []
        for op, where in versions.accesses:
            if where is not loop.body or op.fn is not additem or not self.ours(op) or not _is_one_place(op):
                continue
            if any(x in inside for x in _entries(op.args[1])):
                continue
            same = next((group for group in found if same_tree(group[0].args[1], op.args[1])), None)
            if same is not None:
                same.append(op)
            else:
                found.append([op])
        others = [(op.args[1], where) for op, where in versions.accesses if op.fn is not additem]
        return [group for group in found if not any(self.meet(group[0].args[1], block, *other) for other in others)]

    def meet(self, index: Tree, block: Block, other: Tree, where: Block) -> bool:
        """Whether ``other`` may select the place ``index`` of the block of a loop, the loop being around ``where``."""
        return not is_basic_index(other) or self.places.meet(index, block, other, where, (), None)


def _added(loop: For, k: int, sums: list[list[Call]], ops: list[Op], before: Value, after: Value) -> Value:
    """Add to ``before`` what a loop has added up, which is ``after`` then; ``ops`` gets the additions."""
    for n, additions in enumerate(sums):
        index, stmt = additions[-1].args[1], additions[-1].stmt
        summed = _summed(loop, additions, Const(_ZEROS[additions[-1].args[0].type.dtype]))
        result = after if n == len(sums) - 1 else Value(after.type, after.name)
        ops.append(Call(additem, (before, index, summed), {}, [result], stmt, adjoint=True))
        before = result
    return before


def _summed(loop: For, additions: list[Call], zero: Const) -> Value:
    """What a loop adds up, instead of adding it to a place of an array."""
    t = infer(operator.add, (zero, additions[-1].args[2]), {})
    assert isinstance(t, Scalar)
    start = Value(t)
    running = start
    unchanged: dict[Value, Operand] = {}
    for op in additions:
        unchanged[op.result] = unchanged.get(op.args[0]) or op.args[0]
        op.fn, op.args, op.results = operator.add, (running, op.args[2]), [Value(t)]
        running = op.result
    substitute(loop.body, unchanged)
    loop.inits.append(zero)
    loop.body.params.append(start)
    loop.body.results.append(running)
    summed = Value(t)
    loop.results.append(summed)
    return summed


def _is_one_place(op: Call) -> bool:
    """Whether a number is added to one entry, of its own type."""
    array, index, x = op.args
    entries = _entries(index)
    return (
        len(entries) == array.type.ndim
        and all(isinstance(e, (Value, Const)) and _is_integer(e.type) for e in entries)
        and isinstance(x.type, Scalar)
        and x.type.dtype == array.type.dtype
    )


def _is_integer(t: Type) -> bool:
    return isinstance(t, Scalar) and t.dtype.kind in "iu"


def _entries(index: Tree) -> tuple[Tree, ...]:
    return index if isinstance(index, tuple) else (index,)


def _is_touched(index: Tree, t: Array, block: Block) -> bool:
    """Whether something in the block reads or writes the place in an array of that shape, whatever the loop does."""
    return any(
        isinstance(op, Call)
        and op.fn in (operator.getitem, setitem, additem)
        and isinstance(op.args[0].type, Array)
        and op.args[0].type.shape == t.shape
        and same_tree(op.args[1], index)
        for op in block.ops
    )


def _same_range(loop: For, around: Op) -> bool:
    """Whether a loop runs over the range that a loop around it runs over, which is not empty there."""
    return isinstance(around, For) and same_tree(
        (loop.start, loop.stop, loop.step), (around.start, around.stop, around.step)
    )


def _test(loop: For) -> Call | None:
    """The test whether a loop runs at all, if there is one."""
    if not isinstance(loop.step, Const):
        return None
    first, last = (loop.start, loop.stop) if loop.step.value > 0 else (loop.stop, loop.start)
    result = Value(Scalar(np.dtype(np.bool_), weak=True))
    if isinstance(first, Const):
        return Call(operator.gt, (last, first), {}, [result], loop.stmt, adjoint=True)
    return Call(operator.lt, (first, last), {}, [result], loop.stmt, adjoint=True)
