"""Variables that an iteration assigns and a later one reads: Python looks when it gets there, and so do we."""

# ruff: noqa: F821, F841 - the point of these programs
from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad
from s2sgrad.errors import UndefinedName
from s2sgrad.testing import check_grads
from tests.frontend.checking import N, check


def a_number(x):
    total = 0.0
    for i in range(len(x)):
        if i > 0:
            total += prev * x[i]
        prev = x[i] * x[i]
    return total


def an_array(x):
    total = 0.0
    for i in range(3):
        if i > 0:
            total = total + np.sum(prev * x)
        prev = x * (i + total)
    return total


def arrays_of_many_lengths(x):
    total = 0.0
    for i in range(3):
        if i > 0:
            total += np.sum(kept) * np.sum(kept * kept)
        kept = x[x < 1.0 + i] * x[i]
    return total


def two_that_need_each_other(x):
    s = 0.0
    for i in range(len(x)):
        if i == 0:
            a = x[0]
        else:
            a = b * x[i]
        b = a + x[i]
        s += a * b
    return s


def in_a_while(x):
    i, s = 0, 0.0
    while True:
        if i > 0:
            s += last * x[i - 1]
            if s > 3.0:
                break
        last = x[i] * 2.0
        i += 1
        if i == len(x):
            break
    return s * last


def in_an_inner_loop(x):
    s = 0.0
    for i in range(3):
        if i > 0:
            for j in range(3):
                s += row[j] * x[j]
        row = x * x[i]
    return s


def an_inner_loop_assigns(x):
    s = 0.0
    for i in range(3):
        for j in range(2):
            if i + j > 0:
                s += t * x[j]
            t = x[i] * x[j]
    return s


def differences(x):
    found = []
    for v in x:
        if found:
            found.append(v - previous)
        else:
            found.append(v)
        previous = v * v
    return sum(found) * found[1]


@pytest.mark.parametrize(
    "function",
    [
        a_number,
        an_array,
        arrays_of_many_lengths,
        two_that_need_each_other,
        in_a_while,
        an_inner_loop_assigns,
        differences,
    ],
)
def test_derivatives(function):
    check(function, N)


def test_an_array_that_an_inner_loop_reads():
    value, gradient = value_and_grad(in_an_inner_loop)(N)
    assert value == in_an_inner_loop(N)
    check_grads(in_an_inner_loop, (N,), order=1)
    assert gradient.shape == N.shape


def never_assigned_first(x):
    for i in range(3):
        y = prev * x[i]
        prev = y
    return prev


def test_what_no_iteration_finds_is_refused():
    with pytest.raises(UndefinedName, match="`prev` is read before it is assigned"):
        grad(never_assigned_first)(N)
