import numpy as np
import pytest

from s2sgrad.rules import signals
from s2sgrad.rules.signals import periodic_interp
from tests.rules.checking import check, family
from tests.rules.samples import array

XP = np.array([0.1, 0.4, 0.5, 0.85])


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("fn", [np.convolve, np.correlate])
@pytest.mark.parametrize("n, m", [(5, 3), (5, 2), (3, 5), (2, 5), (4, 4), (1, 3), (1, 1)])
def test_convolution(fn, mode, n, m):
    check(fn, array(n), array(m, seed=1), mode)


@pytest.mark.parametrize("x", [array(5, low=0.02, high=0.97), array(2, 2, low=0.31), 0.45, array(0)], ids=str)
def test_interpolation(x):
    check(np.interp, x, XP, array(4))
    check(np.interp, x, XP, array(4), 0.2, 0.3)


def test_periodic_interpolation_is_numpys_to_the_bit():
    x = array(6, low=-1.0, high=3.0)
    assert np.array_equal(periodic_interp(x, XP, array(4), period=0.9), np.interp(x, XP, array(4), period=0.9))


def test_unwrap():
    check(np.unwrap, array(6, low=-9.0, high=9.0))
    check(np.unwrap, array(3, 4, low=-9.0, high=9.0), None, 0)


def test_every_rule_is_checked():
    assert family(signals) == {np.convolve, np.correlate, np.interp, np.unwrap}
