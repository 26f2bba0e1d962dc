"""Recursive functions on arrays: what they return has other lengths in every call."""

from __future__ import annotations

import numpy as np
import pytest

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


@pytest.mark.parametrize("function", [divide_and_conquer, spectrum, calls_of_unlike_lengths])
def test_derivatives(function):
    check(function, X)
