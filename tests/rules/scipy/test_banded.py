"""Equations with banded and Toeplitz matrices, in both modes."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad
from s2sgrad.errors import S2SGradError
from s2sgrad.testing import check_grads
from tests.rules.samples import array

linalg = pytest.importorskip("scipy.linalg")


def banded(ab, b):
    return np.sum(linalg.solve_banded((1, 2), ab, b) ** 3)


def tridiagonal(ab, b):
    return np.sum(linalg.solve_banded((1, 1), ab, b) ** 3)


def symmetric(ab, b):
    return np.sum(linalg.solveh_banded(ab, b) ** 3)


def symmetric_lower(ab, b):
    return np.sum(linalg.solveh_banded(ab, b, lower=True) ** 3)


def toeplitz(c, r, b):
    return np.sum(linalg.solve_toeplitz((c, r), b) ** 3)


def symmetric_toeplitz(c, b):
    return np.sum(linalg.solve_toeplitz(c, b) ** 3)


def factored(b):
    c = linalg.cholesky_banded(np.array([[0.0, 0.3, 0.2, 0.1], [2.0, 2.0, 3.0, 2.0]]))
    return np.sum(linalg.cho_solve_banded((c, False), b) ** 3)


BAND = array(4, 6) + np.array([0, 0, 4, 0])[:, None]
UPPER = array(3, 6) + np.array([0, 0, 4])[:, None]
FIRST = array(4) + np.array([3.0, 0, 0, 0])
B = array(6, 2, seed=2)

CASES = [
    (banded, BAND, B),
    (banded, BAND, B[:, 0]),
    (tridiagonal, BAND[1:], B[:, 0]),
    (symmetric, UPPER, B),
    (symmetric, UPPER, B[:, 1]),
    (symmetric_lower, UPPER[::-1].copy(), B),
    (toeplitz, FIRST, array(4, seed=5), array(4, 2)),
    (toeplitz, FIRST, array(4, seed=5), array(4)),
    (symmetric_toeplitz, FIRST, array(4)),
    (factored, array(4, 2)),
]
IDS = [f.__name__ for f, *_ in CASES]


@pytest.mark.parametrize("f, args", [(f, args) for f, *args in CASES], ids=IDS)
def test_derivatives(f, args):
    check_grads(f, args, order=1)
    assert value_and_grad(f)(*args)[0] == f(*args)


@pytest.mark.slow
@pytest.mark.parametrize("f, args", [(f, args) for f, *args in CASES], ids=IDS)
def test_second_derivatives(f, args):
    check_grads(f, args)


def test_banded_cholesky_is_refused():
    with pytest.raises(S2SGradError, match="cho"):
        grad(lambda ab, b: np.sum(linalg.cho_solve_banded((linalg.cholesky_banded(ab), False), b)))(UPPER, B)
