"""Calls that Numba lacks are compiled nevertheless: what they compute is what NumPy and SciPy compute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad
from s2sgrad.errors import UnsupportedCall

pytest.importorskip("numba")
special = pytest.importorskip("scipy.special")

X = np.random.default_rng(4).random((3, 4)) + 0.1


def statistics(x: Any) -> Any:
    spread = np.var(x, axis=0) + np.std(x, axis=0, keepdims=True)[0]
    return np.sum(spread * np.linalg.norm(x[:2], axis=0)) + np.sum(np.var(x, axis=(0, 1)))


def rearranged(x: Any) -> Any:
    rolled = np.roll(x, 1, axis=1) * np.roll(x[0], -3) + np.squeeze(x[:, None, :]) * x.T.reshape(3, 4)
    return np.sum(rolled * x.T[::-1].ravel()[0]) + np.sum(np.diff(x, axis=1) ** 2) + np.sum(np.diff(x[0]) ** 3)


def exponentials(x: Any) -> Any:
    weights = special.softmax(x, axis=1) * special.logsumexp(x, axis=0) + special.log_softmax(x[0])
    return np.sum(weights * special.logsumexp(x[1])) + np.sum(special.logsumexp(x, axis=1, keepdims=True) * x)


def functions_of_scipy(x: Any) -> Any:
    y = special.gammaln(x) + special.ndtri(0.5 * x) + special.log_ndtr(-40.0 * x) + special.i0(x) * special.j0(x)
    return np.sum(y) + special.erfcx(x[0, 0]) * special.betaln(x[0, 1], 2.0) + special.gammainc(2.0, x[1, 1])


@pytest.mark.parametrize("f", [statistics, rearranged, exponentials, functions_of_scipy])
def test_calls_that_numba_lacks(f: Callable[[Any], Any]) -> None:
    value, gradient = value_and_grad(f)(X)
    found, compiled = value_and_grad(f, backend="numba")(X)
    np.testing.assert_allclose(found, value, rtol=1e-13)
    np.testing.assert_allclose(compiled, gradient, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(
    ("f", "statement"),
    [
        (lambda x: np.sum(np.roll(x, (1, 1), (0, 1)) * x), "np.roll"),
        (lambda x: np.sum(np.sort(x, axis=0) * x), "np.sort"),
        (lambda x: np.sum(np.fft.fft(x).real), "np.fft.fft"),
    ],
    ids=["a roll of two axes", "a sort on which its compiler fails", "a transform"],
)
def test_what_is_not_is_refused_at_its_line(f: Callable[[Any], Any], statement: str) -> None:
    with pytest.raises(UnsupportedCall, match="Numba") as caught:
        grad(f, backend="numba")(X)
    assert statement in str(caught.value) and "test_expansions.py" in str(caught.value)
    assert caught.value.at is not None


def test_a_dict_whose_keys_only_running_knows_is_refused() -> None:
    def counted(x: Any, n: int) -> Any:
        sums = {}
        for k in range(n):
            sums[k % 3] = sums.get(k % 3, 0.0) + x[k]
        return sums[0] * sums[1]

    with pytest.raises(UnsupportedCall, match="a dict whose keys only running knows"):
        grad(counted, backend="numba")(X[0], 4)
