"""Updates in place whose adjoint is linear: nothing is saved."""

import numpy as np

from s2sgrad import grad


def heat(u, alpha, steps):
    u = u.copy()
    for t in range(steps):
        u[1:-1] += alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u**2)


derivative = grad(heat)
arguments = (np.linspace(0.0, 1.0, 7) ** 2, 0.2, 4)
