"""Rules of one's own replace the derivative of a function's code, in every mode and at every order."""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from s2sgrad import custom_jvp, custom_vjp, grad, hessian, jacfwd, jacrev, jvp, rules, value_and_grad, vjp
from s2sgrad.errors import AliasError, ArgnumsError, CustomRuleError, GradientMismatch, MissingRule, MutationError
from s2sgrad.ir.shapes.table import TYPE_RULES
from s2sgrad.rules.table import DECLARED, RULES
from s2sgrad.testing import check_grads

X = np.array([0.3, 1.2, -1.0])


@custom_vjp
def softplus(x: Any) -> Any:
    return np.log1p(np.exp(x))


def softplus_forward(x: Any) -> Any:
    e = np.exp(x)
    return np.log1p(e), e


def softplus_backward(e: Any, y_bar: Any) -> Any:
    return (y_bar * (1.0 - 1.0 / (1.0 + e)),)


softplus.defvjp(softplus_forward, softplus_backward)


@custom_jvp
def norm(x: Any) -> Any:
    return np.sqrt(np.sum(x**2))


@norm.defjvp
def norm_jvp(primals: Any, tangents: Any) -> Any:
    (x,), (x_dot,) = primals, tangents
    y = norm(x)
    return y, np.sum(x * x_dot) / np.maximum(y, 1e-30)


def rule_of(forward: Callable[..., Any], backward: Callable[..., Any], nondiff: Any = ()) -> Any:
    made = custom_vjp(lambda x, y: x * y, nondiff)
    made.defvjp(forward, backward)
    return made


# -- what a rule gives ---------------------------------------------------------------------------------


def test_a_rule_replaces_the_derivative_of_the_code() -> None:
    with np.errstate(over="ignore"):
        assert grad(softplus)(800.0) == 1.0  # where the derivative of the code is nan
    assert np.array_equal(grad(norm)(np.zeros(2)), [0.0, 0.0])


def test_the_rule_is_inlined() -> None:
    def f(x: Any) -> Any:
        y = x * 2.0
        z = softplus(y)
        return np.sum(z * y)

    source = grad(f).source(X)
    assert "e = np.exp(y)\n    z = np.log1p(e)" in source
    steps = ["y_bar = np.add(e, 1.0, out=e)", "np.divide(1.0, y_bar, out=y_bar)", "np.subtract(1.0, y_bar, out=y_bar)"]
    assert "\n    ".join([*steps, "y_bar *= y"]) in source
    assert value_and_grad(f)(X)[0] == f(X)


def loop(x: Any, n: int) -> Any:
    total = 0.0
    for i in range(n):
        x = softplus(x * 0.5)
        if x > 0.8:
            x = softplus(x - 0.3)
        total = total + x
    return total


def simulate(x: Any, n: int) -> Any:
    i = 0
    while i < n:
        x = softplus(x) * 0.5
        x[0] = x[0] * norm(x)
        i += 1
    return norm(x)


def test_rules_in_loops_and_branches() -> None:
    check_grads(loop, (0.3, 5))
    check_grads(simulate, (X, 3))
    assert grad(lambda x: grad(loop)(x, 5))(0.3) == pytest.approx(jacfwd(grad(loop))(0.3, 5), rel=1e-12)


def test_all_nestings_agree() -> None:
    def f(x: Any) -> Any:
        return softplus(x[0] * x[1]) + norm(x) ** 2

    x = np.array([0.7, -1.3])
    expected = hessian(lambda x: np.log1p(np.exp(x[0] * x[1])) + np.sum(x**2))(x)
    for made in (hessian(f), jacfwd(grad(f)), jacrev(grad(f)), jacfwd(jacfwd(f)), jacrev(jacfwd(f))):
        np.testing.assert_allclose(made(x), expected, rtol=1e-12)
    np.testing.assert_allclose(jvp(grad(f), (x,), (x,))[1], expected @ x, rtol=1e-12)
    np.testing.assert_allclose(grad(lambda x: jvp(f, (x,), (x,))[1])(x), expected @ x + grad(f)(x), rtol=1e-12)
    out, pullback = vjp(f, x)
    assert out == f(x) and np.allclose(pullback(1.0)[0], grad(f)(x))


def test_a_function_that_is_not_differentiated_runs_as_it_is() -> None:
    assert softplus(0.0) == np.log(2.0)
    assert grad(lambda x: x * softplus(0.0))(1.0) == softplus(0.0)


# -- arguments -------------------------------------------------------------------------------------------


@partial(custom_vjp, nondiff_argnums=(0,))
def apply(fn: Any, p: Any, n: int = 2) -> Any:
    return {"scaled": fn(p["w"]) * n, "pair": (p["c"], n)}


def apply_forward(fn: Any, p: Any, n: int = 2) -> Any:
    return apply(fn, p, n), (p, n)


def apply_backward(fn: Any, residuals: Any, out_bar: Any) -> Any:
    p, n = residuals
    return {"w": out_bar["scaled"] * n * jvp(fn, (p["w"],), (np.ones_like(p["w"]),))[1], "c": out_bar["pair"][0]}, None


apply.defvjp(apply_forward, apply_backward)


def test_structures_defaults_and_functions_as_arguments() -> None:
    def f(p: Any) -> Any:
        out = apply(np.sin, p, n=3)
        other = apply(np.exp, p)
        return np.sum(out["scaled"]) + out["pair"][0] ** 2 * np.sum(other["scaled"])

    check_grads(f, ({"w": X, "c": 2.0},))


class Gain:
    def __init__(self, k: float) -> None:
        self.k = k

    @partial(custom_vjp, nondiff_argnums=(0,))
    def amplify(self, x: Any) -> Any:
        return self.k * x * x


Gain.amplify.defvjp(lambda self, x: (self.k * x * x, x), lambda self, x, y_bar: (y_bar * 2.0 * self.k * x,))


def test_methods() -> None:
    gain = Gain(3.0)
    assert grad(lambda x: gain.amplify(x))(2.0) == 12.0


def test_a_rule_for_each_argument() -> None:
    @custom_jvp
    def product(x: Any, y: Any) -> Any:
        return x * y

    product.defjvps(lambda x_dot, out, x, y: x_dot * y, None)
    assert grad(product, (0, 1))(2.0, 3.0) == (3.0, 0.0)
    assert jvp(product, (2.0, 3.0), (1.0, 1.0)) == (6.0, 3.0)


# -- functions without source ------------------------------------------------------------------------------

LIBM = ctypes.CDLL(ctypes.util.find_library("m"))
for name in ("j0", "j1"):
    getattr(LIBM, name).restype = ctypes.c_double
    getattr(LIBM, name).argtypes = [ctypes.c_double]


@custom_vjp
def j0(x: Any) -> Any:
    return LIBM.j0(x)


@custom_vjp
def j1(x: Any) -> Any:
    return float(LIBM.j1(x))


j0.defvjp(lambda x: (j0(x), x), lambda x, y_bar: (-y_bar * j1(x),))
j1.defvjp(lambda x: (j1(x), x), lambda x, y_bar: (y_bar * (j0(x) - j1(x) / x),))


def test_a_rule_for_a_function_of_c_serves_every_order() -> None:
    """Abramowitz & Stegun, 9.1.28 and 9.1.30: J0' = -J1, J1' = J0 - J1/x."""
    x = 1.3
    assert grad(j0)(x) == -LIBM.j1(x)
    second = LIBM.j1(x) / x - LIBM.j0(x)
    assert grad(grad(j0))(x) == pytest.approx(second, rel=1e-14)
    assert jacfwd(grad(j0))(x) == pytest.approx(second, rel=1e-14)
    third = grad(grad(grad(j0)))(x)
    h = 1e-5
    assert third == pytest.approx((grad(grad(j0))(x + h) - grad(grad(j0))(x - h)) / (2 * h), rel=1e-8)


def test_a_compiled_function_is_called_and_not_entered() -> None:
    numba = pytest.importorskip("numba")

    @numba.njit  # type: ignore[untyped-decorator]
    def squares(x: Any) -> Any:
        y = np.zeros_like(x)
        for i in range(x.shape[0]):
            y[i] = x[i] ** 2
        return y

    made = custom_vjp(squares)
    made.defvjp(lambda x: (made(x), x), lambda x, y_bar: (2.0 * x * y_bar,))
    g = grad(lambda x: np.sum(made(x) * x))
    np.testing.assert_allclose(g(X), 3.0 * X**2)
    assert "squares(x)" in g.source() and "for" not in g.source()
    np.testing.assert_allclose(hessian(lambda x: np.sum(made(x)))(X), 2.0 * np.eye(3))


def test_the_derivative_of_what_has_no_rule_is_refused() -> None:
    made = custom_vjp(lambda x: float(LIBM.j0(x)))
    made.defvjp(lambda x: (float(LIBM.j0(x)), x), lambda x, y_bar: (-y_bar * float(LIBM.j1(x)),))
    assert grad(made)(1.3) == -LIBM.j1(1.3)
    with pytest.raises(MissingRule, match="j1"):
        grad(grad(made))(1.3)


# -- rules that are not linear -------------------------------------------------------------------------------


@custom_vjp
def clipped(x: Any) -> Any:
    return x


clipped.defvjp(lambda x: (x, None), lambda _, y_bar: (np.clip(y_bar, -0.5, 0.5),))


def test_a_backward_part_may_do_what_it_likes() -> None:
    A = np.array([[1.0, 2.0], [0.25, -4.0]])
    assert np.array_equal(grad(lambda x: np.sum(clipped(x) ** 2))(X), [0.5, 0.5, -0.5])
    assert np.array_equal(jacrev(lambda x: A @ clipped(x))(np.ones(2)), [[0.5, 0.5], [0.25, -0.5]])
    assert grad(grad(lambda x: clipped(x) ** 2))(0.1) == 2.0
    assert grad(grad(lambda x: clipped(x) ** 2))(1.0) == 0.0


def test_a_batch_of_cotangents_that_meet_each_other() -> None:
    made = custom_vjp(lambda x: x)
    made.defvjp(lambda x: (x, None), lambda _, g: (g * np.dot(g, g) / np.linalg.norm(g),))
    A = np.array([[3.0, 4.0], [0.0, 2.0]])
    np.testing.assert_allclose(jacrev(lambda x: A @ made(x))(np.ones(2)), [[15.0, 20.0], [0.0, 4.0]])


def test_no_forward_mode_without_linearity() -> None:
    with pytest.raises(MissingRule, match="not seen to be linear"):
        jvp(lambda x: clipped(x), (1.0,), (1.0,))
    made = custom_jvp(lambda x: x)
    made.defjvp(lambda primals, tangents: (primals[0], np.tanh(tangents[0])))
    assert jvp(made, (1.0,), (2.0,))[1] == np.tanh(2.0)
    with pytest.raises(MissingRule, match="not seen to be linear"):
        grad(made)(1.0)


# -- what is refused -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("forward", "backward", "message"),
    [
        (lambda x, y: x * y, lambda r, g: (g, g), "does not return a pair"),
        (lambda x, y: (np.sum(x * y), None), lambda r, g: (g, g), "another kind of value"),
        (lambda x, y: (x * y, None), lambda r, g: (g,), "1 cotangents for 2 arguments"),
        (lambda x, y: (x * y, None), lambda r, g: g, "does not return a tuple"),
        (lambda x, y: (x * y, None), lambda r, g: (np.sum(g), g), r"has the shape \(\)"),
        (lambda x, y: (x * y, None), lambda r, g: (g[:-1], g), "another shape"),
        (lambda x, y: (x * y, None), lambda r, g: (g, 1j * g), "is complex"),
        (lambda x, y: (x * y, None), lambda r, g: ((g, g), g), "another structure"),
    ],
)
def test_what_a_rule_returns_is_checked(forward: Any, backward: Any, message: str) -> None:
    made = rule_of(forward, backward)
    with pytest.raises(CustomRuleError, match=message):
        grad(lambda x: np.sum(made(x, x)))(X)


def test_a_function_without_its_rule() -> None:
    made = custom_vjp(lambda x: x)
    with pytest.raises(CustomRuleError, match="no rule yet"):
        grad(lambda x: made(x))(1.0)
    with pytest.raises(ArgnumsError, match="names argument 3"):
        custom_vjp(lambda x: x, nondiff_argnums=3)


def test_no_derivative_is_lost_that_the_rule_does_not_know() -> None:
    made = rule_of(lambda x, y: (x * y, y), lambda x, y, g: (g * x,), nondiff=(0,))
    assert grad(lambda x: made(2.0, x))(3.0) == 2.0
    with pytest.raises(MissingRule, match="no derivative in `x`"):
        grad(lambda x: made(x, x))(3.0)

    def reads_around(x: Any) -> Any:
        w = x * 2.0
        return applied(lambda z: z * w, x)

    applied = custom_vjp(lambda fn, x: fn(x), nondiff_argnums=(0,))
    applied.defvjp(lambda fn, x: (fn(x), None), lambda fn, _, g: (g * fn(1.0),))
    with pytest.raises(MissingRule, match="no derivative in `w`"):
        grad(reads_around)(2.0)


def test_memory_is_followed() -> None:
    def writes(x: Any) -> Any:
        x[0] = 3.0
        return x

    made = custom_vjp(writes)
    made.defvjp(lambda x: (x, None), lambda _, g: (g,))
    with pytest.raises(MutationError, match="writes into an argument"):
        grad(lambda x: np.sum(made(x * 2.0)))(X)

    def writes_result(x: Any) -> Any:
        y = x * 2.0
        z = clipped(y)
        z[0] = 5.0
        return np.sum(y)

    with pytest.raises(AliasError):
        grad(writes_result)(X)


def test_a_wrong_rule_is_found() -> None:
    made = rule_of(lambda x, y: (x * y, (x, y)), lambda r, g: (g * r[1], g * 1.01 * r[0]))
    with pytest.raises(GradientMismatch):
        check_grads(lambda x, y: made(x, y), (2.0, 3.0))


def test_another_rule_is_seen() -> None:
    made = rule_of(lambda x, y: (x * y, None), lambda _, g: (g, g))
    g = grad(lambda x: made(x, 2.0))
    assert g(1.0) == 1.0
    made.defvjp(lambda x, y: (x * y, y), lambda y, g: (g * y, None))
    assert g(1.0) == 2.0


# -- the notation of the table, for functions of others ------------------------------------------------------


def compiled(run: Callable[..., Any]) -> Any:
    numba = pytest.importorskip("numba")
    return numba.njit(run)


@pytest.fixture
def forget() -> Any:
    """Take rules back that a test has registered."""
    before = dict(RULES), dict(TYPE_RULES), set(DECLARED)
    yield
    for table, old in zip((RULES, TYPE_RULES), before, strict=False):
        for fn in set(table) - set(old):
            del table[fn]
    DECLARED.intersection_update(before[2])


def test_rules_for_compiled_functions_in_the_notation_of_the_table(forget: Any) -> None:
    swing = compiled(lambda x, k: np.sin(k * x))
    mix = compiled(lambda A, x: np.dot(A, x) + 0.0 * x)

    @rules.partials(swing)
    def _(y: Any, x: Any, k: Any) -> Any:
        return k * np.cos(k * x), x * np.cos(k * x)

    @rules.returns(swing)
    def _(x: Any, k: Any) -> Any:
        return x * k

    @rules.multilinear(mix)
    def _(y_bar: Any, y: Any, A: Any, x: Any) -> Any:
        return np.outer(y_bar, x), A.T @ y_bar

    def f(x: Any, k: Any) -> Any:
        return np.sum(swing(x, k) ** 2) + np.sum(mix(np.outer(x, x), x))

    check_grads(f, (X, 0.7))
    assert "unbroadcast" not in grad(lambda x: np.sum(swing(x, 0.7) ** 2)).source(X)
    np.testing.assert_allclose(
        hessian(lambda x: np.sum(swing(x, 0.7)))(X), np.diag(-0.49 * np.sin(0.7 * X)), rtol=1e-12
    )


def test_a_declared_result_serves_custom_rules(forget: Any) -> None:
    squares = compiled(lambda x: x * x)
    rules.returns(squares)(lambda x: x)
    made = custom_vjp(squares)
    made.defvjp(lambda x: (squares(x), x), lambda x, y_bar: (2.0 * x * y_bar,))
    source = grad(lambda x: np.sum(made(x) * x)).source(X)
    assert "raise" not in source and "unbroadcast" not in source
    assert np.array_equal(grad(lambda x: np.sum(made(x)))(X), 2.0 * X)


class Scaled:
    @custom_vjp
    def square(self, x):
        return self.factor * x**2

    factor = 3.0


Scaled.square.defvjp(lambda s, x: (s.square(x), (s, x)), lambda saved, y_bar: (None, 7.0 * y_bar * saved[1]))


def test_the_rule_of_a_method_is_that_of_the_bound_method():
    scaled = Scaled()
    assert grad(scaled.square)(2.0) == 14.0
    assert grad(lambda x: scaled.square(x))(2.0) == 14.0
