"""Common subexpressions: the backward part reuses what has been computed already.

    y: f8[n] = exp x                               y: f8[n] = exp x
    …                                              …
    t1: f8[n] = exp x                        ──▶   x_bar: f8[n] = mul y_bar, y
    x_bar: f8[n] = mul y_bar, t1

An operation is replaced by an earlier one of the same function and operands that is visible where it stands. Only
derivative code is replaced: the author's statements stay as they were written. Allocations are never merged (two
buffers, each updated in place later), nor results (each returned array is one of its own), nor calls of functions
that are not known to be pure.
"""

from __future__ import annotations

import operator
from collections.abc import Hashable
from typing import Any

import numpy as np

from s2sgrad.ir.clone import Cloner
from s2sgrad.ir.core import Block, Call, Const, For, Function, If, Op, Tree, Try, Value, While
from s2sgrad.ir.primitives import UPDATES
from s2sgrad.ir.types import Array
from s2sgrad.optimize.purity import Ours, is_adjoint, is_known
from s2sgrad.optimize.returned import returned_memory


def cse(function: Function, ours: Ours = is_adjoint) -> Function:
    """Replace derivative code (what is ``ours``) that computes again what is at hand."""
    _Merger(ours, returned_memory(function)).block(function.body)
    return function


class _Merger:
    """Walks in program order. ``table``: the operations visible here, by function and operands."""

    def __init__(self, ours: Ours, returned: set[Value]) -> None:
        self.ours = ours
        self.returned = returned
        self.cloner = Cloner()
        self.table: dict[Hashable, Call] = {}

    def block(self, block: Block) -> None:
        added: list[Hashable] = []
        ops: list[Op] = []
        for op in block.ops:
            if not isinstance(op, Call):
                self.structure(op)
            elif self.merge(op, added):
                continue
            ops.append(op)
        block.ops = ops
        block.results = [self.cloner.operand(x) for x in block.results]
        if block.stop is not None:
            block.stop = self.cloner.operand(block.stop)
        for key in added:  # no longer visible
            del self.table[key]

    def structure(self, op: Op) -> None:
        operand, tree = self.cloner.operand, self.cloner.tree
        if isinstance(op, If):
            op.cond = operand(op.cond)
            self.block(op.then)
            self.block(op.orelse)
        elif isinstance(op, For):
            op.start, op.stop, op.step = operand(op.start), operand(op.stop), operand(op.step)
            op.checkpoints = op.checkpoints and op.checkpoints.map(operand)
            op.inits = [operand(x) for x in op.inits]
            self.block(op.body)
        elif isinstance(op, While):
            op.inits = [operand(x) for x in op.inits]
            self.block(op.cond)
            self.block(op.body)
        elif isinstance(op, Try):
            self.block(op.body)
            self.block(op.handler)
        elif not isinstance(op, Call):
            op.context.args, op.context.kwargs = tree(op.context.args), tree(op.context.kwargs)
            self.block(op.body)

    def merge(self, op: Call, added: list[Hashable]) -> bool:
        """Whether an earlier call stands for ``op``; otherwise ``op`` is remembered for later ones."""
        if self.cloner.env:
            op.args, op.kwargs = self.cloner.tree(op.args), self.cloner.tree(op.kwargs)
        if op.effect or not op.results or op.fn in UPDATES or not is_known(op.fn):
            return False
        key = call_key(op)
        earlier = self.table.get(key)
        if earlier is None:
            self.table[key] = op
            added.append(key)
            return False
        if not self.ours(op) or len(earlier.results) != len(op.results):
            return False
        if _is_view(earlier) and not self.ours(earlier):
            return False
        if not self.returned.isdisjoint(op.results):
            return False
        self.cloner.env.update(zip(op.results, earlier.results, strict=True))
        return True


def _is_view(op: Call) -> bool:
    """``u[1:-1]``: it costs nothing, and a name for the author's in ``u[1:-1] += …`` would only obscure."""
    return op.fn is operator.getitem and isinstance(op.result.type, Array)


def call_key(op: Call) -> Hashable:
    """Equal for calls of the same function on the same operands."""
    return (op.fn, _key(op.args), _key(op.kwargs))


def _key(tree: Tree) -> Hashable:
    """A tree of operands as a dictionary key: values by identity, constants by type and content."""
    if isinstance(tree, Value):
        return tree
    if isinstance(tree, Const):
        return constant_key(tree.value)
    if isinstance(tree, (tuple, list)):
        return (type(tree), *map(_key, tree))
    if isinstance(tree, dict):
        return tuple((k, _key(item)) for k, item in tree.items())
    return (slice, _key(tree.start), _key(tree.stop), _key(tree.step))


def constant_key(value: Any) -> Hashable:
    """Equal for constants that may stand for each other; ``1``, ``1.0``, ``True`` may not, nor ``0.0`` and ``-0.0``."""
    if isinstance(value, (bool, int, float, complex, str, bytes)):
        return (type(value), repr(value))
    if isinstance(value, np.generic):
        return (type(value), value.tobytes())
    if type(value) is tuple:
        return (tuple, *map(constant_key, value))
    if isinstance(value, np.dtype):
        return value
    return (object, id(value))
