"""Decorators that ask for the signature of what they wrap, and check the arguments by it."""

from __future__ import annotations

import functools
import inspect
from typing import Any

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad
from tests.frontend.checking import N, check


def positive(*names: str) -> Any:
    def decorate(fn: Any) -> Any:
        @functools.wraps(fn)
        def checked(*args: Any, **kwargs: Any) -> Any:
            spec = inspect.getfullargspec(fn)
            for name in names:
                if name in spec.args or name in spec.kwonlyargs:
                    value = kwargs[name] if name in kwargs else args[spec.args.index(name)]
                    if np.any(np.asarray(value) <= 0.0):
                        raise ValueError(name)
            return fn(*args, **kwargs)

        return checked

    return decorate


def by_signature(fn: Any) -> Any:
    @functools.wraps(fn)
    def bound(*args: Any, **kwargs: Any) -> Any:
        sig = inspect.signature(fn)
        params = sig.bind(*args, **kwargs)
        params.apply_defaults()
        skipped = [p.name for p in sig.parameters.values() if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
        for name, value in params.arguments.items():
            if name not in skipped and name != "power":
                assert isinstance(value, (np.ndarray, float, str)), name
        return fn(*params.args, **params.kwargs) * params.arguments["scale"]

    return bound


@positive("x", "scale")
def logarithms(x: Any, scale: float = 2.0) -> Any:
    return np.sum(np.log(x)) * scale


@by_signature
def powers(x: Any, *rest: Any, power: int = 3, scale: float = 0.5, **options: Any) -> Any:
    return np.sum(x**power) + sum(rest) * len(options)


def test_the_arguments_are_found_by_their_names() -> None:
    check(logarithms, N, 1.5)
    check(lambda x: logarithms(x, scale=x[0]), N)
    with pytest.raises(ValueError, match="x"):
        grad(logarithms)(-N, 1.5)


def test_what_is_bound_is_differentiated() -> None:
    check(powers, N)
    check(lambda x, s: powers(x, s, s * s, scale=s, label="a", other="b"), N, 0.7)


def test_what_cannot_be_bound_raises_as_in_the_primal() -> None:
    def f(x: Any) -> Any:
        try:
            return inspect.signature(logarithms).bind(x, factor=2.0).arguments["x"]
        except TypeError:
            return x * 3.0

    assert value_and_grad(f)(1.5) == (4.5, 3.0)


def test_other_defaults_are_seen() -> None:
    def g(x: Any, scale: float = 2.0) -> Any:
        return x * scale

    def f(x: Any) -> Any:
        bound = inspect.signature(g).bind(x)
        bound.apply_defaults()
        return g(x) * bound.arguments["scale"]

    df = grad(f)
    assert df(1.5) == 4.0
    g.__defaults__ = (3.0,)
    assert df(1.5) == 9.0
