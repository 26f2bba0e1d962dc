"""One type of number for each list: in Python a list may hold ints and floats, in compiled code it may not.

    total = [0] * 3                 total = [0.0, 0.0, 0.0]
    total[k] = x           ──▶      total[k] = x

Numba would make an int of the float that is written, without a word. All lists that may be one another (versions of a
variable, what a loop or a branch hands on, a row and the list that it is in) are found first; then what any of them is
given becomes of the type that all their numbers have in common.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from s2sgrad.errors import Location, UnsupportedCall
from s2sgrad.ir.core import (
    Block,
    Call,
    Const,
    For,
    Function,
    If,
    Op,
    Operand,
    Tree,
    Try,
    Value,
    While,
    With,
    blocks_of,
    leaves,
    walk,
)
from s2sgrad.ir.primitives import additem, getindex, make_list, new_list, pop, push, setitem
from s2sgrad.ir.types import NOTHING, Array, ListOf, Scalar, TupleOf, Type

_CASTS: dict[str, Any] = {"f": float, "c": complex}
_SAME = (push, pop, setitem, additem, getindex, operator.getitem, make_list, list)


def one_type_each(function: Function) -> None:
    """Let each list of a function hold numbers of one type. ``function`` is changed.

    :raises UnsupportedCall: where a list holds things that are unlike in another way.
    """
    lists = _Lists()
    for op in walk(function.body):
        for group in _same_lists(op):
            lists.join(group)
    for x in function.params:
        lists.come(x)
    for op in walk(function.body):
        for target, item in _stored(op):
            lists.hold(target, item)
        if isinstance(op, Call) and op.fn not in (*_SAME, new_list):
            for x in op.results:
                lists.come(x)
    if any(len(set(kinds)) > 1 for kinds in lists.held.values()):
        _cast(function.body, lists)


class _Lists:
    """Lists that may be one another (a union-find structure), and the types of what they are given."""

    def __init__(self) -> None:
        self.parents: dict[Value, Value] = {}
        self.fixed: set[Value] = set()
        self.held: dict[Value, list[tuple[np.dtype, ...]]] = {}

    def find(self, x: Value) -> Value:
        while (parent := self.parents.get(x, x)) is not x:
            x = parent
        return x

    def join(self, group: Sequence[Value]) -> None:
        first = self.find(group[0])
        for x in group[1:]:
            other = self.find(x)
            if other is not first:
                self.parents[other] = first

    def hold(self, target: Value, item: Tree) -> None:
        """Note that a list is given an item."""
        kinds = _kinds(item)
        if kinds is not None:
            self.held.setdefault(self.find(target), []).append(kinds)

    def come(self, x: Value) -> None:
        """Note a list that comes from elsewhere as it is."""
        if _is_list(x):
            self.fixed.add(self.find(x))
            self.hold(x, Value(_item(x.type)))

    def kinds(self, target: Value, op: Op) -> tuple[np.dtype, ...] | None:
        """What the numbers of a list become; None if they are all alike."""
        found = set(self.held.get(self.find(target), ()))
        if len(found) < 2:
            return None
        if len(set(map(len, found))) > 1 or self.find(target) in self.fixed:
            raise UnsupportedCall(
                "a list holds things of unlike types, which cannot be compiled for Numba",
                "let it hold numbers of one type, or tuples of such numbers",
                Location.of(op.stmt) if op.stmt is not None else None,
            )
        return tuple(np.result_type(*together) for together in zip(*found, strict=True))


def _kinds(item: Tree) -> tuple[np.dtype, ...] | None:
    """The types of the numbers that an item is made of; None for an item that is made of something else."""
    parts = item if isinstance(item, tuple) else (item,)
    found: list[np.dtype] = []
    for x in parts:
        t = x.type if isinstance(x, (Value, Const)) else None
        of_tuple = t.items if isinstance(t, TupleOf) else (t,)
        if not all(isinstance(part, Scalar) for part in of_tuple):
            return None
        found += [part.dtype for part in of_tuple if isinstance(part, Scalar)]
    return tuple(found)


def _is_list(x: Any) -> bool:
    return isinstance(x, Value) and isinstance(x.type, ListOf)


def _same_lists(op: Op) -> Iterator[list[Value]]:
    """Groups of lists that an operation makes one."""
    groups: list[Sequence[Any]] = []
    if isinstance(op, Call):
        groups.append([*leaves(op.args), *op.results] if op.fn in _SAME else [])
    elif isinstance(op, (For, While)):
        groups += zip(op.inits, op.carried, op.body.results, op.results, strict=True)
        if isinstance(op, While):
            groups += zip(op.carried, op.cond.params, strict=True)
    elif isinstance(op, (If, With, Try)):
        blocks = [block for block in blocks_of(op) if not block.diverges]
        groups += zip(op.results, *(block.results for block in blocks), strict=True)
    for group in groups:
        found = [x for x in group if _is_list(x)]
        if len(found) > 1:
            yield found


def _stored(op: Op) -> Iterator[tuple[Value, Tree]]:
    """The items that an operation puts into lists."""
    if not isinstance(op, Call):
        return
    if op.fn is make_list:
        yield from ((op.result, item) for x in op.args for item in _items(x))
    elif op.fn is push or (op.fn in (setitem, additem) and _is_list(op.args[0])):
        yield from ((op.results[0], item) for item in _items(op.args[-1]))
    elif op.fn is list and not _is_list(op.args[0]):
        yield op.result, Value(_item(op.result.type))


def _items(x: Tree) -> Iterator[Tree]:
    """What a list is given, be it in lists that are written where they are put in."""
    if isinstance(x, list):
        for item in x:
            yield from _items(item)
    else:
        yield x


def _item(t: Type) -> Type:
    while isinstance(t, ListOf):
        t = t.item
    return NOTHING if not isinstance(t, (Scalar, TupleOf)) else t


def _cast(block: Block, lists: _Lists) -> None:
    ops: list[Op] = []
    for op in block.ops:
        for inner in blocks_of(op):
            _cast(inner, lists)
        for target, item in _stored(op):
            kinds = lists.kinds(target, op)
            if kinds is None or _kinds(item) in (None, kinds):
                continue
            assert isinstance(op, Call)
            if op.fn is list:
                array = Value(Array(kinds[0], op.args[0].type.shape), op.args[0].name)
                ops.append(Call(np.astype, (op.args[0], Const(kinds[0])), {}, [array], stmt=op.stmt))
                op.args = (array,)
            else:
                new = _converted(item, kinds, op, ops)
                op.args = tuple(_with(new, item, x) for x in op.args)
        ops.append(op)
    block.ops = ops


def _with(new: Tree, old: Tree, tree: Tree) -> Tree:
    """``tree`` with ``new`` in the place of its part ``old``."""
    if tree is old:
        return new
    return [_with(new, old, x) for x in tree] if isinstance(tree, list) else tree


def _converted(item: Tree, kinds: tuple[np.dtype, ...], op: Call, ops: list[Op]) -> Tree:
    """An item with numbers of these types."""
    parts = item if isinstance(item, tuple) else (item,)
    made: list[Operand] = []
    for x, kind in zip(parts, kinds, strict=True) if len(parts) == len(kinds) else ():
        assert isinstance(x, (Value, Const)) and isinstance(x.type, Scalar)
        cast = _CASTS.get(kind.kind)
        if x.type.dtype == kind:
            made.append(x)
        elif isinstance(x, Const) and cast is not None:
            made.append(Const(cast(x.value)))
        else:
            result = Value(Scalar(kind), x.name if isinstance(x, Value) else None)
            ops.append(Call(cast or kind.type, (x,), {}, [result], stmt=op.stmt, adjoint=op.adjoint))
            made.append(result)
    if not made:
        raise UnsupportedCall(
            "a list holds tuples of unlike numbers, which cannot be compiled for Numba",
            "write its items so that each place has numbers of one type",
            Location.of(op.stmt) if op.stmt is not None else None,
        )
    return tuple(made) if isinstance(item, tuple) else made[0]
