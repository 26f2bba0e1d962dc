import numpy as np
import pytest

from s2sgrad.rules import repetition
from tests.rules.checking import check, family, id_of
from tests.rules.samples import array

CASES = [
    (np.repeat, array(3), 2),
    (np.repeat, array(2, 3), 2),
    (np.repeat, array(2, 3), 2, 0),
    (np.repeat, array(2, 3), [1, 0, 2], -1),
    (np.tile, array(3), 2),
    (np.tile, array(3), (2, 2)),
    (np.tile, array(2, 3), 2),
    (np.tile, array(2, 1, 3), (1, 2, 1)),
    (np.repeat, array(2, 0), 2, 0),
    (np.tile, array(2, 3), ()),
    (np.resize, array(4), (2, 3)),
    (np.resize, array(2, 2), 9),
    (np.resize, array(4), 2),
]


@pytest.mark.parametrize("case", CASES, ids=id_of)
def test_rules(case):
    fn, *args = case
    check(fn, *args)


def test_every_rule_is_checked():
    assert family(repetition) == {case[0] for case in CASES}
