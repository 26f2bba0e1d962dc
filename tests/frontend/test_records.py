"""Named tuples: made, taken apart, replaced, joined after branches."""

from __future__ import annotations

from collections import namedtuple
from typing import NamedTuple

import pytest

from s2sgrad import grad, jvp
from s2sgrad.errors import ArgumentCountError, ArgumentTypeError, UnsupportedSyntax
from tests.frontend.checking import check

Point = namedtuple("Point", "x y")


class Measured(NamedTuple):
    value: float
    weight: float = 1.5

    @property
    def weighted(self):
        return self.value * self.weight

    def plus(self, other):
        return self._replace(value=self.value + other)


def made_and_read(x):
    p = Point(x, y=x * x)
    a, b = p
    return p.x * p.y + p[0] + a * b + len(p)


def defaults_methods_and_properties(x):
    m = Measured(x * x).plus(x)
    return m.weighted + m._asdict()["value"] * Measured(x, weight=x).weighted


def joined(x):
    if x > 1.0:
        p = Point(x * x, 2.0)
    else:
        p = Point(3.0, x)
    return p.x * p.y


class Vector(NamedTuple):
    x: float
    y: float

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def __rmul__(self, factor):
        return Vector(factor * self.x, factor * self.y)

    def __neg__(self):
        return Vector(-self.x, -self.y)

    def __iadd__(self, other):
        return Vector(self.x + 2.0 * other.x, self.y)

    def __bool__(self):
        return False

    def __call__(self, x):
        return self.x * x + self.y

    @staticmethod
    def square(x, power=2):
        return x**power

    @classmethod
    def diagonal(cls, x):
        return cls(x, x)


def operators(x):
    v = Vector(x, x * x)
    w = -(v + 3.0 * v)
    w += v
    return w.x * w.y * v(x) * (1.0 if v else 2.0) + v.square(x) * v.diagonal(x).y


class Counted(NamedTuple):
    x: float

    def __len__(self):
        return 7


@pytest.mark.parametrize("function", [made_and_read, defaults_methods_and_properties, joined, operators])
@pytest.mark.parametrize("x", [0.7, 1.3])
def test_derivatives(function, x):
    check(function, x)


def test_returned():
    out, out_dot = jvp(lambda x: Point(x, x * x), (2.0,), (1.0,))
    assert (type(out), type(out_dot)) == (Point, Point)
    assert (out, out_dot) == (Point(2.0, 4.0), Point(1.0, 4.0))


def test_classes_that_are_no_plain_tuples_are_refused():
    with pytest.raises(UnsupportedSyntax, match="a `__len__` of its own"):
        grad(lambda x: len(Counted(x)) * x)(1.0)
    with pytest.raises(ArgumentTypeError, match="Counted: it has no derivative"):
        grad(lambda c: len(c) * c.x)(Counted(1.0))


def test_wrong_arguments():
    with pytest.raises(ArgumentCountError, match="y"):
        grad(lambda x: Point(x).x)(1.0)
