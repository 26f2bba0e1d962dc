import numpy as np


def grad_lu(A):
    # forward
    A = A.copy()
    n = A.shape[0]
    for k in range(n):
        for i in range(k + 1, n):
            A[i, k] /= A[k, k]
            A[i, k + 1:] -= A[i, k] * A[k, k + 1:]
    # backward
    t_bar = 1.0 / np.diag(A)
    t = np.arange(t_bar.shape[0])
    A_bar = np.zeros_like(A)
    A_bar[t, t] = t_bar
    for k in reversed(range(n)):
        t = k + 1
        t1 = 0.0
        for i in reversed(range(t, n)):
            # A[i, k] = A[i, k] / A[k, k]
            t2 = A[i, k]
            # A[i, k + 1 :] -= A[i, k] * A[k, k + 1 :]
            t3 = A_bar[i, t:]
            t4 = t3 @ A[k, t:]
            A_bar[k, t:] -= t3 * t2
            # A[i, k] = A[i, k] / A[k, k]
            t_bar = (A_bar[i, k] - t4) / A[k, k]
            A_bar[i, k] = t_bar
            t1 -= t_bar * t2
        if t < n:
            # A[i, k] = A[i, k] / A[k, k]
            A_bar[k, k] += t1
    return A_bar
