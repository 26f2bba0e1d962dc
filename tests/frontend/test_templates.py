"""A rule is lowered once for arguments of which the same is known, and never taken for what it is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from s2sgrad import grad
from s2sgrad.frontend import rules, templates
from s2sgrad.frontend.templates import Inlining
from s2sgrad.ir.core import Call, Const, Value
from s2sgrad.ir.types import FLOAT, INT, Array, Dim, Scalar, Type, Unknown
from s2sgrad.rules.table import RULES, vjp
from tests.golden.test_golden import NAMES, emitted, primal

F8 = np.dtype(np.float64)
N = Dim(("axis", "x", 0), plural=True)


def product(y: Any, a: Any, b: Any) -> Any:
    return b, a


product.__code__ = product.__code__.replace(co_filename=rules.__file__)  # as a rule of ours


def key(*args: Any, **kwargs: Any) -> Any:
    return Inlining(product, args, kwargs).key


def value(t: Type, name: str | None = None) -> Value:
    return Value(t, name)


@pytest.fixture(autouse=True)
def no_templates() -> Iterator[None]:
    templates._TEMPLATES.clear()
    yield
    templates._TEMPLATES.clear()


@pytest.fixture
def lowered(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The rules that are lowered from now on."""
    found: list[Any] = []
    lower = rules._lowered

    def counted(builder: Any, rule: Any, *args: Any) -> Any:
        found.append(rule)
        return lower(builder, rule, *args)

    monkeypatch.setattr(rules, "_lowered", counted)
    return found


def test_a_rule_is_lowered_once_for_many_calls(lowered: list[Any]) -> None:
    def f(x: Any) -> Any:
        y = np.sin(x) * np.cos(x)
        y = np.sin(y) * np.cos(y)
        return np.sum(np.sin(y) * np.cos(y))

    x = np.array([0.3, 0.8])
    bar = grad(f)(x)
    assert len(lowered) == len(set(lowered)) == 4  # sin, cos, the product, the sum
    h = 1e-6
    numeric = [(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(2)]
    np.testing.assert_allclose(bar, numeric, rtol=1e-8)


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_is_as_good_as_the_original(name: str) -> None:
    first = emitted(*primal(name))
    assert emitted(*primal(name)) == first


def test_all_that_is_known_of_arguments_counts() -> None:
    x = value(Array(F8, (N,)))
    y = value(Array(F8, (N,)), "y")
    assert key(x, x, y) == key(y, y, x)
    assert key(x, x, x) != key(x, x, y)
    assert key(x, y) != key(x, y, Const(None))
    others: list[Any] = [
        value(Array(F8, (1,))),
        value(Array(F8, (Dim(("axis", "x", 0)),))),  # this may be 1
        value(Array(F8, (Dim(("axis", "y", 0), plural=True),))),
        value(Array(np.dtype(np.float32), (N,))),
        value(FLOAT),
        value(Scalar(F8)),
        value(Scalar(F8, mixed=(float, np.float64))),
        value(INT),
        value(Scalar(INT.dtype, weak=True, length=N)),
        *(Const(c) for c in (0, 0.0, -0.0, False, None, "0", (0,), (0.0,), F8, np.float64)),
        (Const(0), Const(1)),
        [Const(0), Const(1)],
        slice(Const(0), Const(1), Const(None)),
    ]
    keys = [key(x, other) for other in others]
    assert None not in keys
    assert len(set(keys)) == len(others)
    assert key(x, axis=Const(0)) != key(x, axis=Const(1)) != key(x)


@pytest.mark.parametrize(
    "unlike",
    [
        Const(np.zeros(2)),
        Const(len),
        Const([1]),
        value(Unknown(object())),
        value(Array(F8, (Dim(object()),))),
        value(Array(F8, (Dim(("sum", frozenset({(object(), 2)}))),))),
        value(Array(F8, (Dim(("mask", value(FLOAT))),))),
        {"a": Const(1)},
    ],
)
def test_what_is_like_nothing_else_is_not_kept(unlike: Any) -> None:
    assert key(value(FLOAT), unlike) is None


def test_new_lengths_are_not_shared() -> None:
    for length, kept in ((Dim(object()), False), (N, True)):
        inlining = Inlining(product, (value(FLOAT),), {})
        inlining.keep([Call(len, (), {}, [value(Array(F8, (length,)))])], Const(None))
        assert (inlining.template is not None) == kept


def test_rules_of_the_user_are_lowered_each_time(lowered: list[Any]) -> None:
    def double(x: Any) -> Any:
        return 2.0 * x

    @vjp(double)
    def rule(y_bar: Any, y: Any, x: Any) -> Any:
        return factor[0] * y_bar

    try:
        factor = [2.0]
        assert key(value(FLOAT)) is not None
        assert Inlining(rule, (value(FLOAT),), {}).key is None
    finally:
        del RULES[double]


def test_the_table_does_not_grow_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "_MOST", 3)
    for n in range(10):
        Inlining(product, (value(FLOAT), Const(n)), {}).keep([], Const(None))
        assert len(templates._TEMPLATES) <= 3
