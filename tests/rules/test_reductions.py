import numpy as np
import pytest

from s2sgrad.rules import reductions, scans, variances
from s2sgrad.rules.table import rule_of
from tests.rules.checking import check, cotangents, family
from tests.rules.samples import array, signed

SMOOTH = [np.sum, np.mean, np.nansum, np.nanmean, np.prod, np.nanprod, np.var, np.std, np.nanvar, np.nanstd]
EXTREMA = [np.max, np.min, np.amax, np.amin, np.nanmax, np.nanmin, np.ptp]
ALONG = [np.cumsum, np.cumprod, np.diff]
OTHERS = [np.average]

AXES = [
    ((3,), None),
    ((2, 3), None),
    ((2, 3), 0),
    ((2, 3), -1),
    ((2, 3, 4), (0, 2)),
    ((2, 3, 4), (-1, 0)),
    ((1, 3), 0),
    ((2, 1), None),
    ((2, 0), 0),
]


@pytest.mark.parametrize("fn", SMOOTH, ids=lambda fn: fn.__name__)
@pytest.mark.parametrize("shape, axis", AXES)
@pytest.mark.parametrize("keepdims", [False, True])
def test_smooth(fn, shape, axis, keepdims):
    check(fn, array(*shape), axis=axis, keepdims=keepdims)


@pytest.mark.parametrize("fn", EXTREMA, ids=lambda fn: fn.__name__)
@pytest.mark.parametrize("shape, axis", [case for case in AXES if case[0] != (2, 0)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_extrema(fn, shape, axis, keepdims):
    check(fn, signed(*shape), axis=axis, keepdims=keepdims)


@pytest.mark.parametrize("fn", [np.sum, np.mean, np.prod, np.max], ids=lambda fn: fn.__name__)
def test_of_a_number(fn):
    check(fn, 0.7)


@pytest.mark.parametrize("fn", [np.var, np.std], ids=lambda fn: fn.__name__)
def test_degrees_of_freedom(fn):
    check(fn, array(2, 4), axis=1, ddof=1)


def test_standard_deviation_of_equals_is_flat():
    assert cotangents(rule_of(np.std), 1.0, 0.0, (np.ones(3),), {})[0].tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("fn", [np.max, np.min], ids=lambda fn: fn.__name__)
def test_ties_share_equally(fn):
    bars = cotangents(rule_of(fn), np.array([1.0, 3.0]), np.array([2.0, 2.0]), (np.full((3, 2), 2.0),), {"axis": 0})
    assert np.allclose(bars[0], [[1 / 3, 1.0]] * 3)


@pytest.mark.parametrize("fn", [np.nansum, np.nanmean, np.nanmax], ids=lambda fn: fn.__name__)
@pytest.mark.parametrize("axis", [None, 1])
def test_missing_entries(fn, axis):
    x = array(2, 3)
    x[0, 1] = np.nan
    check(fn, x, axis=axis)


ZEROS = [np.array([0.0, 2.0, 3.0]), np.array([0.0, 0.0, 3.0]), np.array([2.0, 0.0, 3.0]), np.array([0.5])]


@pytest.mark.parametrize("fn", [np.prod, np.cumprod], ids=lambda fn: fn.__name__)
@pytest.mark.parametrize("x", ZEROS, ids=str)
def test_products_with_zeros(fn, x):
    check(fn, x)
    check(fn, np.stack([x, x + 1.0]), axis=1)


@pytest.mark.parametrize("fn", ALONG, ids=lambda fn: fn.__name__)
@pytest.mark.parametrize("shape, axis", [((4,), -1), ((2, 3), 0), ((2, 3), 1), ((2, 1, 3), -3), ((1,), 0)])
def test_along_an_axis(fn, shape, axis):
    check(fn, array(*shape), axis=axis)


@pytest.mark.parametrize("fn", [np.cumsum, np.cumprod], ids=lambda fn: fn.__name__)
@pytest.mark.parametrize("shape", [(4,), (2, 3), (0,)])
def test_along_all_axes(fn, shape):
    check(fn, array(*shape))


@pytest.mark.parametrize(
    "options", [{"n": 2}, {"prepend": 0.0}, {"append": 1.0}, {"prepend": 0.0, "append": 0.0}], ids=str
)
@pytest.mark.parametrize("shape", [(4,), (2, 3)])
def test_differences(options, shape):
    check(np.diff, array(*shape), **options)


@pytest.mark.parametrize(
    "shape, axis, weights",
    [
        ((3,), None, None),
        ((3,), None, (3,)),
        ((2, 3), 0, (2,)),
        ((2, 3), -1, (3,)),
        ((2, 3), 1, (2, 3)),
        ((2, 3), None, (2, 3)),
    ],
)
def test_average(shape, axis, weights):
    check(np.average, array(*shape), axis, None if weights is None else array(*weights, seed=2))


def test_every_rule_is_checked():
    rules = family(reductions) | family(scans) | family(variances)
    assert rules == {*SMOOTH, *EXTREMA, *ALONG, *OTHERS}
