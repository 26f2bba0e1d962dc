"""Forward mode beside arrays that carry no derivative."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad.testing import check_grads


def concatenated(x):
    return np.dot(np.array([x, 1.0]), np.concatenate([np.full(1, 1), [x]]))


def stacked(x):
    k = np.arange(3)
    return np.sum(np.stack([k, k * x, np.ones(3, dtype=int)]) * x)


@pytest.mark.parametrize("f", [concatenated, stacked])
def test_integers_beside_what_is_differentiated(f):
    check_grads(f, (0.3,))
