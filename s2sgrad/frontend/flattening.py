"""Things as flat lists of operands, and back: what a call of an IR function needs.

(x, {"w": w})    ──▶    [x, w]    and the structure    ("tuple", "leaf", ("DictRef", {"w": "leaf"}))
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gast

from s2sgrad.errors import UnsupportedCall
from s2sgrad.frontend.join import item_name
from s2sgrad.frontend.kinds import describe
from s2sgrad.frontend.lowerer import Frame, Lowerer
from s2sgrad.frontend.things import ArrayRef, Cell, Closure, DictRef, ListRef, ObjectRef, Record, Thing
from s2sgrad.ir.core import Const, Operand, Value
from s2sgrad.ir.types import Scalar


class Arguments:
    """Flattens things to operands, and remembers their structure. ``callee``: what they are given to, for messages."""

    def __init__(self, lo: Lowerer, callee: str = "a recursive function") -> None:
        self.lo = lo
        self.callee = callee
        self.operands: list[Operand] = []
        self.names: list[str | None] = []

    def flatten(self, thing: Thing, name: str | None = None) -> Any:
        """The structure of a thing; its operands are collected in order."""
        lo = self.lo
        if isinstance(thing, (Value, ArrayRef)) or (isinstance(thing, Const) and isinstance(thing.type, Scalar)):
            self.operands.append(lo.read(thing) if isinstance(thing, ArrayRef) else thing)
            self.names.append(name)
            return "leaf"
        if isinstance(thing, Record):
            return (("record", thing.cls), *(self.flatten(t, n) for t, n in zip(thing, thing.cls._fields, strict=True)))
        if isinstance(thing, tuple):
            return ("tuple", *(self.flatten(t, item_name(name, k)) for k, t in enumerate(thing)))
        if isinstance(thing, (ListRef, DictRef, ObjectRef)):
            content = lo.heap[thing.cell]
            kind = ("object", thing.cls) if isinstance(thing, ObjectRef) else type(thing).__name__
            if isinstance(content, Value):
                self.operands.append(content)
                self.names.append(name)
                return (kind, "leaf")
            if isinstance(content, tuple):
                return (kind, self.flatten(content, name))
            return (kind, {k: self.flatten(t, str(k)) for k, t in content.items()})
        if isinstance(thing, Closure) and _closes_over_values(thing):
            lo.fail(
                f"{self.callee} is given `{thing.name}`, which reads variables of the function around it",
                "pass these variables as arguments",
                error=UnsupportedCall,
            )
        if isinstance(thing, (Const, Closure)):
            return thing
        lo.fail(
            f"{describe(thing)} cannot be passed to or returned by {self.callee}",
            "pass numbers and arrays",
            error=UnsupportedCall,
        )


def _closes_over_values(closure: Closure) -> bool:
    """Whether a function reads numbers, arrays or structures of an enclosing function."""
    names = {m.id for m in gast.walk(closure.node) if isinstance(m, gast.Name)}
    frame: Frame | None = closure.frame
    while frame is not None:
        if any(not isinstance(frame.env.get(name, closure), (Closure, Const)) for name in names):
            return True
        frame = frame.outer
    return False


def rebuild(lo: Lowerer, spec: Any, operands: Iterator[Operand], name: str | None = None) -> Thing:
    """A thing of this structure over other operands."""
    if isinstance(spec, str):
        operand = next(operands)
        return lo.wrap(operand, name) if isinstance(operand, Value) else operand
    if not isinstance(spec, tuple):
        return spec
    kind, *items = spec
    if kind == "tuple":
        return tuple(rebuild(lo, s, operands) for s in items)
    if isinstance(kind, tuple) and kind[0] == "record":
        return Record(kind[1], [rebuild(lo, s, operands) for s in items])
    cell = Cell(name)
    (content,) = items
    if content == "leaf":
        lo.heap[cell] = next(operands)
    elif isinstance(content, dict):
        lo.heap[cell] = {k: rebuild(lo, s, operands, str(k)) for k, s in content.items()}
    else:
        lo.heap[cell] = rebuild(lo, content, operands)
    if isinstance(kind, tuple):
        return ObjectRef(cell, kind[1])
    return ListRef(cell) if kind == "ListRef" else DictRef(cell)


def freeze(spec: Any) -> Any:
    """A structure as a hashable key."""
    if isinstance(spec, dict):
        return tuple((k, freeze(s)) for k, s in spec.items())
    if isinstance(spec, tuple):
        return tuple(map(freeze, spec))
    if isinstance(spec, Const):
        return (type(spec.value), repr(spec.value))
    return spec
