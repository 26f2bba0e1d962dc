"""Recursive functions on arrays: what they return has other lengths in every call."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad
from tests.frontend.checking import check

X = np.array([0.7, 1.3, 2.1, 0.4])


def halves(a):
    n = len(a)
    if n == 1:
        return a * a
    return np.concatenate([halves(a[: n // 2]) * 2.0, halves(a[n // 2 :]) + 1.0])


def divide_and_conquer(x):
    return np.sum(halves(x) * x)


def fft(a):
    n = a.shape[0]
    if n == 1:
        return a
    even, odd = fft(a[::2]), fft(a[1::2])
    w = np.exp(-2j * np.pi * np.arange(n // 2) / n)
    return np.concatenate([even + w * odd, even - w * odd])


def spectrum(x):
    return np.sum(np.abs(fft(x + 0j)) ** 2 * np.arange(4))


def powers(n, a):
    return a * a if n == 0 else powers(n - 1, a) * a


def calls_of_unlike_lengths(x):
    return np.sum(powers(2, x[:1]) * powers(2, x)) + np.sum(halves(x[:1]) * halves(x))


def products(n, a):
    return a if n == 0 else products(n - 1, a) * a


def each_as_long_as_its_argument(x):
    short, long = products(1, x[:1]), products(2, x)
    return np.sum(np.tanh(short) * long) + np.sum(short * short) * long[1]


def shorter_in_each_call(a, b, n):
    if n == 0:
        return a * b, np.sum(a)
    part, total = shorter_in_each_call(a[1:], b, n - 1) if n > 1 else shorter_in_each_call(b, a, n - 1)
    return part * np.sum(b), total + np.sum(a * b)


def arguments_of_unlike_lengths(x):
    first, a = shorter_in_each_call(x[-1:] * 2.0, x, 1)
    second, b = shorter_in_each_call(x, x[-1:], 1)
    return np.sum(first * second) * a + b


def rows(m, k):
    return m[k] * m[0] if k == 0 else rows(m, k - 1) + m[k]


def matrices_of_unlike_widths(x):
    m = np.outer(x, x)
    return np.sum(rows(m, 2) * x) + np.sum(rows(m[:, :1], 2) * x) + np.sum(rows(m[:, 1:2], 2) * rows(m, 1))


def counted(a):
    return len(a) if len(a) < 2 else counted(a[1:]) + 1


def returned_lengths(x):
    ones, fewer = np.ones(counted(x)), np.ones(counted(x[1:]))
    return np.sum(ones * x) + np.sum(fewer * x[1:] ** 2) + np.sum(ones * np.sum(fewer) * x**2)


def times_the_last(b, items, n):
    return b * items[0] if n == 0 else times_the_last(b, items, n - 1) * np.sum(items[-1])


def with_items(a, n, x):
    items = []
    for k in range(n):
        items.append(a * k + x[0])
    return times_the_last(x, items, 2) if len(a) < 2 else with_items(a[1:], n, x) * np.sum(a)


def lists_of_arrays_of_unlike_lengths(x):
    return np.sum(with_items(x[:2], 3, x) ** 2)


def in_turn(d, n):
    return d["a"] * d["b"] if n == 0 else in_turn({"a": d["b"], "b": d["a"] * d["b"]}, n - 1)


def dicts_of_arrays_of_unlike_lengths(x):
    one = x[:1]
    return np.sum(in_turn({"a": x, "b": one}, 3) * x) + np.sum(in_turn({"a": x[1:2], "b": one}, 2) * x)


@pytest.mark.parametrize(
    "function",
    [
        divide_and_conquer,
        spectrum,
        calls_of_unlike_lengths,
        each_as_long_as_its_argument,
        arguments_of_unlike_lengths,
        matrices_of_unlike_widths,
        returned_lengths,
        lists_of_arrays_of_unlike_lengths,
        dicts_of_arrays_of_unlike_lengths,
    ],
)
def test_derivatives(function):
    check(function, X)


def scaled(x, c):
    return np.sum(np.tanh(c * products(2, x)))


def test_a_result_as_long_as_an_argument():
    """Nothing has to be compared when it runs, and a sum of products is a dot product."""
    gradient = grad(scaled, argnums=(0, 1))
    gradient(X, 0.3)
    assert " @ t" in gradient.source()
    assert "unbroadcast" not in gradient.source()
    check(scaled, X, 0.3)
