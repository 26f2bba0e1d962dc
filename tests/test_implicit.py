"""Solutions have the derivatives of their equations, however they were found."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import fixed_point, grad, hessian, jacfwd, jacrev, jvp, root, value_and_grad
from s2sgrad.errors import ArgumentCountError, MutationError, NotConverged, StructureMismatch, UnsupportedSyntax
from s2sgrad.testing import check_grads

RNG = np.random.default_rng(5)
W = 0.1 * RNG.normal(size=(6, 6))
B = RNG.normal(size=6)


def square_root(a):
    return fixed_point(lambda x: 0.5 * (x + a / x), a)


def cube_root(a):
    return root(lambda x: x**3 - a, 1.0)


# -- numbers ---------------------------------------------------------------------------------------------


def test_derivatives_of_numbers_to_third_order():
    for f, power in ((square_root, 1 / 2), (cube_root, 1 / 3)):
        a, p = 2.0, power
        assert value_and_grad(f)(a) == (f(a), pytest.approx(p * a ** (p - 1), rel=1e-11))
        second = p * (p - 1) * a ** (p - 2)
        for made in (grad(grad(f)), jacfwd(grad(f)), grad(jacfwd(f)), hessian(f)):
            assert made(a) == pytest.approx(second, rel=1e-10)
        assert grad(grad(grad(f)))(a) == pytest.approx((p - 2) * second / a, rel=1e-10)


def test_the_iteration_is_not_differentiated():
    source = grad(square_root).source(2.0)
    assert "for" not in source and "while" not in source and "append" not in source
    assert source.count("iterated(") == 1


def test_the_starting_point_has_no_influence():
    assert grad(lambda a: fixed_point(lambda x: 0.5 * np.cos(x), a))(0.3) == 0.0
    assert grad(lambda a: root(lambda x: np.cos(x) - x, a))(0.3) == 0.0


# -- vectors ---------------------------------------------------------------------------------------------


def equilibrium(W, b, derivative="auto"):
    x = fixed_point(lambda x: np.tanh(W @ x + b), np.zeros_like(b), derivative=derivative)
    return np.sum(x**3)


def balance(W, b, derivative="auto"):
    x = root(lambda x: x**3 + x - W @ x - b, np.zeros_like(b), derivative=derivative)
    return np.sum(x**3)


@pytest.mark.parametrize("f", [equilibrium, balance])
def test_whole_jacobians_and_products_agree(f):
    pytest.importorskip("scipy")
    check_grads(lambda W, b: f(W, b), (W, B))
    assert value_and_grad(f)(W, B)[0] == f(W, B)
    ways = ("dense", "iterative", "auto")
    gradients = [grad(f, (0, 1))(W, B, how) for how in ways]
    hessians = [hessian(lambda b, how=how: f(W, b, how))(B) for how in ways]
    along = [grad(lambda b, how=how: grad(lambda b: f(W, b, how))(b) @ B)(B) for how in ways]
    tangents = [jvp(lambda b, how=how: f(W, b, how), (B,), (B,))[1] for how in ways]
    for k in (1, 2):
        np.testing.assert_allclose(gradients[k][0], gradients[0][0], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(hessians[k], hessians[0], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(along[k], hessians[0] @ B, rtol=1e-9, atol=1e-12)
        assert tangents[k] == pytest.approx(gradients[0][1] @ B, rel=1e-9)


def test_jacobians_of_solutions():
    def f(b):
        return fixed_point(lambda x: np.tanh(W @ x + b), np.zeros(6))

    x = f(B)
    slopes = np.diag(1.0 - x**2)
    expected = np.linalg.solve(np.eye(6) - slopes @ W, slopes)
    np.testing.assert_allclose(jacfwd(f)(B), expected, rtol=1e-9)
    np.testing.assert_allclose(jacrev(f)(B), expected, rtol=1e-9)


def test_many_unknowns():
    pytest.importorskip("scipy")
    d = RNG.uniform(0.1, 0.4, 2000)

    def f(d):
        x = fixed_point(lambda x: d * np.cos(x) + 0.3 * np.roll(x, 1), np.zeros_like(d))
        return np.sum(x**2)

    g, e = grad(f)(d), np.zeros(2000)
    e[7] = 1e-5
    assert g[7] == pytest.approx((f(d + e) - f(d - e)) / 2e-5, rel=1e-6)


def test_known_sizes_need_no_decision():
    source = grad(lambda b: np.sum(fixed_point(lambda x: np.tanh(0.5 * x + b), np.zeros(6)))).source(B)
    assert "if" not in source and "solved" not in source


# -- structures ------------------------------------------------------------------------------------------


def test_matrices_and_structures():
    def matrices(p):
        def step(state):
            return {"u": 0.3 * np.sin(state["u"]).T + p, "c": 0.5 * state["c"] + 0.1 * np.sum(state["u"])}

        state = fixed_point(step, {"u": np.zeros((2, 2)), "c": 0.0})
        return np.sum(state["u"] ** 2) + state["c"]

    def pair(p):
        x, y = root(lambda xy: (xy[0] + xy[1] ** 3 - p, xy[1] - np.sin(xy[0])), (0.0, 0.0))
        return x * y

    P = np.array([[0.1, 0.2], [0.3, 0.4]])
    check_grads(matrices, (P,))
    check_grads(pair, (0.3,))
    assert value_and_grad(matrices)(P)[0] == matrices(P)
    assert value_and_grad(pair)(0.3)[0] == pair(0.3)
    check_grads(lambda A: root(lambda X: X @ X - A, np.eye(2)), (np.array([[2.0, 0.3], [0.1, 3.0]]),))


def test_single_precision_and_integers():
    def f(b, start):
        return np.sum(fixed_point(lambda x: np.tanh(0.3 * x + b), start))

    ones = np.ones(3, np.float32)
    single = value_and_grad(lambda b: f(b, np.zeros(3, np.float32)))(ones)
    assert single[0] == f(ones, np.zeros(3, np.float32)) and single[1].dtype == np.float32
    for how in ("dense", "iterative"):
        g = grad(
            lambda b, how=how: np.sum(fixed_point(lambda x: np.tanh(0.3 * x + b), np.zeros_like(b), derivative=how))
        )
        assert g(ones).dtype == np.float32
    exact = grad(lambda b: f(b, np.zeros(3, int)))(np.ones(3))
    np.testing.assert_allclose(single[1], exact, rtol=1e-4)


# -- programs ----------------------------------------------------------------------------------------------


def step(x, p, q):
    return p * np.cos(q * x)


def test_parameters_and_functions_from_outside():
    def f(p):
        return fixed_point(step, 0.5, p, 0.9)

    x = f(0.8)
    slope = -0.8 * 0.9 * np.sin(0.9 * x)
    assert grad(f)(0.8) == pytest.approx(np.cos(0.9 * x) / (1.0 - slope), rel=1e-10)


def test_in_loops_and_branches():
    def f(a):
        total = 0.0
        for i in range(4):
            x = fixed_point(lambda x: np.cos(a * x + i), 0.5)
            if x > 0.1:
                total = total + x * x
            else:
                total = total + root(lambda y: y**3 + y - a, 1.0)
            a = a * 0.9
        return total

    check_grads(f, (0.7,))
    assert value_and_grad(f)(0.7)[0] == f(0.7)


def test_a_solution_within_an_equation():
    def f(a):
        def inner(x):
            return root(lambda y: y**3 + y - x - a, 0.0)

        return fixed_point(lambda x: 0.3 * inner(x) + 0.1 * a, 0.0)

    check_grads(f, (0.7,))
    check_grads(lambda a: fixed_point(lambda x: 0.3 * fixed_point(lambda y: np.cos(y * x + a), 0.1), 0.0), (0.7,))


# -- what does not converge ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("solve", "message"),
    [
        (lambda a: fixed_point(lambda x: np.cos(a * x), 1.0, maxiter=3), "not converged in 3 iterations"),
        (lambda a: fixed_point(lambda x: a * x**2 + 2.0, 1.0), "a NaN or an infinity"),
        (lambda a: root(lambda x: a * x**2 + 1.0, 1.0), "no smaller residual"),
        (lambda a: root(lambda x: a * np.arctan(x) - 1.5, 30.0, maxiter=2), "not converged in 2 steps"),
        (lambda a: np.sum(root(lambda x: x * 0.0 + a, np.ones(2))), "singular Jacobian"),
    ],
)
def test_no_derivative_of_what_is_no_solution(solve, message):
    for f in (solve, grad(solve)):
        with np.errstate(all="ignore"), pytest.raises(NotConverged, match=message):
            f(1.0)


def test_tolerance():
    loose = fixed_point(lambda x: np.cos(x), 1.0, tol=1e-3)
    assert 1e-6 < abs(loose - 0.7390851332151607) < 1e-3
    assert fixed_point(lambda x: np.cos(x), 1.0) == pytest.approx(0.7390851332151607, abs=2e-12)


def test_what_is_refused():
    with pytest.raises(StructureMismatch, match="2 numbers for 3 unknowns"):
        grad(lambda a: np.sum(fixed_point(lambda x: (a * x)[:2] * 0.1, np.ones(3))))(1.0)
    with pytest.raises(StructureMismatch, match="another structure") as caught:
        grad(lambda a: fixed_point(lambda x: (a * x, 1.0), 1.0))(1.0)
    assert __file__ in str(caught.value) or "test_implicit" in str(caught.value)
    with pytest.raises(StructureMismatch, match="real numbers"):
        fixed_point(lambda x: 0.5 * x, np.ones(2) * 1j)
    with pytest.raises(UnsupportedSyntax, match="derivative="):
        grad(lambda a: np.sum(fixed_point(lambda x: 0.5 * x + a, np.ones(2), derivative="sparse")))(1.0)
    with pytest.raises(ArgumentCountError):
        grad(lambda a: fixed_point(lambda x: 0.5 * x + a, 1.0, tolerance=1.0))(1.0)

    def writes(a):
        kept = np.zeros(2)

        def f(x):
            kept[0] = x
            return np.cos(a * x)

        return fixed_point(f, 0.5)

    with pytest.raises(MutationError):
        grad(writes)(0.5)


def test_equations_without_unknowns():
    nothing = np.zeros(0)
    assert root(lambda x: x**3, nothing).shape == (0,)
    assert grad(lambda p: np.sum(root(lambda x: x - p, np.zeros_like(p))))(nothing).shape == (0,)
    assert grad(lambda p: np.sum(fixed_point(lambda x: 0.5 * (x + p), np.zeros_like(p))))(nothing).shape == (0,)
