"""Distances between points, in both modes; zero at a distance of zero."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad
from s2sgrad.errors import S2SGradError
from s2sgrad.testing import check_grads
from tests.rules.samples import array, signed

pytest.importorskip("scipy")
distance = pytest.importorskip("scipy.spatial").distance


@pytest.mark.parametrize("metric", ["euclidean", "sqeuclidean", "cityblock"])
def test_derivatives(metric):
    def f(a, b):
        return np.sum(distance.cdist(a, b, metric) ** 3) + np.sum(distance.pdist(a, metric) ** 3)

    check_grads(f, (signed(4, 2), array(3, 2, seed=7)))
    assert value_and_grad(f)(signed(4, 2), signed(3, 2))[0] == f(signed(4, 2), signed(3, 2))


def test_of_equal_points():
    x = np.ones((3, 2))
    assert not np.any(grad(lambda x: np.sum(distance.cdist(x, x)) + np.sum(distance.pdist(x)))(x))


def test_other_distances_are_refused():
    with pytest.raises(S2SGradError, match="cosine"):
        grad(lambda x: np.sum(distance.cdist(x, x, "cosine")))(signed(3, 2))


@pytest.mark.parametrize("p", [1.5, 2, 3])
def test_minkowski(p):
    def f(a, b):
        d = distance.cdist(a, b, metric="minkowski", p=p)
        return np.sum(d**3) + np.sum(distance.pdist(a, "minkowski", p=p) ** 3)

    check_grads(f, (signed(4, 2), array(3, 2, seed=7)), order=1)
