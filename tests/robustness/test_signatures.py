"""A derivative is called as its primal is, and so is its emitted source."""

from __future__ import annotations

import functools
import inspect
import operator
from typing import Any

import numpy as np
import pytest

from s2sgrad import grad, hessian, jacrev, value_and_grad, vjp


def everything(a: Any, /, b: Any, c: Any = 3.0, *d: Any, e: Any, f: Any = 2.0, **g: Any) -> Any:
    return a * b * c * e * f * (d[0] if d else 1.0) * g.get("z", 1.0)


def only_position(x: Any, /, y: Any) -> Any:
    return x * y


def only_keyword(x: Any, *, k: Any, n: Any = (1.0, 2.0)) -> Any:
    return x * k * n[1]


def defaults(x: Any, y: Any = 2.0, z: Any = (1.0, ("a",)), s: Any = "a", n: Any = None, t: Any = float("inf")) -> Any:
    return x * y * z[0]


def array_default(x: Any, w: Any = np.ones(2), k: Any = 1.0) -> Any:
    return np.sum(w * x) * k


@pytest.mark.parametrize(
    ("fun", "args", "kwargs", "signature"),
    [
        (everything, (2.0, 3.0), {"e": 1.0}, "(a, /, b, c=3.0, *d, e, f=2.0, **g)"),
        (everything, (2.0, 3.0, 4.0, 5.0), {"e": 1.0, "z": 7.0}, "(a, /, b, c=3.0, *d, e, f=2.0, **g)"),
        (everything, (2.0,), {"b": 3.0, "f": 1.5, "e": 1.0}, "(a, /, b, c=3.0, *d, e, f=2.0, **g)"),
        (only_position, (2.0, 3.0), {}, "(x, /, y)"),
        (only_position, (2.0,), {"y": 3.0}, "(x, /, y)"),
        (only_keyword, (2.0,), {"k": 3.0}, "(x, *, k, n=(1.0, 2.0))"),
        (only_keyword, (), {"k": 3.0, "n": (1.0, 5.0), "x": 2.0}, "(x, *, k, n=(1.0, 2.0))"),
        (defaults, (2.0,), {}, "(x, y=2.0, z=(1.0, ('a',)), s='a', n=None, t=inf)"),
        (array_default, (2.0,), {}, "(x, w, k=1.0)"),
        (operator.mul, (2.0, 3.0), {}, "(a, b, /)"),
        (np.multiply, (2.0, 3.0), {}, "(x0, x1, /)"),
    ],
)
def test_emitted_signature(fun: Any, args: Any, kwargs: Any, signature: str) -> None:
    derivative = value_and_grad(fun)
    value, gradient = derivative(*args, **kwargs)
    assert np.array_equal(value, fun(*args, **kwargs))
    first = {"x": kwargs["x"]} if not args else {}
    h = 1e-6
    if first:
        shifted = fun(**{**kwargs, "x": kwargs["x"] + h})
    else:
        shifted = fun(args[0] + h, *args[1:], **kwargs)
    assert gradient == pytest.approx((shifted - value) / h, rel=1e-5)
    emitted = derivative.specialise(*args, **kwargs).function
    assert str(inspect.signature(emitted)) == signature
    if inspect.isfunction(fun) and fun is not array_default:
        assert np.array_equal(emitted(*args, **kwargs)[1], gradient)
        shown = [p.replace(annotation=p.empty) for p in inspect.signature(derivative).parameters.values()]
        assert str(inspect.Signature(shown)) == signature


def test_arguments_of_every_kind_can_be_differentiated_in() -> None:
    assert grad(everything, (0, 1, 3))(2.0, 3.0, 4.0, 5.0, e=1.0) == (120.0, 80.0, 48.0)
    assert vjp(only_position, 2.0, 3.0)[1](1.0) == (3.0, 2.0)
    assert jacrev(only_keyword)(2.0, k=3.0) == 6.0
    assert hessian(lambda x, *, k: x**3 * k)(2.0, k=2.0) == 24.0
    assert grad(grad(lambda x, *rest, k=1.0: x**3 * k * rest[0]))(2.0, 2.0, k=2.0) == 48.0


class Model:
    scale = 2.0

    def __init__(self, w: Any) -> None:
        self.w = w
        self.__private = 5.0

    def method(self, x: Any, *, y: Any = 1.0) -> Any:
        return x * x * self.w * y

    @classmethod
    def of_class(cls, x: Any) -> Any:
        return x * cls.scale

    @staticmethod
    def static(x: Any) -> Any:
        return x * 3.0

    def __call__(self, x: Any, y: Any = 1.0) -> Any:
        return x * self.w * y

    def __hidden(self, x: Any, __k: Any = 2.0) -> Any:
        __twice = x * __k
        return __twice * self.__private

    def private(self, x: Any) -> Any:
        def __inner(t: Any) -> Any:
            return self.__hidden(t)

        return __inner(x) * Model.__constant

    __constant = 10.0


def doubling(fun: Any) -> Any:
    @functools.wraps(fun)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return 2.0 * fun(*args, **kwargs)

    return wrapper


@doubling
def decorated(x: Any, y: Any = 1.0) -> Any:
    return x * x * y


@pytest.mark.parametrize(
    ("fun", "args", "kwargs", "expected"),
    [
        (Model(3.0).method, (2.0,), {}, 12.0),
        (Model(3.0).method, (2.0,), {"y": 2.0}, 24.0),
        (Model.of_class, (2.0,), {}, 2.0),
        (Model(3.0).of_class, (2.0,), {}, 2.0),
        (Model.static, (2.0,), {}, 3.0),
        (Model(3.0), (2.0,), {"y": 4.0}, 12.0),
        (Model(3.0).private, (2.0,), {}, 100.0),
        (functools.partial(everything, 2.0, e=3.0), (2.0,), {}, 36.0),
        (functools.partial(everything, 2.0, e=3.0), (2.0,), {"e": 4.0}, 48.0),
        (functools.partial(functools.partial(everything, 2.0, e=3.0), 2.0), (3.0,), {}, 24.0),
        (functools.partial(Model(3.0).method, y=2.0), (2.0,), {}, 24.0),
        (functools.partial(decorated, y=3.0), (2.0,), {}, 24.0),
        (decorated, (2.0,), {"y": 3.0}, 24.0),
        (functools.lru_cache(only_position), (2.0, 3.0), {}, 3.0),
    ],
)
def test_callables(fun: Any, args: Any, kwargs: Any, expected: float) -> None:
    value, gradient = value_and_grad(fun)(*args, **kwargs)
    assert gradient == expected and value == fun(*args, **kwargs)
