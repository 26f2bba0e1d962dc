"""Bottleneck's reductions, where it is installed."""

import numpy as np
import pytest

from s2sgrad import grad
from tests.frontend.checking import check

bn = pytest.importorskip("bottleneck")

X = np.array([[0.5, 1.5, -2.5], [0.7, 0.2, 1.1]])


@pytest.mark.parametrize("name", ["nansum", "nanmean", "nanstd", "nanvar", "nanmin", "nanmax"])
@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_derivatives(name, axis):
    fn = getattr(bn, name)
    check(lambda x: np.sum(fn(x, axis=axis) ** 2), X)


def test_degrees_of_freedom():
    check(lambda x: bn.nanvar(x, ddof=1) + bn.nanstd(x, 0, 1)[1], X)


def test_what_is_no_number_has_no_part():
    x = np.array([1.0, np.nan, 3.0])
    assert np.array_equal(grad(lambda x: bn.nanmean(x))(x), [0.5, 0.0, 0.5])
    assert np.array_equal(grad(lambda x: bn.nanmax(x))(x), [0.0, 0.0, 1.0])
