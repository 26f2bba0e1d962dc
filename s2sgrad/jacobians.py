"""Jacobians in IR: all directions of a basis in one pass.

    func f(x):          func jacfwd_f(x):                         func jacrev_f(x):
      y = …               x_dot = eye(size(x))                      y = …
      return y            y = …                                     y_bar = eye(size(y))
                          y_dot = … for all directions at once      x_bar = … for all directions at once
                          return transpose(y_dot)                   return x_bar

The primal runs once; only what depends on the directions gets an axis for them (:mod:`s2sgrad.transforms.batching`).
Code that cannot be batched is run in a loop over the basis (:mod:`s2sgrad.basis_loop`). As everything here is ordinary
IR, Jacobians can be differentiated, and Jacobians of Jacobians made.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from s2sgrad import basis_loop
from s2sgrad.directions import assembled
from s2sgrad.ir.build import Builder
from s2sgrad.ir.clone import substitute
from s2sgrad.ir.core import Const, Function, Operand, Value, walk
from s2sgrad.ir.primitives import getindex
from s2sgrad.ir.types import Array, Scalar
from s2sgrad.ir.undefined import maybe_undefined
from s2sgrad.transforms.adjoint import reverse_parts
from s2sgrad.transforms.batching import Batch, CannotBatch
from s2sgrad.transforms.batching.tables import rank_of
from s2sgrad.transforms.cotangents import bar_name, dot_name
from s2sgrad.transforms.tangent import tangent


def jacfwd(function: Function, wrt: Sequence[Value], results: Sequence[int], kept: Sequence[int] = ()) -> Function:
    """The derivatives of each of ``results`` in each of ``wrt``, in this order, by directions of ``wrt``;
    then the results ``kept``."""
    try:
        return _forward(function, wrt, results, kept)
    except CannotBatch:
        return basis_loop.jacfwd(function, wrt, results, kept)


def jacrev(function: Function, wrt: Sequence[Value], results: Sequence[int], kept: Sequence[int] = ()) -> Function:
    """The derivatives of each of ``results`` in each of ``wrt``, in this order, by entries of the results;
    then the results ``kept``."""
    try:
        return _reverse(function, wrt, results, kept)
    except CannotBatch:
        return basis_loop.jacrev(function, wrt, results, kept)


def _forward(function: Function, wrt: Sequence[Value], results: Sequence[int], kept: Sequence[int]) -> Function:
    derived = tangent(function, wrt)
    count = len(function.params)
    params, seeds = derived.params[:count], derived.params[count:]
    inputs = [params[function.params.index(x)] for x in wrt]
    builder = Builder()
    basis = Basis(builder, inputs)
    batch = Batch(builder, basis.size, maybe_undefined(derived.body))
    if basis.single:
        substitute(derived.body, {seeds[0]: Const(1.0)})
    else:
        basis.seed(batch, seeds, [dot_name(x) for x in inputs])
    batch.block(derived.body.ops)
    builder.stmt = None
    entries: list[Operand] = []
    for k in results:
        y, y_dot = derived.results[k], derived.results[k + len(function.results)]
        entries += [basis.column(batch, y_dot, y, j) for j in range(len(wrt))]
    entries += [derived.results[k] for k in kept]
    return assembled(derived, params, builder, entries, batch.kept)


def _reverse(function: Function, wrt: Sequence[Value], results: Sequence[int], kept: Sequence[int]) -> Function:
    single = len(results) == 1 and isinstance(function.results[results[0]].type, Scalar)
    parts = reverse_parts(function, wrt, "one" if single else "param", results)
    primal, backward = parts.primal, parts.backward
    authors = set(walk(primal.body))
    builder = Builder(adjoint=True)
    builder.block.ops += primal.body.ops
    outputs = [primal.results[k] for k in results]
    basis = Basis(builder, outputs)
    batch = Batch(builder, basis.size, maybe_undefined(primal.body))
    if not single:
        basis.seed(batch, parts.seeds, [bar_name(y) for y in outputs])
    batch.block(backward.ops)
    builder.stmt = None
    inputs = [primal.params[function.params.index(x)] for x in wrt]
    entries = [
        basis.row(batch, bar, x, k)
        for k in range(len(results))
        for x, bar in zip(inputs, backward.results, strict=True)
    ]
    entries += [primal.results[k] for k in kept]
    return assembled(primal, primal.params, builder, entries, authors | batch.kept)


@dataclass(slots=True)
class _Part:
    """The directions of one of the values: ``count`` of them (None: one, without an axis) from ``start`` on."""

    x: Operand
    lengths: list[Operand]
    start: Operand
    count: Operand


class Basis:
    """The unit directions of some numbers and arrays, one after the other.

    ``single``: there is one number only, so that there is one direction, and no axis for it.
    """

    def __init__(self, builder: Builder, values: Sequence[Operand]) -> None:
        self.builder = builder
        self.parts: list[_Part] = []
        start: Operand = Const(0)
        for x in values:
            lengths = self.lengths(x)
            count: Operand = Const(1)
            if len(lengths) == 1:
                count = lengths[0]
            elif lengths:
                count = builder.call(np.size, x)
            self.parts.append(_Part(x, lengths, start, count))
            start = self._sum(start, count)
        self.size = start
        self.single = len(values) == 1 and isinstance(values[0].type, Scalar)

    def _sum(self, a: Operand, b: Operand) -> Operand:
        if isinstance(a, Const) and isinstance(b, Const):
            return Const(a.value + b.value)
        if isinstance(a, Const) and a.value == 0:
            return b
        total: Operand = self.builder.call(operator.add, a, b)
        return total

    def lengths(self, x: Operand) -> list[Operand]:
        rank = rank_of(x)
        if rank == 0:
            return []
        shape = self.builder.call(np.shape, x)
        return [self.builder.call(getindex, shape, n) for n in range(rank)]

    def seed(self, batch: Batch, seeds: Sequence[Value], names: Sequence[str]) -> None:
        """Let ``seeds`` stand for the unit directions."""
        b = self.builder
        for part, seed, name in zip(self.parts, seeds, names, strict=True):
            t = part.x.type
            assert isinstance(t, (Array, Scalar))
            if len(self.parts) == 1 and part.lengths:
                made = b.call(np.eye, self.size)
            else:
                made = b.call(np.eye, self.size, part.count, b.call(operator.neg, part.start))
            if not part.lengths:
                made = b.call(np.ravel, made)
            if t.dtype != np.float64:
                made = b.call(np.astype, made, t.dtype)
            if len(part.lengths) > 1:
                made = b.call(np.reshape, made, (self.size, *part.lengths))
            lengths = t.shape if isinstance(t, Array) else ()
            made.type = Array(t.dtype, (batch.length, *lengths))
            made.name = name
            batch.define(seed, made)

    def column(self, batch: Batch, y_dot: Operand, y: Operand, j: int) -> Operand:
        """The derivative of ``y`` in the value ``j``: of the shape of ``y``, followed by that of the value."""
        if self.single:
            return y_dot
        b, part = self.builder, self.parts[j]
        lengths = self.lengths(y)
        taken = self._take(batch.full(y_dot), part)
        if not part.lengths:
            return taken
        if lengths:
            order = () if len(lengths) == 1 else ((*range(1, len(lengths) + 1), 0),)
            taken = b.call(np.transpose, taken, *order)
        if len(part.lengths) == 1:
            return taken
        shaped: Operand = b.call(np.reshape, taken, (*lengths, *part.lengths))
        return shaped

    def row(self, batch: Batch, x_bar: Operand, x: Operand, k: int) -> Operand:
        """The derivative of the value ``k`` in ``x``: of the shape of the value, followed by that of ``x``."""
        if self.single:
            return x_bar
        part = self.parts[k]
        taken = self._take(batch.full(x_bar), part)
        if len(part.lengths) < 2:
            return taken
        shaped: Operand = self.builder.call(np.reshape, taken, (*part.lengths, *self.lengths(x)))
        return shaped

    def _take(self, J: Operand, part: _Part) -> Operand:
        """The directions of one value."""
        b = self.builder
        if not part.lengths:
            taken: Operand = b.call(operator.getitem, J, part.start)
        elif len(self.parts) == 1:
            return J
        else:
            stop = self._sum(part.start, part.count)
            taken = b.call(operator.getitem, J, slice(part.start, stop, Const(None)))
        return taken
