"""The lengths of loops: one variable for each, however many loops run up to it.

Types tell which lengths are equal. Where they do not, and a check has been printed, the lengths are equal behind it,
in the same block and in those inside.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from s2sgrad.ir.types import Length


@dataclass(slots=True)
class Lengths:
    """``names``: where a length is found; ``strides``: 0 for an axis that a nest of some length repeats, 1 if not."""

    names: dict[Length, ast.expr] = field(default_factory=dict)
    strides: dict[tuple[Length, Length], str] = field(default_factory=dict)
    _same: dict[Length, Length] = field(default_factory=dict)

    @contextmanager
    def block(self) -> Iterator[None]:
        """What becomes known inside is not known behind."""
        names, strides, same = dict(self.names), dict(self.strides), dict(self._same)
        yield
        self.names, self.strides, self._same = names, strides, same

    def found(self, length: Length) -> Length:
        """The length that stands for all that are equal to one."""
        while length in self._same:
            length = self._same[length]
        return length

    def equal(self, m: Length | None, n: Length | None) -> bool:
        return m is not None and n is not None and self.found(m) == self.found(n)

    def unite(self, m: Length | None, n: Length | None) -> None:
        """Note that two lengths are equal from here on."""
        if m is None or n is None or self.equal(m, n):
            return
        m, n = self.found(m), self.found(n)
        if isinstance(m, int):
            m, n = n, m
        if n not in self.names and m in self.names:
            self.names[n] = self.names[m]
        self._same[m] = n

    def name(self, length: Length) -> ast.expr | None:
        """The variable that holds a length, or its number; None if there is none yet."""
        length = self.found(length)
        return ast.Constant(length) if isinstance(length, int) else self.names.get(length)
