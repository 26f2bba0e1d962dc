"""Recursive functions that write into arrays among their arguments."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad
from s2sgrad.errors import S2SGradError
from tests.frontend.checking import N, check

MANY = np.array([1.9, 0.7, 2.6, 1.3, 0.4, 2.1, 0.9])


def sort_by_parts(a, low, high):
    if low >= high:
        return
    pivot, i = a[high], low
    for j in range(low, high):
        if a[j] < pivot:
            a[i], a[j] = a[j], a[i]
            i += 1
    a[i], a[high] = a[high], a[i]
    sort_by_parts(a, low, i - 1)
    sort_by_parts(a, i + 1, high)


def sort_by_merging(a, other, low, high):
    if high - low < 2:
        return
    middle = (low + high) // 2
    sort_by_merging(a, other, low, middle)
    sort_by_merging(a, other, middle, high)
    i, j = low, middle
    for k in range(low, high):
        if i < middle and (j >= high or a[i] <= a[j]):
            other[k] = a[i]
            i += 1
        else:
            other[k] = a[j]
            j += 1
    a[low:high] = other[low:high]


def halve(a):
    if len(a) < 2:
        return
    m = len(a) // 2
    a[:m] = a[:m] + a[-m:] * 0.5
    halve(a[:m])
    halve(a[m:])


def in_turn(a, b, n):
    if n == 0:
        return 1.0
    a[0] = b[1] * a[2]
    b[1] += a[0]
    return in_turn(b, a, n - 1) * a[0]


def multiplied(a, k):
    a[k] = a[k] * a[0]
    if k == 0:
        return a
    return multiplied(a, k - 1)


def remembered(x, n, table):
    if n < 2:
        return x[0] * (n + 1)
    if table[n] > 0:
        return table[n]
    found = remembered(x, n - 1, table) * x[1] + remembered(x, n - 2, table)
    table[n] = found
    return found


def sorted_by_parts(x):
    a = x.copy()
    sort_by_parts(a, 0, len(a) - 1)
    return np.sum(a * np.arange(len(a)) ** 2) + a[0] * x[1]


def sorted_by_merging(x):
    a, other = x.copy(), np.zeros_like(x)
    sort_by_merging(a, other, 0, len(a))
    return np.sum(a * np.arange(len(a)) ** 2) + np.sum(other)


def views_are_written(x):
    a = x.copy()
    halve(a)
    return np.sum(a**2 * np.arange(len(a)))


def the_argument_itself_is_written(x):
    sort_by_parts(x, 0, len(x) - 1)
    return np.sum(x * np.arange(len(x)))


@pytest.mark.parametrize("f", [sorted_by_parts, sorted_by_merging, views_are_written, the_argument_itself_is_written])
def test_arrays_of_any_length(f):
    check(f, MANY)


def two_arrays_in_turn(x):
    a, b = x.copy(), 2.0 * x
    return in_turn(a, b, 3) * np.sum(a * b)


def written_and_returned(x):
    a = x.copy()
    b = multiplied(a, 2)
    return np.sum(a * b * x)


def a_table_that_is_handed_on(x):
    table = np.zeros(6)
    return remembered(x, 5, table) + np.sum(table)


def rows_columns_and_items(x):
    m = np.outer(x, x)
    rows = [x * (k + 1.0) for k in range(3)]
    sort_by_parts(m[1], 0, 2)
    sort_by_parts(m[:, 2], 0, 2)
    for k in range(3):
        multiplied(rows[k], 2)
        multiplied(rows[k - 1], 1)
    return np.sum(m * np.arange(9.0).reshape(3, 3)) + sum(np.sum(row * x) for row in rows)


def an_array_around_it(x):
    a, b = x.copy(), 2.0 * x

    def fill(k):
        if k == 0:
            return 1.0
        b[k] += a[k] * b[k - 1]
        a[k - 1] = b[k]
        return fill(k - 1) * b[0]

    return fill(2) * np.sum(a * b)


@pytest.mark.parametrize(
    "f",
    [two_arrays_in_turn, written_and_returned, a_table_that_is_handed_on, rows_columns_and_items, an_array_around_it],
)
def test_what_is_written_is_seen(f):
    check(f, N)


def one_array_twice(x):
    a = x.copy()
    return in_turn(a, a, 2) * np.sum(a)


def written_by_its_other_name(x):
    a = x.copy()
    b = multiplied(a, 2)
    b[0] = 4.0
    return np.sum(a * x)


@pytest.mark.parametrize("f", [one_array_twice, written_by_its_other_name])
def test_what_may_be_one_array_is_refused(f):
    with pytest.raises(S2SGradError, match="S2S206"):
        grad(f)(N)
