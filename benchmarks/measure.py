"""Time and memory: medians over interleaved rounds, so that whatever else the machine does meets all alike."""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.contenders import CONTENDERS, Run, Unavailable
from benchmarks.workload import Workload

#: One sample is as many calls as take this long, in seconds.
SAMPLE = 0.004
#: A contender whose call takes longer than this, in seconds, is measured in three rounds only.
SLOW = 0.5
#: The contenders that are s2sgrad.
OURS = ("s2sgrad", "s2sgrad, Numba")


@dataclass(slots=True)
class Row:
    """One workload at one size: by contender, seconds of a call, of the first call, and bytes at the peak."""

    workload: str
    group: str
    size: int
    seconds: dict[str, float] = field(default_factory=dict)
    first: dict[str, float] = field(default_factory=dict)
    peak: dict[str, int] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    def ratio(self, a: str, b: str) -> float | None:
        """How many times as long ``a`` takes as ``b``; ``best`` is the faster one of our backends."""
        ours = [self.seconds[name] for name in OURS if name in self.seconds]
        seconds = self.seconds | ({"best": min(ours)} if ours else {})
        return seconds[a] / seconds[b] if a in seconds and b in seconds else None


def measure(workload: Workload, size: int, names: list[str], rounds: int) -> Row:
    """Measure contenders in one workload. Raises AssertionError if one computes another gradient than by hand."""
    row = Row(workload.name, workload.group, size)
    args = workload.inputs(size)
    expected = workload.by_hand(*args)
    runs: dict[str, Run] = {}
    for name in names:
        try:
            start = time.perf_counter()
            run = CONTENDERS[name](workload, args)
            found = run.call()
            row.first[name] = time.perf_counter() - start
        except Unavailable as reason:
            row.absent[name] = str(reason)
            continue
        check(f"{workload.name} at {size}, {name}", run.arrays(found), expected)
        runs[name] = run
    samples: dict[str, list[float]] = {name: [] for name in runs}
    numbers = {name: max(1, int(SAMPLE / sample(run.call, 1))) for name, run in runs.items()}
    for k in range(rounds):
        for name, run in runs.items():
            if k < 3 or samples[name][0] < SLOW:
                samples[name].append(sample(run.call, numbers[name]))
    row.seconds = {name: statistics.median(times) for name, times in samples.items()}
    row.peak = {name: peak(runs[name].call) for name in ("by hand", "s2sgrad") if name in runs}
    return row


def sample(call: Callable[[], Any], number: int) -> float:
    """Seconds of a call, from some one after another."""
    start = time.perf_counter()
    for _ in range(number):
        call()
    return (time.perf_counter() - start) / number


def peak(call: Callable[[], Any]) -> int:
    """The most memory that a call holds, in bytes: what NumPy and Python allocate."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def check(what: str, found: tuple[Any, ...], expected: tuple[Any, ...]) -> None:
    if not found:  # the primal
        return
    for a, b in zip(found, expected, strict=True):
        scale = float(np.max(np.abs(b), initial=1e-300))
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-7 * scale, err_msg=what)
