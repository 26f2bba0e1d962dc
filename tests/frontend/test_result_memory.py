"""The result of a recursive function may be one of its arguments: a write through either name must be seen by both."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad
from s2sgrad.errors import S2SGradError
from tests.frontend.checking import N, check


def last(u, n):
    return u if n == 0 else last(u, n - 1)


def part(u, n):
    if n == 0:
        return u[1:]
    return part(u, n - 1)


def twice(u, n):
    if n == 0:
        v = 2.0 * u
        return v, v
    return twice(u * u, n - 1)


def item(rows, n):
    if n == 0:
        return rows[n]
    return item(rows, n - 1)


def fresh(u, n):
    if n == 0:
        return 2.0 * u
    return fresh(np.sin(u), n - 1) + u


def write_the_result(x, n):
    y = x.copy()
    z = last(y, n)
    z[0] = 5.0
    return np.sum(y * x)


def write_the_argument(x, n):
    y = x.copy()
    z = last(y, n)
    y[0] = 5.0
    return np.sum(z * x)


def write_a_view(x, n):
    y = x.copy()
    z = part(y, n)
    z[0] = 5.0
    return np.sum(y * x)


def write_one_of_two(x, n):
    y, z = twice(x, n)
    y[0] = 5.0
    return np.sum(y * z * x)


def write_an_item(x, n):
    rows = [x * i for i in range(n)]
    row = item(rows, n - 1)
    rows[0][1] = x[2]
    return np.sum(row * x) + np.sum(rows[0])


@pytest.mark.parametrize("f", [write_the_result, write_the_argument, write_a_view, write_one_of_two, write_an_item])
def test_a_write_that_another_name_would_see_is_refused(f):
    with pytest.raises(S2SGradError, match="S2S205|S2S206"):
        grad(f)(N, 3)


def write_in_place_of_the_argument(x, n):
    y = x.copy()
    y = last(y, n)
    y[0] = x[1]
    return np.sum(y * x)


def write_fresh_memory(x, n):
    y = x.copy()
    z = fresh(y, n)
    z[0], y[1] = x[1], 3.0 * x[2]
    return np.sum(y * z)


@pytest.mark.parametrize("f", [write_in_place_of_the_argument, write_fresh_memory])
def test_other_writes_are_right(f):
    check(f, N, 3)
