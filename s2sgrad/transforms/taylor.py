"""The Taylor transform: values become truncated power series, ``x + x_1 t + x_2 t² + …``.

    func f(x):              func f(x, x_1, x_2):
      y = exp x               y   = exp x
      return y                y_1 = mul x_1, y
                              y_2 = div (add (mul x_1, y_1), (mul (mul 2.0, x_2), y)), 2.0
                              return y, y_1, y_2

It is the tangent transform with several tangents beside each value, one for each order: control flow carries them all,
and what is linear is done to each. How the other calls go on is in :mod:`s2sgrad.transforms.series`. An operation costs
O(n²) at order n.

Code that the transform does not serve (recursive functions, ``try`` whose derivative may raise, rules that branch on
differentiated values) is differentiated n times instead, along the curve: :func:`nested`. What that costs may double
with each order.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from math import factorial

from s2sgrad.ir.build import Builder
from s2sgrad.ir.clone import substitute
from s2sgrad.ir.core import Block, Call, For, Function, If, Op, Operand, Try, Value, While, With, walk
from s2sgrad.ir.primitives import new_list
from s2sgrad.ir.raising import ops_may_raise
from s2sgrad.ir.types import is_differentiable
from s2sgrad.optimize.pipeline import optimize_tangent
from s2sgrad.transforms.activity import active_values
from s2sgrad.transforms.cloning import clone_with
from s2sgrad.transforms.cotangents import derivative_type
from s2sgrad.transforms.series import CannotExpand, Series
from s2sgrad.transforms.tangent import carried_derivatives, tangent


def taylor(function: Function, wrt: Sequence[Value], order: int, given: int) -> Function:
    """The function that computes its results and their Taylor coefficients along a curve.

    :param wrt: parameters.
    :param given: how many coefficients of the curve are given after the constant one; those of higher order are zero.
    :returns: its parameters are those of ``function`` and, for each of ``wrt``, its coefficients of the orders 1 to
        ``given``; its results those of ``function`` and, for each order from 1 to ``order``, their coefficients. A
        result that has no derivative (an integer, None) has None.
    """
    try:
        return _expanded(function, wrt, order, given)
    except CannotExpand:
        return nested(function, wrt, order, given)


def _expanded(function: Function, wrt: Sequence[Value], order: int, given: int) -> Function:
    primal, wrt = clone_with(function, wrt)
    authors = set(walk(primal.body))
    seeds = _seeds(wrt, given)
    expansion = Expansion(Series(active_values(primal.body, wrt, primal.results), authors, order))
    for x, of_x in zip(wrt, seeds, strict=True):
        for layer, seed in zip(expansion.layers, of_x, strict=False):
            layer.dots[x] = seed
    expansion.block(primal.body)
    with expansion.builder.inside(primal.body):
        expansion.builder.stmt = None
        coefficients = [expansion.result(x, m) for m in range(1, order + 1) for x in primal.results]
    made = _made(primal, [*primal.params, *chain(*seeds)], [*primal.results, *coefficients])
    substitute(made.body, expansion.series.placeholders)
    return optimize_tangent(made, authors)


def nested(function: Function, wrt: Sequence[Value], order: int, given: int) -> Function:
    """The same, by tangents of tangents along the curve: the tangent of each of its derivatives is the next one."""
    count = len(function.results)
    made, wrt = clone_with(function, wrt)
    curve = [[x, *derivatives] for x, derivatives in zip(wrt, _seeds(wrt, given), strict=True)]
    made.params += [p for derivatives in curve for p in derivatives[1:]]
    places = [[made.params.index(p) for p in derivatives] for derivatives in curve]
    for m in range(1, order + 1):
        steps = [(p[j], p[j + 1]) for p in places for j in range(min(m, given))]
        derived = tangent(made, [made.params[k] for k, _ in steps])
        seeds = derived.params[len(made.params) :]
        substitute(derived.body, {seed: derived.params[k] for seed, (_, k) in zip(seeds, steps, strict=True)})
        known, dots = derived.results[: len(made.results)], derived.results[len(made.results) :]
        made = _made(derived, derived.params[: len(made.params)], [*known, *dots[-count:]])
    return rescaled(made, [(k, factorial(j)) for p in places for j, k in enumerate(p) if j > 1], count)


def rescaled(made: Function, params: Sequence[tuple[int, int]], count: int, *, up: bool = False) -> Function:
    """A function of derivatives as one of Taylor coefficients, or the other way round (``up``).

    :param params: the positions of parameters that hold coefficients (derivatives), with the factorials between.
    :param count: the number of results of each order.
    """
    builder = Builder()
    env: dict[Value, Operand] = {}
    for k, factor in params:
        p = made.params[k]
        env[p] = builder.call(operator.truediv if up else operator.mul, p, float(factor))
    ops = builder.block.ops
    substitute(made.body, env)
    builder.block = Block([], [*ops, *made.body.ops])
    results = list(made.results)
    for k, x in enumerate(results):
        factor = factorial(k // count)
        if factor > 1 and is_differentiable(x.type):
            results[k] = builder.call(operator.mul if up else operator.truediv, x, float(factor))
    return replace(made, body=replace(builder.block, results=results))


def _seeds(wrt: Sequence[Value], given: int) -> list[list[Value]]:
    """Parameters for the coefficients of a curve."""
    return [[Value(derivative_type(x.type), f"{x.name or 'x'}_{m}") for m in range(1, given + 1)] for x in wrt]


def _made(like: Function, params: list[Value], results: list[Operand]) -> Function:
    body = Block([], like.body.ops, results)
    return replace(like, params=params, body=body, out=tuple(range(len(results))))


class Expansion:
    """The pass over control flow: what :class:`~s2sgrad.transforms.tangent.Forward` does, for all orders at once."""

    def __init__(self, series: Series) -> None:
        self.series = series
        self.builder = series.builder
        self.layers = series.layers

    def result(self, x: Operand, m: int) -> Operand:
        return self.layers[m - 1].result(x)

    def block(self, block: Block) -> None:
        """Put the coefficients between the operations of a block."""
        ops, block.ops = block.ops, []
        with self.builder.inside(block), self.series.scope():
            for op in ops:
                self.builder.stmt = op.stmt
                self.op(op)

    def op(self, op: Op) -> None:
        if isinstance(op, Call):
            self.call(op)
        elif isinstance(op, If):
            self.block(op.then)
            self.block(op.orelse)
            self.join(op, (op.then, op.orelse))
        elif isinstance(op, With):
            self.block(op.body)
            self.join(op, (op.body,))
        elif isinstance(op, Try):
            self.guarded(op)
        else:
            self.loop(op)

    def call(self, op: Call) -> None:
        self.builder.block.ops.append(op)
        if op.fn is new_list:
            for layer in self.layers:
                layer.empty.add(op.result)
        if isinstance(op.fn, Function) and any(v in self.series.active for v in op.results):
            raise CannotExpand
        self.series.expand(op)

    def join(self, op: If | With | Try, blocks: Sequence[Block]) -> None:
        for layer in self.layers:
            layer.join(op, blocks)
        self.builder.block.ops.append(op)

    def guarded(self, op: Try) -> None:
        """The coefficients beside the values, unless they may raise what the handler catches."""
        authors = set(walk(op.body))
        self.block(op.body)
        added = [x for x in walk(op.body) if x not in authors]
        if not op.handler.diverges and ops_may_raise([x for x in added if isinstance(x, Call)], op.exceptions):
            raise CannotExpand
        self.block(op.handler)
        self.join(op, (op.body, op.handler))

    def loop(self, op: For | While) -> None:
        carried = carried_derivatives(op, self.series.active)
        params = [op.carried[k] for k in carried]
        for layer in self.layers:
            layer.enter(op, carried, params)
        self.block(op.body)
        for layer in self.layers:
            layer.leave(op, carried)
        self.builder.block.ops.append(op)
