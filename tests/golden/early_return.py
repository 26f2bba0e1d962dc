"""`return` inside a loop and a branch."""

import numpy as np

from s2sgrad import grad


def early_return(x, limit):
    if x < 0.0:
        return -x
    for k in range(10):
        x = np.sin(x) + 0.5 * x
        if x > limit:
            return x * x
    return x


derivative = grad(early_return)
arguments = (0.4, 0.9)
