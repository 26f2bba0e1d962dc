"""A maximum that is subtracted for the sake of rounding takes no part in the gradient, if it makes no difference."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

import s2sgrad
from s2sgrad.testing import check_grads

X = np.random.default_rng(1).standard_normal((3, 4))
W = np.random.default_rng(2).standard_normal((3, 4))


def logsumexp_of_rows(x, w):
    top = x.max(axis=1)
    return np.sum(w[:, 0] * (top + np.log(np.exp(x - top[:, None]).sum(axis=1))))


def logsumexp_of_all(x, w):
    top = np.max(x * w)
    return top + np.log(np.sum(np.exp(x * w - top)))


def softmax(x, w):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return np.sum(w * (e / e.sum(-1, keepdims=True)))


def weighted_average(x, w):
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return np.sum((e @ w.T / np.sum(e, axis=1, keepdims=True)) ** 2)


def at_a_temperature(x, temperature):
    top = np.max(x, axis=0)
    return np.sum(top + temperature * np.log(np.sum(np.exp((x - top) / temperature), axis=0)))


def log_softmax(x, w):
    z = x - np.squeeze(np.max(x, axis=1, keepdims=True), axis=1)[..., None]
    return np.sum(w * (z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))))


def norm_of_powers(x, w):
    e = np.exp(w.T - np.amax(w.T, axis=0) + x.T)
    return np.sum(np.sqrt(np.sum(np.square(e), axis=0)) / np.mean(e, axis=0))


def masked(x, w):
    e = np.where(w > -1.0, np.exp(x - np.max(x, axis=1, keepdims=True)), 0.0)
    return np.sum((e / np.sum(e, axis=1, keepdims=True)) ** 2)


def forward_algorithm(x, w):
    a = x[0]
    for t in range(1, len(x)):
        z = a[:, None] + w[t] + x[t, :, None]
        top = np.max(z, axis=0)
        a = top + np.log(np.sum(np.exp(z - top), axis=0))
    return np.sum(a * a)


def of_two_numbers(x, w):
    a, b = x[0, 0] * 2.0, w[0, 0] * x[0, 1]
    top = max(a, b)
    return top + math.log(math.exp(a - top) + math.exp(b - top))


def looked_at(x, w):
    top = np.max(x, axis=1, keepdims=True)
    e = np.exp(x - top)
    return np.sum(np.where(w > top, w, 0.0)) + np.sum(w * e / np.sum(e, axis=1, keepdims=True))


CANCELLING = [logsumexp_of_rows, logsumexp_of_all, softmax, weighted_average, log_softmax, norm_of_powers, masked]
CANCELLING += [forward_algorithm, of_two_numbers, looked_at]


def counts_ties(f, *args):
    """Whether the gradient asks which entries are the maximum."""
    gradient = s2sgrad.grad(f, argnums=(0, 1))
    gradient(*args)
    return "==" in gradient.source().split("# backward")[1]


@pytest.mark.parametrize("f", CANCELLING)
def test_a_shift_that_cancels_has_no_cotangent(f):
    assert not counts_ties(f, X, W)
    check_grads(f, (X, W), order=2)


def test_it_cancels_at_any_temperature():
    assert not counts_ties(at_a_temperature, X, 1.7)
    check_grads(at_a_temperature, (X, 1.7), order=2)


# -- where it does not ------------------------------------------------------------------------------------


def only_in_one_term(x, w):
    z = x - np.max(x, axis=1, keepdims=True)  # zero for weights of sum one only
    return np.sum(np.log(np.sum(np.exp(z), axis=1))) - np.sum(w * z)


def over_the_other_axis(x, w):
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return np.sum(w * (e / np.sum(e)))


def of_other_rows(x, w):
    top = np.max(x, axis=1)
    e = np.exp(x - top[:, None])
    return np.sum(w[:, 0] * (top[::-1] + np.log(np.sum(e, axis=1))))


def returned(x, w):
    top = np.max(x)
    return top * np.log(np.sum(np.exp(x - top))) + np.sum(w)


def saved(x, w):
    tops = []
    for row, v in zip(x, w, strict=True):
        top = np.max(row)
        tops.append(top + np.log(np.sum(np.exp(row - top) * v * v)))
        tops.append(top)
    return tops[0] * tops[1] + tops[3]


def of_a_negative_weight(x, w):
    top = np.max(x, axis=1)
    return np.sum(np.log(np.sum(np.exp(top[:, None] - x), axis=1)) + top) + np.sum(w)


def in_another_branch(x, w):
    top = np.max(x)
    y = np.log(np.sum(np.exp(x - top)))
    if w[0, 0] < 10.0:
        y = y + 2.0 * top
    return y


STAYING = [only_in_one_term, over_the_other_axis, of_other_rows, returned, saved, of_a_negative_weight]
STAYING += [in_another_branch]


@pytest.mark.parametrize("f", STAYING)
def test_a_shift_that_makes_a_difference_has_its_cotangent(f):
    assert counts_ties(f, X, W)
    check_grads(f, (X, W))


# -- conditions -----------------------------------------------------------------------------------------------


def test_what_is_masked_by_minus_infinity_has_no_cotangent():
    x = X.copy()
    x[0, 1:3] = -np.inf
    x_bar, _ = s2sgrad.grad(softmax, argnums=(0, 1))(x, W)
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    assert_allclose(x_bar, p * (W - np.sum(p * W, axis=1, keepdims=True)), atol=1e-15)


def test_entries_that_tie_are_like_any_others():
    x = np.zeros((2, 3))
    assert_allclose(s2sgrad.grad(softmax)(x, np.eye(2, 3)), (np.eye(2, 3) - 1 / 3) / 3, atol=1e-15)


def test_the_tangent_leaves_it_out_as_well():
    direction = np.ones_like(X) / 3.0 + W
    _, dot = s2sgrad.jvp(softmax, (X, W), (direction, None))
    _, along = s2sgrad.linearize(lambda x: softmax(x, W))(X)
    wanted = np.sum(s2sgrad.grad(softmax)(X, W) * direction)
    assert_allclose((dot, along(direction)), (wanted, wanted))
