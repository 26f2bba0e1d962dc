import operator

import numpy as np
import pytest

from s2sgrad.rules import products
from s2sgrad.rules.products import dot_left_bar, dot_right_bar
from s2sgrad.rules.table import rule_of
from s2sgrad.testing import check_grads
from tests.rules.checking import check, family
from tests.rules.samples import array, turned

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


MATMULS = [operator.matmul, np.matmul, np.linalg.matmul]


@pytest.mark.parametrize("fn", MATMULS, ids=lambda fn: f"{fn.__module__}.{fn.__name__}")
@pytest.mark.parametrize("left, right", MATRICES)
def test_matmul(fn, left, right):
    check(fn, array(*left), array(*right))


@pytest.mark.parametrize("left, right", MATRICES)
def test_complex_matmul(left, right):
    check(np.matmul, turned(*left), turned(*right, seed=5))
    check(np.matmul, array(*left), turned(*right, seed=5))


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
@pytest.mark.parametrize("make", [array, turned])
@pytest.mark.parametrize("left, right", [((4,), (4,)), ((2, 2), (2, 2)), ((2, 2), (4,)), ((0,), (0,))])
def test_flattened(fn, make, left, right):
    check(fn, make(*left), make(*right, seed=2))


@pytest.mark.parametrize("make", [array, turned])
@pytest.mark.parametrize("fn", [np.vecdot, np.linalg.vecdot], ids=lambda fn: fn.__module__)
@pytest.mark.parametrize(
    "left, right, axis",
    [((3,), (3,), -1), ((2, 3), (3,), -1), ((2, 3), (2, 3), 0), ((4, 3, 2), (3, 2), -2), ((4, 1, 3), (2, 3), -1)],
)
def test_vecdot(fn, make, left, right, axis):
    check(fn, make(*left), make(*right, seed=2), axis=axis)


def test_vecdot_along_axes_counted_from_the_front():
    with pytest.raises(NotImplementedError, match="negative axes"):
        rule_of(np.vecdot).vjp(np.ones(3), None, np.ones((2, 3)), np.ones(3), axis=0)


@pytest.mark.skipif(not hasattr(np, "matvec"), reason="since NumPy 2.2")
@pytest.mark.parametrize("make", [array, turned])
@pytest.mark.parametrize("matrix, vector", [((2, 3), (3,)), ((4, 2, 3), (3,)), ((2, 3), (4, 3)), ((4, 2, 3), (4, 3))])
def test_matrices_and_vectors(make, matrix, vector):
    check(np.matvec, make(*matrix), make(*vector))
    check(np.vecmat, make(*vector), np.swapaxes(make(*matrix), -1, -2))


@pytest.mark.parametrize("make", [array, turned])
@pytest.mark.parametrize("left, right", [((3,), (3,)), ((2, 3), (2, 3)), ((3,), (2, 3)), ((4, 1, 3), (2, 3))])
def test_cross(make, left, right):
    check(np.linalg.cross, make(*left), make(*right, seed=2))


def test_cross_along_an_axis():
    check(np.linalg.cross, array(3, 2), array(3, 2, seed=2), axis=0)


@pytest.mark.parametrize("make", [array, turned])
@pytest.mark.parametrize(
    "left, right",
    [
        ((2,), (3,)),
        ((2, 3), (4, 5)),
        ((1, 3), (2, 1)),
        ((2,), (3, 4)),
        ((3, 4), (2,)),
        ((2, 2, 3), (3, 1, 2)),
        ((2, 1, 3), (3, 2)),
    ],
)
def test_kron(make, left, right):
    check(np.kron, make(*left), make(*right))


def test_kron_with_a_number():
    check(np.kron, 0.5, array(2, 3))


@pytest.mark.parametrize(
    "shapes",
    [
        [(2, 3), (3, 4)],
        [(2, 3), (3, 4), (4, 2)],
        [(3,), (3, 4), (4, 2)],
        [(2, 3), (3, 4), (4,)],
        [(3,), (3, 4), (4,)],
        [(3,), (3,)],
        [(2, 3), (3, 4), (4, 2), (2, 5)],
    ],
)
@pytest.mark.parametrize("make", [array, turned])
def test_multi_dot(make, shapes):
    check(np.linalg.multi_dot, [make(*shape, seed=k) for k, shape in enumerate(shapes)], wrt=(0,))


def test_single_precision():
    check(np.matmul, array(2, 3, dtype="f4"), array(3, 4, dtype="f4"), tolerance=1e-4)


@pytest.mark.parametrize("left, right", [((), (3,)), ((2, 3), ()), ((3,), (3,)), ((2, 3), (3, 4)), ((5, 3), (2, 3, 4))])
def test_factors_of_dot(left, right):
    x, y = array(*left) * 1.0, array(*right) * 1.0
    z_bar = np.cos(np.dot(x, y))
    check(dot_left_bar, z_bar, np.ndim(x), y)
    check(dot_right_bar, z_bar, x, np.ndim(y))


FACTORS = [lambda x: x, lambda x: x[0], lambda x: x[0, 0]]


@pytest.mark.parametrize("left", FACTORS)
@pytest.mark.parametrize("right", FACTORS)
def test_dot_where_only_running_tells_the_ranks(left, right):
    def f(x, y):
        a, b = (x, y) if x[0, 0] > 9.0 else (left(x), right(y))
        z = np.dot(a, b)
        return np.sum(z * z * z)

    check_grads(f, (array(3, 3), array(3, 3, seed=1)), order=2)


def test_every_rule_is_checked():
    checked = {
        dot_left_bar,
        dot_right_bar,
        *MATMULS,
        np.dot,
        np.inner,
        np.outer,
        np.linalg.outer,
        np.vdot,
        np.vecdot,
        np.linalg.vecdot,
    }
    checked |= {np.linalg.cross, np.kron, np.linalg.multi_dot, np.matvec, np.vecmat}
    assert family(products) == checked
