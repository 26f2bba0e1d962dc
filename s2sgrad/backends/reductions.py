"""Sums, means and extremes as loops that accumulate."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

import numpy as np

from s2sgrad.backends.entries import rank_of, static
from s2sgrad.backends.nests import Nest, Nests
from s2sgrad.backends.syntax import assign, item, loops, product, reads, substituted
from s2sgrad.ir.core import Call, Const
from s2sgrad.ir.types import Array, Scalar

SUMS = (np.sum, np.mean)
EXTREMES: dict[Any, type[ast.cmpop]] = {np.max: ast.Gt, np.min: ast.Lt, np.amax: ast.Gt, np.amin: ast.Lt}


@dataclass(frozen=True, slots=True)
class Reduction:
    """Over these axes of its argument."""

    axes: tuple[int, ...]
    keepdims: bool


def reduction(op: Call) -> Reduction | None:
    if op.fn not in SUMS and op.fn not in EXTREMES:
        return None
    if len(op.args) != 1 or not set(op.kwargs) <= {"axis", "keepdims"} or not rank_of(op.args[0]):
        return None
    if not isinstance(op.result.type, (Array, Scalar)):
        return None
    rank = rank_of(op.args[0])
    axis, keepdims = op.kwargs.get("axis"), op.kwargs.get("keepdims")
    axis = static(axis)
    if axis is None:
        axes = tuple(range(rank))
    elif isinstance(axis, int):
        axes = (axis % rank,)
    elif isinstance(axis, tuple) and all(isinstance(k, int) for k in axis):
        axes = tuple(sorted(k % rank for k in axis))
    else:
        return None
    kept = isinstance(keepdims, Const) and bool(keepdims.value)
    if keepdims is not None and not isinstance(keepdims, Const):
        return None
    return Reduction(axes, kept)


def reduced(nests: Nests, name: str, op: Call, how: Reduction) -> list[ast.stmt]:
    x = op.args[0]
    assert isinstance(x.type, Array)
    rank = x.type.ndim
    leaves = nests.leaves(x, rank)
    nest = nests.nest(x.type.shape, leaves, [None] * rank)
    value, _ = nests.entry(nest, x, x.type.shape)
    kept = [k for k in range(rank) if k not in how.axes]
    t = op.result.type
    assert isinstance(t, (Array, Scalar))
    clash = reads(value, name)
    made = nests.temporary("total") if clash else name
    if isinstance(t, Scalar):
        inner = _accumulated(nests, op, made, value, nest, list(range(rank)))
        after = _divided(nests, op, ast.Name(made, ast.Load()), nest, how)
        body = [*nest.before, *inner, *after]
    else:
        places = [nest.variables[k] for k in kept]
        shape = [nest.lengths[k] for k in kept]
        if how.keepdims:
            places = [nest.variables[k] if k in kept else ast.Constant(0) for k in range(rank)]
            shape = [nest.lengths[k] if k in kept else ast.Constant(1) for k in range(rank)]
        nest.before.append(assign(made, nests.empty(shape, t.dtype, "zeros" if op.fn in SUMS else "empty")))
        trailing = kept == list(range(len(kept)))
        if trailing or op.fn in EXTREMES:
            total = nests.temporary("s")
            inner = _accumulated(nests, op, total, value, nest, list(how.axes))
            inner += _divided(nests, op, ast.Name(total, ast.Load()), nest, how)
            inner.append(ast.Assign([item(made, places, ast.Store())], ast.Name(total, ast.Load())))
            outer = [nest.variables[k] for k in kept]
            body = [*nest.before, *loops(outer, [nest.lengths[k] for k in kept], inner)]
        else:
            add: list[ast.stmt] = [ast.AugAssign(item(made, places, ast.Store()), ast.Add(), value)]
            body = [*nest.before, *loops(nest.variables, nest.lengths, add)]
            if op.fn is np.mean:
                divide: ast.stmt = ast.AugAssign(
                    item(made, places, ast.Store()), ast.Div(), product(nest.lengths, how.axes)
                )
                body += loops([nest.variables[k] for k in kept], [nest.lengths[k] for k in kept], [divide])
    return [*body, assign(name, ast.Name(made, ast.Load()))] if clash else body


def _accumulated(nests: Nests, op: Call, total: str, value: ast.expr, nest: Nest, axes: list[int]) -> list[ast.stmt]:
    variables, lengths = [nest.variables[k] for k in axes], [nest.lengths[k] for k in axes]
    t = op.args[0].type
    kind = t.dtype.kind if isinstance(t, Array) else "f"
    if op.fn in SUMS:
        zero: Any = 0j if kind == "c" else 0.0 if kind == "f" or op.fn is np.mean else 0
        step: list[ast.stmt] = [ast.AugAssign(ast.Name(total, ast.Store()), ast.Add(), value)]
        return [assign(total, ast.Constant(zero)), *loops(variables, lengths, step)]
    here = nests.temporary("v")
    seen = ast.Name(here, ast.Load())
    better = ast.Compare(seen, [EXTREMES[op.fn]()], [ast.Name(total, ast.Load())])
    nan = ast.Compare(seen, [ast.NotEq()], [seen])
    first = substituted(value, {v.id: ast.Constant(0) for v in variables if isinstance(v, ast.Name)})
    step = [
        assign(here, value),
        ast.If(ast.BoolOp(ast.Or(), [better, nan]), [assign(total, seen)], []),
    ]
    return [assign(total, first), *loops(variables, lengths, step)]


def _divided(nests: Nests, op: Call, total: ast.expr, nest: Nest, how: Reduction) -> list[ast.stmt]:
    if op.fn is not np.mean:
        return []
    assert isinstance(total, ast.Name)
    return [ast.AugAssign(ast.Name(total.id, ast.Store()), ast.Div(), product(nest.lengths, how.axes))]
