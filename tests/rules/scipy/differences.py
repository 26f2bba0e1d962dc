"""Compiled derivatives of calls in ``x``, ``y``, ``z``, ``w`` against differences, and of the two modes in a pair."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sgrad import jvp, vjp


def function_of(expression: str, names: tuple[str, ...], scope: dict[str, Any]) -> Callable[..., Any]:
    """The expression as a function of these names, whose source can be found."""
    filename = f"<call {expression}>"
    text = f"def call({', '.join(names)}):\n    return {expression}\n"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    namespace = dict(scope)
    exec(compile(text, filename, "exec"), namespace)
    return namespace["call"]


def slope(f: Callable[[float], float], size: float) -> float:
    """The derivative at 0 by differences of the sixth order."""
    h = 2e-3 * size
    near, middle, far = (f(k * h) - f(-k * h) for k in (1, 2, 3))
    return (45.0 * near - 9.0 * middle + far) / (60.0 * h)


def errors(call: Callable[..., Any], args: tuple[np.ndarray, ...]) -> tuple[float, float, float, bool]:
    """Relative errors of reverse and forward mode along a random direction, their distance in the pairing
    ⟨ȳ, Jẋ⟩ = ⟨Jᵀȳ, ẋ⟩, and whether both modes return the primal's value to the bit."""
    rng = np.random.default_rng(0)
    dots = tuple(rng.uniform(0.5, 1.0, np.shape(a)) for a in args)
    y = call(*args)
    y_bar = rng.uniform(0.5, 1.0, np.shape(y))
    y_bar = y_bar if isinstance(y, np.ndarray) else float(y_bar)
    size = min(1.0, *(float(np.min(np.abs(a[a != 0.0]), initial=1.0)) + 0.3 for a in args))

    def along(h: float) -> float:
        return float(np.sum(y_bar * call(*(a + h * d for a, d in zip(args, dots, strict=True)))))

    value, pullback = vjp(call, *args)
    forward_value, y_dot = jvp(call, args, dots)
    same = np.array_equal(value, y, equal_nan=True) and np.array_equal(forward_value, y, equal_nan=True)
    reverse = sum(float(np.sum(bar * d)) for bar, d in zip(pullback(y_bar), dots, strict=True))
    forward, expected = float(np.sum(y_bar * y_dot)), slope(along, size)
    scale = abs(expected) + float(np.max(np.abs(y_bar * y)[np.isfinite(y)], initial=0.0)) + 1e-300
    return abs(reverse - expected) / scale, abs(forward - expected) / scale, abs(reverse - forward) / scale, same
