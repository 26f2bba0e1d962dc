import operator

import numpy as np
import pytest

from s2sgrad.ir.primitives import added, additem, getindex, setitem, surviving
from s2sgrad.rules import indexing
from tests.rules.checking import check, family
from tests.rules.samples import array

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
    True,
    np.bool(False),
    (slice(1, 3), np.bool(True)),
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


def test_sums_of_cotangents_whatever_they_are():
    check(added, 0.1, 0.2)
    check(added, [0.1, 0.2], [0.3, 0.4])
    check(added, [array(2), array(3)], [array(2), array(3)])


def test_every_rule_is_checked():
    checked = {
        operator.getitem,
        added,
        additem,
        setitem,
        surviving,
        getindex,
    }
    assert family(indexing) == checked
