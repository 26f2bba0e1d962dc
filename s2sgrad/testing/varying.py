"""Nested arguments as numbers that can be varied; they may hold objects (:mod:`s2sgrad.ir.structures`)."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from s2sgrad.arguments import derivative_tree
from s2sgrad.ir.structures import closed, flatten, map_leaves, opened, same_structure, tree_at

#: Arrays with more entries than this are checked in that many entries, chosen at random, and along random directions.
MAX_ENTRIES = 40


def is_float(leaf: object) -> bool:
    """Whether this is a float, a complex number, or an array of them."""
    return isinstance(leaf, (float, complex, np.inexact)) or (isinstance(leaf, np.ndarray) and leaf.dtype.kind in "fc")


def varied(args: tuple[Any, ...]) -> list[tuple[Any, Any]]:
    """The leaves that are varied, with their paths: those of the :func:`active` arguments."""
    return [(path, leaf) for i in active(args) for path, leaf in flatten(floats_of(args[i]), (i,))]


def floats_of(arg: Any) -> Any:
    """The tree of an argument, without what carries no derivative in objects."""
    return derivative_tree(opened(arg), is_float)


def active(args: tuple[Any, ...]) -> tuple[int, ...]:
    """The arguments that can be differentiated as a whole."""
    leaves = [[leaf for _, leaf in flatten(floats_of(arg))] for arg in args]
    return tuple(i for i, found in enumerate(leaves) if found and all(map(is_float, found)))


def call(fun: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """``fun(*args)``, on copies: a function under test may write into its arguments."""
    return fun(*copied(args))


def copied(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Arguments whose arrays and containers are their own."""
    result: tuple[Any, ...] = closed(
        map_leaves(lambda x: copy.deepcopy(x) if isinstance(x, np.ndarray) else x, opened(args))
    )
    return result


def replaced(args: tuple[Any, ...], path: Any, leaf: Any) -> tuple[Any, ...]:
    """Arguments with another value at a path."""
    tree = opened(args)
    value = like(leaf, tree_at(tree, path))
    leaves = [value if p == path else old for p, old in flatten(tree)]
    result: tuple[Any, ...] = closed(same_structure(tree, iter(leaves)))
    return result


def tangent(arg: Any, path: Any, direction: Any) -> Any:
    """The tangent of one argument: ``direction`` in the leaf at ``path``, zero elsewhere."""
    tree = floats_of(arg)
    dots = (direction if p == path else np.zeros(np.shape(leaf)) for p, leaf in flatten(tree))
    return closed(
        same_structure(tree, (like(dot, leaf) for dot, (_, leaf) in zip(dots, list(flatten(tree)), strict=True)))
    )


def random_like(x: Any, rng: np.random.Generator) -> Any:
    """Random numbers in the structure of ``x``."""
    return closed(map_leaves(lambda leaf: like(normal(rng, leaf), leaf), floats_of(x)))


def like(value: Any, leaf: Any) -> Any:
    """A number for a number and an array of the same dtype for an array; None for what is neither."""
    if isinstance(leaf, np.ndarray):
        return np.asarray(value, dtype=leaf.dtype if leaf.dtype.kind in "fc" else float)
    if isinstance(leaf, (float, complex, np.inexact)):
        return type(leaf)(value[()] if isinstance(value, np.ndarray) else value)
    return float(value) if isinstance(leaf, (int, np.integer)) else None


def normal(rng: np.random.Generator, leaf: Any) -> np.ndarray:
    """Random numbers in the shape of ``leaf``, complex where it is."""
    real: np.ndarray = rng.standard_normal(np.shape(leaf))
    return real + 1j * rng.standard_normal(np.shape(leaf)) if np.iscomplexobj(leaf) else real


def dot(a: Any, b: Any) -> float:
    """The inner product of two nests of numbers and arrays, in double precision: bilinear, its real part."""
    others = dict(flatten(opened(b)))
    pairs = ((x, others.get(path)) for path, x in flatten(opened(a)))
    return sum(float(np.sum(_double(x) * _double(y)).real) for x, y in pairs if x is not None and y is not None)


def size(a: Any, b: Any) -> float:
    """The sum of the absolute values that :func:`dot` adds up: what its rounding error is measured against."""
    others = dict(flatten(opened(b)))
    pairs = ((x, others.get(path)) for path, x in flatten(opened(a)))
    return sum(float(np.sum(np.abs(_double(x) * _double(y)))) for x, y in pairs if x is not None and y is not None)


def _double(x: Any) -> np.ndarray:
    return np.asarray(x, dtype=complex if np.iscomplexobj(x) else float)


def directions(leaf: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    """Unit directions, named by their entry; for a large array some of them, and a random one."""
    entries = list(np.ndindex(leaf.shape))
    if len(entries) > MAX_ENTRIES:
        chosen = sorted(rng.choice(len(entries), MAX_ENTRIES, replace=False))
        yield " along a random direction", normal(rng, leaf) / np.sqrt(leaf.size)
        entries = [entries[k] for k in chosen]
    parts = [("", 1.0)] if leaf.dtype.kind == "f" else [(".real", 1.0), (".imag", 1j)]
    for entry in entries:
        for part, unit in parts:
            direction = np.zeros(leaf.shape, type(unit))
            direction[entry] = unit
            yield (f"[{', '.join(map(str, entry))}]" if entry else "") + part, direction
