"""Parameters in a dict: the gradient is a dict of the same keys."""

import numpy as np

from s2sgrad import grad


def parameters(params, x):
    hidden = np.tanh(x @ params["W"] + params["b"])
    return np.mean(hidden @ params["w"]) + 0.01 * sum(np.sum(p * p) for p in params.values())


derivative = grad(parameters)
arguments = (
    {"W": np.linspace(-0.4, 0.6, 6).reshape(3, 2), "b": np.array([0.1, 0.3]), "w": np.array([0.5, -0.7])},
    np.linspace(-1.0, 1.0, 12).reshape(4, 3),
)
