"""The steps that calls are made into, and what they do about dependencies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from s2sgrad.sparse.dependencies.graph import Dependency, Graph, narrowed
from s2sgrad.sparse.dependencies.table import UNKNOWN, Entry, Traced


class Frame:
    """The values and the dependencies of one run of a function."""

    __slots__ = ("dependencies", "graph", "values")

    def __init__(self, graph: Graph, values: list[Any]) -> None:
        self.graph = graph
        self.values = values
        self.dependencies: list[Any] = [None] * len(values)


Step: TypeAlias = Callable[[Frame], None]
Steps: TypeAlias = list[Step]


def of_two(fn: Any, i: int, j: int, k: int) -> Step:
    """``z = fn(x, y)``, entry by entry; the operands and the result are at these positions."""

    def step(frame: Frame) -> None:
        values, dependencies = frame.values, frame.dependencies
        out = values[k] = fn(values[i], values[j])
        a, b = dependencies[i], dependencies[j]
        if b is None and a is None:
            dependencies[k] = None
        elif (b is None or type(b) is int) and (a is None or type(a) is int):
            dependencies[k] = a if b is None or a == b else b if a is None else frame.graph.both(a, b)
        else:
            dependencies[k] = _shared(_fitting(frame.graph, frame.graph.join(a, b), out))

    return step


def of_one(fn: Any, i: int, k: int) -> Step:
    """``y = fn(x)``, entry by entry."""

    def step(frame: Frame) -> None:
        out = frame.values[k] = fn(frame.values[i])
        found = frame.dependencies[i]
        frame.dependencies[k] = (
            found if found is None or type(found) is int else _shared(_fitting(frame.graph, found, out))
        )

    return step


def element(i: int, j: int, k: int) -> Step:
    """``y = x[n]``, the step that element loops consist of."""

    def step(frame: Frame) -> None:
        x, n = frame.values[i], frame.values[j]
        frame.values[k] = x[n]
        nodes = frame.dependencies[i]
        if isinstance(nodes, np.ndarray):
            nodes = nodes[n] if nodes.shape == x.shape else np.broadcast_to(nodes, x.shape)[n]
            nodes = narrowed(nodes)
        elif nodes is not None and type(nodes) is not int:  # of a list or a dict: its items have theirs
            nodes = nodes[n]
        frame.dependencies[k] = nodes if nodes is None or type(nodes) is int else _shared(nodes)

    return step


def _shared(dependency: Any) -> Any:
    """An array of nodes that another value may have, too."""
    if isinstance(dependency, np.ndarray):
        dependency.flags.writeable = False
    return dependency


def followed(graph: Graph, entry: Entry | None, call: Traced) -> Any:
    """The dependency of a call's result: by its rule, or everything of everything."""
    if entry is not None:
        try:
            found = entry.rule(graph, call)
        except (TypeError, ValueError, IndexError, KeyError, AttributeError):  # options that the rule does not have
            found = UNKNOWN
        if found is not UNKNOWN and _fits(found, call.out):
            return _shared(found)
    return _everywhere(graph.union(_leaves((call.dependencies, call.keyword_dependencies))), call.out)


def _fits(dependency: Any, value: Any) -> bool:
    """Whether this can be the dependency of a value."""
    if dependency is None or type(dependency) is int:
        return True
    if isinstance(dependency, np.ndarray):
        try:
            return bool(np.broadcast_shapes(dependency.shape, np.shape(value)) == np.shape(value))
        except ValueError:
            return False
    if type(dependency) is dict:
        return isinstance(value, dict)
    same = isinstance(value, (tuple, list)) and len(dependency) == len(value)
    return same and all(map(_fits, dependency, value))


def _fitting(graph: Graph, dependency: Dependency, value: Any) -> Dependency:
    """The dependency of an elementwise result that turns out to have fewer entries than its operands."""
    return dependency if _fits(dependency, value) else graph.union([dependency])


def _everywhere(node: int | None, value: Any) -> Any:
    """One node for all numbers in a value."""
    if type(value) in (tuple, list):
        return type(value)(_everywhere(node, item) for item in value)
    if type(value) is dict:
        return {key: _everywhere(node, item) for key, item in value.items()}
    return node


def _leaves(tree: Any) -> list[Any]:
    if isinstance(tree, (tuple, list)):
        return [leaf for item in tree for leaf in _leaves(item)]
    if isinstance(tree, dict):
        return [leaf for item in tree.values() for leaf in _leaves(item)]
    return [] if isinstance(tree, slice) else [tree]
