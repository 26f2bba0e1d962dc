"""QR, eigenvalue, LU and polar factorisations of ``scipy.linalg``, in both modes."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad
from s2sgrad.errors import S2SGradError
from s2sgrad.testing import check_grads
from tests.rules.samples import array, positive_definite, signed, turned

linalg = pytest.importorskip("scipy.linalg")

SPD = positive_definite(3)
REGULAR = SPD + signed(3, 3)
TALL = array(4, 3, low=-0.9)
WEIGHTS = np.arange(1.0, 4.0)


def economic(a):
    q, r = linalg.qr(a, mode="economic")
    return np.sum(q**3) + np.sum(r**2 * WEIGHTS)


def full(a):
    _, r = linalg.qr(a)
    return np.sum(r**3)


def eigenvectors(a):
    w, v = linalg.eigh(a)
    return np.sum(w**3) + np.sum(v**4 * WEIGHTS)


def eigenvalues(a):
    return np.sum(linalg.eigvalsh(a, lower=False) ** 3) + np.sum(linalg.eigh(a, eigvals_only=True) ** 2)


def generalised(a, b):
    w, v = linalg.eigh(a, b)
    return np.sum(w**3) + np.sum(v**4 * WEIGHTS)


def generalised_vectors(a, b):
    _, v = linalg.eigh(a, b, lower=False)
    return np.sum(v**4 * WEIGHTS)


def generalised_values(a, b):
    return np.sum(linalg.eigvalsh(a, b) ** 3) + np.sum(linalg.eigh(a, b, eigvals_only=True) ** 2)


def triangles(a):
    _, lower, upper = linalg.lu(a)
    return np.sum(lower**3) + np.sum(upper**2 * WEIGHTS)


def pseudo_inverse(a):
    return np.sum(linalg.pinv(a) ** 3)


def polar(a):
    u, p = linalg.polar(a)
    return np.sum(u**3) + np.sum(p**3 * WEIGHTS)


def left_polar(a):
    u, p = linalg.polar(a, side="left")
    return np.sum(u**3) + np.sum(p**3 * WEIGHTS)


def rotation(a):
    return np.sum(linalg.polar(a)[0] ** 3)


def trigonometric(a):
    return np.sum(linalg.cosm(a) ** 3) + np.sum(linalg.sinm(a) ** 2)


def hyperbolic(a):
    return np.sum(linalg.coshm(a) ** 3) + np.sum(linalg.sinhm(a) ** 2)


CASES = [
    (economic, REGULAR),
    (economic, TALL),
    (full, TALL),
    (eigenvectors, SPD),
    (eigenvalues, SPD),
    (generalised, REGULAR @ REGULAR.T, SPD),
    (generalised_vectors, REGULAR @ REGULAR.T, SPD),
    (generalised_values, REGULAR @ REGULAR.T, SPD),
    (triangles, REGULAR[[1, 0, 2]]),
    (pseudo_inverse, TALL),
    (polar, REGULAR),
    (polar, TALL),
    (left_polar, TALL[:3].copy()),
    (left_polar, TALL.T.copy()[:3]),
    (rotation, TALL),
    (trigonometric, signed(3, 3)),
    (hyperbolic, signed(3, 3)),
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


HERMITIAN, METRIC = positive_definite(3, complex=True), positive_definite(3, complex=True) + 0.1 * SPD


def hermitian(a, b):
    w, v = linalg.eigh(a + np.diag(WEIGHTS), b)
    return np.sum(w**3) + np.sum(np.abs(v) ** 4 * WEIGHTS)


def test_of_complex_matrices():
    check_grads(hermitian, (HERMITIAN, METRIC), order=1)
    check_grads(lambda a: np.sum(np.abs(linalg.qr(a, mode="economic")[1]) ** 3), (turned(3, 3),), order=1)


REFUSED = [
    (lambda a: np.sum(linalg.qr(a, pivoting=True)[1]), "pivoting"),
    (lambda a: np.sum(linalg.eigh(a, subset_by_index=(0, 1))[0]), "subset"),
    (lambda a: np.sum(linalg.lu(a, permute_l=True)[0]), "lu with options"),
    (lambda a: np.sum(np.abs(linalg.cosm(1j * a))), "cosm of complex"),
]


@pytest.mark.parametrize("f, what", REFUSED)
def test_refusals(f, what):
    with pytest.raises(S2SGradError, match=what):
        grad(f)(SPD)
