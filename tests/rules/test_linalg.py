import numpy as np
import pytest

from s2sgrad.rules import linalg
from s2sgrad.rules.table import rule_of
from tests.rules.checking import check, cotangents, family
from tests.rules.samples import array, positive_definite, signed, turned

BATCHES = [(), (2,)]


def regular(*batch, complex=False):
    """Well-conditioned matrices without symmetry."""
    return positive_definite(3, *batch, complex=complex) + 0.1 * (turned if complex else array)(*batch, 3, 3)


@pytest.mark.parametrize("complex", [False, True])
@pytest.mark.parametrize(
    "a, b", [((), (3,)), ((), (3, 2)), ((2,), (2, 3, 1)), ((2,), (3, 1)), ((), (2, 3, 1)), ((3,), (3,)), ((2,), (3,))]
)
def test_solve(a, b, complex):
    check(np.linalg.solve, regular(*a, complex=complex), (turned if complex else array)(*b))


@pytest.mark.parametrize("fn", [np.linalg.inv, np.linalg.det, np.linalg.slogdet], ids=lambda fn: fn.__name__)
@pytest.mark.parametrize("complex", [False, True])
@pytest.mark.parametrize("batch", BATCHES)
def test_of_square_matrices(fn, batch, complex):
    check(fn, regular(*batch, complex=complex))


def test_sign_of_a_determinant_alone():
    a = regular(complex=True)
    sign, logdet = np.linalg.slogdet(a)
    bars = cotangents(rule_of(np.linalg.slogdet), (1j, None), (sign, logdet), (a,), {})
    h = 1e-6
    step = (np.linalg.slogdet(a + h * np.eye(3))[0] - sign) / h
    assert np.isclose(np.real(np.trace(bars[0])), np.real(1j * step), atol=1e-4)


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("n", [0, 1, 2, 3, 5, -1, -2])
def test_matrix_power(n, batch):
    check(np.linalg.matrix_power, regular(*batch) / 3.0, n)
    check(np.linalg.matrix_power, regular(*batch, complex=True) / 3.0, n)


@pytest.mark.parametrize("axes", [None, (0,), (1, 0)])
def test_tensorsolve(axes):
    shape = {None: (2, 3, 6), (0,): (6, 2, 3), (1, 0): (3, 2, 6)}[axes]
    b = {None: (2, 3), (0,): (2, 3), (1, 0): (6,)}[axes]
    check(np.linalg.tensorsolve, signed(*shape), array(*b), axes)
    check(np.linalg.tensorsolve, turned(*shape), turned(*b), axes)


@pytest.mark.parametrize("shape, ind", [((2, 3, 6), 2), ((6, 2, 3), 1), ((4, 4), 1), ((2, 2, 2, 2), 2)])
@pytest.mark.parametrize("make", [signed, turned])
def test_tensorinv(make, shape, ind):
    eye = np.eye(int(np.prod(shape[:ind]))).reshape(shape)
    check(np.linalg.tensorinv, make(*shape) + 2.0 * eye, ind)


@pytest.mark.parametrize("offset", [0, 1, -1])
@pytest.mark.parametrize("shape", [(3, 3), (2, 3, 4), (2, 4, 2)])
@pytest.mark.parametrize("make", [array, turned])
def test_diagonals(make, shape, offset):
    check(np.linalg.diagonal, make(*shape), offset=offset)
    check(np.linalg.trace, make(*shape), offset=offset)


def test_every_rule_is_checked():
    names = "solve inv det slogdet matrix_power tensorsolve tensorinv diagonal trace"
    assert family(linalg) == {getattr(np.linalg, name) for name in names.split()}
