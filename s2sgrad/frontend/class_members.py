"""What classes hold: looked up along the order of their bases, for classes from outside and those defined inside.

A class that the lowered function defines is made for real while compiling, by its metaclass and decorators. What only
exists while compiling has something that stands for it there, so that Python's own machinery can work with it:

    class Spring:                  vars(Spring)
        k = 2.0 * x                "k": Variable — the thing is in the memory of the class
        def force(self, u): …      "force": a function without a body — calling it is calling the closure
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from s2sgrad.frontend.lowerer import OPERANDS, Lowerer
from s2sgrad.frontend.things import Cell, Closure, Thing
from s2sgrad.ir.core import Const


@dataclass(frozen=True, slots=True)
class Variable:
    """Stands in a class for a thing that its memory holds."""

    name: str
    cell: Cell


def class_attribute(lo: Lowerer, cls: type, name: str) -> Any:
    """What a class or its bases have under a name, as it stands in their namespaces; None if they have nothing."""
    return found_in(lo, cls.__mro__, name)


def found_in(lo: Lowerer, classes: Iterable[type], name: str) -> Any:
    """The same for the first of ``classes`` that has it."""
    for base in classes:
        cell = lo.classes.get(base)
        held = {} if cell is None else lo.heap.get(cell, {})
        if cell is not None and name in held:
            thing = held[name]
            return thing.value if isinstance(thing, Const) else Variable(name, cell)
        if name in vars(base):
            return vars(base)[name]
    return None


def is_in_class(lo: Lowerer, cls: type, name: str) -> bool:
    """Whether an instance finds an attribute of this name in its class. What only the metaclass has is not found."""
    held = (lo.heap.get(lo.classes[base], {}) for base in cls.__mro__ if base in lo.classes)
    return any(name in vars(base) for base in cls.__mro__) or any(name in attributes for attributes in held)


def thing_of(lo: Lowerer, value: Any) -> Thing:
    """The thing that a member of a class stands for."""
    if not isinstance(value, Variable):
        return Const(value)
    if value.cell not in lo.heap:
        lo.fail(f"the class that `{value.name}` belongs to was defined in a branch or a loop", "define it before")
    return lo.heap[value.cell][value.name]


def stand_in(lo: Lowerer, thing: Thing, name: str, cell: Cell) -> Any:
    """A Python object for a thing, that a class can hold."""
    if isinstance(thing, Const):
        return thing.value
    if isinstance(thing, Closure):
        return _function(lo, thing)
    return Variable(name, cell)


def _function(lo: Lowerer, closure: Closure) -> FunctionType:
    made = FunctionType(_stand_in.__code__, globals(), closure.name)
    lo.stand_ins[made] = closure
    return made


def _stand_in(*args: object, **kwargs: object) -> None:
    raise TypeError("this stands for a function while a derivative is compiled")


def store_in_class(lo: Lowerer, cls: type, name: str, thing: Thing) -> None:
    """``cls.name = thing`` for a class defined inside."""
    cell = lo.classes[cls]
    if isinstance(thing, Closure):
        thing = Const(_function(lo, thing))
    lo.heap[cell] = {**lo.heap[cell], name: thing}


def exists_only_here(lo: Lowerer, value: Any) -> bool:
    """Whether this is a class defined inside, or belongs to one, so that run-time code cannot have it."""
    if not lo.classes or isinstance(value, Variable):
        return isinstance(value, Variable)
    if isinstance(value, FunctionType):
        return value in lo.stand_ins
    cls = value if isinstance(value, type) else type(value)
    if cls not in lo.classes:
        return False
    plain_exception = issubclass(cls, BaseException) and not any(
        isinstance(member, Variable) or (isinstance(member, FunctionType) and member in lo.stand_ins)
        for base in cls.__mro__
        for member in vars(base).values()
    )
    return not plain_exception


def _operand(lo: Lowerer, constant: Const) -> Const:
    if lo.classes and exists_only_here(lo, constant.value):
        name = getattr(constant.value, "__name__", type(constant.value).__name__)
        lo.fail(
            f"`{name}`, which the function itself defines, cannot be used as a run-time value",
            "define the class outside of the function",
        )
    return constant


OPERANDS |= {Const: _operand}
