"""Forward mode through a loop and a branch."""

import numpy as np

from s2sgrad.derivative import pushforward_of


def pushforward(x, v, n):
    s = 0.0
    for i in range(n):
        if s < 1.0:
            s = s + x * np.sum(v[i:] ** 2)
        else:
            s = s * np.exp(-x)
    return s


derivative = pushforward_of(pushforward, (0, 1), 3)
arguments = (0.8, np.array([0.5, -0.7, 0.9]), 3, 0.3, np.array([1.0, 0.5, -0.2]))
