"""Array statements as loops over their entries: what a compiler of loops makes fast code of.

    t_bar = u_bar[1:-1] * alpha           ──▶   t = u_bar[1:-1]
    y = np.sum(x * t_bar, axis=1)               t_bar = np.empty(t.shape[0])
                                                for i in range(t.shape[0]):
                                                    t_bar[i] = t[i] * alpha
                                                …

One statement becomes one nest of loops: whatever is folded into it (:mod:`s2sgrad.emit.folding`) is computed entry by
entry and needs no array of its own. Views are taken before the loops. What cannot be written so stays a call.
"""

from __future__ import annotations

import ast
from collections.abc import Container, Sequence

import numpy as np

from s2sgrad.backends import arrays, contractions, reductions, stores
from s2sgrad.backends.entries import REARRANGING, is_entrywise, rank_of
from s2sgrad.backends.folds import unfolded
from s2sgrad.backends.fusion.function import fused
from s2sgrad.backends.kinds import kinds
from s2sgrad.backends.nests import Nests
from s2sgrad.backends.stacks import as_arrays
from s2sgrad.backends.syntax import assign, integer, plus
from s2sgrad.emit.expressions import Expressions
from s2sgrad.emit.folding import Folding
from s2sgrad.emit.statements import Statements
from s2sgrad.ir.core import Block, Call, Const, For, Op, Operand, Stmt, Value
from s2sgrad.ir.primitives import additem, setitem, unbroadcast
from s2sgrad.optimize.aliases import Aliases
from s2sgrad.optimize.written_through import is_update

__all__ = ["finished", "kinds", "statements", "unfolded"]


class LoopStatements(Statements):
    """Prints array operations as loops."""

    def __init__(self, e: Expressions, folding: Folding, aliases: Aliases, uses: dict[Value, int]) -> None:
        super().__init__(e, folding, aliases.through, uses)
        self.nests = Nests(e, aliases)

    def block(
        self, block: Block, tail: Sequence[Operand] = (), said: Stmt | None = None, skip: Container[Op] = ()
    ) -> list[ast.stmt]:
        with self.nests.lengths.block():
            return super().block(block, tail, said, skip)

    def _call(self, op: Call) -> list[ast.stmt]:
        if is_update(op):
            if op.fn in (setitem, additem) and op not in self.through.whole:
                made = stores.stored(self.nests, op)
                if made is not None:
                    return made + self._renamed(op.args[0], op.results[0])
            return super()._call(op)
        if len(op.results) == 1 and op.results[0] in self.e.names:
            name = self.e.names[op.results[0]]
            if op.fn in REARRANGING and op.args[0] not in self.e.folded:
                view = arrays.view(self.nests, op)
                if view is not None:
                    return [assign(name, view)]
            if op.fn is unbroadcast and rank_of(op.args[0]):
                return arrays.unbroadcast(self.nests, name, op)
            if op.fn is np.pad:
                padded = arrays.padded(self.nests, name, op)
                if padded is not None:
                    return padded
            if op.fn is np.einsum:
                contracted = contractions.contracted(self.nests, name, op)
                if contracted is not None:
                    return contracted
            if is_entrywise(op) and rank_of(op.result):
                return arrays.array(self.nests, name, op)
            how = reductions.reduction(op)
            if how is not None:
                return reductions.reduced(self.nests, name, op, how)
        return super()._call(op)

    def _for(self, op: For) -> list[ast.stmt]:
        """Numba has no ``reversed``."""
        made = super()._for(op)
        for statement in made:
            if isinstance(statement, ast.For) and isinstance(statement.iter, ast.Call):
                call = statement.iter
                if isinstance(call.func, ast.Name) and call.func.id == "reversed":
                    statement.iter = _backwards(op, call.args[0])
        return made


def _backwards(op: For, items: ast.expr) -> ast.expr:
    """A range from its last item to its first."""
    assert isinstance(items, ast.Call)
    bounds = items.args
    start: ast.expr = ast.Constant(0) if len(bounds) == 1 else bounds[0]
    stop = bounds[0] if len(bounds) == 1 else bounds[1]
    step = bounds[2] if len(bounds) == 3 else ast.Constant(1)
    if isinstance(op.step, Const) and op.step.value == 1:
        return ast.Call(items.func, [plus(stop, -1), plus(start, -1), ast.UnaryOp(ast.USub(), ast.Constant(1))], [])
    if isinstance(op.step, Const) and op.step.value == -1:
        first, end = plus(stop, 1), plus(start, 1)
        return ast.Call(items.func, [end] if integer(first) == 0 else [first, end], [])
    count = ast.Call(ast.Name("len", ast.Load()), [items], [])
    last = ast.BinOp(start, ast.Add(), ast.BinOp(plus(count, -1), ast.Mult(), step))
    return ast.Call(items.func, [last, ast.BinOp(start, ast.Sub(), step), ast.UnaryOp(ast.USub(), step)], [])


def statements(e: Expressions, folding: Folding, aliases: Aliases, uses: dict[Value, int]) -> Statements:
    """What prints the blocks of a function for a compiler of loops."""
    return LoopStatements(e, folding, aliases, uses)


def finished(body: list[ast.stmt], statements: Statements) -> list[ast.stmt]:
    """The statements of a whole function: with few loops, and with arrays for stacks of numbers."""
    assert isinstance(statements, LoopStatements)
    body = fused(body, statements.nests)
    return as_arrays(body, statements.e, statements.nests.temporary)
