"""Gradients as an expert would write them: whole emitted texts of small functions."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad

X = np.array([0.7, 1.3, 2.1])


def same(f: Any, args: tuple[Any, ...], source: str, argnums: Any = 0) -> None:
    assert grad(f, argnums=argnums).source(*args) == inspect.cleandoc(source) + "\n"


def guards(x):
    if x < 0:
        return -x
    if x > 10:
        return x * x
    return x + 1.0


def test_guards_are_returns():
    same(
        guards,
        (2.0,),
        """
        def grad_guards(x):
            if x < 0:
                return -1.0
            if x > 10:
                return 2.0 * x
            return 1.0
        """,
    )


def stops(x, n):
    s = 0.0
    for i in range(n):
        if s > 5.0:
            break
        s += x * i
    else:
        s = 2.0 * s
    return s


def test_a_loop_is_left_where_that_is_decided():
    source = grad(stops).source(2.0, 5)
    assert "stopped = True\n            break\n" in source
    assert source.count("break") == 1 and source.count("stopped = False") == 1


def leaves(x):
    n = 0
    while True:
        x = x * 1.5
        n += 1
        if x > 100.0:
            break
        if n > 20:
            return x * 2.0
    return x + n


@pytest.mark.parametrize("x", [1.1, 0.001])
def test_each_way_out_of_a_loop(x):
    g = grad(leaves)
    assert g(x) == pytest.approx((leaves(x + 1e-7 * x) - leaves(x - 1e-7 * x)) / (2e-7 * x), rel=1e-5)
    assert "if stopped" not in g.source(x)


def two_states(x, n):
    a, b = x, 2.0 * x
    for _ in range(n):
        a, b = a * b, b + a
    return a


def test_saved_pairs_are_unpacked():
    source = grad(two_states).source(1.1, 3)
    assert "a, b = saved.pop()" in source or "b, a = saved.pop()" in source


def horner(x, p):
    y = 0.0
    for c in p:
        y = y * x + c
    return y


def test_loops_over_items():
    same(
        horner,
        (2.0, X),
        """
        def grad_horner(x, p):
            # forward
            y_saved = []
            y = 0.0
            for c in p:
                y_saved.append(y)
                y = y * x + c
            # backward
            y_bar = 1.0
            x_bar = 0.0
            for i in reversed(range(len(p))):
                # y = y * x + c
                y = y_saved.pop()
                x_bar += y_bar * y
                y_bar = y_bar * x
            return x_bar
        """,
    )


def weighted(x, w):
    s = 0.0
    for i, (a, b) in enumerate(zip(x, w)):
        s += a * a * b * i
    return s


def dot(x, y):
    total = 0.0
    for a, b in zip(x, y):
        total = np.sin(total) + a * b
    return total


def test_loops_over_several():
    assert "for a, b in zip(x, y):" in grad(dot).source(X, X)
    assert np.allclose(grad(weighted)(X, X), 2.0 * X * X * np.arange(3))


def checked(x):
    assert x > 0.0, f"{x} is too small"
    print(f"x = {x:.3f}")
    return x * x


def test_messages_are_written_as_by_the_author():
    source = grad(checked).source(2.0)
    assert "assert x > 0.0, f'{x} is too small'" in source
    assert "print(f'x = {x:.3f}')" in source


def misfit(alpha, u, steps):
    u = u.copy()
    for _ in range(steps):
        u[1:-1] += alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    r = u - 1.0
    return 0.5 * np.sum(r * r)


def test_a_value_is_computed_before_its_operands_are_overwritten():
    value, _ = value_and_grad(misfit)(0.1, X, 3)
    assert value == misfit(0.1, X, 3)


def power(n, x):
    return 1.0 if n == 0 else x * power(n - 1, x)


def by_recursion(x, n):
    return power(n, x)


def test_recursive_functions_return_what_they_save():
    source = grad(by_recursion).source(1.3, 5)
    assert ".append" not in source and ".pop" not in source
    assert grad(grad(by_recursion))(1.3, 5) == pytest.approx(20.0 * 1.3**3)


def test_a_number_keeps_the_name_that_its_author_gave_it():
    def euler(k, x):
        h = 0.01
        for _ in range(10):
            x = x - h * k * x
        return x

    source = grad(euler).source(1.0, 2.0)
    assert "    h = 0.01\n" in source
    assert "x = x - h * k * x" in source
