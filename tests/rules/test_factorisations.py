import numpy as np
import pytest

from s2sgrad.rules import factorisations
from s2sgrad.rules.table import rule_of
from tests.rules.checking import check, family
from tests.rules.samples import positive_definite, signed, turned

BATCHES = [(), (2,)]


@pytest.mark.parametrize("complex", [False, True])
@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("upper", [False, True])
def test_cholesky(batch, complex, upper):
    check(np.linalg.cholesky, positive_definite(3, *batch, complex=complex), upper=upper)


@pytest.mark.parametrize("make", [signed, turned])
@pytest.mark.parametrize("mode", ["reduced", "complete", "r"])
@pytest.mark.parametrize("shape", [(3, 3), (2, 3), (4, 2), (2, 3, 2), (2, 2, 4)])
def test_qr(make, mode, shape):
    if mode == "complete" and shape[-2] - shape[-1] > 1:
        pytest.skip("the vectors beyond are defined up to a rotation: see below")
    if make is turned and mode == "complete" and shape[-2] > shape[-1]:
        pytest.skip("the vector beyond is defined up to a factor: see below")
    check(np.linalg.qr, make(*shape), mode=mode, tolerance=1e-5)


@pytest.mark.parametrize("make", [signed, turned])
def test_the_space_beyond(make):
    """What ``q`` of ``mode="complete"`` has more columns for does not depend on which vectors span it."""
    a, weight, a_dot = make(4, 2), make(4, 4, seed=5), make(4, 2, seed=8)

    def loss(a):
        beyond = np.linalg.qr(a, "complete")[0][:, 2:]
        return np.real(np.sum(weight * (beyond @ np.conj(beyond).T)))

    q, r = np.linalg.qr(a, "complete")
    q_bar = np.zeros_like(q)
    q_bar[:, 2:] = weight @ np.conj(q[:, 2:]) + np.conj(weight).T @ np.conj(q[:, 2:])
    rule = rule_of(np.linalg.qr)
    a_bar = rule.vjp((q_bar, None), (q, r), a, "complete")
    q_dot, _ = rule.jvp((a_dot,), (q, r), a, "complete")
    h = 1e-6
    step = (loss(a + h * a_dot) - loss(a - h * a_dot)) / (2 * h)
    assert np.isclose(np.real(np.sum(q_bar * q_dot)), step)
    assert np.isclose(np.real(np.sum(a_bar * a_dot)), step)


@pytest.mark.parametrize("fn", [np.linalg.eigh, np.linalg.eigvalsh], ids=lambda fn: fn.__name__)
@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("uplo", ["L", "U"])
def test_eigenvalues_of_symmetric_matrices(fn, batch, uplo):
    check(fn, positive_definite(3, *batch), uplo, tolerance=1e-5, wrt=(0,))


@pytest.mark.parametrize("uplo", ["L", "U"])
def test_complex_eigenvalues_of_hermitian_matrices(uplo):
    check(np.linalg.eigvalsh, positive_definite(3, complex=True), uplo, wrt=(0,))


def test_eigenvalues_alone_may_be_equal():
    y = np.linalg.eigh(np.eye(3))
    assert np.allclose(rule_of(np.linalg.eigh).vjp((np.ones(3), None), y, np.eye(3)), np.eye(3))


def test_an_eigenvector_whose_eigenvalue_is_single():
    a = np.diag([1.0, 2.0, 2.0])
    w, v = np.linalg.eigh(a)
    v_bar = np.zeros((3, 3))
    v_bar[:, 0] = [0.3, 0.5, 0.7]
    a_bar = rule_of(np.linalg.eigh).vjp((None, v_bar), (w, v), a)
    assert np.all(np.isfinite(a_bar))
    h = 1e-6
    a_dot = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [2.0, 0.0, 0.0]])
    step = v_bar[:, 0] @ (np.linalg.eigh(a + h * a_dot)[1][:, 0] - np.linalg.eigh(a - h * a_dot)[1][:, 0]) / (2 * h)
    assert np.isclose(np.sum(a_bar * a_dot), step)


def test_eigenvectors_of_equal_eigenvalues_have_no_finite_derivative():
    w, v = np.linalg.eigh(np.eye(2))
    with np.errstate(all="ignore"):
        a_bar = rule_of(np.linalg.eigh).vjp((None, np.array([[1.0, 2.0], [3.0, 4.0]])), (w, v), np.eye(2))
    assert not np.all(np.isfinite(a_bar))


ROTATION = np.array([[0.9, -0.4, 0.1], [0.5, 0.8, 0.2], [0.1, 0.3, 1.7]])


@pytest.mark.parametrize("fn", [np.linalg.eig, np.linalg.eigvals], ids=lambda fn: fn.__name__)
@pytest.mark.parametrize("a", [ROTATION, positive_definite(3) + signed(3, 3), turned(3, 3), np.stack([ROTATION] * 2)])
def test_eigenvalues(fn, a):
    check(fn, a, tolerance=1e-5, lowered=np.iscomplexobj(a))


def test_other_modes_are_refused():
    with pytest.raises(NotImplementedError, match="raw"):
        rule_of(np.linalg.qr).vjp(None, None, np.eye(2), mode="raw")


def test_every_rule_is_checked():
    names = "cholesky qr eigh eigvalsh eig eigvals"
    assert family(factorisations) == {getattr(np.linalg, name) for name in names.split()}
