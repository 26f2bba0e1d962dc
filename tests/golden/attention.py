"""Products by `einsum`, and a softmax."""

import numpy as np

from s2sgrad import grad


def attention(Q, K, V):
    S = np.einsum("id,jd->ij", Q, K)
    P = np.exp(S - np.max(S, axis=1, keepdims=True))
    P = P / np.sum(P, axis=1, keepdims=True)
    return np.sum(np.einsum("ij,jd->id", P, V) ** 2)


derivative = grad(attention, argnums=(0, 1, 2))
arguments = (
    np.linspace(-1.0, 1.0, 6).reshape(3, 2),
    np.linspace(0.5, -0.7, 8).reshape(4, 2),
    np.linspace(-0.2, 0.9, 8).reshape(4, 2),
)
