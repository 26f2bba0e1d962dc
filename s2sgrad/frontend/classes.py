"""``class`` inside the function: made while compiling; its methods close over the function's variables.

The body is lowered once, in a scope of its own, which functions inside do not see. What it leaves becomes the
namespace of a real class, made by its own metaclass (`class_members.py` says what stands for what in it), so that
inheritance, ``dataclass``, ``NamedTuple``, ``Enum`` and properties are Python's own.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import types
from typing import Any

import gast

from s2sgrad.errors import S2SGradError
from s2sgrad.frontend.binding import bind
from s2sgrad.frontend.calls import handles
from s2sgrad.frontend.class_members import stand_in
from s2sgrad.frontend.liveness import analyse
from s2sgrad.frontend.lowerer import STATEMENTS, Frame, Lowerer
from s2sgrad.frontend.source import Source
from s2sgrad.frontend.statements import lower_block
from s2sgrad.frontend.things import Cell, Closure, Thing
from s2sgrad.ir.core import Const

_MADE_NOW = (
    *(
        property,
        property.getter,
        property.setter,
        property.deleter,
        staticmethod,
        classmethod,
        functools.cached_property,
    ),
    *(dataclasses.dataclass, dataclasses.field, enum.auto),
)


def _class(lo: Lowerer, stmt: Any) -> None:
    """``class Name(bases): body``, with its decorators."""
    decorators = [lo.expr(d) for d in stmt.decorator_list]
    bases = tuple(_known(lo, b) for b in stmt.bases)
    options = {k.arg: _known(lo, k.value) for k in stmt.keywords}
    outer = lo.frame
    # functions in the body see `__class__` (for `super()`) and what is around the class, but not the body's own names
    around = Frame(outer.source, outer.scope, {}, outer, None, outer.key, None)
    cell = Cell(stmt.name)
    content = _run_body(lo, stmt, around)

    def fill(namespace: dict[str, Any]) -> None:
        namespace["__module__"] = outer.scope.globals.get("__name__", "") if outer.scope is not None else ""
        namespace["__qualname__"] = stmt.name
        namespace["__annotations__"] = _annotations(lo, stmt)
        for name, thing in content.items():
            namespace[name] = stand_in(lo, thing, name, cell)

    try:
        cls = types.new_class(stmt.name, bases, options, fill)
    except (TypeError, ValueError) as error:
        lo.fail(f"this class cannot be made: {error}", "define it outside of the function", stmt)
    _register(lo, cls, cell, content)
    thing: Thing = Const(cls)
    for decorator in reversed(decorators):
        thing = _decorated(lo, decorator, thing, stmt)
    around.env["__class__"] = thing if isinstance(thing, Const) else Const(cls)
    if isinstance(thing, Const) and thing.value is not cls and isinstance(thing.value, type):
        _register(lo, thing.value, cell, content)  # `dataclass(slots=True)` makes a new class
    bind(lo, gast.copy_location(gast.Name(stmt.name, gast.Store(), None, None), stmt), thing)


def _decorated(lo: Lowerer, decorator: Thing, thing: Thing, stmt: Any) -> Thing:
    if isinstance(decorator, Const) and isinstance(thing, Const):
        home = getattr(decorator.value, "__module__", "")
        if home in ("dataclasses", "functools", "enum", "typing") and not isinstance(decorator.value, type):
            return Const(decorator.value(thing.value))
    return lo.invoke(decorator, [thing], {}, stmt)


def _register(lo: Lowerer, cls: type, cell: Cell, content: dict[str, Thing]) -> None:
    lo.classes[cls] = cell
    own = vars(cls)
    lo.heap[cell] = {
        name: thing
        for name, thing in content.items()
        if name in own and not isinstance(thing, Closure) and not _belongs_to_class(thing, own[name])
    }


def _belongs_to_class(thing: Thing, made: Any) -> bool:
    """Whether the class has made something else of a variable (a slot, a field, a member), or keeps a descriptor."""
    return isinstance(thing, Const) and (made is not thing.value or hasattr(type(made), "__get__"))


def _run_body(lo: Lowerer, stmt: Any, around: Frame) -> dict[str, Thing]:
    """The variables that the body of a class leaves."""
    outer = around.outer
    assert outer is not None and outer.source is not None
    source = Source(stmt, outer.source.filename, outer.source.lines, analyse(stmt, keep_all=True))
    frame = Frame(source, outer.scope, {}, around, None, (*outer.key, "class"), None)
    lo.stack.append(outer)
    lo.frame = frame
    body = [s for s in stmt.body if not (isinstance(s, gast.AnnAssign) and s.value is None)]
    lower_block(lo, body)
    lo.frame = lo.stack.pop()
    return {name: _hides_body(thing, frame, around) for name, thing in frame.env.items() if name[0] != "%"}


def _hides_body(thing: Thing, frame: Frame, around: Frame) -> Thing:
    if isinstance(thing, Closure) and thing.frame is frame:
        return Closure(thing.node, around, thing.defaults, thing.name)
    return thing


def _annotations(lo: Lowerer, stmt: Any) -> dict[str, Any]:
    """The annotations of a class, as far as ``dataclass`` and ``NamedTuple`` ask for them: by their outermost name."""
    found: dict[str, Any] = {}
    for s in stmt.body:
        if isinstance(s, gast.AnnAssign) and isinstance(s.target, gast.Name):
            node = s.annotation.value if isinstance(s.annotation, gast.Subscript) else s.annotation
            try:
                thing = lo.expr(node)
            except S2SGradError:
                thing = None
            found[s.target.id] = thing.value if isinstance(thing, Const) else object
    return found


def _known(lo: Lowerer, node: Any) -> Any:
    thing = lo.expr(node)
    if not isinstance(thing, Const):
        lo.fail("the bases and options of a class have to be known while compiling", "name them", node)
    return thing.value


def _made_now(function: Any) -> Any:
    """Calls of this are carried out while compiling, with what stands for its arguments."""

    def handler(lo: Lowerer, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> Thing:
        cell = Cell()

        def known(thing: Thing, name: str) -> Any:
            if not isinstance(thing, (Const, Closure)):
                lo.heap[cell] = {**lo.heap.get(cell, {}), name: thing}
            return stand_in(lo, thing, name, cell)

        values = [known(a, f"argument {k}") for k, a in enumerate(args)]
        return Const(function(*values, **{k: known(v, k) for k, v in kwargs.items()}))

    return handler


for _function in _MADE_NOW:
    handles(_function)(_made_now(_function))

STATEMENTS |= {gast.ClassDef: _class}
