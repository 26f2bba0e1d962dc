"""Calls of functions with custom rules, in reverse.

    y = f x        y, saved… = (the forward part)        x_bar = (the backward part)

Where the author gave a tangent, the two are its transpose: the tangent is reversed in the tangents like any code, and
split from the part that does not depend on them.
"""

from __future__ import annotations

from s2sgrad.ir.clone import clone_function, substitute
from s2sgrad.ir.core import Block, Call, Const, CustomRule, Function, Stmt, Value, uses_in
from s2sgrad.optimize.dce import dce_block
from s2sgrad.transforms.adjoint_core import Reverse
from s2sgrad.transforms.cotangents import bar_name, derivative_type
from s2sgrad.transforms.custom_rules import append, inlined, not_linear, refuse_unlisted, require_fit, unfinished
from s2sgrad.transforms.parts import define, free_values
from s2sgrad.transforms.scopes import Cotangent, Scope, as_operand


def reverse_custom(r: Reverse, call: Call, g: Function, bars: list[Cotangent | None], scope: Scope) -> None:
    """Let the primal run the forward part in place of the call, and inline the backward part."""
    rule = g.rule
    assert rule is not None
    if rule.forward is None or rule.backward is None:
        rule.forward, rule.backward = _transposed_tangent(r, g, rule, call.stmt)
    refuse_unlisted(g, call, [x for x in call.args[rule.inputs :] if r.is_active(x)])
    ops, saved = inlined(rule.forward, call.args, call.results)
    r.structure.replace(call, ops)
    seeds = [as_operand(r.builder, bars[k], call.results[k]) for k in rule.outputs]
    cotangents = append(r.builder, rule.backward, [*saved, *seeds], call.stmt)
    for x, param, bar in zip(call.args, g.params, cotangents, strict=False):
        if r.is_active(x) and not (isinstance(bar, Const) and bar.value is None):
            require_fit(r.builder, bar, x, f"the cotangent that the rule of `{g.name}` gives", bar_name(param))
            r.contribute(scope, x, bar, broadcasts=False)


def _transposed_tangent(r: Reverse, g: Function, rule: CustomRule, stmt: Stmt | None) -> tuple[Function, Function]:
    """The forward and backward part of a function whose tangent is given. They save what the author's part leaves."""
    tangent = rule.tangent
    if tangent is None:
        raise unfinished(g, stmt)
    count, first = len(g.params), len(g.results)
    given = [k for k, dot in enumerate(tangent.results[first:]) if isinstance(dot, Value)]
    renamed = clone_function(tangent)
    for x, dot in zip(renamed.params, renamed.params[count:], strict=False):
        dot.name = x.name  # the cotangent of a tangent is the argument's
    wrt, results = renamed.params[count:], [first + k for k in given]
    parts = r.parts_of(renamed, wrt, "param", results, leaves_scope=True, invocations=r.invocations)
    saved = free_values(parts.backward, parts.seeds)
    define(parts.primal.body, saved)
    params, dots = parts.primal.params[:count], parts.primal.params[count:]
    body = Block([], parts.primal.body.ops, [*parts.primal.results[:first], *saved])
    dce_block(body)
    if {*uses_in(body), *saved} & set(dots):
        raise not_linear(g, "tangent", "tangents", "reverse", stmt)
    seeds = dict(zip(given, parts.seeds, strict=True))
    received = [Value(v.type, v.name) for v in saved]
    substitute(parts.backward, dict(zip(saved, received, strict=True)))
    unused = (Value(derivative_type(g.results[k].type)) for k in rule.outputs)
    params_of_backward = [*received, *(seeds.get(k, v) for k, v in enumerate(unused))]
    forward = Function(f"{g.name}_forward", params, body)
    return forward, Function(f"{g.name}_backward", params_of_backward, parts.backward)
