"""Effects happen as often, and in the order, as in the primal: never again in the backward part."""

from __future__ import annotations

import io
import logging
import random
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

import numpy as np
import pytest

from s2sgrad import grad, jvp, value_and_grad, vjp

LOG: list[Any] = []
LOGGER = logging.getLogger("s2sgrad.tests.effects")


def note(*what):
    LOG.append(what)


def tick():
    LOG.append("tick")
    return len(LOG)


def noisy(x):
    note("noisy")
    return x * np.random.rand()


def printing(x):
    print("a", x)
    y = x * x
    for i in range(3):
        print(i, y)
        y = np.sin(y) * x
        if i == 1:
            note("i", i)
    return y * x


def logging_(x):
    LOGGER.info("x=%s", x)
    LOGGER.debug(f"{x:.2f}")
    for i in range(2):
        LOGGER.warning("i %d", i)
        x = x * x
    return x


def draws(x):
    y = x * np.random.normal()
    for _ in range(4):
        y = y + np.random.rand() * np.sin(y)
    return y * random.random()


def draws_that_decide(x):
    y = 0.0
    while np.random.rand() < 0.8:
        y = y + np.sin(x) * np.random.rand()
        note("again")
    return y * x


def draws_of_helpers(x):
    y = noisy(x)
    return y * noisy(y) + noisy(x)


def recursive(x, n=3):
    note("recursive", n)
    return x * np.random.rand() if n == 0 else np.sin(recursive(x, n - 1)) * x


def branches(x):
    if x > 1.0:
        note("large")
        y = x * np.random.rand()
    else:
        note("small")
        y = x
    return y * y


def counters(x):
    c = tick()
    y = x * c
    _ = tick()
    return y * tick() * x


def short_circuits(x):
    y = x * x
    z = tick() > 100 and tick() > 0
    return y * x if z or tick() > 0 else y


def comprehensions(x):
    return sum(x * np.random.rand() for _ in range(3)) * x + len([note(k) for k in range(2)])


def a_seed_inside(x):
    np.random.seed(4)
    return x * np.random.rand()


def a_generator_inside(x):
    rng = np.random.default_rng(5)
    order = rng.permutation(3)
    return np.sum(np.array([x, x * x, 1.0])[order] * rng.normal(size=3))


PROGRAMS = [printing, logging_, draws, draws_that_decide, draws_of_helpers, recursive, branches, counters]
PROGRAMS += [short_circuits, comprehensions, a_seed_inside, a_generator_inside]


class _Handler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        LOG.append(record.getMessage())


@pytest.fixture(autouse=True)
def logged(monkeypatch: pytest.MonkeyPatch) -> Any:
    handler = _Handler()
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.DEBUG)
    monkeypatch.setattr(LOGGER, "propagate", False)
    yield
    LOGGER.removeHandler(handler)


def effects_of(call: Callable[[], Any]) -> tuple[Any, str, list[str]]:
    """The result of a call, what it prints, and what it logs, from one state of the random generators."""
    LOG.clear()
    np.random.seed(3)
    random.seed(3)
    with redirect_stdout(io.StringIO()) as printed:
        result = call()
    return result, printed.getvalue(), list(map(repr, LOG))


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_as_often_and_in_order(f: Callable[..., Any]) -> None:
    expected, printed, logged = effects_of(lambda: f(1.5))
    assert printed or logged or "random" in f.__code__.co_names
    for kind, call in {
        "grad": lambda: grad(f)(1.5),
        "value_and_grad": lambda: value_and_grad(f)(1.5),
        "jvp": lambda: jvp(f, (1.5,), (1.0,)),
        "vjp": lambda: vjp(f, 1.5)[0],
        "second": lambda: grad(grad(f))(1.5),
    }.items():
        result, *effects = effects_of(call)
        assert effects == [printed, logged], kind
        if kind in ("value_and_grad", "jvp"):
            assert result[0] == expected
    gradient = effects_of(lambda: grad(f)(1.5))[0]
    up, down = (effects_of(lambda: f(1.5 + h))[0] for h in (1e-6, -1e-6))
    assert gradient == pytest.approx((up - down) / 2e-6, rel=1e-5)  # with the draws of the forward part


def test_a_generator_as_an_argument_goes_on_as_in_the_primal() -> None:
    def f(x: Any, rng: Any) -> Any:
        y = 0.0
        for _ in range(4):
            y = y + rng.normal() * np.sin(x * rng.uniform())
        return y * np.sum(rng.normal(size=3))

    one, other = np.random.default_rng(0), np.random.default_rng(0)
    assert value_and_grad(f)(1.5, one)[0] == f(1.5, other)
    assert one.random() == other.random()


def test_the_order_of_arguments() -> None:
    def f(x: Any) -> Any:
        return pick(1, x) * pick(2, x) + pick(4, pick(3, 2.0))

    def pick(n: int, value: Any) -> Any:
        note(n)
        return value

    assert effects_of(lambda: f(1.5))[2] == effects_of(lambda: grad(f)(1.5))[2] == ["(1,)", "(2,)", "(3,)", "(4,)"]


def test_warnings() -> None:
    def f(x: Any) -> Any:
        warnings.warn("once", stacklevel=1)
        return x * x

    with pytest.warns(UserWarning, match="once") as caught:
        assert grad(f)(2.0) == 4.0
    assert len(caught) == 1
