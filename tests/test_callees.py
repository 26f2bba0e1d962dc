"""Arguments of calls are bound as Python binds them, and as fast."""

from __future__ import annotations

import functools
import inspect
from typing import Any

import pytest

from s2sgrad import grad
from s2sgrad.callees import Callee, take_apart
from s2sgrad.errors import ArgumentCountError


def all_kinds(a: Any, /, b: Any = 2.0, *c: Any, d: Any = 3.0, e: Any, **rest: Any) -> Any:
    return a * b * d * e


def plain(x: Any, y: Any = 2.0) -> Any:
    return x * y


def only_named(*, x: Any, y: Any = 2.0) -> Any:
    return x * y


CALLS: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = [
    (all_kinds, (1.0,), {"e": 4.0}),
    (all_kinds, (1.0, 5.0, 6.0, 7.0), {"e": 4.0, "d": 8.0, "more": 9.0}),
    (plain, (1.0,), {}),
    (plain, (), {"y": 3.0, "x": 1.0}),
    (only_named, (), {"x": 1.0}),
    (functools.partial(plain, y=5.0), (1.0,), {}),
    (functools.partial(all_kinds, 1.0, e=2.0), (), {"d": 3.0}),
]


@pytest.mark.parametrize(("fun", "args", "kwargs"), CALLS)
def test_arguments_are_bound_as_a_signature_binds_them(
    fun: Any, args: tuple[Any, ...], kwargs: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    callee: Any = take_apart(fun)
    quick = callee.bind(args, kwargs)
    monkeypatch.setattr(Callee, "_quick_binding", lambda _: None)
    assert quick == callee.bind(args, kwargs)


def test_a_call_by_keyword_is_bound_by_python_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    dplain = grad(plain)
    assert dplain(1.0, y=3.0) == 3.0
    monkeypatch.setattr(inspect, "Signature", None)
    monkeypatch.setattr(dplain.dispatcher, "find", None)  # nor is its code looked for
    assert [dplain(1.0, y=4.0), dplain(y=5.0, x=1.0), dplain(1.0)] == [4.0, 5.0, 2.0]


def test_defaults_are_those_of_the_moment() -> None:
    def f(x: Any, y: Any = 2.0, *, z: Any = 1.0) -> Any:
        return x * y * z

    df = grad(f)
    assert df(1.0) == 2.0
    f.__defaults__ = (3.0,)
    assert df(1.0) == 3.0
    f.__kwdefaults__ = {"z": 2.0}
    assert df(1.0) == 6.0
    with pytest.raises(ArgumentCountError, match="missing a required argument: 'x'"):
        df(y=1.0)


def test_the_code_of_a_method_is_not_looked_for_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    class Model:
        def __init__(self, scale: float) -> None:
            self.scale = scale

        @grad
        def loss(self, x: Any) -> Any:
            return self.scale * x * x

    one, other = Model(2.0), Model(3.0)
    assert [one.loss(1.0), other.loss(1.0), one.loss(1.0)] == [4.0, 6.0, 4.0]
    table = one.loss.__func__.dispatcher
    monkeypatch.setattr(table, "find", None)
    assert one.loss(2.0) == 8.0
    one.scale = 5.0
    assert one.loss(2.0) == 20.0
    with pytest.raises(TypeError):  # another object has code of its own
        other.loss(1.0)
