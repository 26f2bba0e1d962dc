"""Recursive functions whose calls have arguments of ever other types: an integer tells where they end."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad
from s2sgrad.errors import UnsupportedSyntax
from tests.frontend.checking import N, check


def at_least(x, ndim):
    if x.ndim < ndim:
        return at_least(np.expand_dims(x, 0), ndim)
    return x


def raised_by_a_literal(x):
    return np.sum(at_least(x * x, 2))


def raised_by_an_argument(x, ndim):
    return np.sum(at_least(np.sin(x), ndim) * x)


@pytest.mark.parametrize("function,args", [(raised_by_a_literal, (N,)), (raised_by_an_argument, (N, 3))])
def test_derivatives(function, args):
    check(function, *args)


def until_it_is_large(x, bound):
    if np.sum(x) > bound:
        return x
    return until_it_is_large(np.expand_dims(x, 0) * 2.0, bound)


def test_refused():
    with pytest.raises(UnsupportedSyntax, match="arguments of other types"):
        grad(lambda x: np.sum(until_it_is_large(x, 5.0)))(N)
