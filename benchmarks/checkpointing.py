"""Measure checkpointed loops: `python benchmarks/checkpointing.py`.

Steps computed again against the optimum of Griewank and Walther; peak memory and time of a loop of 10,000 steps, plain
and checkpointed. Each measurement of memory is made in a process of its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from math import comb
from typing import Any

import numpy as np

from s2sgrad import checkpointed, grad
from s2sgrad.rules.table import partials

PAIRS = [(10, 3), (100, 5), (1000, 10), (10000, 20)]
STEPS = 10_000
SIZES = [1_000, 10_000]
KINDS = ["plain", "snapshots=20", "snapshots=100", "default"]

evaluations = 0


def counted(x: float) -> float:
    global evaluations
    evaluations += 1
    return x - 0.001 * x**2


@partials(counted)
def counted_(y, x):
    return 1 - 0.002 * x


def counting(x, n, s):
    for _ in checkpointed(range(n), snapshots=s):
        x = counted(x)
    return x


def plain(u, n):
    for _ in range(n):
        u = u + 0.01 * np.sin(u) * (np.roll(u, 1) - u)
    return np.sum(u**2)


def few(u, n):
    for _ in checkpointed(range(n), snapshots=20):
        u = u + 0.01 * np.sin(u) * (np.roll(u, 1) - u)
    return np.sum(u**2)


def some(u, n):
    for _ in checkpointed(range(n), snapshots=100):
        u = u + 0.01 * np.sin(u) * (np.roll(u, 1) - u)
    return np.sum(u**2)


def default(u, n):
    for _ in checkpointed(range(n)):
        u = u + 0.01 * np.sin(u) * (np.roll(u, 1) - u)
    return np.sum(u**2)


LOOPS = dict(zip(KINDS, [plain, few, some, default], strict=True))


def optimum(steps: int, snapshots: int) -> int:
    """``t(l, s) - (l - 1)``: the steps that are computed again (Algorithm 799, ACM TOMS 26, 2000)."""
    r = 0
    while comb(snapshots + r, snapshots) < steps:
        r += 1
    return r * steps - comb(snapshots + r, snapshots + 1) - (steps - 1)


def computed_again(steps: int, snapshots: int) -> int:
    """Evaluations beyond the primal's own: the rule needs ``x`` only, so that reversing a step evaluates nothing."""
    global evaluations
    gradient = grad(counting)
    gradient(0.5, 2, 1)
    evaluations = 0
    gradient(0.5, steps, snapshots)
    return evaluations - steps


def measure(kind: str, size: int) -> dict[str, Any]:
    """In this process: seconds and megabytes beyond what there was, of one gradient, and a number to compare."""
    gradient = grad(LOOPS[kind])
    u = np.linspace(0.0, 1.0, size)
    gradient(u, 3)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    u_bar = gradient(u, STEPS)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": seconds, "megabytes": (peak - before) / 1024, "norm": float(np.linalg.norm(u_bar))}


def main() -> None:
    print("steps  snapshots  computed again  optimum")
    for steps, snapshots in PAIRS:
        print(f"{steps:5}  {snapshots:9}  {computed_again(steps, snapshots):14}  {optimum(steps, snapshots):7}")
    print(f"\n{STEPS} steps  state       loop           memory      time    ratio")
    for size in SIZES:
        results = {}
        for kind in KINDS:
            command = [sys.executable, __file__, kind, str(size)]
            found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            results[kind] = found
            ratio = found["seconds"] / results["plain"]["seconds"]
            assert np.isclose(found["norm"], results["plain"]["norm"], rtol=1e-12)
            print(
                f"             {size:6} doubles  {kind:13}  {found['megabytes']:6.1f} MB  "
                f"{found['seconds']:6.2f} s  {ratio:5.2f}"
            )


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
    else:
        main()
