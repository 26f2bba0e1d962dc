"""The Jacobian by whichever mode takes fewer directions: as many as there are entries to differentiate in, or results.

    func jacobian_f(x):
      y = …                                  # only as far as its shape needs it
      J = if size x <= size y: (forward) else: (reverse)
      return J

Where the types tell, there is no branch.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from s2sgrad.ir.build import Builder
from s2sgrad.ir.clone import Cloner
from s2sgrad.ir.core import Block, Call, Const, Function, If, Operand, Value, walk
from s2sgrad.ir.types import Array, Scalar, join
from s2sgrad.jacobians import jacfwd, jacrev
from s2sgrad.optimize.cse import cse
from s2sgrad.optimize.pipeline import optimize


def jacobian(function: Function, wrt: Sequence[Value], results: Sequence[int], kept: Sequence[int] = ()) -> Function:
    """The derivatives of each of ``results`` in each of ``wrt``, in this order; then the results ``kept``."""
    forwards = _is_forward(wrt, [function.results[k] for k in results])
    if forwards is None and any(isinstance(op, Call) and op.effect for op in walk(function.body)):
        forwards = True  # what is done once must not stand in two places
    if forwards is not None:
        return (jacfwd if forwards else jacrev)(function, wrt, results, kept)
    cloner = Cloner()
    params = cloner.define(function.params)
    builder = Builder(adjoint=True)
    builder.block.ops += [cloner.op(op) for op in function.body.ops]
    authors = set(walk(builder.block))
    count_in = _size(builder, [cloner.operand(x) for x in wrt])
    count_out = _size(builder, [cloner.operand(function.results[k]) for k in results])
    few_inputs = builder.call(operator.le, count_in, count_out)
    blocks = []
    for made in (jacfwd(function, wrt, results, kept), jacrev(function, wrt, results, kept)):
        inside = Cloner(dict(zip(made.params, params, strict=True)))
        ops = [inside.op(op) for op in made.body.ops]
        authors |= {op for op in walk(Block([], ops)) if not op.adjoint}
        blocks.append(Block([], ops, [inside.operand(x) for x in made.results]))
    pairs = zip(*(block.results for block in blocks), strict=True)
    joined = [Value(join(a.type, b.type), a.name if isinstance(a, Value) else None) for a, b in pairs]
    builder.add(If(few_inputs, blocks[0], blocks[1], joined))
    body = Block([], builder.block.ops, list(joined))
    made = replace(function, params=params, body=body, out=tuple(range(len(joined))))
    return optimize(cse(made, lambda op: True), ours=lambda op: op.adjoint or op not in authors)


def _is_forward(inputs: Sequence[Operand], outputs: Sequence[Operand]) -> bool | None:
    """Whether there are fewer inputs than results, as many included; None where only running tells."""
    if all(isinstance(x.type, Scalar) for x in (*inputs, *outputs)):
        return len(inputs) <= len(outputs)
    if len(inputs) == 1 and isinstance(inputs[0].type, Scalar):
        return True
    if len(outputs) == 1 and isinstance(outputs[0].type, Scalar):
        return False
    if len(inputs) == 1 and len(outputs) == 1:
        shapes = [x.type.shape if isinstance(x.type, Array) else None for x in (inputs[0], outputs[0])]
        return True if shapes[0] is not None and shapes[0] == shapes[1] else None
    return None


def _size(builder: Builder, values: Sequence[Operand]) -> Operand:
    total: Operand | None = None
    for x in values:
        size: Operand = Const(1) if isinstance(x.type, Scalar) else builder.call(np.size, x)
        total = size if total is None else builder.call(operator.add, total, size)
    return Const(0) if total is None else total
