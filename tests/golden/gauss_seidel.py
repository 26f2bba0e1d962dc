"""A loop that overwrites what it reads."""

import numpy as np

from s2sgrad import grad


def gauss_seidel(u, f, sweeps):
    u = u.copy()
    for s in range(sweeps):
        for i in range(1, len(u) - 1):
            u[i] = 0.5 * (u[i - 1] + u[i + 1] - f[i] * u[i] * u[i])
    return np.sum(u * u)


derivative = grad(gauss_seidel, argnums=(0, 1))
arguments = (np.linspace(0.1, 0.9, 6), np.linspace(-0.3, 0.3, 6), 3)
