"""Jacobians of code that cannot be batched: a loop over a basis around a tangent or an adjoint.

    func f(x):          func jacfwd_f(x):
      y = …               J = zeros((size(x), *shape(y)))
      return y            for k in range(size(x)) carry J:
                            x_dot = reshape(one at k, shape(x))
                            y_dot = …                                 # the tangent of f
                            J = setitem J, k, y_dot
                          return reshape(moveaxis(J, 0, -1), (*shape(y), *shape(x)))

What does not depend on the direction leaves the loop with the other invariant code, so that the primal runs once.
As everything here is ordinary IR, Jacobians can be differentiated, and Jacobians of Jacobians made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from s2sgrad.errors import NotDifferentiable
from s2sgrad.ir.build import Builder
from s2sgrad.ir.clone import Cloner
from s2sgrad.ir.core import Block, Const, For, Function, Operand, Value
from s2sgrad.ir.primitives import getindex, setitem
from s2sgrad.ir.types import INT, Array, Scalar
from s2sgrad.transforms.adjoint import adjoint
from s2sgrad.transforms.tangent import tangent


def jacfwd(function: Function, wrt: Sequence[Value], results: Sequence[int], kept: Sequence[int] = ()) -> Function:
    """The derivatives of each of ``results`` in each of ``wrt``, in this order: one direction of ``wrt`` at a time;
    then the results ``kept``."""
    builder, made = Builder(), _Inlined(function, wrt)
    outputs = made.into(builder, function, ())
    columns: dict[tuple[int, int], Operand] = {}
    for j, x in enumerate(made.wrt):
        derived = tangent(function, [wrt[j]])
        outs = [outputs[k] for k in results]

        def along(direction: Operand, builder: Builder, derived: Function = derived) -> list[Operand]:
            dots = made.into(builder, derived, (direction,))[len(function.results) :]
            return [dots[k] for k in results]

        for i, column in enumerate(_over_basis(builder, x, outs, along)):
            columns[i, j] = _directions_last(builder, column, outs[i], x)
    entries = [columns[i, j] for i in range(len(results)) for j in range(len(wrt))]
    return made.function(builder, [*entries, *(outputs[k] for k in kept)])


def jacrev(function: Function, wrt: Sequence[Value], results: Sequence[int], kept: Sequence[int] = ()) -> Function:
    """The derivatives of each of ``results`` in each of ``wrt``, in this order: one entry of a result at a time;
    then the results ``kept``."""
    builder, made = Builder(), _Inlined(function, wrt)
    outputs = made.into(builder, function, ())
    rows: list[Operand] = []
    for k in results:
        derived = adjoint(function, wrt, cotangent="param", differentiated_results=[k])

        def back(direction: Operand, builder: Builder, derived: Function = derived) -> list[Operand]:
            return made.into(builder, derived, (direction,))

        rows += _over_basis(builder, outputs[k], made.wrt, back, reshaped=True)
    return made.function(builder, [*rows, *(outputs[k] for k in kept)])


class _Inlined:
    """A function whose body is built from copies of others with the same parameters."""

    def __init__(self, function: Function, wrt: Sequence[Value]) -> None:
        self.primal = function
        cloner = Cloner()
        self.params = cloner.define(function.params)
        self.wrt = [x for x in map(cloner.operand, wrt) if isinstance(x, Value)]

    def into(self, builder: Builder, function: Function, extra: Sequence[Operand]) -> list[Operand]:
        """Append a copy of a function's body; ``extra``: for its parameters after the common ones."""
        cloner = Cloner(dict(zip(function.params, (*self.params, *extra), strict=True)))
        builder.block.ops += [cloner.op(op) for op in function.body.ops]
        return [cloner.operand(x) for x in function.results]

    def function(self, builder: Builder, results: list[Operand]) -> Function:
        builder.block.results = results
        primal = self.primal
        out = tuple(range(len(results)))
        return Function(
            primal.name, self.params, builder.block, out, dict(primal.captures), primal.doc, primal.defaults
        )


def _over_basis(
    builder: Builder, x: Operand, likes: Sequence[Operand], derivatives: Any, *, reshaped: bool = False
) -> list[Operand]:
    """The derivatives along each unit direction of ``x``: arrays ``(size(x), *shape(like))`` for each of ``likes``.

    For a number there is one direction, and no axis for it. ``reshaped``: the directions have the axes of ``x``.
    """
    rank = _rank(x)
    if rank == 0:
        one: Operand = Const(1.0) if isinstance(x.type, Scalar) else builder.call(np.ones_like, x)
        return list(derivatives(one, builder))
    lengths = _lengths(builder, x)
    size = builder.call(np.size, x)
    shapes = [_lengths(builder, like) for like in likes]
    inits = [_zeros(builder, (size, *shape), like, "J") for shape, like in zip(shapes, likes, strict=True)]
    index = Value(INT, "k")
    carried = [Value(init.type, "J") for init in inits]
    body = Block([index, *carried])
    with builder.inside(body):
        unit = builder.call(setitem, _zeros(builder, (size,), x), index, Const(1.0))
        direction = builder.call(np.reshape, unit, tuple(lengths)) if rank > 1 else unit
        found = derivatives(direction, builder)
        body.results = [builder.call(setitem, J, index, d, name="J") for J, d in zip(carried, found, strict=True)]
    results = [Value(init.type, "J") for init in inits]
    builder.add(For(Const(0), size, Const(1), inits, body, results))
    if not reshaped or rank == 1:
        return list(results)
    return [builder.call(np.reshape, J, (*lengths, *shape)) for J, shape in zip(results, shapes, strict=True)]


def _zeros(builder: Builder, shape: tuple[Operand, ...], like: Operand, name: str | None = None) -> Operand:
    """Zeros of a shape, and of the dtype of ``like``."""
    dtype = like.type.dtype if isinstance(like.type, (Scalar, Array)) else np.dtype(np.float64)
    zeros: Operand = builder.call(np.zeros, shape, *(() if dtype == np.float64 else (dtype,)), name=name)
    return zeros


def _directions_last(builder: Builder, J: Operand, out: Operand, x: Operand) -> Operand:
    """Put the axis of directions behind those of the result, and give it the axes of ``x``."""
    if _rank(x) == 0:
        return J
    if _rank(out) > 0:
        J = builder.call(np.transpose, J, (*range(1, _rank(out) + 1), 0))
    if _rank(x) == 1:
        return J
    shape: Operand = builder.call(np.reshape, J, (*_lengths(builder, out), *_lengths(builder, x)))
    return shape


def _rank(x: Operand) -> int:
    if isinstance(x.type, Array):
        return x.type.ndim
    if isinstance(x.type, Scalar):
        return 0
    raise NotDifferentiable(
        "the Jacobian of a result whose number of axes is not known while compiling is not supported",
        "give it a known rank, for example with np.reshape",
    )


def _lengths(builder: Builder, x: Operand) -> list[Operand]:
    """The lengths of the axes, as operands."""
    if _rank(x) == 0:
        return []
    shape = builder.call(np.shape, x)
    return [builder.call(getindex, shape, n) for n in range(_rank(x))]
