"""In-place updates, views, aliases: every name of an array sees what is written through another."""

from __future__ import annotations

import math

import numpy as np
import pytest

from s2sgrad import grad
from s2sgrad.errors import AliasError
from tests.frontend.checking import N, check, matrix


def stencil(u, alpha, steps):
    u = u.copy()
    for t in range(steps):
        u[1:-1] += alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u**2)


def write_through_views(A):
    A = A.copy()
    row = A[1]
    row[0] = 5.0
    col = A[:, 2]
    col *= 2
    B = A.T
    B[0, 0] = row[2] * 3
    return (A * A).sum() + row[0]


def gauss_seidel(u, n):
    u = u.copy()
    for _ in range(n):
        for i in range(1, len(u) - 1):
            u[i] = 0.5 * (u[i - 1] + u[i + 1])
    return np.sum(u * np.arange(len(u)))


def swap_buffers(a, n):
    b = np.zeros_like(a)
    for _ in range(n):
        b[1:-1] = a[:-2] + a[2:]
        a, b = b, a
    return a.sum()


def lu_by_loops(A):
    A = A.copy()
    n = A.shape[0]
    for k in range(n):
        for i in range(k + 1, n):
            A[i, k] = A[i, k] / A[k, k]
            for j in range(k + 1, n):
                A[i, j] -= A[i, k] * A[k, j]
    d = 1.0
    for k in range(n):
        d *= A[k, k]
    return d


def fill_by_recurrence(x):
    y = np.zeros(4)
    y[0] = x
    for i in range(1, 4):
        y[i] = y[i - 1] * x
    return y.sum()


def two_names_one_array(x):
    y = x
    y *= 2
    return np.sum(x * y)


def add_at(x, idx):
    y = np.zeros(4)
    np.add.at(y, idx, x)
    return np.sum(y**2)


def out_argument(x):
    out = np.empty_like(x)
    np.multiply(x, x, out=out)
    np.sin(out, out)
    return out.sum()


def masks_and_repeated_stores(x):
    y = np.zeros_like(x)
    np.copyto(y, x * 2)
    y.fill(3.0)
    z = x.copy()
    z[z > 1] *= 3.0
    z[[0, 1, 0]] = x[[1, 2, 2]] * 2
    return (y * x).sum() + (z**2).sum()


def rows_of_rows(x):
    A = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            A[i][j] = x * i + j
            A[i, j] += x**2
    A[0], A[1] = A[1].copy(), A[0].copy()
    B = A
    B[2] = B[0] * B[1]
    return A.sum()


def thomas_solver(a, n):
    # Thomas
    b = np.full(n, 4.0)
    d = a.copy()
    c = np.ones(n)
    for i in range(1, n):
        w = c[i] / b[i - 1]
        b[i] = b[i] - w * c[i - 1]
        d[i] -= w * d[i - 1]
    x = np.zeros(n)
    x[n - 1] = d[n - 1] / b[n - 1]
    for i in range(n - 2, -1, -1):
        x[i] = (d[i] - c[i] * x[i + 1]) / b[i]
    return (x * x).sum()


def soft_dtw_table(a, b):
    n, m = len(a), len(b)
    D = np.full((n + 1, m + 1), 1e3)
    D[0, 0] = 0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            c = (a[i - 1] - b[j - 1]) ** 2
            D[i, j] = c - np.log(np.exp(-D[i - 1, j]) + np.exp(-D[i, j - 1]) + np.exp(-D[i - 1, j - 1]))
    return D[n, m]


def array_in_a_list_and_by_name(x):
    L = [x.copy(), x * 2]
    L[0][1] = 5.0
    a = L[0]
    a *= 3
    return (L[0] * L[1]).sum()


def view_of_a_view(x):
    y = x.copy()
    z = y[1:]
    w = z[:2]
    w += 1.0
    z *= y[:-1]
    return (y * y).sum()


def overlapping_updates(x):
    y = x.copy()
    y[1:] += y[:-1]
    y[:-1] *= y[1:]
    return (y**2).sum()


def array_in_a_dict(x):
    d = {"s": np.zeros(3)}
    for i in range(3):
        d["s"][i] += x * i
        d["t"] = d["s"].sum() * x
    return d["t"]


def rows_written_in_a_loop(x):
    a = np.ones((2, 3))
    for r in a:
        r *= x
    return a.sum()


def rows_columns_and_transposes(x):
    M = np.zeros((3, 3))
    M[1] = x
    M[:, 2] = x[::-1]
    M[0, 1:] = x[:2]
    D = M.T
    D[2] += 1
    return (M @ x).sum()


def out_chains(x):
    out = np.empty(3)
    np.exp(x, out=out)
    np.add(out, x, out)
    out /= out.sum()
    return -np.log(out[0])


def masked_updates(x):
    y = np.linspace(0, 1, 5) * x
    m = y > 0.5
    y[m] = y[m] ** 2
    y[~m] += 1
    return y.sum()


def swapped_columns(x):
    a = np.arange(6.0).reshape(2, 3) * x
    a[:, [0, 2]] = a[:, [2, 0]]
    a[0], a[1] = a[1].copy(), a[0].copy()
    return (a * a[::-1, ::-1]).sum()


def cholesky_by_loops(A):
    n = len(A)
    L = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            s = sum(L[i, k] * L[j, k] for k in range(j))
            if i == j:
                L[i, j] = math.sqrt(A[i, i] - s)
            else:
                L[i, j] = (A[i, j] - s) / L[j, j]
    return L.sum()


def argument_written(x):
    x[0] = 3.0
    return (x**2).sum()


def argument_updated_and_rebound(x):
    x += 1.0
    x = x * x
    x -= 2
    return x.sum()


def reshaped_vector(x):
    y = x.copy()
    grid = y.reshape(3, 1)
    grid[0] = x[1] * x[2]
    grid[1:] *= grid[0]
    return np.sum(y * x)


def sorted_in_place_and_through_views(x):
    A = np.outer(x[::-1], x)
    A[0].sort()
    A.sort(axis=0)
    y = x.copy()
    np.atleast_2d(y)[0, 1] *= x[0]
    y.real[2] += x[1]
    return np.sum(A * np.arange(9.0).reshape(3, 3)) + np.sum(y * x)


def reshaped_matrices(A):
    grid = np.zeros((3, 3))
    entries = grid.ravel()
    for i in range(9):
        entries[i] += A[i // 3, i % 3] ** 2
    grid[0] *= 2.0
    B = A * 2.0 + 1.0
    rows = B.reshape(9)
    rows[3:] = rows[:6]
    return np.sum(grid * A) + entries[1] + np.sum(B * B)


def argument_reshaped(A):
    b = A.reshape(-1)
    b[1] *= 3.0
    return np.sum(A * A) + b[2]


def flat(x):
    A = np.outer(x, x)
    A.flat[1] = 3.0 * x[0]
    part = A.flat[2:4]
    part[0] = 9.0
    A.flat = A * A
    return np.sum(A) + sum(k * v for k, v in enumerate(A.flat)) * part[1] + len(A.flat)


def put_values(x):
    A = np.outer(x, x)
    b = A[1:]
    np.put(b, [0, -1, 3], 2.0 * x[:2])
    np.put(A, np.array([20, 1]), x[0], mode="wrap")
    np.place(A, A > 2.0, x[:2])
    np.place(A, A < 0.5, 0.7 * x[1])
    np.putmask(A, A > 1.5, -A)
    np.putmask(A, A < -2.0, x[:2])
    np.put_along_axis(A, np.argmax(A, axis=1)[:, None], 3.0 * x[:, None], axis=1)
    np.put_along_axis(A.T, np.array([[0, 1, 1]]), x[1], axis=0)
    return np.sum(A**3)


CASES = [
    (reshaped_matrices, (matrix(3, 3),)),
    (argument_reshaped, (matrix(3, 3),)),
    (flat, (N,)),
    (put_values, (N,)),
    (sorted_in_place_and_through_views, (N,)),
    (reshaped_vector, (N,)),
    (stencil, (matrix(6, 1)[:, 0], 0.1, 3)),
    (write_through_views, (matrix(3, 3),)),
    (gauss_seidel, (matrix(5, 1)[:, 0], 3)),
    (swap_buffers, (matrix(5, 1)[:, 0], 3)),
    (lu_by_loops, (matrix(4, 4) + 3.0 * np.eye(4),)),
    (fill_by_recurrence, (1.3,)),
    (two_names_one_array, (N,)),
    (add_at, (N, np.array([0, 2, 2]))),
    (out_argument, (N,)),
    (masks_and_repeated_stores, (N,)),
    (rows_of_rows, (1.3,)),
    (thomas_solver, (matrix(5, 1)[:, 0], 5)),
    (soft_dtw_table, (N, N[::-1] + 0.3)),
    (array_in_a_list_and_by_name, (N,)),
    (view_of_a_view, (matrix(4, 1)[:, 0],)),
    (overlapping_updates, (N,)),
    (array_in_a_dict, (1.3,)),
    (rows_written_in_a_loop, (1.3,)),
    (rows_columns_and_transposes, (N,)),
    (out_chains, (N,)),
    (masked_updates, (0.9,)),
    (swapped_columns, (1.2,)),
    (cholesky_by_loops, (matrix(3, 3) @ matrix(3, 3).T + np.eye(3),)),
    (argument_written, (N,)),
    (argument_updated_and_rebound, (N,)),
]


@pytest.mark.parametrize(("function", "args"), CASES)
def test_derivatives(function, args):
    check(function, *args)


@pytest.mark.parametrize("layout", [np.asfortranarray, lambda A: np.concatenate([A, A], axis=1)[:, ::2]])
def test_a_reshaped_argument_is_written_only_where_it_is_contiguous(layout):
    with pytest.raises(AliasError, match="reshaped view of `A`"):
        grad(argument_reshaped)(layout(matrix(3, 3)))
