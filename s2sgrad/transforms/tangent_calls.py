"""Calls in forward mode: the tangents of their results, through their rules.

y = mul a, b            y_dot = add (mul a_dot, b), (mul b_dot, a)       partial derivatives
y = sum x               y_dot = sum x_dot                                linear
y = matmul a, b         y_dot = add (matmul a_dot, b), (matmul a, b_dot) multilinear
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from s2sgrad.frontend import rules as frontend
from s2sgrad.ir.core import Block, Call, Const, Function, Operand, Tree, Value, leaves, map_tree, uses_in
from s2sgrad.ir.primitives import additem, get, getindex, make_list, new_dict, new_list, pop, push, setitem, without_key
from s2sgrad.ir.types import Array, DictOf, Scalar, Unknown, is_differentiable
from s2sgrad.rules.table import Rule
from s2sgrad.transforms.cotangents import add, cast, derivative_type, dot_name, scale
from s2sgrad.transforms.rule_calls import (
    as_sequence,
    missing_rule,
    require_derivative,
    require_factors,
    require_linear,
    required_rule,
    without_cotangent,
)
from s2sgrad.transforms.structure import data_operands

if TYPE_CHECKING:
    from s2sgrad.transforms.tangent import Forward

STRUCTURAL = (
    *(setitem, additem, push, pop, getindex, operator.getitem, new_list, make_list, tuple),
    *(new_dict, get, without_key),
)
# The positions of arguments that a structural call takes derivatives of; the rest are indices.
_DATA = {setitem: (0, 2), additem: (0, 2), push: (0, 1)}


def call_tangents(f: Forward, call: Call) -> list[Operand | None]:
    """The tangent of each result of a call with active results."""
    if any(call.fn is fn for fn in STRUCTURAL):
        return _structural(f, call)
    if all(f.dot(x) is None for x in data_operands(call)):
        return [None] * len(call.results)
    rule = required_rule(call, f.dots, "forward")
    if rule.partials is not None:
        dots: Tree = _from_partials(f, call, rule)
    elif rule.jvp is not None:
        dots = _from_jvp(f, call, rule)
    elif rule.transpose is not None:
        dots = _linear(f, call, rule)
    elif rule.multilinear:
        dots = _multilinear(f, call)
    else:
        raise missing_rule(call.fn, call.stmt, "forward")
    return [_usable(f, dot, v) for dot, v in zip(_per_result(dots, call), call.results, strict=True)]


def _per_result(dots: Tree, call: Call) -> tuple[Tree, ...]:
    return as_sequence(dots) if len(call.results) > 1 else (dots,)


def _usable(f: Forward, dot: Any, v: Value) -> Operand | None:
    if dot is None or (isinstance(dot, Const) and dot.value is None):
        return None
    if isinstance(dot, (tuple, list)):  # of the one result of a call, a tuple
        return f.builder.typed_call(tuple, v.type, tuple(dot))
    return cast(f.builder, dot, v.type)


# -- rules ---------------------------------------------------------------------------------------


def _from_partials(f: Forward, call: Call, rule: Rule) -> Operand | None:
    factors = frontend.inline_rule(f.builder, rule.partials, (call.result, *call.args), call.kwargs)
    require_factors(call, factors, f.dots, "forward")
    total: Operand | None = None
    for argument, factor in zip(call.args, as_sequence(factors), strict=False):
        dot = f.dot(argument)
        if dot is None:
            continue
        require_derivative(call, factor, "forward")
        term = scale(f.builder, dot, factor)
        if term is not None:
            total = term if total is None else add(f.builder, total, term)
    return None if total is None else _spread(f, total, call.result)


def _spread(f: Forward, dot: Operand, y: Value) -> Operand:
    """``dot`` with the shape of ``y``: an inactive operand may have made that larger."""
    if isinstance(y.type, Scalar):
        return dot
    if isinstance(y.type, Unknown):
        equal = isinstance(dot.type, Unknown) and y.type.shape is not None and dot.type.shape == y.type.shape
    else:
        equal = isinstance(dot.type, Array) and isinstance(y.type, Array) and dot.type.shape == y.type.shape
    if equal:
        return dot
    shape = f.builder.call(np.shape, y)
    dtype = dot.type.dtype if isinstance(dot.type, (Scalar, Array)) else None
    t = Array(dtype, y.type.shape) if dtype is not None and isinstance(y.type, Array) else y.type
    return f.builder.typed_call(np.broadcast_to, t, dot, shape)


def _linear(f: Forward, call: Call, rule: Rule) -> Operand | tuple[Operand, ...] | None:
    """The function itself on the tangents; zeros for the arguments it is jointly linear in that have none."""
    require_linear(call, rule, f.dots, "forward")
    if all(f.dot(x) is None for x in leaves([call.args[k] for k in rule.wrt if k < len(call.args)])):
        return None
    args = tuple(map_tree(f.full, a) if k in rule.wrt else a for k, a in enumerate(call.args))
    return f.builder.call(call.fn, *args, **call.kwargs)  # type: ignore[no-any-return]


def _multilinear(f: Forward, call: Call) -> Operand | None:
    """The sum over the active arguments, each replaced by its tangent in turn."""
    total: Operand | None = None
    for k, argument in enumerate(call.args):
        dot = f.dot(argument)
        if dot is not None:
            term = f.builder.call(call.fn, *call.args[:k], dot, *call.args[k + 1 :], **call.kwargs)
            total = term if total is None else add(f.builder, total, term)
    return total


def _from_jvp(f: Forward, call: Call, rule: Rule) -> Tree:
    def dot_or_none(x: Operand) -> Operand:
        dot = f.dot(x)
        return Const(None) if dot is None else dot

    dots = tuple(dot_or_none(a) if isinstance(a, (Value, Const)) else map_tree(f.full, a) for a in call.args)
    y = call.results[0] if len(call.results) == 1 else tuple(call.results)
    before = len(f.builder.block.ops)
    result = frontend.inline_rule(f.builder, rule.jvp, (dots, y, *call.args), call.kwargs)
    _require_use(f, call, rule, Block([], f.builder.block.ops[before:], list(leaves(result))))
    return result


def _require_use(f: Forward, call: Call, rule: Rule, body: Block) -> None:
    """Refuse a call whose rule leaves out the tangent of an active argument, unless there is a reason.

    That is: the rule says that the result has no tangent, or the reverse rule that the argument has no cotangent. A
    function that is handed on may not depend on all of its arguments.
    """
    if all(isinstance(x, Const) and x.value is None for x in body.results):
        return
    if any(isinstance(x, Const) and isinstance(x.value, Function) for x in leaves(call.args)):
        return
    used = set(uses_in(body))
    unused = [k for k, a in enumerate(call.args) if any(dot not in used for dot in _tangents(f, a))]
    if unused and not set(unused) <= without_cotangent(call, rule):
        raise missing_rule(call.fn, call.stmt, "forward")


def _tangents(f: Forward, argument: Tree) -> list[Value]:
    return [dot for dot in map(f.dot, leaves(argument)) if isinstance(dot, Value)]


# -- subscripts, updates, lists ----------------------------------------------------------------------


def _structural(f: Forward, call: Call) -> list[Operand | None]:
    """Such a call does to the tangents what it does to the values."""
    positions = range(len(call.args)) if call.fn is make_list else _DATA.get(call.fn, (0,))
    data = [call.args[k] for k in positions if k < len(call.args)]
    if call.fn not in (new_list, new_dict) and all(f.dot(x) is None for x in leaves(data)):
        return [None] * len(call.results)
    args = tuple(map_tree(f.full, a) if k in positions else a for k, a in enumerate(call.args))
    dots = [Value(derivative_type(v.type), dot_name(v)) for v in call.results]
    f.builder.add(_of_dict(call.fn, args, dots) if _is_dict(call) else Call(call.fn, args, {}, list(dots)))
    return [dot if is_differentiable(v.type) else None for dot, v in zip(dots, call.results, strict=True)]


def _is_dict(call: Call) -> bool:
    return bool(call.args) and isinstance(call.args[0], Value) and isinstance(call.args[0].type, DictOf)


def _of_dict(fn: Any, args: tuple[Tree, ...], dots: list[Value]) -> Call:
    """What a call does to a dict of tangents, in which what is missing is zero."""
    if fn is getindex or fn is get:
        return Call(get, (*args[:2], Const(0.0)), {}, list(dots))
    return Call(setitem, (*args, Const(0.0)), {}, list(dots)) if fn is without_key else Call(fn, args, {}, list(dots))
