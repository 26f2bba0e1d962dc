"""Fusion of the loops of a whole function."""

from __future__ import annotations

import ast
from collections import Counter
from itertools import count

import numpy as np

from s2sgrad.backends.fusion.contraction import Contraction
from s2sgrad.backends.fusion.effects import NUMBER
from s2sgrad.backends.fusion.merging import merged
from s2sgrad.backends.fusion.naturals import naturals
from s2sgrad.backends.fusion.places import Memory, Tokens
from s2sgrad.backends.nests import Nests
from s2sgrad.backends.syntax import copied
from s2sgrad.ir.core import Const, Value
from s2sgrad.ir.types import Array, Scalar


def fused(body: list[ast.stmt], nests: Nests) -> list[ast.stmt]:
    """The statements of a function, with fewer loops and arrays."""
    variables = _Variables(nests)
    assigned = Counter(
        node.id
        for statement in body
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )
    defined = nests.aliases.lifetimes.defined
    given = [name for value, name in nests.e.names.items() if defined.get(value, (0,))[0] == -1]
    assigned.update(given)
    memory = Memory(variables.rank, variables.tokens, assigned, naturals(body).difference(given))
    body = merged([copied(statement) for statement in body], memory)
    return Contraction(variables.dtype, nests.variable).function(body)


class _Variables:
    """What is known of variables, by the values that they hold."""

    def __init__(self, nests: Nests) -> None:
        self.values: dict[str, list[Value]] = {}
        for value, name in nests.e.names.items():
            self.values.setdefault(name, []).append(value)
        self.nests = nests
        self._fresh: dict[str, Tokens] = {}
        self._numbers = count(-1, -1)

    def _type(self, name: str) -> Array | Scalar | None:
        if name in self.nests.made:
            return self.nests.made[name][1]
        types = [value.type for value in self.values.get(name, ())]
        first = types[0] if types else None
        for t in types:
            if not isinstance(t, (Array, Scalar)) or not isinstance(first, (Array, Scalar)):
                return None
            if t.dtype != first.dtype or self._axes(t) != self._axes(first):
                return None
        return first if isinstance(first, (Array, Scalar)) else None

    def _axes(self, t: Array | Scalar) -> int:
        return t.ndim if isinstance(t, Array) else NUMBER

    def rank(self, name: str) -> int | None:
        if name in self.nests.numbers:
            return NUMBER
        t = self._type(name)
        return None if t is None else self._axes(t)

    def dtype(self, name: str) -> np.dtype | None:
        t = self._type(name)
        return None if t is None else t.dtype

    def tokens(self, name: str) -> Tokens | None:
        aliases = self.nests.aliases
        if name in self.nests.made:
            of = self.nests.made[name][0]
            if isinstance(of, Const):
                return self._fresh.setdefault(name, frozenset({next(self._numbers)}))
            return aliases.own_of(of)
        values = self.values.get(name)
        return frozenset().union(*map(aliases.own_of, values)) if values else None
