"""What can be known while compiling is: helpers that only look at types or options decide which branch is taken."""

from __future__ import annotations

import collections
from types import MappingProxyType

import numpy as np
import pytest
from scipy import sparse

from s2sgrad import grad, value_and_grad
from s2sgrad.errors import InternalError
from tests.frontend.checking import N, check

MODES = {"raw", "mean"}
LIMITS = MappingProxyType({"low": 0.5, "high": 3})


class Options:
    def __init__(self) -> None:
        self.allowed = {"raw", "mean"}
        self.__dict__["factor"] = 2.0

    def allows(self, mode):
        return isinstance(mode, str) and mode in self.allowed


OPTIONS = Options()


def unknown(x):
    """Nobody can follow this."""
    return eval("x")


def is_array(x):
    return hasattr(x, "__len__") or hasattr(x, "shape")


def by_a_helper(x, y):
    return np.sum(x * y) if is_array(y) else unknown(x)


def by_a_method(x, mode="mean"):
    return np.mean(x) if OPTIONS.allows(mode) else unknown(x)


def of_a_set(x, mode="raw"):
    return np.sum(x) if mode in MODES and not (set({"raw": 1}) & {"other"}) else unknown(x)


def of_scipy(x, y):
    return unknown(x) if sparse.issparse(y) else np.sum(x * y)


def of_a_constant_mapping(x):
    return x[0] * LIMITS["low"] + sum(x * LIMITS[k] for k in LIMITS)[1]


def made_here_is_not_from_outside(x):
    made = Options()
    return np.sum(x) if made is not callable and made is not OPTIONS else unknown(x)


def resolved(name):
    if isinstance(name, list):
        return resolved(name[0])
    return {"square": np.square, "root": np.sqrt}[name]


def by_recursion_that_does_not_happen(x):
    return np.sum(resolved("square")(x))


def by_recursion_of_constants(x, n):
    def power(k):
        return x * power(k - 1) if k > 0 else 1.0

    return power(n)


def its_dict(x):
    made = Options()
    made.__dict__["factor"] = x * 3.0
    return made.factor * made.__dict__["factor"]


def named_where_it_is_used(x):
    Wave = collections.namedtuple("Wave", ["amplitude", "time"])
    wave = Wave(np.sin(x), x * 2.0)
    return wave.amplitude + wave.time * wave[0]


@pytest.mark.parametrize("f", [by_a_helper, of_scipy])
def test_helpers_that_look_at_types(f):
    check(f, N, N * 2.0)


@pytest.mark.parametrize(
    "f",
    [
        by_a_method,
        of_a_set,
        of_a_constant_mapping,
        made_here_is_not_from_outside,
        by_recursion_that_does_not_happen,
    ],
)
def test_options(f):
    check(f, N)


@pytest.mark.parametrize("f", [its_dict, named_where_it_is_used])
def test_objects_that_are_made_here(f):
    check(f, 0.7)


def test_recursion_is_still_one():
    check(by_recursion_of_constants, 0.7, 3)


def test_a_set_that_has_changed_is_seen():
    allowed = {"a"}

    def f(x, mode="a"):
        return x * 2.0 if mode in allowed else x * 3.0

    df = grad(f)
    assert df(1.5) == 2.0
    allowed.clear()
    assert df(1.5) == 3.0
    allowed |= {"a", "b"}
    assert df(1.5) == 2.0


def test_the_truth_of_a_set_that_has_changed_is_seen():
    extra: set[str] = set()

    def f(x):
        return x * 2.0 if extra else x * 3.0

    df = grad(f)
    assert df(1.5) == 3.0
    extra.add("a")
    assert df(1.5) == 2.0


def test_polynomials_are_objects():
    check(lambda c: np.poly1d(c)(0.5) * np.poly1d(c).deriv()(0.3), N)
    check(lambda c: (np.poly1d(c) * np.poly1d([1.0, 2.0])).coef[1], N)
    check(lambda c: np.polynomial.Polynomial(c).deriv()(0.3) + np.polynomial.Chebyshev(c)(0.2), N)


def test_a_fault_of_the_compiler_says_that_it_is_one(monkeypatch):
    def faulty(*args):
        raise KeyError("missing")

    monkeypatch.setattr("s2sgrad.pipeline.lower_primal", faulty)
    with pytest.raises(InternalError, match="KeyError: 'missing'"):
        grad(lambda x: x * x)(1.5)


def test_classes_of_isinstance_that_only_running_tells():
    def f(x, kinds):
        return x * 2.0 if isinstance(x, kinds[0]) else x * 3.0

    assert value_and_grad(f)(1.5, [float]) == (3.0, 2.0)


LETTERS = {"a", "b", "c"}


def of_methods_of_sets(x, mode="ab"):
    return np.sum(x) if LETTERS.issuperset(mode) and not LETTERS.isdisjoint({"a"}) else unknown(x)


def test_methods_of_sets():
    check(of_methods_of_sets, N)


def test_the_namespace_of_scipy_is_numpy_s():
    array_api = pytest.importorskip("scipy._lib._array_api")

    def f(x, y):
        xp = array_api.array_namespace(y)
        return xp.sum(x * xp.asarray(y))

    check(f, N, N)
    assert value_and_grad(f)(N, N)[0] == f(N, N)
