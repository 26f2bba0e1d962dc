"""One check for all programs: the value bit for bit, both modes to second order, nothing of the caller's changed."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from s2sgrad import value_and_grad
from s2sgrad.arguments import is_differentiable_argument
from s2sgrad.testing import check_grads

N = np.array([0.7, 1.3, 2.1])


def matrix(m: int, n: int) -> np.ndarray:
    """A matrix of numbers in (0, 1) that look random and are the same every time."""
    return (np.arange(1.0, m * n + 1) * 0.6180339887 % 1.0).reshape(m, n)


def check(function: Any, *args: Any) -> None:
    """Compare with plain Python and with numerical differentiation."""
    given = copy.deepcopy(args)
    expected = function(*copy.deepcopy(args))
    argnums = tuple(k for k, a in enumerate(args) if is_differentiable_argument(a))
    value, _ = value_and_grad(function, argnums=argnums)(*args)
    assert np.array_equal(value, expected, equal_nan=True)
    assert repr(args) == repr(given)
    check_grads(function, args, order=2)
