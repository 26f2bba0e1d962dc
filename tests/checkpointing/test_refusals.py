"""What cannot be computed again, or cannot be kept, is refused; what is printed is printed once."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import checkpoint, checkpointed, grad, value_and_grad
from s2sgrad.checkpointing.loops import bytes_in
from s2sgrad.errors import MutationError, TypeMismatch, UnsupportedCall, UnsupportedSyntax


def loop_that_prints(x, n):
    for i in checkpointed(range(n), snapshots=2):
        print("step", i)
        x = np.sin(x)
    return x


def function_that_prints(x, n):
    def noisy(x):
        print("step", n)
        return np.sin(x)

    return checkpoint(noisy)(x)


def both_print(x, n):
    @checkpoint
    def inner(x, i):
        print("inside", i)
        return np.sin(x)

    @checkpoint
    def step(x, i):
        print("in step", i)
        return inner(x, i)

    for i in checkpointed(range(n), snapshots=2):
        print("step", i)
        x = step(x, i) * x
    return x


@pytest.mark.parametrize("f", [loop_that_prints, function_that_prints, both_print])
def test_what_is_printed_is_printed_once(f, capsys):
    f(0.3, 5)
    expected = capsys.readouterr().out
    value_and_grad(f)(0.3, 5)
    assert capsys.readouterr().out == expected


def loop_with_draws(x, n):
    rng = np.random.default_rng(1)
    for _ in checkpointed(range(n)):
        x = np.sin(x) * rng.normal()
    return x


def function_with_draws(x, n):
    return n * checkpoint(lambda t: np.sin(t) * np.random.normal())(x)


def recursion_with_draws(x, n):
    def draw(n):
        return x if n == 0 else np.random.normal() * draw(n - 1)

    for _ in checkpointed(range(n)):
        x = np.sin(x) * draw(n)
    return x


@pytest.mark.parametrize("f", [loop_with_draws, function_with_draws, recursion_with_draws])
def test_random_draws_are_refused(f):
    with pytest.raises(UnsupportedCall, match="runs again in reverse, but its result may be another then"):
        grad(f)(0.3, 5)


def loop_over_draws(x, n):
    for noise in checkpointed(np.random.default_rng(1).normal(size=n), snapshots=2):
        x = np.sin(x) * noise
    return x


def test_draws_that_are_made_before_are_no_problem():
    value, x_bar = value_and_grad(loop_over_draws)(0.3, 6)
    assert value == loop_over_draws(0.3, 6)
    h = 1e-6
    numerical = (loop_over_draws(0.3 + h, 6) - loop_over_draws(0.3 - h, 6)) / (2 * h)
    np.testing.assert_allclose(x_bar, numerical, rtol=1e-7)


def test_a_function_that_writes_into_its_argument_is_refused():
    def write(u):
        u[0] = 1.0
        return np.sin(u)

    with pytest.raises(MutationError, match="a checkpointed function changes an array"):
        grad(lambda u: np.sum(checkpoint(write)(u)))(np.ones(3))


def test_a_function_that_returns_a_function_is_refused():
    with pytest.raises(UnsupportedCall, match="a checkpointed function returns a function"):
        grad(lambda x: checkpoint(lambda t: lambda: t * x)(x)())(0.3)


def test_a_loop_that_is_unrolled_is_refused():
    def f(x):
        y = 1.0
        for t in checkpointed((x, np.sin(x), 2.0)):
            y = y * t
        return y

    with pytest.raises(UnsupportedCall, match="unrolled, and cannot be checkpointed"):
        grad(f)(0.3)


def test_a_state_that_cannot_be_kept_is_refused():
    def f(x, n):
        label = "a"
        for _ in checkpointed(range(n)):
            x = np.sin(x) * len(label)
            label = label + "b"
        return x

    with pytest.raises(UnsupportedCall, match="`label`, which it changes, is neither a number nor an array"):
        grad(f)(0.3, 3)


def test_a_state_that_starts_in_the_loop_is_refused():
    def f(x, n):
        for i in checkpointed(range(n)):
            if i == 0:
                y = x
            y = np.sin(y) * y
        return y

    with pytest.raises(UnsupportedCall, match="`y`, which its iterations read, is not assigned before it"):
        grad(f)(0.3, 3)


def test_only_a_loop_can_be_checkpointed():
    def inside_zip(x, n):
        for i, _ in zip(checkpointed(range(n)), range(9), strict=False):
            x = np.sin(x) + i
        return x

    def condition(x, n):
        while checkpointed(n > 0):
            x, n = np.sin(x), n - 1
        return x

    for f in (inside_zip, condition):
        with pytest.raises(UnsupportedSyntax, match="a checkpointed iterable"):
            grad(f)(0.3, 3)


def test_settings_that_make_no_sense():
    def f(x, s, m):
        for _ in checkpointed(range(3), snapshots=s, memory=m):
            x = np.sin(x)
        return x

    for settings, error, message in [
        ((0, None), ValueError, "at least one snapshot, not snapshots=0"),
        ((None, "much"), ValueError, "memory='much' is not a size"),
        ((3, "1MB"), TypeError, "not both"),
    ]:
        with pytest.raises(error, match=message):
            f(0.3, *settings)
        with pytest.raises((error, TypeMismatch), match=message):
            grad(f)(0.3, *settings)
    with pytest.raises(ValueError, match="do not hold one state"):
        grad(lambda u: np.sum(f(u, None, "2kB") * u))(np.ones(1000))


def test_settings_that_only_running_knows():
    def f(x, n, s):
        for _ in checkpointed(range(n), snapshots=s):
            x = np.sin(x) * x
        return x

    assert grad(f)(1.3, 5, 1) == grad(f)(1.3, 5, 4)
    with pytest.raises(ValueError, match="at least one snapshot"):
        grad(f)(1.3, 5, -1)


@pytest.mark.parametrize(
    ("text", "size"), [("200MB", 200_000_000), ("1.5GiB", 3 * 2**29), ("10 kB", 10_000), (" 7 ", 7), (12, 12)]
)
def test_sizes(text, size):
    assert bytes_in(text) == size
