"""What the backward part reads again from an array that was written in loops, and what it must not."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import s2sgrad
from s2sgrad.testing import assert_grads

X = np.array([0.9, 1.3, 0.7, 1.1, 1.4, 0.8])
M = np.arange(16.0).reshape(4, 4) / 7.0 + 5.0 * np.eye(4)

READ: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
SAVED: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []


def read(*args: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The gradient of this function saves nothing."""
    return lambda f: READ.append((f, args)) or f  # type: ignore[func-returns-value]


def saved(*args: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The gradient of this function has to save something: it is overwritten."""
    return lambda f: SAVED.append((f, args)) or f  # type: ignore[func-returns-value]


# -- each place is written once ----------------------------------------------------------------------------


@read(X)
def recurrence(x):
    p = np.empty(len(x))
    p[0] = x[0]
    for i in range(1, len(x)):
        p[i] = x[i] * p[i - 1] * p[i - 1]
    return p[len(x) - 1]


@read(X)
def descending(x):
    n = len(x)
    p = np.zeros(n + 1)
    p[n] = 1.0
    for i in range(n - 1, -1, -1):
        p[i] = x[i] * p[i + 1] * p[i + 1]
    return p[0]


@read(X)
def in_steps_of_two(x):
    p = x * 1.0
    for i in range(2, len(x), 2):
        p[i] = p[i - 2] * p[i - 1] * x[i]
    return np.sum(p)


@read(M)
def factors(A):
    A = A.copy()
    n = len(A)
    for k in range(n):
        for i in range(k + 1, n):
            A[i, k] /= A[k, k]
            for j in range(k + 1, n):
                A[i, j] -= A[i, k] * A[k, j]
    return np.sum(A * A)


@read(M)
def factors_by_rows(A):
    A = A.copy()
    for k in range(len(A) - 1):
        A[k + 1 :, k] /= A[k, k]
        A[k + 1 :, k + 1 :] -= np.outer(A[k + 1 :, k], A[k, k + 1 :])
    return np.sum(A * A)


@read(M @ M.T)
def lower_factor(A):
    n = len(A)
    L = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            s = A[i, j]
            for k in range(j):
                s -= L[i, k] * L[j, k]
            if i == j:
                L[i, i] = math.sqrt(s)
            else:
                L[i, j] = s / L[j, j]
    return np.sum(L * L)


@read(X)
def stored_in_one_branch(x):
    p = np.ones(len(x))
    for i in range(1, len(x)):
        if x[i] > 1.0:
            p[i] = p[i - 1] * p[i - 1] * x[i]
    return np.sum(p)


@read(X)
def after_an_early_end(x):
    p = np.ones(len(x))
    for i in range(1, len(x)):
        p[i] = p[i - 1] * p[i - 1] * x[i]
        if i == 3:
            break
    return np.sum(p)


@read(X)
def a_list_that_grows(x):
    p = [x[0]]
    for i in range(1, len(x)):
        p.append(p[i - 1] * p[i - 1] * x[i])
    return p[len(x) - 1]


@read(X, 4)
def rows_of_a_table(x, n):
    T = np.zeros((n, len(x)))
    T[0] = x
    for t in range(1, n):
        T[t] = T[t - 1] * T[t - 1] * 0.5
    return np.sum(T[n - 1])


@read(X, 0)
def no_iterations(x, n):
    p = x * 1.0
    for i in range(1, n):
        p[i] = p[i - 1] * p[i - 1]
    return np.sum(p)


# -- a place is written again, or may be --------------------------------------------------------------------


@saved(X)
def overwritten_by_a_later_iteration(x):
    p = x * 1.0
    for i in range(1, len(x) - 1):
        p[i + 1] = p[i] * p[i] * x[i]
        p[i - 1] = 0.1 * p[i]
    return np.sum(p)


@saved(X)
def overwritten_in_the_same_iteration(x):
    p = x * 1.0
    for i in range(len(x)):
        t = p[i]
        p[i] = t * t * t
    return np.sum(p)


@saved(X)
def overwritten_in_the_other_direction(x):
    p = x * 1.0
    for i in range(len(x) - 1, 0, -1):
        p[i] = p[i - 1] * p[i - 1] * p[i - 1]
    return np.sum(p)


@saved(X)
def overwritten_by_a_later_loop(x):
    p = x * 1.0
    for i in range(1, len(x)):
        p[i] = p[i - 1] * p[i - 1] * x[i]
    for i in range(len(x)):
        p[i] = p[i] * p[i] * p[i]
    return np.sum(p)


@saved(X, 3)
def swept_again(x, n):
    p = x * 1.0
    for _ in range(n):
        for i in range(1, len(x)):
            p[i] = p[i - 1] * p[i - 1] * 0.5
    return np.sum(p)


@saved(X, -1)
def counted_from_the_end(x, k):
    p = x * 1.0
    for i in range(len(x) - 1):
        p[i] = p[i + k] * p[i + k] * x[i]
    return np.sum(p)


@saved(X, np.array([1, 1, 3, 2]))
def where_an_array_says(x, at):
    p = x * 1.0
    for i in range(4):
        p[at[i]] = p[i] * p[i] * x[i]
    return np.sum(p)


@saved(X)
def through_a_view(x):
    p = x * 1.0
    tail = p[1:]
    for i in range(1, len(x) - 1):
        tail[i] = p[i] * p[i] * x[i]
        tail[i - 1] = 0.5 * x[i]
    return np.sum(p)


@saved(X)
def overwritten_by_a_slice(x):
    p = x * 1.0
    for i in range(1, len(x)):
        t = p[i - 1]
        p[i] = t * t * x[i]
        p[: i + 1] = 0.5 * p[: i + 1]
    return np.sum(p)


@saved(X)
def overwritten_in_a_branch(x):
    p = x * 1.0
    for i in range(1, len(x)):
        t = p[i - 1]
        p[i] = t * t * x[i]
        if i % 2:
            p[i - 1] = 1.0
    return np.sum(p)


@saved(X)
def counted_in_a_while(x):
    p = x * 1.0
    i = 1
    while i < len(x):
        p[i] = p[i - 1] * p[i - 1] * x[i]
        p[i - 1] = x[i]
        i += 1
    return np.sum(p)


@saved(X)
def a_list_that_is_rewritten(x):
    p = [1.0 * x[i] for i in range(len(x))]
    for i in range(1, len(x)):
        p[i] = p[i - 1] * p[i - 1] * x[i]
        p[i - 1] = x[i]
    return p[2]


@saved(X)
def a_stack(x):
    p = [x[0]]
    total = 0.0
    for i in range(1, len(x)):
        p.append(p[-1] * p[-1] * x[i])
        total += p.pop() * p[-1]
        p[0] = p[0] * x[i]
    return total


@saved(X.astype(np.float32))
def rounded_when_stored(x):
    p = np.zeros(len(x), np.float32)
    total = 0.0
    for i in range(len(x)):
        t = math.exp(float(x[i]))
        p[i] = t
        total += t * t * t
    return total + float(np.sum(p))


@saved(M)
def a_row_that_is_broadcast(A):
    A = A.copy()
    for k in range(1, len(A)):
        row = np.tanh(0.1 * A[k - 1])
        A[k - 1 : k + 1] = row
    return np.sum(A * A)


def is_saved(f: Callable[..., Any], args: tuple[Any, ...]) -> bool:
    gradient = s2sgrad.grad(f)
    gradient(*args)
    return "saved" in gradient.source()


@pytest.mark.parametrize(("f", "args"), READ, ids=[f.__name__ for f, _ in READ])
def test_nothing_is_saved_that_can_be_read_again(f: Callable[..., Any], args: tuple[Any, ...]) -> None:
    assert not is_saved(f, args)
    assert_grads(f, *args)


@pytest.mark.parametrize(("f", "args"), SAVED, ids=[f.__name__ for f, _ in SAVED])
def test_what_is_overwritten_is_saved(f: Callable[..., Any], args: tuple[Any, ...]) -> None:
    assert is_saved(f, args)
    if f is not rounded_when_stored:  # differences of single precision tell nothing
        assert_grads(f, *args)


def test_what_was_rounded_is_not_taken_for_what_was_computed() -> None:
    x = X.astype(np.float32)
    exact = s2sgrad.grad(lambda x: sum(math.exp(float(v)) ** 3 for v in x) + float(np.sum(np.exp(x))))(x)
    np.testing.assert_allclose(s2sgrad.grad(rounded_when_stored)(x), exact, rtol=1e-5)


def test_python_numbers_are_python_numbers_again() -> None:
    def f(x):
        p = np.zeros(len(x))
        for i in range(len(x)):
            p[i] = math.exp(x[i])
        return np.sum(p)

    gradient = s2sgrad.grad(f)
    np.testing.assert_allclose(gradient(X), np.exp(X))
    assert "float(p[i])" in gradient.source()


def test_the_last_version_is_kept_where_the_author_goes_on_writing() -> None:
    def f(x):
        p = x * 1.0
        for i in range(1, len(x)):
            p[i] = p[i - 1] * p[i - 1] * x[i]
        total = np.sum(p)
        p[:] = 0.0
        return total + p[0]

    assert_grads(f, X)


def test_a_loop_that_raises_reads_nothing() -> None:
    def f(x, n):
        p = np.ones(len(x))
        try:
            for i in range(1, n):
                p[i] = p[i - 1] * p[i - 1] * x[i]
        except IndexError:
            return np.sum(x) * x[0]
        return np.sum(p)

    assert_grads(f, X, 9)
    assert_grads(f, X, 4)


def test_a_value_is_not_made_of_what_is_made_of_it() -> None:
    def f(x):
        at = np.zeros(8, int)
        total = 0.0
        for i in range(len(x)):
            k = int(x[i] * 4.0)
            at[k] = k
            total += x[i] ** k
        return total + at[3]

    assert_grads(f, X)
