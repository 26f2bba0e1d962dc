"""``scipy.signal`` in whole functions: compiled, in both modes, and differentiated twice."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import value_and_grad
from s2sgrad.testing import check_grads
from tests.rules.samples import array, signed, turned

signal = pytest.importorskip("scipy.signal")


@pytest.mark.parametrize("name", ["convolve", "fftconvolve", "correlate"])
@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("x, y", [((5,), (3,)), ((4,), (4,)), ((3,), (6,)), ((3, 4), (2, 3))])
def test_convolutions(name, mode, x, y):
    fn = getattr(signal, name)

    def f(x, y):
        return np.sum(fn(x, y, mode) ** 3)

    x, y = signed(*x), signed(*y, seed=5)
    check_grads(f, (x, y), order=1)
    assert value_and_grad(f)(x, y)[0] == f(x, y)


@pytest.mark.slow
def test_second_derivatives():
    check_grads(lambda x, y: np.sum(signal.convolve(x, y, mode="same", method="direct") ** 3), (signed(4), signed(3)))


def test_of_complex_numbers():
    for fn in (signal.convolve, signal.correlate):
        check_grads(lambda x, y: np.sum(np.abs(fn(x, y)) ** 2), (turned(4), turned(3, seed=5)), order=1)  # noqa: B023


def filtered(b, a, x):
    return np.sum(signal.lfilter(b, a, x) ** 3)


def filtered_columns(b, a, x):
    return np.sum(signal.lfilter(b, a, x, axis=0) ** 3)


@pytest.mark.parametrize("f, x", [(filtered, signed(6)), (filtered, signed(2, 3)), (filtered_columns, signed(5, 2))])
def test_filters(f, x):
    b, a = array(3), np.array([1.2, 0.3, -0.2, 0.1])
    check_grads(f, (b, a, x), order=1)
    assert value_and_grad(f)(b, a, x)[0] == f(b, a, x)
