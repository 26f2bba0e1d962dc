"""Threads that ask at once: each signature is compiled once, and nobody sees half of it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from s2sgrad import grad, pipeline, value_and_grad

COUNT = 16


@pytest.fixture(autouse=True)
def quick_switches(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("S2SGRAD_CACHE", "0")
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is compiled while the test runs."""
    made: list[Any] = []
    compile_derivative = pipeline.compile_derivative
    monkeypatch.setattr(pipeline, "compile_derivative", lambda *args: made.append(args) or compile_derivative(*args))
    return made


def at_once(tasks: list[Callable[[], Any]]) -> list[Any]:
    """The results of tasks that start together."""
    barrier = threading.Barrier(len(tasks))
    results: list[Any] = [None] * len(tasks)

    def run(k: int) -> None:
        barrier.wait()
        try:
            results[k] = tasks[k]()
        except Exception as error:
            results[k] = error

    threads = [threading.Thread(target=run, args=(k,)) for k in range(len(tasks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    return results


def test_one_derivative(compiled: list[Any]) -> None:
    g = grad(lambda x: np.sum(np.sin(x) * x))
    x = np.arange(3.0)
    results = at_once([lambda: g(x)] * COUNT)
    expected = np.cos(x) * x + np.sin(x)
    assert all(np.allclose(r, expected) for r in results) and len(compiled) == 1


def test_one_derivative_for_several_signatures(compiled: list[Any]) -> None:
    def power(x: Any, n: int, mode: str = "a") -> Any:
        return np.sum(x**n) if mode == "a" else np.sum(x) * n

    g = grad(power)
    args = [(1.5, 2), (1.5, 3), (np.ones(3), 2), (np.ones((2, 2)), 2, "b"), (1.5, 2, "b")]
    results = at_once([lambda a=a: g(*a) for a in args * 3])
    for a, result in zip(args * 3, results, strict=True):
        assert np.allclose(result, g(*a))
    assert len(compiled) == 4


def test_different_derivatives(compiled: list[Any]) -> None:
    def scaled(k: float) -> Any:
        return grad(lambda x: k * x * x)

    results = at_once([lambda k=k: scaled(float(k))(1.0) for k in range(COUNT)])
    assert results == [2.0 * k for k in range(COUNT)] and len(compiled) == COUNT


def test_globals_that_change_meanwhile() -> None:
    world: dict[str, Any] = {"scale": 1.0}
    g = value_and_grad(lambda x: x * x * world["scale"])

    def call() -> bool:
        for k in range(200):
            world["scale"] = [1.0, 2, np.float32(3.0)][k % 3]
            value, gradient = g(1.0)
            if value not in (1.0, 2.0, 3.0) or gradient not in (2.0, 4.0, 6.0):
                return False
        return True

    assert at_once([call] * 4) == [True] * 4


def test_an_interrupt_while_compiling_leaves_nothing_half_done(monkeypatch: pytest.MonkeyPatch) -> None:
    g = grad(lambda x: np.sin(x) * x)
    emit = pipeline.emit

    def interrupted(*args: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "emit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        g(1.0)
    monkeypatch.setattr(pipeline, "emit", emit)
    assert at_once([lambda: g(1.0)] * 4) == [g(1.0)] * 4
