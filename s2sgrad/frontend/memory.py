"""Reading and writing memory: arrays through their views, lists, dicts, and what may share memory with what.

An in-place update of the user's becomes a new version of the buffer that the name stands for:

    row = A[i]          row: the view [i] of A's buffer
    row[0] = v          r1 = getitem(A1, i); r2 = setitem(r1, 0, v); A2 = setitem(A1, i, r2)

so that every other name of the buffer sees the new version when it is read next.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sgrad.errors import AliasError, MutationError
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.owning import HELD, note_made, share
from s2sgrad.frontend.things import ArrayRef, Cell, DictRef, ListRef, Row, Thing, ViewStep, clean_name
from s2sgrad.ir.build import lift
from s2sgrad.ir.core import Call, Const, Tree, Value, leaves
from s2sgrad.ir.infer import infer
from s2sgrad.ir.primitives import getindex, make_list, new_dict, new_list, setitem
from s2sgrad.ir.types import NOTHING, OBJECT, UNKNOWN, Array, DictOf, ListOf, Scalar, TupleOf, Type, join


def view(ref: ArrayRef, fn: Any, *args: Tree, **kwargs: Tree) -> ArrayRef:
    """A view of an array: the same buffer, one step further."""
    step = ViewStep(fn, args, tuple(kwargs.items()))
    return ArrayRef(ref.cell, (*ref.path, step))


def check_writable(lo: Lowerer, cell: Cell, what: str = "an array") -> None:
    """Refuse a write that could be seen through a name for which it would not be carried out."""
    lo.contiguous.update(dict.fromkeys(lo.assumed_views.get(cell, ())))
    others = list(cell.aliases)
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


def update(lo: Lowerer, ref: ArrayRef, change: Callable[[Value], Value]) -> None:
    """Give the array a new version: ``change`` maps its present value to the new one."""
    check_writable(lo, ref.cell)
    base: Value = lo.heap[ref.cell]
    new = _update_path(lo, base, ref.path, change)
    if new.name is None and not lo.rule:
        new.name = base.name
    lo.heap[ref.cell] = new


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


# -- lists -------------------------------------------------------------------------------------------


def held_by_a_list(lo: Lowerer, thing: Thing) -> None:
    """What a run-time list holds must not be written by another name: the write would have to show in the list too."""
    if isinstance(thing, tuple):
        for item in thing:
            held_by_a_list(lo, item)
    elif isinstance(thing, DictRef) and isinstance(lo.heap[thing.cell], Value):
        lo.fail(
            "a list of run-time length cannot hold a dict whose keys only running knows", "keep the numbers in one dict"
        )
    elif isinstance(thing, Row):
        share(lo, thing)
    elif isinstance(thing, (ArrayRef, ListRef)):
        lo.handed_over.add(thing.cell)
        thing.cell.frozen = thing.cell.frozen or HELD


def as_growing(lo: Lowerer, items: tuple[Thing, ...]) -> Value:
    """A fixed list as a run-time list of its items."""
    operands = [lo.operand(item) for item in items]
    type_ = tree_type(operands)
    result = lo.builder.typed_call(make_list if operands else new_list, type_, *operands)
    note_made(lo, result, items)
    held_by_a_list(lo, items)
    if lo.is_varied(operands):
        lo.varied.add(result)
    return result


def as_keyed(lo: Lowerer, content: dict[Any, Thing]) -> Value:
    """A dict with static keys as a run-time dict of its numbers."""
    value = lo.builder.typed_call(new_dict, DictOf(NOTHING, NOTHING))
    for key, item in content.items():
        if not isinstance(item, (Value, Const)) or not isinstance(item.type, Scalar):
            lo.fail("a dict whose keys only running knows holds what is no number", "use static keys")
        value = raw(lo, setitem, value, Const(key), item)
    return value


def as_value(lo: Lowerer, content: Any) -> Value:
    """What the cell of a list or dict holds, as one run-time value."""
    return as_keyed(lo, content) if isinstance(content, dict) else as_growing(lo, content)


def tree_type(tree: Tree) -> Type:
    """The type of a tree of operands as one run-time object."""
    if isinstance(tree, Const) and tree.value is None:
        return UNKNOWN  # `[None] * n`: a number may be stored later
    if isinstance(tree, (Value, Const)):
        return tree.type
    if isinstance(tree, tuple):
        return TupleOf(tuple(map(tree_type, tree)))
    if isinstance(tree, list):
        item: Type = NOTHING
        for x in tree:
            item = join(item, tree_type(x))
        return ListOf(item)
    return OBJECT


def make_growing(lo: Lowerer, ref: ListRef) -> Value:
    """Turn a list into a run-time list where it is one name's structure so far."""
    content = lo.heap[ref.cell]
    if isinstance(content, Value):
        return content
    value = as_growing(lo, content)
    value.name = clean_name(ref.cell.owner)
    lo.heap[ref.cell] = value
    return value


def tuple_item(lo: Lowerer, value: Value, k: int) -> Thing:
    """Item ``k`` of a run-time tuple; a length that is known needs no operation."""
    assert isinstance(value.type, TupleOf)
    t = value.type.items[k]
    if isinstance(t, Scalar) and isinstance(t.length, int):
        return Const(t.length)
    item = lo.builder.typed_call(getindex, t, value, k)
    if value in lo.varied:
        lo.varied.add(item)
    return lo.wrap(item)
