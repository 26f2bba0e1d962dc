"""check_grads finds what is wrong, and says where."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import s2sgrad.testing
from s2sgrad.errors import GradientMismatch
from s2sgrad.testing import check_grads, compare


def wave(p: Any, x: Any) -> Any:
    return np.sum(np.sin(p["w"] * x + p["b"][0]))


ARGS = ({"w": np.array([1.0, 2.0, 3.0]), "b": [0.5]}, np.linspace(0.1, 1.0, 3))


def test_agreement() -> None:
    check_grads(wave, ARGS)
    check_grads(lambda x: x[1] * x[0], (np.ones(2, np.float32),))
    modes = {check.mode for check in compare(wave, ARGS)}
    assert modes == {"fwd", "rev", "both"}
    assert {check.mode for check in compare(wave, ARGS, modes=("rev",))} == {"rev"}


def jump(x: Any) -> Any:
    return np.sum(x * x) + (0.0 if x[1] < 1.0 else 1e-3)


def test_says_which_entry() -> None:
    with pytest.raises(GradientMismatch, match=r"argument 0\[1\] is .* in rev mode, but .* numerically \(order 1\)"):
        check_grads(jump, (np.ones(3),))


def test_modes_that_differ_less_than_differences_can_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    jvp = s2sgrad.testing.jvp

    def slightly_wrong(f: Any, primals: Any, tangents: Any) -> Any:
        out, out_dot = jvp(f, primals, tangents)
        return out, out_dot * (1.0 + 1e-7)

    monkeypatch.setattr(s2sgrad.testing, "jvp", slightly_wrong)
    with pytest.raises(GradientMismatch, match=r"argument 0\['w'\]\[0\] is .* in fwd mode, but .* in rev mode"):
        check_grads(wave, ARGS, order=1)


def test_names_the_derivative_that_is_wrong() -> None:
    def kinked(x: Any) -> Any:
        return x * x if x > 0.0 else 0.0

    with pytest.raises(GradientMismatch, match=r"of the fwd derivative .* \(order 2\)"):
        check_grads(kinked, (0.0,), modes=("fwd",), atol=0.01)
