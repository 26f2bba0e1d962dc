"""Recursive functions that write into arrays among their arguments.

    def fill(u, k):                   func fill(u.1: f8[n], k: pyi) -> f8[n]:
        u[k] = u[k + 1] * 2.0   →       …
        if k > 0:                       u.3 = fill u.2, k - 1
            fill(u, k - 1)

What such an array holds at the end is one result more, and at the call the new version of what was given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from s2sgrad.errors import AliasError, MutationError
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.memory import update
from s2sgrad.frontend.things import ArrayRef, Cell, Heap, Thing
from s2sgrad.ir.core import Value
from s2sgrad.ir.types import Array


def written_arrays(
    lo: Lowerer,
    name: str,
    variables: Mapping[str, Thing],
    changed: set[Cell],
    before: Heap,
    after: Heap,
    known: tuple[str, ...],
) -> tuple[str, ...]:
    """The variables whose arrays a body writes into, in order. Fails where other memory of its caller's is written."""
    arrays = {
        thing.cell: n
        for n, thing in variables.items()
        if isinstance(thing, ArrayRef) and _is_array(before[thing.cell]) and _is_array(after[thing.cell])
    }
    if not changed <= arrays.keys():
        what, remedy = f"the recursive function `{name}` writes into an argument", "return the new value instead"
        lo.fail(what + " that is no array", remedy, error=MutationError)
    names = {arrays[cell] for cell in changed}.union(known)
    return tuple(n for n in variables if n in names)


def _is_array(content: Any) -> bool:
    return isinstance(content, Value) and isinstance(content.type, Array)


def write_back(
    lo: Lowerer, written: Mapping[str, ArrayRef], variables: Mapping[str, Thing], contents: list[Value]
) -> None:
    """Give the arrays that a call has written into what they hold at its end."""
    for (n, ref), content in zip(written.items(), contents, strict=True):
        mine = {ref.cell, *ref.cell.aliases}
        for other, thing in variables.items():
            if other != n and not mine.isdisjoint(lo.cells_of([thing])):
                lo.fail(
                    f"a recursive function writes into `{n}`, which may share its memory with `{other}`",
                    "pass a copy of one of them",
                    error=AliasError,
                )
        present = lo.read(ref)
        content.type, content.name = present.type, present.name
        update(lo, ref, lambda array, content=content: content)  # type: ignore[misc]
