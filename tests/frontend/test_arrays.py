"""Array programs: broadcasting, indexing, reductions, products, linear algebra."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad
from tests.frontend.checking import N, check, matrix


def a_layer(W, b, X, Y):
    H = np.tanh(X @ W + b)
    R = H - Y
    return 0.5 * np.sum(R * R)


def rows(A):
    for row in A:
        row = row * 2
    s = 0.0
    for row in A:
        s += np.dot(row, row)
    return s


def einsum_outer_norm(X, w):
    return np.einsum("ij,j->", X, w**2) + np.outer(w, w).sum() + np.linalg.norm(X)


def linear_algebra(A, b):
    x = np.linalg.solve(A, b)
    return x @ np.linalg.inv(A) @ b + np.log(np.linalg.det(A)) + np.linalg.cholesky(A @ A.T).sum()


def assembly_and_selection(x):
    y = np.concatenate([x, x[::-1] * 2, x[1:]])
    z = np.stack([y, y**2])
    return (
        np.where(z > 1, z, 0.5 * z).sum()
        + np.clip(x, 0.2, 2.2).sum()
        + np.maximum(x, x[::-1] * 1.1).sum()
        + np.cumsum(x)[-1]
    )


def axes_and_reshapes(x):
    return x[None, :, None][..., 0].T.reshape(-1)[::2].mean() + np.transpose(x[:, None] * x).max(axis=0).sum()


def statistics(x):
    m = np.mean(x, axis=1, keepdims=True)
    s = np.std(x, axis=(0, 1))
    return np.sum((x - m) ** 2 / s) + np.prod(x[0]) + x.min() + np.var(x)


def extrema_and_order(x):
    return np.max(x) * np.argmax(x) + x[np.argsort(x)][0]


def split_and_stack(x):
    a, b = np.split(x, [1])
    c = np.vstack([x, x])
    return (a * b.sum()).sum() + c.mean()


def elementwise(x):
    return x**3 + 5 * x


CASES = [
    (a_layer, (matrix(3, 2), np.ones(2), matrix(4, 3), np.zeros((4, 2)))),
    (rows, (matrix(3, 2),)),
    (einsum_outer_norm, (matrix(2, 3), N)),
    (linear_algebra, (matrix(3, 3) + 2.0 * np.eye(3), N)),
    (assembly_and_selection, (N,)),
    (axes_and_reshapes, (N,)),
    (statistics, (matrix(3, 4),)),
    (extrema_and_order, (N,)),
    (split_and_stack, (N,)),
    (elementwise, (2.0,)),
]


@pytest.mark.parametrize(("function", "args"), CASES)
def test_derivatives(function, args):
    check(function, *args)


def scaled_if_real(x):
    return 2.0 * np.sum(x) if np.isrealobj(x) else 3.0 * np.sum(x)


def test_real_arrays_are_known_to_be_real():
    assert np.all(grad(scaled_if_real)(np.ones(2)) == 2.0)


def median_that_may_overwrite(x):
    y = x * x
    return np.median(y, overwrite_input=True)


def median_told_by_position(x):
    y = x * x
    return np.median(y, None, None, True)


@pytest.mark.parametrize("function", [median_that_may_overwrite, median_told_by_position])
def test_what_may_be_overwritten_is_kept_for_the_backward_part(function):
    x = np.array([3.0, 9.0, 1.0, 7.0, 5.0])
    assert np.array_equal(grad(function)(x), [0.0, 0.0, 0.0, 0.0, 10.0])


def test_the_median_of_numbers_among_nans():
    x = np.array([np.nan, 2.0, 5.0, np.nan, 1.0, 3.0, 9.0, np.nan, 4.0])
    assert np.array_equal(grad(lambda x: np.nanmedian(x))(x), np.where(np.isin(x, [3.0, 4.0]), 0.5, 0.0))


def a_masked_number(x, y):
    given, other = np.broadcast_arrays(x, y)
    found = np.full_like(given, np.nan)
    ok = given > 0.0
    found[ok] = given[ok] * other[ok] ** 2
    found[~ok] = -given[~ok]
    return found.item()


def by_broadcast(x, y):
    pairs = np.broadcast(x[:, None], y)
    out = np.empty(pairs.shape)
    out[...] = x[:, None] * y
    return np.sum(out * out) / pairs.size + pairs.ndim * pairs.nd


def through_a_complex_number(x):
    z = np.complex128(x) * 1j + np.complex128(x[0])
    return np.sum(np.abs(z * z - 2.0) ** 2)


@pytest.mark.parametrize("x", [0.7, -0.7])
def test_masks_of_arrays_without_axes(x):
    check(a_masked_number, x, 1.3)


def test_the_shape_of_what_broadcasts():
    check(by_broadcast, N, matrix(1, 4)[0])


def test_types_of_complex_numbers():
    check(through_a_complex_number, N)


def a_cell_for_a_row(x, A):
    B = A.copy()
    B[1] = np.array([x])[None]
    return np.sum(B * A)


def a_row_for_all_rows(x, A):
    B = A.copy()
    B[:] = x[None, None] * 2.0
    return np.sum(B * A)


@pytest.mark.parametrize("function, x", [(a_cell_for_a_row, 0.3), (a_row_for_all_rows, N), (a_row_for_all_rows, N[:1])])
def test_leading_axes_that_an_assignment_drops(function, x):
    check(function, x, matrix(2, 3))
