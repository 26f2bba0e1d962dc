"""Large and deep programs: no limit of Python's recursion, and code that Python itself can still read."""

from __future__ import annotations

import cProfile
import gc
import linecache
import sys
import threading
from typing import Any

import numpy as np
import pytest

from s2sgrad import grad, jvp, value_and_grad
from s2sgrad.deep_stack import with_deep_recursion
from s2sgrad.errors import S2SGradError


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


def rebinding(n: int) -> str:
    """A long sum in the adjoint: what every statement adds to one variable."""
    return "\n".join(["def f(x):", *["    x = np.sin(x) * 0.5 + x"] * n, "    return x"])


def overlapping(n: int) -> str:
    lines = [f"    a[{k % 3}:] += 0.1 * a[: {-(k % 3) or None}]" for k in range(n)]
    return "\n".join(["def f(x):", "    a = np.full(9, x)", *lines, "    return np.sum(a)"])


def choices(n: int) -> str:
    lines = [f"    a = np.where(x > 0.01 * {k}, a * x, 0.9 * a) + np.where(a > 0.0, x, 0.0)" for k in range(n)]
    return "\n".join(["def f(x):", "    a = x", *lines, "    return np.sum(a)"])


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


def exits(n: int) -> str:
    lines = [
        f"    if y > {1 + k * 0.01}:\n        return y * x\n    y = y + 0.01 * np.sin({k}.0 * x)" for k in range(n)
    ]
    return "\n".join(["def f(x):", "    y = x", *lines, "    return y"])


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


def updates(n: int) -> str:
    lines = ["    t[1:] += t[:-1] * x"] * n
    return "\n".join(["def f(x):", "    t = x * np.ones(3)", *lines, "    return np.sum(t)"])


def check(text: str) -> None:
    f, x, h = made(text), 0.0531, 1e-6
    assert grad(f)(x) == pytest.approx((f(x + h) - f(x - h)) / (2 * h), rel=1e-5)


@pytest.mark.parametrize(
    ("program", "n"),
    [
        (straight, 300),
        (rebinding, 300),
        (overlapping, 100),
        (choices, 60),
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


def work(text: str) -> int:
    """How many functions are called to compile a gradient."""
    profile = cProfile.Profile()
    f = made(text + "  # nobody has compiled this one before")
    profile.enable()
    grad(f).specialise(0.0531)
    profile.disable()
    return sum(entry.callcount for entry in profile.getstats())


@pytest.mark.parametrize(
    "program",
    [
        straight,
        rebinding,
        overlapping,
        choices,
        branches,
        loops,
        elifs,
        terms,
        arguments,
        items,
        carried,
        helpers,
        updates,
    ],
)
def test_compiling_is_linear_in_the_length_of_the_code(program: Any) -> None:
    work(program(80))  # what is loaded and remembered
    assert work(program(80)) < 2.6 * work(program(40))


def nested_loops(n: int) -> str:
    inside = [f"{'    ' * (k + 1)}for i{k} in range(1):\n{'    ' * (k + 2)}u{k} = t * x" for k in range(n)]
    return "\n".join(["def f(x):", "    t = x", *inside, f"{'    ' * (n + 1)}t = t * u0", "    return t"])


def test_compiling_is_not_exponential_in_the_depth_of_loops() -> None:
    work(nested_loops(2))
    assert work(nested_loops(16)) < 3 * work(nested_loops(8))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "n"),
    [
        (straight, 5000),
        (rebinding, 5000),
        (overlapping, 1000),
        (choices, 500),
        (branches, 1250),
        (loops, 1600),
        (elifs, 300),
        (exits, 300),
        (terms, 1000),
        (arguments, 1000),
        (items, 1000),
        (carried, 500),
        (helpers, 300),
    ],
)
def test_very_large(program: Any, n: int) -> None:
    check(program(n))


def test_more_early_exits_than_python_can_nest_share_functions() -> None:
    """The innermost branches are in functions of their own."""
    f, h = made(exits(105)), 1e-6
    g = value_and_grad(f)
    for x in (0.3, 0.9, 1.255, 2.5):
        value, bar = g(x)
        _, dot = jvp(f, (x,), (1.0,))
        assert value == f(x)
        assert [bar, dot] == pytest.approx([(f(x + h) - f(x - h)) / (2 * h)] * 2, rel=1e-5, abs=1e-5)
    assert "grad_f_inside(" in g.source()


@pytest.mark.parametrize("ending", ["return np.sum(a * x)", "a[0] = x[1]"])
def test_branches_that_are_moved_to_functions_update_arrays_in_place(ending: str) -> None:
    lines = [f"    if x[0] > {1 + k * 0.01}:\n        {ending}\n        return np.sum(a * x)" for k in range(110)]
    text = [f"{line}\n    a[{k % 3}] += x[{(k + 1) % 3}] ** 2" for k, line in enumerate(lines)]
    f = made("\n".join(["def f(x):", "    a = np.zeros(3)", *text, "    return np.sum(a * a)"]))
    for x in (np.array([0.3, 0.2, 0.1]), np.array([1.005, 0.2, 0.4]), np.array([1.955, 0.2, 0.4])):
        value, bar = value_and_grad(f)(x)
        assert value == f(x)
        numeric = (f(x * (1 + 1e-6)) - f(x * (1 - 1e-6))) / 2e-6
        assert x @ bar == pytest.approx(numeric, rel=1e-5)


def test_garbage_is_collected_again_after_compiling() -> None:
    grad(made("def f(x):\n    return x * x"))(1.0)
    assert gc.isenabled()
    with pytest.raises(S2SGradError):
        grad(made("def f(x):\n    return str(x)"))(1.0)
    assert gc.isenabled()


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
