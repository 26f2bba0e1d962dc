"""Wrappers of functions: what they do before and after is part of the primal, unless they do nothing."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from s2sgrad.wrappers import elementwise_function, same_function
from tests.frontend.checking import check


class Doubled:
    """A decorator that is a class, and that names what it wraps."""

    def __init__(self, function):
        functools.update_wrapper(self, function)
        self.function = function

    def __call__(self, x):
        return 2.0 * self.function(x)


@Doubled
def square(x):
    return x * x


@functools.lru_cache
def cube(x):
    return x * x * x


def halved(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return 0.5 * function(*args, **kwargs)

    return wrapper


@halved
def shifted(x, *, by=1.0):
    return np.sin(x) + by * x


def calls_them(x):
    return square(x) + cube(x) * shifted(x, by=3.0)


@pytest.mark.parametrize("function", [square, cube, shifted, calls_them])
def test_derivatives(function):
    check(function, 1.3)


def test_what_is_known_to_change_nothing():
    assert same_function(cube)(2.0) == 8.0
    assert same_function(square) is None
    assert elementwise_function(np.vectorize(abs)) is None
