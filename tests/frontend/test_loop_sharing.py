"""Buffers that change places in loops: which names may be one array afterwards, and which never are."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad
from s2sgrad.errors import AliasError
from tests.frontend.checking import N, check


def swapped_and_written(x, n):
    a, b = x.copy(), 0.5 * x
    for _ in range(n):
        b[1:-1] = a[:-2] * a[2:]
        a, b = b, a
    a[0] = x[1] * 2.0
    b[1] *= x[0]
    return np.sum(a * b + a)


def swapped_in_some_iterations(x, n):
    a, b = x.copy(), 0.5 * x
    for k in range(n):
        b[1:] = a[:-1] * x[1:]
        if k % 2 == 0:
            a, b = b, a
    a[0] = x[1]
    return np.sum(a * b)


def turned_until_it_stops(x, n):
    a, b, c = x.copy(), 0.5 * x, 2.0 * x
    k = 0
    while k < n:
        k += 1
        b[1:] = a[:-1] * x[1:]
        if a[0] > 50.0:
            break
        if k == 2:
            a, b, c = c, a, b
            continue
        c[0] = b[1] * a[2]
        a, b = b, a
    a[0] = x[1]
    b *= x
    c[1] += a[2]
    return np.sum(a * b + c * x)


def rows_of_a_table_as_lists(x, n):
    last, row = [0.0] * (n + 1), [0.0] * (n + 1)
    for i in range(n):
        for j in range(1, n + 1):
            row[j] = last[j - 1] * x[i] + row[j - 1] + x[j - 1]
        last, row = row, last
    row[0], last[1] = x[1], x[0]
    return sum(last) * sum(row)


def replaced_and_handed_on(x, n):
    a, b, total = x.copy(), 0.5 * x, 0.0
    for _ in range(n):
        a, b = a * b, a
        b[0] = x[1]
        total = total + np.sum(a * b)
    a[0] = x[2]
    return np.sum(a * b) + total


def in_a_dict_and_in_a_list(x, n):
    fields, pair = {"u": x.copy(), "v": 2.0 * x}, [x.copy(), 3.0 * x]
    for _ in range(n):
        fields["v"][1:] = fields["u"][:-1] * x[1:]
        fields["u"], fields["v"] = fields["v"], fields["u"]
        pair[1][1:] = pair[0][:-1] * x[1:]
        pair[0], pair[1] = pair[1], pair[0]
    fields["u"][0] = pair[0][0] = x[1]
    return np.sum(fields["u"] * fields["v"] + pair[0] * pair[1])


@pytest.mark.parametrize(
    "f",
    [
        swapped_and_written,
        swapped_in_some_iterations,
        turned_until_it_stops,
        rows_of_a_table_as_lists,
        replaced_and_handed_on,
        in_a_dict_and_in_a_list,
    ],
)
def test_buffers_that_change_places(f):
    check(f, N, 3)


def becomes_one(x, n):
    a, b = x.copy(), 2.0 * x
    for _ in range(n):
        b[0] = a[1] * a[2]
        a = b
    a[1] = 3.0
    return np.sum(a * b * x)


def kept_by_another_name(x, n):
    a, b = x.copy(), 0.5 * x
    first = a
    for _ in range(n):
        b[1:] = a[:-1] * x[1:]
        a, b = b, a
    a[0] = x[1]
    return np.sum(a * b + first)


def what_a_loop_that_never_ran_leaves(x, n):
    a, b = x.copy(), 0.5 * x
    y = a
    for _ in range(n):
        b[1:] = a[:-1] * x[1:]
        a, b = b, a
        y = 2.0 * x
    a[0] = 5.0
    return np.sum(a * b * y)


def from_an_earlier_iteration(x, n):
    total, a = 0.0, x.copy()
    for i in range(n):
        if i > 0:
            last[0] = x[1]  # noqa: F821 (assigned by the iteration before)
        row = x * (i + 1.0) if i < 1 else a
        total = total + np.sum(row * x) + a[0]
        last = row  # noqa: F841
    return total + np.sum(a)


@pytest.mark.parametrize(
    "f", [becomes_one, kept_by_another_name, what_a_loop_that_never_ran_leaves, from_an_earlier_iteration]
)
def test_what_may_be_one_is_refused(f):
    with pytest.raises(AliasError, match="may or may not share its memory"):
        grad(f)(N, 3)
