"""What a gradient costs around its arithmetic: calling it, compiling it, finding it again, importing what makes it.

All times are those of the processor, so that other programs disturb them less.

Where the time goes that compiling one function takes is printed by ``s2sgrad times``.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import timeit
from collections.abc import Callable, Iterator
from itertools import cycle
from time import process_time
from typing import Any

import numpy as np

from benchmarks.programs import GROWING, OF_TWENTY_LINES, made
from benchmarks.workloads import ALL
from s2sgrad import grad, hvp, jvp, value_and_grad, vjp

Row = tuple[str, str]
"""What is measured, and the figure."""


def rows() -> Iterator[Row]:
    yield from calls()
    yield from latencies()
    yield from growth()
    yield from processes()


# -- calls ---------------------------------------------------------------------------------------------------


def three_operations(x):
    return x * x + 2.0 * x


def five_arrays(a, b, c, d, e):
    return (a * b + c * d + e).sum()


def of_structures(p, scale=1.0):
    return (p["w"] * p["w"]).sum() * scale + p["b"]


class Model:
    @value_and_grad
    def loss(self, x):
        return x * x + 2.0 * x


def seconds(f: Callable[[], Any], least: float = 0.05) -> float:
    """The time of one call: the median of several samples."""
    timer = timeit.Timer(f, timer=process_time)
    number = max(1, int(least / max(timer.timeit(1), 1e-7)))
    return statistics.median(timer.repeat(7, number)) / number


def over(call: Callable[[], Any], inner: Callable[[], Any]) -> str:
    """What a call takes beyond the emitted function: the least of several differences."""
    return f"{min(seconds(call, 0.02) - seconds(inner, 0.02) for _ in range(5)) * 1e6:.2f} µs"


def calls() -> Iterator[Row]:
    """Calls that find their code: the aims are 1 µs for numbers and 2 µs for five arrays."""
    x, (a, b, c, d, e) = 2.0, np.random.default_rng(0).random((5, 3))
    arrays = (a, b, c, d, e)
    yield "10⁶ calls of three operations, the primal", f"{seconds(lambda: three_operations(x)) * 1e6:.2f} s"
    once = grad(three_operations)
    emitted = once.specialise(x).function
    yield "10⁶ calls of its gradient", f"{seconds(lambda: once(x)) * 1e6:.2f} s"
    what = "a call over the emitted function, "
    yield what + "one number", over(lambda: once(x), lambda: emitted(x))
    many = grad(five_arrays, argnums=(0, 1, 2, 3, 4))
    of_many = many.specialise(*arrays).function
    yield what + "five arrays, in all of them", over(lambda: many(*arrays), lambda: of_many(*arrays))
    both = value_and_grad(five_arrays)
    of_both = both.specialise(*arrays).function
    yield what + "five arrays, value and gradient", over(lambda: both(*arrays), lambda: of_both(*arrays))
    named = {"a": a, "b": b, "c": c, "d": d, "e": e}
    yield what + "five arrays by keyword", over(lambda: both(**named), lambda: of_both(**named))
    tree = {"w": a, "b": 0.5}
    of_tree = grad(of_structures)
    in_tree = of_tree.specialise(tree).function
    yield what + "a dict of two, and a default", over(lambda: of_tree(tree), lambda: in_tree(tree))
    model = Model()
    in_model = value_and_grad(three_operations).specialise(x).function
    yield what + "a method", over(lambda: model.loss(x), lambda: in_model(x))
    alternating, turns = grad(three_operations), cycle((2.0, np.float64(2.0)))
    yield what + "two signatures in turn", over(lambda: alternating(next(turns)), lambda: emitted(next(turns)))
    others = cycle([grad(made(f"def f(x):\n    return x * x + {k}.0 * x\n")) for k in range(500)])
    for _ in range(500):
        next(others)(x)
    yield what + "500 functions in turn", over(lambda: next(others)(x), lambda: emitted(x))
    for name, operator in (("jvp", jvp), ("hvp", hvp)):
        along = operator(three_operations)
        along((x,), (1.0,))
        figure = over(lambda along=along: along((x,), (1.0,)), lambda: emitted(x))  # type: ignore[misc]
        yield f"{name}(f) of one number over a gradient", figure
    _, pullback = vjp(three_operations, x)
    yield (
        "vjp(f, x) and its pullback over a gradient",
        over(lambda: vjp(three_operations, x)[1](1.0), lambda: emitted(x)),
    )
    yield "the pullback alone", over(lambda: pullback(1.0), lambda: emitted(x))


# -- compiling -----------------------------------------------------------------------------------------------


def compiling(f: Callable[..., Any], args: tuple[Any, ...]) -> float:
    """Seconds to compile the gradient of a function."""
    return timeit.timeit(lambda: grad(f).specialise(*args), timer=process_time, number=1)


def latencies() -> Iterator[Row]:
    """Functions that are compiled for the first time, after others of their kind: the aim is 10 ms for 20 lines."""
    for name, (text, args) in OF_TWENTY_LINES.items():
        first, *others = [compiling(made(text), args) for _ in range(8)]
        figure = f"{statistics.median(others) * 1e3:.1f} ms (the first of its kind {first * 1e3:.1f})"
        yield f"compile twenty lines: {name}", figure
    found = []
    for workload in ALL:
        args = workload.inputs(workload.sizes[0])
        compiling(workload.primal, args)
        found.append((min(compiling(workload.primal, args) for _ in range(3)), workload.name))
    found.sort()
    yield "compile a workload's gradient, median", f"{found[len(found) // 2][0] * 1e3:.1f} ms"
    yield f"compile a workload's gradient, slowest ({found[-1][1]})", f"{found[-1][0] * 1e3:.1f} ms"


def growth() -> Iterator[Row]:
    """Programs that grow: the time for each statement is to stay what it is."""
    for name, (text, small, large) in GROWING.items():
        compiling(made(text(small)), (0.3,))
        few, many = (compiling(made(text(n)), (0.3,)) for n in (small, large))
        figure = f"{many * 1e3:.0f} ms, {many / large * 1e3:.2f} ms each ({few / small * 1e3:.2f} each of {small})"
        yield f"compile {large:,} {name}", figure


# -- new processes -------------------------------------------------------------------------------------------


def processes() -> Iterator[Row]:
    """What is done once in a process. The aims: 2 ms for a hit in the cache, 50 ms for the import beyond NumPy."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "S2SGRAD_CACHE_DIR": os.path.join(folder, "cache"),
            "PYTHONPYCACHEPREFIX": os.path.join(folder, "code"),  # as installed: with its byte code
            "PYTHONDONTWRITEBYTECODE": "",
        }

        def median(code: str, **more: str) -> str:
            printed(code, **environment, **more)
            return f"{statistics.median(printed(code, **environment, **more) for _ in range(5)) * 1e3:.1f} ms"

        yield "import s2sgrad after NumPy", median(_IMPORT)
        yield "the first gradient of a process", median(_FIRST, S2SGRAD_CACHE="0")
        yield "the first hit in the cache on disk of a process", median(_FIRST, S2SGRAD_CACHE="1")
        yield "another hit in the cache on disk", median(_ANOTHER, S2SGRAD_CACHE="1")


def printed(code: str, **environment: str) -> float:
    """The number that a program prints, run in a process of its own."""
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, env=os.environ | environment, text=True
    )
    return float(run.stdout.split()[-1])


_IMPORT = "import numpy, time; t = time.process_time(); import s2sgrad; print(time.process_time() - t)"

_BEFORE = """
import time
from s2sgrad import grad
from benchmarks.workloads.scalar_loops import logistic, rk4
"""

_FIRST = f"""{_BEFORE}
t = time.process_time()
grad(logistic).specialise(2.9, 0.3, 10)
print(time.process_time() - t)
"""

_ANOTHER = f"""{_BEFORE}
grad(logistic).specialise(2.9, 0.3, 10)
t = time.process_time()
grad(rk4).specialise(1.1, 0.4, 0.1, 0.4, 10.0, 10.0, 0.01, 5)
print(time.process_time() - t)
"""
