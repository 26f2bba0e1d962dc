import numpy as np
import pytest

from s2sgrad.rules import diagonals
from tests.rules.checking import check, family, id_of
from tests.rules.samples import array

CASES = [
    (np.tril, array(3, 3)),
    (np.tril, array(2, 3, 4), 1),
    (np.triu, array(3, 3), -1),
    (np.diag, array(3)),
    (np.diag, array(3), -1),
    (np.diag, array(3, 3)),
    (np.diag, array(2, 4), 1),
    (np.diag, array(4, 2), -1),
    (np.diagonal, array(2, 3)),
    (np.diagonal, array(3, 3), -1),
    (np.diagonal, array(2, 3, 4), 1, -2, -1),
    (np.trace, array(3, 3)),
    (np.trace, array(2, 3), 1),
    (np.trace, array(2, 3, 3), 0, 1, 2),
    (np.tril, array(3)),
    (np.triu, array(3), 1),
    (np.diag, array(0)),
    (np.diagflat, array(3)),
    (np.diagflat, array(2, 2), 1),
    (np.diagflat, array(3), -2),
]


@pytest.mark.parametrize("case", CASES, ids=id_of)
def test_rules(case):
    fn, *args = case
    check(fn, *args)


def test_every_rule_is_checked():
    assert family(diagonals) == {case[0] for case in CASES}
