"""Entries of cotangent buffers: stored where nothing was added before, cleared where something looks at them again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import s2sgrad
from s2sgrad.testing import assert_grads

X = np.array([0.9, 1.3, 0.7, 1.1, 1.4, 0.8])
N = len(X)


def horner(x):
    y = 0.0
    for i in range(len(x) - 1, -1, -1):
        y = y * 0.5 + x[i] * y + x[i]
    return y


def twice_in_an_iteration(x):
    y = 1.0
    for i in range(1, len(x)):
        y = y * x[i] + y * y * x[i - 1]
    return y


def the_same_entry(x):
    y = 1.0
    for _ in range(3):
        y = y * y * x[0] + y
    return y


def in_two_loops(x):
    y = 1.0
    for i in range(len(x)):
        y = y * x[i]
    for i in range(len(x)):
        y = y * y + x[i]
    return y


def halves(x):
    y = 1.0
    for i in range(3):
        y = y * x[i]
    for i in range(3, 6):
        y = y * y + x[i]
    return y


def swept(x):
    y = 1.0
    for _ in range(2):
        for i in range(len(x)):
            y = y * 0.5 + x[i] * y
    return y


def from_the_end(x):
    y = 1.0
    for i in range(1, 4):
        y = y * x[-i] + x[i]
    return y


def at_random(x):
    at = np.array([1, 4, 1])
    y = 1.0
    for i in range(3):
        y = y * x[at[i]]
    return y


def slices(x):
    total = 1.0
    for i in range(1, len(x)):
        total = total * np.sum(x[i : i + 1] * x[i - 1 : i])
    return total


def in_a_while(x):
    y, i = 1.0, 0
    while i < 3:
        y = y * x[i]
        i += 1
    return y


def read_before_the_loop(x):
    y = x[2] * x[2]
    for i in range(len(x)):
        y = y * x[i]
    return y


def recurrence(x):
    p = np.ones(len(x))
    for i in range(1, len(x)):
        p[i] = p[i - 1] * x[i]
    return p[len(x) - 1]


def summed_recurrence(x):
    p = x * 1.0
    for i in range(1, len(x)):
        p[i] = p[i - 1] * x[i]
    return np.sum(p)


def rewritten(x):
    p = np.ones(3)
    for i in range(len(x)):
        p[i % 3] = p[i % 3] * x[i]
    return p[0] * p[1] + p[2]


def swept_recurrence(x):
    p = x * 1.0
    for _ in range(2):
        for i in range(1, len(x)):
            p[i] = 0.5 * (p[i - 1] + p[i] * p[i])
    return p[3]


def in_one_branch(x):
    p = np.ones(len(x))
    for i in range(1, len(x)):
        if x[i] > 1.0:
            p[i] = p[i - 1] * x[i]
        else:
            p[i - 1] = x[i]
    return np.sum(p * p)


def another_buffer_each_time(x):
    total = 1.0
    for i in range(3):
        q = np.zeros(3)
        for j in range(3):
            q[j] = x[i] * x[j]
        total = total * (q[0] + q[1] * q[2])
    return total


EVERYTHING = [f for f in list(globals().values()) if callable(f) and getattr(f, "__module__", "") == __name__]


def lines_of(f: Callable[..., Any]) -> list[str]:
    gradient = s2sgrad.grad(f)
    gradient(X)
    return [line.strip() for line in gradient.source().splitlines()]


@pytest.mark.parametrize("f", EVERYTHING, ids=lambda f: f.__name__)
def test_gradients_are_right(f: Callable[..., Any]) -> None:
    assert_grads(f, X)


@pytest.mark.parametrize("f", [horner, halves], ids=lambda f: f.__name__)
def test_entries_that_are_written_once_are_stored(f: Callable[..., Any]) -> None:
    assert not any(line.startswith("x_bar[") and "+=" in line for line in lines_of(f))


@pytest.mark.parametrize(
    "f", [twice_in_an_iteration, in_two_loops, swept, from_the_end, at_random, in_a_while], ids=lambda f: f.__name__
)
def test_entries_that_may_be_written_again_are_added_to(f: Callable[..., Any]) -> None:
    assert any(line.startswith("x_bar[") and "+=" in line for line in lines_of(f))


def test_what_nobody_looks_at_again_is_not_cleared() -> None:
    assert "p_bar[i] = 0.0" not in lines_of(recurrence)


@pytest.mark.parametrize("f", [summed_recurrence, swept_recurrence, in_one_branch], ids=lambda f: f.__name__)
def test_what_is_looked_at_again_is_cleared_or_replaced(f: Callable[..., Any]) -> None:
    stores = [line for line in lines_of(f) if line.startswith("p_bar[i") and " = " in line]
    assert stores, lines_of(f)
