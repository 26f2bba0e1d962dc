"""The cotangents that a function returns belong to the caller: each is an array of its own, and can be written to.

x_bar = broadcast_to 1.0, shape        ──▶     x_bar = full shape, 1.0
return y_bar, y_bar                    ──▶     t = copy y_bar; return y_bar, t
"""

from __future__ import annotations

import operator

import numpy as np

from s2sgrad.ir.build import Builder
from s2sgrad.ir.core import Block, Call, Const, For, Op, Operand, Value, While, blocks_of
from s2sgrad.ir.primitives import additem, setitem
from s2sgrad.ir.types import Array, ListOf, Scalar, TupleOf
from s2sgrad.optimize.sharing import is_fresh

_SAME_MEMORY = (setitem, additem, np.transpose, np.reshape, np.expand_dims, np.squeeze, np.swapaxes, np.ravel)

Definitions = dict[Value, tuple[Op, int]]


def own_results(backward: Block) -> None:
    """Copy the results of ``backward`` that are not arrays of their own."""
    definitions: Definitions = {}
    _define(backward, definitions)
    builder = Builder(backward, adjoint=True)
    returned: set[Value] = set()
    for k, x in enumerate(backward.results):
        if not isinstance(x, Value) or isinstance(x.type, (Scalar, ListOf, TupleOf)):
            continue
        buffers = _buffers(x, definitions)
        if buffers is None or not returned.isdisjoint(buffers):
            backward.results[k] = _copy(builder, x, definitions)
        else:
            returned |= buffers


def _define(block: Block, definitions: Definitions) -> None:
    for op in block.ops:
        definitions.update((v, (op, k)) for k, v in enumerate(op.results))
        for inner in blocks_of(op):
            _define(inner, definitions)


Buffers = set[Value] | None


def _buffers(
    x: Operand,
    definitions: Definitions,
    carried: Value | None = None,
    known: dict[tuple[Operand, Value | None], Buffers] | None = None,
) -> Buffers:
    """The arrays made in the backward part whose memory ``x`` may be; None if it may be any other memory.

    ``carried``: the parameter of the loop's body that stands for ``x`` of the iteration before. ``known``: what was
    found so far (branches one after the other lead to the same values in many ways).
    """
    known = {} if known is None else known
    key = (x, carried)
    if key not in known:
        known[key] = _find_buffers(x, definitions, carried, known)
    return known[key]


def _find_buffers(
    x: Operand, definitions: Definitions, carried: Value | None, known: dict[tuple[Operand, Value | None], Buffers]
) -> Buffers:
    while isinstance(x, Value):
        if x is carried:
            return set()
        if x not in definitions:
            return None
        op, k = definitions[x]
        if not isinstance(op, Call):
            break
        if op.fn not in _SAME_MEMORY:
            return {x} if is_fresh(op) else None
        x = op.args[0]
    else:
        return None
    if isinstance(op, (For, While)):
        parts = [
            _buffers(op.inits[k], definitions, None, known),
            _buffers(op.body.results[k], definitions, op.carried[k], known),
        ]
    else:
        parts = [_buffers(block.results[k], definitions, carried, known) for block in blocks_of(op)]
    buffers = {x}
    for part in parts:
        if part is None:
            return None
        buffers |= part
    return buffers


def _copy(builder: Builder, x: Value, definitions: Definitions) -> Value:
    """A copy of ``x`` that can be written to."""
    op = definitions[x][0] if x in definitions else None
    builder.stmt = op.stmt if op is not None else None
    if not isinstance(x.type, Array):  # an array or a number: a number has to stay one
        copy = builder.typed_call(np.copy, x.type, x)
        return builder.typed_call(operator.getitem, x.type, copy, (), name=x.name)
    if isinstance(op, Call) and op.fn is np.broadcast_to and isinstance(op.args[0].type, Scalar):
        number, shape = op.args[:2]
        weak_or_other = op.args[0].type.weak or op.args[0].type.dtype != x.type.dtype
        dtype = (Const(x.type.dtype),) if weak_or_other and x.type.dtype != np.float64 else ()
        return builder.typed_call(np.full, x.type, shape, number, *dtype, name=x.name)
    return builder.typed_call(np.copy, x.type, x, name=x.name)
