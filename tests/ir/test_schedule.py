"""The schedule of snapshots: as few computations as Griewank and Walther proved to be possible, in the memory given."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from s2sgrad.ir.schedule import at_least_one, bytes_of, enough_snapshots, next_snapshot, snapshots_within

PAIRS = [(10, 3), (100, 5), (1000, 10), (10000, 20)]


def optimum(steps: int, snapshots: int) -> int:
    """``t(l, s)`` of Algorithm 799: how many steps are computed before they are reversed, the first sweep included.

    Griewank and Walther count neither the last step of that sweep, which is reversed at once, nor the computation of a
    step that belongs to its reversal.
    """
    r = 0
    while comb(snapshots + r, snapshots) < steps:
        r += 1
    return r * steps - (comb(snapshots + r, snapshots + 1) if r else 0)


def simulate(steps: int, limit: int) -> tuple[int, int]:
    """How many steps are computed again, and how many states are kept at most, as the emitted code does it."""
    kept: list[int] = []
    following = most = again = 0
    for i in range(steps):
        if i == following:
            kept.append(i)
            following = next_snapshot(i, steps - 1, limit - len(kept))
            most = max(most, len(kept))
    for i in reversed(range(steps)):
        first = kept.pop()
        assert first <= i
        while first < i:
            kept.append(first)
            most = max(most, len(kept))
            following = next_snapshot(first, i, limit - len(kept))
            assert first < following <= i
            again, first = again + following - first, following
    assert not kept
    return again, most


@pytest.mark.parametrize(("steps", "snapshots"), PAIRS)
def test_as_few_steps_as_possible_are_computed_again(steps: int, snapshots: int) -> None:
    again, most = simulate(steps, snapshots)
    assert again == optimum(steps, snapshots) - (steps - 1)
    assert most <= snapshots + 1  # the state that is worked with, when the last step has just been taken


def test_for_all_small_loops() -> None:
    for steps in range(1, 60):
        for snapshots in range(1, 12):
            assert simulate(steps, snapshots)[0] == optimum(steps, snapshots) - (steps - 1), (steps, snapshots)


def test_the_formula_is_the_minimum() -> None:
    """The recursion that defines it: go on for ``k`` steps, reverse what is behind, then what is before."""
    least = {(1, s): 0 for s in range(1, 7)} | {(n, 1): n * (n - 1) // 2 for n in range(1, 40)}
    for steps in range(2, 40):
        for s in range(2, 7):
            least[steps, s] = min(k + least[steps - k, s - 1] + least[k, s] for k in range(1, steps))
    assert all(optimum(*pair) == count for pair, count in least.items())


@pytest.mark.slow  # it compiles its schedule with Numba
@pytest.mark.parametrize(("steps", "snapshots"), PAIRS)
def test_against_checkpoint_schedules(steps: int, snapshots: int) -> None:
    library = pytest.importorskip("checkpoint_schedules")
    computed = 0
    for action in library.MultistageCheckpointSchedule(steps, snapshots, 0):
        if isinstance(action, library.Forward):
            computed += action.n1 - action.n0
        if isinstance(action, library.EndReverse):
            break
    assert computed - steps == optimum(steps, snapshots)  # it counts the computation that belongs to the reversal


@pytest.mark.parametrize("steps", [1, 2, 10, 1000, 10000])
def test_by_default_no_step_is_computed_more_than_twice_again(steps: int) -> None:
    limit = enough_snapshots(steps)
    assert optimum(steps, limit) <= 2 * steps
    assert limit == 1 or comb(limit + 1, 2) < steps <= comb(limit + 2, 2)


def test_a_budget_of_memory() -> None:
    state = (3, np.zeros(100), [1.0, np.zeros((2, 5), np.float32)], {"a": np.zeros(3)})
    assert bytes_of(state) == 4 * 8 + 32 + 800 + 2 * 8 + 32 + 40 + 64 + 24
    assert snapshots_within(10_000, 900) == 11
    with pytest.raises(ValueError, match="memory=800 bytes do not hold one state"):
        snapshots_within(800, 900)


def test_no_snapshot_is_not_enough() -> None:
    assert at_least_one(1) == 1
    with pytest.raises(ValueError, match="at least one snapshot, not snapshots=0"):
        at_least_one(0)
