import operator

import numpy as np
import pytest

from s2sgrad.ir.primitives import additem, getindex, setitem, surviving
from s2sgrad.rules import indexing
from tests.rules.checking import check, family
from tests.rules.samples import array, signed

INDICES = [
    1,
    (1, -1),
    (slice(None), 0),
    slice(1, -1),
    slice(None, None, -2),
    (Ellipsis, 1),
    (None, slice(0, 2)),
    [0, 2, 0],
    (np.array([0, 1, 0]), np.array([1, 1, 1])),
    (slice(None), np.array([[0, 1], [1, 1]])),
    np.array([True, False, True, False]),
    np.eye(4, 3) > 0,
]


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_reading(index):
    check(operator.getitem, array(4, 3), index)


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_adding(index):
    x = array(4, 3)
    check(additem, x, index, array(*np.shape(x[index])) if np.shape(x[index]) else 0.5)
    check(additem, x, index, 0.5)


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_writing(index):
    x = array(4, 3)
    check(setitem, x, index, array(*np.shape(x[index])) if np.shape(x[index]) else 0.5)
    check(setitem, x, index, 0.5)
    check(surviving, x, index)


def test_items_of_lists():
    check(getindex, [0.1, 0.2, 0.3], 1)
    check(getindex, [array(2), array(3)], 0)


@pytest.mark.parametrize(
    "shape, indices, axis",
    [
        ((5,), [0, 3, 3], None),
        ((2, 3), [0, 5, 5], None),
        ((2, 3), 1, 0),
        ((2, 3), [[0, 1], [2, 2]], -1),
        ((2, 3, 4), [1, 1], 1),
    ],
)
def test_take(shape, indices, axis):
    check(np.take, array(*shape), indices, axis)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_take_along_axis(axis):
    check(np.take_along_axis, array(3, 3), np.array([[0, 2, 2], [1, 0, 1], [0, 0, 0]]), axis)
    check(np.take_along_axis, array(3, 2), np.array([[0, 1]]), 0)
    check(np.take_along_axis, array(2, 3), np.array([0, 5, 5]), None)


@pytest.mark.parametrize("shape, axis", [((5,), -1), ((2, 4), 0), ((2, 4), -1), ((2, 2), None)])
def test_sort(shape, axis):
    check(np.sort, signed(*shape), axis)


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_compress(axis):
    check(np.compress, [True, False, True], array(3, 3), axis)


def test_every_rule_is_checked():
    checked = {
        operator.getitem,
        additem,
        setitem,
        surviving,
        getindex,
        np.take,
        np.take_along_axis,
        np.sort,
        np.compress,
    }
    assert family(indexing) == checked
