"""Functions of an array of six numbers, with all that sparse derivatives have to follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

N = 6
rng = np.random.default_rng(1)
A = rng.normal(size=(5, N)) * (rng.random((5, N)) < 0.4)
M = rng.normal(size=(N, N)) * (rng.random((N, N)) < 0.4)
PLACES = np.array([0, 2, 2, 5])
KERNEL = np.array([1.0, 0.0, -1.0])


def power(t, k):
    return 1.0 if k == 0 else t * power(t, k - 1)


def gather(x):
    return x[PLACES] * x[PLACES[::-1]]


def positive(x):
    return x[x > 0] ** 2


def scatter(x):
    y = np.zeros(N)
    y[PLACES] = x[:4]
    y[1:3] *= x[4]
    return y


def added_at(x):
    y = x * 2.0
    np.add.at(y, PLACES, x[:4])
    return y


def slices(x):
    r = np.zeros_like(x)
    r[1:-1] = x[:-2] - 2.0 * x[1:-1] + x[2:]
    r[1:-1] += x[1:-1] ** 3
    r[0] = x[0]
    return r


def steps(x):
    u = x.copy()
    for _ in range(2):
        u[1:-1] += 0.1 * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return u


def recurrence(x):
    y = x.copy()
    for i in range(1, N):
        y[i] = 0.5 * y[i] + 0.1 * y[i - 1] ** 2
    return y


def elements(x):
    y = np.empty(N - 1)
    for i in range(N - 1):
        y[i] = np.sin(x[i]) * x[i + 1]
    return y


def while_loop(x):
    y, k = x.copy(), 0
    while k < 3:
        y[k + 1] = y[k] * x[k + 1]
        k += 1
    return y


def early_end(x):
    y = x * 1.0
    for i in range(N - 1):
        if x[i] < -0.5:
            break
        y[i] = x[i] * x[i + 1]
    return y


def branch(x):
    return x[:3] * x[3:] if x[0] > 0 else x[:3] + x[1:4]


def grown_list(x):
    out = []
    for i in range(N - 1):
        out.append(x[i] * x[i + 1])
    return np.array(out)


def dict_of_sums(x):
    d = {}
    for i in range(N):
        d[i % 3] = d.get(i % 3, 0.0) + x[i]
    return np.array([d[0], d[1], d[2]])


def recursion(x):
    return np.array([power(x[0], 2), power(x[3], 3) * x[1]])


def caught(x):
    try:
        y = x[0] / x[1]
    except ZeroDivisionError:
        y = x[2]
    return y * x[4:]


def rows(x):
    X = np.reshape(x, (2, 3))
    for i in range(2):
        X[i] = X[i] * X[i, 0]
    return X


def matrix(x):
    return np.reshape(x, (2, 3))


def solve(x):
    return np.linalg.solve(
        np.eye(3) * np.array([2.0, 3.0])[:, None, None] + 0.1 * np.reshape(x, (2, 3, 1)), np.ones((2, 3, 1))
    )


#: Functions whose pattern is found exactly.
EXACT: list[Callable[[Any], Any]] = [
    gather,
    positive,
    added_at,
    slices,
    steps,
    recurrence,
    elements,
    while_loop,
    early_end,
    branch,
    grown_list,
    dict_of_sums,
    recursion,
    caught,
    rows,
    solve,
    lambda x: A @ np.sin(x),
    lambda x: (x * x) @ M,
    lambda x: matrix(x) @ M[:3],
    lambda x: M[:, :3] @ np.reshape(x, (3, 2)),
    lambda x: np.dot(A, x),
    lambda x: np.where(x > 0, x**2, 3.0 * x),
    lambda x: np.diff(x, 2),
    lambda x: np.roll(x, 1) * x,
    lambda x: np.sum(matrix(x) ** 2, axis=1),
    lambda x: matrix(x) / np.sum(matrix(x), axis=0, keepdims=True),
    lambda x: np.concatenate([x[:2], np.zeros(2), x[3:] ** 2]),
    lambda x: np.stack([x, np.sin(x), x[::-1]], axis=1),
    lambda x: np.array([x[0] * x[1], x[2], 1.0, x[3] + x[5]]),
    lambda x: np.outer(x[:2], x[3:]),
    lambda x: np.inner(matrix(x), matrix(x)[:1]),
    lambda x: np.einsum("ij,j->i", matrix(x), np.ones(3)),
    lambda x: np.einsum("ij,ij->i", matrix(x), matrix(x)),
    lambda x: np.tensordot(matrix(x), np.ones((3, 2)), axes=1),
    lambda x: np.convolve(x, KERNEL, "same"),
    lambda x: np.convolve(KERNEL, x),
    lambda x: np.correlate(x, KERNEL, "valid"),
    lambda x: np.linalg.det(np.eye(3) * 2.0 + np.reshape(x, (2, 1, 3))),
    lambda x: np.pad(x, (1, 2)),
    lambda x: np.pad(x, 2, mode="reflect"),
    lambda x: np.diag(x)[1:] * 2.0,
    lambda x: np.tril(matrix(x)),
    lambda x: np.repeat(x, 2) * np.tile(x, 2),
    lambda x: np.fft.fft(matrix(x)).real,
    lambda x: np.linalg.norm(matrix(x), axis=1),
    lambda x: np.take_along_axis(matrix(x), np.array([[0], [2]]), axis=1),
    lambda x: np.append(x[:2], x[4:]),
    lambda x: np.insert(x, 2, x[0]),
    lambda x: x[0] * x[3],
    lambda x: np.ones(3),
]

#: Functions whose pattern is found with entries that are zero for these arguments, or always.
WIDER: list[Callable[[Any], Any]] = [
    scatter,
    lambda x: np.where(x > 0, x[::-1], x),
    lambda x: np.clip(x, -0.5, x[0]),
    lambda x: np.max(matrix(x), axis=0),
    lambda x: np.sort(matrix(x), axis=1),
    lambda x: np.cumsum(x),
    lambda x: np.interp(np.array([0.5, 1.5]), np.arange(6.0), x),
    lambda x: np.floor(x) * x,
]
