"""Every function of the family in every form of call: compiled, in both modes, at first and second order."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import jvp, vjp
from s2sgrad.testing import check_grads
from tests.rules.calls import CALLS
from tests.rules.sweep import arguments, compare, function_of

ALL = [pytest.param(call, id=f"{family}-{call}") for family, calls in CALLS.items() for call in calls]


@pytest.mark.parametrize("call", ALL)
def test_both_modes(call: str) -> None:
    found = compare(call)
    assert max(found.reverse, found.forward) < 1e-7
    assert found.pairing < 1e-11


@pytest.mark.parametrize("call", ALL)
@pytest.mark.slow
def test_derivatives_of_derivatives(call: str) -> None:
    check_grads(function_of(call), arguments(), order=2, rtol=1e-5)


@pytest.mark.parametrize("call", ALL)
@pytest.mark.slow
def test_cotangents_and_tangents_keep_the_precision_of_their_arguments(call: str) -> None:
    function, args = function_of(call), arguments("f4")
    y, pullback = vjp(function, *args)
    for bar, argument in zip(pullback(np.ones_like(y)), args, strict=True):
        assert not isinstance(argument, np.ndarray) or bar.dtype == argument.dtype
    y, y_dot = jvp(function, args, tuple(a if isinstance(a, np.ndarray) else None for a in args))
    assert np.shape(y_dot) == np.shape(y)
    assert np.asarray(y_dot).dtype == np.asarray(y).dtype
