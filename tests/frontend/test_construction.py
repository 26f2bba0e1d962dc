"""Instances as Python makes them: by the signature that `dataclass` gives, and with stores that a class intercepts."""

from __future__ import annotations

import dataclasses
import functools

import pytest

from s2sgrad import grad
from s2sgrad.errors import ArgumentCountError, UnsupportedSyntax
from tests.frontend.checking import N, check


@dataclasses.dataclass
class WithInit:
    x: float
    scale: dataclasses.InitVar[float]
    y: float = 1.0
    made: float = dataclasses.field(init=False)

    def __post_init__(self, scale):
        self.made = self.x * scale


def init_variables(x):
    a = WithInit(x[0], x[1], x[2])
    return a.made * a.y


@dataclasses.dataclass
class WithKeyword:
    x: float
    k: float = dataclasses.field(default=2.0, kw_only=True)
    y: float = 1.0


def keyword_only_fields(x):
    a = WithKeyword(x[0], x[1])
    return a.y * a.x * a.k * WithKeyword(x[2], k=x[0]).k


class Doubling:
    def __setattr__(self, name, value):
        object.__setattr__(self, name, value * 2.0)


class DoublingAgain(Doubling):
    def __setattr__(self, name, value):
        super().__setattr__(name, value * 3.0)


def intercepted_stores(x):
    a, b = Doubling(), DoublingAgain()
    a.v = x[0]
    b.v = x[1]
    return a.v * b.v


class Lenient:
    def __getattr__(self, name):
        return 3.0


def missing_attributes(x):
    a = Lenient()
    a.v = x[0]
    return a.v * a.w * x[1]


class Tripled:
    def __set__(self, owner, value):
        owner.kept = value * 3.0

    def __get__(self, owner, cls):
        return owner.kept


class Holder:
    v = Tripled()

    @functools.cached_property
    def square(self):
        return self.v * self.v


def descriptors(x):
    a = Holder()
    a.v = x[0]
    y = a.square
    a.v = x[1]
    return a.v * y * a.square


@dataclasses.dataclass(frozen=True)
class Frozen:
    x: float


def frozen(x):
    a = Frozen(x[0])
    try:
        a.x = 2.0 * x[1]
    except dataclasses.FrozenInstanceError:
        return a.x * x[2]
    return a.x


class Slotted:
    __slots__ = ("a",)


def slots(x):
    s = Slotted()
    s.a = x[2]
    try:
        s.b = x[0]
    except AttributeError:
        return x[1] * s.a
    return s.b


@pytest.mark.parametrize(
    "function",
    [
        init_variables,
        keyword_only_fields,
        intercepted_stores,
        missing_attributes,
        descriptors,
        frozen,
        slots,
    ],
)
def test_derivatives(function):
    check(function, N)


class Strict:
    def __getattribute__(self, name):
        return 3.0


def reads_in_its_own_way(x):
    a = Strict()
    a.v = x[0]
    return a.v * x[1]


def test_a_getattribute_of_its_own_is_refused():
    with pytest.raises(UnsupportedSyntax, match="`Strict` has a `__getattribute__` of its own"):
        grad(reads_in_its_own_way)(N)


def test_too_many_arguments_are_refused():
    with pytest.raises(ArgumentCountError, match="too many positional arguments"):
        grad(lambda x: WithKeyword(x[0], x[1], x[2]).x)(N)
