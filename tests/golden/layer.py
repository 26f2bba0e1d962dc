"""A layer of a network: matrix products, broadcasting undone by one sum."""

import numpy as np

from s2sgrad import grad


def layer(W, b, X, Y):
    H = np.tanh(X @ W + b)
    R = H - Y
    return 0.5 * np.sum(R * R)


derivative = grad(layer, argnums=(0, 1))
arguments = (
    np.linspace(-0.5, 0.5, 6).reshape(3, 2),
    np.array([0.1, -0.2]),
    np.linspace(-1.0, 1.0, 12).reshape(4, 3),
    np.linspace(0.0, 1.0, 8).reshape(4, 2),
)
