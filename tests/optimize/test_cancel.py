"""Gradients of softmax: what is subtracted for the range has no derivative."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad
from s2sgrad.testing import check_grads

RNG = np.random.default_rng(0)


def cross_entropy(Z, Y):
    Z = Z - np.max(Z, axis=1, keepdims=True)
    log_p = Z - np.log(np.sum(np.exp(Z), axis=1, keepdims=True))
    return -np.sum(Y * log_p)


def not_a_softmax(Z, Y):
    m = np.max(Z, axis=1, keepdims=True)
    Z = Z - m
    return -np.sum(Y * (Z - 2.0 * np.log(np.sum(np.exp(Z), axis=1, keepdims=True))))


@pytest.mark.parametrize("shape", [(4, 3), (1, 3), (4, 1), (3,)])
def test_derivatives_are_right_for_all_shapes(shape):
    for f in (cross_entropy, not_a_softmax):
        check_grads(f, (RNG.random((4, 3)), RNG.random(shape)), order=2)


def test_the_maximum_is_not_differentiated():
    Z, Y = RNG.random((4, 3)), RNG.random((4, 3))
    assert "==" not in grad(cross_entropy).source(Z, Y)
    assert "==" in grad(not_a_softmax).source(Z, Y)
