"""Objects that only running knows: what is read from them is looked at when the derivative runs, not before."""

import datetime

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad
from s2sgrad.errors import S2SGradError
from tests.frontend.checking import check


def _after(days: int) -> datetime.timedelta:
    return datetime.timedelta(days=days)


@pytest.mark.parametrize("days", [0, 1, 5])
def test_conditions_on_attributes_are_decided_when_it_runs(days: int) -> None:
    def f(x: float, days: int) -> float:
        after = _after(days)
        y = x
        if after.days:
            y = y * 2
        if after.days == 0:
            y = y * 7
        if after.days in (1, 5):
            y = y * 11
        if isinstance(after.days, int):
            y = y * 13
        if after.days is not None and not callable(after.days):
            y = y * 17
        return y if after.days < 3 else -y

    assert value_and_grad(f)(3.0, days) == (f(3.0, days), f(1.0, days))


class _Counter:
    __slots__ = ("count",)

    def __new__(cls) -> "_Counter":  # only running knows what this returns
        self = object.__new__(cls)
        self.count = 1
        return self

    def advance(self) -> int:
        self.count += 1
        return self.count


def test_an_attribute_is_read_where_it_stands() -> None:
    def f(x: float) -> float:
        counter = _Counter()
        before = counter.count
        counter.advance()
        return x * before + 10.0 * x * counter.count

    assert value_and_grad(f)(3.0) == (63.0, 21.0)


def test_calling_what_an_attribute_holds() -> None:
    def f(x: float) -> float:
        total = _after(2).total_seconds
        return x * total()

    assert value_and_grad(f)(3.0) == (f(3.0), 172800.0)


def test_lists_repeated_as_often_as_only_running_tells() -> None:
    def f(x):
        rows = x[x > 0.0] if x.ndim == 1 else x
        rows = rows if len(rows) > 1 else rows[0]  # a number or an array
        rows = np.atleast_1d(rows)
        return np.sum(rows * np.array([2.0, 3.0][:1] * np.shape(rows)[0]))

    for x in (np.array([1.0, 2.0, -3.0]), np.array([1.0, -2.0])):
        check(f, x)


def test_lists_of_differentiated_values_repeated_as_often_as_only_running_tells() -> None:
    def f(x, days):
        return np.sum(np.array([x, x * x] * _after(days).days))

    with pytest.raises(S2SGradError, match="only running tells whether this repeats"):
        grad(f)(3.0, 2)


def test_a_repetition_that_is_unpacked_makes_its_count_static() -> None:
    def f(x, n):
        return sum_of(*[[x, 2.0]] * n)

    def sum_of(*pairs):
        total = 0.0
        for a, b in pairs:
            total += a * a * b
        return total

    assert value_and_grad(f)(3.0, 3) == (54.0, 36.0)
    assert value_and_grad(f)(3.0, 2) == (36.0, 24.0)


def test_which_function_is_called_may_depend_on_an_argument() -> None:
    def chosen(robust: bool):
        if robust:
            average, total = np.median, np.nansum
        else:
            average, total = np.mean, np.sum
        return average, total

    def f(x: np.ndarray, robust: bool = False):
        average, total = chosen(robust)
        return total(x * x) / average(x)

    x = np.array([0.7, 1.3, 2.1, 4.0])
    check(f, x)
    check(f, x, True)
    check(f, x, False)
