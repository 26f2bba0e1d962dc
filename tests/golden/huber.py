"""`where`, `clip` and `abs`, elementwise."""

import numpy as np

from s2sgrad import grad


def huber(w, x, y, delta):
    r = np.clip(w * x, -2.0, 2.0) - y
    a = np.abs(r)
    return np.mean(np.where(a < delta, 0.5 * r * r, delta * (a - 0.5 * delta)))


derivative = grad(huber)
arguments = (0.7, np.array([0.3, -1.2, 2.5, 4.0]), np.array([0.1, 0.4, -0.6, 1.0]), 0.8)
