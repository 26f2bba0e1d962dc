"""Dicts whose keys only running knows: values have derivatives, keys have none."""

from __future__ import annotations

import collections

import numpy as np
import pytest

from s2sgrad import grad
from s2sgrad.errors import S2SGradError
from tests.frontend.checking import check

X = np.array([0.63, 0.21, 0.87, 0.44, 0.95, 0.32])


def hist(x, n):
    d = {}
    for i in range(n):
        k = int(i * 7 % 5)
        d[k] = d.get(k, 0.0) + x[i] ** 2
    total = 0.0
    for k, v in d.items():
        total = total + (k + 1) * v * v
    return total


def dd(x, n):
    d = collections.defaultdict(float)
    for i in range(n):
        d[i % 3, i % 2] += np.sin(x[i])
    d[0, 0] *= 2.0
    return sum(v**2 for v in d.values()) + len(d) * x[0]


def memo(x, n):
    memo = {0: x[0], 1: x[1]}
    for i in range(2, n):
        if i not in memo:
            memo[i] = memo[i - 1] * x[i] + memo[i - 2] ** 2 * 0.1
    return memo[n - 1] * memo[n - 2]


def comp(x, n):
    d = {f"w{i}": x[i] ** 2 for i in range(n)}
    e = {**d, "b": x[0]}
    e.update({f"w{i}": x[i] ** 3 for i in range(2)})
    s = 0.0
    for name in e:
        e[name] *= 1.5
    for name in e:
        s = s + e[name] * len(name) * np.cos(e["w1"])
    return s


def pops(x, n):
    d = {i: x[i] * i for i in range(n)}
    t = 0.0
    for i in range(0, n, 2):
        t = t + d.pop(i) ** 2
    del d[1]
    t += d.pop(99, 2.0) * x[0]
    t += d.setdefault(3, 1.0) * d.setdefault(50, x[1]) + d[50]
    c = d.copy()
    c[3] = 0.0
    return t + sum(d.values()) + sum(c.values()) ** 2


def branchy(x, n):
    best = {}
    for i in range(n):
        k = i % 3
        if k not in best or x[i] > best[k]:
            best[k] = x[i] * 2.0
        elif x[i] > 0.3:
            best[k] = best[k] * x[i]
    return max(best.values()) + sum(best[k] ** 2 for k in best)


def tried(x, n):
    d = {}
    t = 0.0
    for i in range(n):
        try:
            v = d[i % 3]
        except KeyError:
            v = x[i] * 2.0
            d[i % 3] = v
        t = t + v * x[i]
    return t + sum(d.values())


def two_names(x, n):
    d = {}
    e = d
    for i in range(n):
        d[i % 3] = x[i] * x[0]
        e[i % 3] = e[i % 3] * d[i % 3] + 1.0
    f = dict(d)
    d[0] = d[0] ** 2
    box = [d, e]
    box[1][1] = box[0][0] * 2.0
    return sum(e.values()) + f[0] * d[1]


def closured(x, n):
    memo = {}

    def put(k, v):
        memo[k] = memo.get(k, 1.0) * v

    for i in range(n):
        put(i // 2, x[i])
    for k in memo.keys():
        memo[k] += x[0]
    return (
        sum(v * k for k, v in memo.items()) + max(memo.values()) + sorted(memo.values())[0] + sorted(memo.items())[1][1]
    )


def in_branch(x, n):
    d = {}
    if x[0] > 0.1:
        for i in range(n):
            d[i] = x[i] ** 2
    else:
        d[n] = x[0]
    e = d if x[1] > 0.1 else {k: x[1] for k in range(3)}
    k = 0
    t = 0.0
    while k in e and t < 1.2:
        t = t + e[k] * x[k]
        k += 1
    return t


def nested(x, n):
    total = 0.0
    for i in range(n):
        d = {}
        for j in range(i + 1):
            d[j % 2] = d.get(j % 2, x[j]) * x[i]
        for a, b in enumerate(d.values()):
            total = total + (a + 1) * b
        d.clear()
        d[i] = total
        total = d[i] * 1.5
    return total


def counts(x, n):
    c = {}
    for i in range(n):
        k = "big" if x[i] > 0.5 else "small"
        c[k] = c.get(k, 0) + 1
    return c.get("big", 0) * x[0] + c.get("small", 0) * x[1] + x[len(c)]


class Acc:
    def __init__(self):
        self.d = {}

    def add(self, k, v):
        self.d[k] = self.d.get(k, 0.0) + v


def attr(x, n):
    a = Acc()
    for i in range(n):
        a.add((i % 2, "x"), x[i] ** 2)
        if (0, "x") in a.d:
            a.d[0, "x"] *= x[1]
    return sum(a.d.values())


def arrays_in(x, n):
    d = collections.defaultdict(int)
    for v in x:
        d[int(v * 4)] += v
    return sum(v**3 for _, v in sorted(d.items()))


def vectors(x, n):
    d = {k: 0.0 for k in range(3)}
    for i in range(n):
        d[i % 3] += x[i] * 2.0
    return np.sum(np.array(list(d.values())) ** 2) + d[2]


def ping(x, n):
    cur = {0: x[0]}
    for i in range(n):
        nxt = {}
        for k, v in cur.items():
            nxt[k + 1] = nxt.get(k + 1, 0.0) + v * x[i]
            nxt[k] = nxt.get(k, 0.0) + v * (1.0 - x[i])
        cur = nxt
    return sum(k * v for k, v in cur.items()) + cur[2] ** 2


PROGRAMS = [
    *(hist, dd, memo, comp, pops, branchy, tried, two_names, closured, in_branch, nested, counts, attr, arrays_in),
    *(vectors, ping),
]


@pytest.mark.parametrize("function", PROGRAMS)
def test_derivatives(function):
    check(function, X, 6)


def test_an_entry_costs_an_entry():
    derivative = grad(hist)
    derivative(X, 6)
    assert "d_bar[k] = d_bar.get(k, 0.0) + " in derivative.source()
    assert "dict(" not in derivative.source()


def test_what_is_missing_raises_as_in_the_primal():
    def missing(x, n):
        d = {i: x[i] for i in range(n)}
        return d[n + 1] * d[0]

    with pytest.raises(KeyError, match="7"):
        grad(missing)(X, 6)


def key_with_a_derivative(x):
    d = {}
    for v in x:
        d[v] = v * 2.0
    return sum(d)


def array_as_an_item(x):
    d = {}
    for i in range(len(x)):
        d[i] = x * i
    return np.sum(d[1])


def grown_while_it_is_run_over(x):
    d = {int(v * 3): v for v in x}
    for k in d:
        d[k + 1] = d[k] * 2.0
    return sum(d.values())


def dict_in_a_list(x):
    dicts = []
    for i in range(len(x)):
        d = {}
        for j in range(i):
            d[j] = x[i] * x[j]
        dicts.append(d)
    return sum(sum(d.values()) for d in dicts)


def alias_that_a_branch_made(x):
    d, e = {}, {}
    for i in range(3):
        d[i] = x[i]
        e[i] = x[i]
    f = d if x[0] > 0.5 else e
    f[0] = 2.0 * x[1]
    return sum(d.values()) * sum(e.values())


@pytest.mark.parametrize(
    "function, line",
    [
        (key_with_a_derivative, "d[v] = v * 2.0"),
        (array_as_an_item, "d[i] = x * i"),
        (grown_while_it_is_run_over, "for k in d:"),
        (dict_in_a_list, "dicts.append(d)"),
        (alias_that_a_branch_made, "f[0] = 2.0 * x[1]"),
    ],
)
def test_is_refused_at_its_line(function, line):
    with pytest.raises(S2SGradError) as caught:
        grad(function)(X)
    assert line in str(caught.value)
    assert "= help:" in str(caught.value)


def test_keys_saved_beside_numbers_do_not_stop_second_derivatives():
    def f(x, n):
        d = {"w0": x}
        for i in range(n):
            if f"w{i % 2}" in d:
                d[f"w{i % 2}"] = d[f"w{i % 2}"] * np.sin(x)
            else:
                d[f"w{i % 2}"] = x * 0.5
        return sum(v * v for v in d.values())

    check(f, 0.7, 3)
