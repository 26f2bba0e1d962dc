"""``super()``: attributes looked up in the classes behind the one that a method is written in."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from s2sgrad.errors import UndefinedName
from s2sgrad.frontend.class_members import found_in, thing_of
from s2sgrad.frontend.lowerer import Frame, Lowerer
from s2sgrad.frontend.things import Method, ObjectRef, Super, Thing
from s2sgrad.ir.core import Const


def make_super(lo: Lowerer, args: list[Thing], node: Any) -> Super:
    """``super()`` in a method, or ``super(cls, self)``."""
    if len(args) == 2 and isinstance(args[0], Const):
        return Super(args[0].value, args[1])
    frame: Frame | None = lo.frame
    while frame is not None and frame.outer is not None:
        if "__class__" in frame.outer.env:  # the method of a class that is defined inside
            return Super(frame.outer.env["__class__"].value, _first_argument(frame))
        frame = frame.outer
    cell = frame.scope.closure.get("__class__") if frame is not None and frame.scope is not None else None
    self = _first_argument(frame) if frame is not None else None
    if args or cell is None or self is None or frame is None:
        lo.fail("`super()` is not supported here", "write `super(Class, self)`", node)
    return Super(cell.cell_contents, self)


def _first_argument(frame: Frame) -> Thing:
    parameters = [*frame.node.args.posonlyargs, *frame.node.args.args]
    return frame.env[parameters[0].id] if parameters else None


def super_attribute(lo: Lowerer, thing: Super, name: str, node: Any) -> Thing:
    """``super().name``."""
    self = thing.self
    value = getattr(self, "value", None)
    is_class = isinstance(value, type)
    cls: Any = value if is_class else self.cls if isinstance(self, ObjectRef) else type(value)
    order = cls.__mro__
    behind = order[order.index(thing.cls) + 1 :] if thing.cls in order else ()
    found = found_in(lo, behind, name)
    if isinstance(found, property) and isinstance(found.fget, FunctionType):
        return lo.invoke(Const(found.fget), [self], {}, node)
    if isinstance(found, staticmethod):
        return Const(found.__func__)
    if isinstance(found, classmethod):
        return Method(self if is_class else Const(cls), name, found.__func__)
    if isinstance(found, FunctionType) or found in (object.__init__, object.__setattr__):
        return Method(self, name, found)
    if found is None or hasattr(type(found), "__get__"):
        lo.fail(f"`super().{name}` is not supported", "call the method of the class by its name", node, UndefinedName)
    return thing_of(lo, found)
