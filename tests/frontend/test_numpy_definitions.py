"""NumPy's functions that are lowered by what they mean, and what is refused of them (calls: tests/rules/calls.py)."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad
from s2sgrad.errors import S2SGradError
from tests.frontend.checking import N, check

A = np.outer(N, N)[:2] + 0.1 * np.arange(6.0).reshape(2, 3)


def diagonal_of_a_cube(x):
    cube = np.outer(x, x)[:, :, None] * x
    np.fill_diagonal(cube, 2.0 * x[0])
    return np.sum(cube**2)


def padded_with_a_number(x):
    return np.sum(np.pad(x, (1, 2), constant_values=(x[0], x[1])) ** 2)


def by_rows(x, k):
    return np.sum(np.apply_along_axis(lambda row: k * np.cumsum(row), 1, x) ** 2)


@pytest.mark.parametrize(
    "function, args", [(diagonal_of_a_cube, (N,)), (padded_with_a_number, (N,)), (by_rows, (A, 0.5))]
)
def test_derivatives(function, args):
    check(function, *args)


def wrapped_diagonal(x):
    a = np.vstack((x, x))
    np.fill_diagonal(a, 1.0, wrap=True)
    return np.sum(a)


def in_the_order_of_memory(x):
    return np.sum(np.reshape(x.T, -1, order="A") * np.arange(x.size))


def indexed_object(x):
    return np.sum(np.s_[x])


def padded_by_a_function(x):
    return np.sum(np.pad(x, 1, lambda vector, width, axis, options: None))


@pytest.mark.parametrize(
    "function, what",
    [
        (wrapped_diagonal, "wrap=True"),
        (in_the_order_of_memory, "lies in memory"),
        (indexed_object, "indexed with a differentiated value"),
        (padded_by_a_function, "function for its mode"),
    ],
)
def test_refusals(function, what):
    with pytest.raises(S2SGradError, match=what):
        grad(function)(A)


def test_vectors_in_the_order_of_memory():
    value, gradient = value_and_grad(lambda x: np.sum(np.ravel(x, order="K") * np.arange(x.size)))(N)
    assert value == np.sum(N * np.arange(N.size))
    assert gradient.tolist() == list(range(N.size))
