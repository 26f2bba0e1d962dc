import numpy as np
import pytest

from s2sgrad.rules import least_squares
from s2sgrad.rules.table import rule_of
from tests.rules.checking import check, cotangents, family
from tests.rules.samples import array, positive_definite, signed, turned


@pytest.mark.parametrize("make", [signed, turned])
@pytest.mark.parametrize("shape", [(3, 3), (2, 3), (4, 2), (2, 3, 2)])
def test_pinv(make, shape):
    check(np.linalg.pinv, make(*shape))


@pytest.mark.parametrize("complex", [False, True])
def test_pinv_of_a_symmetric_matrix(complex):
    check(np.linalg.pinv, positive_definite(3, complex=complex), hermitian=True)


def test_pinv_where_the_rank_stays():
    x, b = signed(4, 1), signed(1, 3, seed=5)
    a = x @ b
    y = np.linalg.pinv(a)
    y_bar = array(*y.shape)
    a_bar = cotangents(rule_of(np.linalg.pinv), y_bar, y, (a,), {})[0]
    h = 1e-6
    step = (np.linalg.pinv((x + h) @ b) - np.linalg.pinv((x - h) @ b)) / (2 * h)
    assert np.isclose(np.sum(a_bar * (np.ones_like(x) @ b)), np.sum(y_bar * step))


@pytest.mark.parametrize("make", [signed, turned])
@pytest.mark.parametrize("a, b", [((4, 2), (4,)), ((4, 2), (4, 3)), ((2, 3), (2,)), ((3, 3), (3,))])
@pytest.mark.parametrize("rcond", [None, 1e-10])
def test_solution(make, a, b, rcond):
    def solution(a, b):
        return np.linalg.lstsq(a, b, rcond)[0]

    a, b = make(*a), make(*b, seed=7)
    y = np.linalg.lstsq(a, b, rcond)
    rule = rule_of(np.linalg.lstsq)
    x_bar = make(*y[0].shape, seed=9)
    bars = rule.vjp((x_bar, None, None, None), y, a, b, rcond)
    for k, x in enumerate((a, b)):
        x_dot = make(*x.shape, seed=11)
        h = 1e-6
        args = [a, b]
        args[k] = x + h * x_dot
        ahead = solution(*args)
        args[k] = x - h * x_dot
        step = (ahead - solution(*args)) / (2 * h)
        assert np.isclose(np.real(np.sum(bars[k] * x_dot)), np.real(np.sum(x_bar * step)))
        dots = tuple(x_dot if j == k else None for j in range(2))
        assert np.allclose(rule.jvp(dots, y, a, b, rcond)[0], step)


@pytest.mark.parametrize("make", [signed, turned])
@pytest.mark.parametrize("b", [(4,), (4, 3)])
def test_all_that_lstsq_returns(make, b):
    a, b = make(4, 2), make(*b, seed=7)
    y = np.linalg.lstsq(a, b)
    rule = rule_of(np.linalg.lstsq)
    y_bars = (None, array(*y[1].shape), None, array(2))
    bars = rule.vjp(y_bars, y, a, b)
    for k, x in enumerate((a, b)):
        x_dot = make(*x.shape, seed=11)
        dots = tuple(x_dot if j == k else None for j in range(2))
        y_dots = rule.jvp(dots, y, a, b)
        h = 1e-6
        ahead, behind = (
            np.linalg.lstsq(*(z + s * x_dot if j == k else z for j, z in enumerate((a, b)))) for s in (h, -h)
        )
        expected = sum(np.sum(y_bars[i] * (ahead[i] - behind[i]) / (2 * h)) for i in (1, 3))
        assert np.isclose(np.real(np.sum(bars[k] * x_dot)), expected)
        assert np.isclose(sum(np.sum(y_bars[i] * y_dots[i]) for i in (1, 3) if y_dots[i] is not None), expected)


def test_every_rule_is_checked():
    assert family(least_squares) == {np.linalg.pinv, np.linalg.lstsq}
