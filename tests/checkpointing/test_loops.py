"""Loops over `checkpointed(…)`: the gradient of the plain loop, whatever the loop looks like."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from s2sgrad import checkpointed, value_and_grad

Over = Callable[[Any], Any]


def plain(iterable: Any) -> Any:
    return iterable


def numbers(over: Over) -> Any:
    def f(x, r, n):
        for _ in over(range(n)):
            x = r * x * (1.0 - x)
        return x

    return f, (0.3, 3.1, 11), (0, 1)


def index_is_used(over: Over) -> Any:
    def f(x, n):
        for i in over(range(2, n)):
            x = x * np.cos(x + i) + x / i
        return x

    return f, (0.3, 13), 0


def steps_of_two(over: Over) -> Any:
    def f(x, n):
        for i in over(range(n, 1, -2)):
            x = x * np.cos(x + i) + x / i
        return x

    return f, (0.3, 17), 0


def backwards(over: Over) -> Any:
    def f(x, n):
        for i in over(reversed(range(3, n))):
            x = x * np.cos(x + i) + x / i
        return x

    return f, (0.3, 12), 0


def array_state(over: Over) -> Any:
    def f(u, k):
        for _ in over(range(9)):
            u = u + k * np.sin(u) * np.roll(u, 1)
        return np.sum(u**2)

    return f, (np.linspace(0.1, 1, 5), 0.3), (0, 1)


def in_place(over: Over) -> Any:
    def f(u, k):
        u = u.copy()
        for _ in over(range(9)):
            u[1:-1] += k * (u[2:] - 2 * u[1:-1] + u[:-2]) * u[1:-1]
            u[0] = u[1] * u[-1]
        return np.sum(u**2)

    return f, (np.linspace(0.1, 1, 6), 0.3), (0, 1)


def argument_in_place(over: Over) -> Any:
    def f(u):
        for i in over(range(1, len(u))):
            u[i] = np.sin(u[i - 1]) * u[i]
        return np.sum(u)

    return f, (np.linspace(0.1, 1, 8),), 0


def entries(over: Over) -> Any:
    def f(u, c):
        total = 0.0
        for i in over(range(len(c))):
            u = u * c[i] + np.sin(u)
            total += u * c[i] ** 2
        return total

    return f, (0.7, np.linspace(0.5, 1, 9)), (0, 1)


def over_an_array(over: Over) -> Any:
    def f(u, c):
        for a in over(c):
            u = u * a + np.sin(u * a)
        return u

    return f, (0.7, np.linspace(0.5, 1, 9)), (0, 1)


def over_zip(over: Over) -> Any:
    def f(u, c, d):
        for a, b in over(zip(c, d)):
            u = u * a + np.sin(u * b)
        return u

    return f, (0.7, np.linspace(0.5, 1, 9), np.linspace(1, 2, 8)), (0, 1, 2)


def over_enumerate(over: Over) -> Any:
    def f(u, c):
        for i, a in over(enumerate(c)):
            u = u * a + np.sin(u * i)
        return u

    return f, (0.7, np.linspace(0.5, 1, 9)), (0, 1)


def over_rows(over: Over) -> Any:
    def f(u, A):
        for row in over(A):
            u = np.tanh(u * row) + row
        return np.sum(u)

    return f, (np.ones(3), np.linspace(0.5, 1, 15).reshape(5, 3)), (0, 1)


def over_a_list(over: Over) -> Any:
    def f(u, weights):
        for w in over([w for w in weights]):
            u = np.tanh(u * w)
        return u

    return f, (0.3, np.linspace(1, 2, 7)), (0, 1)


def several(over: Over) -> Any:
    def f(x, v, dt, n):
        state, energy = (x, v), 0.0
        for _ in over(range(n)):
            x, v = state
            v = v - dt * np.sin(x)
            state = (x + dt * v, v)
            energy += v**2 * x
        return energy + state[0]

    return f, (1.0, 0.1, 0.05, 14), (0, 1, 2)


def list_state(over: Over) -> Any:
    def f(x, n):
        pair = [x, x**2]
        for _ in over(range(n)):
            pair[0], pair[1] = pair[1] * 0.5, np.sin(pair[0]) + pair[1]
        return pair[0] * pair[1]

    return f, (0.4, 10), 0


def growing_list(over: Over) -> Any:
    def f(x, n):
        seen = [x]
        for i in over(range(n)):
            seen.append(np.sin(seen[i]) * seen[i // 2])
        return seen[-1] + seen[3]

    return f, (0.9, 10), 0


def collected(over: Over) -> Any:
    def f(x, n):
        seen = []
        for _ in over(range(n)):
            x = np.sin(x) + 0.1
            seen.append(x)
        return np.sum(np.array(seen) ** 2)

    return f, (0.9, 10), 0


def dict_state(over: Over) -> Any:
    def f(x, n):
        d = {"a": x, "b": 1.0}
        for _ in over(range(n)):
            d["a"] = d["a"] * d["b"]
            d["b"] = np.cos(d["a"])
        return d["a"] + d["b"]

    return f, (0.9, 10), 0


def branches(over: Over) -> Any:
    def f(x, n):
        for i in over(range(n)):
            if i % 3 == 0:
                continue
            if x > 0.5:
                x = x * x
            else:
                x = x + np.exp(-x)
        return x

    return f, (0.9, 10), 0


def break_(over: Over) -> Any:
    def f(x, n):
        for i in over(range(n)):
            x = x - (x * x - 2.0) / (2 * x) * 0.5
            if abs(x * x - 2.0) < 1e-2:
                break
        return x * i

    return f, (9.0, 100), 0


def returns(over: Over) -> Any:
    def f(x, n):
        for i in over(range(n)):
            x = np.cos(x) * 1.1
            if i > 5 and x > 0.8:
                return x * i
        return -x

    return f, (0.3, 50), 0


def inner_loops(over: Over) -> Any:
    def f(u, n):
        for i in over(range(n)):
            for j in range(i):
                u = u * np.cos(u[j % 3])
            k = 0
            while k < 2:
                u = u + 0.1 * u**2
                k += 1
        return np.sum(u)

    return f, (np.array([0.3, 0.5, 0.9]), 6), 0


def in_a_loop(over: Over) -> Any:
    def f(u, n):
        for i in range(3):
            for _ in over(range(n + i)):
                u = u * np.cos(u) + 0.2
            u = u**2
        return np.sum(u)

    return f, (np.array([0.3, 0.5, 0.9]), 6), 0


def nested(over: Over) -> Any:
    def f(u, n):
        for i in over(range(4)):
            for _ in over(range(n + i)):
                u = u * np.cos(u) + 0.2
            u = u**2
        return np.sum(u)

    return f, (np.array([0.3, 0.5, 0.9]), 6), 0


def in_a_branch(over: Over) -> Any:
    def f(x, n):
        y = x**2
        if x > 0:
            for _ in over(range(n)):
                y = y * np.cos(y) + x
        return y

    return f, (0.8, 9), 0


def two_loops(over: Over) -> Any:
    def f(x, n):
        for _ in over(range(n)):
            x = x * np.cos(x)
        y = x
        for _ in over(range(n + 2)):
            y = y * np.sin(x + y)
        return y

    return f, (0.8, 9), 0


def calls(over: Over) -> Any:
    def step(u, k):
        return u + k * np.sin(u)

    def f(x, k, n):
        for _ in over(range(n)):
            x = step(step(x, k), k)
        return x

    return f, (0.8, 0.3, 9), (0, 1)


def recursion(over: Over) -> Any:
    def power(x, n):
        return 1.0 if n == 0 else x * power(x, n - 1)

    def f(x, n):
        for i in over(range(n)):
            x = 0.5 * power(x, i % 4) + 0.3 * x
        return x

    return f, (0.8, 9), 0


def complex_state(over: Over) -> Any:
    def f(x, n):
        z = 0.3 + 0.1j
        for _ in over(range(n)):
            z = z * z + x
        return abs(z) ** 2

    return f, (0.2, 9), 0


def exported(over: Over) -> Any:
    def f(x, n):
        for i in over(range(n)):
            t = np.sin(x)
            x = x * t
        return t * x + i

    return f, (0.8, 9), 0


def kept(over: Over) -> Any:
    def f(x, n):
        best = x
        for i in over(range(n)):
            x = 3.7 * x * (1 - x)
            if x > best:
                best = x
        return best

    return f, (0.3, 9), 0


def linear(over: Over) -> Any:
    def f(x):
        s = 0.0
        for i in over(range(len(x))):
            s += np.sin(x[i])
        return s

    return f, (np.arange(5.0),), 0


def comprehension(over: Over) -> Any:
    def f(x):
        return sum([np.sin(a) * a for a in over(x)])

    return f, (np.arange(5.0),), 0


def raising(over: Over) -> Any:
    def f(x, n):
        for i in over(range(n)):
            if x < 0:
                raise ValueError("negative")
            assert x < 100
            x = np.sqrt(x) + 0.1 * i
        return x

    return f, (0.3, 9), 0


def caught(over: Over) -> Any:
    def f(x, n):
        for i in over(range(n)):
            try:
                x = x / (i % 3)
            except ZeroDivisionError:
                x = x * x
        return x

    return f, (1.3, 7), 0


def few_steps(over: Over) -> Any:
    def f(x):
        for n in range(4):
            for _ in over(range(n - 1)):
                x = np.sin(x)
        return x

    return f, (1.3,), 0


def shapes_change(over: Over) -> Any:
    def f(x):
        a = np.array([x])
        for _ in over(range(5)):
            a = np.concatenate([a, np.sin(a) * a])
        return np.sum(a)

    return f, (0.4,), 0


def buffers_change_places(over: Over) -> Any:
    def f(x):
        a, b = x.copy(), 2 * x
        for _ in over(range(5)):
            b[1:] = a[:-1] * np.sin(b[1:])
            a, b = b, a
        return np.sum(a * b)

    return f, (np.linspace(0.2, 1, 4),), 0


def object_state(over: Over) -> Any:
    def f(x):
        s = SimpleNamespace(x=x, v=np.ones(2) * x)
        for _ in over(range(5)):
            s.v = s.v * np.sin(s.x)
            s.x = s.x + s.v[0]
        return s.x + np.sum(s.v)

    return f, (0.7,), 0


def read_before_and_after(over: Over) -> Any:
    def f(u, n):
        first = u * u
        for _ in over(range(n)):
            u = np.sin(u) * first
        return np.sum(u * first)

    return f, (np.array([0.4, 0.9]), 8), 0


FORMS = [
    numbers, index_is_used, steps_of_two, backwards, array_state, in_place, argument_in_place, entries, over_an_array,
    over_zip, over_enumerate, over_rows, over_a_list, several, list_state, growing_list, collected, dict_state,
    branches, break_, returns, inner_loops, in_a_loop, nested, in_a_branch, two_loops, calls, recursion, complex_state,
    exported, kept, linear, comprehension, raising, caught, few_steps, shapes_change, buffers_change_places,
    object_state, read_before_and_after,
]  # fmt: skip


@pytest.mark.parametrize("snapshots", [1, 3])
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_gradient_is_that_of_the_plain_loop(form: Any, snapshots: int) -> None:
    f, args, argnums = form(plain)
    expected = value_and_grad(f, argnums)(*_copies(args))
    f, args, argnums = form(functools.partial(checkpointed, snapshots=snapshots))
    found = value_and_grad(f, argnums)(*_copies(args))
    assert found[0] == expected[0] == f(*_copies(args))
    wanted = expected[1] if isinstance(argnums, tuple) else (expected[1],)
    bars = found[1] if isinstance(argnums, tuple) else (found[1],)
    for bar, other in zip(bars, wanted, strict=True):
        np.testing.assert_allclose(bar, other, rtol=1e-13)


def _copies(args: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(a.copy() if isinstance(a, np.ndarray) else a for a in args)


@pytest.mark.parametrize("policy", [{}, {"memory": "1kB"}, {"snapshots": 50}], ids=str)
def test_every_policy_gives_that_gradient(policy: Any) -> None:
    f, args, argnums = in_place(plain)
    expected = value_and_grad(f, argnums)(*_copies(args))
    f, args, argnums = in_place(functools.partial(checkpointed, **policy))
    value, bars = value_and_grad(f, argnums)(*_copies(args))
    assert value == expected[0]
    for bar, other in zip(bars, expected[1], strict=True):
        np.testing.assert_allclose(bar, other, rtol=1e-13)


def test_nested_loops_with_policies_that_only_running_knows() -> None:
    def f(u, n, over):
        for i in over(range(3), i=n):
            for _ in over(range(n + i), i=i):
                u = u * np.cos(u) + 0.2
            u = u**2
        return np.sum(u)

    def snapshots(iterable, i):
        return checkpointed(iterable, snapshots=i + 1)

    u = np.array([0.3, 0.5])
    expected = value_and_grad(lambda u: f(u, 5, lambda iterable, i: iterable))(u)
    found = value_and_grad(lambda u: f(u, 5, snapshots))(u)
    assert found[0] == expected[0]
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-13)
