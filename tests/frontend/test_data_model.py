"""Operators, comparisons, truth and attributes of instances follow Python's data model."""

import operator
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import NamedTuple

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad
from s2sgrad.errors import S2SGradError
from tests.frontend.checking import check

# -- attributes that raise AttributeError ----------------------------------------------------------------


class Sensor:
    """Properties that raise, with a `__getattr__` behind them."""

    def __init__(self, x):
        self.x = x

    @property
    def broken(self):
        raise AttributeError("broken")

    @property
    def reads_what_is_not_there(self):
        return self.x.nothing

    @property
    def sometimes(self):
        if self.x > 1.0:
            raise AttributeError("sometimes")
        return self.x

    @cached_property
    def cached(self):
        return self.x * self.sometimes

    def __getattr__(self, name):
        if name == "nowhere":
            raise AttributeError(name)
        return self.__dict__["x"] * 3.0 if name == "by_dict" else 5.0


class Unfallen:
    def __init__(self, x):
        self.x = x

    @property
    def sometimes(self):
        if self.x > 1.0:
            raise AttributeError("sometimes")
        return self.x


class Reading:
    def __get__(self, owner, cls=None):
        raise AttributeError("reading")


class Described:
    reading = Reading()

    def __init__(self, x):
        self.x = x

    def __getattr__(self, name):
        return self.x * 2.0


def property_falls_back(x):
    return x * Sensor(x).broken


def property_falls_back_where_it_is_caught(x):
    try:
        return x * Sensor(x).reads_what_is_not_there
    except AttributeError:
        return x * x


def property_falls_back_on_one_path(x):
    try:
        return x * Sensor(x).sometimes * Sensor(x / 10.0).sometimes
    except AttributeError:
        return x * x


def property_without_a_fallback(x):
    try:
        return Unfallen(x).sometimes
    except AttributeError:
        return x * x


def cached_property_falls_back(x):
    low = Sensor(x / 10.0)
    return Sensor(x).cached * x + low.cached


def found_by_the_fallback(x):
    return x if hasattr(Sensor(x), "broken") and not hasattr(Sensor(x), "nowhere") else x * x


def default_is_not_needed(x):
    return x * getattr(Sensor(x), "broken", x) * getattr(Sensor(x), "nowhere", x)


def descriptor_falls_back(x):
    try:
        return x * Described(x).reading
    except AttributeError:
        return x


def attributes_of_the_metaclass_are_not_found(x):
    plain = Unfallen(x)
    names = [hasattr(thing, name) for thing in (plain, x, {"a": x}) for name in ("__name__", "mro")]
    return x * x if not any(names) else x


# -- operators -------------------------------------------------------------------------------------------


class Vector(NamedTuple):
    """A named tuple that is no tuple where it comes to operators."""

    x: float
    y: float

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def __mul__(self, k):
        return Vector(self.x * k, self.y * k)

    __rmul__ = __mul__

    def __neg__(self):
        return Vector(-self.x, -self.y)

    def __abs__(self):
        return self.x * self.x

    def __bool__(self):
        return self.x > 100.0

    def __eq__(self, other):
        return self.x == other.x

    def __lt__(self, other):
        return self.y < other.y

    def __getattr__(self, name):
        return 9.0


class Term:
    def __init__(self, x):
        self.x = x

    def __add__(self, other):
        return Term(self.x + other.x) if isinstance(other, Term) else NotImplemented

    def __radd__(self, other):
        return Term(self.x * 10.0 + other)

    def __iadd__(self, other):
        return NotImplemented

    def __or__(self, k):
        return self.x * k

    def __divmod__(self, k):
        return self.x, k


class Stronger(Term):
    def __radd__(self, other):
        return Term(other.x + self.x * 100.0)


class Heir(Term):
    pass


class Reflected:
    def __init__(self, x):
        self.x = x

    def __radd__(self, other):
        return self.x * 3.0

    def __rtruediv__(self, other):
        return other / self.x

    def __gt__(self, other):
        return self.x > other


class LeftToUs(Reflected):
    __array_ufunc__ = None


def named_tuple_operators(x):
    v = Vector(x, 2.0) + Vector(3.0, x)
    w = -(x * v * 2.0)
    w += v
    return v[0] * w[1] + abs(v) * v.x + v.elsewhere


def named_tuple_comparisons(x):
    u, v = Vector(x, 2.0), Vector(x, 3.0)
    truths = (u == v, u != v, u < v, bool(u))
    return x * sum(2.0**k for k, t in enumerate(truths) if t)


def sum_of_named_tuples(x):
    return sum([Vector(x, 1.0), Vector(x * x, 2.0)], Vector(0.0, 0.0)).x


def not_implemented_leaves_it_to_the_other(x):
    return (Term(x) + Reflected(x)) * (1.0 + Term(x)).x


def a_subclass_that_overrides_is_asked_first(x):
    return (Term(x) + Stronger(x)).x * (Term(x) + Heir(x)).x


def in_place_falls_back(x):
    a = Term(x)
    b = a
    a += Term(x * x)
    return a.x * b.x


def in_place_by_function(x):
    items = [x]
    same = items
    operator.iadd(items, [x * x, 2.0])
    return same[1] * len(same) + reduce(operator.iadd, [[x], [x * 3.0]], [])[1]


def bits_and_divmod(x):
    return (Term(x) | 3.0) * divmod(Term(x), 2)[0]


def reflected_by_a_number(x):
    return 2.0 / Reflected(x) * (x if 1.0 < Reflected(x) else 1.0)


def unsupported_operands_are_caught(x):
    try:
        return Term(x) + "text"
    except TypeError:
        return x * x


# -- equality --------------------------------------------------------------------------------------------


@dataclass(order=True)
class Point:
    x: float
    y: float = 2.0


@dataclass(eq=False)
class Node:
    x: float


class Equal:
    def __init__(self, x):
        self.x = x

    def __eq__(self, other):
        return NotImplemented if other is None else self.x > 1.0


class Never(Equal):
    def __eq__(self, other):
        return False


class Bag:
    def __init__(self, x):
        self.x = x

    def __contains__(self, k):
        return k

    def __len__(self):
        return 0


def dataclasses_compare_their_fields(x):
    p, q, r = Point(x), Point(x), Point(x * x)
    truths = (p == q, p != q, p == r, p < r, p >= r, max(p, r) == r, p == Node(x))
    return x * sum(2.0**k for k, t in enumerate(truths) if t)


def identity_is_what_is_left(x):
    a, b = Node(x), Node(x)
    same = a
    truths = (a == b, a != b, a == same, a != same, a == x, b in [a, same], a in [b, same])
    return x * sum(2.0**k for k, t in enumerate(truths) if t)


def unequal_is_not_equal(x):
    truths = (Equal(x) != 1, Equal(x) == None, Equal(x) == Never(x), Equal(x) != Never(x))  # noqa: E711
    return x * sum(2.0**k for k, t in enumerate(truths) if t)


def what_is_identical_is_equal_in_containers(x):
    nan = x * float("nan")
    return x * x if (nan, 1) == (nan, 1) and nan in [nan, 1.0] and nan != nan else x


def contains_and_length(x):
    bag = Bag(x)
    return x * x if (3 in bag) is True and 0 not in bag and not bag else x


NUMBERS = [
    property_falls_back,
    property_falls_back_where_it_is_caught,
    property_falls_back_on_one_path,
    property_without_a_fallback,
    cached_property_falls_back,
    found_by_the_fallback,
    default_is_not_needed,
    descriptor_falls_back,
    attributes_of_the_metaclass_are_not_found,
    named_tuple_operators,
    named_tuple_comparisons,
    sum_of_named_tuples,
    not_implemented_leaves_it_to_the_other,
    a_subclass_that_overrides_is_asked_first,
    in_place_falls_back,
    in_place_by_function,
    bits_and_divmod,
    reflected_by_a_number,
    unsupported_operands_are_caught,
    dataclasses_compare_their_fields,
    identity_is_what_is_left,
    unequal_is_not_equal,
    what_is_identical_is_equal_in_containers,
    contains_and_length,
]


@pytest.mark.parametrize("f", NUMBERS)
def test_derivatives(f):
    check(f, 1.5)


def numpy_number_on_the_left(x):
    return x[1] / Reflected(x[0]) * (2.0 if isinstance(x[1] / Reflected(1.0), np.float64) else 3.0)


def array_on_the_left(x):
    return np.sum(x + LeftToUs(x[0])) * x[1]


@pytest.mark.parametrize("f", [numpy_number_on_the_left, array_on_the_left])
def test_derivatives_beside_numpy(f):
    check(f, np.array([0.7, 1.3]))


# -- what is refused -------------------------------------------------------------------------------------


def entry_of_an_array_of_objects(x):
    return np.sum(x + Reflected(x[0]))


def one_object_or_another(x):
    a, b = Node(x[0]), Node(x[1])
    chosen = a if x[0] > 1.0 else b
    return x[0] if chosen is a else x[1]


def one_list_or_another(x):
    a, b = [x[0]], [x[1]]
    chosen = a if x[0] > 1.0 else b
    return x[0] if chosen is not b else x[1]


class Undecided:
    def __init__(self, x):
        self.x = x

    def __add__(self, other):
        return NotImplemented if self.x > 1.0 else "text"

    def __radd__(self, other):
        return 2.0


def undecided(x):
    return Undecided(x[0]) + Undecided(x[1])


class Renamed(Vector):
    def __len__(self):
        return 7


def tuple_with_a_length_of_its_own(x):
    return x[0] * len(Renamed(x[0], x[1]))


class Counting:
    def __bool__(self):
        return 1


def truth_that_is_no_bool(x):
    return x[0] if Counting() else x[1]


def ranges_compared(x):
    return x[0] if range(3) == range(0, 3) else x[1]


@pytest.mark.parametrize(
    ("f", "what"),
    [
        (entry_of_an_array_of_objects, "as an entry of an array of objects"),
        (one_object_or_another, "whether these are one object is only known when it runs"),
        (one_list_or_another, "whether these are one object is only known when it runs"),
        (undecided, "whether `Undecided.__add__` returns NotImplemented is only known when it runs"),
        (tuple_with_a_length_of_its_own, "the named tuple `Renamed` has a `__len__` of its own"),
        (truth_that_is_no_bool, "`__bool__` does not return a bool"),
        (ranges_compared, "comparing a range with another is not supported"),
    ],
)
def test_is_refused(f, what):
    with pytest.raises(S2SGradError, match=what) as caught:
        grad(f)(np.array([0.7, 1.3]))
    assert "= help:" in str(caught.value)
    assert "test_data_model.py:" in str(caught.value)


class Settings:
    def __init__(self):
        self.kind = 1

    def __eq__(self, other):
        return self.kind == other


SETTINGS = Settings()


def test_what_may_change_is_compared_by_each_call():
    def f(x):
        return x * x if SETTINGS == 1 else x * 3.0

    derivative = value_and_grad(f)
    assert derivative(2.0) == (4.0, 4.0)
    SETTINGS.kind = 2
    try:
        assert derivative(2.0) == (6.0, 3.0)
    finally:
        SETTINGS.kind = 1
