"""A number that is Python's on one path and NumPy's on another: what asks which one it is gets the primal's answer."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad
from s2sgrad.errors import S2SGradError
from tests.frontend.checking import N, check


def floating(x, n):
    y = x if n > 0 else np.sin(x)
    return y * 2 if isinstance(y, np.floating) else y * 3


def integer(x, n):
    y = 0
    if n > 0:
        y = x
    return x * 2 if isinstance(y, int) else y * 3


def of_a_loop(x, n):
    y = x
    for _ in range(n):
        y = np.sin(y)
    return y * 5 if type(y) is float else y * 7


def of_what_it_is_multiplied_by(x, n):
    y = x if n > 0 else np.sin(x)
    z = -(y * 2.0)
    return z * 3 if hasattr(z, "dtype") else z * 4


def the_larger(x, n):
    y = max(np.sin(x), float(n))
    return x * y if isinstance(y, np.float64) else x * y * 2


def converted(x, n):
    y = x - x if n > 0 else np.sin(x) - np.sin(x)
    with np.errstate(divide="ignore"):
        return x * 2.0 if 1.0 / np.float64(y) > 1.0 else x


def divided(x, n):
    y = x - x if n > 0 else np.sin(x) - np.sin(x)
    try:
        with np.errstate(divide="ignore"):
            return x * 2.0 if 1.0 / y > 1.0 else x
    except ZeroDivisionError:
        return x * 3


@pytest.mark.parametrize("n", [0, 1, 2])
@pytest.mark.parametrize(
    "f", [floating, integer, of_a_loop, of_what_it_is_multiplied_by, the_larger, converted, divided]
)
def test_which_number_it_is(f, n):
    check(f, 0.7, n)


def test_complex_division_is_numpy_s_after_a_conversion():
    def f(x, n):
        z = (0.3 + 1.7j) * x[0] if n > 0 else np.exp(1j * x[0])
        return np.abs(2.0 / np.complex128(z) - x[1]) ** 2

    check(f, N, 0)
    check(f, N, 1)


def test_an_attribute_that_only_numpy_s_numbers_have():
    def f(x, n):
        y = x if n > 0 else np.sin(x)
        return y * getattr(y, "ndim", 5)

    with pytest.raises(S2SGradError, match="depends on a branch taken at run time"):
        grad(f)(0.7, 1)
