"""Complex numbers: the gradient is ∂L/∂x − i ∂L/∂y, cotangents pair with tangents without conjugation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from s2sgrad import grad, jacfwd, jacrev, jvp, value_and_grad, vjp
from s2sgrad.errors import NotDifferentiable, StructureMismatch
from s2sgrad.testing import check_grads

Z = np.array([1.0 + 2.0j, -0.5 + 0.3j, 0.7 - 1.1j])


def squares(z: Any) -> Any:
    return np.sum(np.abs(z) ** 2)


def holomorphic(z: Any) -> Any:
    return np.sum(np.sin(z) / z).real + np.sum(np.sqrt(z) * z**3).imag


def stored(z: Any) -> Any:
    w = np.zeros(z.shape, complex)
    for i in range(len(z)):
        w[i] = z[i] * z[i] + 2j * z[i].real
    return np.sum(np.abs(w))


def accumulated(z: Any) -> Any:
    total = 0.0
    for k in range(len(z)):
        total = total + z[k] * 1j
    return abs(total)


def joined(z: Any) -> Any:
    w = z if np.sum(z.real) > 0 else 2 * z.real
    return np.sum((w * w).imag) + np.sum(w.real)


def real_factor(z: Any) -> Any:
    return np.sum(np.abs(np.outer(z, z.real)))


def angles(z: Any) -> Any:
    return np.sum(np.angle(z) * np.angle(np.conj(z), deg=True))


def products(z: Any) -> Any:
    A = np.outer(z, np.conj(z)) + 1j
    return np.real(z @ A @ z) + np.sum(np.imag(A.T * z))


@pytest.mark.parametrize("f", [squares, holomorphic, stored, accumulated, joined, real_factor, angles, products])
def test_arrays(f: Callable[..., Any]) -> None:
    check_grads(f, (Z,))
    value, gradient = value_and_grad(f)(Z)
    assert value == f(Z)
    assert gradient.dtype == np.complex128
    assert gradient == pytest.approx(by_parts(f, Z), rel=1e-6)


def by_parts(f: Callable[..., Any], z: np.ndarray) -> np.ndarray:
    """The convention, spelled out: the function of the real and the imaginary part, differentiated as such."""
    x_bar, y_bar = grad(lambda x, y: f(x + 1j * y), argnums=(0, 1))(z.real.copy(), z.imag.copy())
    difference = np.array([(f(z + h) - f(z - h)) / 2e-6 for h in 1e-6 * np.eye(len(z))])
    assert x_bar == pytest.approx(difference, rel=1e-4)
    return x_bar - 1j * y_bar


def modulus(z: Any) -> Any:
    return abs(z) ** 2


def parts(z: Any) -> Any:
    w = complex(z.real, 2 * z.imag)
    return abs(w * z) + z.imag


def orbit(z: Any) -> Any:
    for _ in range(4):
        z = z * z + 0.3
    return abs(z)


@pytest.mark.parametrize("f", [modulus, parts, orbit])
def test_numbers(f: Callable[..., Any]) -> None:
    check_grads(f, (0.4 - 0.3j,))
    assert type(grad(f)(0.4 - 0.3j)) is complex


def test_what_happens_to_be_real_is_complex_where_the_argument_is() -> None:
    assert repr(grad(lambda z: 2.0 * z.real)(1j)) == "(2+0j)"
    assert grad(lambda z: np.sum(z.real))(Z).dtype == np.complex128
    assert grad(lambda z: np.sum(z.real))(Z.astype(np.complex64)).dtype == np.complex64
    assert type(jvp(lambda z: z.real + 0j, (1j,), (1.0,))[1]) is complex


def test_real_arguments_have_real_cotangents() -> None:
    x = np.array([1.0, 2.0, 3.0])
    f = lambda x, z: np.sum(np.abs(x * z)) + np.sum(x * z).imag  # noqa: E731
    check_grads(f, (x, Z))
    assert grad(f)(x, Z).dtype == np.float64


def test_zero() -> None:
    assert grad(lambda z: abs(z))(0j) == 0.0
    assert grad(lambda z: np.sum(np.abs(z)))(np.zeros(2, complex)).tolist() == [0.0, 0.0]


def test_complex_results() -> None:
    check_grads(lambda z, x: z * z * x + 1j * np.sum(np.conj(z)), (Z, np.array([1.0, 2.0, 3.0])))
    out, pullback = vjp(lambda z: z**2, Z)
    assert np.array_equal(out, Z**2)
    assert pullback(np.full(3, 1j))[0] == pytest.approx(2j * Z)
    assert pullback(np.ones(3))[0] == pytest.approx(2 * Z)


def test_a_real_value_has_no_complex_tangent() -> None:
    with pytest.raises(StructureMismatch, match="tangent 0 is complex, but what it belongs to is real"):
        jvp(lambda x: x, (1.0,), (1j,))


def test_gradients_of_complex_results_are_refused() -> None:
    with pytest.raises(NotDifferentiable, match=r"returns a complex number[\s\S]*np\.real"):
        grad(lambda z: z * z)(1j)


def test_jacobians() -> None:
    x = np.array([1.0, 2.0])
    J = jacfwd(lambda x: x * np.exp(1j * x))(x)
    assert pytest.approx(np.diag((1 + 1j * x) * np.exp(1j * x))) == J
    assert jacrev(lambda z: np.abs(z) ** 2)(Z) == pytest.approx(np.diag(2 * np.conj(Z)))
    with pytest.raises(NotDifferentiable, match="jacfwd of .* it takes complex numbers"):
        jacfwd(np.exp)(Z)
    with pytest.raises(NotDifferentiable, match="jacrev of .* it returns complex numbers"):
        jacrev(np.exp)(Z)


def test_powers() -> None:
    check_grads(lambda z, p: np.real(z**p), (Z, 1.3 + 0.2j))
    check_grads(lambda x, p: np.sum(np.imag(x**p)), (np.array([-1.5, 2.0]), np.array([0.3 + 1j, 2j])))
    assert grad(lambda z: (z**0).real)(0j) == 0.0


def test_how_it_reads() -> None:
    f = grad(lambda z: np.sum(np.exp(z) * z).real + np.sum(z.imag))
    f(Z)
    assert "complex" not in f.source() and "astype" not in f.source()
