"""Which memory may be the same where a loop carries it: among its variables, and with what is outside.

    for _ in range(n):        at the head `a` is the first buffer or the second, and `b` the other one: each may be
        b[1:] = a[:-1]        either array from before the loop, but the two are never one
        a, b = b, a

The relation is that of before the loop and of the end of any iteration. It is found like types are: what the end of
a round shows beyond what was assumed at the head is assumed in the next round.
"""

from __future__ import annotations

from collections import defaultdict

from s2sgrad.frontend.memory import link, name_of
from s2sgrad.frontend.slots import Assumptions, SlotKey
from s2sgrad.frontend.things import Cell, Heap


class Sharing:
    """The cells that stand for carried memory in one round: at the head, by the key of what they stand for; at the
    end and after the loop by those at the head."""

    def __init__(self, assume: Assumptions) -> None:
        self.assume = assume
        self.heads: dict[SlotKey, Cell] = {}
        self.ends: defaultdict[Cell, list[Cell]] = defaultdict(list)
        self.afters: defaultdict[Cell, list[Cell]] = defaultdict(list)
        self.exported: list[tuple[Cell, Cell]] = []  # the body's variables, and what they are if it never ran

    def assume_at_head(self, before: Heap) -> None:
        """Let the cells at the head share what earlier rounds found that they may."""
        for key, cell in self.heads.items():
            for other in self.assume.sharing.get(key, ()):
                if isinstance(other, str):
                    for outer in [c for c in before if c.owner == other]:
                        link(cell, outer)
                elif other in self.heads:
                    link(cell, self.heads[other])
            cell.frozen = cell.frozen or self.assume.frozen.get(key)

    def has_grown(self, before: Heap) -> bool:
        """Whether the end of the body shows more than was assumed; it is assumed from now on."""
        grown = False
        for key, head in self.heads.items():
            new: set[SlotKey | str] = set()
            for cell in _with_aliases(self.ends_of(head)):
                if cell in before and cell not in head.aliases:
                    new.add(name_of(cell, before))
                if cell.frozen is not None and head.frozen is None and key not in self.assume.frozen:
                    self.assume.frozen[key] = cell.frozen
                    grown = True
            new.update(k for k, other in self.heads.items() if self._may_meet(head, other))
            known = self.assume.sharing.setdefault(key, set())
            grown = grown or not new <= known
            known |= new
        return grown

    def _may_meet(self, head: Cell, other: Cell) -> bool:
        """Whether what the next iteration finds in two places may be one although it was not known to be."""
        if head is other or other in head.aliases:
            return False
        found = _with_aliases(self.ends_of(head))
        return any(end in found for end in self.ends_of(other))

    def ends_of(self, head: Cell) -> list[Cell]:
        return self.ends[head] or [head]

    def note_after(self, before: Heap) -> None:
        """Let the cells after the loop share what those at the head and at the end do."""
        for head, afters in self.afters.items():
            others = [c for c in head.aliases if c in before]
            others += [c for other in head.aliases if other in self.afters for c in self.afters[other]]
            others += [made for made, start in self.exported if start in head.aliases]
            others += _with_aliases(self.ends_of(head))
            for cell in afters:
                for other in [*afters, *others]:
                    link(cell, other)
                cell.frozen = cell.frozen or head.frozen


def _with_aliases(cells: list[Cell]) -> set[Cell]:
    return {c for cell in cells for c in (cell, *cell.aliases)}
