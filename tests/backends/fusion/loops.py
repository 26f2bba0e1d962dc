"""Text of loops over entries, merged as the backend does it, and run as Python before and after."""

from __future__ import annotations

import ast
from collections import Counter
from typing import Any

import numpy as np

from s2sgrad.backends.fusion.contraction import Contraction
from s2sgrad.backends.fusion.effects import NUMBER
from s2sgrad.backends.fusion.merging import merged
from s2sgrad.backends.fusion.naturals import naturals
from s2sgrad.backends.fusion.places import Memory, Tokens


class Code:
    """Statements over arrays with as many axes as ``ranks`` says; other names are numbers.

    ``shared``: groups of arrays that may be one.
    """

    def __init__(self, text: str, ranks: dict[str, int], shared: tuple[str, ...] = ()) -> None:
        self.before = ast.parse(text).body
        self.ranks = ranks
        body = ast.parse(text).body
        names = [node for statement in body for node in ast.walk(statement)]
        for node in names:
            if isinstance(node, ast.For):
                node.over_entries = True  # type: ignore[attr-defined]
        assigned = Counter(n.id for n in names if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
        tokens = {name: frozenset({1 if name in shared else k + 2}) for k, name in enumerate(ranks)}

        def tokens_of(name: str) -> Tokens | None:
            return tokens.get(name)

        memory = Memory(lambda name: ranks.get(name, NUMBER), tokens_of, assigned, naturals(body))
        dtypes = dict.fromkeys(ranks, np.dtype(float))
        self.after = Contraction(dtypes.get, lambda hint: hint).function(merged(body, memory))

    @property
    def text(self) -> str:
        return "\n".join(ast.unparse(ast.fix_missing_locations(statement)) for statement in self.after)

    @property
    def loops(self) -> int:
        """How many loops are not inside of another."""
        return sum(isinstance(statement, ast.For) for statement in self.after)

    def run(self, **arrays: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """What the given arrays, and all numbers, are before and after."""
        results = []
        for body in (self.before, self.after):
            scope: dict[str, Any] = {name: np.copy(x) if isinstance(x, np.ndarray) else x for name, x in arrays.items()}
            module = ast.fix_missing_locations(ast.Module(body, []))
            exec(compile(module, "<loops>", "exec"), {"np": np}, scope)
            results.append({name: scope[name] for name in arrays})
        return results[0], results[1]
