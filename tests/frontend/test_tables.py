"""Lists of lists of run-time length, written where an item stands: tables of recurrences, grids, elimination."""

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad
from s2sgrad.errors import S2SGradError
from tests.frontend.checking import N, check


def filled_by_a_recurrence(x):
    n = len(x)
    T = [[0.0] * (n + 1) for _ in range(n + 1)]
    for i in range(1, n + 1):
        for j in range(1, n + 1):
            T[i][j] = T[i - 1][j] * 0.5 + T[i][j - 1] * 0.25 + x[i - 1] * x[j - 1]
    return T[n][n]


def least_cost(x):
    n = len(x)
    T = [[float("inf")] * (n + 1) for _ in range(n + 1)]
    T[0][0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, n + 1):
            T[i][j] = (x[i - 1] - 1.3 * x[j - 1]) ** 2 + min(T[i - 1][j], T[i][j - 1], T[i - 1][j - 1])
    return T[n][n]


def updated_by_operators(x):
    T = [[v] * 3 for v in x]
    for i in range(3):
        for j in range(3):
            T[i][j] += x[i] * x[j]
            T[j][i] *= x[j]
    return T[0][2] * T[1][2]


def rows_by_name(x):
    T = [[x[0]] * 3 for _ in x]
    before = T[0]
    for row in T:
        row[0] *= x[1]
    for i in range(1, 3):
        now = T[i]
        for j in range(1, 3):
            now[j] = before[j - 1] * x[j] + now[j - 1]
        before = now
    return before[2] + T[1][2]


def rows_appended(x):
    T = []
    for i in range(len(x)):
        row = []
        for j in range(i + 1):
            row.append(x[i] if j in (0, i) else T[i - 1][j - 1] + T[i - 1][j] * x[j])
        T.append(row)
    T[1][0] *= x[2]
    return sum(T[-1]) + T[1][0]


def a_new_grid_in_each_step(x):
    u = [[a * b for a in x] for b in x]
    for _ in range(2):
        v = [row[:] for row in u]
        for i in range(1, len(x)):
            v[i][1] = 0.25 * (u[i - 1][1] + u[i][0] * u[i][2])
        u = v
    return u[1][1] * u[2][1]


def determinant_with_pivots(x):
    n = len(x)
    A = [[x[(i + j) % n] * (i + 1.0) - (4.0 if i == j + 1 else 0.0) for j in range(n)] for i in range(n)]
    det = 1.0
    for k in range(n):
        p = k
        for i in range(k + 1, n):
            if abs(A[i][k]) > abs(A[p][k]):
                p = i
        if p != k:
            A[k], A[p] = A[p], A[k]
            det = -det
        for i in range(k + 1, n):
            f = A[i][k] / A[k][k]
            for j in range(k, n):
                A[i][j] -= f * A[k][j]
        det *= A[k][k]
    return det


def three_deep(x):
    n = len(x)
    T = [[[0.0] * n for _ in range(n)] for _ in range(n)]
    for i in range(n):
        for j in range(n):
            T[i][j][0] = x[i] * x[j] + (T[i - 1][j][0] if i > 0 else 0.0)
            T[i][j][j] += x[i]
    return T[1][2][0] * T[2][2][2]


def written_by_a_function(x):
    T = [[v, 1.0, v * v] for v in x]

    def set_diagonal(rows):
        for i in range(len(x)):
            rows[i][i] = x[i] * rows[i][0]

    set_diagonal(T)
    return T[1][1] * T[2][2] + T[0][2]


def one_row_or_another(x):
    T = [[v] * 2 for v in x]
    row = T[0] if x[0] > 1.0 else T[1]
    row[0] = x[2] * 7.0
    return T[0][0] * T[1][0]


def integers_become_floats(x):
    T = [[0] * 3 for _ in x]
    for i in range(3):
        for j in range(3):
            T[i][j] = x[i] * j + (T[i - 1][j] if i else 0)
    return T[2][2] * x[0]


def fixed_rows_by_number(x):
    V = [[0.0] * 2]
    for t in range(len(x)):
        V.append([0.0] * 2)
        for s in range(2):
            V[t + 1][s] = max(V[t][k] + x[t] * (s + 1.0) * (k + 2.0) for k in range(2))
    return max(V[-1])


def copied_rows_are_others(x):
    T = [[v, 2.0] for v in x]
    U = [list(row) for row in T]
    T[1][0] = x[0]
    return U[1][0] * T[1][0]


@pytest.mark.parametrize(
    "f",
    [
        filled_by_a_recurrence,
        least_cost,
        updated_by_operators,
        rows_by_name,
        rows_appended,
        a_new_grid_in_each_step,
        determinant_with_pivots,
        three_deep,
        written_by_a_function,
        one_row_or_another,
        integers_become_floats,
        fixed_rows_by_number,
        copied_rows_are_others,
    ],
)
def test_derivatives(f):
    check(f, N)


def test_the_code_reads_like_the_primal():
    source = grad(filled_by_a_recurrence).source(N)
    assert "T[i][j] = t1 * 0.5 + T[i][j - 1] * 0.25 + x[i - 1] * x[j - 1]" in source
    assert "T_bar[i][j - 1] += " in source
    assert "copy" not in source


def test_an_item_costs_the_same_in_any_table():
    source = grad(updated_by_operators).source(N)
    assert "deepcopy" not in source


# -- what could be seen by another name ------------------------------------------------------------------


def one_row_many_times(x):
    row = [1.0] * len(x)
    T = [row for _ in x]
    T[1][2] = x[0]
    return T[0][2] * x[1]


def shallow_slice(x):
    T = [[v, 1.0] for v in x]
    U = T[1:]
    T[1][0] = x[0]
    return U[0][0] * x[1]


def shallow_list(x):
    T = [[v, 1.0] for v in x]
    U = list(T)
    U[1][0] = x[0]
    return T[1][0] * x[1]


def shallow_sorted(x):
    T = [[v, 1.0] for v in x]
    U = sorted(T)
    T[1][0] = x[0]
    return U[1][0] * x[1]


def appended_to_two_tables(x):
    T, U = [], []
    for v in x:
        row = [v, 1.0]
        T.append(row)
        U.append(row)
    T[0][0] = x[1]
    return U[0][0] * x[2]


def inside_of_a_tuple(x):
    T, U = [], []
    for v in x:
        row = [v, 1.0]
        T.append(row)
        U.append((row, 1))
    T[0][0] = x[1]
    return U[0][0][0] * x[2]


def one_row_in_two_places(x):
    T = [[v, 1.0] for v in x]
    T[2] = T[0]
    T[0][0] = x[1]
    return T[2][0] * x[2]


def taken_out_before_it_was_replaced(x):
    T = [[v, 1.0] for v in x]
    row = T[1]
    T[1] = [x[0], 2.0]
    row[0] = x[1] * 5.0
    return T[1][0] * row[0]


def taken_out_before_another_iteration_replaces_it(x):
    T = [[v, 1.0] for v in x]
    row, total = T[1], 0.0
    for v in x:
        total += row[0]
        T[1] = [v, v]
    return total


def read_while_it_is_written(x):
    T = [[v, 1.0, 2.0] for v in x]
    total = 0.0
    for v in T[1]:
        T[1][2] = x[0] * 9.0
        total += v
    return total


def the_name_of_the_last_iteration(x):
    T, row, total = [], [0.0, 0.0], 0.0
    for v in x:
        if T:
            T[-1][0] = 5.0 * v
        total += row[0] * v
        row = [v, v]
        T.append(row)
    return total


def one_table_or_another(x):
    T, U = [[v, 1.0] for v in x], [[v, 2.0] for v in x]
    chosen = T if x[0] > 1.0 else U
    chosen[0][0] = x[1] * 7.0
    return T[0][0] * U[0][0]


@pytest.mark.parametrize(
    ("f", "what", "line"),
    [
        (one_row_many_times, "may also stand in", "T[1][2] = x[0]"),
        (shallow_slice, "`U` may also be, or hold", "T[1][0] = x[0]"),
        (shallow_list, "`T` may also be, or hold", "U[1][0] = x[0]"),
        (shallow_sorted, "`U` may also be, or hold", "T[1][0] = x[0]"),
        (appended_to_two_tables, "may also stand in", "T[0][0] = x[1]"),
        (inside_of_a_tuple, "may also stand in", "T[0][0] = x[1]"),
        (one_row_in_two_places, "may also stand in", "T[0][0] = x[1]"),
        (taken_out_before_it_was_replaced, "has changed since", "row[0] = x[1] * 5.0"),
        (taken_out_before_another_iteration_replaces_it, "has changed since", "total += row[0]"),
        (read_while_it_is_written, "another name may also be, or hold", "T[1][2] = x[0] * 9.0"),
        (the_name_of_the_last_iteration, "`row` may also be, or hold", "T[-1][0] = 5.0 * v"),
        (one_table_or_another, "may or may not share its memory", "chosen[0][0] = x[1] * 7.0"),
    ],
)
def test_is_refused(f, what, line):
    with pytest.raises(S2SGradError, match=what) as caught:
        grad(f)(N)
    assert line in str(caught.value)
    assert "= help:" in str(caught.value)


def reads_what_is_not_there_yet(x):
    found, total = [], 0.0
    for i in range(len(x)):
        if x[i] > 1.0:
            total += found[i - 1] * x[i]
        found.append(x[i] * x[i])
    return total


def test_an_empty_list_raises_where_the_primal_does():
    check(reads_what_is_not_there_yet, N)
    with pytest.raises(IndexError, match="list index out of range"):
        value_and_grad(reads_what_is_not_there_yet)(np.array([1.5, 0.2, 0.3]))
