import numpy as np
import pytest

from s2sgrad.ir.primitives import joined_by
from s2sgrad.rules import assembly
from s2sgrad.rules.table import rule_of
from tests.rules.checking import check, family, id_of
from tests.rules.samples import array

CASES = [
    (np.concatenate, [array(2), array(3)]),
    (np.concatenate, [array(2, 1), array(2, 3), array(2, 0)], 1),
    (np.concatenate, [array(2, 2), array(3)], None),
    (np.stack, [array(3), array(3)]),
    (np.stack, [array(2, 3), array(2, 3)], -1),
    (np.hstack, [array(2), array(3)]),
    (np.hstack, [array(2, 2), array(2, 3)]),
    (np.hstack, [0.5, array(3)]),
    (np.vstack, [array(3), array(3)]),
    (np.vstack, [array(3), array(2, 3)]),
    (np.column_stack, [array(3), array(3, 2)]),
    (np.dstack, [array(2, 3), array(2, 3)]),
    (np.dstack, [array(3), array(3)]),
    (np.append, array(2), array(3)),
    (np.append, array(2, 3), array(2)),
    (np.append, array(2, 3), array(1, 3), 0),
    (np.split, array(6), 3),
    (np.split, array(2, 6), [1, 4], 1),
    (np.array_split, array(5), 2),
    (np.hsplit, array(2, 4), 2),
    (np.hsplit, array(4), 2),
    (np.vsplit, array(4, 2), 2),
    (np.dsplit, array(2, 2, 4), 2),
    (np.concatenate, array(2, 3), 0),
    (np.concatenate, array(2, 3, 2), 1),
    (np.stack, array(2, 3), 1),
    (np.hstack, array(2, 3)),
    (np.hstack, array(2, 3, 4)),
    (np.vstack, array(2, 3)),
    (np.vstack, array(2, 3, 4)),
    (np.dstack, array(2, 3)),
    (np.dstack, array(2, 3, 4)),
    (np.column_stack, array(2, 3)),
    (np.column_stack, array(2, 3, 4)),
    (np.hstack, [array(0), array(3)]),
    (np.vstack, [0.5, 0.6]),
    (np.unstack, array(3, 2)),
    (np.split, array(4), 1),
    (np.split, array(5), [2, 2]),
    (np.block, [array(3), array(2)]),
    (np.block, [0.5, array(2)]),
    (np.block, [[array(2, 3), array(2, 1)], [array(1, 3), array(1, 1)]]),
    (np.block, [[array(2, 3)], [array(3)]]),
    (np.block, [[0.1, 0.2], [0.3, 0.4]]),
    (np.block, [[[array(2, 3)]], [[array(1, 2, 3)]]]),
]


@pytest.mark.parametrize("case", CASES, ids=id_of)
def test_rules(case):
    fn, *args = case
    check(fn, *args)


def test_unstacking_along_another_axis():
    check(np.unstack, array(3, 2), axis=-1)


def test_unused_pieces_have_zero_cotangents():
    x = array(6)
    x_bar = rule_of(np.split).vjp((None, np.ones(2), None), np.split(x, 3), x, 3)
    assert x_bar.tolist() == [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]


@pytest.mark.parametrize(
    "joiner, items",
    [
        (np.r_, (array(3), array(2))),
        (np.r_, (0.5, array(2), 1.0)),
        (np.r_, (slice(1, 4), array(2))),
        (np.r_, (array(2), slice(0, 1, 3j))),
        (np.r_, ("-1", array(2, 3), array(2, 1))),
        (np.r_, ("0,2", array(3), array(3))),
        (np.r_, ("1,2,0", array(3), array(3))),
        (np.c_, (array(3), array(3))),
        (np.c_, (array(3, 2), array(3))),
        (np.c_, (np.ones(3), array(3))),
    ],
)
def test_joining_by_subscript(joiner, items):
    rule = rule_of(joined_by)
    arrays = tuple(isinstance(x, (float, np.ndarray)) for x in items)
    y = joiner[items]
    y_bar = array(*y.shape, seed=3)
    bars = rule.vjp(y_bar, y, joiner, items)[1]
    dots = tuple(x * 0.5 + 0.1 if is_array else x for x, is_array in zip(items, arrays, strict=True))
    y_dot = rule.jvp((None, dots), y, joiner, items)
    expected = sum(np.sum(b * d) for b, d, is_array in zip(bars, dots, arrays, strict=True) if is_array)
    assert np.isclose(np.sum(y_bar * y_dot), expected)


def test_every_rule_is_checked():
    assert family(assembly) == {case[0] for case in CASES} | {joined_by}
