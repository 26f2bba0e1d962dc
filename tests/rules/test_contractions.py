import numpy as np
import pytest

from s2sgrad.rules import contractions
from tests.rules.checking import check, family
from tests.rules.samples import array, turned


@pytest.mark.parametrize(
    "left, right, axes",
    [
        ((2, 3), (3, 4), 1),
        ((2, 3), (2, 3), 2),
        ((2,), (3,), 0),
        ((2, 3, 4), (4, 3, 5), ((1, 2), (1, 0))),
        ((2, 3, 4), (4, 3, 5), ((2, 1), (0, 1))),
        ((2, 3, 4), (5, 3), (1, -1)),
        ((2, 3, 4), (5, 2, 4, 3), ((0, 1, 2), (1, 3, 2))),
        ((2, 3, 4), (4, 2, 3), ((0, 1, 2), (1, 2, 0))),
        ((2, 3), (3, 4), ([1], [0])),
        ((2, 3, 4), (2, 3, 4), 3),
    ],
)
def test_tensordot(left, right, axes):
    check(np.tensordot, array(*left), array(*right), axes)
    check(np.linalg.tensordot, turned(*left), turned(*right), axes=axes)


@pytest.mark.parametrize(
    "subscripts, shapes",
    [
        ("ij,jk->ik", [(2, 3), (3, 4)]),
        ("ij,jk", [(2, 3), (3, 4)]),
        ("i,i", [(3,), (3,)]),
        ("i,j->ij", [(3,), (2,)]),
        ("ij->ji", [(2, 3)]),
        ("ij->i", [(2, 3)]),
        ("ij->", [(2, 3)]),
        ("ijk,k->j", [(2, 3, 4), (4,)]),
        ("bij,bjk->bik", [(5, 2, 3), (5, 3, 4)]),
        ("...ij,jk->...ik", [(5, 2, 3), (3, 4)]),
        ("...i,...i->...", [(2, 3), (4, 2, 3)]),
        ("ij,kj,k->i", [(2, 3), (4, 3), (4,)]),
        ("i, i -> i", [(3,), (1,)]),
        ("ij,j->i", [(2, 3), (1,)]),
        ("ii", [(3, 3)]),
        ("ii->i", [(3, 3)]),
        ("ii,i->i", [(3, 3), (3,)]),
        ("iji->j", [(3, 2, 3)]),
        ("jii,kk->j", [(2, 3, 3), (4, 4)]),
        ("iii->", [(3, 3, 3)]),
        ("...ii->...i", [(2, 3, 3)]),
        ("ijk,ja,kb,lb->ial", [(2, 3, 2), (3, 4), (2, 5), (6, 5)]),
        ("...,...", [(2, 3), (3,)]),
        ("i,,", [(3,), (), ()]),
    ],
)
def test_einsum(subscripts, shapes):
    check(np.einsum, subscripts, *(array(*shape, seed=k) * 1.0 for k, shape in enumerate(shapes)))
    check(np.einsum, subscripts, *(turned(*shape, seed=k) * 1.0 for k, shape in enumerate(shapes)))


@pytest.mark.parametrize("optimize", [True, False, "greedy", ["einsum_path", (0, 1)]])
def test_optimized_einsum(optimize):
    check(np.einsum, "ij,jk->ik", array(2, 3), array(3, 4), optimize=optimize)


def test_every_rule_is_checked():
    assert family(contractions) == {np.tensordot, np.linalg.tensordot, np.einsum}
