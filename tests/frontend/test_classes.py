"""Classes defined inside of the function: methods close over differentiated values, and Python makes the class."""

from __future__ import annotations

import dataclasses
import enum
import functools
from typing import ClassVar, NamedTuple

import pytest

from tests.frontend.checking import N, check


class Outside:
    rate = 2.0

    def __init__(self, a):
        self.a = a

    def level(self):
        return self.a * self.rate


def methods_close_over_values(x):
    k = x[0] * 2.0

    class Spring:
        """A spring."""

        def __init__(self, rest):
            self.rest = rest

        def force(self, u):
            return k * (u - self.rest)

    return Spring(x[1]).force(x[2]) * Spring(x[2]).rest


def class_variables(x):
    class Model:
        gain = x[0] * 3.0
        bias = 1.5
        both = gain * bias

        def __call__(self, u):
            return self.gain * u + Model.both + self.bias

    made = Model()
    made.bias = x[1]
    return made(x[2]) * Model.bias


def a_counter_on_the_class(x):
    class Node:
        total = 0.0
        count = 0

        def __init__(self, value):
            Node.total += value * value
            Node.count = Node.count + 1
            self.value = value

    for i in range(len(x)):
        Node(x[i])
    return Node.total * Node.count


def a_hundred_stores(x):
    class State:
        pass

    s = State()
    s.a0 = x[0]
    s.a1 = s.a0 * x[1]
    s.a2 = s.a1 + s.a0
    s.a0 = s.a2 * s.a1
    for i in range(3):
        s.a1 = s.a1 * x[i]
        s.a2 += s.a1
    return s.a0 + s.a1 * s.a2


def inherits_from_outside(x):
    class Inside(Outside):
        rate = x[0]

        def level(self):
            return super().level() * x[1] + self.twice

        @property
        def twice(self):
            return 2.0 * self.a

        @twice.setter
        def twice(self, value):
            self.a = value / 2.0

    made = Inside(x[2])
    made.twice = made.twice * x[0]
    return made.level()


def inherits_from_inside(x):
    class Base:
        def value(self):
            return x[0] * self.scale()

        def scale(self):
            return x[1]

    class Derived(Base):
        def scale(self):
            return super().scale() * x[2]

        @staticmethod
        def doubled(u):
            return 2.0 * u

        @classmethod
        def make(cls):
            return cls()

    made = Derived.make()
    return made.value() + Base().value() * Derived.doubled(x[0]) if isinstance(made, Base) else 0.0


def makes_dataclasses(x):
    start = x[0] * 2.0

    @dataclasses.dataclass
    class Point:
        x: float
        y: float = start
        tags: list = dataclasses.field(default_factory=list)
        unit: ClassVar[float] = 3.0

        def norm(self):
            return self.x * self.x + self.y * self.unit

    p = Point(x[1])
    p.tags.append(x[2])
    return p.norm() * Point(x[0], y=x[2]).y * p.tags[0]


def makes_a_frozen_dataclass(x):
    @dataclasses.dataclass(frozen=True)
    class Frozen:
        a: float

        def scaled(self):
            return self.a * x[0]

    made = Frozen(x[1])
    try:
        made.a = x[2]
    except dataclasses.FrozenInstanceError:
        return made.scaled() * made.a
    return 0.0


def makes_named_tuples(x):
    class Pair(NamedTuple):
        a: float
        b: float = 2.0

        def product(self):
            return self.a * self.b * x[0]

    p = Pair(x[1])
    a, b = p._replace(b=x[2])
    return p.product() * a * b


def makes_enums(x):
    class Kind(enum.Enum):
        SQUARE = 1
        CUBE = 2

        def power(self):
            return self.value + 1

    total = 0.0
    for kind in (Kind.SQUARE, Kind.CUBE):
        total += x[0] ** kind.power() if kind is Kind.SQUARE else x[1] ** kind.power()
    return total * Kind["SQUARE"].value * Kind(2).value


def operators(x):
    class Dual:
        def __init__(self, a, b):
            self.a, self.b = a, b

        def __add__(self, other):
            return Dual(self.a + other.a, self.b + other.b)

        def __mul__(self, other):
            return Dual(self.a * other.a, self.a * other.b + self.b * other.a)

        def __getitem__(self, k):
            return self.a if k == 0 else self.b

    y = Dual(x[0], 1.0)
    for i in range(len(x)):
        y = y * y + Dual(x[i], 0.0)
    return y[1] + y.a


def made_in_a_loop(x):
    total = 0.0
    for v in x:

        class Step:
            size = v * 2.0

            def apply(self, u):
                return u * self.size + v

        total = Step().apply(total)
    return total


def cached(x):
    class Lazy:
        @functools.cached_property
        def square(self):
            return x[0] * x[1]

    made = Lazy()
    return made.square * made.square


class Failure(ValueError):
    pass


def its_own_exception(x):
    class TooLarge(Failure):
        pass

    try:
        if x[1] > 1.0:
            raise TooLarge("large")
        y = x[0]
    except TooLarge:
        y = x[2] * x[1]
    return y * y


def names_in_the_body_are_its_own(x):
    scale = x[0]

    class Scaled:
        scale = x[1]

        def apply(self):
            return scale * self.scale

    return Scaled().apply()


@pytest.mark.parametrize(
    "function",
    [
        methods_close_over_values,
        class_variables,
        a_counter_on_the_class,
        a_hundred_stores,
        inherits_from_outside,
        inherits_from_inside,
        makes_dataclasses,
        makes_a_frozen_dataclass,
        makes_named_tuples,
        makes_enums,
        operators,
        made_in_a_loop,
        cached,
        its_own_exception,
        names_in_the_body_are_its_own,
    ],
)
def test_derivatives(function):
    check(function, N)
