import numpy as np
import pytest

from s2sgrad.rules import sorting
from s2sgrad.rules.table import rule_of
from tests.rules.checking import check, family
from tests.rules.samples import signed

AXES = pytest.mark.parametrize("shape, axis", [((5,), -1), ((2, 4), 0), ((2, 4), -1), ((2, 2), None), ((0,), -1)])


@AXES
def test_sort(shape, axis):
    check(np.sort, signed(*shape), axis)
    check(np.sort, signed(*shape), axis, kind="stable")


@AXES
def test_partition(shape, axis):
    if 0 not in shape:
        check(np.partition, signed(*shape), 1, axis)
        check(np.partition, signed(*shape), (0, 1), axis)


@pytest.mark.parametrize("shape, axis", [((5,), None), ((2, 3), None), ((3, 2), 0), ((3, 2), 1)])
def test_unique(shape, axis):
    check(np.unique, signed(*shape), axis=axis)


def test_equal_entries_share_the_cotangent_of_their_value():
    x = np.array([3.0, 1.0, 3.0, 2.0])
    y = np.unique(x)
    assert rule_of(np.unique).vjp(np.array([1.0, 2.0, 4.0]), y, x).tolist() == [2.0, 1.0, 2.0, 2.0]
    assert rule_of(np.unique).jvp((np.array([1.0, 0.0, 3.0, 5.0]),), y, x).tolist() == [0.0, 5.0, 2.0]
    rows = np.array([[1.0, 2.0], [0.0, 1.0], [1.0, 2.0]])
    bar = rule_of(np.unique).vjp(np.array([[1.0, 2.0], [4.0, 8.0]]), np.unique(rows, axis=0), rows, axis=0)
    assert bar.tolist() == [[2.0, 4.0], [1.0, 2.0], [2.0, 4.0]]


def test_a_sort_of_equal_entries_gives_each_place_to_one_of_them():
    x = np.array([2.0, 1.0, 2.0])
    bar = rule_of(np.sort).vjp(np.array([1.0, 10.0, 100.0]), np.sort(x), x)
    assert bar[1] == 1.0 and sorted(bar[[0, 2]]) == [10.0, 100.0]


def test_every_rule_is_checked():
    assert family(sorting) == {np.sort, np.partition, np.unique}
