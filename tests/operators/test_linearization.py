"""A function and its tangent in two parts: the tangents are those of `jvp`, however often the second part is called."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pandas as pd
import pytest

from s2sgrad import grad, jacfwd, jvp, linearize, vjp
from s2sgrad.errors import StructureMismatch, UnsupportedCall, UnsupportedSyntax
from s2sgrad.testing import check_grads

X = np.array([0.3, 0.7, 1.2])
V = np.array([1.0, -0.5, 0.8])


def nested_loops(x):
    u = x.copy()
    for i in range(3):
        for j in range(i + 1):
            if u[j] > 0.1:
                u[j] = u[j] * np.sin(u[i]) + u[(j + 1) % 3]
        u = u * u
    return u


def left_early(x):
    total = 0.0
    for i in range(1, 10, 2):
        total = total + x[i % 3] * np.sin(total)
        if total > 3.0:
            break
        total = total + 1.0
    return total


def backwards(x):
    with np.errstate(all="ignore"):
        y = np.exp(x) * x
    for i in range(2, -1, -1):
        y = y * np.sin(y * x[i])
    while np.sum(y) < 5.0:
        y = y * 1.5 + x * x
    return y


def items_of_lists(x):
    items = []
    for i in range(3):
        items.append(x[i] * x[(i + 1) % 3])
    total = 0.0
    for item in items:
        total = total * item + math.exp(item)
    return total


def raising(x):
    if np.sum(x) < 0.0:
        raise ValueError("negative")
    elif x[0] > 0.0:
        y = x * x[0]
    else:
        y = x
    return y * np.sin(y)


def recursive(x, n=2):
    return x if n == 0 else np.sin(recursive(x, n - 1)) * x


def caught(x):
    try:
        return x / int(x[0] * 0.0 + 1.0)
    except ZeroDivisionError:
        return x


FUNCTIONS = [
    lambda x: np.exp(np.sin(x)) / (1.0 + x * x),
    lambda x: np.linalg.solve(np.outer(x, x) + np.diag(x), x),
    lambda x: np.where(x > 0.5, np.log(x), x**3),
    lambda x: x,
    nested_loops,
    left_early,
    backwards,
    items_of_lists,
    raising,
    recursive,
    caught,
]


@pytest.mark.parametrize("f", FUNCTIONS)
def test_the_tangents_are_those_of_jvp(f):
    out, tangent_of = linearize(f, X)
    np.testing.assert_array_equal(out, f(X))
    for v in (V, X, V):
        np.testing.assert_allclose(tangent_of(v), jvp(f, (X,), (v,))[1], rtol=1e-12, atol=1e-14)


def test_the_primal_is_worked_out_once():
    def f(x):
        print("once")
        return np.exp(np.sin(x)) * np.tanh(x)

    source = linearize(f, X)[1].source()
    assert not any(name in source for name in ("sin", "cos", "exp", "tanh", "print")), source


def test_what_is_done_to_the_arguments_later_does_not_matter():
    x = X.copy()
    _, tangent_of = linearize(lambda x: x * x, x)
    x[:] = 0.0
    first = tangent_of(V)
    np.testing.assert_array_equal(first, 2.0 * X * V)
    first[:] = 0.0
    np.testing.assert_array_equal(tangent_of(V), 2.0 * X * V)


def test_several_arguments_structures_and_something_beside():
    def f(p, n, y):
        return {"out": p["a"] ** n * y}, "beside"

    out, tangent_of, aux = linearize(f, {"a": 3.0}, 2, X, has_aux=True)
    assert aux == "beside"
    np.testing.assert_array_equal(out["out"], 9.0 * X)
    np.testing.assert_allclose(tangent_of({"a": 1.0}, None, None)["out"], 6.0 * X)
    np.testing.assert_allclose(tangent_of(None, None, V)["out"], 9.0 * V)


def test_it_is_differentiated_again():
    def columns(x):
        return jacfwd(linearize(nested_loops, x)[1])(x * 0.0)

    np.testing.assert_allclose(columns(X), jacfwd(nested_loops)(X))

    def inside(x, v):
        out, tangent_of = linearize(lambda y: np.sin(y) * x, v)
        return np.sum(out * tangent_of(x))

    check_grads(inside, (X, V), order=1)
    assert grad(lambda x: linearize(lambda y: y**3, x)[1](1.0))(2.0) == 12.0


def test_the_linear_function_of_a_call_may_be_differentiated_itself():
    _, tangent_of = linearize(nested_loops, X)
    np.testing.assert_allclose(jacfwd(tangent_of)(V), jacfwd(nested_loops)(X))
    np.testing.assert_allclose(
        grad(lambda v: np.sum(tangent_of(v) ** 2))(V), 2.0 * jacfwd(nested_loops)(X).T @ tangent_of(V)
    )


def test_it_stays_that_of_its_point():
    x = X.copy()
    _, tangent_of = linearize(lambda x: x * x, x)
    x[:] = 0.0
    np.testing.assert_array_equal(jacfwd(tangent_of)(V), np.diag(2.0 * X))


def test_series_of_pandas():
    x, v = pd.Series(X, index=list("abc")), pd.Series(V, index=list("abc"))
    _, tangent_of = linearize(lambda x: x**3, x)
    pd.testing.assert_series_equal(tangent_of(v), 3.0 * x**2 * v)
    assert "x_dot" in tangent_of.source() and "def" in vjp(lambda x: x**3, x)[1].source()


def test_refusals():
    _, tangent_of = linearize(lambda x, n: x * n, X, 2)
    with pytest.raises(StructureMismatch, match="shape"):
        tangent_of(V[1:], None)
    with pytest.raises(StructureMismatch, match="needs a tangent for each primal"):
        tangent_of(V)
    with pytest.raises(StructureMismatch, match="primal 1"):
        tangent_of(V, 1.0)
    _, pullback = vjp(np.sin, X)
    with pytest.raises(UnsupportedSyntax, match="call `vjp` inside"):
        grad(lambda y: np.sum(pullback(y)[0]))(V)
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(tangent_of)
    with pytest.raises(UnsupportedCall, match="backend"):
        linearize(np.sin, 1.0, backend="fortran")


def test_without_primals_it_is_the_function_of_them():
    made = linearize(lambda x: x**3)
    assert made(2.0)[1](1.0) == 12.0
    assert grad(lambda x: made(x)[1](x))(2.0) == 36.0
    assert grad(lambda x: linearize(lambda y: y**3)(x)[1](x))(2.0) == 36.0
