import numpy as np


def grad_lu(A):
    # forward
    A = A.copy()
    n = A.shape[0]
    saved = []
    for k in range(n):
        for i in range(k + 1, n):
            t = A[k, k]
            t1 = A[i, k] / t
            A[i, k] = t1
            t2 = A[i, k]
            t3 = A[k, k + 1:]
            saved.append((t, t1, t2, t3.copy()))
            A[i, k + 1:] -= t2 * t3
    # backward
    t_bar = 1.0 / np.diag(A)
    t = np.arange(t_bar.shape[0])
    A_bar = np.zeros_like(A)
    A_bar[t, t] = t_bar
    for k in reversed(range(n)):
        t = k + 1
        for i in reversed(range(t, n)):
            # A[i, k + 1 :] -= A[i, k] * A[k, k + 1 :]
            t3, t4, t2, t1 = saved.pop()
            t5 = A_bar[i, t:]
            t1 = t5 @ t1
            A_bar[k, t:] -= t5 * t2
            # A[i, k] = A[i, k] / A[k, k]
            t_bar = A_bar[i, k] - t1
            A_bar[i, k] = t_bar / t3
            A_bar[k, k] -= t_bar * (t4 / t3)
    return A_bar
