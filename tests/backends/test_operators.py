"""Every operator with backend="numba": what it returns is what it returns with NumPy."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from s2sgrad import (
    directional,
    elementwise_grad,
    grad,
    grad_and_aux,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jet,
    jvp,
    laplacian,
    linearize,
    partial_derivative,
    taylor,
    value_and_grad,
    vhp,
    vjp,
)
from s2sgrad.errors import UnsupportedCall
from s2sgrad.sparse import sparse_hessian, sparse_jacobian

pytest.importorskip("numba")

V = np.array([0.3, 0.7, 1.1])


def energy(x: float, y: float) -> float:
    for _ in range(3):
        x = math.sin(x) * y
        if x > 0.2:
            y = y * x
    return x * x + y


def rolled(x: Any) -> Any:
    return x * np.sin(x[::-1])


def total(x: Any) -> Any:
    return np.sum(x[1:] ** 2 * x[:-1])


def _pulled(backend: Any) -> Any:
    out, pullback = vjp(energy, 0.4, 0.8, backend=backend)
    return out, pullback(1.0), pullback(2.0)


def _linear(backend: Any) -> Any:
    out, tangent = linearize(energy, 0.4, 0.8, backend=backend)
    return out, tangent(1.0, 0.0), tangent(0.5, None)


def _collected(backend: Any) -> Any:
    """Lists that the forward part saves are read by two calls of the backward part."""

    def f(x: Any) -> Any:
        found = []
        for k in range(3):
            x = np.sin(x) + 0.1 * k
            if x[0] > 0.3:
                found.append(x)
        y = x
        for row in found:
            y = y * row
        return y

    x = V.copy()
    out, pullback = vjp(f, x, backend=backend)
    first = pullback(out)
    x[:] = 7.0
    return out, first, pullback(2.0 * out)


POINT = (0.4, 0.8)

OPERATORS: dict[str, Callable[[Any], Any]] = {
    "grad": lambda backend: grad(energy, (0, 1), backend=backend)(*POINT),
    "value_and_grad": lambda backend: value_and_grad(energy, backend=backend)(*POINT),
    "grad_and_aux": lambda backend: grad_and_aux(lambda x, y: (x * y, {"seen": [x, y]}), backend=backend)(*POINT),
    "jvp": lambda backend: jvp(energy, POINT, (1.0, None), backend=backend),
    "vjp": _pulled,
    "vjp of lists": _collected,
    "linearize": _linear,
    "hvp": lambda backend: hvp(energy, POINT, (1.0, 2.0), backend=backend),
    "vhp": lambda backend: vhp(energy, backend=backend)(POINT, (1.0, 2.0)),
    "jacfwd": lambda backend: jacfwd(rolled, backend=backend)(V),
    "jacrev": lambda backend: jacrev(rolled, backend=backend)(V),
    "jacobian": lambda backend: jacobian(rolled, backend=backend)(V),
    "hessian": lambda backend: hessian(total, backend=backend)(V),
    "laplacian": lambda backend: laplacian(total, backend=backend)(V),
    "jet": lambda backend: jet(energy, POINT, ([1.0, 0.5], [0.0, 1.0]), backend=backend),
    "taylor": lambda backend: taylor(order=3, backend=backend)(energy)(POINT, (1.0, 0.5)),
    "directional": lambda backend: directional(order=2, backend=backend)(energy)(POINT, (1.0, 0.5)),
    "partial_derivative": lambda backend: partial_derivative(energy, (0, 1), backend=backend)(*POINT),
    "elementwise_grad": lambda backend: elementwise_grad(lambda x: np.sin(x) * x, backend=backend)(V),
    "sparse_jacobian": lambda backend: sparse_jacobian(lambda x: x[1:] * x[:-1], backend=backend)(V).toarray(),
    "sparse_hessian": lambda backend: sparse_hessian(total, backend=backend)(V).toarray(),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_operators_return_what_they_return_with_numpy(name: str) -> None:
    same(OPERATORS[name]("numba"), OPERATORS[name]("numpy"))


def same(found: Any, expected: Any) -> None:
    """Nested results are the same to rounding, and of the same types; a float may be one of NumPy's."""
    assert isinstance(found, type(expected))
    if isinstance(expected, (tuple, list)):
        for a, b in zip(found, expected, strict=True):
            same(a, b)
    elif isinstance(expected, dict):
        assert list(found) == list(expected)
        same(list(found.values()), list(expected.values()))
    elif expected is not None:
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)
        assert np.asarray(found).dtype == np.asarray(expected).dtype


def test_directions_at_once_through_products_of_matrices() -> None:
    """Each factor depends on the directions in turn: stacks of matrices on either side."""

    def chain(x: Any) -> Any:
        A = np.outer(x, np.sin(x))
        B = np.array([[x[0], x[1], 0.5], [x[2], 1.0, x[0]], [x[1], 0.1, x[2]]])
        return np.copy(A @ B) @ x

    same(jacfwd(chain, backend="numba")(V), jacfwd(chain)(V))


def test_operators_inside_are_compiled_with_the_rest() -> None:
    def f(x: float, y: float) -> float:
        out, pullback = vjp(energy, x, y)
        _, tangent = jvp(energy, (x, y), (y, x))
        series = taylor(energy, (x, y), (1.0, 1.0), 2)
        return pullback(out)[1] + tangent * series[2] + hvp(energy, (x, y), (1.0, 0.0))[1]

    same(grad(f, backend="numba")(*POINT), grad(f)(*POINT))


def test_a_compiled_operator_pickles_and_is_a_method() -> None:
    class Model:
        scale = 3.0

        @partial_jvp
        def value(self, x: float) -> float:
            return self.scale * x * x

    assert Model().value((2.0,), (1.0,)) == (12.0, 12.0)
    again = pickle.loads(pickle.dumps(jvp(energy, backend="numba")))
    same(again(POINT, (1.0, 1.0)), jvp(energy, POINT, (1.0, 1.0)))


def partial_jvp(fun: Any) -> Any:
    return jvp(fun, backend="numba")


@pytest.mark.parametrize(
    "make",
    [
        lambda: jvp(energy, backend="cuda"),  # type: ignore[call-overload]
        lambda: vjp(energy, 1.0, 1.0, backend="cuda"),  # type: ignore[arg-type]
        lambda: linearize(energy, backend="cuda"),  # type: ignore[arg-type]
        lambda: taylor(order=2, backend="cuda"),  # type: ignore[arg-type]
        lambda: sparse_jacobian(energy, backend="cuda"),  # type: ignore[arg-type]
    ],
)
def test_a_backend_that_is_not_there_is_refused_at_once(make: Callable[[], Any]) -> None:
    with pytest.raises(UnsupportedCall, match="'cuda' is not available"):
        make()
