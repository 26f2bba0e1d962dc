"""What the result of a recursive function may share its memory with.

def last(u, n):                  z = last(y, 3): a value of its own in the IR, but the same array as `y`
    return u if n == 0 else last(u, n - 1)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.memory import link, may_share
from s2sgrad.frontend.things import Thing


@dataclass(frozen=True, slots=True)
class ResultMemory:
    """``variables``: the arguments that a result may be, or be in; ``together``: whether parts of it may be one array;
    ``frozen``: why it must not be written."""

    variables: frozenset[str] = frozenset()
    together: bool = False
    frozen: str | None = None

    def note(self, lo: Lowerer, result: Thing, variables: Mapping[str, Thing]) -> None:
        """Record it of the result of a call with these variables."""
        made = list(lo.cells_of([result]))
        for cell in made:
            cell.frozen = cell.frozen or self.frozen
            for name in variables:
                for old in lo.cells_of([variables[name]]) if name in self.variables else ():
                    may_share(cell, old)
            for other in made if self.together else ():
                link(cell, other)


def result_memory(lo: Lowerer, result: Thing, variables: Mapping[str, Thing], known: ResultMemory) -> ResultMemory:
    """What the result of a function is found to share, beside what is known from earlier rounds."""
    parts = [lo.cells_of([part]) for part in (result if isinstance(result, tuple) else (result,))]
    own = set().union(*parts)
    cells = own | {alias for cell in own for alias in cell.aliases}
    frozen = known.frozen or next((cell.frozen for cell in cells if cell.frozen is not None), None)
    names = {name for name, thing in variables.items() if frozen or not cells.isdisjoint(lo.cells_of([thing]))}
    together = any(not own.isdisjoint(cell.aliases) for cell in own) or sum(map(len, parts)) > len(own)
    return ResultMemory(known.variables | names, known.together or together, frozen)
