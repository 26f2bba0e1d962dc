"""The cotangents known at one point of the backward part, region by region.

A scope belongs to one block of the primal. What a nested block contributes to a value from outside
is threaded through: a branch starts from the cotangent that there is outside and returns the new one
(``if c: x_bar = x_bar + …``), a loop carries it as an accumulator, made when the first contribution
arrives.

Lists and run-time tuples have cotangents too. That of a tuple is kept apart, item by item: a Python
tuple with None for zeros.
"""

from __future__ import annotations

import operator
from typing import TypeAlias

from s2sgrad.ir.build import Builder
from s2sgrad.ir.core import Block, Const, For, Operand, Tree, Value
from s2sgrad.ir.primitives import added, additem, getindex, keys_of, setitem
from s2sgrad.ir.types import INT, DictOf, ListOf, TupleOf, Type, Unknown, is_differentiable
from s2sgrad.transforms.cotangents import add, bar_name, derivative_type, zero
from s2sgrad.transforms.structure import Structure

Cotangent: TypeAlias = "Operand | tuple[Cotangent | None, ...]"


class Scope:
    """The cotangents in a block of the primal; this base class is the scope of a function's body."""

    def __init__(self, structure: Structure, block: object, parent: Scope | None = None) -> None:
        self.structure = structure
        self.block = block
        self.parent = parent
        self.bars: dict[Value, Cotangent] = {}

    def is_local(self, x: Value) -> bool:
        return self.structure.home.get(x, self.structure.body) is self.block

    def current(self, x: Value) -> Cotangent | None:
        """The cotangent of ``x`` to which a contribution is to be added, if there is one yet."""
        return self.bars.get(x)

    def take(self, x: Value) -> Cotangent | None:
        """The complete cotangent of a value of this block, which is dead from now on."""
        return self.bars.pop(x, None)

    def outer(self) -> dict[Value, Cotangent]:
        """The cotangents that this block has changed of values from outside of it."""
        return {x: bar for x, bar in self.bars.items() if not self.is_local(x)}


class BranchScope(Scope):
    """In a branch (or the body of ``with``) the cotangents from outside are visible."""

    def current(self, x: Value) -> Cotangent | None:
        if x in self.bars or self.is_local(x):
            return self.bars.get(x)
        assert self.parent is not None
        return self.parent.current(x)


class LoopScope(Scope):
    """In a loop, the cotangent of a value from outside is an accumulator: a parameter of the backward body."""

    def __init__(self, structure: Structure, block: object, parent: Scope) -> None:
        super().__init__(structure, block, parent)
        self.accumulators: dict[Value, Value] = {}

    def current(self, x: Value) -> Cotangent | None:
        if x not in self.bars and not self.is_local(x):
            self.accumulators[x] = self.bars[x] = Value(derivative_type(x.type), bar_name(x))
        return self.bars.get(x)


# -- cotangents of tuples --------------------------------------------------------------------------


def as_items(builder: Builder, bar: Cotangent, t: TupleOf) -> tuple[Cotangent | None, ...]:
    """The cotangent of a tuple, item by item."""
    if isinstance(bar, tuple):
        return bar
    return tuple(
        builder.typed_call(getindex, item, bar, Const(k)) if is_differentiable(item) else None
        for k, item in enumerate(t.items)
    )


def add_cotangents(builder: Builder, new: Cotangent, old: Cotangent | None, x: Value) -> Cotangent:
    """The sum of the cotangents of ``x``."""
    if isinstance(x.type, TupleOf):
        return _add_items(
            builder, as_items(builder, new, x.type), None if old is None else as_items(builder, old, x.type)
        )
    if old is None:
        return new
    assert not isinstance(new, tuple) and not isinstance(old, tuple)
    if isinstance(x.type, DictOf):
        return add_dicts(builder, new, old, bar_name(x))
    if isinstance(x.type, ListOf):
        return add_lists(builder, new, old, x)
    return add(builder, new, old, bar_name(x))


def _add_items(
    builder: Builder, new: tuple[Cotangent | None, ...], old: tuple[Cotangent | None, ...] | None
) -> tuple[Cotangent | None, ...]:
    if old is None:
        return new
    items: list[Cotangent | None] = []
    for n, o in zip(new, old, strict=True):
        if n is None or o is None:
            items.append(o if n is None else n)
        elif isinstance(n, tuple) or isinstance(o, tuple):
            assert isinstance(n, tuple) and isinstance(o, tuple)
            items.append(_add_items(builder, n, o))
        else:
            items.append(add(builder, n, o))
    return tuple(items)


def add_lists(builder: Builder, new: Operand, old: Operand, x: Value) -> Operand:
    """The sum of two lists of cotangents, item by item (a list that is used again after it was pushed to)."""
    total = add_structures(builder, new, old, x.type, bar_name(x))
    assert isinstance(total, (Value, Const))
    return total


def add_dicts(builder: Builder, new: Operand, old: Operand, name: str | None) -> Operand:
    """The sum of two dicts of cotangents, key by key; what is missing in one of them is zero."""
    assert isinstance(new.type, DictOf)
    keys = builder.typed_call(keys_of, ListOf(new.type.key), new)
    index, buffer = Value(INT, "k"), Value(old.type, name)
    body, result = Block([index, buffer]), Value(old.type, name)
    with builder.inside(body):
        key = builder.typed_call(getindex, new.type.key, keys, index)
        entry = builder.typed_call(getindex, new.type.item, new, key)
        body.results = [builder.typed_call(additem, old.type, buffer, key, entry, name=name)]
    builder.add(For(Const(0), builder.typed_call(len, INT, keys), Const(1), [old], body, [result]))
    return result


def add_structures(builder: Builder, new: Tree, old: Operand, t: Type, name: str | None = None) -> Tree:
    """The sum of the cotangents of a number, an array, a run-time list or tuple: of what they hold, not of lists."""
    if isinstance(t, TupleOf):
        return tuple(
            add_structures(builder, item_of(builder, new, k, item), item_of(builder, old, k, item), item)
            if is_differentiable(item)
            else Const(0.0)
            for k, item in enumerate(t.items)
        )
    if not isinstance(t, ListOf):
        return builder.typed_call(operator.add, derivative_type(t), new, old, name=name)
    if isinstance(t.item, Unknown):  # lists again, as in what a recursive function saves
        return builder.typed_call(added, old.type, new, old, name=name)
    index, buffer = Value(INT, "k"), Value(old.type, name)
    body, result = Block([index, buffer]), Value(old.type, name)
    with builder.inside(body):
        entry = builder.typed_call(getindex, derivative_type(t.item), new, index)
        if t.item.is_numeric:
            body.results = [builder.typed_call(additem, old.type, buffer, index, entry, name=name)]
        else:
            present = builder.typed_call(getindex, derivative_type(t.item), buffer, index)
            total = add_structures(builder, entry, present, t.item)
            body.results = [builder.typed_call(setitem, old.type, buffer, index, total, name=name)]
    length = builder.typed_call(len, INT, new)
    builder.add(For(Const(0), length, Const(1), [old], body, [result]))
    return result


def item_of(builder: Builder, tree: Tree, k: int, t: Type) -> Tree:
    """Item ``k`` of a tuple, which may exist at run time only."""
    if isinstance(tree, tuple):
        return tree[k]
    return builder.typed_call(getindex, derivative_type(t), tree, Const(k))


def as_tree(builder: Builder, bar: Cotangent | None, x: Operand, index: tuple[int, ...] = ()) -> Tree:
    """A cotangent as a tree of operands, zeros materialised."""
    if bar is None:
        return zero(builder, _item(builder, x, index))
    if isinstance(bar, tuple):
        return tuple(as_tree(builder, item, x, (*index, k)) for k, item in enumerate(bar))
    return bar


def _item(builder: Builder, x: Operand, index: tuple[int, ...]) -> Operand:
    for k in index:
        assert isinstance(x.type, TupleOf)
        x = builder.typed_call(getindex, x.type.items[k], x, Const(k))
    return x


def as_operand(builder: Builder, bar: Cotangent | None, x: Operand) -> Operand:
    """A cotangent as one operand, as a loop has to carry it: zeros materialised, tuples made."""
    tree = as_tree(builder, bar, x)
    if isinstance(tree, tuple):
        return builder.typed_call(tuple, derivative_type(x.type), tree, name=bar_name(x))
    assert isinstance(tree, (Value, Const))
    return tree
