"""Two buffers that change places in every step."""

import numpy as np

from s2sgrad import grad


def ping_pong(u, steps):
    old, new = u.copy(), np.zeros_like(u)
    for t in range(steps):
        new[1:-1] = old[1:-1] + 0.1 * old[1:-1] * (old[2:] - old[:-2])
        old, new = new, old
    return np.sum(old**2)


derivative = grad(ping_pong)
arguments = (np.linspace(0.2, 1.0, 6), 3)
