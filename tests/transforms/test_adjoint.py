"""The adjoint transform: what it makes, and that it is right."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from s2sgrad import grad, jvp, vjp
from s2sgrad.errors import MissingRule
from s2sgrad.ir.interpret import interpret
from s2sgrad.ir.printer import dump
from s2sgrad.ir.verify import verify
from s2sgrad.transforms.adjoint import adjoint
from tests.transforms.checking import check, primal

LOGISTIC = """
func logistic(r: pyf, x: pyf, n: pyi) -> pyf:
  x.3: pyf = for i in range(n) carry x.1 = x:
    t1: pyf = mul r, x.1
    t2: pyf = sub 1.0, x.1
    x.2: pyf = mul t1, t2
    yield x.2
  return x.3
"""

HEAT = """
func heat(u: f8[n], alpha: pyf, steps: pyi) -> f8:
  u.1: f8[n] = copy u
  u.4: f8[n] = for t in range(steps) carry u.2 = u.1:
    t1: f8[n-2] = getitem u.2, 1:-1
    t2: f8[n-2] = getitem u.2, 2:
    t3: f8[n-2] = getitem u.2, :-2
    t4: f8[n-2] = sub t2, t3
    t5: f8[n-2] = mul alpha, t4
    t6: f8[n-2] = add t1, t5
    u.3: f8[n] = setitem u.2, 1:-1, t6
    yield u.3
  t7: f8[n] = pow u.4, 2
  s: f8 = sum t7
  return s
"""


def backward_of(text: str, count: int) -> str:
    """The backward part of the gradient with respect to the first parameters."""
    function = primal(text)
    gradient = adjoint(function, function.params[:count])
    verify(gradient)
    gradient.body.ops = [op for op in gradient.body.ops if op.adjoint]
    return dump(gradient).partition("\n")[2].rstrip()


def test_a_loop_saves_what_it_cannot_recompute_and_nothing_else() -> None:
    f = primal(LOGISTIC)
    gradient = adjoint(f, f.params[:2])
    assert dump(gradient).rstrip() == inspect.cleandoc("""
        func logistic(r: pyf, x: pyf, n: pyi) -> (f8, f8):
          x_saved: list[pyf] = new_list
          x.3: pyf, x_saved.3: list[pyf] = for i in range(n) carry x.1 = x, x_saved.1 = x_saved:
            x_saved.2: list[pyf] = push x_saved.1, x.1
            t1: pyf = mul r, x.1
            t2: pyf = sub 1.0, x.1
            x.2: pyf = mul t1, t2
            yield x.2, x_saved.2
          x_bar.3: f8, r_bar.3: f8, x_saved.6: list[pyf] = for i.1 in reversed(range(n)) \
carry x_bar = 1.0, r_bar = 0.0, x_saved.4 = x_saved.3:
            x_saved.5: list[pyf], x.4: pyf = pop x_saved.4
            t3: pyf = mul r, x.4
            t4: pyf = sub 1.0, x.4
            t_bar: f8 = mul x_bar, t4
            t_bar.1: f8 = mul x_bar, t3
            r_bar.1: f8 = mul t_bar, x.4
            r_bar.2: f8 = add r_bar, r_bar.1
            x_bar.1: f8 = mul t_bar, r
            x_bar.2: f8 = sub x_bar.1, t_bar.1
            yield x_bar.2, r_bar.2, x_saved.5
          return r_bar.3, x_bar.3
        """)


def test_an_augmented_update_is_linear_in_what_it_overwrites() -> None:
    assert (
        backward_of(HEAT, 1)
        == """\
  u_bar: f8[n] = mul 2.0, u.1
  u_bar.4: f8[n] = for t in reversed(range(steps)) carry u_bar.1 = u_bar:
    t_bar: f8[n-2] = getitem u_bar.1, 1:-1
    t_bar.1: f8[n-2] = mul t_bar, alpha
    t_bar.2: f8[n-2] = neg t_bar.1
    u_bar.2: f8[n] = additem u_bar.1, :-2, t_bar.2
    u_bar.3: f8[n] = additem u_bar.2, 2:, t_bar.1
    yield u_bar.3
  return u_bar.4"""
    )


def test_loops() -> None:
    check(primal(LOGISTIC), [3.1, 0.3, 5])
    check(primal(LOGISTIC), [3.1, 0.3, 0])
    check(primal(HEAT), [np.linspace(0.0, 1.0, 7) ** 2, 0.2, 4])


def test_broadcasting_is_undone_along_the_axes_that_were_broadcast() -> None:
    text = """
        func f(W: f8[n,m], b: f8[m], c: f8[n,1], s: pyf) -> f8:
          t1: f8[n,m] = add W, b
          t2: f8[n,m] = mul t1, c
          t3: f8[n,m] = mul t2, s
          y: f8 = sum t3
          return y
        """
    backward = backward_of(inspect.cleandoc(text), 4)
    assert "sum t" in backward and "axis=0" in backward and "axis=1, keepdims=True" in backward
    assert "unbroadcast" not in backward
    rng = np.random.default_rng(0)
    check(primal(text), [rng.normal(size=(3, 2)), rng.normal(size=2), rng.normal(size=(3, 1)), 0.5])


def test_cotangents_are_arrays_of_their_own() -> None:
    text = """
        func f(x: f8[n], y: f8[n]) -> f8:
          t: f8[n] = add x, y
          s: f8 = sum t
          return s
        """
    f = primal(text)
    x_bar, y_bar = interpret(adjoint(f, f.params), np.zeros(3), np.ones(3))
    assert x_bar is not y_bar and x_bar.flags.writeable and y_bar.flags.writeable
    np.testing.assert_array_equal(x_bar, np.ones(3))
    np.testing.assert_array_equal(y_bar, np.ones(3))


def test_an_input_without_influence_has_a_zero_of_its_shape() -> None:
    text = """
        func f(x: f8[n], y: f8[n,m], s: pyf) -> f8:
          t: f8 = sum x
          return t
        """
    f = primal(text)
    _, y_bar, s_bar = interpret(adjoint(f, f.params), np.zeros(3), np.ones((3, 2)), 1.0)
    np.testing.assert_array_equal(y_bar, np.zeros((3, 2)))
    assert s_bar == 0.0


def test_an_active_value_in_a_call_without_rule_is_refused() -> None:
    def mystery(x: float) -> float:
        return x

    f = primal("func f(x: pyf) -> pyf:\n  y: pyf = mystery x\n  return y", mystery=mystery)
    with pytest.raises(MissingRule, match="mystery"):
        adjoint(f, f.params)


def test_an_inactive_value_may_enter_any_call() -> None:
    def mystery(x: float) -> float:
        return 2.0 * x

    text = "func f(x: pyf, c: pyf) -> pyf:\n  s: pyf = mystery c\n  y: pyf = mul s, x\n  return y"
    f = primal(text, mystery=mystery)
    assert interpret(adjoint(f, f.params[:1]), 3.0, 2.0) == (4.0,)


def test_what_passes_through_an_object_is_refused_not_zero() -> None:
    text = "func f(x: pyf) -> pyf:\n  s: object = hide x\n  y: pyf = reveal s\n  return y"
    f = primal(text, hide=lambda x: [x], reveal=lambda s: s[0])
    with pytest.raises(MissingRule):
        adjoint(f, f.params)


def test_lengths_that_grow_by_broadcasting_in_a_loop():
    """The cotangent that the backward loop carries has another length at the end of an iteration than at its start."""

    def f(c, x):
        total = c
        for _ in range(3):
            total = total * x + c
        return np.sum(np.sin(total))

    c, x = np.array([0.7]), np.array([0.3, 0.5])
    dots, bars = (np.array([0.4]), np.array([0.2, -0.6])), (np.array([0.3]), np.array([0.9, 0.1]))
    g = grad(f, (0, 1))
    _, out_dot = jvp(g, (c, x), dots)
    _, pullback = vjp(g, c, x)
    pushed = sum(np.sum(bar * dot) for bar, dot in zip(bars, out_dot, strict=True))
    pulled = sum(np.sum(bar * dot) for bar, dot in zip(pullback(bars), dots, strict=True))
    h = 1e-5
    ahead, behind = (g(c + s * h * dots[0], x + s * h * dots[1]) for s in (1.0, -1.0))
    numerical = sum(np.sum(bar * (p - m)) / (2.0 * h) for bar, p, m in zip(bars, ahead, behind, strict=True))
    np.testing.assert_allclose([pushed, pulled], numerical, rtol=1e-8)
