"""Runs a rule as the transforms do: lowered for types alone, inlined, verified and interpreted."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from s2sgrad.frontend.rules import inline_rule
from s2sgrad.ir.build import Builder
from s2sgrad.ir.core import Call, Const, Function, Tree, Value, leaves, walk
from s2sgrad.ir.interpret import interpret
from s2sgrad.ir.types import Array, Dim, Type, type_of
from s2sgrad.ir.verify import verify
from s2sgrad.rules.table import rule_of


def compiled(rule: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """What the rule returns for these arguments when only the types of floats and arrays are known."""
    builder = Builder()
    params: list[Value] = []
    values: list[Any] = []

    def operand(x: Any) -> Tree:
        if type(x) in (tuple, list) and any(map(holds_numbers, x)):
            return type(x)(map(operand, x))
        if isinstance(x, tuple) and hasattr(x, "_fields"):
            return tuple(map(operand, x))
        if not holds_numbers(x):
            return Const(x)
        value = Value(symbolic(type_of(x)))
        params.append(value)
        values.append(x)
        return value

    result = inline_rule(builder, rule, tuple(map(operand, args)), {k: operand(x) for k, x in options.items()})
    results = list(leaves(result))
    numbers = iter(range(len(results)))
    builder.block.results = results
    function = Function("rule", params, builder.block, structure(result, numbers))
    verify(function)
    for op in walk(builder.block):
        assert not isinstance(op, Call) or has_derivative(op.fn), f"{op.fn} is used in a rule and has none"
    return interpret(function, *values)


def has_derivative(fn: Any) -> bool:
    """Rules use functions that have rules, but for one: the second derivative of two norms of matrices is missing."""
    return rule_of(fn) is not None or fn is np.linalg.svd


def holds_numbers(x: Any) -> bool:
    if isinstance(x, (list, tuple)):
        return any(map(holds_numbers, x))
    return isinstance(x, (np.ndarray, np.generic)) or (isinstance(x, float) and math.isfinite(x))


def symbolic(t: Type) -> Type:
    return Array(t.dtype, tuple(n if n == 1 else Dim(("length", n)) for n in t.shape)) if isinstance(t, Array) else t


def structure(tree: Tree, numbers: Any) -> Any:
    if isinstance(tree, (list, tuple)):
        return type(tree)(structure(item, numbers) for item in tree)
    return next(numbers)
