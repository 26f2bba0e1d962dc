"""A function split in two: a forward part that does all of the primal's work, and the tangent, which is called later.

    func f(x):             func f_forward(x):             func f_tangent(t, x_dot):
      y = sin x              y = sin x                      y_dot = mul x_dot, t
      return y               t = cos x                      return y_dot
                             return y, (t,)

The tangent pass (:mod:`s2sgrad.transforms.tangent`), with what depends on tangents in a function of its own; what a
rule computes from the primal alone stays beside the primal. The values that the tangent reads are made available to it
as they are for a backward part (:mod:`s2sgrad.transforms.saving`), but for the order: its loops run forwards, so that
what was pushed is read from the first item on.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence

from s2sgrad.ir.build import Builder
from s2sgrad.ir.clone import substitute
from s2sgrad.ir.core import (
    UNDEFINED,
    Block,
    Call,
    Const,
    For,
    Function,
    If,
    Op,
    Operand,
    Try,
    Value,
    While,
    With,
    uses_in,
    walk,
)
from s2sgrad.ir.primitives import new_list
from s2sgrad.ir.types import INT
from s2sgrad.optimize.pipeline import clean, optimize_tangent
from s2sgrad.optimize.purity import ALLOCATIONS
from s2sgrad.transforms.activity import active_values, hides_derivative, lost_derivative
from s2sgrad.transforms.adjoint_control import count_steps, raises_floating_point
from s2sgrad.transforms.cloning import clone_with
from s2sgrad.transforms.cotangents import derivative_type, dot_name
from s2sgrad.transforms.invoke import Invocations
from s2sgrad.transforms.ownership import own_results
from s2sgrad.transforms.parts import define, free_values
from s2sgrad.transforms.rule_calls import NONE
from s2sgrad.transforms.saving import make_available
from s2sgrad.transforms.shapes import QUERIES
from s2sgrad.transforms.stacks import read
from s2sgrad.transforms.structure import Structure, is_const, is_hashable
from s2sgrad.transforms.tangent import Forward, carried_derivatives, tangent


class CannotSplit(Exception):
    """The tangent runs the primal again instead."""


def linearize(function: Function, wrt: Sequence[Value]) -> tuple[Function, Function]:
    """The parts of the Jacobian-vector product of ``function``.

    :param wrt: parameters.
    :returns: ``forward``, which returns a pair of the primal's ``out`` and the tuple of what is saved; and ``later``,
        whose parameters are what is saved, then a tangent for each of ``wrt``, and which returns the tangents of the
        results. Of recursive functions and of ``try``, nothing is saved but the arguments.
    """
    try:
        return _split(function, wrt)
    except CannotSplit:
        return _whole(function, wrt)


def _split(function: Function, wrt: Sequence[Value]) -> tuple[Function, Function]:
    primal, wrt = clone_with(function, wrt)
    authors = set(walk(primal.body))
    split = Split(active_values(primal.body, wrt, primal.results), authors)
    seeds = [Value(derivative_type(x.type), dot_name(x)) for x in wrt]
    split.layer.dots.update(zip(wrt, seeds, strict=True))
    split.linear.update(seeds)
    later = Block()
    split.block(primal.body, later)
    with split.later.inside(later):
        split.later.stmt = None
        later.results = [split.layer.result(x) for x in primal.results]
    clean(later, lambda op: True)
    make_available(primal, later, Structure(primal), split.mirrors, NONE, read)
    own_results(later)
    for op in walk(later):
        op.adjoint = False
    return _functions(primal, later, seeds, authors)


def _whole(function: Function, wrt: Sequence[Value]) -> tuple[Function, Function]:
    """The parts where nothing can be saved: the arguments are kept."""
    primal, _ = clone_with(function, wrt)
    derived = tangent(function, wrt)
    count = len(function.params)
    params, seeds = derived.params[:count], derived.params[count:]
    later = Block([], derived.body.ops, derived.results[len(function.results) :])
    substitute(later, dict(zip(params, primal.params, strict=True)))
    own_results(later)
    return _functions(primal, later, seeds, set(walk(primal.body)))


def _functions(primal: Function, later: Block, seeds: list[Value], authors: set[Op]) -> tuple[Function, Function]:
    saved = free_values(later, seeds)
    undefined = define(primal.body, saved)
    results = [*primal.results, *saved]
    out = (primal.out, tuple(range(len(primal.results), len(results))))
    forward = Function(
        f"{primal.name}_forward",
        primal.params,
        Block([], primal.body.ops, results),
        out,
        primal.captures,
        primal.doc,
        primal.defaults,
    )
    received = [Value(v.type, v.name or "t") for v in saved]
    substitute(later, dict(zip(saved, received, strict=True)))
    optional = frozenset(new for old, new in zip(saved, received, strict=True) if old in undefined)
    tangents = tuple(range(len(later.results)))
    after = Function(f"{primal.name}_tangent", [*received, *seeds], later, tangents, optional=optional)
    return optimize_tangent(forward, authors), optimize_tangent(after, set())


class Split:
    """The tangent pass in two places: ``primal`` appends beside the primal's operations, ``later`` to the tangent's.

    ``layer``: the tangents. ``linear``: the values that depend on tangents. ``mirrors``: for each block of the primal
    the block of the tangent that goes with it.
    """

    def __init__(self, active: set[Value], authors: set[Op]) -> None:
        self.active = active
        self.layer = Forward(active, Invocations(), authors)
        self.primal, self.later = Builder(), self.layer.builder
        self.linear: set[Value] = set()
        self.mirrors: dict[Block, Block] = {}

    def block(self, block: Block, into: Block) -> None:
        """Split the operations of a block; those on tangents go to the end of ``into``."""
        self.mirrors[block] = into
        ops, block.ops = block.ops, []
        with self.primal.inside(block), self.later.inside(into):
            for op in ops:
                self.later.stmt = op.stmt
                self.op(op)

    def op(self, op: Op) -> None:
        if isinstance(op, Call):
            self.primal.block.ops.append(op)
            self.call(op)
            return
        if isinstance(op, If):
            self.branches(op)
        elif isinstance(op, With):
            self.context(op)
        elif isinstance(op, Try):
            raise CannotSplit
        else:
            self.loop(op)
        self.primal.block.ops.append(op)

    def call(self, op: Call) -> None:
        if op.fn is new_list:
            self.layer.empty.add(op.result)
        if isinstance(op.fn, Function) and any(v in self.active for v in op.results):
            raise CannotSplit
        rule = Block()
        with self.later.inside(rule):
            self.layer.call(op)
        for new in rule.ops:
            if self._is_linear(new):
                self.linear.update(new.results)
                self.later.block.ops.append(new)
            else:
                self.primal.block.ops.append(new)

    def _is_linear(self, op: Op) -> bool:
        """Whether an operation belongs to the tangent: it reads one, or makes a zero to begin with."""
        if isinstance(op, Call) and is_hashable(op.fn) and (op.fn in ALLOCATIONS or op.fn in QUERIES):
            return True
        return any(x in self.linear for x in uses_in(Block([], [op])))

    def branches(self, op: If) -> None:
        if isinstance(op.cond, Const) or op.then.diverges or op.orelse.diverges:
            first = bool(op.cond.value) if isinstance(op.cond, Const) else not op.then.diverges
            taken, other = (op.then, op.orelse) if first else (op.orelse, op.then)
            self.mirrors[other] = self.later.block
            self.block(taken, self.later.block)
            self._take(op.results, taken.results)
            return
        then, orelse = Block(), Block()
        self.block(op.then, then)
        self.block(op.orelse, orelse)
        results = self._join(op.results, ((op.then, then), (op.orelse, orelse)))
        self.later.add(If(op.cond, then, orelse, results))

    def context(self, op: With) -> None:
        """The same context again, unless entering it is an effect, or lets the derivative raise."""
        if op.context.effect or raises_floating_point(op.context):
            self.block(op.body, self.later.block)
            self._take(op.results, op.body.results)
            return
        body = Block([Value(p.type, p.name) for p in op.body.params])
        self.block(op.body, body)
        results = self._join(op.results, ((op.body, body),))
        self.later.add(With(Call(op.context.fn, op.context.args, op.context.kwargs, stmt=op.stmt), body, results))

    def _take(self, results: Sequence[Value], inner: Sequence[Operand]) -> None:
        """The results of a block that was certainly run."""
        for v, x in zip(results, inner, strict=True):
            dot = self.layer.dot(x)
            if v in self.active and dot is not None:
                self.layer.dots[v] = dot

    def _join(self, results: Sequence[Value], blocks: Sequence[tuple[Block, Block]]) -> list[Value]:
        joined: list[Value] = []
        for k, v in enumerate(results):
            if v in self.active and any(self.layer.dot(block.results[k]) is not None for block, _ in blocks):
                if hides_derivative(v.type):
                    raise lost_derivative(self.later.stmt)
                for block, into in blocks:
                    with self.later.inside(into):
                        into.results.append(self.layer.full_or_undefined(block.results[k]))
                joined.append(self._defined(v))
        return joined

    def _defined(self, v: Value) -> Value:
        dot = Value(derivative_type(v.type), dot_name(v))
        self.layer.dots[v] = dot
        self.linear.add(dot)
        return dot

    def loop(self, op: For | While) -> None:
        carried = carried_derivatives(op, self.active)
        start, stop, step, backwards = self._range(op)
        inits = [UNDEFINED if op.inits[k] is UNDEFINED else self.layer.full(op.inits[k]) for k in carried]
        index = Value(INT, op.index.name if isinstance(op, For) else None)
        body = Block([index, *(self._defined(op.carried[k]) for k in carried)])
        self.block(op.body, body)
        with self.later.inside(body):
            body.results = [self.layer.full(op.body.results[k]) for k in carried]
        results = [self._defined(op.results[k]) for k in carried]
        self.later.add(For(start, stop, step, inits, body, results, reverse=backwards))

    def _range(self, op: For | While) -> tuple[Operand, Operand, Operand, bool]:
        """The range of the loop over the tangents; a loop that can stop early is made to count its iterations."""
        if isinstance(op, For) and op.body.stop is None:
            return op.start, op.stop, op.step, op.reverse
        steps = count_steps(None, op)
        if isinstance(op, While) or op.reverse or (is_const(op.start, 0) and is_const(op.step, 1)):
            return Const(0), steps, Const(1), False
        distance = self.later.call(operator.mul, steps, op.step)
        return op.start, self.later.call(operator.add, op.start, distance), op.step, False
