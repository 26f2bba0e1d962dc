"""Derivatives of higher order along curves and lines, as steps from a lowered function to a lowered function."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from math import factorial
from typing import Any

import numpy as np

from s2sgrad.callees import Path
from s2sgrad.errors import ArgnumsError
from s2sgrad.ir.build import Builder
from s2sgrad.ir.clone import substitute
from s2sgrad.ir.core import Block, Const, Function, Operand, Value
from s2sgrad.ir.primitives import setitem
from s2sgrad.ir.structures import Attribute, flatten, same_structure
from s2sgrad.ir.types import Array, Scalar
from s2sgrad.optimize.pipeline import optimize_tangent
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


def along_axes(function: Function, wrt: list[Value], wanted: Wanted) -> tuple[Function, tuple[Path, ...]]:
    """The kind "partial": one derivative after the other, each of its order along one axis.

    ``wanted.order`` says where: for each axis the argument (its number among the differentiated ones), the keys of
    containers, the names of attributes, and the index of an array's entry, and the order.
    """
    leaves = [(i, *map(_key, sub)) for i, tree in enumerate(wanted.types) for sub, _ in flatten(tree)]
    positions = [function.params.index(x) for x in wrt]
    out = function.out
    for place, order in wanted.order:
        found = [k for k, leaf in enumerate(leaves) if leaf == place[: len(leaf)]]
        if len(found) != 1:
            raise ArgnumsError(f"{_shown(place)} names no number, and no entry of an array", _REMEDY)
        x = function.params[positions[found[0]]]
        index = place[len(leaves[found[0]]) :]
        rank = x.type.ndim if isinstance(x.type, Array) else 0
        if len(index) != rank or not isinstance(x.type, (Scalar, Array)):
            what = f"an array with {rank} axes" if rank else "a number"
            raise ArgnumsError(f"{_shown(place)} has to name one entry, but there is {what}", _REMEDY)
        count_of = len(function.results)
        made = rescaled(taylor(function, [x], order, 1), [], count_of, up=True)
        *params, seed = made.params
        builder = Builder()
        unit: Operand = Const(1.0)
        if index:
            zeros = builder.call(np.zeros_like, params[positions[found[0]]])
            unit = builder.call(setitem, zeros, index if len(index) > 1 else index[0], 1.0)
        body = Block([], [*builder.block.ops, *made.body.ops], made.results[order * count_of :])
        substitute(body, {seed: unit})
        function = optimize_tangent(replace(made, params=params, body=body), set())
    return replace(function, out=out), ()


_REMEDY = 'write 1 for a number, (1, "key") in a dict, (1, 0, 2) for the entry [0, 2] of an array'


def _key(step: Any) -> Any:
    """A step of a path as it is written in a place: attributes by their names."""
    return step.name if isinstance(step, Attribute) else step


def _shown(place: tuple[Any, ...]) -> str:
    return f"`{place[0] if len(place) == 1 else place}`"
