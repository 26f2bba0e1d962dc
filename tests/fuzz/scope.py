"""What a random program knows at one point: its variables, by kind."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

Shape = tuple[int, ...]


@dataclass(slots=True)
class Scope:
    """The variables in scope.

    ``indices``: integers, each with a bound that it stays below. ``lists``: lists of numbers that are not empty.
    ``functions``: callables, each with the shapes of its arguments (``()`` is a number); they return a number.
    """

    numbers: list[str] = field(default_factory=list)
    arrays: dict[str, Shape] = field(default_factory=dict)
    indices: dict[str, int] = field(default_factory=dict)
    lists: list[str] = field(default_factory=list)
    functions: dict[str, list[str]] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()
    loops: int = 0

    def inner(self, *, loop: bool = False) -> Scope:
        """The scope of a nested block, which may add variables that the outer one does not get."""
        return replace(
            self,
            numbers=list(self.numbers),
            arrays=dict(self.arrays),
            indices=dict(self.indices),
            lists=list(self.lists),
            functions=dict(self.functions),
            loops=self.loops + loop,
        )

    def with_shape(self, shape: Shape) -> list[str]:
        """The arrays of exactly this shape."""
        return [name for name, known in self.arrays.items() if known == shape]
