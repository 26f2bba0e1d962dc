"""Helpers, closures, lambdas, classes, recursion."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from tests.frontend.checking import N, check


def helper(A, k):
    A[k] = 7.0


def callee_writes_into_its_argument(A):
    A = A + 0.0
    helper(A, 1)
    return A.sum()


def nested_function_and_lambda(x):
    def g(y):
        return y * x

    h = lambda z, w=2.0: g(z) + w
    return h(3.0) + h(x, w=1.0)


def kw(x, *args, scale=1.0, **kwargs):
    t = x * scale
    for a in args:
        t = t + a
    for k, v in kwargs.items():
        t = t * v
    return t


def keywords_and_stars(x):
    return kw(x, 1.0, 2.0, scale=3.0, foo=x)


class P:
    def __init__(self, k):
        self.k = k
        self.t = 0.0

    def go(self, x):
        self.t += self.k * x
        return self.t


def an_object_with_state(x):
    p = P(2.0)
    for i in range(3):
        p.go(x)
    return p.t


def b6(f, x):
    return f(x) * 2


def functions_as_arguments(x):
    return b6(np.sin, x) + b6(lambda t: t * x, x)


def default_arguments(x, n=3, *, k=2.0):
    for _ in range(n):
        x = x * k
    return x * x


def out_parameter(x):
    def inner(v, out):
        out[:] = v * v

    o = np.zeros(3)
    inner(x, o[1:]) if False else inner(x, o)
    return o.sum()


def static_options(x, flag=True, mode="a"):
    if flag:
        x = x * 2
    if mode == "a":
        return x * x
    return x


def closure_that_writes(x):
    y = np.zeros(3)

    def setit(i):
        y[i] = x[i] ** 2

    for i in range(3):
        setit(i)
    return y.sum()


def closure_sees_later_assignment(x):
    y = x

    def g():
        return y * 2

    y = x * x
    return g()


def reduce_map_and_max_by_key(x):
    return (
        functools.reduce(lambda a, b: a * b, [x, x + 1, x + 2])
        + sum(map(lambda t: t * t, [x, x]))
        + max(x, 2 * x, key=lambda t: -t)
    )


def fact(n, x):
    if n == 0:
        return x
    return n * fact(n - 1, x)


def recursion(x):
    return fact(4, x * x)


def fib(n, x):
    return x if n < 2 else fib(n - 1, x) * fib(n - 2, x)


def tree_recursion(x):
    return fib(5, x)


def even(n, x):
    return x if n == 0 else odd(n - 1, x * 1.1)


def odd(n, x):
    return -x if n == 0 else even(n - 1, x + 1.0)


def mutual_recursion(x):
    return even(5, x)


def recursion_in_a_closure(x, n):
    def p(k):
        if k == 0:
            return 1.0
        return x * p(k - 1)

    return p(n)


def recursion_on_arrays(v):
    if len(v) == 1:
        return v[0] * v[0]
    m = len(v) // 2
    return recursion_on_arrays(v[:m]) + recursion_on_arrays(v[m:])


CASES = [
    (callee_writes_into_its_argument, (N,)),
    (nested_function_and_lambda, (2.0,)),
    (keywords_and_stars, (2.0,)),
    (an_object_with_state, (2.0,)),
    (functions_as_arguments, (1.3,)),
    (default_arguments, (1.1,)),
    (out_parameter, (N,)),
    (static_options, (2.0,)),
    (closure_that_writes, (N,)),
    (closure_sees_later_assignment, (2.0,)),
    (reduce_map_and_max_by_key, (2.0,)),
    (recursion, (2.0,)),
    (tree_recursion, (1.1,)),
    (mutual_recursion, (2.0,)),
    (recursion_in_a_closure, (2.0, 3)),
    (recursion_on_arrays, (N,)),
]


@pytest.mark.parametrize(("function", "args"), CASES)
def test_derivatives(function, args):
    check(function, *args)
