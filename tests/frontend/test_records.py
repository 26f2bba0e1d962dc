"""Named tuples: made, taken apart, replaced, joined after branches."""

from __future__ import annotations

from collections import namedtuple
from operator import attrgetter
from typing import NamedTuple

import pytest

from s2sgrad import grad, jvp, value_and_grad
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


class Setting(NamedTuple):
    factor: float = 2.0
    count: int = 3
    name: str = "q"


def plain(setting, more=None):
    return [setting.factor * setting.count, len(setting.name), 0 if more is None else more["s"][0].count]


def given_to_plain_python(x, s):
    made = Setting(s.factor, 2 * s.count)
    return x * sum(plain(s, more={"s": [made]})) + x * sum(map(attrgetter("factor"), [s, made]))


def made_into_text(x, s):
    return x * len(f"{s}") * len(f"{s}") + len(repr([s])) + x * len(str({"k": s}))


@pytest.mark.parametrize("f", [given_to_plain_python, made_into_text])
def test_plain_python_is_given_named_tuples(f):
    value, slope = value_and_grad(f)(3.0, Setting())
    assert value == f(3.0, Setting())
    assert slope == f(1.0, Setting()) - f(0.0, Setting())


def test_what_is_printed(capsys):
    def f(x, s):
        print(s, Setting(x, name="other"))
        return x

    grad(f)(1.0, Setting())
    assert capsys.readouterr().out == f"{Setting()} {Setting(1.0, name='other')}\n"


def test_differentiated_ones_are_followed_or_refused():
    def looked_up(x, functions):
        return functions["f"](Setting(x)) + x

    def chosen(x, n):
        return [len, max][n](Setting(x, 3, 1.0)) + x

    class Registry(dict):
        pass

    assert grad(looked_up)(1.0, Registry(f=lambda s: s.factor**2)) == 3.0
    assert grad(chosen)(5.0, 1) == 2.0
    assert grad(chosen)(5.0, 0) == 1.0


def test_wrong_arguments():
    with pytest.raises(ArgumentCountError, match="y"):
        grad(lambda x: Point(x).x)(1.0)
