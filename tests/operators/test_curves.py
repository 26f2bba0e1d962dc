"""Derivatives of higher order along curves: against what is known of polynomials, and against nested tangents."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pandas as pd
import pytest

from s2sgrad import directional, grad, hessian, jet, jvp, taylor
from s2sgrad.errors import S2SGradError, StructureMismatch, UnsupportedCall
from s2sgrad.testing import check_grads

X = np.array([0.3, 0.7, 1.2])
V = np.array([1.0, -0.5, 0.8])


def by_nested_tangents(f, x, v, order):
    """The derivative of ``f(x + t v)`` in ``t``."""
    for _ in range(order):

        def f(t, f=f):
            return jvp(f, (t,), (v,))[1]

    return f(x)


def simulation(x):
    """A loop, a branch, a ``while`` and updates in place."""
    u = x.copy()
    for k in range(4):
        if u[0] > 0.2:
            u[1:] += np.sin(u[:-1]) * 0.3
        else:
            u = u * u
        u[0] *= 0.8
    while np.sum(u) < 5.0:
        u = u * 1.5 + x * x
    return u


def lists(x):
    items = []
    for i in range(3):
        items.append(x[i] * x[(i + 1) % 3])
    total = 0.0
    for item in items:
        total = total * item + math.exp(item)
    return total


FUNCTIONS = [
    lambda x: np.exp(np.sin(x)) / (1.0 + x * x),
    lambda x: np.log(np.sum(np.exp(x))),
    lambda x: np.tanh(x) ** 3 + x**2.5,
    lambda x: math.sqrt(x[0]) * math.atan(x[1]),
    lambda x: np.where(x > 0.5, x**3, np.exp(x)),
    lambda x: np.linalg.solve(np.outer(x, x) + np.diag(x), x),
    lambda x: np.linalg.eigh(np.outer(x, x) + np.diag(x))[0],
    lambda x: np.einsum("i,ij,j->", x, np.outer(x, x), x),
    lambda x: np.max(x) * max(x[0] * x[1], x[2]) * np.abs(x - 0.5),
    lambda x: np.sort(np.concatenate([x, x**2]))[::2],
    lambda x: np.abs(np.exp(1j * x) * (1.0 + x)) + x**x,
    lambda x: np.concatenate([x / 2.0, x[:1] * x[1:2] / (1.0 + x[:1])]),
    lambda x: np.sum(np.sin(x[0] ** 3) * x) + 0.0 * np.floor(np.sum(np.cos(x))),
    lambda x: grad(lambda t: np.sin(t) * x[0])(x[1] ** 3),  # sin(t) is there, but for the gradient it is not needed
    simulation,
    lists,
]


@pytest.mark.parametrize("f", FUNCTIONS)
def test_it_is_what_nested_tangents_are(f):
    for order in (1, 2, 4):
        np.testing.assert_allclose(
            directional(f, (X,), (V,), order=order), by_nested_tangents(f, X, V, order), rtol=1e-9, atol=1e-9
        )


def test_known_coefficients():
    coefficients = taylor(np.exp, (0.0,), (1.0,), order=12)
    np.testing.assert_allclose(coefficients, [1.0 / math.factorial(k) for k in range(13)], rtol=1e-14)
    geometric = taylor(lambda x: 1.0 / (1.0 - x), (0.0,), (1.0,), order=10)
    np.testing.assert_allclose(geometric, np.ones(11))
    np.testing.assert_allclose(taylor(lambda x: x**3, (0.0,), (1.0,), order=4), [0.0, 0.0, 0.0, 1.0, 0.0])


def test_the_first_coefficient_is_the_value_to_the_last_bit():
    for f in FUNCTIONS:
        np.testing.assert_array_equal(jet(f, (X,), ([V, V],))[0], f(X))


def test_a_curve_through_two_arguments():
    """``d^k/dt^k sin(t² y)`` at ``t = 0.5``, along ``y = t³``: that is ``sin(t⁵)``."""
    t = 0.5
    x, y = [t**2, 2 * t, 2.0, 0.0], [t**3, 3 * t**2, 6 * t, 6.0]
    out, series = jet(lambda x, y: np.sin(x * y), (x[0], y[0]), (x[1:], y[1:]))
    expected = [directional(lambda t: np.sin(t**5), (t,), (1.0,), order=k) for k in (1, 2, 3)]
    assert out == pytest.approx(np.sin(t**5))
    np.testing.assert_allclose(series, expected, rtol=1e-13)


def test_structures_and_fixed_arguments():
    def f(p, scale):
        return {"product": p["a"] * p["b"], "count": 3, "sum": scale * np.sum(p["b"])}

    p, v = {"a": 2.0, "b": X}, {"a": 1.0, "b": V}
    out, (first, second) = jet(f, (p, 10.0), ([v, {"a": 0.0, "b": 0.0 * V}], None))
    assert out["count"] == 3 and first["count"] is None
    np.testing.assert_allclose(first["product"], X + 2.0 * V)
    np.testing.assert_allclose(second["product"], 2.0 * V)
    assert second["sum"] == 0.0 and first["sum"] == pytest.approx(10.0 * V.sum())


def power(x, n):
    return x if n == 0 else np.sin(power(x, n - 1)) * x


def test_what_is_nested_instead():
    """Recursion, and rules that branch on differentiated values."""
    for f in (
        lambda x: power(x, 2),
        lambda x: x[0] ** x[1],
        np.prod,
        lambda x: np.linalg.qr(np.outer(x, x) + np.eye(3))[1],
    ):
        found = directional(f, (X,), (V,), order=3)
        np.testing.assert_allclose(found, by_nested_tangents(f, X, V, 3), rtol=1e-9, atol=1e-12)
    out, series = jet(lambda x: power(x, 1), (X,), ([V, 0.3 * V, X],))
    expected = jet(lambda x: np.sin(x) * x, (X,), ([V, 0.3 * V, X],))
    np.testing.assert_allclose(series, expected[1], rtol=1e-12)


def test_the_code_grows_with_the_square_of_the_order():
    def f(x):
        return np.exp(np.sin(x) * np.cos(x**2)) / np.sqrt(1.0 + np.tanh(x) ** 2)

    operations = [taylor(f, order=n).source((X,), (V,)).count(" * ") for n in (4, 8, 16)]
    assert operations[1] < 4.5 * operations[0] and operations[2] < 4.5 * operations[1]


def test_it_is_differentiated_again():
    def of_jet(x, v):
        out, (first, second) = jet(np.sin, (x,), ([v, x],))
        return np.sum(first * second)

    def of_taylor(x, v):
        return np.sum(taylor(lambda y: np.exp(y) * x, (x,), (v,), order=3)[3])

    def of_a_maker(x, v):
        return CURVATURE((x,), (v,))

    for f in (of_jet, of_taylor, of_a_maker):
        check_grads(f, (X, V), order=1)
    third = hessian(grad(lambda x: x**4))(2.0)
    assert grad(lambda x: directional(lambda y: y**4, (x,), (1.0,), order=2))(2.0) == third == 48.0


def energy(x):
    return np.sum(np.sin(x) ** 2)


CURVATURE = directional(energy, order=2)


def test_second_derivatives_are_those_of_the_hessian():
    assert CURVATURE((X,), (V,)) == pytest.approx(V @ hessian(energy)(X) @ V)
    copy = pickle.loads(pickle.dumps(CURVATURE))
    assert copy((X,), (V,)) == CURVATURE((X,), (V,)) and "x_1" in copy.source()


def test_series_of_pandas():
    x, v = pd.Series(X, index=list("abc")), pd.Series(V, index=list("abc"))
    found = directional(lambda x: x**3, (x,), (v,), order=2)
    pd.testing.assert_series_equal(found, 6.0 * x * v**2)
    out, (first, _) = jet(lambda x: x**3, (x,), ([v, v],))
    pd.testing.assert_series_equal(first, 3.0 * x**2 * v)


def test_refusals():
    with pytest.raises(StructureMismatch, match="same length"):
        jet(np.multiply, (1.0, 2.0), ([1.0], [1.0, 2.0]))
    with pytest.raises(StructureMismatch, match="lists? for each primal"):
        jet(np.sin, (1.0,), ())
    with pytest.raises(UnsupportedCall, match="order=0"):
        taylor(np.sin, (1.0,), (1.0,), order=0)
    with pytest.raises(UnsupportedCall, match="order=None"):
        taylor(np.sin, (1.0,), (1.0,))
    with pytest.raises(UnsupportedCall, match="order=None"):
        grad(lambda x: taylor(np.sin, (x,), (1.0,))[1])(1.0)
    with pytest.raises(S2SGradError):
        directional(lambda x: np.add.reduceat(x, [0, 2]), (X,), (V,), order=2)


def test_the_order_by_position_and_as_decorators():
    assert taylor(lambda x: x**3, (2.0,), (1.0,), 2) == [8.0, 12.0, 6.0]
    assert directional(lambda x: x**3, (2.0,), (1.0,), 2) == 12.0

    @taylor(order=2)
    def coefficients(x):
        return x**3

    @directional(order=2)
    def second(x):
        return x**3

    assert coefficients((2.0,), (1.0,)) == [8.0, 12.0, 6.0] and second((2.0,), (1.0,)) == 12.0
