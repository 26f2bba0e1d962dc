"""Loops whose variables are functions, ranges and tuples that the iterations exchange: unrolled, or refused."""

from typing import NamedTuple

import numpy as np
import pytest

from s2sgrad import grad
from s2sgrad.errors import UnsupportedSyntax
from tests.frontend.checking import N, check


class State(NamedTuple):
    a: float
    b: float

    def step(self, x):
        return State(self.b, self.a + x)


def functions_in_known_turns(x):
    f, total = np.sin, 0.0
    for k in range(3):
        total += f(x[k])
        f = np.cos
    return total


def ranges_in_known_turns(x):
    steps, total = range(2), 0.0
    for k in range(3):
        for j in steps:
            total += x[k] * x[j]
        steps = range(1)
    return total


def assigned_before_it_is_called(x):
    f, total = np.sin, 0.0
    for v in x:
        f = np.exp
        total += f(v)
    return total


def a_named_tuple_stays_one(x):
    s = State(0.0, 1.0)
    for v in x:
        s = s.step(v)._replace(a=s.b * v)
    return s.a * s.b


@pytest.mark.parametrize(
    "f", [functions_in_known_turns, ranges_in_known_turns, assigned_before_it_is_called, a_named_tuple_stays_one]
)
def test_derivatives(f):
    check(f, N)


def functions_in_turns(x):
    f, total = np.sin, 0.0
    for v in x:
        total += f(v)
        f = np.cos
    return total


def slices_in_turns(x):
    part, total = slice(0, 2), 0.0
    for v in x:
        total += np.sum(x[part]) * v
        part = slice(1, 3)
    return total


def tuples_of_other_lengths(x):
    t, total = (1.0, 2.0), 0.0
    for v in x:
        total += len(t) * v
        t = (3.0,)
    return total


def functions_in_a_dict(x):
    d, total = {"f": np.sin}, 0.0
    for v in x:
        total += d["f"](v)
        d["f"] = np.cos
    return total


def functions_in_a_while_loop(x):
    f, k, total = np.sin, 0, 0.0
    while k < 3:
        total += f(x[k])
        f = np.cos
        k += 1
    return total


@pytest.mark.parametrize(
    "f", [functions_in_turns, slices_in_turns, tuples_of_other_lengths, functions_in_a_dict, functions_in_a_while_loop]
)
def test_is_refused(f):
    with pytest.raises(UnsupportedSyntax, match="changes its kind of value in a loop") as caught:
        grad(f)(N)
    assert "test_loops_of_kinds.py:" in str(caught.value)
