"""Sums, means and extremes as loops that accumulate."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from s2sgrad.backends.entries import rank_of, static
from s2sgrad.backends.nests import Nest, Nests
from s2sgrad.backends.syntax import assign, copied, item, loops, product, reads
from s2sgrad.ir.core import Call, Const
from s2sgrad.ir.types import Array, Scalar

SUMS = (np.sum, np.mean)
EXTREMES: dict[Any, type[ast.cmpop]] = {np.max: ast.Gt, np.min: ast.Lt, np.amax: ast.Gt, np.amin: ast.Lt}
_ZEROS = {"f": 0.0, "c": 0j, "i": 0, "u": 0, "b": False}


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
    nest = nests.nest(x.type.shape, nests.leaves(x, rank))
    value, _ = nests.entry(nest, x)
    kept = [k for k in range(rank) if k not in how.axes]
    t = op.result.type
    assert isinstance(t, (Array, Scalar))
    clash = reads(value, name)
    if isinstance(t, Scalar):
        made = nests.temporary("total") if clash else name
        inner = _accumulated(nests, op, made, value, nest, list(range(rank)))
        after = _divided(op, ast.Name(made, ast.Load()), nest, how)
        body = [*nest.before, *inner, *after]
    else:
        made = nests.array("total", op.result, t) if clash else name
        body = [*nest.before, *_kept(nests, made, op, value, nest, how, kept)]
    return [*body, assign(name, ast.Name(made, ast.Load()))] if clash else body


def _kept(
    nests: Nests, made: str, op: Call, value: ast.expr, nest: Nest, how: Reduction, kept: list[int]
) -> list[ast.stmt]:
    """A reduction that keeps some axes. Of those behind a reduced axis, all entries accumulate at once."""
    rank = len(nest.variables)
    t = op.result.type
    assert isinstance(t, Array)
    places = [nest.variables[k] for k in kept]
    shape = [nest.lengths[k] for k in kept]
    if how.keepdims:
        places = [nest.variables[k] if k in kept else ast.Constant(0) for k in range(rank)]
        shape = [nest.lengths[k] if k in kept else ast.Constant(1) for k in range(rank)]
    create = assign(made, nests.empty(shape, t.dtype, "empty"))
    cell = item(made, places, ast.Store())

    def over(axes: Iterable[int], body: list[ast.stmt]) -> list[ast.stmt]:
        axes = list(axes)
        return loops([nest.variables[k] for k in axes], [nest.lengths[k] for k in axes], body)

    leading = next((n for n, k in enumerate(kept) if k != n), len(kept))
    if leading == len(kept) or op.fn in EXTREMES:
        total = nests.temporary("s")
        inner = _accumulated(nests, op, total, value, nest, list(how.axes))
        inner += _divided(op, ast.Name(total, ast.Load()), nest, how)
        return [create, *over(kept, [*inner, ast.Assign([cell], ast.Name(total, ast.Load()))])]
    step = over(range(leading, rank), [ast.AugAssign(cell, ast.Add(), value)])
    if op.fn is np.mean:
        step += over(kept[leading:], [ast.AugAssign(cell, ast.Div(), product(nest.lengths, how.axes))])
    if not leading:
        return [assign(made, nests.empty(shape, t.dtype, "zeros")), *over(range(0), step)]
    clear = over(kept[leading:], [ast.Assign([cell], ast.Constant(_ZEROS[t.dtype.kind]))])
    return [create, *over(range(leading), [*clear, *step])]


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
    first = copied(value, {v.id: ast.Constant(0) for v in variables if isinstance(v, ast.Name)})
    step = [
        assign(here, value),
        ast.If(ast.BoolOp(ast.Or(), [better, nan]), [assign(total, seen)], []),
    ]
    return [assign(total, first), *loops(variables, lengths, step)]


def _divided(op: Call, total: ast.Name, nest: Nest, how: Reduction) -> list[ast.stmt]:
    if op.fn is not np.mean:
        return []
    return [ast.AugAssign(ast.Name(total.id, ast.Store()), ast.Div(), product(nest.lengths, how.axes))]
