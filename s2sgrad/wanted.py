"""What is asked of a lowered function."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Literal, TypeAlias

from s2sgrad.callees import Path
from s2sgrad.ir.core import Function, Tree
from s2sgrad.ir.structures import flatten, same_structure

#: The kinds of derivative: see :mod:`s2sgrad.derivation`.
Kind: TypeAlias = Literal[
    "grad",
    "value_and_grad",
    "jvp",
    "tangent",
    "pullback",
    "vjp",
    "linearize",
    "hvp",
    "vhp",
    "jacfwd",
    "jacrev",
    "jet",
    "taylor",
    "directional",
    "jacobian",
    "laplacian",
    "elementwise_grad",
    "partial",
    "pushforwards",
    "pullbacks",
]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A derivative to be made.

    ``roots``: the paths of the differentiated arguments; ``types``: their type trees.
    ``single``: the result is that of one argument, not a tuple of one.
    ``has_aux``: the primal returns a pair, and only its first item is differentiated.
    ``arity``: how many arguments the primal has (the tangents or cotangents follow them).
    ``order``: of the highest derivative along a curve; of the kind "partial", the axes and their orders.
    """

    kind: Kind
    roots: tuple[Path, ...]
    types: tuple[Any, ...]
    single: bool
    has_aux: bool
    arity: int
    order: Any = 1

    def leaves(self) -> list[Path]:
        """The paths of all differentiated numbers and arrays."""
        return [(*root, *sub) for root, tree in zip(self.roots, self.types, strict=True) for sub, _ in flatten(tree)]

    def mirror(self, results: Iterator[int]) -> Tree:
        """The structure of the differentiated arguments, over the numbers of results."""
        trees = tuple(same_structure(tree, results) for tree in self.types)
        return trees[0] if self.single else trees


def one_result_per_leaf(function: Function) -> Function:
    """A value that is returned twice has two cotangents."""
    numbers = [k for _, k in flatten(function.out)]
    if numbers == list(range(len(function.results))):
        return function
    results = [function.results[k] for k in numbers]
    return replace(function, body=replace(function.body, results=results), out=same_structure(function.out, count()))
