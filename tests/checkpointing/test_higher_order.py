"""Derivatives of derivatives of checkpointed code, forward mode, pullbacks, Jacobians: as of the plain code."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from s2sgrad import checkpoint, checkpointed, grad, hessian, jacfwd, jacrev, jvp, vjp

X, V = np.array([0.3, 0.5, 0.9]), np.array([0.2, -1.0, 0.7])


def identity(x: Any) -> Any:
    return x


def loop(over: Any, wrap: Any) -> Any:
    def f(u):
        total = 0.0
        for k in over(range(7)):
            u = u * np.cos(u[k % 3]) + 0.2 * np.roll(u, 1)
            total += np.sum(u) ** 2
        return total

    return f


def in_place(over: Any, wrap: Any) -> Any:
    def f(u):
        u = u.copy()
        for k in over(range(5)):
            u[1:] += 0.3 * u[:-1] * u[1:]
            u[0] = np.sin(u[2]) * k
        return np.sum(u**3)

    return f


def leaving(over: Any, wrap: Any) -> Any:
    def f(u):
        for _ in over(range(50)):
            u = u * np.sin(u) + 0.1
            if u[0] < 0.12:
                break
        return np.sum(u**2)

    return f


def function(over: Any, wrap: Any) -> Any:
    def block(u, v):
        t = np.tanh(u * v)
        return t * np.cos(v), t

    def f(u):
        for _ in range(3):
            u, t = wrap(block)(u, u * u)
            u = u + t
        return np.sum(u**2)

    return f


def both(over: Any, wrap: Any) -> Any:
    @wrap
    def run(u, n):
        for _ in over(range(n)):
            u = wrap(np.sin)(u) * u + 0.1
        return u

    def f(u):
        for n in over(range(2, 5)):
            u = run(u, n)
        return np.sum(u)

    return f


DERIVATIVES = {
    "pullback": lambda f: vjp(f, X)[1](1.7),
    "forward": lambda f: jvp(f, (X,), (V,)),
    "reverse over forward": lambda f: grad(lambda x: jvp(f, (x,), (V,))[1])(X),
    "forward over reverse": lambda f: jvp(grad(f), (X,), (V,)),
    "reverse over reverse": lambda f: grad(lambda x: np.sum(grad(f)(x) * V))(X),
    "reverse three times": lambda f: grad(lambda x: np.sum(grad(lambda x: np.sum(grad(f)(x) * V))(x) * V))(X),
    "Hessian": lambda f: hessian(f)(X),
    "Jacobian of the gradient": lambda f: jacrev(grad(f))(X),
    "forward Jacobian": lambda f: jacfwd(f)(X),
}


@pytest.mark.parametrize("form", [loop, in_place, leaving, function, both], ids=lambda form: form.__name__)
@pytest.mark.parametrize("derivative", DERIVATIVES)
def test_derivatives_are_those_of_the_plain_code(form: Any, derivative: str) -> None:
    of = DERIVATIVES[derivative]
    expected = of(form(identity, identity))
    found = of(form(functools.partial(checkpointed, snapshots=2), checkpoint))
    for a, b in zip(_flat(found), _flat(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


def _flat(tree: Any) -> list[Any]:
    return [leaf for item in tree for leaf in _flat(item)] if isinstance(tree, tuple) else [tree]


def test_the_tangent_of_a_checkpointed_loop_is_checkpointed() -> None:
    f = loop(functools.partial(checkpointed, snapshots=2), identity)
    g = grad(lambda x: jvp(f, (x,), (V,))[1])
    g(X)
    assert "snapshots.append((k, u, u_dot))" in g.source()


def test_functions_of_several_kinds_of_signature() -> None:
    class Model:
        def __init__(self, w):
            self.w = w

        @checkpoint
        def layer(self, u, *, scale=1.0):
            return np.tanh(self.w * u) * scale

    model = Model(V)
    np.testing.assert_array_equal(model.layer(X, scale=2.0), 2 * np.tanh(V * X))

    def f(u):
        return np.sum(model.layer(model.layer(u), scale=2.0))

    h = 1e-6
    numerical = [(f(X + h * e) - f(X - h * e)) / (2 * h) for e in np.eye(3)]
    np.testing.assert_allclose(grad(f)(X), numerical, rtol=1e-8)


def test_a_checkpointed_function_is_differentiated_like_the_function() -> None:
    @checkpoint
    def f(u, n=3, *, scale=1.0):
        """Powers of a sine."""
        for _ in range(n):
            u = np.sin(u) * u * scale
        return np.sum(u)

    assert f.__name__ == "f" and f.__doc__ == "Powers of a sine." and repr(f).startswith("checkpoint(")
    np.testing.assert_allclose(grad(f)(X, scale=2.0), grad(f.__wrapped__)(X, scale=2.0), rtol=1e-14)
    out, pullback = vjp(f, X)
    assert out == f(X)
    np.testing.assert_allclose(pullback(1.0)[0], grad(f)(X), rtol=1e-14)
