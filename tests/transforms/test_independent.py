"""Loops that only add up run once in a gradient, each iteration reversed at once; others are left alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import s2sgrad
from s2sgrad.testing import assert_grads

X = np.array([0.9, 1.3, 0.7, 1.1])


def pairs(x):
    total = 0.0
    for i in range(len(x)):
        for j in range(i):
            total -= x[i] / math.sqrt(1.0 + x[j] * x[j])
    return total


def newton(x):
    total = 0.0
    for i in range(len(x)):
        y = 1.0
        while abs(y * y - x[i]) > 1e-9:
            y = 0.5 * (y + x[i] / y)
        total += y * y * y
    return 0.5 * total


def two_sums(x):
    a = 0.0
    b = 1.0
    for i in range(len(x)):
        t = math.exp(x[i])
        a += t
        b = b - t * t
    return 2.0 * a - b / 3.0


def one_loop_after_another(x):
    total = 0.0
    for i in range(len(x)):
        total += math.exp(x[i])
    for i in range(len(x) - 1, 0, -2):
        total += math.sin(x[i] * x[i - 1])
    return total


def products_of_matrices(x):
    total = 0.0
    for i in range(3):
        h = np.tanh(np.outer(x, x) * (i + 1.0))
        total += np.sum(h @ h)
    return total


def never(x):
    total = 0.0
    for i in range(0):
        total += math.exp(x[i])
    return total + x[0]


def squared_after(x):
    total = 0.0
    for i in range(len(x)):
        total += math.exp(x[i])
    return total * total


def read_in_the_loop(x):
    total = 0.0
    for i in range(len(x)):
        total += math.exp(x[i] * total)
    return total


def doubled(x):
    total = 1.0
    for i in range(len(x)):
        total += total + math.exp(x[i])
    return total


def counted(x):
    total = 0.0
    count = 0
    for i in range(len(x)):
        total += math.exp(x[i])
        count += 1
    return total / count


def carried_state(x):
    total = 0.0
    y = 1.0
    for i in range(len(x)):
        total += math.exp(y)
        y = x[i] * y
    return total


def ended_early(x):
    total = 0.0
    for i in range(len(x)):
        total += math.exp(x[i])
        if total > 4.0:
            break
    return total


def added_until_it_is_large(x):
    total = 0.0
    for i in range(len(x)):
        while total < i:
            total += math.exp(x[i])
    return total


INDEPENDENT = [pairs, newton, two_sums, one_loop_after_another, products_of_matrices, never]
DEPENDENT = [squared_after, read_in_the_loop, doubled, counted, carried_state, ended_early, added_until_it_is_large]


def loops_of_the_forward_part(f: Callable[..., Any]) -> int:
    gradient = s2sgrad.grad(f)
    gradient(X)
    lines = gradient.source().splitlines()
    return sum(line.startswith("    for ") and "reversed" not in line for line in lines)


@pytest.mark.parametrize("f", INDEPENDENT, ids=lambda f: f.__name__)
def test_the_forward_loop_is_gone(f: Callable[..., Any]) -> None:
    assert loops_of_the_forward_part(f) == 0
    assert_grads(f, X)


@pytest.mark.parametrize("f", DEPENDENT, ids=lambda f: f.__name__)
def test_the_forward_loop_is_needed(f: Callable[..., Any]) -> None:
    assert loops_of_the_forward_part(f) == 1
    assert_grads(f, X)


@pytest.mark.parametrize("f", [*INDEPENDENT, *DEPENDENT], ids=lambda f: f.__name__)
def test_the_value_is_the_value(f: Callable[..., Any]) -> None:
    value, gradient = s2sgrad.value_and_grad(f)(X)
    assert value == f(X)
    np.testing.assert_allclose(gradient, s2sgrad.grad(f)(X))


def test_what_is_printed_is_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    def f(x):
        total = 0.0
        for i in range(3):
            print(i)
            total += math.exp(x[i])
        return total

    s2sgrad.grad(f)(X)
    assert capsys.readouterr().out == "0\n1\n2\n"


def test_what_raises_raises() -> None:
    def f(x):
        total = 0.0
        for i in range(len(x)):
            if x[i] < 0.0:
                raise ValueError("negative")
            total += math.sqrt(x[i])
        return total

    with pytest.raises(ValueError, match="negative"):
        s2sgrad.grad(f)(-X)
    assert_grads(f, X)
