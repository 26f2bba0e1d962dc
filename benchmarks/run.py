"""Measure the compiler and its output: `make bench`.

Latency of compiling, overhead of a call, gradients against hand-written NumPy, and scalar loops against their primal.
Each number is the best of several repetitions.
"""

from __future__ import annotations

import linecache
import os
import subprocess
import sys
import timeit
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

os.environ["S2SGRAD_CACHE"] = "0"  # what is measured is compiling

import numpy as np
from rich.console import Console
from rich.table import Table

from s2sgrad import grad

sys.path.insert(0, str(Path(__file__).parent.parent / "examples"))
import digits
import heat


def layer(W, b, X, Y):
    H = np.tanh(X @ W + b)
    R = H - Y
    return 0.5 * np.sum(R * R)


def layer_by_hand(W, b, X, Y):
    H = np.tanh(X @ W + b)
    T = (H - Y) * (1.0 - H * H)
    return X.T @ T, np.sum(T, axis=0)


def diffuse(u, alpha, steps):
    u = u.copy()
    for _ in range(steps):
        u[1:-1] += alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u**2)


def diffuse_by_hand(u, alpha, steps):
    u = u.copy()
    for _ in range(steps):
        u[1:-1] += alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    u_bar = 2.0 * u
    for _ in range(steps):
        t = alpha * u_bar[1:-1]
        u_bar[2:] += t
        u_bar[1:-1] -= 2.0 * t
        u_bar[:-2] += t
    return u_bar


def network_by_hand(W1, b1, W2, b2, X, Y):
    H = np.tanh(X @ W1 + b1)
    Z = H @ W2 + b2
    Z -= np.max(Z, axis=1, keepdims=True)
    P = np.exp(Z)
    P /= np.sum(P, axis=1, keepdims=True)
    P -= Y
    P /= len(X)
    T = P @ W2.T
    T *= 1.0 - H * H
    return X.T @ T, np.sum(T, axis=0), H.T @ P, np.sum(P, axis=0)


def logistic(r, x, n):
    for _ in range(n):
        x = r * x * (1.0 - x)
    return x


def seconds(f: Callable[[], Any], least: float = 0.1) -> float:
    """The time of one call."""
    timer = timeit.Timer(f)
    number = max(1, int(least / max(timer.timeit(1), 1e-7)))
    return min(timer.repeat(5, number)) / number


def compile_gradient(f: Callable[..., Any], args: tuple[Any, ...]) -> None:
    """From function to compiled gradient."""
    grad(f).specialise(*args)


def straight_line(n: int) -> Callable[..., Any]:
    """A function of n statements, from a source that linecache knows."""
    text = "def line(x):\n" + "".join("    x = np.sin(x) * 0.5 + x\n" for _ in range(n)) + "    return x\n"
    name = f"<line {n}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    space: dict[str, Any] = {"np": np}
    exec(compile(text, name, "exec"), space)
    return space["line"]


def main() -> None:
    rng = np.random.default_rng(0)
    W, b, X, Y = rng.random((50, 30)), rng.random(30), rng.random((200, 50)), rng.random((200, 30))
    network = (rng.random((64, 64)), rng.random(64), rng.random((64, 10)), rng.random(10), rng.random((32, 64)))
    one_hot = np.eye(10)[rng.integers(0, 10, 32)]
    u = rng.random(1000)

    table = Table("gradient", "emitted", "by hand", "ratio")
    cases = [
        ("layer", grad(layer, argnums=(0, 1)), layer_by_hand, (W, b, X, Y)),
        ("heat", grad(diffuse), diffuse_by_hand, (u, 0.1, 100)),
        ("digits", grad(digits.loss, argnums=(0, 1, 2, 3)), network_by_hand, (*network, one_hot)),
    ]
    for name, emitted, by_hand, args in cases:
        expected = by_hand(*args)
        found = emitted(*args)
        for ours, theirs in zip(*((x if isinstance(x, tuple) else (x,)) for x in (found, expected)), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)
        a, h = seconds(partial(emitted, *args)), seconds(partial(by_hand, *args))
        table.add_row(name, f"{a * 1e6:.1f} µs", f"{h * 1e6:.1f} µs", f"{a / h:.2f}")
    console = Console()
    console.print(table)

    table = Table("what", "time")
    g = grad(logistic, argnums=(0, 1))
    primal, gradient = seconds(lambda: logistic(3.5, 0.5, 1000)), seconds(lambda: g(3.5, 0.5, 1000))
    table.add_row("scalar loop of 1000 iterations, gradient over primal", f"{gradient / primal:.2f} ×")
    h = grad(lambda x: x * x)
    inner = h.specialise(1.0).function
    overhead = seconds(lambda: h(2.0)) - seconds(lambda: inner(2.0))
    table.add_row("overhead of a call, scalar arguments", f"{overhead * 1e6:.2f} µs")
    compiled = (digits.loss, (*network, one_hot)), (heat.misfit, (0.3, u, 3, u))
    for f, args in compiled:
        latency = seconds(partial(compile_gradient, f, args))
        table.add_row(f"compile the gradient of {f.__module__}.{f.__name__}", f"{latency * 1e3:.1f} ms")
    for n in (10, 100, 1000):
        latency = seconds(partial(compile_gradient, straight_line(n), (1.0,)), 0.0)
        table.add_row(f"compile {n} statements", f"{latency * 1e3:.1f} ms")
    code = "import numpy, time; t = time.perf_counter(); import s2sgrad; print(time.perf_counter() - t)"
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, check=True) for _ in range(5)]
    times = [float(run.stdout) for run in runs]
    table.add_row("import s2sgrad after NumPy", f"{min(times) * 1e3:.0f} ms")
    console.print(table)


if __name__ == "__main__":
    main()
