"""Runs the calls of :mod:`tests.rules.calls` through the compiler, and compares.

python -m tests.rules.sweep         cases and the worst error of each family
"""

from __future__ import annotations

import copy
import linecache
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from s2sgrad import jvp, vjp
from tests.rules.calls import CALLS

CONSTANTS = {
    "np": np,
    "mask": np.array([True, False, True, True]),
    "keys": np.array([0, 2, 2, 4]),
    "counts": np.array([1, 0, 2, 1]),
    "z": np.array([0.5, 1.5, 2.5, 0.7]),
}


def arguments(dtype: str = "f8") -> tuple[Any, ...]:
    """A, B, C, v, w, s, t, n: no two entries of an array are equal, and none is near a bin's edge."""
    rng = np.random.default_rng(3)

    def array(*shape: int) -> np.ndarray:
        return rng.permutation(np.linspace(0.2, 0.9, int(np.prod(shape)))).reshape(shape).astype(dtype)

    w = array(4) + 0.05
    return array(3, 4), array(3, 4), array(2, 3, 4), array(4), w.astype(dtype), 0.37, 0.61, 3


def function_of(expression: str) -> Callable[..., Any]:
    """The expression as a function whose source can be found."""
    filename = f"<call {expression}>"
    text = f"def call(A, B, C, v, w, s, t, n):\n    return {expression}\n"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    scope: dict[str, Any] = dict(CONSTANTS)
    exec(compile(text, filename, "exec"), scope)
    return scope["call"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """``reverse``, ``forward``: relative distances of ⟨ȳ, Jẋ⟩ from differences. ``pairing``: from one another."""

    reverse: float
    forward: float
    pairing: float


def compare(expression: str) -> Comparison:
    """Both modes against central differences along one direction in all arguments, and against each other.

    Both have to return the primal's value, to the bit.
    """
    call, args = function_of(expression), arguments()
    rng = np.random.default_rng(0)
    dots = tuple(None if isinstance(a, int) else like(a, rng) for a in args)
    y = call(*copy.deepcopy(args))
    y_bar = like(y, rng)

    def at(h: float) -> float:
        moved = (a if d is None else a + h * d for a, d in zip(args, dots, strict=True))
        return inner(y_bar, call(*moved))

    h = 1e-4
    expected = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h)
    value, pullback = vjp(call, *copy.deepcopy(args))
    bars = pullback(y_bar)
    forward_value, y_dot = jvp(call, copy.deepcopy(args), dots)
    for found in (value, forward_value):
        assert type(found) is type(y)
        assert np.array_equal(found, y, equal_nan=True)
    for bar, argument in zip(bars, args, strict=True):
        assert bar is None or np.shape(bar) == np.shape(argument)
    reverse = sum(inner(b, d) for b, d in zip(bars, dots, strict=True) if d is not None)
    forward = inner(y_bar, y_dot)
    scale = 1.0 + abs(expected)
    return Comparison(abs(reverse - expected) / scale, abs(forward - expected) / scale, abs(reverse - forward) / scale)


def like(x: Any, rng: np.random.Generator) -> Any:
    vector = rng.standard_normal(np.shape(x))
    return (
        vector.astype(x.dtype)
        if isinstance(x, np.ndarray) and x.dtype.kind == "f"
        else vector
        if np.ndim(x)
        else float(vector)
    )


def inner(a: Any, b: Any) -> float:
    return float(np.sum(np.asarray(a, float) * np.asarray(b, float)))


def main() -> None:
    for family, calls in CALLS.items():
        found = [compare(call) for call in calls]
        worst = (max(getattr(c, name) for c in found) for name in ("reverse", "forward", "pairing"))
        print(f"{family:16} {len(calls):4}", *(f"{error:9.1e}" for error in worst))


if __name__ == "__main__":
    main()
