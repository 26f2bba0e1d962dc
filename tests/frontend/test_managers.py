"""``with``: NumPy's contexts, `suppress`, instances of one's own classes, generators made context managers."""

from __future__ import annotations

import contextlib
import math

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad
from s2sgrad.errors import S2SGradError
from tests.frontend.checking import N, check


class Scale:
    """Multiplies; counts how often it was left."""

    def __init__(self, by):
        self.by = by
        self.left = 0

    def __enter__(self):
        self.by = self.by * 2.0
        return self

    def __exit__(self, kind, error, trace):
        self.left += 1
        self.by = 1.0

    def __call__(self, x):
        return self.by * x


class Swallow:
    def __init__(self, kind):
        self.kind = kind

    def __enter__(self):
        return None

    def __exit__(self, kind, error, trace):
        return kind is not None and issubclass(kind, self.kind)


@contextlib.contextmanager
def scaled(x, by=2.0):
    y = x * by
    yield y
    y = y * 0.0


@contextlib.contextmanager
def logged(log):
    log.append(1.0)
    try:
        yield len(log)
        log.append(2.0)
    finally:
        log.append(3.0)
    log.append(4.0)


def instance(x):
    scale = Scale(x)
    with scale as s:
        y = s(x)
    return y * scale.left + scale(x)


def left_by_return(x, n):
    scale = Scale(x)
    for i in range(n):
        with scale:
            if i == 2:
                return scale(x) * i
            if i == 0:
                continue
            x = scale(x)
    return x


def generated(x):
    with scaled(x) as y, scaled(y, by=x) as z:
        w = z * y
    return np.sum(w * x)


def generated_with_finally(x):
    log = []
    with logged(log) as n:
        x = x * n
        log.append(x)
    return np.sum(x * log[1] * len(log)) + log[-1] * log[-2]


def nothing(x):
    with contextlib.nullcontext(x * 2.0) as y, contextlib.nullcontext():
        return y * x


def suppressed(x):
    y = 3.0 * x
    with contextlib.suppress(ValueError, KeyError):
        y = math.sqrt(x) * x
    return y * y


def suppressed_for_certain(x):
    y = x
    with contextlib.suppress(TypeError):
        y = x * x
        x[0] = 1.0
        y = x * 100.0
    return np.sum(y)


def numpy_settings(x):
    with np.errstate(all="ignore"), np.printoptions(precision=3):
        y = np.log(x)
        y = y * x
    return np.sum(y)


@pytest.mark.parametrize(
    "program",
    [
        (instance, 1.5),
        (left_by_return, 0.7, 5),
        (left_by_return, 0.7, 2),
        (generated, 1.5),
        (generated, N),
        (generated_with_finally, 1.5),
        (nothing, 1.5),
        (suppressed, 1.5),
        (suppressed, -1.5),
        (suppressed_for_certain, 1.5),
        (numpy_settings, N),
    ],
    ids=lambda p: p[0].__name__,
)
def test_derivatives(program):
    function, *args = program
    check(function, *args)


@contextlib.contextmanager
def _in_a_branch(x):
    if x > 0.0:
        yield x
    else:
        yield -x


def _branching(x):
    with _in_a_branch(x) as y:
        return y


def _swallowing(x):
    y = x
    with Swallow(ValueError):
        y = math.sqrt(x)
        y = math.sqrt(x - 7.0)
    return y


@pytest.mark.parametrize(("function", "says"), [(_branching, "yields inside"), (_swallowing, "`y` may have changed")])
def test_refused(function, says):
    with pytest.raises(S2SGradError, match=says):
        grad(function)(1.5)


class Note:
    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        print("left by", kind)


def test_leaving_is_told_what_was_raised(capsys):
    def f(x):
        with Note():
            return math.sqrt(x)

    with pytest.raises(ValueError, match="domain|nonnegative"):
        grad(f)(-1.0)
    assert capsys.readouterr().out == "left by <class 'ValueError'>\n"
    assert grad(f)(4.0) == 0.25
    assert capsys.readouterr().out == "left by None\n"


class Pool:
    """As SciPy has one: it is closed only if it was opened."""

    def __init__(self, workers):
        self.opened = workers is not map
        self.run = workers

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if self.opened:
            self.run.close()
            return kind is ValueError
        return False


def test_a_manager_that_has_nothing_to_do_may_hold_a_generator():
    def f(x):
        def steps(x):
            for k in range(2):
                yield x * (k + 1.0)

        with Pool(map) as pool:
            total = sum(pool.run(lambda y: y * y, steps(x)))
        return total

    check(f, 0.7)


def test_a_manager_that_the_block_gives_something_to_do():
    class Closing:
        def close(self):
            CLOSED.append(1)

    def f(x):
        with Pool(map) as pool:
            y = x * x
            pool.opened, pool.run = True, closing
        return y

    closing = Closing()
    CLOSED.clear()
    assert value_and_grad(f)(1.5) == (2.25, 3.0)
    assert CLOSED == [1]


CLOSED = []
