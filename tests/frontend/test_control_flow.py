"""Branches, loops, early exits: each in both modes and to second order."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.frontend.checking import N, check


def iterate_a_map(r, x, n):
    for i in range(n):
        x = r * x * (1.0 - x)
    return x


def newton_until_it_converges(a):
    x = 1.0
    k = 0
    while abs(x * x - a) > 1e-12 and k < 50:
        x = 0.5 * (x + a / x)
        k += 1
    return x


def for_with_break_continue_and_else(x, n):
    s = 0.0
    for i in range(n):
        if s > 5:
            break
        if i % 2 == 0:
            continue
        s += x * i
    else:
        s = s * 2
    return s


def return_from_a_loop(x, n):
    for i in range(n):
        if x * i > 3:
            return x * i
    return -x


def guard_clauses(x):
    if x < 0:
        return -x
    if x > 10:
        return x * x
    y = x + 1
    return y


def while_true_with_break_and_return(x):
    n = 0
    while True:
        x = x * 1.5
        n += 1
        if x > 100:
            break
        if n > 20:
            return x * 2
    return x + n


def walrus_in_a_condition(x):
    if (y := x * x) > 1:
        return y
    return y + 1


def else_of_an_inner_loop(x):
    r = 1.0
    for i in range(3):
        for j in range(i):
            if j == 1:
                break
            r *= x + j
        else:
            r = r + 1
    return r


def ternary(x, y):
    return x if x > y else y * y


def while_on_active_values(x):
    while x < 100 and not x > 50:
        x = x * x if x < 5 else x + 7
    return x


def none_until_first_assigned(x):
    prev = None
    s = 0.0
    for i in range(4):
        cur = x * i
        if prev is not None:
            s = s + cur * prev
        prev = cur
    return s


def best_so_far(x):
    best = -1e9
    for i in range(5):
        v = math.sin(x * i)
        if v > best:
            best, arg = v, i
    return best * arg


def continue_and_break_in_nested_loops(x):
    s = 0.0
    for i in range(3):
        for j in range(3):
            if i == j:
                continue
            if j > i + 1:
                break
            s += x[i] * x[j]
    return s


def elif_with_continue(x):
    t = x
    for k in range(5):
        if t > 3:
            t = t - x
            continue
        elif t < 1:
            t = t * 2
        else:
            t = t * x
    return t


def nested_while(x):
    i = 0
    s = 0.0
    while i < len(x):
        j = i
        while j < len(x):
            s += x[i] * x[j]
            j += 1
        i += 1
    return s


def return_a_power_from_while_true(x):
    n = 0
    while True:
        n += 1
        if n > 3:
            return x**n
        x = x * 1.1


def assert_raise_and_log(x):
    assert x > 0, "neg"
    if x > 1e6:
        raise ValueError(f"too big {x}")
    return np.log(x)


def with_errstate(x):
    with np.errstate(all="ignore"):
        y = np.log(x)
        z = y * 2
    assert z < 1e9, "big"
    print(f"z={z:.3f}")
    return z


CASES = [
    (iterate_a_map, (3.2, 0.3, 5)),
    (newton_until_it_converges, (2.0,)),
    (for_with_break_continue_and_else, (1.3, 4)),
    (for_with_break_continue_and_else, (3.0, 8)),
    (return_from_a_loop, (1.3, 2)),
    (return_from_a_loop, (1.3, 8)),
    (guard_clauses, (-2.0,)),
    (guard_clauses, (20.0,)),
    (guard_clauses, (2.0,)),
    (while_true_with_break_and_return, (1.1,)),
    (walrus_in_a_condition, (2.0,)),
    (walrus_in_a_condition, (0.5,)),
    (else_of_an_inner_loop, (2.0,)),
    (ternary, (2.0, 3.0)),
    (ternary, (3.0, 2.0)),
    (while_on_active_values, (1.7,)),
    (none_until_first_assigned, (1.3,)),
    (best_so_far, (1.3,)),
    (continue_and_break_in_nested_loops, (N,)),
    (elif_with_continue, (1.7,)),
    (nested_while, (N,)),
    (return_a_power_from_while_true, (1.3,)),
    (assert_raise_and_log, (2.0,)),
    (with_errstate, (3.0,)),
]


@pytest.mark.parametrize(("function", "args"), CASES)
def test_derivatives(function, args):
    check(function, *args)
