"""The choice of np.where is made last: what was not chosen has the derivative zero, not NaN."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from s2sgrad import grad, jvp

X = np.array([0.0, 0.7, 1.5])


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """The primal computes infinities in the branch that it does not choose, and says so."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def logarithm(x: Any) -> Any:
    return np.where(x > 0, np.log(x), 0.0)


def quotient(x: Any) -> Any:
    return np.where(x > 0, x / x * np.sqrt(x), 0.0)


def chain(x: Any) -> Any:
    return np.where(x > 0, np.sqrt(np.log(1 + x) / x), x)


def nested(x: Any) -> Any:
    t = np.log(x)
    return np.where(x > 1, t, np.where(x > 0.5, 2 * t, x))


def overwritten(x: Any) -> Any:
    y = np.log(x)
    y[x <= 0] = 0.0
    return y * y


def overwritten_item(x: Any) -> Any:
    y = np.log(x)
    y[0] = 0.0
    return y * y


def masked(x: Any) -> Any:
    y = np.zeros(len(x))
    y[x > 0] = np.log(x[x > 0])
    return y


def rows(x: Any) -> Any:
    A = np.outer(x, np.ones(3))
    return np.where(x > 0, np.sum(np.log(A), axis=1), 0.0) ** 2


def normalised(x: Any) -> Any:
    A = np.outer(x, np.array([1.0, 2.0]))
    n = np.linalg.norm(A, axis=1, keepdims=True)
    return np.where(n > 0, A / n, 0.0)[:, 1] * x


def powers(x: Any) -> Any:
    return np.where(x > 0, x**0.5, 0.0) + np.where(x > 0, x**x, 0.0)


def all_or_nothing(x: Any) -> Any:
    return np.where(np.all(x > 0), np.sum(np.log(x)), 0.0)


def entry_by_entry(x: Any) -> Any:
    total = 0.0
    for i in range(len(x)):
        total = total + np.where(x[i] > 0, np.log(x[i]) / x[i], 0.0)
    return total


CASES = [
    logarithm,
    quotient,
    chain,
    nested,
    overwritten,
    overwritten_item,
    masked,
    rows,
    normalised,
    powers,
    all_or_nothing,
    entry_by_entry,
]


@pytest.mark.parametrize("f", CASES)
def test_first_order(f: Callable[..., Any]) -> None:
    """The entries that are chosen have the derivatives that they have without the zero, in both modes."""
    g = grad(lambda x: np.sum(f(x)))
    x_bar = g(X)
    assert np.all(np.isfinite(x_bar))
    if f is not all_or_nothing:
        assert x_bar[1:] == pytest.approx(g(np.array([0.3, 0.7, 1.5]))[1:])
    _, y_dot = jvp(lambda x: np.sum(f(x)), (X,), (np.array([1.0, 2.0, 3.0]),))
    assert y_dot == pytest.approx(x_bar @ [1.0, 2.0, 3.0])


@pytest.mark.parametrize("f", [f for f in CASES if f is not entry_by_entry])
def test_second_order(f: Callable[..., Any]) -> None:
    h = grad(lambda x: np.sum(grad(lambda t: np.sum(f(t)))(x) * np.array([1.0, 2.0, 3.0])))
    assert np.all(np.isfinite(h(X)))
    if f is not all_or_nothing:
        assert h(X)[1:] == pytest.approx(h(np.array([0.3, 0.7, 1.5]))[1:], abs=1e-12)


@pytest.mark.parametrize("x", [0.0, np.float64(0.0), np.array(0.0)], ids=["float", "float64", "0-d"])
def test_numbers(x: Any) -> None:
    assert grad(lambda x: np.where(x > 0, np.log(x), 0.0))(x) == 0.0
    assert grad(lambda x: np.where(x > 0, np.sqrt(x) * np.log(x) / x, x))(x) == 1.0


def test_how_it_reads() -> None:
    g = grad(lambda x: np.sum(np.where(x > 0, np.log(x), np.sin(x))))
    assert g.source(X).splitlines()[-1] == "    return np.where(x > 0, 1.0 / x, np.cos(x))"


def test_what_is_chosen_keeps_its_infinities() -> None:
    assert grad(lambda x: np.sum(np.where(x >= 0, np.sqrt(x), 0.0)))(X)[0] == np.inf
