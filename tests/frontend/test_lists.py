"""Lists of numbers that grow at run time: their slices, sums and orders, and every method that changes them."""

from __future__ import annotations

import numpy as np
import pytest

import s2sgrad
from tests.frontend.checking import N, check


def weighted(items):
    """A sum that tells the places of the items apart."""
    return sum((k + 1) * v**2 for k, v in enumerate(items))


def grown(x):
    items = []
    for v in x:
        items.append(v)
    return items


def concatenated_in_a_loop(x, n):
    items = []
    for k in range(n):
        items = items + [x[k], 2.0]
    items += items[1:]
    return weighted(items)


def repeated(x, n):
    items = [x[0], x[1]] * n
    items[0] += x[2]
    return weighted(items)


def inserted_and_removed(x, n):
    items = grown(x)
    items.insert(1, x[0] * x[1])
    items.insert(-1, x[2])
    first = items.pop(0)
    del items[1]
    items.remove(x[2])
    return weighted(items) * first + items.index(x[2]) * x[0] + items.count(x[2])


def slices_replaced(x, n):
    items = grown(x)
    items[1:2] = [x[0] * 3.0, x[1]]
    items[n:] = x * x
    items[:0] = (x[2],)
    return weighted(items) + weighted(items[::-2])


def reversed_and_extended(x, n):
    items = grown(x)
    items.reverse()
    items.extend(v * v for v in x)
    items.extend(grown(x * 2.0))
    return weighted(items)


def sorted_by_keys(x, n):
    pairs = sorted(zip(x, x[::-1] * 2.0), key=lambda p: -p[1])
    items = grown(np.sin(4.0 * x))
    items.sort(reverse=True)
    order = sorted(range(len(x)), key=lambda k: np.cos(x[k]))
    return weighted(items) + sum(p * q * k for k, (p, q) in enumerate(pairs)) + x[order[0]] ** 2 + sorted(x)[1] ** 2


def as_python_numbers(x, n):
    table = np.outer(x, x).tolist()
    return weighted(x.tolist()) + sum(sum(row) * row[0] for row in table)


def placeholders(x, n):
    items = [None] * n
    counts = [0] * n
    for k in range(n):
        items[k] = x[k] ** 2
        counts[k] += x[k] * k
    return weighted(items) + weighted(counts)


def best_so_far(x, n):
    best = None
    for v in x:
        if best is None or v > best:
            best = v
    return best * x[0]


@pytest.mark.parametrize(
    "function",
    [
        concatenated_in_a_loop,
        repeated,
        inserted_and_removed,
        slices_replaced,
        reversed_and_extended,
        sorted_by_keys,
        as_python_numbers,
        placeholders,
        best_so_far,
    ],
)
def test_derivatives(function):
    check(function, N, 3)


def recurrence(a, items):
    total = previous = 0.0
    for x in items:
        total += a * x * x + previous * x
        previous = x
    return total


@pytest.mark.parametrize("items", [[float(k) for k in range(20)], list(np.linspace(0.1, 2.0, 20)), list(range(20))])
def test_long_lists_of_one_type_of_number_have_a_run_time_length(items):
    derivative = s2sgrad.value_and_grad(recurrence)
    value, slope = derivative(0.7, items)
    assert value == recurrence(0.7, items) and type(value) is type(recurrence(0.7, items))
    assert slope == pytest.approx(sum(x * x for x in items))
    assert "items_1" not in derivative.source()
    if type(items[0]) is not int:
        found = s2sgrad.grad(recurrence, argnums=1)(0.7, items)
        expected = [1.4 * x for x in items]
        for k in range(19):
            expected[k] += items[k + 1]
            expected[k + 1] += items[k]
        assert [type(v) for v in found] == [type(x) for x in items]
        np.testing.assert_allclose(found, expected)


def test_a_long_list_of_ints_has_no_derivative():
    with pytest.raises(s2sgrad.S2SGradError, match="`items` of `recurrence` is a list whose items are each an int"):
        s2sgrad.grad(recurrence, argnums=1)(0.7, list(range(20)))


def extrema_of_what_may_be_empty(x, n):
    items = []
    for k in range(n):
        items.append(x[k])
    largest = max(items, default=x[1]) * x[0] + min((t * t for t in items), default=x[0])
    return largest + max(x[:n], default=x[2]) * max(items, default=x[2], key=lambda t: -t)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_extrema_with_a_default(n):
    check(extrema_of_what_may_be_empty, N, n)
