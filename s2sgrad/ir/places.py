"""Which entries of an array or list a subscript selects, and whether two subscripts in loops may select the same.

    for k in range(n):
      for i in range(k + 1, n):
        … = A[i, k]                  (1)
        for j in range(k + 1, n):
          A[i, j] = …                (2)

An index is written as a linear form of loop indices and other integers. That two subscripts meet, one of them executed
later than the other, is a system of linear inequalities: the bounds of the loops, the conditions of the branches that
were taken, the order of the two iterations, and the equality of the places. (1) is not overwritten by (2) because
``j = k`` contradicts ``j >= k + 1`` in the same iteration, and ``i' = i, j' = k`` contradicts ``j' >= k' + 1`` and
``k' > k`` in a later one.
Negative indices count from the end: places are compared only if the indices are surely not negative.
"""

from __future__ import annotations

import operator
from collections.abc import Collection, Hashable, Iterator, Mapping
from typing import Protocol, TypeAlias

import numpy as np

from s2sgrad.ir.core import Block, Call, Const, For, If, Op, Operand, Tree, Value, While
from s2sgrad.ir.inequalities import Form, constant, infeasible, minus, plus
from s2sgrad.ir.primitives import getindex
from s2sgrad.ir.types import Scalar

Loop: TypeAlias = "For | While"

#: The places along one axis, as the least and the greatest (None: there is no bound); None if nothing is known of them.
Span: TypeAlias = "tuple[Form, Form | None] | None"


#: The arithmetic that an index may be made by, to be followed.
INTEGER_ARITHMETIC = (operator.add, operator.sub, operator.mul, operator.neg)


class Nesting(Protocol):
    """Where values are defined, as :class:`s2sgrad.transforms.structure.Structure` says it."""

    home: dict[Value, Block]
    definition: dict[Value, Op]
    owner: dict[Block, tuple[Op, Block]]


class Places:
    """The places that subscripts of one function select."""

    def __init__(self, nesting: Nesting) -> None:
        self.nesting = nesting
        self._loops: dict[Block, tuple[Loop, ...]] = {}
        self._known: dict[tuple[Operand, Block], bool] = {}

    def loops(self, block: Block) -> tuple[Loop, ...]:
        """The loops around a block, innermost first."""
        if block not in self._loops:
            found: list[Loop] = []
            around = block
            while around in self.nesting.owner:
                op, around = self.nesting.owner[around]
                if isinstance(op, (For, While)):
                    found.append(op)
            self._loops[block] = tuple(found)
        return self._loops[block]

    def meet(
        self, index: Tree, block: Block, written: Tree, at: Block, primed: Collection[Loop], later: Loop | None
    ) -> bool:
        """Whether ``index``, evaluated in ``block``, may select a place that ``written``, in the block ``at``, selects.

        ``primed``: the loops around ``at`` whose iteration is another one than that in which ``index`` was evaluated;
        it is a later one of the loop ``later``, and any of the others. All other loops are in the same iteration.
        """
        nonnegative = [*self._facts(block, ()), *self._facts(at, primed)]
        if later is not None:
            order = self._order(later)
            if order is not None:
                nonnegative.append(order)
        zero: list[Form] = []
        for here, there in zip(entries(index), entries(written), strict=False):
            a, b = self._span(here, block, ()), self._span(there, at, primed)
            if a is None or b is None:
                continue
            if a[0] == a[1] and b[0] == b[1]:
                zero.append(minus(a[0], b[0]))
                continue
            nonnegative += [minus(y, x) for x, y in ((a[0], b[1]), (b[0], a[1])) if y is not None]
        unequal = [*self._unequal(block, ()), *self._unequal(at, primed)]
        return not _infeasible(nonnegative, zero, unequal)

    def is_from_start(self, index: Tree, block: Block) -> bool:
        """Whether an index surely counts from the start, on each axis."""
        return all(self._span(entry, block, ()) is not None for entry in entries(index))

    # -- linear forms ------------------------------------------------------------------------------

    def form(self, x: Operand, primed: Collection[Loop] = ()) -> Form:
        """An integer as a linear form; ``primed``: the loops whose iteration is another one."""
        if isinstance(x, Const):
            return constant(int(x.value))
        op = self.nesting.definition.get(x)
        if isinstance(op, Call) and is_python_integer(x) and all(isinstance(a, (Value, Const)) for a in op.args):
            if op.fn in (operator.add, operator.sub) and all(map(is_python_integer, op.args)):
                a, b = op.args
                return plus(self.form(a, primed), self.form(b, primed), 1 if op.fn is operator.add else -1)
            if op.fn is operator.neg and is_python_integer(op.args[0]):
                return minus({}, self.form(op.args[0], primed))
            if op.fn is operator.mul and all(map(is_python_integer, op.args)):
                a, b = op.args
                for factor, other in ((a, b), (b, a)):
                    if isinstance(factor, Const):
                        return plus({}, self.form(other, primed), int(factor.value))
        return {self._atom(x, primed): 1}

    def _atom(self, x: Value, primed: Collection[Loop]) -> Hashable:
        if not primed:
            return x, False
        home = self.nesting.home.get(x)
        return x, home is not None and any(loop in primed for loop in self.loops(home))

    def _span(self, entry: Tree, block: Block, primed: Collection[Loop]) -> Span:
        """The places that one entry of an index selects, if they are known to be counted from the start."""
        if isinstance(entry, slice):
            step = 1 if _is_none(entry.step) else entry.step.value if isinstance(entry.step, Const) else 0
            if type(step) is not int or step <= 0:
                return None
            first: Form = {}
            if not _is_none(entry.start):
                if not self._is_nonnegative(entry.start, block):
                    return None
                first = self.form(entry.start, primed)
            if _is_none(entry.stop) or not self._is_nonnegative(entry.stop, block):
                return first, None
            return first, plus(self.form(entry.stop, primed), constant(-1))
        if not self._is_nonnegative(entry, block):
            return None
        form = self.form(entry, primed)
        return form, form

    def _is_nonnegative(self, x: Operand, block: Block) -> bool:
        """Whether an index is surely an integer that is not negative, where it is evaluated."""
        if not _is_integer(x):
            return False
        if isinstance(x, Const):
            return bool(x.value >= 0)
        if (x, block) not in self._known:
            negative = minus(constant(-1), self.form(x))
            lengths = [{atom: 1} for atom in self.form(x) if self._is_length(atom)]
            self._known[x, block] = _infeasible(
                [*self._facts(block, ()), *lengths, negative], [], self._unequal(block, ())
            )
        return self._known[x, block]

    def _is_length(self, atom: Hashable) -> bool:
        """Whether an atom of a form is the length of something."""
        x = atom[0] if isinstance(atom, tuple) else None
        op = self.nesting.definition.get(x) if isinstance(x, Value) else None
        if not isinstance(op, Call) or not isinstance(x, Value) or not is_python_integer(x):
            return False
        if op.fn is getindex:
            shape = self.nesting.definition.get(op.args[0]) if isinstance(op.args[0], Value) else None
            return isinstance(shape, Call) and shape.fn is np.shape
        return op.fn in (len, np.size)

    # -- what is known where a block runs --------------------------------------------------------------

    def _around(self, block: Block) -> Iterator[tuple[Op, Block]]:
        while block in self.nesting.owner:
            op, outer = self.nesting.owner[block]
            yield op, block
            block = outer

    def _facts(self, block: Block, primed: Collection[Loop]) -> list[Form]:
        """Forms that are not negative: of the bounds of loops, and the conditions of branches, around a block."""
        facts: list[Form] = []
        for op, inner in self._around(block):
            if isinstance(op, For):
                facts += self._bounds(op, primed)
            elif isinstance(op, If):
                facts += self._condition(op, inner is op.then, primed)
        return facts

    def _bounds(self, loop: For, primed: Collection[Loop]) -> list[Form]:
        if not isinstance(loop.step, Const) or not all(map(_is_integer, (loop.start, loop.stop))):
            return []
        index = self.form(loop.index, primed)
        start, stop = self.form(loop.start, primed), self.form(loop.stop, primed)
        if loop.step.value > 0:
            return [minus(index, start), plus(minus(stop, index), constant(-1))]
        return [minus(start, index), plus(minus(index, stop), constant(-1))]

    def _order(self, loop: Loop) -> Form | None:
        """What is not negative because one iteration of a loop comes later than another."""
        if not isinstance(loop, For) or not isinstance(loop.step, Const):
            return None
        distance = minus(self.form(loop.index, (loop,)), self.form(loop.index))
        step = abs(loop.step.value)
        ascending = (loop.step.value > 0) != loop.reverse
        return plus(distance if ascending else minus({}, distance), constant(-step))

    def _comparison(self, op: If, taken: bool, primed: Collection[Loop]) -> tuple[object, Form] | None:
        """A condition on integers that holds in a branch: a comparison with zero, and of what."""
        test = self.nesting.definition.get(op.cond) if isinstance(op.cond, Value) else None
        if not isinstance(test, Call) or test.fn not in _NEGATED or not all(map(_is_integer, test.args)):
            return None
        a, b = test.args
        return test.fn if taken else _NEGATED[test.fn], minus(self.form(a, primed), self.form(b, primed))

    def _condition(self, op: If, taken: bool, primed: Collection[Loop]) -> list[Form]:
        found = self._comparison(op, taken, primed)
        if found is None or found[0] is operator.ne:
            return []
        comparison, form = found
        less = minus({}, form)
        return {
            operator.lt: [plus(less, constant(-1))],
            operator.le: [less],
            operator.gt: [plus(form, constant(-1))],
            operator.ge: [form],
            operator.eq: [form, less],
        }[comparison]  # type: ignore[index]

    def _unequal(self, block: Block, primed: Collection[Loop]) -> list[Form]:
        """Forms that are not zero, because of the branches around a block."""
        found = [
            self._comparison(op, inner is op.then, primed) for op, inner in self._around(block) if isinstance(op, If)
        ]
        return [pair[1] for pair in found if pair is not None and pair[0] is operator.ne]


_NEGATED: Mapping[object, object] = {
    operator.lt: operator.ge,
    operator.ge: operator.lt,
    operator.le: operator.gt,
    operator.gt: operator.le,
    operator.eq: operator.ne,
    operator.ne: operator.eq,
}


def entries(index: Tree) -> list[Tree]:
    """The entries of an index, one for each axis, as far as they can be told."""
    found: list[Tree] = []
    for entry in index if isinstance(index, tuple) else (index,):
        if isinstance(entry, Const) and isinstance(entry.value, slice):
            entry = slice(*map(Const, (entry.value.start, entry.value.stop, entry.value.step)))
        if not isinstance(entry, slice) and not (isinstance(entry, (Value, Const)) and _is_integer(entry)):
            break
        found.append(entry)
    return found


def _is_none(x: object) -> bool:
    return x is None or (isinstance(x, Const) and x.value is None)


def _is_integer(x: object) -> bool:
    """Whether an operand is an integer, of Python's or NumPy's, and no boolean."""
    if isinstance(x, Const):
        return type(x.value) is int
    if not isinstance(x, Value) or not isinstance(x.type, Scalar):
        return False
    return x.type.dtype.kind in "iu" and all(issubclass(c, (int, np.integer)) and c is not bool for c in x.type.classes)


def is_python_integer(x: object) -> bool:
    """Whether an operand is a Python integer: its arithmetic does not wrap round."""
    if isinstance(x, Const):
        return type(x.value) is int
    return isinstance(x, Value) and isinstance(x.type, Scalar) and x.type.classes == (int,)


def _infeasible(nonnegative: list[Form], zero: list[Form], unequal: list[Form]) -> bool:
    """Whether surely no integers make forms nonnegative, zero, and different from zero."""
    if infeasible(nonnegative, list(zero)):
        return True
    for k, form in enumerate(unequal[:2]):
        rest = unequal[k + 1 : 2]
        below, above = plus(minus({}, form), constant(-1)), plus(form, constant(-1))
        if all(_infeasible([*nonnegative, side], list(zero), rest) for side in (below, above)):
            return True
    return False
