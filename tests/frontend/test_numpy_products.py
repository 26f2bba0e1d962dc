"""Products that NumPy lets one write in several forms."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad
from s2sgrad.errors import S2SGradError
from s2sgrad.testing import check_grads
from tests.rules.samples import array, signed


def labels(A, B):
    return np.sum(np.einsum(A, [0, 1], B, [1, 2], [0, 2]) ** 2)


def labels_with_ellipsis(A, B):
    return np.sum(np.einsum(A, [..., 0], B, [0, 1]) ** 2)


def planned(A, B):
    plan, _ = np.einsum_path("ij,jk,kl->il", A, B, A, optimize="greedy")
    return np.sum(np.einsum("ij,jk,kl->il", A, B, A, optimize=plan) ** 2)


def chained(A, B):
    return np.sum(np.linalg.multi_dot([A, B, A]) ** 2)


def one_row(A, B):
    return np.sum(np.einsum("ij,jk->ik", A, B[:1]) ** 2)


@pytest.mark.parametrize("f", [labels, labels_with_ellipsis, planned, chained, one_row], ids=lambda f: f.__name__)
def test_forms(f):
    A, B = signed(3, 3), signed(3, 3, seed=4)
    check_grads(f, (A, B))
    value, (A_bar, B_bar) = value_and_grad(f, (0, 1))(A, B)
    assert value == f(A, B)
    assert A_bar.shape == A.shape and B_bar.shape == B.shape


def in_space(x, y):
    return np.sum(np.cross(x, y) ** 2)


def along_axes(x, y):
    return np.sum(np.cross(x, y, axisa=0, axisb=1, axisc=0) ** 2 * np.arange(3.0)[:, None])


def in_plane(x, y):
    return np.cross(np.array([x[0], y[1]]), np.array([y[0], x[1]])) ** 2


def test_cross():
    check_grads(in_space, (signed(3), signed(2, 3)))
    check_grads(along_axes, (signed(3, 2), signed(2, 3)))


@pytest.mark.filterwarnings("ignore:Arrays of 2-dimensional")
def test_cross_in_the_plane():
    check_grads(in_plane, (signed(2), signed(2)))
    assert value_and_grad(in_plane)(signed(2), signed(2))[0] == in_plane(signed(2), signed(2))


def test_vectors_whose_dimension_is_not_known_are_taken_to_be_in_space():
    with pytest.raises(ValueError, match="3-dimensional"):
        grad(in_space)(np.ones((2, 2)), np.ones((2, 2)))


def written(A):
    diagonal = np.einsum("ii->i", A)
    diagonal[0] = 2.0
    return np.sum(A)


def test_einsum_of_one_array_may_be_a_view():
    with pytest.raises(S2SGradError, match=r"copy"):
        grad(written)(array(2, 2))
