import numpy as np
import pytest

from s2sgrad.rules import grids
from tests.rules.checking import check, family, id_of
from tests.rules.samples import array

CASES = [
    (np.linspace, 0.2, 0.9, 5),
    (np.linspace, 0.2, 0.9, 4, False),
    (np.linspace, 0.2, 0.9, 1),
    (np.linspace, array(3), 0.9, 4),
    (np.linspace, array(2, 1), array(3), 4, True, False, None, -1),
    (np.linspace, array(3), array(3), 0),
    (np.logspace, 0.2, 0.9, 4),
    (np.logspace, array(3), 0.9, 3, False, 2.0),
    (np.geomspace, 0.2, 0.9, 4),
    (np.geomspace, array(3), array(2, 1), 3),
    (np.geomspace, array(3), 4.0, 3, False, None, 1),
    (np.meshgrid, array(3)),
    (np.meshgrid, array(3), array(2)),
    (np.meshgrid, array(3), array(2), array(4)),
    (np.meshgrid, 0.5, array(2)),
]


@pytest.mark.parametrize("case", CASES, ids=id_of)
def test_rules(case):
    fn, *args = case
    check(fn, *args, wrt=(0, 1) if fn is not np.meshgrid else None)


@pytest.mark.parametrize("indexing", ["xy", "ij"])
@pytest.mark.parametrize("sparse", [False, True])
def test_meshgrid(indexing, sparse):
    check(np.meshgrid, array(3), array(2), array(1), indexing=indexing, sparse=sparse)


@pytest.mark.parametrize("endpoint", [False, True])
def test_the_step_between_numbers(endpoint):
    check(np.linspace, 0.2, 0.9, 5, endpoint, retstep=True, wrt=(0, 1))
    check(np.linspace, array(3), 0.9, 5, endpoint, retstep=True, wrt=(0, 1))


def test_the_base_of_a_logspace():
    check(np.logspace, 0.2, 0.9, 4, True, 2.5, wrt=(0, 1, 4))


def test_ranges_move_with_their_start_and_their_step():
    check(np.arange, 0.5, 3.0, 0.75)
    check(np.arange, 0.5, 3.0)
    check(np.arange, 2.5, wrt=())


def test_every_rule_is_checked():
    assert family(grids) == {np.linspace, np.logspace, np.geomspace, np.arange, np.meshgrid}
