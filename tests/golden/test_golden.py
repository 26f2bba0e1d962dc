"""Golden files: what is emitted is what was stored and read in review; and what was stored is right.

``tests/golden/NAME.py`` holds a primal, the derivative to be made of it (``derivative``), and example ``arguments``.
``NAME.ir`` is the primal in IR, ``NAME.grad.py`` the emitted module. After a change that alters them:

    python -m pytest tests/golden --update-golden -p no:xdist      # then read the diff
"""

from __future__ import annotations

import copy
import importlib
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from s2sgrad.derivative import DerivativeFunction
from s2sgrad.arguments import flatten, type_tree
from s2sgrad.export import as_module
from s2sgrad.ir.printer import dump
from s2sgrad.pipeline import emit, lower, lower_callee

HERE = Path(__file__).parent
NAMES = sorted(
    p.stem for p in HERE.glob("*.py") if p.stem.isidentifier() and not p.stem.startswith(("_", "test_", "conftest"))
)


def primal(name: str) -> tuple[DerivativeFunction, tuple[Any, ...]]:
    module = importlib.import_module(f"tests.golden.{name}")
    return module.derivative, module.arguments


def emitted(derivative: DerivativeFunction, arguments: tuple[Any, ...]) -> dict[str, str]:
    """The texts to be stored, by suffix."""
    callee = derivative.callee
    given = arguments[: len(callee.names)]
    types = tuple(map(type_tree, given, callee.names))
    paths = [(i, *path) for i in _roots(derivative) for path, _ in flatten(given[i])]
    lowered = lower_callee(callee, given, types, paths)
    module = emit(derivative, lower(derivative, arguments))
    return {".ir": dump(lowered.function).rstrip() + "\n", ".grad.py": as_module(module)}


def stored(name: str, function: str) -> Any:
    """The derivative in a stored file."""
    spec = importlib.util.spec_from_file_location(f"tests.golden.{name}_grad", HERE / f"{name}.grad.py")
    assert spec is not None and spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, function)


@pytest.mark.parametrize("name", NAMES)
def test_emits_what_is_stored(name: str, request: pytest.FixtureRequest) -> None:
    for suffix, text in emitted(*primal(name)).items():
        path = HERE / f"{name}{suffix}"
        if request.config.getoption("--update-golden"):
            path.write_text(text)
        assert path.read_text() == text, f"{path.name} differs: see --update-golden"


@pytest.mark.parametrize("name", NAMES)
def test_what_is_stored_is_right(name: str) -> None:
    derivative, arguments = primal(name)
    function = stored(name, derivative.__name__)
    result = function(*copy.deepcopy(arguments))
    f, positions = derivative.__wrapped__, _roots(derivative)
    if derivative.kind == "jvp":
        primals, dots = arguments[: len(arguments) - len(positions)], arguments[len(arguments) - len(positions) :]
        tangents = dict(zip(positions, dots, strict=True))
        value, found = result
        assert value == f(*copy.deepcopy(primals))
        np.testing.assert_allclose(found, difference(f, primals, tangents), rtol=1e-7, atol=1e-9)
        return
    if derivative.kind == "value_and_grad":
        value, result = result
        assert value == f(*copy.deepcopy(arguments))
    bars = dict(zip(positions, result if isinstance(derivative.argnums, tuple) else (result,), strict=True))
    rng = np.random.default_rng(0)
    for _ in range(3):
        direction = {i: mapped(lambda x: rng.standard_normal(np.shape(x)), arguments[i]) for i in positions}
        along = sum(
            np.sum(np.multiply(b, d))
            for i in positions
            for b, d in zip(leaves(bars[i]), leaves(direction[i]), strict=True)
        )
        np.testing.assert_allclose(along, difference(f, arguments, direction), rtol=1e-7, atol=1e-9)


def _roots(derivative: DerivativeFunction) -> tuple[int, ...]:
    return (derivative.argnums,) if isinstance(derivative.argnums, int) else derivative.argnums


def leaves(tree: Any) -> list[Any]:
    return [leaf for _, leaf in flatten(tree)]


def mapped(g: Any, *trees: Any) -> Any:
    if isinstance(trees[0], dict):
        return {k: mapped(g, *(t[k] for t in trees)) for k in trees[0]}
    return g(*trees)


def difference(f: Any, args: tuple[Any, ...], direction: dict[int, Any], h: float = 1e-3) -> float:
    """The derivative along a direction, by central differences extrapolated twice."""

    def at(t: float) -> float:
        moved = (mapped(lambda x, d: x + t * d, a, direction[i]) if i in direction else a for i, a in enumerate(args))
        return f(*copy.deepcopy(tuple(moved)))

    a, b, c = ((at(t) - at(-t)) / (2 * t) for t in (h, h / 2, h / 4))
    return float((16 * (4 * c - b) - (4 * b - a)) / 45)
