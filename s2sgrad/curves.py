"""Derivatives of higher order along curves and lines, as steps from a lowered function to a lowered function."""

from __future__ import annotations

from itertools import count
from math import factorial

from s2sgrad.arguments import Path
from s2sgrad.ir.core import Function, Value
from s2sgrad.ir.structures import flatten, same_structure
from s2sgrad.transforms.taylor import rescaled, taylor
from s2sgrad.wanted import Wanted


def along_curve(function: Function, wrt: list[Value], wanted: Wanted) -> tuple[Function, tuple[Path, ...]]:
    """The kinds "jet", "taylor" and "directional". The last two are along a straight line: one tangent is given."""
    order, results = wanted.order, len(function.results)
    given = order if wanted.kind == "jet" else 1
    made = taylor(function, wrt, order, given)
    seeds = range(len(function.params), len(made.params))
    if wanted.kind != "taylor":
        factors = [(k, factorial(n % given + 1)) for n, k in enumerate(seeds) if n % given]
        made = rescaled(made, factors, results, up=True)
    leaves = [(i, sub) for i, tree in enumerate(wanted.types) for sub, _ in flatten(tree)]
    paths = tuple((wanted.arity + i * given + j, *sub) for i, sub in leaves for j in range(given))
    numbers = count()
    if wanted.kind == "directional":
        last = made.body.results[order * results :]
        made.body.results = last
        made.out = same_structure(function.out, numbers)
        return made, paths
    trees = [same_structure(function.out, numbers) for _ in range(order + 1)]
    made.out = trees if wanted.kind == "taylor" else (trees[0], trees[1:])
    return made, paths
