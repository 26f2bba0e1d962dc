"""The cheapest set of values to save: a minimum vertex cut.

Between the values that have to exist (sources) and those that are needed (sinks) run chains of cheap operations.
Saving a set of values that every chain passes through makes all that is needed computable; the cheapest
such set is a minimum cut (Ford & Fulkerson 1956; the algorithm is Dinic's, 1970).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

N = TypeVar("N", bound=Hashable)
_INFINITE = 1 << 60


def minimum_vertex_cut(
    weights: Mapping[N, int], reads: Mapping[N, Sequence[N]], sources: Sequence[N], sinks: Sequence[N]
) -> list[N]:
    """The vertices of least total weight that separate ``sources`` from ``sinks``; of several, those nearest the sinks.

    ``reads``: the edges, from each vertex to those that it is computed from. All vertices have a weight.
    """
    network = _Network(2 * len(weights) + 2)
    number = {v: k for k, v in enumerate(weights)}
    start, end = network.size - 2, network.size - 1
    for v, weight in weights.items():
        network.edge(2 * number[v], 2 * number[v] + 1, weight)
        for u in reads.get(v, ()):
            network.edge(2 * number[u] + 1, 2 * number[v], _INFINITE)
    for v in sources:
        network.edge(start, 2 * number[v], _INFINITE)
    for v in sinks:
        network.edge(2 * number[v] + 1, end, _INFINITE)
    network.saturate(start, end)
    near_end = network.reaching(end)
    return [v for v, k in number.items() if 2 * k + 1 in near_end and 2 * k not in near_end]


class _Network:
    """A flow network: edge ``e`` runs to ``head[e]`` and has ``room[e]`` left; its reverse is ``e ^ 1``."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.head: list[int] = []
        self.room: list[int] = []
        self.edges: list[list[int]] = [[] for _ in range(size)]

    def edge(self, tail: int, head: int, capacity: int) -> None:
        for u, v, room in ((tail, head, capacity), (head, tail, 0)):
            self.edges[u].append(len(self.head))
            self.head.append(v)
            self.room.append(room)

    def saturate(self, start: int, end: int) -> None:
        """Push the maximum flow, phase by phase along shortest paths."""
        while True:
            level = self._levels(start)
            if level[end] < 0:
                return
            pending = [0] * self.size
            while self._push_path(start, end, level, pending):
                pass

    def _levels(self, start: int) -> list[int]:
        level = [-1] * self.size
        level[start] = 0
        queue = [start]
        for u in queue:
            for e in self.edges[u]:
                v = self.head[e]
                if self.room[e] and level[v] < 0:
                    level[v] = level[u] + 1
                    queue.append(v)
        return level

    def _push_path(self, start: int, end: int, level: list[int], pending: list[int]) -> bool:
        """Push flow along one path; ``pending`` remembers which edges of each vertex are exhausted."""
        path: list[int] = []
        u = start
        while u != end:
            if pending[u] < len(self.edges[u]):
                e = self.edges[u][pending[u]]
                v = self.head[e]
                if self.room[e] and level[v] == level[u] + 1:
                    path.append(e)
                    u = v
                else:
                    pending[u] += 1
            elif path:
                u = self.head[path.pop() ^ 1]
                pending[u] += 1
            else:
                return False
        amount = min(self.room[e] for e in path)
        for e in path:
            self.room[e] -= amount
            self.room[e ^ 1] += amount
        return True

    def reaching(self, end: int) -> set[int]:
        """The vertices from which ``end`` can still be reached."""
        reached = {end}
        queue = [end]
        for v in queue:
            for e in self.edges[v]:
                u = self.head[e]
                if self.room[e ^ 1] and u not in reached:
                    reached.add(u)
                    queue.append(u)
        return reached
