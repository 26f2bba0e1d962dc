"""Writing through a view: a row is another name for a part of the matrix."""

import numpy as np

from s2sgrad import grad


def views(A):
    A = A.copy()
    for i in range(len(A)):
        row = A[i]
        row[:] = row / np.sqrt(1.0 + np.sum(row * row))
    return np.sum(A @ A.T)


derivative = grad(views)
arguments = (np.linspace(-1.0, 1.0, 6).reshape(3, 2),)
