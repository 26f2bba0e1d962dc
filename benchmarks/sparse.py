"""Measure sparse Jacobians and Hessians against one gradient: `python benchmarks/sparse.py [n]`.

For each problem: the colours, the time of one gradient (of one call of the function for a Jacobian), and how many
times that a sparse derivative takes: once its pattern is known; and to find the pattern and colour it.
"""

from __future__ import annotations

import sys
import time
import timeit
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse
from rich.console import Console
from rich.table import Table

from s2sgrad import grad, sparse_hessian, sparse_jacobian
from s2sgrad.sparse.compression import compress_hessian, compress_jacobian


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def rosenbrock_by_elements(x):
    total = 0.0
    for i in range(len(x) - 1):
        total += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
    return total


def band(x):
    return np.sum(np.sin(x[5:] * x[:-5]) + x[3:-2] * x[:-5] ** 2 + np.exp(-x[1:-4] * x[4:-1]))


def blocks(x):
    X = np.reshape(x, (-1, 10))
    return np.sum(np.sum(X, axis=1) ** 3 * np.sum(X * X, axis=1))


def arrow(x):
    return np.sum(np.sin(x[1:] * x[0]) + x[1:] ** 4)


def plate(u):
    k = int(np.sqrt(len(u)))
    U = np.reshape(u[: k * k], (k, k))
    return 0.5 * np.sum((U[1:] - U[:-1]) ** 4) + 0.5 * np.sum((U[:, 1:] - U[:, :-1]) ** 4) + np.sum(u**2)


def residual(u):
    r = np.zeros_like(u)
    r[1:-1] = u[:-2] - 2.0 * u[1:-1] + u[2:]
    r[1:-1] += 0.1 * u[1:-1] ** 3
    r[0] = u[0]
    r[-1] = u[-1] - 1.0
    return r


def residual_by_elements(u):
    r = np.zeros(len(u))
    for i in range(1, len(u) - 1):
        r[i] = u[i - 1] - 2.0 * u[i] + u[i + 1] + 0.1 * u[i] ** 3
    return r


HESSIANS = [rosenbrock, rosenbrock_by_elements, band, blocks, arrow, plate]
JACOBIANS = [residual, residual_by_elements]


def seconds(run: Callable[[], Any], repetitions: int = 4) -> float:
    """The best of several runs, each long enough to be measured, in time of the processor."""
    timer = timeit.Timer(run, timer=time.process_time)
    number, _ = timer.autorange()
    return min(timer.repeat(repetitions, number)) / number


def main(n: int) -> None:
    table = Table("problem", "of", "colours", "unit [ms]", "derivative", "pattern", "colouring")
    x = np.random.default_rng(0).normal(size=n)
    for f in HESSIANS + JACOBIANS:
        hessian = f in HESSIANS
        one = grad(f) if hessian else f
        derivative = sparse_hessian(f) if hessian else sparse_jacobian(f)
        compress: Callable[[Any], Any] = compress_hessian if hessian else compress_jacobian
        one(x)
        derivative(x)
        unit = seconds(lambda one=one: one(x))
        (specialisation,) = derivative._sparsity.dispatcher
        pattern = scipy.sparse.csr_array(derivative._sparsity(x))
        times = [
            seconds(lambda d=derivative: d(x)),
            seconds(lambda s=specialisation: s.function.find((x,), [x]), 2),
            seconds(lambda c=compress, p=pattern: c(p), 2),
        ]
        colors = str(derivative.colors(x).max() + 1)
        kind = "Hessian" if hessian else "Jacobian"
        table.add_row(f.__name__, kind, colors, f"{1e3 * unit:.3f}", *(f"{t / unit:.1f}" for t in times))
    Console(width=110).print(f"{n} variables; times in units: of a gradient, or of a call for a Jacobian", table)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
