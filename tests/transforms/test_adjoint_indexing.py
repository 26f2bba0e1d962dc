"""Subscripts, updates and lists in reverse: what a list holds may itself be a list or a tuple."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import S2SGradError, grad
from s2sgrad.testing import check_grads


def comprehension(v):
    return np.mean(np.tanh(np.array([t for t in v])))


def rows_of_lists(v):
    rows = []
    for t in v:
        rows.append([t, t * t])
    return np.sum(np.array(rows) ** 2)


def rows_of_tuples(v):
    rows = []
    for t in v:
        rows.append((t, (np.sin(t), 2.0)))
    total = 0.0
    for a, (b, c) in rows:
        total += a * b * c
    return total


def rows_of_arrays(v):
    rows = []
    for t in v:
        rows.append(v * t)
    return np.sum(np.sin(np.array(rows)))


def list_that_starts_full(v):
    items = [v[0], 0.5 * v[1]]
    for t in v:
        if t > 0.0:
            items.append(t * items[-1])
        items[0] = items[0] * t
    return sum(items)


@pytest.mark.parametrize("f", [list_that_starts_full, comprehension, rows_of_lists, rows_of_tuples, rows_of_arrays])
def test_items_of_lists(f):
    check_grads(f, (np.array([0.3, -0.2, 0.7]),))


def test_a_derivative_is_not_lost_in_a_list_of_objects():
    def mixed(x, n):
        items = []
        for i in range(n):
            items.append([x, x] if x > i else x)
        return np.sum(np.array(items[0]))

    with pytest.raises(S2SGradError):
        grad(mixed)(0.3, 2)


ADDED_AXES = {
    "row": lambda x, A: np.sum(np.sin(x[0, None] * A)),
    "rows": lambda x, A: np.sum(np.sin(x[None] * A)),
    "columns": lambda x, A: np.sum(np.sin(x[:, None] - A[0, :2])),
    "in the middle": lambda x, A: np.sum(np.sin(x[:, None, :] - A)),
    "behind the ellipsis": lambda x, A: np.sum(np.sin(x[..., None] * A[0, 0])),
    "on both sides": lambda x, A: np.sum(np.cos(x[None, ..., None] - x[None, None, None, :, 0])),
    "one column": lambda x, A: np.sum(np.cos(x[:, :1][None, :, None] * A[0, 0])),
}


@pytest.mark.parametrize("name", ADDED_AXES)
def test_the_cotangent_of_added_axes(name):
    check_grads(ADDED_AXES[name], (np.linspace(0.1, 0.9, 6).reshape(2, 3), np.cos(np.arange(12.0)).reshape(2, 2, 3)))


def test_what_has_added_axes_needs_no_buffer_of_zeros():
    def distances(x):
        return np.sum((x[:, None] - x[None, :]) ** 4)

    assert "zeros" not in grad(distances).source(np.arange(3.0))
