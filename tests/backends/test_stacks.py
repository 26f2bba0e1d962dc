"""Stacks of numbers in compiled code: arrays, whose memory is kept where they are made again and again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from s2sgrad import grad

pytest.importorskip("numba")


def nearest(x: Any, c: Any) -> float:
    """Saves in each iteration whether a distance was the smallest, and more each time."""
    total = 0.0
    for i in range(len(x)):
        best = 1e300
        for k in range(i):
            d = (x[i] - c[k]) ** 2
            if d < best:
                best = d
        total += min(best, 4.0)
    return total


def steps(x: Any, n: int) -> float:
    """Saves pairs, in a loop that nobody knows the count of."""
    total = 0.0
    y = x[0]
    while y < 3.0:
        z = y
        for i in range(n):
            z = np.sin(z) * x[i] + z * z * 0.1
        y += 1.0 + z * z
        total += y
    return total


def test_memory_is_made_once_for_all_iterations() -> None:
    g = grad(nearest, argnums=(0, 1), backend="numba")
    x, c = np.linspace(0.0, 2.0, 7), np.cos(np.arange(7.0))
    for n in (7, 0, 1, 5):
        for found, expected in zip(g(x[:n], c), grad(nearest, argnums=(0, 1))(x[:n], c), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-13)
    before, inside = g.source(x, c).split("for i in range", 1)
    assert "= np.empty(0, np.bool" in before
    assert ".shape[0] < t_saved_size:" in inside


def test_stacks_in_loops_of_any_count() -> None:
    x = np.array([0.3, 0.7, 1.1])
    for n in (3, 0):
        np.testing.assert_allclose(grad(steps, backend="numba")(x, n), grad(steps)(x, n), rtol=1e-13)


def test_ranges_are_written_without_sums_of_numbers() -> None:
    def horner(c: Any, x: float) -> float:
        y = 0.0
        for i in range(len(c) - 1, -1, -1):
            y = y * x + c[i]
        return y

    def triangle(x: Any) -> float:
        total = 0.0
        for i in range(1, len(x)):
            for j in range(i + 1, len(x)):
                total = total * x[i] + x[j]
        return total

    x = np.array([0.3, 0.7, 1.1, 0.2])
    g = grad(horner, argnums=(0, 1), backend="numba")
    np.testing.assert_allclose(g(x, 2.0)[1], grad(horner, 1)(x, 2.0))
    assert "y_saved = np.empty(max(t, 0))" in g.source()
    assert "for i in range(t):" in g.source()
    g = grad(triangle, backend="numba")
    np.testing.assert_allclose(g(x), grad(triangle)(x))
    assert "np.empty(max(t - 1, 0) * max(len(x) - 2, 0))" in g.source()


def roots(a: Any) -> float:
    """Saves, for each number, as much as it takes to find its root."""
    total = 0.0
    for k in range(len(a)):
        y = a[k]
        while y * y - a[k] > 1e-9:
            y = 0.5 * (y + a[k] / y)
        total += np.sin(y)
    return total


def test_lists_are_made_once_and_cleared() -> None:
    a = np.array([2.0, 9.0, 1.0, 30.0])
    g = grad(roots, backend="numba")
    np.testing.assert_allclose(g(a), grad(roots)(a), rtol=1e-13)
    before, inside = g.source().split("for k in range", 1)
    assert "saved = []" in before
    assert "saved.clear()" in inside
