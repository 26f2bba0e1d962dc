"""A sum of outer products over a loop is one product of two matrices behind it.

    W_bar.2 = for t in range(n) carry W_bar = W_bar.0:      rows.2 = for t in range(n) carry rows = empty (n, m):
      o = outer u, xs[t]                              ──▶     rows.1 = setitem rows, t, u
      W_bar.1 = add W_bar, o                                  yield rows.1
      yield W_bar.1                                         W_bar.2 = add W_bar.0, rows.2.T @ xs[:n]
                                                            b_bar.2 = add b_bar.0, sum rows.2, axis=0
    and the same of  b_bar.1 = add b_bar, u

Each step then writes a row instead of going through a matrix twice, and BLAS does the rest at once. The rows are kept
until the loop has run. So this is done where an array of each step is there anyway: one that was saved, or a row of
an array outside; what is kept at most doubles, and grows with the number of steps only where that did already. A loop
whose steps are computed again to save memory stays as it is.

The order in which the terms are added changes. A loop that runs no step adds a product of matrices without rows: zeros.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from s2sgrad.ir.build import Builder
from s2sgrad.ir.core import Block, Call, Const, For, Function, Op, Operand, Value, blocks_of, uses_in, walk
from s2sgrad.ir.primitives import getindex, pop, setitem
from s2sgrad.ir.types import INT, Array, Dim, Scalar, Type, maybe_one
from s2sgrad.optimize.algebra import ZEROS
from s2sgrad.optimize.purity import Ours, is_adjoint

_ADD = (operator.add, np.add)


def gather_outer_products(function: Function, ours: Ours = is_adjoint) -> Function:
    """Take sums of outer products out of the loops of derivative code (what is ``ours``), in place."""
    loops = [(op, block) for block in _blocks(function.body) for op in block.ops if isinstance(op, For) and _counts(op)]
    if loops:
        calls = {v: op for op in walk(function.body) if isinstance(op, Call) for v in op.results}
        for loop, block in loops:
            _Loop(loop, block, calls, ours).run()
    return function


def _blocks(block: Block) -> Iterator[Block]:
    """A block and those inside, the inner ones first."""
    for op in block.ops:
        for inner in blocks_of(op):
            yield from _blocks(inner)
    yield block


def _counts(loop: For) -> bool:
    """Whether a loop of derivative code runs over ``range(n)`` or that reversed."""
    if loop.checkpoints is not None or not loop.adjoint:
        return False
    start, step, t = loop.start, loop.step, loop.stop.type
    from_zero = isinstance(start, Const) and start.value == 0 and isinstance(step, Const) and step.value == 1
    return from_zero and isinstance(t, Scalar) and t.dtype.kind in "iu"


@dataclass(slots=True)
class _Sum:
    """A carried matrix or vector to which each step adds ``terms``: outer products, or vectors that are rows."""

    position: int
    terms: list[Call | Value]
    dead: list[Op]


def _have_one_shape(term: Type, total: Type) -> bool:
    """Whether two arrays that NumPy adds surely have one shape: lengths that are not 1 are equal then."""
    if not (isinstance(term, Array) and isinstance(total, Array)):
        return False
    if term.dtype != total.dtype or term.ndim != total.ndim:
        return False
    return all(m == n or not (maybe_one(m) or maybe_one(n)) for m, n in zip(term.shape, total.shape, strict=True))


class _Loop:
    """The sums of one loop."""

    def __init__(self, loop: For, block: Block, calls: dict[Value, Call], ours: Ours) -> None:
        self.loop = loop
        self.block = block
        self.calls = calls  # of the function, by result
        self.ours = ours
        self.definition = {v: op for op in loop.body.ops for v in op.results}
        self.uses: dict[Value, int] = {}
        for x in uses_in(loop.body):
            if isinstance(x, Value):
                self.uses[x] = self.uses.get(x, 0) + 1
        self.before = Builder(adjoint=True, stmt=loop.stmt)
        self.after = Builder(adjoint=True, stmt=loop.stmt)
        self.rows: dict[Value, Value] = {}  # of a vector of a step: the matrix of all steps, behind the loop
        self.taken: list[int] = []

    def run(self) -> None:
        sums = [s for k in range(len(self.loop.carried)) if (s := self._sum(k)) is not None]
        matrices = [s for s in sums if all(isinstance(term, Call) and self._pays(term) for term in s.terms)]
        for s in matrices:
            zeros = self._zeros(s.position)
            matrix = self.loop.inits[s.position]
            if zeros is not None and zeros.fn is np.zeros_like and isinstance(zeros.args[0], Value):
                matrix = zeros.args[0]
            self._take_out(s, [self._product(term, matrix) for term in s.terms if isinstance(term, Call)])
        for s in sums:
            rows = [self.rows[term] for term in s.terms if isinstance(term, Value) and term in self.rows]
            if len(rows) == len(s.terms):
                self._take_out(s, [self.after.call(np.sum, matrix, axis=0) for matrix in rows])
        if not matrices:
            return
        for k in sorted(self.taken, reverse=True):
            del self.loop.inits[k], self.loop.body.params[k + 1], self.loop.body.results[k], self.loop.results[k]
        at = self.block.ops.index(self.loop)
        self.block.ops[at : at + 1] = [*self.before.block.ops, self.loop, *self.after.block.ops]

    # -- taking them out ------------------------------------------------------------------------------

    def _take_out(self, s: _Sum, totals: list[Value]) -> None:
        """Let the carried matrix or vector be its initial value and what is added behind the loop."""
        result = self.loop.results[s.position]
        terms = [*totals] if self._zeros(s.position) else [self.loop.inits[s.position], *totals]
        total = terms[0]
        for term in terms[1:]:
            total = self.after.typed_call(operator.add, result.type, total, term)
        (last,) = (op for op in self.after.block.ops if total in op.results)
        last.results = [result]
        self.loop.body.ops = [op for op in self.loop.body.ops if op not in s.dead]
        self.taken.append(s.position)

    def _zeros(self, position: int) -> Call | None:
        """What makes the initial value of a carried array, if that is zeros which are there for this loop."""
        op = self.calls.get(self.loop.inits[position])  # type: ignore[arg-type]
        return op if op is not None and op.fn in ZEROS and self.ours(op) else None

    def _product(self, outer: Call, matrix: Operand) -> Value:
        """The sum of the outer products of all steps, which is added to ``matrix``."""
        left, right = (self._all_rows(x, matrix, axis) for axis, x in enumerate(outer.args))
        product: Value = self.after.call(operator.matmul, self.after.call(np.transpose, left), right)
        return product

    def _all_rows(self, x: Operand, matrix: Operand, axis: int) -> Value:
        """The vectors that ``x`` is at all steps, as the rows of a matrix, as long as an axis of ``matrix``."""
        assert isinstance(x, Value) and isinstance(x.type, Array)
        if x not in self.rows:
            source = self._source(self.definition.get(x))
            self.rows[x] = self._written(x, x.type, matrix, axis) if source is None else self._first_rows(source)
        return self.rows[x]

    def _first_rows(self, source: Value) -> Value:
        """As many rows of an array outside as the loop has steps."""
        stop, t = self.loop.stop, source.type
        assert isinstance(stop.type, Scalar) and isinstance(t, Array)
        if stop.type.length is not None and stop.type.length == t.shape[0]:
            return source
        rows: Value = self.after.call(operator.getitem, source, slice(Const(None), stop, Const(None)))
        return rows

    def _written(self, x: Value, t: Array, matrix: Operand, axis: int) -> Value:
        """A matrix whose row of each step is written in the loop."""
        stop, before = self.loop.stop, self.before
        n = stop if self._is_length(stop) else before.call(max, stop, 0)
        assert isinstance(n.type, Scalar)
        made = Array(t.dtype, (n.type.length if n.type.length is not None else Dim(object()), t.shape[0]))
        width = before.typed_call(getindex, INT, before.call(np.shape, matrix), Const(axis))
        start = before.typed_call(np.empty, made, (n, width), *(() if t.dtype == np.float64 else (Const(t.dtype),)))
        param, new, result = (Value(made, f"{x.name}_rows" if x.name else None) for _ in range(3))
        self.loop.inits.append(start)
        self.loop.body.params.append(param)
        self.loop.body.results.append(new)
        self.loop.results.append(result)
        self.loop.body.ops.append(Call(setitem, (param, self.loop.index, x), {}, [new], self.loop.stmt, adjoint=True))
        return result

    def _is_length(self, n: Operand) -> bool:
        """Whether a number is not negative."""
        if isinstance(n, Const):
            return bool(n.value >= 0)
        op = self.calls.get(n)
        if op is None or op.fn is len:
            return op is not None
        shape = self.calls.get(op.args[0]) if op.fn is getindex else None
        return shape is not None and shape.fn is np.shape

    # -- what can be taken out ----------------------------------------------------------------------

    def _sum(self, k: int) -> _Sum | None:
        """What each step adds to the carried ``k``, if it does nothing else with it."""
        param, x = self.loop.carried[k], self.loop.body.results[k]
        found = _Sum(k, [], [])
        while x is not param:
            op = self.definition.get(x) if isinstance(x, Value) else None
            if not isinstance(op, Call) or op.fn not in _ADD or not self.ours(op) or self.uses[op.result] != 1:
                return None
            a, b = op.args
            if not (isinstance(a, Value) and isinstance(b, Value)):
                return None
            rest, term = (a, b) if a is param or self._is_sum(a) else (b, a)

            if not _have_one_shape(term.type, param.type):
                return None
            outer = self.definition.get(term)
            is_outer = isinstance(outer, Call) and outer.fn is np.outer and self.uses[term] == 1
            found.terms.append(outer if is_outer else term)  # type: ignore[arg-type]
            found.dead += [op, outer] if is_outer else [op]  # type: ignore[list-item]
            x = rest
        return found if found.terms and self.uses[param] == 1 else None

    def _is_sum(self, x: Value) -> bool:
        op = self.definition.get(x)
        return isinstance(op, Call) and op.fn in _ADD and self.uses[x] == 1

    def _pays(self, outer: Call) -> bool:
        """Whether both factors are vectors of one dtype, and one of them is there for each step anyway."""
        types = [x.type for x in outer.args]
        if len(types) != 2 or not all(isinstance(t, Array) and t.ndim == 1 for t in types) or not self.ours(outer):
            return False
        return types[0].dtype == types[1].dtype and any(map(self._is_kept, outer.args))

    def _is_kept(self, x: Operand) -> bool:
        op = self.definition.get(x) if isinstance(x, Value) else None
        while isinstance(op, Call) and op.fn is getindex and isinstance(op.args[0], Value):
            op = self.definition.get(op.args[0])
        return isinstance(op, Call) and (op.fn is pop or self._source(op) is not None)

    def _source(self, op: Op | None) -> Value | None:
        """The array outside of the loop whose row of this step ``op`` reads."""
        if not isinstance(op, Call) or op.fn is not operator.getitem or op.args[1] is not self.loop.index:
            return None
        x = op.args[0]
        inside = not isinstance(x, Value) or x in self.definition or x in self.loop.body.params
        return None if inside or not isinstance(x.type, Array) else x
