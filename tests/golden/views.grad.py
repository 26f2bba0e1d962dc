import numpy as np


def grad_views(A):
    # forward
    A = A.copy()
    t = len(A)
    saved = []
    for i in range(t):
        row = A[i]
        t1 = np.sqrt(1.0 + np.sum(row * row))
        t2 = row / t1
        saved.append((row.copy(), t1, t2))
        row[:] = t2
    t1 = A.T
    # backward
    t_bar = np.broadcast_to(1.0, (A @ t1).shape)
    A_bar = t_bar @ t1.T
    A_bar += (t1 @ t_bar).T
    for i in reversed(range(t)):
        # row[:] = row / np.sqrt(1.0 + np.sum(row * row))
        row, t, t1 = saved.pop()
        t_bar = A_bar[i]
        row_bar = t_bar / t
        row_bar -= t_bar @ t1 / t / t * row
        # row = A[i]
        A_bar[i] = row_bar
    return A_bar
