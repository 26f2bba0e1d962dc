"""What is not supported is refused while compiling, with the place, the construct and a remedy."""

from __future__ import annotations

import random

import numpy as np
import pytest

from s2sgrad import grad
from s2sgrad.errors import AliasError, MutationError, S2SGradError, UnsupportedCall, UnsupportedSyntax

N = np.array([0.7, 1.3, 2.1])
OUTSIDE = np.zeros(3)
HISTORY = [1.0, 2.0]


def write_through_reshape(x):
    A = np.outer(x, x) @ np.outer(x, x).T
    y = A.T.reshape(9)
    y[0] = 7.0
    return np.sum(A * A)


def write_what_may_be_the_argument(x):
    best = x
    for i in range(3):
        candidate = x * i
        if candidate.sum() > best.sum():
            best = candidate
    best[0] = 1.0
    return np.sum(best * x)


def write_while_two_names_part(x):
    u = x.copy()
    v = u
    for _ in range(2):
        u[0] += v[1]
        v = v * 2.0
    return np.sum(u * v)


def store_into_integers(x):
    y = np.array([1, 2, 3])
    y[0] = x[0]
    return np.sum(y * x)


def write_a_global(x):
    OUTSIDE[0] = x[0]
    return np.sum(OUTSIDE * x)


def append_to_a_global(x):
    HISTORY.append(x[0])
    return x[0]


def evaluate(x):
    return eval("x") * np.sum(x)


def shuffle(x):
    y = x.copy()
    np.random.shuffle(y)
    return np.sum(y * x)


def shuffle_a_list(x):
    y = [x[0], x[1]]
    random.shuffle(y)
    return y[0]


def number_or_text(x):
    y = x[0] if x[1] > 0 else "none"
    return y


def grown(x):
    rows = []
    for k in range(3):
        rows.append(x * k)
    return rows


def write_what_a_loop_took_from_a_list(x):
    rows = grown(x)
    for row in rows:
        pass
    row[0] = 5.0
    return sum(r @ x for r in rows)


def write_what_a_branch_took_from_a_list(x):
    rows = grown(x)
    row = rows[0] if x[0] > 0 else rows[1]
    row[0] = 5.0
    return sum(r @ x for r in rows)


def write_what_an_earlier_iteration_stored(x):
    rows, row = grown(x), x.copy()
    for k in range(len(x)):
        row[0] = k * 2.0
        rows[k] = row
    return sum(r @ x for r in rows)


def append_to_what_may_be_another_list(x):
    items, others = [x[0]], [x[1]]
    chosen = items if x[0] > 0 else others
    chosen.append(3.0)
    return sum(items) * sum(others)


def write_what_a_function_may_return(x):
    A = np.outer(x, x)
    B = np.einsum("ij->ji", A)
    B[0] = 1.0
    return np.sum(A * A)


CASES = [
    (write_what_a_loop_took_from_a_list, MutationError, "row[0] = 5.0"),
    (write_what_a_branch_took_from_a_list, MutationError, "row[0] = 5.0"),
    (write_what_an_earlier_iteration_stored, MutationError, "row[0] = k * 2.0"),
    (append_to_what_may_be_another_list, AliasError, "chosen.append(3.0)"),
    (write_what_a_function_may_return, AliasError, "B[0] = 1.0"),
    (write_through_reshape, AliasError, "y[0] = 7.0"),
    (write_what_may_be_the_argument, AliasError, "best[0] = 1.0"),
    (write_while_two_names_part, AliasError, "u[0] += v[1]"),
    (store_into_integers, MutationError, "y[0] = x[0]"),
    (write_a_global, MutationError, "OUTSIDE[0] = x[0]"),
    (append_to_a_global, MutationError, "HISTORY.append(x[0])"),
    (evaluate, UnsupportedSyntax, 'eval("x")'),
    (shuffle, UnsupportedSyntax, "np.random.shuffle(y)"),
    (shuffle_a_list, UnsupportedSyntax, "random.shuffle(y)"),
    (number_or_text, S2SGradError, 'y = x[0] if x[1] > 0 else "none"'),
]


@pytest.mark.parametrize(("function", "error", "line"), CASES)
def test_is_refused_at_its_line(function, error, line):
    with pytest.raises(error) as caught:
        grad(function)(N)
    text = str(caught.value)
    assert line in text
    assert "test_refusals.py:" in text
    assert "^" in text
    assert "= help:" in text


def test_a_function_without_source_or_rule_names_the_remedy():
    def f(x):
        return hash(x) + np.sum(x) + int.from_bytes(x)

    with pytest.raises(UnsupportedCall):
        grad(f)(N)


@pytest.mark.parametrize(
    "test",
    [
        lambda x: isinstance({1, 2}, set),
        lambda x: isinstance(set([1, 2]), frozenset),
        lambda x: type({1, 2}) is set,
        lambda x: hasattr({1, 2}, "add"),
    ],
)
def test_whether_known_items_are_a_set_or_a_frozenset_is_refused(test):
    def f(x):
        return 2.0 * x if test(x) else x

    with pytest.raises(S2SGradError, match="is not kept"):
        grad(f)(1.0)
