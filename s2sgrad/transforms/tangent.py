"""The tangent transform: one pass in program order, ``x_dot`` beside ``x``.

    func f(x):              func f(x, x_dot):
      y = sin x               y = sin x
      z = mul y, x            t = cos x
      return z                y_dot = mul x_dot, t
                              z_dot = add (mul y_dot, x), (mul x_dot, y)
                              return z, z_dot

A tangent that is absent is zero; zeros are made only where a loop, a branch, a list or the result has to have one.
Lists and run-time tuples have tangents of the same structure.
"""

from __future__ import annotations

from collections.abc import Sequence

from s2sgrad.errors import UnsupportedSyntax
from s2sgrad.ir.build import Builder
from s2sgrad.ir.clone import Cloner, substitute
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
    Tree,
    Try,
    Value,
    While,
    With,
    walk,
)
from s2sgrad.ir.primitives import new_list, raise_
from s2sgrad.ir.raising import makes_exception, ops_may_raise
from s2sgrad.ir.types import BOOL, OBJECT, is_differentiable
from s2sgrad.optimize.pipeline import optimize_tangent
from s2sgrad.transforms.activity import active_values, hides_derivative, lost_derivative
from s2sgrad.transforms.adjoint_control import without_raising
from s2sgrad.transforms.cloning import clone_with, shift
from s2sgrad.transforms.cotangents import as_result, derivative_type, dot_name, zero
from s2sgrad.transforms.custom_rules import drop_same
from s2sgrad.transforms.custom_tangent import tangent_custom
from s2sgrad.transforms.invoke import Invocations
from s2sgrad.transforms.tangent_calls import call_tangents


def tangent(function: Function, wrt: Sequence[Value]) -> Function:
    """The function that computes its results and their tangents.

    :param wrt: parameters, or leaves of container parameters (values that the body defines at top level).
    :returns: the parameters are those of ``function`` and a tangent for each of ``wrt``; ``out`` is a pair of the
        primal's ``out`` and the tree of the same structure of tangents. A result that has no derivative (an
        integer, None) has the tangent None, one that does not depend on ``wrt`` a zero.
    """
    return _tangent(function, wrt, None)


def _tangent(function: Function, wrt: Sequence[Value], invocations: Invocations | None) -> Function:
    """``invocations``: the variants of called functions made so far."""
    primal, wrt = clone_with(function, wrt)
    authors = set(walk(primal.body))
    active = active_values(primal.body, wrt, primal.body.results)
    forward = Forward(active, invocations or Invocations(push=_tangent), authors)
    seeds = [Value(derivative_type(x.type), dot_name(x)) for x in wrt]
    forward.dots.update(zip(wrt, seeds, strict=True))
    forward.block(primal.body)
    results = primal.body.results
    with forward.builder.inside(primal.body):
        forward.builder.stmt = None
        dots = [forward.result(x) for x in results]
    count = len(results)
    body = Block([], primal.body.ops, [*results, *dots])
    drop_same(body)
    out: Tree = (primal.out, shift(primal.out, count))
    params = [*primal.params, *seeds]
    made = Function(primal.name, params, body, out, primal.captures, primal.doc, primal.defaults)
    return optimize_tangent(made, authors)


class Forward:
    """The state of a tangent pass: ``dots`` holds the tangents there are, ``builder`` appends to the current block.

    ``authors``: the operations that compute what the primal does: they stay as they are.
    """

    def __init__(self, active: set[Value], invocations: Invocations, authors: set[Op]) -> None:
        self.active = active
        self.invocations = invocations
        self.authors = authors
        self.dots: dict[Value, Operand] = {}
        self.empty: set[Operand] = set()  # lists that were made empty: so are their tangents
        self.builder = Builder()

    def dot(self, x: Operand) -> Operand | None:
        """The tangent of ``x``, or None for zero."""
        return self.dots.get(x) if isinstance(x, Value) else None

    def full(self, x: Operand) -> Operand:
        """The tangent of ``x``, zeros materialised."""
        dot = self.dot(x)
        if dot is None and x in self.empty:
            return self.builder.typed_call(new_list, x.type, name=dot_name(x))
        return zero(self.builder, x, dot_name(x)) if dot is None else dot

    def full_or_undefined(self, x: Operand) -> Operand:
        """The tangent of what a branch leaves: a variable that it does not define has none."""
        return self.full(x) if x.type != OBJECT else Const(0.0)

    def result(self, x: Operand) -> Operand:
        return as_result(self.builder, self.full(x), x.type) if is_differentiable(x.type) else Const(None)

    def block(self, block: Block) -> None:
        """Put tangent operations between those of a block."""
        ops, block.ops = block.ops, []
        with self.builder.inside(block):
            for op in ops:
                self.builder.stmt = op.stmt
                self.op(op)

    def op(self, op: Op) -> None:
        if isinstance(op, Call):
            self.builder.block.ops.append(op)
            if op.fn is new_list:
                self.empty.add(op.result)
            self.call(op)
        elif isinstance(op, If):
            self.branches(op)
        elif isinstance(op, With):
            self.block(op.body)
            self.join(op, (op.body,))
            self.builder.block.ops.append(op)
        elif isinstance(op, Try):
            self.guarded(op)
        else:
            self.loop(op)

    def call(self, op: Call) -> None:
        wanted = [v for v in op.results if v in self.active and v not in self.dots]
        if not wanted:
            return
        if isinstance(op.fn, Function):
            if op.fn.rule is None:
                self.invocation(op, op.fn)
            else:
                tangent_custom(self, op, op.fn)
            return
        for v, dot in zip(op.results, call_tangents(self, op), strict=True):
            if dot is not None and v in self.active:
                if isinstance(dot, Value) and dot.name is None:
                    dot.name = dot_name(v)
                self.dots[v] = dot

    def invocation(self, call: Call, g: Function) -> None:
        """Call the tangent function of a function that is not inlined in its place."""
        active = tuple(k for k, x in enumerate(call.args) if self.dot(x) is not None)
        if not active:
            return
        dots = [Value(derivative_type(v.type), dot_name(v)) for v in call.results]
        self.dots.update((v, dot) for v, dot in zip(call.results, dots, strict=True) if is_differentiable(v.type))
        call.fn = self.invocations.tangent(g, active)
        call.args = (*call.args, *(self.full(call.args[k]) for k in active))
        call.results = [*call.results, *dots]

    def branches(self, op: If) -> None:
        self.block(op.then)
        self.block(op.orelse)
        self.join(op, (op.then, op.orelse))
        self.builder.block.ops.append(op)

    def guarded(self, op: Try) -> None:
        """The tangents beside the values; where they may raise what the handler catches though the values did not, the
        values run first, to see what is raised, and then together with their tangents, where nothing is caught."""
        authors = set(walk(op.body))
        probe = Cloner().op(op)
        assert isinstance(probe, Try)
        self.block(op.body)
        added = [x for x in walk(op.body) if x not in authors]
        if op.handler.diverges or not ops_may_raise([x for x in added if isinstance(x, Call)], op.exceptions):
            self.block(op.handler)
            self.join(op, (op.body, op.handler))
            self.builder.block.ops.append(op)
            return
        if any(isinstance(x, Call) and x.effect and x.fn is not raise_ and not makes_exception(x.fn) for x in authors):
            raise UnsupportedSyntax(
                "the derivative of this `try` may raise what its handler catches, and its body cannot run twice",
                "catch a more specific exception, or move print and random draws out of the `try`",
                op.stmt,
            )
        raised, error = Value(BOOL, "raised"), Value(OBJECT, op.handler.params[0].name)
        probe.body.results = [Const(False), UNDEFINED]
        probe.handler = Block(probe.handler.params, [], [Const(True), probe.handler.params[0]])
        probe.results = [raised, error]
        substitute(op.handler, {op.handler.params[0]: error})
        op.handler.params = []
        self.block(op.handler)
        without_raising(op.body)
        choice = If(raised, op.handler, op.body, op.results, op.stmt, op.adjoint)
        self.join(choice, (op.handler, op.body))
        self.builder.block.ops += [probe, choice]

    def join(self, op: If | With | Try, blocks: Sequence[Block]) -> None:
        """Add the tangents of active results."""
        for k, v in enumerate(list(op.results)):
            if v in self.active and any(self.dot(b.results[k]) is not None for b in blocks):
                if hides_derivative(v.type):
                    raise lost_derivative(op.stmt)
                for block in blocks:
                    with self.builder.inside(block):
                        block.results.append(self.full_or_undefined(block.results[k]))
                self.dots[v] = _add_result(op, v)

    def loop(self, op: For | While) -> None:
        carried = carried_derivatives(op, self.active)
        params = [op.carried[k] for k in carried]
        self.enter(op, carried, params)
        self.block(op.body)
        self.leave(op, carried)
        self.builder.block.ops.append(op)

    def enter(self, op: For | While, carried: Sequence[int], params: Sequence[Value]) -> None:
        """Let a loop carry the tangents of ``params``, which are what it carries at the positions ``carried``."""
        inits = [UNDEFINED if op.inits[k] is UNDEFINED else self.full(op.inits[k]) for k in carried]
        dots = [Value(derivative_type(v.type), dot_name(v)) for v in params]
        self.dots.update(zip(params, dots, strict=True))
        op.inits += inits
        op.body.params += dots
        if isinstance(op, While):
            op.cond.params += [Value(d.type, d.name) for d in dots]

    def leave(self, op: For | While, carried: Sequence[int]) -> None:
        """Go on with the tangents of what the body of a loop has computed."""
        with self.builder.inside(op.body):
            op.body.results += [self.full(op.body.results[k]) for k in carried]
        for k in carried:
            self.dots[op.results[k]] = _add_result(op, op.results[k])


def carried_derivatives(op: For | While, active: set[Value]) -> list[int]:
    """The positions of what a loop carries that has a derivative."""
    return [k for k, v in enumerate(op.carried) if v in active or op.results[k] in active]


def _add_result(op: If | With | Try | For | While, v: Value) -> Value:
    dot = Value(derivative_type(v.type), dot_name(v))
    op.results.append(dot)
    return dot
