import numpy as np
import pytest

from s2sgrad.rules import singular_values
from s2sgrad.rules.table import rule_of
from tests.rules.checking import check, family
from tests.rules.samples import array, positive_definite, signed, turned

SHAPES = [(3, 3), (4, 2), (2, 3), (2, 3, 2)]


@pytest.mark.parametrize("shape", SHAPES)
def test_thin(shape):
    check(np.linalg.svd, signed(*shape), full_matrices=False, tolerance=1e-5)


@pytest.mark.parametrize("shape", [(3, 3), (3, 2), (2, 3), (2, 3, 2)])
def test_full(shape):
    check(np.linalg.svd, signed(*shape), tolerance=1e-5)


@pytest.mark.parametrize("make", [signed, turned])
@pytest.mark.parametrize("shape", SHAPES)
def test_values(make, shape):
    check(np.linalg.svdvals, make(*shape))
    check(np.linalg.svd, make(*shape), compute_uv=False)


@pytest.mark.parametrize("complex", [False, True])
def test_of_a_symmetric_matrix(complex):
    a = positive_definite(3, complex=complex) - 4.0 * np.eye(3)
    check(np.linalg.svd, a, compute_uv=False, hermitian=True)
    if not complex:
        check(np.linalg.svd, a, hermitian=True, tolerance=1e-5)


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4)])
def test_what_does_not_depend_on_the_choice_of_complex_vectors(shape, full):
    """The projections onto singular spaces, and the polar factor, in both modes."""
    a, a_dot = turned(*shape), turned(*shape, seed=9)
    y = np.linalg.svd(a, full_matrices=full)
    u, s, vh = y
    n = len(s)
    left, right, middle = turned(len(u), len(u)), turned(vh.shape[1], vh.shape[1], seed=5), turned(*shape, seed=6)
    column, row = np.zeros(u.shape[1]), np.zeros(len(vh))
    column[0] = row[1] = column[n:] = row[n:] = 1.0

    def loss(a):
        u, s, vh = np.linalg.svd(a, full_matrices=full)
        space = (u * column) @ np.conj(u).T
        other = np.conj(vh).T @ (row[:, None] * vh)
        polar = u[:, :n] @ vh[:n]
        return np.real(np.sum(left * space) + np.sum(right * other) + np.sum(middle * polar)) + np.sum(s**3)

    u_bar = left @ np.conj(u) * column + np.conj(left).T @ np.conj(u) * column
    u_bar[:, :n] += middle @ vh[:n].T
    vh_bar = row[:, None] * (np.conj(vh) @ right) + row[:, None] * (np.conj(vh) @ np.conj(right).T)
    vh_bar[:n] += u[:, :n].T @ middle
    rule = rule_of(np.linalg.svd)
    y_bars = (u_bar, 3 * s**2, vh_bar)
    a_bar = rule.vjp(y_bars, y, a, full)
    y_dots = rule.jvp((a_dot,), y, a, full)
    h = 1e-6
    step = (loss(a + h * a_dot) - loss(a - h * a_dot)) / (2 * h)
    assert np.isclose(sum(np.real(np.sum(b * d)) for b, d in zip(y_bars, y_dots, strict=True)), step)
    assert np.isclose(np.real(np.sum(a_bar * a_dot)), step)


def test_values_alone_may_be_equal_or_zero():
    for a in (np.eye(3), np.zeros((3, 3))):
        y = np.linalg.svd(a)
        assert np.all(np.isfinite(rule_of(np.linalg.svd).vjp((None, array(3), None), y, a)))


def test_every_rule_is_checked():
    assert family(singular_values) == {np.linalg.svd, np.linalg.svdvals}
