"""`break`, `continue` and the `else` of a loop."""

import numpy as np

from s2sgrad import grad


def leaving(x, v):
    total = 0.0
    for t in v:
        if t < 0.0:
            continue
        total += x * t
        if total > 2.0:
            total *= x
            break
    else:
        total -= x
    return total


derivative = grad(leaving, argnums=(0, 1))
arguments = (0.8, np.array([0.5, -1.0, 1.5, 2.0, 0.3]))
