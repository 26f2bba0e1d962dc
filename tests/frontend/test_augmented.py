"""``target op= value``: arrays, lists and objects are changed in place wherever they stand."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from tests.frontend.checking import N, check


class Buffer:
    def __init__(self, values):
        self.values = values

    def __iadd__(self, other):
        self.values += other
        return self


def item_of_a_list(x):
    b = x.copy()
    items = [b, b]
    items[1] *= 2.0
    items[0] += x[::-1]
    return b @ x


def item_of_a_dict(x):
    b = x.copy()
    state = {"v": b, "h": [x[0]]}
    state["v"] -= 0.1 * x
    state["h"] += [b[1]]
    return b @ x + sum(state["h"])


def attribute_and_operator_of_an_object(x):
    b = x.copy()
    buffer = Buffer(b)
    buffer.values *= x[0]
    alias = buffer
    buffer += x
    return b @ x + alias.values.sum()


def shallow_and_deep_copies(x):
    items = [x.copy(), x * 2.0]
    shallow, deep = copy.copy(items), copy.deepcopy([items, items])
    shallow[0] *= x[1]
    deep[0][1] *= x[2]
    shallow[1] = x
    return items[0] @ x + items[1] @ x + deep[1][1] @ x


@pytest.mark.parametrize(
    "function",
    [item_of_a_list, item_of_a_dict, attribute_and_operator_of_an_object, shallow_and_deep_copies],
)
def test_derivatives(function):
    check(function, N)


def test_the_owner_of_an_attribute_is_evaluated_once():
    def f(x):
        calls = []

        def owner():
            calls.append(1)
            return buffer

        buffer = Buffer(x[0])
        owner().values += x[1]
        return buffer.values * len(calls)

    check(f, N)


def test_what_a_function_may_return_is_not_written_behind_its_back():
    def conjugate(x):
        b = x.copy()
        c = b.conj()
        c *= 2.0
        return np.sum(b * x)

    check(conjugate, N)
