import numpy as np
import pytest

from s2sgrad import jvp
from s2sgrad.rules import binning
from s2sgrad.rules.table import rule_of
from tests.rules.checking import check, family
from tests.rules.samples import array

POINTS = np.array([0.1, 0.35, 0.8, 1.23, 1.97, 2.5])


def test_bincount():
    check(np.bincount, np.array([0, 2, 2, 5]), array(4))
    check(np.bincount, np.array([0, 2, 2, 5]), array(4), 9)


@pytest.mark.parametrize("density", [False, True])
@pytest.mark.parametrize("bins, range", [(4, None), (4, (0.0, 2.0)), (np.array([0.0, 0.5, 2.0]), None)])
def test_histogram(density, bins, range):
    check(np.histogram, POINTS, bins, range, density, array(6))
    check(np.histogram, POINTS.reshape(2, 3), bins, range, density, array(2, 3))


def test_histogram_without_weights_moves_its_edges():
    check(np.histogram, POINTS, 4, None, True, None, wrt=(0,))
    check(np.histogram, POINTS, "sturges", None, True, None, wrt=(0,))


def test_histogram2d():
    args = POINTS, POINTS[::-1], [np.array([0.0, 1.0, 3.0]), np.array([0.0, 0.5, 1.5])], None, None
    y, weights, y_bar = np.histogram2d(*args, array(6)), array(6, seed=1), array(2, 2)
    rule = rule_of(np.histogram2d)
    bar = rule.vjp((y_bar, None, None), y, *args, array(6))[5]
    dot = rule.jvp((None, None, None, None, None, weights), y, *args, array(6))[0]
    assert np.array_equal(dot, np.histogram2d(*args, weights)[0])
    assert np.isclose(np.sum(y_bar * dot), np.sum(bar * weights))
    with pytest.raises(NotImplementedError, match="in its weights only"):
        rule.jvp((POINTS, None, None, None, None, weights), y, *args, array(6))


def test_every_rule_is_checked():
    assert family(binning) == {np.bincount, np.histogram, np.histogram2d}


def test_the_density_of_complex_weights_is_complex():
    z, v = np.array([0.1, 0.5, 1.5, 2.5]), np.array([0.9, 0.2, 0.6, 0.4]) + 1j * np.array([0.1, -0.2, 0.3, 0.05])
    density = lambda v: np.histogram(z, bins=np.array([0.0, 1.0, 3.0]), weights=v, density=True)[0]  # noqa: E731
    v_dot = np.array([0.3, -0.2j, 0.1 + 0.4j, 1.0])
    _, out_dot = jvp(density, (v,), (v_dot,))
    np.testing.assert_allclose(out_dot, (density(v + 1e-6 * v_dot) - density(v - 1e-6 * v_dot)) / 2e-6, rtol=1e-7)
