"""Loops: what a name stands for at the head of a loop."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import value_and_grad
from s2sgrad.testing import check_grads


def view_then_array(v):
    r = v[:]
    for _ in range(2):
        r = v
    return np.sum(r * r)


def test_a_name_that_is_a_slice_before_a_loop_and_another_array_in_it():
    check_grads(view_then_array, (np.array([0.3, -0.2]),))


def renamed_and_written(v, n):
    r = v
    for _ in range(n):
        r -= 0.5 * r[0]
        v = r * 0.5
    return np.sum(v)


def view_unless_the_loop_runs(v, n):
    r = v[1:]
    for _ in range(n):
        r = v[:2] * 0.5
        v[0] *= 2.0
    return np.sum(r * r)


@pytest.mark.parametrize("f", [renamed_and_written, view_unless_the_loop_runs])
@pytest.mark.parametrize("n", [0, 1, 3])
def test_what_a_variable_is_if_the_loop_never_runs(f, n):
    v = np.array([0.3, 0.5, 0.7])
    assert value_and_grad(f)(v, n)[0] == f(v.copy(), n)
    check_grads(f, (v, n))


def returned_from_the_else(v):
    t = v[0]
    for s in v:
        t = 0.8 * s
    else:
        return t * t


def test_the_else_of_a_loop_reads_what_the_body_assigned():
    check_grads(returned_from_the_else, (np.array([0.3, 0.5]),))


def in_step_with_a_reversed_range(v, n):
    total = 0.0
    for k, (i, x) in enumerate(zip(reversed(range(n)), v)):
        total += (i + 1) * x + k * x**2
    for i, x in zip(reversed(range(9, 2, -2)), v):
        total += i * x
    return total


def test_a_reversed_range_beside_others_runs_backwards():
    v = np.array([0.3, 0.5, 0.7])
    value, v_bar = value_and_grad(in_step_with_a_reversed_range)(v, 3)
    assert value == in_step_with_a_reversed_range(v, 3)
    np.testing.assert_allclose(v_bar, [6.0, 7.0, 8.0] + 2 * np.arange(3) * v)
