"""Functions that every backend differentiates alike: scalar loops, branches, arrays of all kinds, updates in place."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

RNG = np.random.default_rng(7)
V, W = RNG.random((2, 6))
M, N = RNG.random((2, 4, 6))
T = RNG.random((3, 4, 6))
INDEX = np.array([0, 2, 2, -1])


def newton(a: float) -> float:
    x = a
    while abs(x * x - a) > 1e-12:
        x = 0.5 * (x + a / x)
    return x


def branches(x: float, n: int) -> float:
    total = 0.0
    for k in range(n):
        if x > 0.5 and k % 2 == 0:
            x = math.sin(x) * 1.1
        elif k > 5:
            continue
        else:
            x = x * x + 0.1
        if total > 3.0:
            break
        total += x / (k + 1)
    return total


def triangle(A: Any) -> float:
    A = A.copy()
    n = len(A)
    for k in range(n):
        for i in range(k + 1, n):
            A[i, k] /= A[k, k]
            for j in range(k + 1, n):
                A[i, j] -= A[i, k] * A[k, j]
    total = 0.0
    for k in range(n - 1, -1, -2):
        total += math.log(A[k, k])
    return total


def stencil(u: Any, alpha: float) -> float:
    u = u.copy()
    for _ in range(5):
        u[1:-1] += alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u**2)


def overlapping(u: Any) -> float:
    u = u * 1.0
    u[1:] = u[:-1] * u[1:]
    u[::2] *= 0.5
    u[::-1] += u * 0.1
    return np.sum(np.sin(u))


def softmax(X: Any, w: Any) -> float:
    z = X @ w
    z = z - np.max(z)
    p = np.exp(z) / np.sum(np.exp(z))
    return np.log(p[0]) + np.mean(p**2)


def reductions(X: Any) -> float:
    rows = np.sum(X * X, axis=1)
    columns = np.mean(X, axis=0, keepdims=True)
    top = np.max(X, axis=1, keepdims=True)
    return np.sum(np.sqrt(rows)) + np.sum(columns * X) + np.sum((X - top) ** 2) + np.min(X)


def broadcasting(X: Any, v: Any, s: float) -> float:
    return np.sum(np.where(X > v, X * v, s * X) / (1.0 + v[None, :] ** 2) + np.tanh(X.T[:, :1] - s).T[:, :1])


def gathering(v: Any, index: Any) -> float:
    y = v[index] * v[:4]
    out = np.zeros(6)
    np.add.at(out, index, y)
    out[1] += v[0]
    return np.sum(out**3)


def contractions(X: Any, S: Any) -> float:
    Y = np.einsum("ij,kij->ki", X, S)
    return np.sum(Y * Y) + np.sum(np.einsum("ij,kij,lj->kl", X, S, X)) + np.trace(X @ X.T)


def stacks_of_matrices(S: Any, X: Any) -> float:
    A = S @ X.T
    B = np.swapaxes(A, 1, 2) @ A
    return np.sum(np.tanh(B)) + np.sum(np.transpose(S, (2, 0, 1)) * 2.0)


def solving(A: Any, b: Any) -> float:
    B = A @ A.T + np.eye(4)
    L = np.linalg.cholesky(B)
    return np.sum(np.linalg.solve(B, b) ** 2) + np.sum(np.log(np.diagonal(L)))


def one_name_for_many_things(X: Any) -> Any:
    y = np.sum(X, axis=0)
    y = np.stack([y, np.flip(y)])
    y = np.flip(y, axis=1) * (y[0] if X[0, 0] > 0.0 else y[1])
    y = np.sum(y * np.concatenate([y[1:], y[:1]]))
    return y * np.inner(X[0], X[1])


def helper(x: float, y: float) -> float:
    return x * math.exp(-y)


def calls(v: Any) -> float:
    total = 0.0
    for k in range(len(v)):
        total += helper(v[k], total)
    return total


def lists(v: Any) -> float:
    found = []
    for k in range(len(v)):
        if v[k] > 0.3:
            found.append(v[k] ** 2)
    total = 0.0
    for x in found:
        total += math.sin(x) * total + x
    return total


def lists_of_ints_and_floats(v: Any) -> Any:
    """Lists that begin with ints and are given floats, by place, at the end, and in lists."""
    sums = [0] * 3
    table = [[1] * 3 for _ in range(len(v))]
    for k in range(3):
        sums[k] = v[k] * v[k] + sums[k - 1]
        table[k][1] = sums[k] * table[k - 1][1]
    return sums[2] * table[2][1] + table[2][0]


PROGRAMS: list[tuple[Any, tuple[Any, ...], tuple[int, ...]]] = [
    (newton, (2.0,), (0,)),
    (branches, (0.8, 12), (0,)),
    (triangle, (RNG.random((5, 5)) + 5.0 * np.eye(5),), (0,)),
    (stencil, (V, 0.2), (0, 1)),
    (overlapping, (V,), (0,)),
    (softmax, (M, V), (0, 1)),
    (reductions, (M,), (0,)),
    (broadcasting, (M, W, 0.3), (0, 1, 2)),
    (gathering, (V, INDEX), (0,)),
    (contractions, (M, T), (0, 1)),
    (stacks_of_matrices, (T, M), (0, 1)),
    (solving, (M, V[:4].copy()), (0, 1)),
    (one_name_for_many_things, (M,), (0,)),
    (calls, (V,), (0,)),
    (lists, (V,), (0,)),
    (lists_of_ints_and_floats, (V,), (0,)),
]
