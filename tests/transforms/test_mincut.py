"""The minimum vertex cut."""

from __future__ import annotations

import itertools
import random

from s2sgrad.transforms.mincut import minimum_vertex_cut


def test_the_bottleneck_is_cut() -> None:
    reads = {"c": ["a", "b"], "d": ["c"], "e": ["c"]}
    weights = dict.fromkeys("abcde", 1)
    assert minimum_vertex_cut(weights, reads, ["a", "b"], ["d", "e"]) == ["c"]


def test_of_equal_cuts_the_one_nearest_the_sinks_is_taken() -> None:
    assert minimum_vertex_cut({"a": 1, "b": 1}, {"b": ["a"]}, ["a"], ["b"]) == ["b"]


def test_weights_matter() -> None:
    reads = {"t": ["A"], "s": ["A"]}
    assert minimum_vertex_cut({"A": 100, "t": 4, "s": 4}, reads, ["A"], ["t", "s"]) == ["t", "s"]
    assert minimum_vertex_cut({"A": 6, "t": 4, "s": 4}, reads, ["A"], ["t", "s"]) == ["A"]


def test_against_trying_all_sets() -> None:
    for seed in range(200):
        rng = random.Random(seed)
        n = rng.randrange(2, 8)
        weights = {k: rng.randrange(1, 9) for k in range(n)}
        reads = {k: [j for j in range(k) if rng.random() < 0.4] for k in range(1, n)}
        sources = [k for k in range(n) if rng.random() < 0.4]
        sinks = [k for k in range(n) if rng.random() < 0.4]
        cut = minimum_vertex_cut(weights, reads, sources, sinks)
        assert separates(set(cut), reads, sources, sinks)
        best = min(
            sum(weights[v] for v in chosen)
            for size in range(n + 1)
            for chosen in itertools.combinations(range(n), size)
            if separates(set(chosen), reads, sources, sinks)
        )
        assert sum(weights[v] for v in cut) == best


def separates(cut: set[int], reads: dict[int, list[int]], sources: list[int], sinks: list[int]) -> bool:
    pending = [v for v in sinks if v not in cut]
    while pending:
        v = pending.pop()
        if v in sources:
            return False
        pending += [u for u in reads.get(v, []) if u not in cut]
    return True
