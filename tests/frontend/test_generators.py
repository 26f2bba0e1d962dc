"""Generator functions consumed in loops and by builtins; what would show that they are run at once is refused."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad
from s2sgrad.errors import S2SGradError
from tests.frontend.checking import N, check


def steps(x, n):
    for i in range(n):
        if i == 2:
            continue
        yield x * i
    yield np.sin(x)


def nested(x, n):
    yield 1.0
    yield from steps(x, n)
    yield from (x * k for k in range(2))


def until(x, tolerance):
    while x > tolerance:
        yield x
        x = 0.5 * x * x / (1.0 + x)


def rows(A):
    for k in range(A.shape[0]):
        yield A[k], k


def in_a_loop(x, n):
    s = 0.0
    for v in steps(x, n):
        s = s * 0.5 + v * v
    return s


def with_break_and_else(x, n):
    s = 0.0
    for v in nested(x, n):
        if v > 3.0:
            break
        s += v * v
    else:
        s = s * 2.0
    return s


def unpacked(A):
    s = 0.0
    for row, k in rows(A):
        s = s + np.sum(row * row) * (k + 1)
    return s


def by_builtins(x, n):
    items = list(steps(x, n))
    return sum(steps(x, n)) * max(v * v for v in steps(x, 3)) + items[0] + items[1] * len(items)


def zipped(x, n):
    s = 0.0
    for k, (v, w) in enumerate(zip(steps(x, n), nested(x, n))):
        s += k * v * w
    return s


def of_convergence(x):
    s = 0.0
    for v in until(x, 0.01):
        s += v
    return s


def method(x):
    class_ = Walk(x, 4)
    return sum(v * v for v in class_.points())


class Walk:
    def __init__(self, step, count):
        self.step = step
        self.count = count

    def points(self):
        at = 0.0
        for _ in range(self.count):
            at = at + self.step * np.cos(at)
            yield at


@pytest.mark.parametrize(
    "program",
    [
        (in_a_loop, 0.7, 5),
        (with_break_and_else, 0.7, 4),
        (with_break_and_else, 1.4, 6),
        (unpacked, np.arange(6.0).reshape(2, 3)),
        (by_builtins, 0.7, 5),
        (zipped, 0.7, 5),
        (of_convergence, 1.5),
        (method, 0.7),
    ],
    ids=lambda p: p[0].__name__,
)
def test_derivatives(program):
    function, *args = program
    check(function, *args)


def _endless(x):
    while True:
        yield x
        x = x * 0.5


def _printing(x):
    for _ in range(2):
        print("step")
        yield x


def _first_of_many(x):
    for v in _endless(x):
        if v < 0.1:
            break
    return v


def _with_effects(x):
    return sum(_printing(x))


def _twice(x):
    values = steps(x, 3)
    return sum(values) + sum(values)


def _expression_twice(x):
    values = (x * k for k in range(3))
    return sum(values) + sum(values)


def _in_every_iteration(x):
    values = steps(x, 3)
    return sum(sum(values) for _ in range(2))


def _written_meanwhile(x):
    a = x * 1.0
    s = 0.0
    for v in (a[k] * 2.0 for k in range(3)):
        a[2] = v
        s += v
    return s


def _assigned_meanwhile(x):
    c = 1.0
    s = 0.0
    for v in (x * c * k for k in range(3)):
        c = v
        s += v
    return s


def _read_too_late(x):
    a = x * 1.0
    values = rows(np.stack((a, a)))
    b = (a[k] for k in range(3))
    values = _items(a)
    a[0] = 7.0
    return sum(values) + sum(b)


def _items(a):
    for k in range(3):
        yield a[k]


@pytest.mark.parametrize(
    ("function", "x", "says"),
    [
        (_first_of_many, 1.0, "never ends"),
        (_with_effects, 1.0, "effects"),
        (_twice, 1.0, "more than once"),
        (_expression_twice, 1.0, "more than once"),
        (_in_every_iteration, 1.0, "more than once"),
        (_written_meanwhile, N, "writes into memory"),
        (_assigned_meanwhile, 1.0, "assigns `c`"),
        (_read_too_late, N, "has been written"),
        (steps, 1.0, "generator"),
    ],
)
def test_refused(function, x, says):
    with pytest.raises(S2SGradError, match=says):
        grad(function)(*((x, 3) if function is steps else (x,)))
