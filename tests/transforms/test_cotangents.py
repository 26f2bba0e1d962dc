"""Cotangents in the shape of what they belong to: summed over what NumPy repeated, and over nothing else."""

from __future__ import annotations

import numpy as np
import pytest

import s2sgrad
from s2sgrad.testing import check_grads

RNG = np.random.default_rng(3)


def gradient_source(f, args, argnums):
    """The source of a gradient that agrees with differences, in both modes and to second order."""
    check_grads(f, args, order=2)
    derivative = s2sgrad.grad(f, argnums=argnums)
    for found, x in zip(derivative(*args), [args[k] for k in argnums], strict=True):
        assert np.shape(found) == np.shape(x)
    return derivative.source()


def recurrent(W, h, n):
    for _ in range(n):
        h = np.tanh(W @ h)
    return np.sum(h)


@pytest.mark.parametrize("product", [np.matmul, np.dot, np.inner, lambda a, b: np.tensordot(a, b, 1)])
def test_a_product_stretches_nothing_along_what_it_contracts(product):
    def f(W, h):
        for _ in range(3):
            h = np.tanh(product(W, h))
        return np.sum(h)

    assert "unbroadcast" not in gradient_source(f, (RNG.normal(size=(4, 4)), RNG.normal(size=4)), (0, 1))


@pytest.mark.parametrize(
    "shapes", [((1, 3, 3), (5, 3, 3)), ((5, 3, 3), (3, 3)), ((3, 3), (5, 3, 3)), ((2, 1, 3, 3), (4, 3, 1))]
)
def test_a_product_stretches_the_axes_of_a_batch(shapes):
    def f(a, b):
        for _ in range(2):
            c = np.tanh(a @ b)
            b = b * np.sum(c)
        return np.sum(c)

    gradient_source(f, [RNG.normal(size=shape) / 3 for shape in shapes], (0, 1))


def test_the_shape_that_a_product_demands_holds_where_it_ran():
    """Where ``h`` has one entry, only the other branch runs."""

    def f(W, h):
        y = h * np.ones(3)
        if len(h) == 3:
            y = W @ h
        return np.sum(y * y)

    for n in (1, 3):
        gradient_source(f, (RNG.normal(size=(3, 3)), RNG.normal(size=n)), (0, 1))


def convolution(w, x):
    n = len(x) - len(w) + 1
    y = np.zeros(n)
    for k in range(len(w)):
        y += w[k] * x[k : k + n]
    return np.sum(y**2)


def test_what_is_updated_in_place_keeps_its_shape():
    """The terms could have one entry each, and are asked for that by taking the part again, not by saving them."""
    source = gradient_source(convolution, (RNG.normal(size=3), RNG.normal(size=9)), (0, 1))
    assert source.count("= unbroadcast(") == 1
    assert ".append(" not in source


def test_one_entry_is_added_to_all_in_place():
    check_grads(convolution, (RNG.normal(size=9), RNG.normal(size=9)), order=2)


def test_a_part_that_is_asked_for_its_shape_may_change_later():
    def f(x, n):
        y = np.zeros(n)
        buffer = x.copy()
        for k in range(2):
            y += 3.0 * buffer[k : k + n]
            buffer[0] = y[0] * x[1]
        return np.sum(y**2)

    for n in (1, 3):
        check_grads(lambda x, n=n: f(x, n), (RNG.normal(size=5),), order=2)
