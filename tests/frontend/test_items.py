"""Arrays in lists of run-time length, written in place: by index, by name, by views, while the list is run over."""

from __future__ import annotations

import re

import numpy as np
import pytest

from s2sgrad import grad
from s2sgrad.errors import S2SGradError
from tests.frontend.checking import N, check


def ping_pong(x, n):
    bufs = [x.copy(), np.zeros_like(x)]
    for t in range(n):
        src, dst = bufs[t % 2], bufs[(t + 1) % 2]
        dst[1:-1] = src[:-2] * src[2:]
        dst[0] = np.sin(src[0])
        dst[-1] = src[1] * dst[0]
    return np.sum(bufs[n % 2] ** 2) + bufs[0][1]


def by_name_and_by_index(x, n):
    a, b = x.copy(), x * 2.0
    bufs = [a, b]
    k = 0
    for t in range(n):
        bufs[k][0] = b[1] * x[2]
        a[1] = bufs[1 - k][0] * 2
        k = (k + t) % 2
    b *= a
    return np.sum(bufs[k] * x) + bufs[0][1]


def two_indices_that_may_be_one(x, n):
    bufs = [x.copy(), x * 2]
    total = 0.0
    for t in range(n):
        a, b = bufs[t % 2], bufs[(t * t) % 2]
        a[0] = b[1] * x[0]
        total = total + a[0] * b[0]
        b *= a
    return total + np.sum(bufs[0])


def three_in_turn(x, n):
    bufs = [np.zeros(3), np.zeros(3), np.zeros(3)]
    bufs[0][:] = x
    t = 0
    while t < n:
        now, after = bufs[t % 3], bufs[(t + 1) % 3]
        after[:] = now * x + bufs[(t + 2) % 3]
        if after[0] > 100:
            break
        after *= 0.5
        now += x
        t += 1
    return np.sum(bufs[t % 3] * bufs[0])


def layers(x, n):
    rows = [x * (k + 1.0) for k in range(n)]
    for i in range(n):
        for j in range(3):
            rows[i][j] += x[j] * rows[i - 1][j]
    for i in range(n):
        rows[i] += rows[(i + 1) % n] * x
    row, part = rows[1], rows[0][1:]
    row[0] = 5 * x[2]
    part *= rows[1][:-1]
    total = 0.0
    for row in rows:
        row *= x
        total = total + np.sum(row**2)
    return total


def appended_then_filled(x, n):
    rows = []
    for i in range(n):
        row = np.zeros(3)
        rows.append(row)
        row[0] = x[0] * i
        row[1:] = x[1:] * x[0]
        if i > 0:
            rows[i - 1][2] = row[1] * x[1]
    return sum(np.sum(row * x) for row in rows)


def held_before_it_grew(x, n):
    a = x.copy()
    rows = [a]
    for k in range(n):
        rows.append(a * k)
    a[0] = 7.0
    rows[0][1] = x[0] * a[2]
    return sum(row @ x for row in rows)


def replaced_and_written(x, n):
    rows = [x * (k + 1.0) for k in range(n)]
    for k in range(n):
        row = rows[k] * x
        rows[k] = row
        row[0] = x[1] * rows[k - 1][2]
        rows[k - 1][1] += rows[k][0]
    return sum(np.sum(row * x) for row in rows)


def parts_of_matrices(x, n):
    weights = [np.outer(x, x) * (k + 1.0) for k in range(n)]
    for k in range(n):
        weights[k][0, 1] += x[0]
        weights[k][:, 2] *= weights[k - 1][:, 0]
        row = weights[k][1]
        row[k % 3] = x[2] * weights[k - 1][2, 2]
        weights[k].T[0] = row
    return sum(np.sum(w @ x) for w in weights)


def in_a_dict_and_a_closure(x, n):
    state = {"bufs": [x.copy(), np.zeros(3)]}

    def step(t):
        bufs = state["bufs"]
        bufs[(t + 1) % 2][:] = np.sin(bufs[t % 2]) * x
        return bufs[t % 2][0]

    total = 0.0
    for t in range(n):
        total = total + step(t)
    bufs = state["bufs"]
    bufs[n % 2] *= 2
    return total + np.sum(bufs[0] * bufs[1])


def in_a_branch(x, n):
    a, b = x.copy(), x * 2
    bufs = [a, b]
    if n > 2:
        bufs[n % 2][0] = x[1]
    a[1] *= x[0]
    return np.sum(a * b * bufs[1]) + bufs[0][0]


def the_same_twice(x, n):
    rows = []
    for _ in range(n):
        rows.append(x * 2.0)
        rows.append(x * 2.0)
    rows[n - 1][0] = x[1] * x[2]
    pair = [x * 3.0, x * 3.0]
    pair[n % 2][0] = x[1]
    return sum(np.sum(row * x) for row in rows) + np.sum(pair[0] * pair[1])


def one_tangent_for_two(x, n):
    y = x.copy()
    a, b = y + 0.0, y + 0.0
    bufs = [np.zeros(3), a, b]
    for i in range(n):
        bufs[i * i % 3] += np.cos(x)
        b[1:] *= np.sin(a[0])
    a[1:] *= 0.5
    return np.sum(b)


def out_and_stacked(x, n):
    bufs = [x.copy(), np.zeros(3)]
    total = 0.0
    for k in range(n):
        np.multiply(bufs[k % 2], x, out=bufs[1 - k % 2])
        np.add.at(bufs[k % 2], [0, 0], x[1])
        total = total + np.sum(np.stack(bufs) ** 2)
    return total


@pytest.mark.parametrize(
    "f",
    [
        ping_pong,
        by_name_and_by_index,
        two_indices_that_may_be_one,
        three_in_turn,
        layers,
        appended_then_filled,
        held_before_it_grew,
        replaced_and_written,
        parts_of_matrices,
        in_a_dict_and_a_closure,
        in_a_branch,
        the_same_twice,
        one_tangent_for_two,
        out_and_stacked,
    ],
)
def test_items_written_in_place(f):
    check(f, N, 3)


def test_lists_given_as_arguments():
    def f(weights, x, n):
        for i in range(n):
            weights[i % 2][0] += x[1] * np.sum(weights[1 - i % 2])
        return np.sum(weights[0] * weights[1])

    check(f, [N.copy(), 2.0 * N], N, 3)


def test_the_cotangents_of_buffers_are_updated_in_place():
    def f(x, n):
        bufs = [x.copy(), np.zeros_like(x)]
        for t in range(n):
            bufs[(t + 1) % 2][1:-1] = bufs[t % 2][:-2] * bufs[t % 2][2:]
        return np.sum(bufs[n % 2])

    source = grad(f).source(N, 3)
    assert "[1:-1] = 0.0" in source
    assert not re.search(r"(= |\()list\(|bufs.*copy\(\)$|^ +bufs\[", source, re.MULTILINE), source


def one_array_twice(x, n):
    a = x.copy()
    bufs = [a, a]
    bufs[n % 2][0] = 5.0
    return np.sum(bufs[0] * bufs[1] * x)


def one_array_repeated(x, n):
    bufs = [np.zeros(3)] * n
    bufs[n - 2][:] = x
    return np.sum(bufs[0] * bufs[1] * x)


def one_array_in_each_iteration(x, n):
    a = x.copy()
    rows = []
    for _ in range(n):
        rows.append(a)
    a = None
    rows[n - 1][0] = x[1] * 2
    return np.sum(rows[0] * x)


def shared_with_a_slice(x, n):
    bufs = [x.copy(), x * 2, x * 3]
    some = bufs[: n - 1]
    bufs[n % 2][0] = x[1]
    return np.sum(some[0] * some[1] * x)


def shared_with_a_copy(x, n):
    bufs = [x * i for i in range(n)]
    some = list(bufs)
    bufs[n % 2][0] = x[1]
    return np.sum(some[0] * some[1] * x)


def handed_to_another_list(x, n):
    bufs = [x * i for i in range(n)]
    others = []
    for i in range(n):
        bufs[i][0] = x[1]
        others.append(bufs[i - 1])
    return sum(np.sum(other * x) for other in others)


def taken_out_and_written(x, n):
    rows = [x * i for i in range(n)]
    last = rows[n - 1]
    popped = rows.pop()
    popped[0] = x[1]
    return np.sum(last * popped * x)


def pushed_popped_and_written(x, n):
    a, rows = x.copy(), []
    for _ in range(n):
        rows.append(a)
    popped = rows.pop()
    popped[0] = 5.0
    return np.sum(a * popped * x)


def kept_while_its_place_is_taken(x, n):
    rows = [x * (k + 1.0) for k in range(n)]
    kept = rows[1]
    for k in range(n):
        rows[k] = rows[k] * x
        kept[0] = 3 * x[1]
    return np.sum(kept * x) + sum(np.sum(row * x) for row in rows)


@pytest.mark.parametrize(
    "f",
    [
        one_array_twice,
        one_array_repeated,
        one_array_in_each_iteration,
        shared_with_a_slice,
        shared_with_a_copy,
        handed_to_another_list,
        taken_out_and_written,
        pushed_popped_and_written,
        kept_while_its_place_is_taken,
    ],
)
def test_what_may_stand_in_two_places_is_refused(f):
    with pytest.raises(S2SGradError, match="S2S205|S2S206"):
        grad(f)(N, 3)
