"""The entries of dicts and objects: which there are has to be known while compiling.

    for i in range(n):                                  in the first iteration there is no `d["k"]`, later there is:
        d["k"] = d.get("k", 0.0) + x[i]                 only running tells which it is

Such an entry is a :class:`~s2sgrad.frontend.things.Poison` that says so, until it is written. Whatever asks whether it
is there asks here.
"""

from __future__ import annotations

from typing import Any

from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.things import DictRef, ObjectRef, Poison, Thing
from s2sgrad.ir.core import Const, Value


def entries(lo: Lowerer, ref: DictRef | ObjectRef) -> dict[Any, Thing]:
    """All entries. Fails where only running tells which there are."""
    content: dict[Any, Thing] = lo.heap[ref.cell]
    for key in content:
        entry(lo, ref, key)
    return content


def entry(lo: Lowerer, ref: DictRef | ObjectRef, key: Any) -> Thing | None:
    """One entry, or None where there is none. Fails where only running tells."""
    thing = lo.heap[ref.cell].get(key)
    if isinstance(thing, Poison) and thing.absent:
        lo.needs_static(thing.cond, thing.why, thing.remedy)
    if key in lo.perhaps.get(ref.cell, ()):
        poison = may_be_absent(key, None)
        lo.fail(poison.why, poison.remedy)
    return thing


def may_be_absent(key: Any, cond: Value | None) -> Poison:
    """Stands for an entry that is there on one path only, or in some iterations of a loop only."""
    return Poison(
        f"whether there is an entry `{key}` here is only known when it runs",
        "give it a value before the branch or the loop that first assigns it",
        cond,
        absent=True,
    )


def class_default(cls: type | None, name: Any) -> Const | None:
    """The number that reading an attribute finds on the class, as long as the instance has none of its own."""
    found = getattr(cls, name, None) if cls is not None and isinstance(name, str) else None
    return Const(found) if type(found) in (bool, int, float, complex) else None
