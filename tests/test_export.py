"""Exported modules need NumPy and what the primal imports, and give what the compiled derivative gives."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2sgrad import grad
from s2sgrad.derivative import compiler
from s2sgrad.errors import UnsupportedCall
from s2sgrad.export import as_module
from s2sgrad.targets import assumed_arguments, find_target

EXAMPLES = Path(__file__).parent.parent / "examples"
RNG = np.random.default_rng(0)
CASES = {
    "heat.py:misfit": (0.3, RNG.random(8), 3, RNG.random(8)),
    "epidemic.py:misfit": (0.4, 0.3, 0.01, RNG.random(5), 2),
    "digits.py:loss": (
        *(RNG.random(shape) for shape in ((5, 4), 4, (4, 3), 3, (6, 5))),
        np.eye(3)[[0, 1, 2, 0, 1, 2]],
    ),
}


def exported(text: str) -> dict[str, Any]:
    space: dict[str, Any] = {}
    exec(text, space)
    return space


@pytest.mark.parametrize("target", CASES)
def test_code_for_numbers_and_arrays_alike(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known of the arguments."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    primal = find_target(str(EXAMPLES / target)).function
    g = grad(primal)
    lowered = compiler().lower(g, *assumed_arguments(g.callee, {}))
    text = as_module(compiler().emit(g, lowered))
    assert "s2sgrad" not in text
    found = exported(text)[g.__name__](*CASES[target])
    np.testing.assert_allclose(found, g(*CASES[target]), rtol=1e-12)


def cubic(x: Any) -> Any:
    return x**3 + 5 * x


def test_numbers_and_arrays() -> None:
    g = grad(lambda x: np.sum(cubic(x)))
    text = as_module(compiler().emit(g, compiler().lower(g, *assumed_arguments(g.callee, {}))))
    run = next(value for name, value in exported(text).items() if name.startswith("grad_"))
    for x in (2.0, np.float64(2.0), np.array([1.0, 2.0]), np.ones((2, 1))):
        assert np.array_equal(run(x), 3.0 * x**2 + 5.0)
        assert np.shape(run(x)) == np.shape(x)


def test_what_cannot_be_imported() -> None:
    weights = np.ones(3)
    g = grad(lambda x: np.sum(weights * x))
    with pytest.raises(UnsupportedCall, match="`weights` .* cannot be imported"):
        as_module(compiler().emit(g, compiler().lower(g, (np.ones(3),))))
