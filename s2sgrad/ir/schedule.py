"""When to keep the state of a checkpointed loop: functions that the emitted source calls, and is printed with.

Binomial checkpointing is from A. Griewank and A. Walther, "Algorithm 799: Revolve", ACM TOMS 26 (2000), 19-45. With
``s`` snapshots, the loop's initial state among them, up to ``beta(s, r) = C(s + r, s)`` steps can be reversed so that
none is computed more than ``r`` times before it is differentiated; ``l`` steps take
``t(l, s) = r * l - beta(s + 1, r - 1)`` computations, where ``r`` is the least one for which ``l <= beta(s, r)``.
"""

from __future__ import annotations

from typing import Any


def next_snapshot(first: Any, last: Any, free: Any) -> Any:
    """The next step to keep the state of, on the way from step ``first``, whose state is kept, to step ``last``.

    ``free``: how many more snapshots may be taken; without any the answer is ``last``, which is reversed next. So the
    number of steps that are computed again is least (Griewank & Walther, ACM TOMS 26, 2000).
    """
    steps, s = last - first + 1, free + 1
    if steps <= 2 or s <= 1:
        return last
    r, fewer, reach = 1, 1, s + 1  # C(s + r - 1, s) and C(s + r, s) steps
    while reach < steps:
        r += 1
        fewer, reach = reach, reach * (s + r) // r
    return first + min(fewer, steps - fewer * s // (s + r - 1))


def enough_snapshots(steps: Any) -> Any:
    """The least number of snapshots with which no step is computed more than twice again: about ``sqrt(2 * steps)``."""
    s = 1
    while (s + 1) * (s + 2) // 2 < steps:
        s += 1
    return s


def snapshots_within(memory: Any, size: Any) -> Any:
    """How many snapshots of ``size`` bytes take at most ``memory`` bytes."""
    if memory < size:
        raise ValueError(f"memory={memory} bytes do not hold one state of the checkpointed loop, which has {size}")
    return memory // size


def bytes_of(state: Any) -> Any:
    """The memory that a copy of a loop's state takes: of its arrays, and of 32 bytes for every other number."""
    if isinstance(state, dict):
        return 64 * len(state) + sum(map(bytes_of, state.values()))
    if isinstance(state, (tuple, list)):
        return 8 * len(state) + sum(map(bytes_of, state))
    return getattr(state, "nbytes", 32)


def at_least_one(snapshots: Any) -> Any:
    """A number of snapshots: a loop cannot be reversed without its initial state."""
    if snapshots < 1:
        raise ValueError(f"a loop is checkpointed with at least one snapshot, not snapshots={snapshots}")
    return snapshots
