"""Iterators are empty after the first time: a second one is refused, as nothing can be said about what is left."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad
from s2sgrad.errors import UnsupportedSyntax
from tests.frontend.checking import N, check


def pairs_twice(x):
    pairs = zip(x, x * 2.0, strict=True)
    total = sum(u * v for u, v in pairs)
    return total + sum(u for u, v in pairs)


def counted_twice(x):
    counted = enumerate(x)
    total = sum(i * v for i, v in counted)
    return total + sum(v for _, v in counted)


def reversed_twice(x):
    backwards = reversed(list(x))
    total = sum(k * v for k, v in enumerate(backwards))
    return total + sum(backwards)


def chained_twice(x):
    chained = itertools.chain([x[0]], [x[1]])
    return sum(chained) * x[0] + sum(chained)


def in_a_loop(x):
    pairs = zip(x, x * 2.0, strict=True)
    total = 0.0
    for _ in range(2):
        for u, v in pairs:
            total += u * v
    return total


def filtered_twice(x):
    kept = filter(lambda v: v > 1.0, x)
    return sum(kept) * x[0] + sum(kept)


def one_item_then_the_rest(x):
    items = iter(x)
    total = 0.0
    for v in items:
        total += np.sin(v)
        break
    return total + sum(v * v for v in items)


def by_twos(x):
    items = iter([x[0], x[1], x[2], x[0] * x[1]])
    return sum(u * v for u, v in zip(items, items, strict=True))


@pytest.mark.parametrize(
    "function",
    [
        pairs_twice,
        counted_twice,
        reversed_twice,
        chained_twice,
        in_a_loop,
        filtered_twice,
        one_item_then_the_rest,
        by_twos,
    ],
)
def test_a_second_time_is_refused(function):
    with pytest.raises(UnsupportedSyntax, match="is empty after the first time"):
        grad(function)(N)


def each_once(x):
    (a, b), (c, d), _ = zip(x, x * 2.0, strict=True)
    total = a * b + c * d
    rest = [*reversed([a, b]), *itertools.islice([c, d], 2)]
    for k, v in enumerate(itertools.chain(rest, [x[0]])):
        total += k * v
    for u in reversed(range(3)):
        total = total * x[u]
    total += sum(v * v for v in reversed(x))
    return total + max(reversed(rest)) + dict(zip("ab", rest[:2], strict=True))["a"]


def test_derivatives():
    check(each_once, N)


def iterators_of_containers(x):
    items = [x[0]]
    iterator = iter(items)
    items.append(x[1] * x[2])  # is seen: the iterator has not started
    total = 0.0
    for v in iter(iterator):
        total += np.sin(v)
    options = {"a": x[0] * x[1], "b": x[2]}
    for key in iter(options):
        total += options[key] ** 2
    return total + sum(v * v for v in iter(x))


def test_iter():
    check(iterators_of_containers, N)


def of_what_can_be_iterated_over(x):
    try:
        iter(x)
    except TypeError:
        return 3.0 * x
    return np.sum(x * x)


@pytest.mark.parametrize("x", [0.3, N, np.array(2.0)])
def test_iter_tells_what_can_be_iterated_over(x):
    value, bar = value_and_grad(of_what_can_be_iterated_over)(x)
    assert value == of_what_can_be_iterated_over(x)
    np.testing.assert_array_equal(bar, 2.0 * x if np.ndim(x) else 3.0)
