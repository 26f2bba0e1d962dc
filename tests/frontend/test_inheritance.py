"""``super()``: in methods of local objects, of objects from outside, in class methods, properties and diamonds."""

from __future__ import annotations

import pytest

from tests.frontend.checking import check


class Base:
    rate = 2.0

    def __init__(self, a):
        super().__init__()
        self.a = a

    def f(self, x):
        return self.a * x * self.rate

    @property
    def level(self):
        return self.a * self.a

    @classmethod
    def make(cls, a):
        return cls(a)


class Left(Base):
    def f(self, x):
        return super().f(x) + x


class Right(Base):
    def f(self, x):
        return super().f(x) * x


class Bottom(Left, Right):
    def __init__(self, a):
        super().__init__(a)
        self.b = 2.0 * a

    @property
    def level(self):
        return super().level + self.b

    @classmethod
    def make(cls, a):
        return super().make(a + 1.0)

    def of_the_right(self, x):
        return super(Left, self).f(x)


OUTSIDE = Bottom(1.5)


def local_object(x):
    return Bottom(x).f(x)


def object_from_outside(x):
    return OUTSIDE.f(x) + OUTSIDE.level * x


def property_and_class_method(x):
    made = Bottom.make(x)
    return made.level * x + made.of_the_right(x)


@pytest.mark.parametrize("function", [local_object, object_from_outside, property_and_class_method])
def test_derivatives(function):
    check(function, 1.3)


class Tolerant:
    """Compares as it likes, with numbers, too."""

    def __init__(self, value):
        self.value = value

    def __lt__(self, other):
        return self.value < other

    def __gt__(self, other):
        return self.value > other

    def __eq__(self, other):
        return abs(self.value - other) < 0.5


@pytest.mark.parametrize("x", [1.3, 4.3])
def test_comparisons_of_its_own(x):
    check(lambda x: x * x if Tolerant(x) < 3.0 else x, x)
    check(lambda x: x * x if 3.0 > Tolerant(x) else x, x)
    check(lambda x: x * x if Tolerant(x) == 1.0 else x, x)
