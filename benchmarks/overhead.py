"""What a gradient costs around its arithmetic: compiling it, finding it again, calling it."""

from __future__ import annotations

import linecache
import os
import statistics
import subprocess
import sys
import tempfile
import timeit
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from benchmarks.workloads import ALL
from s2sgrad import grad


def three_operations(x):
    return x * x + 2.0 * x


def five_arrays(a, b, c, d, e):
    return (a * b + c * d + e).sum()


def seconds(f: Callable[[], Any], least: float = 0.05) -> float:
    """The time of one call: the median of several samples."""
    timer = timeit.Timer(f)
    number = max(1, int(least / max(timer.timeit(1), 1e-7)))
    return statistics.median(timer.repeat(7, number)) / number


def straight_line(n: int) -> Callable[..., Any]:
    """A function of n statements, from a source that linecache knows."""
    text = "def line(x):\n" + "".join("    x = np.sin(x) * 0.5 + x\n" for _ in range(n)) + "    return x\n"
    name = f"<line {n}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    space: dict[str, Any] = {"np": np}
    exec(compile(text, name, "exec"), space)
    made: Callable[..., Any] = space["line"]
    return made


def compile_gradient(f: Callable[..., Any], args: tuple[Any, ...]) -> None:
    grad(f).specialise(*args)


def rows() -> Iterator[tuple[str, str]]:
    """What is measured, and the figure."""
    once = grad(three_operations)
    inner = once.specialise(1.0).function
    yield "10⁶ calls of three operations, the primal", f"{seconds(lambda: three_operations(2.0)) * 1e6:.2f} s"
    yield "10⁶ calls of its gradient", f"{seconds(lambda: once(2.0)) * 1e6:.2f} s"
    over = seconds(lambda: once(2.0)) - seconds(lambda: inner(2.0))
    yield "a call over the emitted function, one number", f"{over * 1e6:.2f} µs"
    arrays = tuple(np.random.default_rng(0).random((5, 3)))
    many = grad(five_arrays, argnums=(0, 1, 2, 3, 4))
    emitted = many.specialise(*arrays).function
    over = seconds(lambda: many(*arrays)) - seconds(lambda: emitted(*arrays))
    yield "a call over the emitted function, five arrays", f"{over * 1e6:.2f} µs"
    latencies = []
    for workload in ALL:
        args = workload.inputs(workload.sizes[0])
        compile_gradient(workload.primal, args)
        latency = min(timeit.repeat(partial(compile_gradient, workload.primal, args), number=1, repeat=3))
        latencies.append((latency, workload.name))
    latencies.sort()
    yield "compile a workload's gradient, median", f"{latencies[len(latencies) // 2][0] * 1e3:.1f} ms"
    yield f"compile a workload's gradient, slowest ({latencies[-1][1]})", f"{latencies[-1][0] * 1e3:.1f} ms"
    for n in (20, 100, 1000, 5000):
        f = straight_line(n)
        latency = timeit.timeit(partial(compile_gradient, f, (1.0,)), number=1)
        yield f"compile {n} statements", f"{latency * 1e3:.1f} ms"
    yield "a hit in the cache on disk, in a process that had one", f"{disk_hit() * 1e3:.2f} ms"
    code = "import numpy, time; t = time.perf_counter(); import s2sgrad; print(time.perf_counter() - t)"
    yield "import s2sgrad after NumPy", f"{statistics.median(printed(code) for _ in range(5)) * 1e3:.0f} ms"


def printed(code: str, **environment: str) -> float:
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, env=os.environ | environment, text=True
    )
    return float(run.stdout.split()[-1])


def disk_hit() -> float:
    """Seconds to find a compiled gradient on disk, after another was found there."""
    code = (
        "import time\n"
        "from s2sgrad import grad\n"
        "from benchmarks.workloads.scalar_loops import logistic, rk4\n"
        "grad(logistic)(2.9, 0.3, 10)\n"
        "t = time.perf_counter()\n"
        "grad(rk4).specialise(1.1, 0.4, 0.1, 0.4, 10.0, 10.0, 0.01, 5)\n"
        "print(time.perf_counter() - t)"
    )
    with tempfile.TemporaryDirectory() as folder:
        environment = {"S2SGRAD_CACHE": "1", "S2SGRAD_CACHE_DIR": folder}
        printed(code, **environment)
        return statistics.median(printed(code, **environment) for _ in range(3))
