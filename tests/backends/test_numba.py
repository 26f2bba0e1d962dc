"""backend="numba": the same derivatives as NumPy's, from loops that Numba compiles."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2sgrad import Numba, grad, hessian, jacfwd, value_and_grad
from s2sgrad.errors import UnsupportedCall
from tests.backends.programs import PROGRAMS, V, helper, stencil

pytest.importorskip("numba")


#: What takes Numba several seconds: LAPACK and BLAS.
LONG = {"solving", "stacks_of_matrices"}


@pytest.mark.parametrize(
    ("program", "args", "argnums"),
    [
        pytest.param(*case, id=case[0].__name__, marks=[pytest.mark.slow] if case[0].__name__ in LONG else [])
        for case in PROGRAMS
    ],
)
def test_gradients_are_those_of_numpy(program: Any, args: tuple[Any, ...], argnums: tuple[int, ...]) -> None:
    value, expected = value_and_grad(program, argnums)(*args)
    compiled_value, found = value_and_grad(program, argnums, backend="numba")(*args)
    assert compiled_value == pytest.approx(value, rel=1e-13)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)


def test_arguments_are_left_as_they_were() -> None:
    u = V.copy()
    grad(stencil, backend="numba")(u, 0.2)
    assert np.array_equal(u, V)


def test_arrays_in_any_layout() -> None:
    def f(A: Any) -> Any:
        return np.sum(np.sin(A) * A[::-1])

    A = np.arange(12.0).reshape(3, 4)
    g = grad(f, backend="numba")
    for B in (A, np.asfortranarray(A), A[:, ::-1], np.repeat(A, 2, axis=1)[:, ::2]):
        np.testing.assert_allclose(g(B), grad(f)(B))


@dataclass
class Affine:
    w: Any
    b: float

    def loss(self, x: Any) -> Any:
        return np.sum((self.w * x + self.b) ** 2)


def test_structures_are_taken_apart_and_put_together_in_python() -> None:
    g = grad(lambda p, x: p.loss(x), backend="numba")(Affine(V, 0.5), V)
    expected = grad(lambda p, x: p.loss(x))(Affine(V, 0.5), V)
    assert isinstance(g, Affine) and g.b == pytest.approx(expected.b)
    np.testing.assert_allclose(g.w, expected.w)
    nested = grad(lambda p: np.sum(p["a"][0] * p["a"][1]) + p["c"], backend="numba")({"a": [V, V + 1.0], "c": 2.0})
    np.testing.assert_allclose(nested["a"][0], V + 1.0)
    assert nested["c"] == 1.0


SCALE = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])


def test_variables_outside_are_read_at_every_call() -> None:
    factor = 2.0

    def f(x: Any) -> Any:
        return np.sum(x * SCALE) * factor

    g = grad(f, backend="numba")
    np.testing.assert_allclose(g(V), 2.0 * SCALE)
    SCALE[0] = 10.0
    factor = 3.0
    np.testing.assert_allclose(g(V), 3.0 * SCALE)


def test_jacobians_and_hessians() -> None:
    def f(x: Any) -> Any:
        return x[1:] * np.sin(x[:-1])

    np.testing.assert_allclose(jacfwd(f, backend="numba")(V), jacfwd(f)(V), rtol=1e-12)
    np.testing.assert_allclose(
        hessian(lambda x: np.sum(f(x) ** 2), backend="numba")(V), hessian(lambda x: np.sum(f(x) ** 2))(V), rtol=1e-12
    )


def test_derivatives_inside_are_compiled_with_the_rest() -> None:
    def f(x: float) -> float:
        return grad(lambda y: helper(y, y * y))(x) ** 2

    assert grad(f, backend="numba")(0.7) == pytest.approx(grad(f)(0.7))


def test_as_a_decorator_and_with_options() -> None:
    @grad(backend=Numba(fastmath=True, boundscheck=True))
    def f(x: Any) -> Any:
        return np.sum(x**3)

    np.testing.assert_allclose(f(V), 3.0 * V**2)
    assert f.source().startswith("import numpy as np\n")


def test_what_numba_does_not_compile_is_refused_with_the_statement() -> None:
    def f(x: Any) -> Any:
        y = np.fft.fft(x)
        return np.sum(np.abs(y))

    with pytest.raises(UnsupportedCall, match=r"Numba does not compile") as caught:
        grad(f, backend="numba")(V)
    assert "np.fft.fft(x)" in str(caught.value)


@pytest.mark.parametrize(
    ("x", "message"),
    [(V.astype(np.float32), "float32"), (V.astype(np.complex64).real, "float32")],
)
def test_types_that_numba_computes_with_differently_are_refused(x: Any, message: str) -> None:
    with pytest.raises(UnsupportedCall, match=message):
        grad(lambda x: np.sum(x * 2.0), backend="numba")(x)


def test_a_backend_that_is_not_there_is_refused() -> None:
    with pytest.raises(UnsupportedCall, match="'cuda' is not available"):
        grad(lambda x: x, backend="cuda")  # type: ignore[call-overload]


def test_errors_of_the_primal_arrive() -> None:
    def f(x: float) -> float:
        if x < 0.0:
            raise ValueError("negative")
        return x * x

    with pytest.raises(ValueError, match="negative"):
        grad(f, backend="numba")(-1.0)


def test_machine_code_is_found_by_the_next_process(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(
        "import sys\nimport numpy as np\nfrom s2sgrad import Numba, grad\n\n\n"
        "def f(x):\n    return np.sum(np.sin(x) * x)\n\n\n"
        "g = grad(f, backend=Numba(boundscheck=len(sys.argv) > 1))\nprint(g(np.arange(3.0))[1])\n"
        "print(sum(g.dispatcher.last.function.stats.cache_hits.values()))\n",
        encoding="utf-8",
    )
    environment = os.environ | {"S2SGRAD_CACHE": "1", "S2SGRAD_CACHE_DIR": str(tmp_path / "cache")}
    environment["PYTHONPATH"] = str(Path(__file__).parents[2])
    hits = []
    for options in ([], [], ["with other options"]):
        run = subprocess.run(
            [sys.executable, "model.py", *options],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        value, hit = run.stdout.split()
        assert float(value) == pytest.approx(np.sin(1.0) + np.cos(1.0))
        hits.append(int(hit))
    assert hits == [0, 1, 0]
