"""Nests of loops in the making: their variables and lengths, and what stands before them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from s2sgrad.backends.entries import Entry, Leaf
from s2sgrad.backends.syntax import assign, axis_length
from s2sgrad.emit.expressions import Expressions
from s2sgrad.ir.core import Call, Operand
from s2sgrad.ir.types import Length, maybe_one
from s2sgrad.optimize.aliases import Aliases


@dataclass(slots=True)
class Nest:
    """A nest of loops in the making: ``before`` it, and for each axis its variable and where its length is found."""

    before: list[ast.stmt] = field(default_factory=list)
    variables: list[ast.expr] = field(default_factory=list)
    lengths: list[ast.expr] = field(default_factory=list)


class Nests:
    """Makes the nests of one function."""

    def __init__(self, e: Expressions, aliases: Aliases) -> None:
        self.e = e
        self.aliases = aliases
        self.variables: dict[str, list[str]] = {}

    def nest(self, shape: Sequence[Length | None], leaves: Sequence[Leaf], known: Sequence[ast.expr | None]) -> Nest:
        """The axes of a nest: ``known`` lengths, or those of the leaves."""
        nest = Nest()
        for k, length in enumerate(shape):
            nest.variables.append(ast.Name(self.variable("ijklmnpqrs"[k]), ast.Load()))
            given = known[k]
            if given is None:
                given = self.length(k, length, leaves)
            if not isinstance(given, (ast.Constant, ast.Name)):
                name = self.variable("n" + "ijklmnpqrs"[k])
                nest.before.append(assign(name, given))
                given = ast.Name(name, ast.Load())
            nest.lengths.append(given)
        return nest

    def length(self, axis: int, length: Length | None, leaves: Sequence[Leaf]) -> ast.expr:
        if isinstance(length, int):
            return ast.Constant(length)
        found = [(leaf, k) for leaf in leaves for k, j in enumerate(leaf.axes) if j == axis]
        sure = [(leaf, k) for leaf, k in found if leaf.shape[k] == length or not maybe_one(leaf.shape[k])]
        if sure:
            return axis_length(sure[0][0].name, sure[0][1])
        result: ast.expr = ast.Constant(1)
        for leaf, k in found:
            test = ast.Compare(axis_length(leaf.name, k), [ast.NotEq()], [ast.Constant(1)])
            result = (
                axis_length(leaf.name, k) if len(found) == 1 else ast.IfExp(test, axis_length(leaf.name, k), result)
            )
        return result

    def entry(self, nest: Nest, x: Operand, shape: Sequence[Length | None]) -> tuple[ast.expr, list[Leaf]]:
        """The entry of ``x`` for the variables of the nest. What it needs is put before the nest."""
        entry = Entry(self.e, nest.variables, shape, self.temporary, nest.before, nest.lengths)
        return entry.of(x, list(range(len(shape)))), entry.leaves

    def leaves(self, x: Operand, rank: int) -> list[Leaf]:
        entry = Entry(self.e, [ast.Name("_", ast.Load())] * rank, [None] * rank, self.temporary, [], None)
        entry.of(x, list(range(rank)))
        return entry.leaves

    def folded_leaves(self, op: Call, rank: int) -> list[Leaf]:
        entry = Entry(self.e, [ast.Name("_", ast.Load())] * rank, [None] * rank, self.temporary, [], None)
        entry.call(op, list(range(rank)))
        return entry.leaves

    def empty(self, lengths: Sequence[ast.expr], dtype: np.dtype, maker: str) -> ast.expr:
        shape: ast.expr = lengths[0] if len(lengths) == 1 else ast.Tuple(list(lengths), ast.Load())
        kind = [] if dtype == np.float64 else [self.e._dtype(dtype)]
        return ast.Call(self.e.references.numpy(maker), [shape, *kind], [])

    def variable(self, hint: str) -> str:
        """The name of a loop's variable or length: one that no value of the function has."""
        known = self.variables.get(hint)
        if known is None:
            known = self.variables[hint] = [self.temporary(hint)]
        return known[0]

    def temporary(self, hint: str) -> str:
        name = self.e.references.unique(hint)
        used = set(self.e.names.values())
        n = 2
        while name in used:
            name, n = self.e.references.unique(f"{hint}_{n}"), n + 1
        self.e.references.taken[name] = self
        return name
