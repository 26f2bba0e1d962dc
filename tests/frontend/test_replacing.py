"""``dataclasses.replace``, ``vars``, and ``del`` of attributes and items of objects."""

import dataclasses
from typing import NamedTuple

import pytest

from s2sgrad import grad, value_and_grad
from s2sgrad.errors import S2SGradError
from tests.frontend.checking import check


@dataclasses.dataclass
class Point:
    x: float
    y: float = 2.0


@dataclasses.dataclass(frozen=True)
class Scaled:
    x: float
    y: float = 2.0
    doubled: float = dataclasses.field(init=False, default=0.0)

    def __post_init__(self):
        object.__setattr__(self, "doubled", self.y * 2.0)


START = Point(1.5, 4.0)


def replaced(x):
    p = Point(x, x * x)
    q = dataclasses.replace(p, y=x * 3.0)
    p.x = 7.0
    return p.y * q.y * q.x


def replaced_runs_post_init_again(x):
    s = Scaled(x, x)
    t = dataclasses.replace(s, y=x * x)
    return s.doubled * t.doubled * t.x


def replaced_from_outside(x):
    p = dataclasses.replace(START, x=x)
    return p.x * p.y * START.x


def variables(x):
    p = Point(x, x * x)
    held = vars(p)
    p.x = x * 3.0
    return sum(held.values()) * held["x"]


def attribute_deleted(x):
    p = Point(x, x)
    p.z = x
    del p.z, p.y
    return p.x * p.y if not hasattr(p, "z") else p.x


def missing_attribute_deleted(x):
    p = Point(x)
    try:
        del p.z
    except AttributeError:
        return x * x
    return x


class Store:
    def __init__(self, x):
        self.x = x

    def __delitem__(self, key):
        self.x = self.x * key

    def __delattr__(self, name):
        self.x = self.x * len(name)

    def pop(self, key):
        return None


def deleted_by_the_class(x):
    s = Store(x)
    del s[3.0]
    del s.abcd
    return s.x * x


@pytest.mark.parametrize(
    "f",
    [
        replaced,
        replaced_runs_post_init_again,
        replaced_from_outside,
        variables,
        attribute_deleted,
        missing_attribute_deleted,
        deleted_by_the_class,
    ],
)
def test_derivatives(f):
    check(f, 1.5)


def test_a_field_that_init_does_not_take_raises_as_in_python():
    def f(x):
        try:
            return dataclasses.replace(Scaled(x), doubled=1.0).x
        except ValueError:
            return x * x

    assert value_and_grad(f)(1.5) == (2.25, 3.0)


class Pair(NamedTuple):
    a: float
    b: float


class Computed:
    def __init__(self, x):
        self._x = x

    @property
    def x(self):
        return self._x

    @x.deleter
    def x(self):
        self._x = 0.0


def deletes_a_property(x):
    c = Computed(x)
    del c.x
    return c.x * x


def deletes_of_a_tuple(x):
    p = Pair(x, x)
    del p.a
    return p.b


def replaces_a_plain_object(x):
    return dataclasses.replace(Computed(x), x=1.0)._x


@pytest.mark.parametrize(
    ("f", "what"),
    [
        (deletes_a_property, "`del` of `x`, which is computed, is not supported"),
        (deletes_of_a_tuple, "`del` of an attribute of"),
        (replaces_a_plain_object, "only dataclasses and named tuples are replaced"),
    ],
)
def test_is_refused(f, what):
    with pytest.raises(S2SGradError, match=what) as caught:
        grad(f)(1.5)
    assert "test_replacing.py:" in str(caught.value)
