import numpy as np
import pytest

from s2sgrad.rules import selection
from s2sgrad.rules.table import rule_of
from tests.rules.checking import check, family, id_of
from tests.rules.samples import array

MASK = np.array([True, False, True])
CASES = [
    (np.extract, MASK, array(3)),
    (np.extract, array(2, 3) > 0.5, array(2, 3)),
    (np.delete, array(5), 1),
    (np.delete, array(5), [0, -1]),
    (np.delete, array(3), MASK),
    (np.delete, array(3, 4), slice(1, 3), 1),
    (np.delete, array(3, 4), 5),
    (np.insert, array(4), 1, 0.5),
    (np.insert, array(4), -1, 0.5),
    (np.insert, array(4), [1, 1, 3], array(3)),
    (np.insert, array(4), [3, 0], array(2)),
    (np.insert, array(4), slice(1, 3), array(2)),
    (np.insert, array(4), 2, array(3)),
    (np.insert, array(2, 3), 1, array(3), 0),
    (np.insert, array(2, 3), 1, array(2), 1),
    (np.insert, array(2, 3), [1], array(2, 1), 1),
    (np.insert, array(2, 3), (0, 3), 0.5, -1),
    (np.insert, array(2, 3), 4, 0.5),
    (np.trim_zeros, np.array([0.0, 0.0, 0.5, 0.0, 0.7, 0.0])),
    (np.trim_zeros, np.array([0.0, 0.5, 0.7]), "f"),
    (np.trim_zeros, np.array([0.0, 0.5, 0.0]), "b"),
]


@pytest.mark.parametrize("case", CASES, ids=id_of)
def test_rules(case):
    fn, *args = case
    if fn is np.trim_zeros:  # a difference would make zeros into numbers
        x, *options = args
        kept = fn(x, *options)
        rule = rule_of(fn)
        assert np.array_equal(rule.jvp((2.0 * x,), kept, x, *options), 2.0 * kept)
        assert np.array_equal(fn(rule.vjp(kept, kept, x, *options), *options), kept)
    else:
        check(fn, *args)


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


@pytest.mark.parametrize("mode", ["wrap", "clip"])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_take_of_indices_outside(mode, axis):
    check(np.take, array(2, 3), np.array([-7, 0, 8]), axis, mode=mode)


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_compress(axis):
    check(np.compress, [True, False, True], array(3, 3), axis)


@pytest.mark.parametrize("mode", ["raise", "wrap", "clip"])
def test_choose(mode):
    a = np.array([0, 1, 1]) if mode == "raise" else np.array([-1, 1, 5])
    check(np.choose, a, [array(3), array(3, seed=1)], mode=mode)
    check(np.choose, a, [0.5, array(2, 3)], mode=mode)
    check(np.choose, a, array(2, 3), mode=mode)


def test_every_rule_is_checked():
    elsewhere = {np.take, np.take_along_axis, np.compress, np.choose}
    assert family(selection) == {case[0] for case in CASES} | elsewhere
