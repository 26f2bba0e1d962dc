"""Numbers by keys that only running knows."""

import numpy as np

from s2sgrad import grad


def dicts(x, groups):
    sums = {}
    for i in range(len(x)):
        k = int(groups[i])
        sums[k] = sums.get(k, 0.0) + x[i] ** 2
    total = 0.0
    for k, s in sums.items():
        total += (k + 1) * np.sqrt(s)
    return total


derivative = grad(dicts)
arguments = (np.array([0.3, 0.7, 1.1, 0.2]), np.array([0, 2, 0, 1]))
