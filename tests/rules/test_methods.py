"""Methods of arrays as NumPy's functions."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import value_and_grad


def copied_by_method(A):
    B = A.T.copy()
    B[0, 0] = 1.0
    return np.sum(np.sin(B))


def copied_by_function(A):
    B = np.copy(A.T)
    B[0, 0] = 1.0
    return np.sum(np.sin(B))


def written(A):
    A[0] = 0.5
    return np.sum(np.sin(A))


@pytest.mark.parametrize("f", [copied_by_method, copied_by_function, written])
@pytest.mark.parametrize("arranged", [np.ascontiguousarray, np.asfortranarray])
def test_a_copy_arranges_memory_as_the_primal_does(f, arranged):
    """Sums run in the order of memory: another arrangement is another last digit."""
    A = arranged(np.random.default_rng(0).random((20, 33)))
    assert value_and_grad(f)(A)[0] == f(np.copy(A))


def written_through_a_transposition(A):
    B = A.T
    B[0] = 0.5
    return np.sum(np.sin(A))


@pytest.mark.parametrize("arranged", [np.ascontiguousarray, np.asfortranarray])
def test_writing_through_a_transposition_keeps_the_arrangement(arranged):
    A = arranged(np.random.default_rng(0).random((20, 33)))
    assert value_and_grad(written_through_a_transposition)(A)[0] == written_through_a_transposition(np.copy(A))
