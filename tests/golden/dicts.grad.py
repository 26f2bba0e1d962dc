import numpy as np


def grad_dicts(x, groups):
    # forward
    sums = {}
    for i in range(len(x)):
        k = int(groups[i])
        sums[k] = sums.get(k, 0.0) + x[i] ** 2
    t = list(sums)
    # backward
    sums_bar = {}
    for i in reversed(range(len(t))):
        k = t[i]
        s = sums[k]
        sums_bar[k] = sums_bar.get(k, 0.0) + 0.5 * ((k + 1) / np.sqrt(s))
    x_bar = np.zeros_like(x)
    for i in reversed(range(len(x))):
        # k = int(groups[i])
        k = int(groups[i])
        # sums[k] = sums.get(k, 0.0) + x[i] ** 2
        x_bar[i] = 2.0 * (sums_bar.get(k, 0.0) * x[i])
    return x_bar
