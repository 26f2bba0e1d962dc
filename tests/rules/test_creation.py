import numpy as np
import pytest

from s2sgrad.ir.primitives import unbroadcast
from s2sgrad.rules import creation
from tests.rules.checking import check, family, id_of
from tests.rules.samples import array

CASES = [
    (np.copy, array(3)),
    (np.astype, array(3), np.float64),
    (np.array, array(3)),
    (np.array, [0.1, 0.2]),
    (np.array, [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]),
    (np.array, [array(2), array(2)]),
    (np.asarray, array(3)),
    (np.asanyarray, array(3)),
    (np.ascontiguousarray, array(3)),
    (np.asfortranarray, array(3)),
    (unbroadcast, array(2, 3), array(1, 3)),
    (np.full, (2, 3), 0.5),
    (np.full, (2, 3), array(3)),
    (np.array, [[[0.1], [0.2]], [[0.3], [0.4]]]),
    (np.array, [array(2), [0.1, 0.2]]),
    (np.array, 0.5),
    (np.asarray_chkfinite, array(3)),
    (np.require, array(3)),
]


@pytest.mark.parametrize("case", CASES, ids=id_of)
def test_rules(case):
    fn, *args = case
    check(fn, *args, wrt=(0,) if fn is unbroadcast else None)


def test_full_like():
    check(np.full_like, array(2, 3), 0.5, wrt=(1,))
    check(np.full_like, array(2, 3), array(3), wrt=(1,))
    check(np.full_like, array(2, 3), 0.5, shape=(2,), wrt=(1,))


def test_every_rule_is_checked():
    assert family(creation) == {case[0] for case in CASES} | {np.full_like}
