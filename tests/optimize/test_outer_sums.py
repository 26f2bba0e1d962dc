"""Sums of outer products that leave their loop: for any number of steps, and only where the rows are there anyway."""

from __future__ import annotations

import numpy as np
import pytest

import s2sgrad
from s2sgrad.testing import check_grads

RNG = np.random.default_rng(5)
W, U, B = RNG.normal(size=(3, 3)) / 2, RNG.normal(size=(3, 2)), RNG.normal(size=3)


def recurrent(W, U, b, xs):
    h = np.zeros(3)
    total = 0.0
    for t in range(len(xs)):
        h = np.tanh(W @ h + U @ xs[t] + b)
        total += np.sum(h**2)
    return total


def source(f, *args, argnums=0):
    derivative = s2sgrad.grad(f, argnums=argnums)
    derivative(*args)
    return derivative.source()


@pytest.mark.parametrize("steps", [0, 1, 2, 7])
def test_a_recurrent_network(steps):
    args = (W, U, B, RNG.normal(size=(steps, 2)))
    found = s2sgrad.grad(recurrent, argnums=(0, 1, 2))(*args)
    assert [np.shape(x) for x in found] == [(3, 3), (3, 2), (3,)]
    check_grads(recurrent, args, order=2, modes=("forward", "reverse"))


def test_each_matrix_gets_one_product():
    text = source(recurrent, W, U, B, RNG.normal(size=(4, 2)), argnums=(0, 1, 2))
    assert "np.outer" not in text
    assert "W_bar = t @ h_rows" in text and "U_bar = t @ xs" in text
    assert "b_bar = t_bar_rows.sum(axis=0)" in text


def test_only_as_many_rows_as_there_were_steps():
    def f(W, xs, n):
        h = np.ones(3)
        for t in range(n):
            h = np.sin(W @ h) + xs[t]
        return np.sum(h)

    xs = RNG.normal(size=(5, 3))
    for n in (0, 3, 5):
        check_grads(lambda W, xs, n=n: f(W, xs, n), (W, xs), order=2)
    assert s2sgrad.grad(f)(W, xs, -2).tolist() == np.zeros((3, 3)).tolist()
    assert "max(n, 0)" in source(f, W, xs, 3)


def test_several_uses_of_a_matrix_in_a_step():
    def f(W, xs):
        h = np.ones(3)
        for t in range(len(xs)):
            h = np.tanh(W @ h) * xs[t] + W @ xs[t]
        return np.sum(h)

    check_grads(f, (W, RNG.normal(size=(3, 3))), order=2)
    assert "np.outer" not in source(f, W, RNG.normal(size=(3, 3)))


@pytest.mark.parametrize("dtype", [np.float32, np.complex128])
def test_other_types_of_numbers(dtype):
    def f(W, xs):
        h = np.zeros(3, W.dtype)
        for t in range(len(xs)):
            h = np.sin(W @ h + xs[t])
        return np.sum(np.abs(h) ** 2)

    args = W.astype(dtype), RNG.normal(size=(4, 3)).astype(dtype)
    assert s2sgrad.grad(f)(*args).dtype == dtype
    check_grads(f, (args[0].astype(np.result_type(dtype, float)), args[1]), order=1)


def test_rows_that_are_not_there_are_not_kept():
    """Nothing is saved here but a number of each step: a matrix of all vectors would be what takes most memory."""

    def f(W, v, n):
        total = 0.0
        for k in range(n):
            total = np.sin(total + v @ W @ v * k)
        return total

    check_grads(lambda W, v: f(W, v, 4), (W, B), order=2)
    assert "_rows" not in source(f, W, B, 4)


def test_a_matrix_that_a_step_reads_stays_in_the_loop():
    def f(W, xs):
        h = np.ones(3)
        for t in range(len(xs)):
            h = np.tanh(W @ h) + xs[t]
            W = W * 0.9
        return np.sum(h)

    check_grads(f, (W, RNG.normal(size=(4, 3))), order=2)
    assert "_rows" not in source(f, W, RNG.normal(size=(4, 3)))


def test_steps_that_are_computed_again_keep_no_rows_of_all():
    def f(W, h, n):
        for _ in s2sgrad.checkpointed(range(n), snapshots=3):
            h = np.tanh(W @ h)
        return np.sum(h)

    check_grads(lambda W, h: f(W, h, 9), (W, B), order=1)
    assert "_rows" not in source(f, W, B, 9)


def test_a_loop_in_a_loop():
    def f(W, xs):
        total = 0.0
        for i in range(2):
            h = np.ones(3) * i
            for t in range(len(xs)):
                h = np.tanh(W @ h + xs[t])
            total += np.sum(h * h)
        return total

    check_grads(f, (W, RNG.normal(size=(3, 3))), order=2)


def test_an_initial_value_that_is_not_zero():
    def f(W, xs):
        h = np.ones(3)
        for t in range(len(xs)):
            h = np.tanh(W @ h + xs[t])
        return np.sum(h) + np.sum(W**2)

    check_grads(f, (W, RNG.normal(size=(3, 3))), order=2)
    check_grads(lambda W, xs: f(W, xs), (W, np.ones((0, 3))), order=2)
