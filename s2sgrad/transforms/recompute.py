"""The cost model of saving: what is cheap to compute again, and what it costs to save a value.

In Python, pushing and popping a number takes about as long as two arithmetic operations on it. An array is saved by
reference, unless it is overwritten later: then it would have to be copied, at each iteration.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from s2sgrad.ir.core import Block, Call, For, Value, While, blocks_of, leaves, operands_of
from s2sgrad.ir.primitives import UPDATES, get, getindex
from s2sgrad.ir.types import Array, DictOf, ListOf, Scalar, Type
from s2sgrad.transforms.rereading import Rereading
from s2sgrad.transforms.shapes import QUERIES, Origins
from s2sgrad.transforms.structure import Structure, flow_between, is_hashable

_ARITHMETIC: frozenset[Any] = frozenset(
    {
        *(operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow),
        *(operator.neg, operator.pos, operator.abs, abs, min, max, bool, int, float),
        *(operator.lt, operator.le, operator.eq, operator.ne, operator.gt, operator.ge, operator.not_),
        *(operator.and_, operator.or_, operator.xor, operator.invert, operator.lshift, operator.rshift),
    }
)

_VIEWS: frozenset[Any] = frozenset({np.transpose, np.expand_dims, np.squeeze, np.swapaxes, np.broadcast_to})


class Costs:
    """The cost model for one function."""

    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        self.overwritten = _overwritten(structure.body)
        self.rereading = Rereading(structure, self.overwritten)
        self._origin = Origins(structure)

    def is_cheap(self, v: Value, loop: For | While) -> bool:
        """Whether to compute ``v`` again, in the backward part of ``loop``, rather than to save it."""
        op = self.structure.definition.get(v)
        if not isinstance(op, Call) or op.effect or len(op.results) != 1 or not is_hashable(op.fn):
            return False
        fn = op.fn
        if fn in (operator.getitem, getindex, get):
            return self._is_cheap_read(op, loop)
        if fn in QUERIES:
            return True
        if fn in _VIEWS:
            return not self._changes(op.args[0])
        if fn in _ARITHMETIC:
            return isinstance(v.type, Scalar) and all(isinstance(x.type, Scalar) for x in operands_of(op))
        return False

    def source(self, v: Value) -> Call:
        """The call to make again for ``v``. A shape is asked of the outermost array that has it."""
        op = self.structure.definition[v]
        assert isinstance(op, Call)
        if op.fn in QUERIES:
            return Call(op.fn, (self._origin(op.args[0]), *op.args[1:]), op.kwargs, op.results, op.stmt)
        return op

    def _is_cheap_read(self, op: Call, loop: For | While) -> bool:
        """An entry or view of an array that keeps its value, at a scalar index."""
        source, index = op.args[:2]
        basic = all(isinstance(x.type, Scalar) or not isinstance(x, Value) for x in leaves(index))
        return basic and not self._changes(source)

    def _changes(self, x: Any) -> bool:
        """Whether the memory of ``x`` is overwritten in the course of a loop."""
        home = self.structure.home.get(x)
        return x in self.overwritten and home is not None and self.structure.loop[home] is not None

    def of_saving(self, v: Value) -> int:
        """The cost of saving ``v`` once, on a scale on which a number costs 4."""
        if v in self.overwritten:
            return 100_000
        return _weight(v.type)


def _weight(t: Type) -> int:
    if isinstance(t, Scalar):
        return 4
    if isinstance(t, Array):
        return 10
    return 12 if isinstance(t, (ListOf, DictOf)) else 6


def _overwritten(block: Block) -> set[Value]:
    """The versions of arrays and lists that an update is, or may be, printed in place of."""
    sources: dict[Value, list[Value]] = {}
    pending: list[Value] = []
    _collect(block, sources, pending)
    found = set(pending)
    while pending:
        for source in sources.get(pending.pop(), ()):
            if source not in found:
                found.add(source)
                pending.append(source)
    return found


def _collect(block: Block, sources: dict[Value, list[Value]], updated: list[Value]) -> None:
    for op in block.ops:
        if isinstance(op, Call):
            target = op.args[0] if op.args else None
            if isinstance(target, Value) and is_hashable(op.fn):
                if op.fn in UPDATES:
                    updated.append(target)
                elif op.fn in _VIEWS or op.fn is operator.getitem:
                    for result in op.results:
                        if not isinstance(result.type, Scalar):
                            sources.setdefault(target, []).append(result)
            continue
        for inner in blocks_of(op):
            _collect(inner, sources, updated)
        for source, target in flow_between(op):
            if isinstance(source, Value) and not isinstance(target.type, Scalar):
                sources.setdefault(target, []).append(source)
