"""Whether two functions are the same code."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from s2sgrad.ir.core import Block, Call, Const, For, Function, If, Op, Try, Value, While, blocks_of
from s2sgrad.ir.types import Array, DictOf, ListOf, TupleOf, Type


def fingerprint(function: Function) -> Hashable:
    """Equal for functions of one name that do the same operations on values of the same names, dtypes and ranks.

    Lengths of arrays do not count. Objects are told apart by identity, so it holds as long as they live.
    """
    numbering = _Numbering()
    params = numbering.define(function.params)
    return (function.name, repr(function.out), params, numbering.block(function.body))


class _Numbering:
    """Numbers for values, in the order in which they are defined."""

    def __init__(self) -> None:
        self.numbers: dict[Value, int] = {}

    def define(self, values: list[Value]) -> Hashable:
        for v in values:
            self.numbers[v] = len(self.numbers)
        return tuple((v.name, _shown(v.type)) for v in values)

    def tree(self, tree: Any) -> Hashable:
        if isinstance(tree, Value):
            return self.numbers.get(tree, id(tree))
        if isinstance(tree, Const):
            value = tree.value
            plain = isinstance(value, (bool, int, float, complex, str, bytes, type(None)))
            return (type(value), repr(value) if plain else id(value))
        if isinstance(tree, slice):
            return ("slice", self.tree(tree.start), self.tree(tree.stop), self.tree(tree.step))
        if isinstance(tree, dict):
            return ("dict", *((key, self.tree(item)) for key, item in tree.items()))
        return (type(tree), *map(self.tree, tree))

    def block(self, block: Block) -> Hashable:
        params = self.define(block.params)
        ops = tuple([self.op(op) for op in block.ops])
        return (params, ops, self.tree(block.results), block.stop and self.tree(block.stop), block.diverges)

    def op(self, op: Op) -> Hashable:
        key: tuple[Any, ...]
        if isinstance(op, Call):
            key = (id(op.fn), self.tree(op.args), self.tree(op.kwargs), op.effect)
        elif isinstance(op, If):
            key = (self.tree(op.cond),)
        elif isinstance(op, For):
            key = (op.reverse, self.tree(op.settings), op.checkpoints is None, self.tree(op.inits))
        elif isinstance(op, While):
            key = (self.tree(op.inits),)
        elif isinstance(op, Try):
            key = op.exceptions
        else:
            key = (self.op(op.context),)
        blocks = tuple([self.block(inner) for inner in blocks_of(op)])
        return (type(op), key, op.adjoint, op.stmt and op.stmt.text, blocks, self.define(op.results))


def _shown(t: Type) -> Hashable:
    """A type without its lengths."""
    if isinstance(t, Array):
        return (t.dtype, t.ndim)
    if isinstance(t, (ListOf, DictOf)):
        return (type(t), _shown(t.item))
    if isinstance(t, TupleOf):
        return tuple(map(_shown, t.items))
    return t
