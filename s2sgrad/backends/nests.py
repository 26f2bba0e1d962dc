"""Nests of loops in the making: their variables and lengths, and what stands before them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from s2sgrad.backends.entries import Entry, Leaf
from s2sgrad.backends.lengths import Lengths
from s2sgrad.backends.syntax import assign, axis_length
from s2sgrad.emit.expressions import Expressions
from s2sgrad.ir.core import Call, Operand
from s2sgrad.ir.types import Array, Dim, Length, maybe_one
from s2sgrad.optimize.aliases import Aliases


@dataclass(slots=True)
class Nest:
    """A nest of loops in the making: ``before`` it, and for each axis its variable and where its length is found."""

    before: list[ast.stmt] = field(default_factory=list)
    variables: list[ast.expr] = field(default_factory=list)
    lengths: list[ast.expr] = field(default_factory=list)
    shape: list[Length] = field(default_factory=list)


class Nests:
    """Makes the nests of one function."""

    def __init__(self, e: Expressions, aliases: Aliases) -> None:
        self.e = e
        self.aliases = aliases
        self.lengths = Lengths()
        self.used = set(e.names.values())
        self.variables: dict[str, str] = {}
        self.made: dict[str, tuple[Operand, Array]] = {}
        self.numbers: set[str] = set()

    def nest(
        self, shape: Sequence[Length | None], leaves: Sequence[Leaf], known: Sequence[ast.expr | None] | None = None
    ) -> Nest:
        """The axes of a nest: of ``known`` lengths, or of those of the leaves. An axis of length 1 has no loop."""
        nest = Nest()
        for k, length in enumerate(shape):
            length = Dim(object()) if length is None else self.lengths.found(length)
            name = self.lengths.name(length)
            if name is None:
                given = known[k] if known is not None else None
                name = ast.Name(self.temporary("n" if k == 0 else "nmlpqrstuv"[k]), ast.Load())
                nest.before.append(assign(name.id, given or self.length(k, length, leaves)))
                self.lengths.names[length] = name
            nest.shape.append(length)
            nest.lengths.append(name)
            variable = ast.Name(self.variable("ijklmnpqrs"[k]), ast.Load())
            nest.variables.append(ast.Constant(0) if length == 1 else variable)
        return nest

    def length(self, axis: int, length: Length, leaves: Sequence[Leaf]) -> ast.expr:
        """An expression for the length of an axis, by the arrays that are read along it."""
        found = [(leaf, k) for leaf in leaves for k, j in enumerate(leaf.axes) if j == axis]
        sure = [
            (leaf, k) for leaf, k in found if self.lengths.equal(leaf.shape[k], length) or not maybe_one(leaf.shape[k])
        ]
        if sure:
            leaf, k = sure[0]
            self.lengths.unite(length, leaf.shape[k])
            return axis_length(leaf.name, k)
        result: ast.expr = ast.Constant(1)
        for leaf, k in found:
            here = axis_length(leaf.name, k)
            test = ast.Compare(here, [ast.NotEq()], [ast.Constant(1)])
            result = here if len(found) == 1 else ast.IfExp(test, here, result)
        return result

    def entry(self, nest: Nest, x: Operand | Call) -> tuple[ast.expr, list[Leaf]]:
        """The entry of ``x`` for the variables of the nest. What it needs is put before the nest."""
        entry = Entry(self.e, nest.variables, nest.shape, self.temporary, nest.before, nest.lengths, self.lengths)
        axes = list(range(len(nest.shape)))
        return entry.call(x, axes) if isinstance(x, Call) else entry.of(x, axes), entry.leaves

    def leaves(self, x: Operand | Call, rank: int) -> list[Leaf]:
        """The arrays that an expression of some rank reads."""
        variables: list[ast.expr] = [ast.Name("_", ast.Load())] * rank
        entry = Entry(self.e, variables, [None] * rank, self.temporary, [], None, self.lengths)
        entry.call(x, list(range(rank))) if isinstance(x, Call) else entry.of(x, list(range(rank)))
        return entry.leaves

    def empty(self, lengths: Sequence[ast.expr], dtype: np.dtype, maker: str) -> ast.expr:
        shape: ast.expr = lengths[0] if len(lengths) == 1 else ast.Tuple(list(lengths), ast.Load())
        kind = [] if dtype == np.float64 else [self.e._dtype(dtype)]
        return ast.Call(self.e.references.numpy(maker), [shape, *kind], [])

    def variable(self, hint: str) -> str:
        """The name of a loop's variable: one that no value of the function has."""
        if hint not in self.variables:
            self.variables[hint] = self.temporary(hint)
        return self.variables[hint]

    def temporary(self, hint: str) -> str:
        name = self.e.references.unique(hint)
        n = 2
        while name in self.used:
            name, n = self.e.references.unique(f"{hint}_{n}"), n + 1
        self.e.references.taken[name] = self
        self.numbers.add(name)
        return name

    def array(self, hint: str, value: Operand, t: Array) -> str:
        """A name for an array that is, or is in, the memory of a value. ``t``: its rank and dtype."""
        name = self.temporary(hint)
        self.numbers.discard(name)
        self.made[name] = (value, t)
        return name
