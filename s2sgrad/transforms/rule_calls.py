"""Calls of functions that have rules, in reverse: the rule's body is inlined for the operands at hand.

y = mul a, b          a_bar = mul y_bar, b
                      b_bar = mul y_bar, a
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from s2sgrad.errors import MissingRule
from s2sgrad.frontend import rules as frontend
from s2sgrad.ir.build import Builder
from s2sgrad.ir.core import Call, Const, Operand, Stmt, Tree, Value, leaves
from s2sgrad.ir.types import Unknown
from s2sgrad.rules.suggestion import qualified_name, suggested_rule
from s2sgrad.rules.table import Rule, rule_of
from s2sgrad.transforms.adjoint_core import Reverse
from s2sgrad.transforms.cotangents import scale
from s2sgrad.transforms.scopes import Cotangent, Scope
from s2sgrad.transforms.structure import SHAPE_OPERANDS

NONE = Const(None)


def missing_rule(fn: Any, stmt: Stmt | None, mode: str = "reverse", through: str = "") -> MissingRule:
    """The refusal of a call that an active value enters. ``through``: in what way, if not by position."""
    return MissingRule(
        f"`{qualified_name(fn)}` has no derivative rule for {through}{mode} mode, and a differentiated value enters it",
        suggested_rule(fn, mode),
        stmt,
    )


def required_rule(call: Call, active: Container[Operand], mode: str) -> Rule:
    """The rule of a call with an active operand, or the refusal."""
    rule = rule_of(call.fn)
    if rule is None or call.effect or rule.nondiff:
        raise missing_rule(call.fn, call.stmt, mode)
    if any(x in active for x in leaves(call.kwargs)):
        raise missing_rule(call.fn, call.stmt, mode, "keyword arguments in ")
    return rule


def reverse_rule(r: Reverse, call: Call, bars: list[Cotangent | None], scope: Scope) -> None:
    """Inline the call's rule and hand its cotangents to the arguments."""
    rule = required_rule(call, r.active, "reverse")
    seeds: list[Any] = [NONE if bar is None else bar for bar in bars]
    y_bar, y = (seeds[0], call.results[0]) if len(seeds) == 1 else (tuple(seeds), tuple(call.results))
    if rule.partials is not None:
        factors = frontend.inline_rule(r.builder, rule.partials, (y, *call.args), call.kwargs)
        _from_partials(r, call, y_bar, factors, scope)
    elif rule.transpose is not None:
        result = frontend.inline_rule(r.builder, rule.transpose, (y_bar, *call.args), call.kwargs)
        parts = result if len(rule.wrt) > 1 else (result,)
        for position, bar in zip(rule.wrt, parts, strict=True):
            if position >= len(call.args):  # left at its default
                continue
            r.contribute(scope, call.args[position], bar, broadcasts=rule.broadcasts)
        require_linear(call, rule, r.active, "reverse")
    elif rule.vjp is not None:
        result = frontend.inline_rule(r.builder, rule.vjp, (y_bar, y, *call.args), call.kwargs)
        found = _per_argument(call, result)
        for argument, bar in zip(call.args, found, strict=False):
            if isinstance(bar, Const) and isinstance(bar.value, str):
                if any(map(r.is_active, leaves(argument))):
                    require_derivative(call, bar, "reverse")
                continue
            r.contribute(scope, argument, bar, broadcasts=rule.broadcasts, core=rule.core)
        _require_inactive(r, call, call.args[len(found) :])
    else:
        raise missing_rule(call.fn, call.stmt)


def _require_inactive(r: Reverse, call: Call, argument: Tree) -> None:
    """Refuse a call with an active argument for which the rule gives no cotangent."""
    if any(map(r.is_active, leaves(argument))):
        raise missing_rule(call.fn, call.stmt)


def _from_partials(r: Reverse, call: Call, y_bar: Any, factors: Tree, scope: Scope) -> None:
    y = call.result
    require_factors(call, factors, r.active, "reverse")
    for argument, factor in zip(call.args, as_sequence(factors), strict=False):
        if not r.is_active(argument):
            continue
        require_derivative(call, factor, "reverse")
        r.contribute(scope, argument, scale(r.builder, y_bar, factor), broadcasts=not _same_shape(argument, y))


def require_derivative(call: Call, factor: Tree, mode: str) -> None:
    """Refuse an active argument of which the rule says that it has no derivative, and perhaps why."""
    if not isinstance(factor, Const):
        return
    if isinstance(factor.value, str):
        name = qualified_name(call.fn)
        remedy = "keep differentiated values out of this argument; the others may have them"
        raise MissingRule(f"`{name}` is not differentiable in this argument: {factor.value}", remedy, call.stmt)
    if factor.value is None:
        raise missing_rule(call.fn, call.stmt, mode)


def require_factors(call: Call, factors: Tree, active: Container[Operand], mode: str) -> None:
    """Refuse a call with an active argument for which there is no partial derivative."""
    if any(x in active for x in leaves(list(call.args[len(as_sequence(factors)) :]))):
        raise missing_rule(call.fn, call.stmt, mode)


def _same_shape(x: Operand, y: Value) -> bool:
    """Whether an argument of unknown rank is known to have the shape of the result."""
    return isinstance(x.type, Unknown) and x.type == y.type and x.type.shape is not None


def as_sequence(result: Tree) -> tuple[Tree, ...]:
    return tuple(result) if isinstance(result, (tuple, list)) else (result,)


def _per_argument(call: Call, result: Tree) -> tuple[Tree, ...]:
    """A rule of one argument may return its cotangent bare."""
    if len(call.args) != 1:
        return as_sequence(result)
    if not isinstance(result, (tuple, list)):
        return (result,)
    bare_tree = isinstance(call.args[0], (tuple, list)) and not (
        len(result) == 1 and isinstance(result[0], (tuple, list))
    )
    return (result,) if bare_tree else tuple(result)


def without_cotangent(call: Call, rule: Rule) -> set[int]:
    """The positions of the arguments for which the reverse rule says that they have no cotangent."""
    if rule.vjp is None:
        return set()
    y = call.results[0] if len(call.results) == 1 else tuple(call.results)
    bars = _per_argument(call, frontend.inline_rule(Builder(adjoint=True), rule.vjp, (y, y, *call.args), call.kwargs))
    return {k for k, bar in enumerate(bars) if bar is None or (isinstance(bar, Const) and bar.value is None)}


def require_linear(call: Call, rule: Rule, active: Container[Operand], mode: str) -> None:
    """A function is linear in some arguments only: another that is active has no derivative."""
    linear = {*rule.wrt, SHAPE_OPERANDS.get(call.fn)}
    if any(x in active for x in leaves([a for k, a in enumerate(call.args) if k not in linear])):
        raise missing_rule(call.fn, call.stmt, mode)
