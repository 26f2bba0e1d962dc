import numpy as np
import pytest

from s2sgrad.rules import views
from tests.rules.checking import check, family, id_of
from tests.rules.samples import array

CASES = [
    (np.reshape, array(2, 3), (3, 2)),
    (np.reshape, array(2, 3), -1),
    (np.ravel, array(2, 3)),
    (np.ravel, array(2, 3), "F"),
    (np.atleast_1d, array(3)),
    (np.atleast_2d, array(3)),
    (np.atleast_3d, array(3)),
    (np.expand_dims, array(3), 0),
    (np.expand_dims, array(3), (0, -1)),
    (np.squeeze, array(1, 3, 1)),
    (np.squeeze, array(1, 3, 1), 0),
    (np.squeeze, array(1, 3, 1), (0, -1)),
    (np.broadcast_to, array(1, 3), (2, 4, 3)),
    (np.broadcast_to, 0.5, (2, 3)),
    (np.transpose, array(2, 3)),
    (np.transpose, array(2, 3, 4), (2, 0, 1)),
    (np.transpose, array(2, 3, 4), (-1, 0, -2)),
    (np.matrix_transpose, array(2, 3, 4)),
    (np.linalg.matrix_transpose, array(2, 3, 4)),
    (np.swapaxes, array(2, 3, 4), 0, -1),
    (np.moveaxis, array(2, 3, 4), 0, -1),
    (np.moveaxis, array(2, 3, 4), (0, 1), (-1, 0)),
    (np.rollaxis, array(2, 3, 4), 2),
    (np.rollaxis, array(2, 3, 4), 0, 2),
    (np.flip, array(2, 3)),
    (np.flip, array(2, 3), 1),
    (np.fliplr, array(2, 3)),
    (np.flipud, array(2, 3)),
    (np.rot90, array(2, 3)),
    (np.rot90, array(2, 3), 3),
    (np.roll, array(5), 2),
    (np.roll, array(2, 3), 1, 1),
    (np.roll, array(2, 3), (1, 2), (0, 1)),
    (np.reshape, array(2, 3), (3, 2), "F"),
    (np.reshape, array(0, 3), (3, 0)),
    (np.reshape, array(1), ()),
    (np.ravel, array(4), "K"),
    (np.roll, array(2, 3), 1, (0, 1)),
    (np.rot90, array(2, 3, 2), -1, (1, 2)),
    (np.rot90, array(2, 3), 2),
    (np.lib.stride_tricks.sliding_window_view, array(5), 2),
    (np.lib.stride_tricks.sliding_window_view, array(3, 4), (2, 3)),
    (np.lib.stride_tricks.sliding_window_view, array(3, 4), 2, 1),
    (np.broadcast_arrays, array(3), array(2, 1)),
]


@pytest.mark.parametrize("case", CASES, ids=id_of)
def test_rules(case):
    fn, *args = case
    check(fn, *args)


def test_every_rule_is_checked():
    assert family(views) == {case[0] for case in CASES}
