"""Roots of polynomials move so that the polynomial stays zero."""

import numpy as np
import pytest

from s2sgrad import value_and_grad
from s2sgrad.testing import check_grads
from tests.frontend.checking import check

THREE_REAL = np.array([1.0, -6.0, 11.0, -5.8])
A_PAIR = np.array([1.0, 0.3, 1.1, 0.4])


@pytest.mark.parametrize("p", [THREE_REAL, A_PAIR, np.array([2.0, -3.0, 0.7, 0.0])])
def test_roots(p):
    check(lambda p: np.sum(np.abs(np.roots(p) - 0.3) ** 2), p)


def test_roots_of_complex_coefficients():
    check_grads(lambda p: np.sum(np.roots(p) ** 3).real, (A_PAIR + 0.2j,), order=1)


def test_a_selected_root():
    def rate(flows):
        roots = np.roots(flows[::-1])
        real = roots[(roots.imag == 0) & (roots.real > 0)].real
        rates = 1 / real - 1
        return rates.item(np.argmin(np.abs(rates)))

    check(rate, np.array([-100.0, 39.0, 59.0, 55.0, 20.0]))


def test_a_leading_zero_stays_one():
    _, bar = value_and_grad(lambda p: np.sum(np.roots(p).real))(np.array([0.0, 2.0, -3.0, 0.7]))
    _, expected = value_and_grad(lambda p: np.sum(np.roots(p).real))(np.array([2.0, -3.0, 0.7]))
    assert np.allclose(bar[1:], expected)
