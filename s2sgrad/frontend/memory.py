"""Reading and writing memory: arrays through their views, lists, dicts, and what may share memory with what.

An in-place update of the user's becomes a new version of the buffer that the name stands for:

    row = A[i]          row: the view [i] of A's buffer
    row[0] = v          r1 = getitem(A1, i); r2 = setitem(r1, 0, v); A2 = setitem(A1, i, r2)

so that every other name of the buffer sees the new version when it is read next.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Set
from dataclasses import replace
from typing import Any

import numpy as np

from s2sgrad.errors import AliasError, MutationError
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.things import ArrayRef, Cell, Heap, Item, Thing, ViewStep, clean_name
from s2sgrad.ir.build import lift
from s2sgrad.ir.core import Call, Const, Tree, Value, leaves
from s2sgrad.ir.infer import infer
from s2sgrad.ir.primitives import setitem
from s2sgrad.ir.types import Array, Scalar, Type


def view(ref: ArrayRef, fn: Any, *args: Tree, **kwargs: Tree) -> ArrayRef:
    """A view of an array: the same buffer, one step further."""
    step = ViewStep(fn, args, tuple(kwargs.items()))
    return ArrayRef(ref.cell, (*ref.path, step))


def check_writable(lo: Lowerer, cell: Cell, what: str = "an array", coherent: Set[Cell] = frozenset()) -> None:
    """Refuse a write that could be seen through a name for which it would not be carried out.

    ``coherent``: cells for which it will be."""
    lo.contiguous.update(dict.fromkeys(lo.assumed_views.get(cell, ())))
    others = [c for c in cell.aliases if c not in coherent]
    for one in (cell, *others):
        if one.frozen is not None:
            lo.fail(f"this writes into memory that {one.frozen}", "update a copy of it", error=MutationError)
    if others:
        reachable = lo.reachable_cells()
        for other in others:
            if other in reachable:
                name = f"`{other.owner}`" if other.owner and other.owner[0] != "%" else f"another {what.split()[-1]}"
                lo.fail(
                    f"this writes into {what} that may or may not share its memory with {name}",
                    "make the copy explicit with `.copy()` before writing",
                    error=AliasError,
                )


def may_share(made: Cell, old: Cell) -> None:
    """Record that a cell that has just been made may be the memory of an old one, or what that may be.

    Nothing follows for two old cells: of `y = a if c else b`, `y` may be either, but `a` is never `b`."""
    for other in (old, *old.aliases):
        link(made, other)


def same_memory(a: Cell | None, b: Cell | None) -> bool:
    """Whether two cells, if there are any, may be the same memory."""
    return a is not None and b is not None and (a is b or b in a.aliases)


def link(a: Cell, b: Cell) -> None:
    """Record that two cells, and no others, may be the same memory."""
    if a is not b:
        a.aliases[b] = None
        b.aliases[a] = None


def name_of(cell: Cell, heap: Heap) -> str:
    """What a cell from before a loop is called in assumptions about it."""
    if cell.owner is None:
        cell.owner = f"%cell{sum(1 for c in heap if (c.owner or '').startswith('%cell'))}"
    return cell.owner


def update(lo: Lowerer, ref: ArrayRef, change: Callable[[Value], Value]) -> None:
    """Give the array a new version: ``change`` maps its present value to the new one."""
    base: Any = lo.heap[ref.cell]
    if isinstance(base, Item):
        _update_item(lo, ref, base, change)
        return
    check_writable(lo, ref.cell)
    new = _update_path(lo, base, ref.path, change)
    if new.name is None and not lo.rule:
        new.name = base.name
    lo.heap[ref.cell] = new


def _update_item(lo: Lowerer, ref: ArrayRef, item: Item, change: Callable[[Value], Value]) -> None:
    """Give an item of a list a new version, and the list one with it; other names of its items read it anew."""
    memory = item.items.items
    assert memory is not None
    same = {c for c in (memory, *memory.aliases) if _is_item_of(lo.heap.get(c), item.items)}
    check_writable(lo, ref.cell, coherent={*same, memory})
    check_writable(lo, memory, coherent={*same, item.items})
    check_writable(lo, item.items)
    present = lo.read(item.ref)
    present.name = present.name or clean_name(ref.cell.owner)
    inner = _update_path(lo, present, ref.path, change)
    items: Value = lo.heap[item.items]
    new = raw(lo, setitem, items, item.index, inner)
    new.name = items.name
    lo.heap[item.items], lo.heap[memory] = new, {}
    for cell in same:
        other: Item = lo.heap[cell]
        lo.heap[cell] = replace(other, value=None)


def _is_item_of(content: Any, items: Cell) -> bool:
    return isinstance(content, Item) and content.items is items


def _update_path(lo: Lowerer, base: Value, path: tuple[ViewStep, ...], change: Callable[[Value], Value]) -> Value:
    if not path:
        return change(base)
    step, *rest = path
    inner = lo.apply_view(step, base)
    inner = _update_path(lo, inner, tuple(rest), change)
    return _put_back(lo, base, step, inner)


def _put_back(lo: Lowerer, base: Value, step: ViewStep, inner: Value) -> Value:
    """The buffer after a view of it has become ``inner``."""
    kwargs = dict(step.kwargs)
    if step.fn is operator.getitem:
        return raw(lo, setitem, base, step.args[0], inner)
    if step.fn in (np.flip, np.fliplr, np.flipud):
        return raw(lo, step.fn, inner, *step.args, **kwargs)
    if step.fn is np.swapaxes:
        return raw(lo, np.swapaxes, inner, *step.args)
    if step.fn is np.transpose:
        axes = step.args[0] if step.args else kwargs.get("axes")
        if axes is None or (isinstance(axes, Const) and axes.value is None):
            return raw(lo, np.transpose, inner)
        if isinstance(axes, tuple) and all(isinstance(a, Const) for a in axes):
            inverse = tuple(Const(int(k)) for k in np.argsort([a.value for a in axes]))
            return raw(lo, np.transpose, inner, inverse)
    if step.fn is np.real and isinstance(base.type, Array) and base.type.dtype.kind != "c":
        return inner  # of real numbers: the array itself
    if step.fn in (np.expand_dims, np.squeeze, np.reshape, np.ravel, np.atleast_1d, np.atleast_2d, np.atleast_3d):
        return raw(lo, np.reshape, inner, raw(lo, np.shape, base))
    if step.fn in _READ_ONLY:
        lo.fail(f"NumPy's `{step.fn.__name__}` returns a read-only view", "write into a copy", error=MutationError)
    lo.fail(f"writing through `{step.fn.__name__}(…)` is not supported", "write into the array itself")


_READ_ONLY = {np.broadcast_to, np.diagonal}


def raw(lo: Lowerer, fn: Any, *args: Tree, **kwargs: Tree) -> Value:
    """A call whose result is a new version of existing memory (it gets no memory of its own)."""
    operands, options = lift(args), lift(kwargs)
    type_ = infer(fn, operands, options)
    assert isinstance(type_, Type)
    result = Value(type_)
    lo.builder.add(Call(fn, operands, options, [result]))
    if any(x in lo.varied for x in leaves(operands) if isinstance(x, Value)):
        lo.varied.add(result)
    return result


def store(lo: Lowerer, ref: ArrayRef, index: Tree, value: Thing) -> None:
    """``ref[index] = value``."""
    operand = lo.operand(value)

    def change(array: Value) -> Value:
        check_store(lo, array.type, operand)
        return raw(lo, setitem, array, index, operand)

    update(lo, ref, change)


def check_store(lo: Lowerer, into: Type, value: Tree) -> None:
    """Refuse to drop the derivative of what is stored."""
    if isinstance(into, Array) and into.dtype.kind in "iub" and lo.is_varied(value):
        lo.fail(
            f"storing a differentiated value into an array of dtype {into.dtype} truncates it",
            "make the array a float array",
            error=MutationError,
        )
    if isinstance(into, Array) and into.dtype.kind == "f" and lo.is_varied(value):
        t = getattr(value, "type", None)
        if isinstance(t, (Scalar, Array)) and t.dtype.kind == "c":
            lo.fail("storing a complex value into a real array drops its imaginary part", "use `.real`")
