"""Lists, tuples, dicts: fixed ones leave no trace, growing ones become stacks."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from tests.frontend.checking import N, check, matrix


def append_iterate_pop(x, n):
    out = []
    for i in range(n):
        out.append(x * i)
    s = 0
    for v in out:
        s += v * v
    while len(out) > 2:
        s = s + out.pop()
    return s


def comprehension_and_generator(x):
    ys = [x * k for k in range(5)]
    return sum(y * y for y in ys) + max(ys)


def unpacking_and_swaps(x, y):
    a, (b, *c) = x, (y, 1.0, x * y)
    a, b = b, a
    return a * b + sum(c)


def dict_argument(p):
    d = {"a": p["w"] * 2, "b": 1.0}
    d["c"] = d["a"] + d["b"]
    tot = 0.0
    for k, v in d.items():
        tot += v
    return tot * p["b"][0]


def zip_enumerate_reversed(x, y):
    s = 0.0
    for a, b in zip(x, y):
        s += a * b
    for i, a in enumerate(x):
        s += i * a
    for a in reversed(x):
        s = s + a
    return s


def horner_over(x, p):
    best = 0.0
    for c in p:
        best = best * x + c
    return best


def list_filled_by_index(x, n):
    t = [0.0] * (n + 1)
    t[0] = 1.0
    for i in range(1, n + 1):
        t[i] = t[i - 1] * x + (t[i - 2] if i > 1 else 0.0)
    return t[n]


def dict_filled_in_a_loop(x):
    d = {}
    for k, n in enumerate(("a", "b", "c")):
        d[n] = x * k
    return sum(d.values()) * d["b"]


def list_slices(xs):
    t = xs[0]
    for v in xs[1:]:
        t = t * v + math.sin(v)
    return t


def list_of_tuples(x, n):
    acc = []
    for i in range(n):
        acc.append((x * i, x + i))
    s = 0.0
    for p, q in acc:
        s += p * q
    return s


def starred(x):
    a, *b, c = x, 2 * x, x * x, 1.0
    return a * sum(b) + c


def list_as_state(x):
    state = [x, x * 2]
    for i in range(3):
        state[0] = state[1] * state[0]
        state[1] = state[0] + i
    return state[0] * state[1]


def recurrent_network(theta, xs):
    h = np.zeros(2)
    hs = []
    for x in xs:
        h = np.tanh(theta @ h + x)
        hs.append(h)
    return sum(np.sum(q**2) for q in hs)


def table_in_a_list(x):
    a = [0.0] * 5
    for i in range(1, 5):
        a[i] = a[i - 1] * x + i
    return sum(a)


def list_of_lists(x, y):
    r = []
    for a in x:
        row = []
        for b in y:
            row.append(a * b)
        r.append(row)
    return sum(sum(row) for row in r)


def nested_argument(p):
    (w, b), s = p
    for k in range(2):
        w = np.tanh(w * s + b)
    return w.sum()


def mixed_tuple(x):
    v = 0.0
    for k in (1, 2.0, x):
        v += k * x
    return v


CASES = [
    (append_iterate_pop, (1.5, 5)),
    (comprehension_and_generator, (2.0,)),
    (unpacking_and_swaps, (2.0, 3.0)),
    (dict_argument, ({"w": 2.0, "b": [3.0, np.ones(2)]},)),
    (zip_enumerate_reversed, (N, N * 2.0)),
    (horner_over, (2.0, (1.0, 2.0, 3.0))),
    (horner_over, (2.0, [1.0, 2.0, 3.0])),
    (horner_over, (2.0, N)),
    (list_filled_by_index, (1.2, 6)),
    (dict_filled_in_a_loop, (2.0,)),
    (list_slices, (N,)),
    (list_slices, ([0.7, 1.3, 2.1],)),
    (list_of_tuples, (2.0, 4)),
    (starred, (2.0,)),
    (list_as_state, (1.2,)),
    (recurrent_network, (matrix(2, 2), matrix(4, 2))),
    (table_in_a_list, (1.3,)),
    (list_of_lists, (N, N)),
    (nested_argument, (((N, N * 0.1), 0.3),)),
    (mixed_tuple, (2.0,)),
]


@pytest.mark.parametrize(("function", "args"), CASES)
def test_derivatives(function, args):
    check(function, *args)


def test_namespaces():
    def f(x):
        state = SimpleNamespace(x=0.0, v=1.0, step=lambda t: t * x)
        for _ in range(4):
            state.x += state.step(state.v) * 0.1
            state.v -= state.x * 0.2
        return state.x * state.v

    check(f, 0.7)
