"""Emitted functions are called like their primals."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from s2sgrad import grad, jvp, value_and_grad
from s2sgrad.derivative import pushforward_of


def loss(params, x, n=2, how="mean"):
    H = np.tanh(x @ params["W"] + params["b"][0])
    return np.mean(H**n) if how == "mean" else np.sum(H**n)


def test_containers_are_taken_apart_inside():
    params = {"W": np.ones((2, 3)), "b": [np.zeros(3), "unused"], "unused": 1.0}
    g = grad(lambda params, x: np.sum((x @ params["W"] + params["b"][0]) ** 2) + np.sum(params["W"]), argnums=1)
    x = np.ones((4, 2))
    emitted = g.specialise(params, x).function
    assert list(inspect.signature(emitted).parameters) == ["params", "x"]
    assert np.array_equal(emitted(params, x), g(params, x))
    assert "params['W']" in g.source(params, x) and "'unused'" not in g.source(params, x)


def test_every_parameter_is_there_and_keeps_a_default_that_can_be_written():
    params = {"W": np.ones((2, 3)), "b": [np.zeros(3)]}
    x = np.ones((4, 2))
    for derivative in (grad(loss), value_and_grad(loss)):
        emitted = derivative.specialise(params, x, 2, "sum").function
        assert str(inspect.signature(emitted)) == "(params, x, n=2, how='mean')"
    assert np.array_equal(grad(loss)(params, x)["W"], emitted(params=params, x=x, how="mean")[1]["W"] / 12.0)


def test_a_default_that_cannot_be_written():
    def f(x, scale=np.ones(2)):  # noqa: B008
        return np.sum(x * scale)

    assert str(inspect.signature(grad(f).specialise(1.0).function)) == "(x, scale)"


def test_a_key_with_the_name_of_a_parameter():
    def f(W, p):
        return np.sum(W * p["W"] * p["p"])

    W, p = np.ones(3), {"W": 2.0 * np.ones(3), "p": 3.0}
    assert np.array_equal(grad(f)(W, p), 6.0 * np.ones(3))
    assert grad(f, argnums=1)(W, p)["p"] == 6.0


def test_tangents_follow():
    params: Any = {"W": np.ones((2, 3)), "b": [np.zeros(3)]}
    x = np.ones((4, 2))
    emitted = pushforward_of(loss, (0,), 2).specialise(params, x, params).function
    assert list(inspect.signature(emitted).parameters) == ["params", "x", "n", "how", "x0_dot"]
    assert jvp(loss, (params, x), (params, None))[1] == emitted(params, x, 2, "mean", params)[1]
