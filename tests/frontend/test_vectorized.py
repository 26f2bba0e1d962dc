"""Functions of numbers made functions of arrays by ``np.vectorize``: entered, and mapped over the elements."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad
from s2sgrad.errors import UnsupportedCall
from tests.frontend.checking import N, check


@np.vectorize
def soft_step(x):
    if x > 1.0:
        return x * x
    return np.sin(x)


ramp = np.vectorize(lambda x: 2.0 * x if x > 1.0 else 0, otypes=[float])
mixed = np.vectorize(lambda x: 2.0 * x if x > 1.0 else 0)


def of_an_array(x):
    return np.sum(soft_step(x) * x)


def of_a_matrix(x):
    return np.sum(soft_step(np.outer(x, x)) ** 2)


def of_a_number(x):
    return soft_step(x) * x


def with_a_given_type(x):
    return np.sum(ramp(x) * x)


CALLS = [
    (of_an_array, (N,)),
    (of_a_matrix, (N,)),
    (of_a_number, (0.3,)),
    (of_a_number, (1.3,)),
    (with_a_given_type, (N,)),
    (soft_step, (1.3,)),
]


@pytest.mark.parametrize("function,args", CALLS)
def test_derivatives(function, args):
    check(function, *args)


def test_results_of_several_types():
    """NumPy casts all results to the type of the first one: here it truncates them to integers."""
    with pytest.raises(UnsupportedCall, match="not all floats"):
        grad(lambda x: np.sum(mixed(x) * x))(N)
