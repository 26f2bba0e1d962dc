"""Functions without a batching rule: called for one direction after the other."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

import numpy as np

from s2sgrad.ir.build import Builder
from s2sgrad.ir.core import Block, Call, Const, For, Operand, Value, map_tree
from s2sgrad.ir.primitives import getindex, setitem
from s2sgrad.ir.types import INT, Array, Scalar
from s2sgrad.transforms.batching.tables import CannotBatch

if TYPE_CHECKING:
    from s2sgrad.transforms.batching.core import Batch


def one_by_one(batch: Batch, op: Call) -> tuple[Value, ...]:
    """Call the function for one direction after the other.

    y = fn(x)                  y = zeros((b, *shape(fn(x[0]))))
                               for k in range(b): y[k] = fn(x[k])
    """
    if not all(isinstance(v.type, (Array, Scalar)) for v in op.results):
        raise CannotBatch(f"{op.fn} has no batching rule and returns a structure")
    b = batch.builder

    def call_at(k: Operand) -> list[Value]:
        def at(x: Operand) -> Operand:
            if not batch.has(x):
                return x
            if not isinstance(x.type, (Array, Scalar)):
                raise CannotBatch("a list in a call that has no batching rule")
            return b.typed_call(operator.getitem, x.type, batch.of(x), k)

        results = [Value(v.type) for v in op.results]
        b.add(Call(op.fn, map_tree(at, op.args), map_tree(at, op.kwargs), list(results)))
        return results

    # The lengths of the results are not known before the first call.
    first = call_at(Const(0))
    inits: list[Operand] = []
    for v in first:
        lengths = _lengths(b, v)
        assert isinstance(v.type, (Array, Scalar))
        shape, dtype = v.type.shape if isinstance(v.type, Array) else (), v.type.dtype
        made = b.typed_call(np.zeros, Array(dtype, (batch.length, *shape)), (batch.size, *lengths), Const(dtype))
        inits.append(b.typed_call(setitem, made.type, made, Const(0), v))
    index = Value(INT, "k")
    carried = [Value(x.type) for x in inits]
    body = Block([index, *carried])
    with b.inside(body):
        found = call_at(index)
        body.results = [b.typed_call(setitem, c.type, c, index, v) for c, v in zip(carried, found, strict=True)]
    results = [Value(x.type) for x in inits]
    b.add(For(Const(1), batch.size, Const(1), inits, body, results))
    return tuple(results)


def _lengths(b: Builder, x: Value) -> list[Operand]:
    if not isinstance(x.type, Array) or not x.type.ndim:
        return []
    shape = b.call(np.shape, x)
    return [b.call(getindex, shape, k) for k in range(x.type.ndim)]
