"""A handler sees what the body of its ``try`` had changed when something in it raised."""

import math

import numpy as np
import pytest

from s2sgrad import grad
from s2sgrad.errors import UnsupportedSyntax
from tests.frontend.checking import N, check


def sum_until_the_end(x):
    total = 0.0
    try:
        for i in range(10):
            total += x[i] * x[i]
    except IndexError:
        pass
    return total


def raised_on_purpose(x):
    total, n = x[0], 0
    try:
        while True:
            total = total * 1.5 + x[1]
            n += 1
            if total > 20.0:
                raise StopIteration
            total = total + x[2]
    except StopIteration:
        return total * n


def several_handlers(x):
    s, out = x[0], 0.0
    for k in range(3):
        try:
            s = s * 2.0
            if k == 0:
                s = s + x[9]
            elif k == 1:
                s = s + math.log(-x[0])
            s = s * x[1]
        except IndexError:
            out += s
        except ValueError as e:
            out += s * 3.0 + len(str(e))
        else:
            out *= s
    return out * s


def left_by_return_and_break(x):
    s = x[0]
    for k in range(3):
        try:
            s = s * 1.5
            if k == 2:
                break
            s = s + math.sqrt(x[k] - 1.0)
        except ValueError:
            s = s * 7.0
    try:
        for i in range(9):
            s = s * x[i]
            if s > 1000.0:
                return s
    except IndexError:
        return s * 2.0
    return s * 3.0


def memory_written_before(x):
    y, items, d = np.zeros(2), [x[0]], {"a": x[0]}
    try:
        y[0] += x[0]
        items.append(x[1])
        d["a"] *= x[2]
        y += x[1]
        y[5] = 1.0
        items.append(9.0)
    except IndexError:
        y *= 2.0
        items.append(d["a"])
    return y.sum() * sum(items) * len(items)


def objects_in_a_loop(x):
    class State:
        pass

    s = State()
    s.v, s.n = x[0], 0
    for v in x:
        try:
            s.n += 1
            s.v *= v
            s.v += math.log(v - 1.0)
        except ValueError:
            s.v += s.n
    return s.v


def in_a_helper(x):
    def tried(v):
        s = v
        try:
            s = s * 2.0
            s = s + math.log(s - 3.0)
            s = s * 5.0
        except ValueError:
            s = s * 3.0
        return s

    return sum(tried(v) for v in x)


def a_failed_assertion(x):
    s = x[0]
    try:
        s *= 2.0
        assert s > 100.0, "small"
        s *= 3.0
    except AssertionError:
        s += x[1]
    return s


def what_surely_raises(x):
    s = x[0]
    try:
        s *= 2.0
        s *= s.nothing
    except BaseException:  # also what only running could tell of
        s += x[1]
    return s


@pytest.mark.parametrize(
    "f",
    [
        sum_until_the_end,
        raised_on_purpose,
        several_handlers,
        left_by_return_and_break,
        memory_written_before,
        objects_in_a_loop,
        in_a_helper,
        a_failed_assertion,
        what_surely_raises,
    ],
)
def test_derivatives(f):
    check(f, N)


def in_the_head_of_a_loop(x):
    i, s = 0, 0.0
    try:
        while x[i] > 0.0:
            s += x[i] * i
            i += 1
    except IndexError:
        s *= 2.0
    return s


def inside_of_a_with(x):
    s = x[0]
    try:
        s = s * 2.0
        with np.errstate(all="ignore"):
            s = s * 3.0
            s = s + math.log(x[0] - 1.0)
    except ValueError:
        s = s + x[1]
    return s


@pytest.mark.parametrize("f", [in_the_head_of_a_loop, inside_of_a_with])
def test_is_refused(f):
    with pytest.raises(UnsupportedSyntax, match="`s` may have changed before something in this `try` raises") as caught:
        grad(f)(N)
    assert "test_thrown.py:" in str(caught.value)
    assert "= help:" in str(caught.value)
