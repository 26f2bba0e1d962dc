"""Large and deep programs: no limit of Python's recursion, and code that Python itself can still read."""

from __future__ import annotations

import linecache
import sys
import threading
from typing import Any

import numpy as np
import pytest

from s2sgrad import grad
from s2sgrad.deep_stack import with_deep_recursion
from s2sgrad.errors import UnsupportedSyntax


def made(text: str, name: str = "f") -> Any:
    """A function of a text."""
    filename = f"<program {hash(text)}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    namespace: dict[str, Any] = {"np": np}
    exec(compile(text, filename, "exec"), namespace)
    return namespace[name]


def straight(n: int) -> str:
    lines = [f"    a{k + 1} = 0.5 * np.sin(a{k}) + x * {k % 7}.0" for k in range(n)]
    return "\n".join(["def f(x):", "    a0 = x", *lines, f"    return a{n}"])


def branches(n: int) -> str:
    lines = [f"    if a > {k * 0.01}:\n        a = 0.9 * a\n    else:\n        a = a + x" for k in range(n)]
    return "\n".join(["def f(x):", "    a = x", *lines, "    return a"])


def loops(n: int) -> str:
    lines = ["    for i in range(2):\n        a = np.sin(a) + x"] * n
    return "\n".join(["def f(x):", "    a = x", *lines, "    return a"])


def nested(n: int) -> str:
    heads = [f"{' ' * (k + 4)}{'for _ in range(1):' if k % 16 == 0 else f'if a > -{k}.0:'}" for k in range(n)]
    return "\n".join(["def f(x):", "    a = x", *heads, f"{' ' * (n + 4)}a = np.sin(a) + x", "    return a"])


def elifs(n: int) -> str:
    lines = [f"    elif x < {k * 0.01}:\n        y = x * {k}.5" for k in range(n)]
    return "\n".join(
        ["def f(x):", "    if x < -1:\n        y = x", *lines, "    else:\n        y = x * x", "    return y"]
    )


def conjunction(n: int) -> str:
    test = " and ".join(f"x > -{k + 1}.0" for k in range(n))
    return f"def f(x):\n    if {test}:\n        return x * x\n    return x"


def terms(n: int) -> str:
    return "def f(x):\n    return " + " + ".join(f"x * {k}.5" for k in range(n))


def arguments(n: int) -> str:
    names = [f"p{k}" for k in range(n)]
    given = ", ".join(f"x * {k}.5" for k in range(n))
    return f"def h({', '.join(names)}):\n    return {' + '.join(names)}\ndef f(x):\n    return h({given})"


def items(n: int) -> str:
    return f"def f(x):\n    return sum([{', '.join(f'x * {k}.5' for k in range(n))}])"


def carried(n: int) -> str:
    lines = [f"    a{k} = x * {k}.0" for k in range(n)]
    inside = [f"        a{k} = 0.5 * a{k} + a{(k + 1) % n} * x" for k in range(n)]
    total = " + ".join(f"a{k}" for k in range(n))
    return "\n".join(["def f(x):", *lines, "    for _ in range(2):", *inside, f"    return {total}"])


def helpers(n: int) -> str:
    chain = [f"def h{k}(x):\n    y = h{k - 1}(x)\n    return y * 0.99" for k in range(1, n)]
    return "\n".join(["def h0(x):\n    return np.sin(x)", *chain, f"def f(x):\n    return h{n - 1}(x)"])


def check(text: str) -> None:
    f, x, h = made(text), 0.0531, 1e-6
    assert grad(f)(x) == pytest.approx((f(x + h) - f(x - h)) / (2 * h), rel=1e-5)


@pytest.mark.parametrize(
    ("program", "n"),
    [
        (straight, 300),
        (branches, 60),
        (loops, 40),
        (nested, 80),
        (elifs, 120),
        (conjunction, 400),
        (terms, 500),
        (arguments, 500),
        (items, 500),
        (carried, 60),
        (helpers, 150),
    ],
)
def test_large(program: Any, n: int) -> None:
    check(program(n))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "n"),
    [
        (straight, 5000),
        (branches, 1250),
        (loops, 1600),
        (elifs, 300),
        (terms, 1000),
        (arguments, 1000),
        (items, 1000),
        (carried, 500),
        (helpers, 300),
    ],
)
def test_very_large(program: Any, n: int) -> None:
    check(program(n))


def test_more_early_exits_than_python_can_nest_are_refused() -> None:
    lines = [f"    if y > {100 + k}:\n        return y * x\n    y = y * 1.001" for k in range(120)]
    f = made("\n".join(["def f(x):", "    y = x", *lines, "    return y"]))
    with pytest.raises(UnsupportedSyntax, match="nested more deeply than Python allows"):
        grad(f)(0.5)


def test_a_thread_with_a_small_stack() -> None:
    results: list[Any] = []
    f = made(nested(70))
    before = threading.stack_size(128 * 1024)
    try:
        thread = threading.Thread(target=lambda: results.append(grad(f)(0.05)))
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    assert results == [grad(f)(0.05)]


def test_deep_recursion_leaves_the_limit_as_it_was() -> None:
    def depth(n: int) -> int:
        return 0 if n == 0 else 1 + depth(n - 1)

    limit = sys.getrecursionlimit()
    assert with_deep_recursion(depth, 20 * limit) == 20 * limit
    assert sys.getrecursionlimit() == limit
    with pytest.raises(RecursionError):
        with_deep_recursion(depth, 10**7)
    with pytest.raises(ZeroDivisionError):
        with_deep_recursion(lambda: depth(20 * limit) / 0)


def test_a_long_loop_keeps_one_entry_per_iteration() -> None:
    def f(x: Any) -> Any:
        s = 0.0
        for _ in range(100_000):
            s = s + x
        return s

    g = grad(f)
    assert g(1.0) == 100_000.0
    assert "append" not in g.source()  # what is linear saves nothing
