"""From the dependency graph to the pattern: which inputs each output can be reached from.

1.  What no output is made of is left out, and a node that only one other is made of is merged into that one: sums that
    add up in a loop become one union of many, and most temporaries of scalar code disappear.
2.  What is left is worked out in generations: all nodes whose sources are known, at once. A set is kept as a row of
    inputs, in one pool of rows, from which those that are not needed any more are removed now and then.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order

from s2sgrad.sparse.dependencies.graph import Graph


def pattern(graph: Graph, outputs: np.ndarray) -> csr_array:
    """The boolean matrix (outputs × inputs) of what depends on what.

    :param outputs: the node of each output, 0 for one that depends on nothing.
    """
    nodes, sources = _needed(*graph.all_edges(), graph.size, outputs)
    nodes, sources = _merged(nodes, sources, graph, outputs)
    rows = _Rows(graph.inputs, graph.size)
    _work_out(rows, nodes, sources, graph, outputs)
    found = _matrix(*rows.take(outputs), graph.inputs)
    found.sort_indices()
    return found


def _needed(nodes: np.ndarray, sources: np.ndarray, size: int, outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The edges that lead to outputs."""
    if not nodes.size:
        return nodes, sources
    roots = _distinct(outputs)
    start = np.concatenate((nodes, np.full(roots.size, size)))  # one more node, which is made of all outputs
    end = np.concatenate((sources, roots))
    links = csr_array((np.ones(start.size), (start, end)), shape=(size + 1, size + 1))
    needed = np.zeros(size + 1, bool)
    needed[breadth_first_order(links, size, return_predecessors=False)] = True
    kept = needed[nodes]
    return nodes[kept], sources[kept]


def _merged(nodes: np.ndarray, sources: np.ndarray, graph: Graph, outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The edges when each node that only one other is made of has become part of that one."""
    uses = np.bincount(sources, minlength=graph.size)
    alone = uses == 1
    alone[: graph.inputs + 1] = False
    alone[outputs] = False
    into = np.arange(graph.size)
    inner = alone[sources]
    into[sources[inner]] = nodes[inner]
    while True:
        further = into[into]
        if np.array_equal(further, into):
            break
        into = further
    nodes, sources = into[nodes[~inner]], sources[~inner]
    keys = _distinct(nodes * graph.size + sources)
    return keys // graph.size, keys % graph.size


def _work_out(rows: _Rows, nodes: np.ndarray, sources: np.ndarray, graph: Graph, outputs: np.ndarray) -> None:
    """Make the rows of all nodes, whose edges are sorted by node."""
    size = graph.size
    made = sources > graph.inputs  # by an edge from a node that has to be worked out first
    waiting = np.bincount(nodes[made], minlength=size)
    starts = np.searchsorted(nodes, np.arange(size + 1))
    back = np.argsort(sources[made], kind="stable")
    users = nodes[made][back]
    user_starts = np.searchsorted(sources[made][back], np.arange(size + 1))
    left = np.bincount(sources, minlength=size)
    left[: graph.inputs + 1] = left[outputs] = np.iinfo(np.int64).max  # stays to the end
    ready = _distinct(nodes)
    ready = ready[waiting[ready] == 0]
    while ready.size:
        edges, counts = _ranges(starts[ready], starts[ready + 1])
        used = sources[edges]
        rows.add(ready, used, counts)
        np.subtract.at(left, used, 1)
        rows.drop(used[left[used] == 0])
        told, _ = _ranges(user_starts[ready], user_starts[ready + 1])
        next_, times = np.unique(users[told], return_counts=True)
        waiting[next_] -= times
        ready = next_[waiting[next_] == 0]


def _distinct(keys: np.ndarray) -> np.ndarray:
    """In order, each once."""
    ordered: np.ndarray = np.sort(keys)
    kept: np.ndarray = ordered[np.diff(ordered, prepend=-1) != 0]
    return kept


def _ranges(starts: np.ndarray, stops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The integers of several ranges one after the other, and how many each has."""
    counts = stops - starts
    before = np.cumsum(counts) - counts
    return np.arange(counts.sum()) + np.repeat(starts - before, counts), counts


def _matrix(columns: np.ndarray, lengths: np.ndarray, width: int) -> csr_array:
    """A boolean matrix of rows with so many entries, in these columns."""
    starts = np.concatenate(([0], np.cumsum(lengths)))
    return csr_array((np.ones(columns.size, bool), columns, starts), shape=(lengths.size, width))


class _Rows:
    """The sets of inputs that are known: the row of a node is ``pool[start : start + length]``, in no order."""

    def __init__(self, inputs: int, size: int) -> None:
        self.inputs = inputs
        self.starts = np.zeros(size, np.int64)
        self.lengths = np.zeros(size, np.int64)
        self.starts[1 : inputs + 1] = np.arange(inputs)
        self.lengths[1 : inputs + 1] = 1
        self.pool = np.arange(inputs, dtype=np.int32 if inputs < 2**31 else np.int64)
        self.end = inputs
        self.unused = 0

    def take(self, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The rows of these nodes one after the other, and their lengths."""
        first = self.starts[nodes]
        places, lengths = _ranges(first, first + self.lengths[nodes])
        return self.pool[places], lengths

    def add(self, nodes: np.ndarray, sources: np.ndarray, counts: np.ndarray) -> None:
        """Make the rows of ``nodes``: unions of the rows of ``sources``, ``counts`` of them for each."""
        needed, places = np.unique(sources, return_inverse=True)
        columns, lengths = self.take(needed)
        known = _matrix(columns, lengths, self.inputs)
        made = csr_array(_matrix(places, counts, needed.size) @ known)
        lengths = np.diff(made.indptr)
        self._make_room(made.indices.size)
        self.pool[self.end : self.end + made.indices.size] = made.indices
        self.starts[nodes] = self.end + made.indptr[:-1]
        self.lengths[nodes] = lengths
        self.end += made.indices.size

    def drop(self, nodes: np.ndarray) -> None:
        """Forget the rows of nodes that nothing is made of any more."""
        nodes = _distinct(nodes)
        self.unused += int(self.lengths[nodes].sum())
        self.lengths[nodes] = 0

    def _make_room(self, count: int) -> None:
        if self.end + count <= self.pool.size:
            return
        if self.unused > self.end // 2:
            alive = np.flatnonzero(self.lengths)
            kept, lengths = self.take(alive)
            self.starts[alive] = np.cumsum(lengths) - lengths
            self.pool, self.end, self.unused = kept, kept.size, 0
        self.pool = np.concatenate((self.pool[: self.end], np.empty(max(self.end, count), self.pool.dtype)))
