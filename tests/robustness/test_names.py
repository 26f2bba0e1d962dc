"""Names that the compiler uses itself, or that Python treats specially, mean what their author meant by them."""

from __future__ import annotations

import io
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad


def names_of_adjoints(x_bar):
    x = x_bar * 2
    x_saved = np.sin(x)
    t1 = x_saved * x
    grad = t1
    i = grad * x_bar
    _ = i * x
    return _


def names_of_derivatives(grad_names_of_derivatives, out=2.0, out_bar=3.0):
    return grad_names_of_derivatives * out * out_bar * grad_names_of_derivatives


def names_of_loops(x):
    s = 0.0
    for x_saved in range(3):
        i_stack = x * x_saved
        x_stack = np.sin(i_stack * x)
        s = s + x_stack * x
        x = x * 1.1
    return s


def names_of_stacks(x):
    x_bars = [x]
    x_bars.append(x * 2)
    saved = 0.0
    while len(x_bars) > 0:
        saved = saved * x + x_bars.pop()
    return saved


def the_name_of_numpy(np):
    return np * np


def the_name_of_a_module(math):
    import numpy

    return numpy.sin(math) * math


def names_of_builtins(x, sum=0.0, len=1.0, range=2.0):
    list = sum * x + x * len + x * range
    max = [list, x]
    tuple = max[0]
    return tuple * x


def shadowed_in_loops(x):
    sum = 0.0
    for k in [1.0, 2.0]:
        sum += x * k * sum + x
    len = sum * x
    for range in (1, 2):
        len = len + range * x * len
    return len


def names_of_loop_builtins(reversed, enumerate=3):
    y = reversed
    for i in range(enumerate):
        y = np.sin(y) * reversed
    return y


def the_name_print(print):
    return print * print


def names_of_our_runtime(x):
    unbroadcast = x * 2
    zeros_like = unbroadcast * x
    surviving = zeros_like
    return surviving * unbroadcast


def soft_keywords(x):
    match = x
    case = match * 2
    type = case * x
    return type * match


def self_and_cls(self, cls=2.0):
    return self * cls * self


def letter_case(x):
    X = x * 2
    y = X
    Y = y * x
    return Y * X


def not_ascii(ﬁ):
    x = ﬁ * 2
    α = x * 𝑥  # noqa: F821 - the same name as x
    ª = α
    return ª * fi  # noqa: F821 - the same name as the parameter


def underscores(x):
    __secret = x * x
    __dunder__ = __secret * x
    _x = __dunder__
    return _x


def very_long(x):
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa = x * x
    return aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa * x


def the_loop_variable_is_assigned(x):
    y = x
    for _ in range(3):
        y = y * x
        _ = 3
    return y


def nested_function_called_like_an_adjoint(x):
    def x_bar(t):
        return t * x

    return x_bar(x) * x


def strings_like_code(x):
    s = """several
import os; raise SystemExit  # injected
lines"""
    y = x * (1.0 if s else 2.0)
    w = (
        x
        * y
        * len("""a
raise SystemExit
b # ü 😀""")
    )
    print("a\nraise ValueError # x", "\r\x0c\u2028evil", file=io.StringIO())
    return w


PROGRAMS = [f for f in list(globals().values()) if isinstance(f, types.FunctionType) and f.__module__ == __name__]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_names(f: Callable[[Any], Any]) -> None:
    x, h = 0.7, 1e-6
    value, gradient = value_and_grad(f)(x)
    assert np.array_equal(value, f(x))
    assert gradient == pytest.approx((f(x + h) - f(x - h)) / (2 * h), rel=1e-5)


def test_the_derivative_of_a_derivative_keeps_them_apart() -> None:
    assert grad(grad(names_of_adjoints))(0.7) == pytest.approx(
        (grad(names_of_adjoints)(0.7 + 1e-6) - grad(names_of_adjoints)(0.7 - 1e-6)) / 2e-6, rel=1e-5
    )


def test_emitted_names_are_normalised_as_python_does() -> None:
    g = grad(not_ascii)
    g(0.7)
    assert g.source().startswith("def grad_not_ascii(fi):")


def test_keys_and_attributes_that_are_no_names() -> None:
    d = {"class": 2.0, "a b": 1.0, "1": 3.0, "x\n#": 1.0}
    found = grad(lambda d: d["class"] * d["a b"] * d["1"] * d["x\n#"])(d)
    assert found == {"class": 3.0, "a b": 6.0, "1": 2.0, "x\n#": 6.0}
    namespace = types.SimpleNamespace(**{"class": 3.0, "a b": 2.0})
    g = grad(lambda x: x * getattr(namespace, "class") * getattr(namespace, "a b"))
    assert g(1.0) == 6.0
    setattr(namespace, "class", 5.0)
    assert g(1.0) == 10.0

    def options(x: Any, **kw: Any) -> Any:
        return x * kw["class"]

    assert grad(options)(2.0, **{"class": 3.0}) == 3.0
