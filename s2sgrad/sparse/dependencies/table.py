"""The table of how dependencies go through functions.

A rule gets the graph and a :class:`Traced` call, and returns the dependency of the result; :data:`UNKNOWN` where it
does not know this form of the call. Then, and for functions without a rule, every number of the result is taken to
depend on every number that goes in, which never leaves anything out.

What a rule (and the shape of the result) depends on beside dependencies and shapes of the operands is said with it:
``decides`` picks the operands whose *values* count. A pattern can be used again as long as those are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from s2sgrad.ir.core import Call, Const, Operand, Value, leaves
from s2sgrad.ir.shapes.elementwise import UFUNC_OF_OPERATOR
from s2sgrad.rules.table import rule_of
from s2sgrad.sparse.dependencies.graph import Graph
from s2sgrad.transforms.structure import is_hashable


class _Unknown:
    """What a rule returns for a form of a call that it does not know."""


UNKNOWN = _Unknown()


@dataclass(slots=True)
class Traced:
    """A call that has been run: its arguments, trees of their dependencies, and what it returned.

    ``fixed``: for each argument given by position, whether it is known while compiling that no input reaches it.
    """

    fn: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    dependencies: tuple[Any, ...]
    keyword_dependencies: dict[str, Any]
    out: Any
    fixed: tuple[bool, ...]

    @property
    def only_first(self) -> bool:
        """Whether nothing but the first argument depends on the inputs."""
        return not depends((self.dependencies[1:], self.keyword_dependencies))


def depends(tree: Any) -> bool:
    """Whether any dependency in a tree of them is not None."""
    if tree is None:
        return False
    if isinstance(tree, (tuple, list)):
        return any(map(depends, tree))
    if isinstance(tree, dict):
        return any(map(depends, tree.values()))
    return tree is not None and not isinstance(tree, slice)


Rule: TypeAlias = Callable[[Graph, Traced], Any]
Decides: TypeAlias = Callable[[Call, "Collection[Value] | None"], list[Operand]]


def all_operands(op: Call, varied: Collection[Value] | None) -> list[Operand]:
    """The values of all operands count."""
    return leaves((op.args, op.kwargs))


def from_argument(k: int) -> Decides:
    """Only dependencies and shapes of the first ``k`` arguments count, but the values of all others."""
    return lambda op, varied: leaves((op.args[k:], op.kwargs))


all_but_first = from_argument(1)


def argument(k: int) -> Decides:
    """The value of one argument counts."""
    return lambda op, varied: leaves((op.args[k : k + 1], op.kwargs))


def no_operands(op: Call, varied: Collection[Value] | None) -> list[Operand]:
    """Only dependencies and shapes count."""
    return []


def fixed_operands(op: Call, varied: Collection[Value] | None) -> list[Operand]:
    """The values of those operands count that no input reaches."""
    return [x for x in leaves((op.args, op.kwargs)) if is_fixed(x, varied)]


def is_fixed(x: Any, varied: Collection[Value] | None) -> bool:
    """Whether no input reaches an operand. ``varied``: what they reach; None where that is not known."""
    return isinstance(x, Const) or (isinstance(x, Value) and varied is not None and x not in varied)


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule, and the operands whose values it depends on."""

    rule: Rule
    decides: Decides


RULES: dict[Any, Entry] = {}


def follows(*functions: Any, decides: Decides = all_but_first) -> Callable[[Rule], Rule]:
    """Register how dependencies go through these functions."""

    def register(rule: Rule) -> Rule:
        for function in functions:
            RULES[function] = Entry(rule, decides)
        return rule

    return register


def elementwise(graph: Graph, call: Traced) -> Any:
    """Entry by entry, with broadcasting."""
    parts = [*call.dependencies, *call.keyword_dependencies.values()]
    if any(isinstance(part, (tuple, list, dict)) for part in parts):
        return UNKNOWN
    return graph.join_all(parts)


_ELEMENTWISE = Entry(elementwise, no_operands)
_PIECEWISE_CONSTANT = Entry(lambda graph, call: None, no_operands)
_NO_DERIVATIVE = Entry(lambda graph, call: None, all_operands)


def entry_of(fn: Any) -> Entry | None:
    """What is known of a function."""
    if not is_hashable(fn):
        return None
    if fn in RULES:
        return RULES[fn]
    rule = rule_of(fn)
    if fn in UFUNC_OF_OPERATOR or (isinstance(fn, np.ufunc) and fn.signature is None):
        return _PIECEWISE_CONSTANT if rule is not None and rule.nondiff else _ELEMENTWISE
    if rule is not None and rule.nondiff:
        return _NO_DERIVATIVE
    if rule is not None and rule.partials is not None:
        return _ELEMENTWISE
    return None
