"""Nested functions: ``nonlocal``, decorators."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from s2sgrad import grad
from s2sgrad.errors import MutationError
from tests.frontend.checking import N, check


def doubled(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return 2.0 * function(*args, **kwargs)

    return wrapper


def scaled(by):
    def decorate(function):
        def wrapper(x):
            return by * function(x)

        return wrapper

    return decorate


def counter(x):
    total = x

    def add(y):
        nonlocal total
        total += y * y

    add(x)
    add(3.0)
    return total * x


def in_loops_and_branches(x, n):
    count = 0
    total = 0.0

    def visit(y):
        nonlocal count, total
        if y > 2.0:
            total = total + y * y
        else:
            total = total * 0.5 + np.sin(y)
        count += 1

    for i in range(n):
        if i % 2 == 0:
            visit(x * i)
        else:
            total += x
    return total * count


def evaluations_of_a_solver(x):
    calls = 0

    def f(y):
        nonlocal calls
        calls += 1
        return y * y - x

    a, b = 0.0, 10.0
    while b - a > 1e-3 and calls < 40:
        m = 0.5 * (a + b)
        if f(m) > 0.0:
            b = m
        else:
            a = m
    y = b
    for _ in range(4):
        y = y - f(y) / (2.0 * y)
    return y + 0.0 * calls


def parameter_assigned_inside(x, n):
    def shrink():
        nonlocal x
        x = 0.5 * x * x

    for _ in range(n):
        shrink()
    return np.sum(x)


def two_levels(x):
    s = x

    def outer():
        def inner():
            nonlocal s
            s = s * s

        inner()
        return s

    return outer() + s


def decorated(x):
    @doubled
    def f(y):
        return y * y

    @scaled(by=x)
    @scaled(3.0)
    def g(y):
        return np.sin(y)

    @functools.cache
    def h(y):
        return y**3

    @functools.cache
    def k(y):
        return y + 1.0

    return np.sum(f(x) + g(x) + h(x) * k(x))


@pytest.mark.parametrize(
    "program",
    [
        (counter, 1.5),
        (in_loops_and_branches, 0.7, 8),
        (evaluations_of_a_solver, 2.0),
        (parameter_assigned_inside, 1.5, 3),
        (parameter_assigned_inside, N, 3),
        (two_levels, 1.5),
        (decorated, 1.5),
    ],
    ids=lambda p: p[0].__name__,
)
def test_derivatives(program):
    function, *args = program
    check(function, *args)


def _recursive(x):
    total = x

    def visit(n):
        nonlocal total
        if n > 0:
            total = total * x
            visit(n - 1)

    visit(3)
    return total


def _of_an_enclosing_function():
    scale = 1.0

    def f(x):
        nonlocal scale
        scale = x
        return x * scale

    return f


@pytest.mark.parametrize(
    ("function", "says"), [(_recursive, "recursive"), (_of_an_enclosing_function(), "nonlocal variable `scale`")]
)
def test_refused(function, says):
    with pytest.raises(MutationError, match=says):
        grad(function)(1.5)


def test_a_closure_within_another_of_the_same_function():
    """Both run the same code, over other variables: nothing is recursive."""

    def f(a):
        def inner(x):
            return doubled(lambda y: y * y * a)(x)

        return doubled(lambda x: inner(x) + a)(a)

    check(f, 0.7)
