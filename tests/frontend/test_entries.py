"""Entries of dicts and objects that come and go: not every iteration of a loop finds what another one does."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad
from s2sgrad.errors import UnsupportedSyntax
from tests.frontend.checking import N, check


class Account:
    total = 0.0


class State:
    pass


def starts_from_the_class(x):
    account = Account()
    for v in x:
        account.total += v * v
    return account.total * x[0]


def starts_from_the_class_in_a_while(x):
    account, i = Account(), 0
    while account.total < 4.5:
        account.total += x[i] * 2.0
        i += 1
    return account.total * account.total


def get_with_a_default(x):
    d = {}
    for i in range(3):
        d["k"] = d.get("k", 0.5) + x[i] * d.get("k", 1.0)
    return d["k"]


def asks_for_a_key(x):
    d = {}
    for i in range(3):
        if "k" in d:
            d["k"] = d["k"] * x[i]
        else:
            d["k"] = x[0] + i
    return d["k"]


def pops_once(x):
    d = {"a": x[0]}
    s = 0.0
    for i in range(3):
        s += d.pop("a", 5.0) * x[i]
    return s * s


def counts_keys(x):
    d = {"a": x[0]}
    s = 0.0
    for i in range(3):
        s += len(d) * x[i]
        d["b"] = s
    return s * d["b"]


def number_with_a_default_for_every_item(x):
    d = {}
    for v in x:
        d["k"] = d.get("k", 0.0) + v * v
    return d["k"]


def writes_before_it_reads(x):
    d = {}
    for v in x:
        d["k"] = v * 2.0
        d["s"] = d["k"] + 1.0
    return d["k"] * d["s"]


def keeps_what_it_does_not_change(x):
    state = State()
    state.a = x[0] * 2.0
    state.both = (x[1] * 3.0, x[2])
    state.b = x[1]
    for v in x:
        state.b = state.b * v
    return state.a + state.b * state.both[0]


@pytest.mark.parametrize(
    "function",
    [
        starts_from_the_class,
        starts_from_the_class_in_a_while,
        get_with_a_default,
        asks_for_a_key,
        pops_once,
        counts_keys,
        number_with_a_default_for_every_item,
        writes_before_it_reads,
        keeps_what_it_does_not_change,
    ],
)
def test_derivatives(function):
    check(function, N)


def as_often_as_only_running_tells(x):
    state = State()
    for v in x:
        state.k = getattr(state, "k", 0.0) + v
    return state.k


def in_a_loop_that_may_never_run(x):
    d = {}
    for k in range(len(x) - 3):
        d["k"] = x[k]
    return x[0] * len(d)


def on_one_path(x):
    d = {}
    if x[0] > 0.5:
        d["k"] = x[1]
    return x[0] if "k" in d else x[2]


@pytest.mark.parametrize("function", [as_often_as_only_running_tells, on_one_path, in_a_loop_that_may_never_run])
def test_what_only_running_tells_is_refused(function):
    with pytest.raises(UnsupportedSyntax, match="whether there is an entry `k` here is only known when it runs"):
        grad(function)(np.array(N))
