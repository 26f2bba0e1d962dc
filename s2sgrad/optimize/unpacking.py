"""Unpack tuples where they come from, as one writes it.

item = getitem acc, i                  p, q = tuple item        (printed: p, q = acc[i])
p = getindex item, 0          ──▶
q = getindex item, 1
"""

from __future__ import annotations

from s2sgrad.ir.clone import Env, substitute
from s2sgrad.ir.core import Block, Call, Const, Function, Op, Operand, Value, blocks_of, operands_of
from s2sgrad.ir.primitives import getindex
from s2sgrad.ir.types import TupleOf
from s2sgrad.ir.undefined import maybe_undefined


def unpack_tuples(function: Function) -> None:
    """Unpack each tuple that is only read by item (changes the function)."""
    items: dict[Value, dict[int, list[Call]]] = {}
    others: set[Value] = set()
    _survey(function.body, items, others)
    others |= maybe_undefined(function.body)  # read on the paths alone on which they are defined
    found = {x: parts for x, parts in items.items() if x not in others and len(parts) > 1}
    if not found:
        return
    env: Env = {}
    taken = _Taken(found, env)
    params = [op for p in function.params if p in found for op in taken.unpack(p)]
    taken.block(function.body)
    function.body.ops[:0] = params
    substitute(function.body, env)


def _survey(block: Block, items: dict[Value, dict[int, list[Call]]], others: set[Value]) -> None:
    def read(x: Operand) -> None:
        if isinstance(x, Value) and isinstance(x.type, TupleOf):
            others.add(x)

    for op in block.ops:
        if isinstance(op, Call) and op.fn is getindex and isinstance(op.args[1], Const):
            x, k = op.args[0], op.args[1].value
            if isinstance(x, Value) and isinstance(x.type, TupleOf) and isinstance(k, int):
                items.setdefault(x, {}).setdefault(k % len(x.type.items), []).append(op)
                continue
        for operand in operands_of(op):
            read(operand)
        for inner in blocks_of(op):
            for param in inner.params:
                read(param)  # what a loop carries stays a tuple
            _survey(inner, items, others)
    for operand in block.results:
        read(operand)


class _Taken:
    def __init__(self, found: dict[Value, dict[int, list[Call]]], env: Env) -> None:
        self.found = found
        self.env = env
        self.dropped = {op for parts in found.values() for ops in parts.values() for op in ops}

    def unpack(self, x: Value) -> list[Op]:
        """The operations that unpack ``x``, and the tuples in it; their results stand for what reads the items."""
        assert isinstance(x.type, TupleOf)
        results, parts = [], self.found[x]
        for k, t in enumerate(x.type.items):
            reads = parts.get(k, [])
            results.append(Value(t, next((op.result.name for op in reads if op.result.name is not None), None)))
            self.env.update((op.result, results[-1]) for op in reads)
        first = min(parts)
        made: list[Op] = [Call(tuple, (x,), {}, results, parts[first][0].stmt, adjoint=parts[first][0].adjoint)]
        for ops in parts.values():
            for op in ops:
                if op.result in self.found:
                    made += self.unpack(op.result)
        return made

    def block(self, block: Block) -> None:
        ops: list[Op] = []
        for op in block.ops:
            if op in self.dropped:
                continue
            ops.append(op)
            for inner in blocks_of(op):
                self.block(inner)
            for result in op.results:
                if result in self.found:
                    ops += self.unpack(result)
        block.ops = ops
