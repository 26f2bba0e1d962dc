"""Calls in their many forms, from source to gradient: both modes against differences and against each other."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from s2sgrad import value_and_grad, vjp
from s2sgrad.errors import MissingRule
from s2sgrad.testing import check_grads, compare
from tests.rules.cases import FAMILIES, A, P, X

CASES = [pytest.param(f, id=f"{name}-{k}") for name, family in FAMILIES.items() for k, f in enumerate(family)]


@pytest.mark.parametrize("f", CASES)
def test_first_order(f: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for check in compare(f, (X, P, A)):
            assert check.ok, check
        out, _ = vjp(f, X, P, A)
        assert np.array_equal(out, f(X, P, A))


@pytest.mark.slow
@pytest.mark.parametrize("f", CASES)
def test_second_order(f: Any) -> None:
    check_grads(f, (X, P, A), order=2, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("f", FAMILIES["elementwise"] + FAMILIES["reductions"] + FAMILIES["scans"])
def test_single_precision(f: Any) -> None:
    """What is single stays single, and agrees with what double precision gives."""
    single, double = (gradients(f, dtype) for dtype in (np.float32, np.float64))
    for x_bar, exact in zip(single, double, strict=True):
        assert x_bar.dtype == np.float32
        assert x_bar == pytest.approx(exact, rel=1e-3, abs=1e-3)


def gradients(f: Any, dtype: Any) -> Any:
    out, pullback = vjp(f, *(a.astype(dtype) for a in (X, P, A)))
    return pullback(np.ones(np.shape(out), out.dtype)[()])


def test_ties_share_equally() -> None:
    x = np.array([2.0, 1.0, 2.0, 2.0])
    for f in (np.max, lambda x: np.maximum.reduce(x)):
        _, x_bar = value_and_grad(f)(x)
        assert x_bar == pytest.approx([1 / 3, 0.0, 1 / 3, 1 / 3])
    assert value_and_grad(np.median)(x)[1] == pytest.approx([1 / 3, 0.0, 1 / 3, 1 / 3])
    assert value_and_grad(lambda x: np.max(x, initial=2.0))(x)[1] == pytest.approx([0.25, 0.0, 0.25, 0.25])


def test_missing_entries() -> None:
    x = np.array([[1.0, np.nan, 3.0], [2.0, 5.0, np.nan]])
    for f in (np.nansum, np.nanmean, np.nanprod, np.nanvar, np.nanstd, np.nanmax, np.nanmin):
        _, x_bar = value_and_grad(lambda x, f=f: np.sum(f(x, axis=1) ** 2))(x)
        assert np.all(np.isfinite(x_bar)) and np.all(x_bar[np.isnan(x)] == 0.0)


def test_what_has_no_rule_for_an_argument_is_refused() -> None:
    with pytest.raises(MissingRule, match=r"numpy\.quantile"):
        value_and_grad(lambda q: np.quantile(X, q))(0.3)


def test_cotangents_of_the_edges_of_differences() -> None:
    check_grads(lambda x: np.diff(x, prepend=x[0] ** 2, append=x[1] * x[2]), (X,), order=1)


def test_a_definition_gives_what_numpy_gives() -> None:
    for f in (lambda x: np.piecewise(x, [x < 0], [np.square, 3.0]), lambda x: np.multiply.outer(A, x)):
        out, _ = vjp(f, X)
        assert np.array_equal(out, f(X)) and out.shape == f(X).shape
