"""Copies that a transform may change, and trees of result indices."""

from __future__ import annotations

from collections.abc import Sequence

from s2sgrad.ir.clone import Cloner
from s2sgrad.ir.core import Function, Tree, Value
from s2sgrad.ir.structures import map_leaves


def clone_with(function: Function, values: Sequence[Value]) -> tuple[Function, list[Value]]:
    """A copy of a function, and what ``values`` are in it."""
    cloner = Cloner()
    params = cloner.define(function.params)
    body = cloner.block(function.body)
    copy = Function(function.name, params, body, function.out, dict(function.captures), function.doc, function.defaults)
    return copy, [v for v in map(cloner.operand, values) if isinstance(v, Value)]


def shift(out: Tree, count: int) -> Tree:
    """The tree of result indices ``out`` with ``count`` added to each."""
    return map_leaves(lambda k: k + count, out)
