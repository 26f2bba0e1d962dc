"""The gradient of a gradient."""

import numpy as np

from s2sgrad import grad


def curvature(x, n):
    for i in range(n):
        x = np.sin(x) + 0.1 * x * x
    return x


derivative = grad(grad(curvature))
arguments = (0.7, 3)
