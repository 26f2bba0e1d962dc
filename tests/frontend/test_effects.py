"""Variables of modules that change while the function runs: followed, or refused, never read as they were before."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import value_and_grad
from s2sgrad.errors import MutationError
from tests.frontend.checking import N, check

MODE = "linear"
DIGITS = 2
CACHE = {"calls": 0}


def get_mode():
    return MODE


def set_mode(mode):
    global MODE
    try:
        MODE = mode.strip()
    finally:
        pass


class mode:
    """Sets the mode, and puts it back."""

    def __init__(self, value=None):
        self.value = value

    def __enter__(self):
        global MODE
        self.before = get_mode()
        if self.value is not None:
            MODE = str(self.value).lower()
        return self

    def __exit__(self, *error):
        global MODE
        MODE = self.before


class forgetful_mode(mode):
    def __exit__(self, *error):
        pass


class digits:
    def __init__(self, n):
        self.n = n

    def __enter__(self):
        global DIGITS
        self.before, DIGITS = DIGITS, self.n

    def __exit__(self, *error):
        global DIGITS
        DIGITS = self.before


def curve(x):
    if get_mode() == "linear":
        return 2.0 * x
    return x**DIGITS


def under_another_mode(x):
    with mode("Power"):
        y = curve(x)
    return y + curve(x)


def modes_inside_each_other(x):
    with mode("Power"), digits(3):
        y = curve(x)
        with mode("linear"):
            y = y + curve(x)
        with mode():
            y = y * curve(x)
    return y


def over_arrays(xs):
    total = 0.0
    for x in xs:
        with mode("Power"):
            total = total + curve(x)
    return total


def plain_python_sees_it_too(x):
    with mode("Power"):
        inner = len(get_mode())
    return x * inner * len(get_mode())


@pytest.mark.parametrize(
    "function, args",
    [
        (under_another_mode, (1.5,)),
        (modes_inside_each_other, (1.5,)),
        (over_arrays, (N.copy(),)),
        (plain_python_sees_it_too, (1.5,)),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_a_context_manager_sets_a_variable_of_its_module(function, args):
    check(function, *args)
    assert (MODE, DIGITS) == ("linear", 2)


def asked_at_run_time(x):
    set_mode("power")
    return curve(x)


def never_put_back(x):
    with forgetful_mode("power"):
        x = x * 2.0
    return curve(x)


@pytest.mark.parametrize("function", [asked_at_run_time, never_put_back])
def test_plain_python_answers_with_what_a_variable_is_by_then(function, monkeypatch):
    monkeypatch.setattr("tests.frontend.test_effects.MODE", "linear")
    expected = function(1.5)
    monkeypatch.setattr("tests.frontend.test_effects.MODE", "linear")
    value, bar = value_and_grad(function)(1.5)
    assert value == expected
    assert bar == 2.0 * value / 1.5


def read_directly(x):
    return 2.0 * x if MODE == "linear" else x**DIGITS


def set_by_a_call(x):
    set_mode("power")
    return read_directly(x)


def read_first(x):
    y = read_directly(x)
    set_mode("power")
    return y * read_directly(x)


def not_put_back(x):
    with forgetful_mode("power"):
        x = x * 2.0
    return read_directly(x)


def counted():
    try:
        CACHE["calls"] += 1
    finally:
        pass
    return 2.0


def items_of_a_module(x):
    counted()
    return x * CACHE["calls"]


@pytest.mark.parametrize("function", [set_by_a_call, read_first, not_put_back, items_of_a_module])
def test_a_variable_that_plain_python_may_change_is_refused(function):
    with pytest.raises(MutationError, match="may be changed by"):
        value_and_grad(function)(1.5)


def test_effects_that_nobody_reads_are_left_alone():
    def function(x):
        return x * x * counted()

    before = CACHE["calls"]
    value, bar = value_and_grad(function)(np.float64(1.5))
    assert (value, bar, CACHE["calls"]) == (4.5, 6.0, before + 1)
