"""Shapes are asked of the newest version of an array, but never of one that some path leaves undefined."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import value_and_grad


def updated_twice_in_a_branch(y, v):
    if y > 0.5:
        v[1] = y
        v[1] = np.maximum(v, v)[0]
    return np.sum(v)


def returned_from_a_loop(y, v):
    for _ in (y, 0.4):
        v[-3] = 0.5
        if not y > 0.5:
            return np.sum(v**2)
    return y


@pytest.mark.parametrize("f", [updated_twice_in_a_branch, returned_from_a_loop])
@pytest.mark.parametrize("y", [0.3, 0.7])
def test_versions_of_a_branch_that_was_not_taken(f, y):
    derivative = value_and_grad(f, argnums=(0, 1))
    value, _ = derivative(y, np.array([0.2, 0.9, 0.4]))
    assert value == f(y, np.array([0.2, 0.9, 0.4]))
