"""Variables from outside of the function: read on any path, first or again."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from s2sgrad import value_and_grad
from tests.frontend.checking import N, check

SCALE = np.array([0.5, 2.0, 1.5])
COEFFICIENTS = [1.0, -0.4, 0.3]
MODEL = SimpleNamespace(weights={"a": 0.7, "b": np.array([1.0, 2.0, 3.0])}, offset=[0.2, 0.1])


def array_first_read_in_a_branch(x, c):
    y = x * SCALE if c > 0.0 else x
    return np.sum(y * SCALE)


def array_read_in_both_branches(x, c):
    if c > 0.0:
        s = SCALE
    else:
        x = x * 2.0
        s = SCALE
    return np.sum(s * x * x)


def array_first_read_in_a_loop(x):
    y = x
    for _ in range(3):
        y = np.sin(y * SCALE)
    return np.sum(y / SCALE)


def horner(coefficients, x):
    y = 0.0
    for a in coefficients:
        y = y * x + a
    return y


def list_first_read_in_a_branch(x, c):
    if c > 2.0:
        x = x * horner(COEFFICIENTS, x)
    return horner(COEFFICIENTS, x) + COEFFICIENTS[1] * x


def attributes_first_read_in_a_branch(x, c):
    if c > 0.0:
        x = x * MODEL.weights["b"] + MODEL.offset[0]
    return np.sum(x * MODEL.weights["b"]) * MODEL.weights["a"] + horner(MODEL.offset, c)


CALLS = [
    (array_first_read_in_a_branch, (N, 1.0)),
    (array_first_read_in_a_branch, (N, -1.0)),
    (array_read_in_both_branches, (N, 1.0)),
    (array_first_read_in_a_loop, (N,)),
    (list_first_read_in_a_branch, (1.3, 1.0)),
    (list_first_read_in_a_branch, (1.3, 3.0)),
    (attributes_first_read_in_a_branch, (N, 1.0)),
]


@pytest.mark.parametrize("function,args", CALLS)
def test_derivatives(function, args):
    check(function, *args)


RATIO = 0.5


def halvings(x, n):
    """Recursive, and reads a number of the module."""
    return x if n == 0 else RATIO * halvings(x, n - 1)


def tried_out_first(n):
    return halvings(2.0, n)


def a_recursive_function_on_trial_and_for_good(x, n):
    scale = tried_out_first(n)
    return halvings(x, n) * scale


def test_a_recursive_function_is_lowered_again_after_a_trial():
    value, bar = value_and_grad(a_recursive_function_on_trial_and_for_good)(3.0, 2)
    assert (value, bar) == (0.375, 0.125)


def smaller(y, n):
    x = 100.0
    return steps(0.5 * y, n - 1) + 0.0 * x


def steps(x, n):
    if n > 0:
        return smaller(x, n)
    return x


def names_alike_after_a_recursive_call(x):
    return steps(2.0 * x, 3) * x


def test_a_recursive_call_leaves_the_variables_of_its_caller_alone():
    check(names_alike_after_a_recursive_call, 1.5)


def entry_of(pair, k):
    scale = 7.0
    return pair[k] * scale / 7.0


def alternating(x, n, k):
    if n > 0:
        return 0.5 * alternating(x, n - 1, k)
    return entry_of((x, [1.0]), k)


def names_alike_after_a_static_argument(x):
    scale = 3.0
    y = alternating(x, 2, 0)
    return y * scale


def test_a_recursive_call_that_is_lowered_again_leaves_its_caller_alone():
    check(names_alike_after_a_static_argument, 1.5)
