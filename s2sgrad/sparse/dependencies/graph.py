"""The dependency graph of one run: what each number that was computed depends on.

A *node* stands for a set of inputs: node 0 for none, nodes 1 … n for the inputs themselves, and each later one for the
union of earlier ones, its sources. The *dependency* of a value says for each of its entries which node that is: None
(no entry depends on anything), one ``int`` for all entries, or an integer array that broadcasts to the value's shape.
Whatever moves entries about moves the array of nodes in the same way, at the same cost; only where numbers meet are
nodes added, and what sets they stand for is worked out once, at the end (:mod:`s2sgrad.sparse.dependencies.reach`).

Arrays of nodes are values: one that may be shared is not writeable.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

Dependency: TypeAlias = "int | np.ndarray | None"


class Graph:
    """The nodes made so far, for ``inputs`` inputs.

    ``pairs``: the edges of single nodes, ``node, source, node, source, …``; ``edges``: those of whole arrays.
    """

    def __init__(self, inputs: int) -> None:
        self.inputs = inputs
        self.size = inputs + 1
        self.pairs: list[int] = []
        self.edges: list[tuple[np.ndarray, np.ndarray]] = []

    def both(self, a: int, b: int) -> int:
        """The node of the union of two."""
        node = self.size
        self.size = node + 1
        self.pairs += (node, a, node, b)
        return node

    def join(self, a: Dependency, b: Dependency) -> Dependency:
        """The dependency of what is computed entry by entry from two values."""
        if b is None or a is b:
            return a
        if a is None:
            return b
        if type(a) is int and type(b) is int:
            return a if a == b else self.both(a, b)
        left, right = np.broadcast_arrays(a, b)
        nodes = np.where(left == 0, right, left)
        new = np.flatnonzero((left != right) & (left != 0) & (right != 0))
        if new.size:
            made = self._fresh(new.size)
            nodes.ravel()[new] = made  # `np.where` has made `nodes` in C order, so that this is no copy
            self.edges.append((made, left.ravel()[new]))
            self.edges.append((made, right.ravel()[new]))
        return nodes

    def join_all(self, dependencies: Sequence[Dependency]) -> Dependency:
        """The dependency of what is computed entry by entry from several values."""
        total: Dependency = None
        for each in dependencies:
            total = self.join(total, each)
        return total

    def fold(self, nodes: np.ndarray, groups: np.ndarray, shape: tuple[int, ...]) -> Dependency:
        """The dependency of an array of this shape, whose entry ``g`` (in C order) depends on all nodes of group ``g``.

        :param nodes: an array of nodes; ``groups``: the group of each.
        """
        nodes, groups = nodes.ravel(), groups.ravel()
        some = nodes != 0
        if not some.all():
            nodes, groups = nodes[some], groups[some]
        if not nodes.size:
            return None
        count = int(np.prod(shape))
        members = np.bincount(groups, minlength=count)
        result = np.zeros(count, np.int64)
        alone = members[groups] == 1
        result[groups[alone]] = nodes[alone]
        many = np.flatnonzero(members > 1)
        if many.size:
            result[many] = self._fresh(many.size)
            rest = ~alone
            self.edges.append((result[groups[rest]], nodes[rest]))
        return int(result[0]) if not shape else result.reshape(shape)

    def union(self, dependencies: Sequence[Dependency]) -> int | None:
        """The node of all entries of several values together."""
        parts = [np.ravel(d) for d in dependencies if d is not None]
        nodes = np.unique(np.concatenate(parts)) if parts else np.zeros(0, np.int64)
        nodes = nodes[nodes != 0]
        if nodes.size < 2:
            return int(nodes[0]) if nodes.size else None
        (node,) = self._fresh(1)
        self.edges.append((np.full(nodes.size, node), nodes))
        return int(node)

    def linked(self, sources: np.ndarray, targets: np.ndarray, nodes: np.ndarray, shape: tuple[int, ...]) -> Dependency:
        """The dependency of an array whose entry ``targets[k]`` depends on entry ``sources[k]`` of ``nodes``."""
        return self.fold(nodes.ravel()[sources], targets, shape)

    def _fresh(self, count: int) -> np.ndarray:
        made = np.arange(self.size, self.size + count)
        self.size += count
        return made

    def all_edges(self) -> tuple[np.ndarray, np.ndarray]:
        """The edges ``(nodes, sources)``; a source is always older than its node."""
        single = np.array(self.pairs, np.int64).reshape(-1, 2)
        nodes = [single[:, 0], *(node for node, _ in self.edges)]
        sources = [single[:, 1], *(source for _, source in self.edges)]
        return np.concatenate(nodes), np.concatenate(sources)


def spread(dependency: Dependency, value: Any) -> np.ndarray:
    """A dependency as an array of nodes of the shape of ``value`` (read-only, maybe)."""
    return np.broadcast_to(np.int64(0) if dependency is None else np.asarray(dependency), np.shape(value))


def narrowed(nodes: Any) -> Dependency:
    """What moving nodes about has given: one node as an ``int``, an array as one of its own."""
    if not isinstance(nodes, np.ndarray):
        return int(nodes) or None
    if nodes.ndim == 0:
        return int(nodes) or None
    return nodes.copy() if nodes.base is not None else nodes
