"""Layers that save nothing but their inputs."""

import numpy as np

from s2sgrad import checkpoint, value_and_grad


@checkpoint
def block(W, h):
    a = np.tanh(W @ h)
    return h + a * np.cos(a)


def blocks(W, x):
    for k in range(len(W)):
        x = block(W[k], x)
    return np.sum(x**2)


derivative = value_and_grad(blocks, (0, 1))
arguments = (np.linspace(-1.0, 1.0, 12).reshape(3, 2, 2), np.array([0.5, -0.3]))
