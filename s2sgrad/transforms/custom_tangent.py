"""Calls of functions with custom rules, in forward mode.

    y = f x        y, y_dot = (the tangent)

Where the author gave a backward part, that is transposed: it is linear in the cotangents, and so its own adjoint takes
the tangents of the arguments to those of the results.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from s2sgrad.ir.build import Builder
from s2sgrad.ir.clone import fresh
from s2sgrad.ir.core import (
    Block,
    Call,
    Const,
    CustomRule,
    Function,
    Op,
    Operand,
    Stmt,
    Value,
    blocks_of,
    operands_of,
    uses_in,
    walk,
)
from s2sgrad.optimize.pipeline import clean
from s2sgrad.transforms.adjoint import adjoint
from s2sgrad.transforms.cotangents import cast, derivative_type, dot_name
from s2sgrad.transforms.custom_rules import append, inlined, not_linear, refuse_unlisted, require_fit, unfinished
from s2sgrad.transforms.shapes import read_by_value

if TYPE_CHECKING:
    from s2sgrad.transforms.tangent import Forward


def tangent_custom(f: Forward, call: Call, g: Function) -> None:
    """Run the tangent in place of the call; that is the last operation of the current block."""
    rule = g.rule
    assert rule is not None
    if all(f.dot(x) is None for x in call.args):
        return
    refuse_unlisted(g, call, [x for x in call.args[rule.inputs :] if f.dot(x) is not None])
    if rule.tangent is None:
        rule.tangent = _transposed_backward(g, rule, call.stmt)
    assert f.builder.block.ops.pop() is call
    dots = [f.full(x) for x in call.args[: rule.inputs]]
    ops, result_dots = inlined(rule.tangent, [*call.args, *dots], call.results)
    f.builder.block.ops += ops
    f.authors.update(_needed(ops, call.results))
    for k, dot in zip(rule.outputs, result_dots, strict=True):
        y = call.results[k]
        if not (isinstance(dot, Const) and dot.value is None):
            require_fit(f.builder, dot, y, f"the tangent that the rule of `{g.name}` gives", dot_name(y))
            f.dots[y] = cast(f.builder, dot, y.type)


def _transposed_backward(g: Function, rule: CustomRule, stmt: Stmt | None) -> Function:
    """The tangent of a function whose forward and backward parts are given."""
    if rule.forward is None or rule.backward is None:
        raise unfinished(g, stmt)
    forward, backward = rule.forward, rule.backward
    count = len(forward.results) - len(g.results)
    seeds = backward.params[count:]
    given = [k for k, bar in enumerate(backward.results) if isinstance(bar, Value)]
    transposed = adjoint(backward, seeds, cotangent="param", differentiated_results=given)
    clean(transposed.body)
    if not set(transposed.params[count : len(backward.params)]).isdisjoint(read_by_value(transposed.body)):
        raise not_linear(g, "backward part", "cotangents", "forward", stmt)
    params = [fresh(p) for p in forward.params]
    dots = [Value(derivative_type(p.type), dot_name(p)) for p in params[: rule.inputs]]
    builder = Builder()
    made = append(builder, forward, params, None)
    results, saved = made[: len(g.results)], made[len(g.results) :]
    shapes = [results[k] for k in rule.outputs]  # the cotangents' own
    result_dots = append(builder, transposed, [*saved, *shapes, *(dots[k] for k in given)], None)
    return Function(f"{g.name}_tangent", [*params, *dots], Block([], builder.block.ops, [*results, *result_dots]))


def _needed(ops: Sequence[Op], results: Sequence[Operand]) -> set[Op]:
    """The operations that compute the results: they stay as the author wrote them."""
    wanted: set[Operand] = set(results)
    found: set[Op] = set()
    for op in reversed(ops):
        effect = any(isinstance(x, Call) and x.effect for x in walk(Block([], [op])))
        if effect or any(v in wanted for v in op.results):
            wanted.update((*operands_of(op), *(x for block in blocks_of(op) for x in uses_in(block))))
            found.update(walk(Block([], [op])))
    return found
