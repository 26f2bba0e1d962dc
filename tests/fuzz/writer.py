"""The lines of a function's body as they are written: blocks and names."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

from tests.fuzz.expressions import Expressions
from tests.fuzz.scope import Scope


class Writer(Expressions):
    """Writes lines of a function's body."""

    def __init__(self, rng: random.Random, scope: Scope, *, arrays_change: bool = True) -> None:
        super().__init__(rng, scope)
        self.lines: list[str] = []
        self.depth = 1
        self.made = 0
        self.arrays_change = arrays_change
        self.returns = True
        self.constructs = False

    def write(self, line: str) -> None:
        self.lines.append("    " * self.depth + line)

    def new(self, stem: str) -> str:
        self.made += 1
        return f"{stem}{self.made}"

    @contextmanager
    def block(self, header: str, *, loop: bool = False, scope: Scope | None = None) -> Iterator[Scope]:
        """A nested block: at least one statement, variables of its own."""
        self.write(header)
        outer, self.scope = self.scope, scope or self.scope.inner(loop=loop)
        self.depth += 1
        count = len(self.lines)
        try:
            yield self.scope
            if len(self.lines) == count:
                self.write("pass")
        finally:
            self.depth -= 1
            self.scope = outer

    def target_number(self) -> str:
        """A number to assign: an old one, or a new name."""
        old = [n for n in self.scope.numbers if n not in self.scope.fixed]
        return self.rng.choice(old) if old and (self.chance(0.6) or self.depth > 1) else self.new("s")

    def define_number(self, name: str) -> None:
        if name not in self.scope.numbers:
            self.scope.numbers.append(name)
