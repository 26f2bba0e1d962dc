"""In-place updates: the array, list or dict of nodes is written as the values are."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sgrad.ir.primitives import additem, pop, push, setitem, without_key
from s2sgrad.sparse.dependencies.graph import Graph, spread


def update(graph: Graph, fn: Any, args: list[Any], dependencies: list[Any]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Carry out an update in place, on values and on dependencies: both results, one for each result of the call."""
    container, *rest = args
    before, *others = dependencies
    if fn is push:
        return _pushed(container, rest[0], before, others[0])
    if fn is pop:
        return (container, container.pop()), (before, before.pop() if isinstance(before, list) else None)
    if fn is without_key:
        del container[rest[0]]
        if isinstance(before, dict):
            before.pop(rest[0], None)
        return (container,), (before,)
    index, value = rest
    if isinstance(container, np.ndarray):
        after = (_stored if fn is setitem else _added)(graph, container, index, before, others[1])
    else:
        after = _item_changed(graph, fn, container, index, before, others[1])
    _write(fn, container, index, value)
    return (container,), (after,)


def _write(fn: Any, container: Any, index: Any, value: Any) -> None:
    if fn is setitem:
        container[index] = value
    elif isinstance(container, dict):
        container[index] = container.get(index, 0.0) + value
    elif isinstance(container, list) or _is_basic(index):
        container[index] += value
    else:
        np.add.at(container, index, value)


def _is_basic(index: Any) -> bool:
    """Whether an index selects no place twice."""
    if type(index) is int:
        return True
    items = index if isinstance(index, tuple) else (index,)
    return all(isinstance(i, (int, np.integer, slice)) or i is None or i is Ellipsis for i in items)


def _pushed(stack: list[Any], value: Any, before: Any, pushed: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    if before is None and pushed is not None:
        before = [None] * len(stack)
    if before is not None:
        before.append(pushed)
    stack.append(value)
    return (stack,), (before,)


def _item_changed(graph: Graph, fn: Any, container: Any, index: Any, before: Any, given: Any) -> Any:
    if before is None and given is None:
        return None
    if before is None:
        before = [None] * len(container) if isinstance(container, list) else dict.fromkeys(container)
    if fn is setitem:
        before[index] = given
    else:
        old = before.get(index) if isinstance(before, dict) else before[index]
        before[index] = graph.join(old, given)
    return before


def _own(dependency: Any, value: np.ndarray) -> np.ndarray:
    """The nodes of an array, as an array that may be written."""
    if isinstance(dependency, np.ndarray) and dependency.flags.writeable and dependency.shape == value.shape:
        return dependency
    return spread(dependency, value).copy()


def _stored(graph: Graph, array: np.ndarray, index: Any, before: Any, given: Any) -> Any:
    if before is None and given is None:
        return None
    nodes = _own(before, array)
    nodes[index] = 0 if given is None else given
    return nodes


def _added(graph: Graph, array: np.ndarray, index: Any, before: Any, given: Any) -> Any:
    if given is None:
        return before
    nodes = _own(before, array)
    if type(index) is int and nodes.ndim == 1:
        nodes[index] = graph.join(int(nodes[index]) or None, given)
        return nodes
    if _is_basic(index):
        old = nodes[index]
        joined = graph.join(old.copy() if isinstance(old, np.ndarray) else int(old) or None, given)
        nodes[index] = joined
        return nodes
    places = np.arange(nodes.size).reshape(nodes.shape)[index]
    sources = np.concatenate((nodes.ravel(), spread(given, places).ravel()))
    groups = np.concatenate((np.arange(nodes.size), places.ravel()))
    return graph.fold(sources, groups, nodes.shape)


UPDATES = frozenset({setitem, additem, push, pop, without_key})
