"""Functions that are the same code are one."""

import numpy as np

from s2sgrad import checkpoint, grad


def layer(w, h):
    return np.tanh(w @ h)


def scaled(factor):
    def scale(h):
        return factor * np.sin(h)

    return scale


def network(ws, x):
    for w in ws:
        x = checkpoint(layer)(w, x)
    return np.sum(x)


def two_scales(x):
    return np.sum(checkpoint(scaled(2.0))(x) * checkpoint(scaled(3.0))(x))


def definitions(function, *args):
    derivative = grad(function)
    derivative(*args)
    return [line for line in derivative.source().splitlines() if line.startswith("def ")]


def test_one_function_for_arrays_of_other_lengths():
    ws = [np.ones((3, 2)), np.ones((4, 3)), np.ones((2, 4))]
    assert definitions(network, ws, np.ones(2)) == [
        "def layer(w, h):",
        "def layer_adjoint(w, h, out_bar):",
        "def layer_adjoint_2(w, h, out_bar):",  # of the first layer: for `w` only
        "def grad_network(ws, x):",
    ]


def test_functions_with_other_constants_stay_two():
    found = definitions(two_scales, np.ones(2))
    assert sum(line.startswith("def scale(") or line.startswith("def scale_2(") for line in found) == 2
    np.testing.assert_allclose(grad(two_scales)(np.ones(2)), 6 * np.sin(2.0) * np.ones(2))
