"""Augmented assignment: ``target op= value``.

An array, a list or an instance with ``__iadd__`` is changed in place, whether a name, an item of a container or an
attribute stands for it; whatever else refers to it sees the change. Anything else is rebound.
"""

from __future__ import annotations

import operator
from typing import Any

import gast

from s2sgrad.errors import MutationError
from s2sgrad.frontend import dicts
from s2sgrad.frontend.attributes import attribute
from s2sgrad.frontend.binding import bind
from s2sgrad.frontend.data_model import inplace_method
from s2sgrad.frontend.dicts import is_keyed
from s2sgrad.frontend.expressions import BINARY
from s2sgrad.frontend.kinds import describe
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.memory import store
from s2sgrad.frontend.objects import store_attribute
from s2sgrad.frontend.operations import binary
from s2sgrad.frontend.raising import note_torn
from s2sgrad.frontend.subscripts import load_subscript, store_subscript
from s2sgrad.frontend.things import ArrayRef, DictRef, ListRef, Method, ObjectRef, Record, Row, Thing
from s2sgrad.ir.core import Const, Value
from s2sgrad.ir.types import Array, Unknown


def augmented(lo: Lowerer, stmt: Any) -> None:
    """``target op= value``: in place for arrays, lists and dicts wherever they stand; rebinding for the rest."""
    fn, target = BINARY[type(stmt.op)], stmt.target
    if isinstance(target, gast.Subscript):
        container, index = lo.expr(target.value), lo.expr(target.slice)
        if isinstance(container, DictRef) and is_keyed(lo, container) and _stores_next(lo, container, stmt.value):
            present = dicts.load_or_default(lo, container, index, target)
        else:
            present = load_subscript(lo, container, index, target)
        if isinstance(container, ArrayRef):
            result = _in_shape(lo, binary(lo, fn, present, lo.expr(stmt.value)), present)
            if isinstance(present, ArrayRef):
                note_torn(lo.catching, present.cell)
        else:
            result = updated(lo, fn, present, lo.expr(stmt.value), stmt)
        if result is not present:
            store_subscript(lo, container, index, result, target)
    elif isinstance(target, gast.Attribute):
        owner = lo.expr(target.value)
        present = attribute(lo, owner, target.attr, target)
        result = updated(lo, fn, present, lo.expr(stmt.value), stmt)
        if not (isinstance(owner, ObjectRef) and lo.heap[owner.cell].get(target.attr) is result):
            store_attribute(lo, owner, target.attr, result, target)
    else:
        present = lo.expr(gast.copy_location(gast.Name(target.id, gast.Load(), None, None), target))
        result = updated(lo, fn, present, lo.expr(stmt.value), stmt)
        if result is not present:
            bind(lo, target, result)


def _stores_next(lo: Lowerer, container: DictRef, value: Any) -> bool:
    """Whether the value to be added to an item of a ``defaultdict`` cannot see that the item is not there yet."""
    if container.factory is None or lo.frame.outer is not None:
        return False
    names = {n.id for n in gast.walk(value) if isinstance(n, gast.Name)}
    return all(isinstance(lo.frame.env.get(n, Const(None)), (Value, Const, ArrayRef)) for n in names)


def updated(lo: Lowerer, fn: Any, present: Thing, value: Thing, stmt: Any) -> Thing:
    """``present op= value``: ``present`` itself where that is changed in place, otherwise a new thing."""
    if isinstance(present, ArrayRef) and _updates_in_place(lo, present):
        result = _in_shape(lo, binary(lo, fn, present, value), present)
        if not isinstance(result, ArrayRef) and not isinstance(result, (Value, Const)):
            lo.fail("this operand cannot be added in place", "use an array", stmt)
        note_torn(lo.catching, present.cell)
        store(lo, present, Const(Ellipsis), result)
        return present
    if isinstance(present, ListRef) and fn is operator.add:
        lo.invoke(Method(present, "extend"), [value], {}, stmt)
        return present
    if isinstance(present, (ListRef, Row, DictRef)):
        lo.fail(
            f"this operator does not update {describe(present)} in place here",
            "write `x = x …` if no other name needs to see the change",
            stmt,
        )
    if isinstance(present, (ObjectRef, Record)):
        made = inplace_method(lo, fn, present, value)
        if made is not None:
            return made
    return binary(lo, fn, present, value)


def _in_shape(lo: Lowerer, result: Thing, present: Thing) -> Thing:
    """The result of an operator that is about to be written over ``present``: NumPy demands that it has its shape."""
    old = lo.read(present) if isinstance(present, ArrayRef) else present
    new = lo.read(result) if isinstance(result, ArrayRef) else result
    if isinstance(old, Value) and isinstance(new, Value) and any(new in op.results for op in lo.builder.block.ops[-1:]):
        have, wanted = new.type, old.type
        if isinstance(have, Array) and isinstance(wanted, Array) and have.ndim == wanted.ndim:
            new.type = Array(have.dtype, wanted.shape)
    return result


def _updates_in_place(lo: Lowerer, ref: ArrayRef) -> bool:
    """Whether `+=` writes into this array. Where only running can tell, no other name may see the difference."""
    if not isinstance(lo.read(ref).type, Unknown):
        return True
    env = lo.frame.env
    lo.frame.env = {name: thing for name, thing in env.items() if thing is not ref}
    shared = ref.path or ref.cell in lo.reachable_cells()
    lo.frame.env = env
    if shared:
        _check_unshared(lo, ref)
    return False


def _check_unshared(lo: Lowerer, ref: ArrayRef) -> None:
    lo.fail(
        "whether this updates a number or an array in place is only known at run time, and another name shares it",
        "write `x = x + …` or take a `.copy()`",
        error=MutationError,
    )
