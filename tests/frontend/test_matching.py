"""``match``: the case that the primal takes is differentiated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from s2sgrad import grad
from s2sgrad.errors import S2SGradError
from tests.frontend.checking import N, check


@dataclass
class Circle:
    radius: float


@dataclass
class Box:
    width: float
    height: float


def by_text(x, method):
    match method:
        case "square" | "quadratic":
            return x * x
        case "cube":
            return x**3
        case other:
            return x * len(other)


def by_number(x, n):
    match n:
        case 0:
            y = x
        case 1 | 2:
            y = x * x
        case k if k > 10:
            y = x * 10.0
        case _:
            y = x**3
    return y * x


def by_active_number(x):
    match x:
        case 1.0:
            y = x
        case a if a > 2.0:
            y = a * a
        case a:
            y = a**3
    return y


def area(shape):
    match shape:
        case Circle(radius=r) if r > 10.0:
            return 10.0 * r
        case Circle(r):
            return np.pi * r * r
        case Box(w, height=h):
            return w * h
    return 0.0


def by_class(x):
    return area(Circle(x)) + area(Box(x, 3.0 * x)) + area(Circle(20.0 * x))


def by_structure(x):
    total = 0.0
    for item in ((x, 2.0), [x, x, x], {"a": x, "b": 3.0}, x, ("pair", (x, x * x)), None):
        match item:
            case (a, 2.0):
                total += a * 5.0
            case [first, *rest]:
                match first:
                    case "pair":
                        total += rest[0][1]
                    case _:
                        total += first * len(rest)
            case {"a": a, **rest}:
                total += a * rest["b"]
            case None:
                total += 1.0
            case float() as y:
                total += y**3
            case _:
                total += 100.0 * x
    return total


def in_a_loop(x, n):
    s = x
    for i in range(n):
        match i % 3:
            case 0:
                s = s * x
            case 1:
                continue
            case _:
                if s > 9.0:
                    break
                s += np.sin(x)
    return s


@pytest.mark.parametrize(
    "program",
    [
        (by_text, 1.5, "square"),
        (by_text, 1.5, "quadratic"),
        (by_text, 1.5, "cube"),
        (by_text, 1.5, "other"),
        *((by_number, 1.5, n) for n in (0, 1, 2, 5, 11)),
        (by_active_number, 1.5),
        (by_active_number, 2.5),
        (by_class, 1.5),
        (by_structure, 1.5),
        (in_a_loop, 1.3, 8),
    ],
    ids=lambda p: p[0].__name__,
)
def test_derivatives(program):
    function, *args = program
    check(function, *args)


def test_a_class_that_only_running_tells():
    def f(x):
        y = np.take(x, 0) if x[0] > 0 else x
        match y:
            case float():
                return y
        return np.sum(y)

    with pytest.raises(S2SGradError):
        grad(f)(N)
