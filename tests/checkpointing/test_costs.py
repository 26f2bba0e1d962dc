"""What checkpointing is for: memory that does not grow with the steps, and as few evaluations as possible."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from s2sgrad import checkpoint, checkpointed, grad, value_and_grad, vjp
from tests.checkpointing.measuring import counted, evaluations, peak_memory, rule_of_counted
from tests.ir.test_schedule import PAIRS, optimum


@pytest.fixture(autouse=True)
def rule() -> Iterator[None]:
    with rule_of_counted():
        yield


def steps(x, n, s):
    for _ in checkpointed(range(n), snapshots=s):
        x = counted(x)
    return x


def steps_that_may_stop(x, n, s):
    for _ in checkpointed(range(n), snapshots=s):
        x = counted(x)
        if x > 2:
            break
    return x


@pytest.mark.parametrize(("n", "s"), PAIRS)
def test_no_step_is_computed_more_often_than_necessary(n, s):
    g = grad(steps)
    g(0.5, 2, 1)
    # the n steps of the primal, and those that are computed again; the rule does not need y, so that reversing a step
    # computes nothing more
    assert evaluations(g, 0.5, n, s) == n + optimum(n, s) - (n - 1)


def test_a_loop_that_may_stop_starts_its_schedule_anew():
    g = grad(steps_that_may_stop)
    g(0.5, 2, 1)
    assert evaluations(g, 0.5, 100, 5) == 100 + optimum(100, 5)


def test_what_is_saved_of_a_checkpointed_call_are_its_arguments():
    def four(x):
        return counted(counted(counted(counted(x))))

    def f(x):
        return np.sum(checkpoint(four)(checkpoint(four)(x)))

    _, pullback = vjp(f, np.ones(3))
    assert evaluations(pullback, 1.0) == 6  # each call again, up to the last `counted`, of which only x is needed
    value_and_grad(f)(np.ones(3))
    assert evaluations(value_and_grad(f), np.ones(3)) == 8 + 6


def diffusion(u, n):
    for _ in range(n):
        u = u + 0.1 * np.sin(u) * np.roll(u, 1)
    return np.sum(u)


def checkpointed_diffusion(u, n):
    for _ in checkpointed(range(n), snapshots=10):
        u = u + 0.1 * np.sin(u) * np.roll(u, 1)
    return np.sum(u)


def diffusion_in_place(u, n):
    u = u.copy()
    for _ in checkpointed(range(n), snapshots=10):
        u[1:] += 0.1 * np.sin(u[1:]) * u[:-1]
    return np.sum(u)


def diffusion_within_a_budget(u, n):
    for _ in checkpointed(range(n), memory="100kB"):
        u = u + 0.1 * np.sin(u) * np.roll(u, 1)
    return np.sum(u)


def diffusion_that_may_stop(u, n):
    for _ in checkpointed(range(n), snapshots=10):
        u = u + 0.1 * np.sin(u) * np.roll(u, 1)
        if u[0] > 1e6:
            break
    return np.sum(u)


U, STATE = np.linspace(0, 1, 1000), 8000


@pytest.mark.parametrize(
    "f", [checkpointed_diffusion, diffusion_in_place, diffusion_within_a_budget, diffusion_that_may_stop]
)
def test_memory_is_that_of_the_snapshots(f):
    g = grad(f)
    g(U, 2)
    assert peak_memory(g, U, 300) < 30 * STATE
    assert peak_memory(grad(diffusion), U, 300) > 600 * STATE


def test_memory_of_a_pullback_is_that_of_the_snapshots():
    def run():
        _, pullback = vjp(lambda u: checkpointed_diffusion(u, 300), U)
        pullback(1.0)

    run()
    assert peak_memory(run) < 40 * STATE


def test_by_default_memory_grows_with_the_root_of_the_number_of_steps():
    def f(u, n):
        for _ in checkpointed(range(n)):
            u = u + 0.1 * np.sin(u) * np.roll(u, 1)
        return np.sum(u)

    g = grad(f)
    g(U, 2)
    assert peak_memory(g, U, 400) < (28 + 15) * STATE  # C(28 + 2, 2) = 435 steps


def test_memory_of_checkpointed_functions_is_that_of_their_arguments():
    def block(u):
        for _ in range(50):
            u = u + 0.1 * np.sin(u) * np.roll(u, 1)
        return u

    def f(u):
        for _ in range(6):
            u = checkpoint(block)(u)
        return np.sum(u)

    def plain(u):
        for _ in range(6):
            u = block(u)
        return np.sum(u)

    grad(f)(U)
    grad(plain)(U)
    assert peak_memory(grad(f), U) < 0.4 * peak_memory(grad(plain), U)


def test_what_is_only_read_is_no_part_of_a_snapshot():
    def f(u, table, n):
        total, scale = 0.0, np.sum(table)
        for i in checkpointed(range(n), snapshots=3):
            u = np.sin(u * table[i % 3]) * scale
            total += u
        return total

    g = grad(f)
    g(0.5, np.ones(3), 4)
    assert "snapshots.append((i, u))" in g.source()
