import operator

import numpy as np
import pytest

from s2sgrad.rules import products
from s2sgrad.rules.table import rule_of
from tests.rules.checking import check, family
from tests.rules.samples import array

MATRICES = [
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 2)),
    ((2, 3), (3, 4)),
    ((5, 2, 3), (3,)),
    ((3,), (5, 3, 2)),
    ((5, 2, 3), (3, 4)),
    ((2, 3), (5, 3, 4)),
    ((5, 1, 2, 3), (6, 3, 4)),
    ((2, 0), (0, 4)),
    ((1, 1), (1, 3)),
]


@pytest.mark.parametrize("fn", [operator.matmul, np.matmul], ids=lambda fn: fn.__name__)
@pytest.mark.parametrize("left, right", MATRICES)
def test_matmul(fn, left, right):
    check(fn, array(*left), array(*right))


@pytest.mark.parametrize(
    "left, right",
    [
        ((), (3,)),
        ((2, 3), ()),
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 2)),
        ((2, 3), (3, 4)),
        ((5, 2, 3), (3,)),
        ((5, 3), (2, 3, 4)),
    ],
)
def test_dot(left, right):
    check(np.dot, array(*left) * 1.0, array(*right) * 1.0)


@pytest.mark.parametrize("left, right", [((3,), (3,)), ((2, 3), (4, 3)), ((3,), (2, 4, 3)), ((), (2,))])
def test_inner(left, right):
    check(np.inner, array(*left) * 1.0, array(*right) * 1.0)


@pytest.mark.parametrize("fn", [np.outer, np.vdot], ids=lambda fn: fn.__name__)
@pytest.mark.parametrize("left, right", [((4,), (4,)), ((2, 2), (2, 2)), ((2, 2), (4,)), ((0,), (0,))])
def test_flattened(fn, left, right):
    check(fn, array(*left), array(*right))


@pytest.mark.parametrize("left, right", [((3,), (3,)), ((2, 3), (2, 3)), ((3,), (2, 3)), ((4, 1, 3), (2, 3))])
def test_cross(left, right):
    check(np.cross, array(*left), array(*right, seed=2))


@pytest.mark.parametrize("left, right", [((2,), (3,)), ((2, 3), (4, 5)), ((1, 3), (2, 1))])
def test_kron(left, right):
    check(np.kron, array(*left), array(*right))


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
    ],
)
def test_tensordot(left, right, axes):
    check(np.tensordot, array(*left), array(*right), axes)


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
    ],
)
def test_einsum(subscripts, shapes):
    check(np.einsum, subscripts, *(array(*shape) for shape in shapes))


def test_a_repeated_subscript_is_refused():
    with pytest.raises(NotImplementedError, match="repeats a subscript"):
        rule_of(np.einsum).vjp(1.0, 2.0, "ii", np.eye(2))


def test_single_precision():
    check(np.matmul, array(2, 3, dtype="f4"), array(3, 4, dtype="f4"), tolerance=1e-4)


def test_every_rule_is_checked():
    checked = {operator.matmul, np.matmul, np.dot, np.inner, np.outer, np.vdot}
    assert family(products) == checked | {np.cross, np.kron, np.tensordot, np.einsum}
