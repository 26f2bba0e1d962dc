"""Derivatives along several given directions in one pass.

    func f(x):          func pushforwards_f(x, x_dots):                func pullbacks_f(x, y_bars):
      y = …               y = …                                          y = …
      return y            y_dots = … for all of x_dots at once           x_bars = … for all of y_bars at once
                          return y_dots                                  return x_bars

The directions are given along the first axis. A Jacobian (:mod:`s2sgrad.jacobians`) is the same with a basis for the
directions; here the number of directions, not the size of the basis, says what the pass costs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import numpy as np

from s2sgrad.ir.build import Builder
from s2sgrad.ir.core import Block, Function, Op, Operand, Value, walk
from s2sgrad.ir.primitives import getindex
from s2sgrad.ir.types import Array, Dim, Scalar
from s2sgrad.ir.undefined import maybe_undefined
from s2sgrad.optimize.pipeline import optimize
from s2sgrad.transforms.adjoint import reverse_parts
from s2sgrad.transforms.batching import Batch, CannotBatch
from s2sgrad.transforms.tangent import tangent


def pushforwards(function: Function, wrt: Sequence[Value], results: Sequence[int]) -> Function:
    """The tangents of ``results`` along directions in ``wrt``, which are parameters behind those of ``function``.

    Raises :class:`CannotBatch` for code that is run for one direction at a time only.
    """
    derived = tangent(function, wrt)
    count = len(function.params)
    params, seeds = derived.params[:count], derived.params[count:]
    builder = Builder()
    directions, batch = _seeded(builder, seeds, maybe_undefined(derived.body))
    batch.block(derived.body.ops)
    builder.stmt = None
    dots = [batch.full(derived.results[k + len(function.results)]) for k in results]
    return assembled(derived, [*params, *directions], builder, dots, batch.kept)


def pullbacks(function: Function, wrt: Sequence[Value], results: Sequence[int]) -> Function:
    """The cotangents of ``wrt`` for several of ``results``, which are parameters behind those of ``function``.

    Raises :class:`CannotBatch` for code that is run for one direction at a time only.
    """
    parts = reverse_parts(function, wrt, "param", results)
    primal, backward = parts.primal, parts.backward
    kept = set(walk(primal.body))
    builder = Builder(adjoint=True)
    directions, batch = _seeded(builder, parts.seeds, maybe_undefined(primal.body))
    builder.block.ops += primal.body.ops
    batch.block(backward.ops)
    builder.stmt = None
    bars = [batch.full(bar) for bar in backward.results]
    return assembled(primal, [*primal.params, *directions], builder, bars, kept | batch.kept)


def _seeded(builder: Builder, seeds: Sequence[Value], undefined: set[Value]) -> tuple[list[Value], Batch]:
    """Parameters for the directions, and the batch in which they stand for ``seeds``."""
    directions = [Value(_along_first_axis(seed), f"{seed.name}s") for seed in seeds]
    size: Operand = builder.call(getindex, builder.call(np.shape, directions[0]), 0)
    batch = Batch(builder, size, undefined)
    for seed, given in zip(seeds, directions, strict=True):
        batch.define(seed, given)
    return directions, batch


def _along_first_axis(seed: Value) -> Array:
    if not isinstance(seed.type, (Array, Scalar)):
        raise CannotBatch(f"directions in a value of type {seed.type}")
    lengths = seed.type.shape if isinstance(seed.type, Array) else ()
    return Array(seed.type.dtype, (Dim("directions"), *lengths))


def assembled(
    like: Function, params: Iterable[Value], builder: Builder, results: list[Operand], kept: Collection[Op]
) -> Function:
    """A function of derivative code around the operations ``kept`` of the function that it is ``like``."""
    body = Block([], builder.block.ops, results)
    made = replace(like, params=list(params), body=body, out=tuple(range(len(results))))
    return optimize(made, ours=lambda op: op.adjoint or op not in kept)
