"""Lengths that are spelled alike and differ: what is decided from them while compiling is what Python finds."""

from __future__ import annotations

import functools
from types import SimpleNamespace

import numpy as np
import pytest

from tests.frontend.checking import N, check

SHORT = SimpleNamespace(w=np.array([0.5, 2.0, 1.5]), n=3)
LONG = SimpleNamespace(w=np.array([1.0, 2.0, 3.0, 4.0]), n=4)


def attributes_of_one_name(x):
    return np.sum(x) * (2.0 if len(SHORT.w) == len(LONG.w) else 3.0)


def shapes_from_attributes(x):
    return np.sum(x) * (2.0 if np.zeros(SHORT.n).shape == np.zeros(LONG.n).shape else 3.0)


def the_last_entry_of_the_other(x):
    return LONG.w[len(SHORT.w) - 1] * x[0] + np.sum(x[1] * LONG.w[: len(SHORT.w)])


def a_matrix_and_its_transpose(x):
    rows, columns = SHORT.w * x[0], LONG.w * x[1]
    table = np.zeros((3, 4))
    table[:] = rows[:, None] + columns
    swapped = np.zeros((len(LONG.w), len(SHORT.w))) + table.T
    return np.sum(swapped * swapped)


def a_diagonal_that_is_not_square(x):
    return np.sum(np.diagonal(np.eye(len(SHORT.w), len(LONG.w)) * x[0])) * x[1]


@pytest.mark.parametrize(
    "function",
    [
        attributes_of_one_name,
        shapes_from_attributes,
        the_last_entry_of_the_other,
        a_matrix_and_its_transpose,
        a_diagonal_that_is_not_square,
    ],
)
def test_attributes_of_one_name_have_lengths_of_their_own(function):
    check(function, N)


def weighted(a, b, x):
    return np.sum(x) * (2.0 if len(a) == len(b) else 3.0) + np.sum(a * x[0]) * b[len(a) - 1]


def test_arrays_in_a_partial_have_lengths_of_their_own():
    bound = functools.partial(weighted, SHORT.w, LONG.w)
    check(bound, N)
    check(lambda x: bound(x), N)


def first_axis_and_a_number(x, x0):
    return np.sum(x) * (2.0 if x.shape == np.zeros(x0).shape else 3.0)


def test_an_integer_is_not_the_length_that_is_spelled_like_it():
    check(first_axis_and_a_number, N, 5)


def items_spelled_alike(d):
    a, b = d["a"][0], d["a__0"]
    return np.sum(a) * np.sum(b) * (2.0 if a.shape == b.shape else 3.0)


def test_items_of_arguments_have_lengths_of_their_own():
    check(items_spelled_alike, {"a": (SHORT.w,), "a__0": LONG.w})


n = 4


def of_the_module(x):
    return np.zeros(n) + x[0]


def a_number_like_one_outside(x, n):
    return np.sum(of_the_module(x)) * (2.0 if np.zeros(n).shape == of_the_module(x).shape else 3.0)


def test_an_integer_is_not_the_variable_outside_that_is_spelled_like_it():
    check(a_number_like_one_outside, N, 5)
