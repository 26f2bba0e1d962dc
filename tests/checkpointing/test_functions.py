"""`checkpoint(f)`: the gradient is that of `f`, which runs again in the backward part and saves nothing before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from s2sgrad import checkpoint, checkpointed, grad, value_and_grad

X = np.linspace(0.2, 1.1, 4)
W = np.linspace(-1, 1, 16).reshape(4, 4)


def identity(fun: Any) -> Any:
    return fun


def layer(w, h):
    t = np.tanh(w @ h)
    return t * np.cos(t)


def direct(wrap: Any) -> Any:
    block = wrap(layer)

    def f(w, x):
        return np.sum(block(w, block(w, x)) ** 2)

    return f, (W, X)


def in_a_loop(wrap: Any) -> Any:
    block = wrap(layer)

    def f(w, x):
        for k in range(4):
            x = block(w, x) * k
        return np.sum(x)

    return f, (W, X)


def made_inside(wrap: Any) -> Any:
    def f(w, x):
        @wrap
        def inner(h):
            return np.sin(w @ h) * x

        return np.sum(inner(inner(x)) + wrap(lambda h: h * np.sum(w))(x))

    return f, (W, X)


def nested(wrap: Any) -> Any:
    block = wrap(layer)
    two = wrap(lambda w, h: block(w, block(w, h)))

    def f(w, x):
        return np.sum(two(w, two(w, x)))

    return f, (W, X)


def structures(wrap: Any) -> Any:
    def both(params, h):
        return {"a": np.sin(params[0] @ h), "b": [h * params[1], params[1]]}, 3

    def f(w, x):
        d, n = wrap(both)((w, x), x)
        d["b"].append(x)
        return np.sum(d["a"] * d["b"][0]) * n + np.sum(d["b"][1]) + np.sum(d["b"][2])

    return f, (W, X)


def keywords_and_defaults(wrap: Any) -> Any:
    def g(h, *, scale=2.0, shift):
        return np.sin(h * scale) + shift

    def f(w, x):
        return np.sum(wrap(g)(x, shift=w[0, 0]) * wrap(g)(x, scale=w[1, 1], shift=1.0))

    return f, (W, X)


def overwritten_later(wrap: Any) -> Any:
    def f(w, x):
        h = x.copy()
        total = 0.0
        for k in range(3):
            total += np.sum(wrap(layer)(w, h) ** 2)
            h[k] = total
            h *= 1.1
        return total

    return f, (W, X)


def result_overwritten(wrap: Any) -> Any:
    def f(w, x):
        y = wrap(layer)(w, x)
        z = y
        y[0] = 2.0
        return np.sum(z * y) + np.sum(x)

    return f, (W, X)


def argument_returned(wrap: Any) -> Any:
    def f(w, x):
        x = x.copy()
        y, t = wrap(lambda h: (h, np.sin(h)))(x)
        y[0] = 2.0
        return np.sum(x * t) + w[0, 0]

    return f, (W, X)


def view_returned(wrap: Any) -> Any:
    def part(w, k):
        s = np.sin(w)
        return s[k:, 0], s

    def f(w, x):
        row, s = wrap(part)(w, 1)
        row[0] = x[0]
        return np.sum(s * w) + np.sum(row * x[1:])

    return f, (W, X)


def loops_inside(wrap: Any) -> Any:
    def g(w, h, n):
        for _ in range(n):
            h = np.tanh(w @ h)
            if h[0] > 0:
                break
        while np.sum(h) < 0:
            h = h + 0.1
        return h

    def f(w, x):
        return np.sum(wrap(g)(w, x, 5) ** 2)

    return f, (W, X)


def recursion(wrap: Any) -> Any:
    def power(h, n):
        return h if n == 0 else np.sin(h) * power(h, n - 1)

    def f(w, x):
        return np.sum(wrap(power)(x, 3)) + w[0, 0]

    return f, (W, X)


def method(wrap: Any) -> Any:
    class Model:
        def __init__(self, w):
            self.w = w

        @wrap
        def apply(self, h):
            return np.tanh(self.w @ h)

    def f(w, x):
        model = Model(w)
        return np.sum(model.apply(model.apply(x)))

    return f, (W, X)


def inactive(wrap: Any) -> Any:
    def f(w, x):
        return np.sum(x) * wrap(lambda n: n + 1)(3) + w[0, 0]

    return f, (W, X)


def in_a_checkpointed_loop(wrap: Any) -> Any:
    def f(w, x):
        for _ in checkpointed(range(7), snapshots=2):
            x = wrap(layer)(w, x) + 0.1
        return np.sum(x)

    return f, (W, X)


def derivative_of_one(wrap: Any) -> Any:
    energy = wrap(lambda w, h: np.sum(layer(w, h)))

    def f(w, x):
        return np.sum(grad(energy, 1)(w, x) ** 2)

    return f, (W, X)


FORMS = [
    direct, in_a_loop, made_inside, nested, structures, keywords_and_defaults, overwritten_later, result_overwritten,
    argument_returned, view_returned, loops_inside, recursion, method, inactive, in_a_checkpointed_loop,
    derivative_of_one,
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_gradient_is_that_of_the_function(form: Any) -> None:
    f, args = form(identity)
    value, bars = value_and_grad(f, (0, 1))(*args)
    f, args = form(checkpoint)
    found, others = value_and_grad(f, (0, 1))(*args)
    assert found == value == f(*args)
    for bar, other in zip(bars, others, strict=True):
        np.testing.assert_allclose(other, bar, rtol=1e-13, atol=1e-15)
