"""check_grads finds what is wrong, and says where."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from s2sgrad import custom_vjp
from s2sgrad.errors import GradientMismatch
from s2sgrad.rules import table
from s2sgrad.testing import assert_grads, check_grads, checks, compare


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
    jvp = checks.jvp

    def slightly_wrong(f: Any, primals: Any, tangents: Any) -> Any:
        out, out_dot = jvp(f, primals, tangents)
        return out, out_dot * (1.0 + 1e-7)

    monkeypatch.setattr(checks, "jvp", slightly_wrong)
    with pytest.raises(GradientMismatch, match=r"argument [01]\S* is .* in fwd mode, but .* in rev mode"):
        check_grads(wave, ARGS, order=1)


def test_names_the_derivative_that_is_wrong() -> None:
    def kinked(x: Any) -> Any:
        return x * x if x > 0.0 else 0.0

    with pytest.raises(GradientMismatch, match=r"of the fwd derivative .* \(order 2\)"):
        check_grads(kinked, (0.0,), modes=("fwd",), atol=0.01)


# -- the report -------------------------------------------------------------------------------------------


def failing(f: Any, args: Any, **options: Any) -> GradientMismatch:
    with np.errstate(all="ignore"), pytest.raises(GradientMismatch) as found:
        check_grads(f, args, **options)
    return found.value


@custom_vjp
def slope_off(x: Any) -> Any:
    return np.sin(x)


slope_off.defvjp(lambda x: (np.sin(x), x), lambda x, g: (1.001 * g * np.cos(x),))


def uses_it(x: Any) -> Any:
    y = x * x
    z = slope_off(y)
    return np.sum(z * y)


def test_the_rule_that_is_wrong() -> None:
    error = failing(uses_it, (np.array([0.3, 0.5, 0.9]),), modes=("rev",))
    assert error.cause == "wrong derivative"
    assert error.culprit.name == "slope_off"
    assert error.culprit.event.op.stmt.text == "z = slope_off(y)"
    assert "the rule of `slope_off` gives cotangents that disagree" in str(error)
    assert "z = slope_off(y)\n" in str(error)


def unnatural(x: Any) -> Any:
    return np.exp(x)


@pytest.fixture
def unnatural_rule() -> Any:
    @table.partials(unnatural)
    def rule(y: Any, x: Any) -> Any:
        return 2.0 * y

    yield
    del table.RULES[unnatural]


def test_a_rule_in_the_table(unnatural_rule: None) -> None:
    def f(x: Any) -> Any:
        total = 0.0
        for k in range(3):
            total = total + unnatural(x) * k
        return total

    error = failing(f, (0.7,), order=1)
    assert error.culprit.name.endswith("unnatural")
    assert error.culprit.event.loops in ((0,), (1,), (2,))
    assert re.search(r"the rule of `\S*unnatural` \(.*test_checks\.py:\d+\)", str(error))


def test_the_worst_entry_and_the_direction() -> None:
    def f(x: Any) -> Any:
        return np.sum(np.abs(x) * np.array([1.0, 5.0, 2.0]))

    error = failing(f, (np.array([1e-4, 1e-4, 3.0]),), order=1)
    assert error.check.where == "argument 0[1]"
    assert "the worst of 2 entries that disagree, along the direction [0. 1. 0.]" in str(error)
    assert error.culprit.name == "np.absolute"


@pytest.mark.parametrize(
    ("f", "x", "cause"),
    [
        (lambda x: x if x > 0.0 else 0.3 * x, 0.0, "kink"),
        (np.abs, 1e-4, "kink nearby"),
        (lambda x: x + (0.0 if x < 1.0 else 1e-3), 1.0 - 1e-5, "kink nearby"),
        (lambda x: x + (0.0 if x < 1.0 else 1e-3), 1.0, "jump"),
        (lambda x: np.floor(x) * x, 2.0, "jump"),
        (lambda x: (x + 1e9) - 1e9, 0.7, "precision"),
        (lambda x: np.sqrt(x), 0.0, "not finite"),
    ],
)
def test_causes(f: Any, x: float, cause: str) -> None:
    assert failing(f, (x,), order=1, atol=1e-9).cause == cause


def test_single_precision() -> None:
    def f(x: Any) -> Any:
        return np.sum(np.exp(x) - 1.0)

    error = failing(f, (np.array([1e-3, 2e-3], np.float32),), order=1, rtol=1e-7, atol=1e-9)
    assert error.cause == "precision"


def test_smooth_functions_that_are_far_from_linear_are_right() -> None:
    check_grads(lambda x: np.exp(20.0 * x) + np.sin(50.0 * x), (0.3,), eps=1e-4)


def test_objects_are_varied() -> None:
    class Model:
        def __init__(self, w: Any, name: str) -> None:
            self.w, self.name, self.rate = w, name, 0.5

        def loss(self, x: Any) -> Any:
            return np.sum(np.tanh(self.w * x)) * self.rate

    model = Model(np.array([0.3, 0.7]), "m")
    check_grads(Model.loss, (model, np.array([1.0, 2.0])))
    names = {check.where for check in compare(Model.loss, (model, 2.0))}
    assert names == {"argument 0.w[0]", "argument 0.w[1]", "argument 0.rate", "argument 1"}


def test_assert_grads() -> None:
    assert_grads(wave, *ARGS, order=1)
    with pytest.raises(AssertionError, match="argument 0"):
        assert_grads(uses_it, np.ones(2), order=1, modes=("rev",))
