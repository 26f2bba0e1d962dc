"""LU factors in place, without pivots: the logarithm of the determinant."""

import numpy as np

from s2sgrad import grad


def lu(A):
    A = A.copy()
    n = A.shape[0]
    for k in range(n):
        for i in range(k + 1, n):
            A[i, k] = A[i, k] / A[k, k]
            A[i, k + 1 :] -= A[i, k] * A[k, k + 1 :]
    return np.sum(np.log(np.diag(A)))


derivative = grad(lu)
arguments = (np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.3, 0.7, 2.0]]),)
