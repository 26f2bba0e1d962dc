"""Named tuples: made, taken apart, replaced, joined after branches."""

from __future__ import annotations

from collections import namedtuple
from typing import NamedTuple

import pytest

from s2sgrad import grad, jvp
from s2sgrad.errors import ArgumentCountError
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


@pytest.mark.parametrize("function", [made_and_read, defaults_methods_and_properties, joined])
@pytest.mark.parametrize("x", [0.7, 1.3])
def test_derivatives(function, x):
    check(function, x)


def test_returned():
    assert jvp(lambda x: Point(x, x * x), (2.0,), (1.0,)) == ((2.0, 4.0), (1.0, 4.0))


def test_wrong_arguments():
    with pytest.raises(ArgumentCountError, match="y"):
        grad(lambda x: Point(x).x)(1.0)
