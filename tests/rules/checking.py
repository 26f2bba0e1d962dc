"""Checks one rule as a plain Python function: against central differences, and its two modes against each other."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from s2sgrad.ir.primitives import unbroadcast
from s2sgrad.rules.table import RULES, Rule, rule_of
from tests.rules.compiling import compiled


def check(
    fn: Any,
    *args: Any,
    wrt: tuple[int, ...] | None = None,
    tolerance: float = 1e-6,
    lowered: bool = True,
    **options: Any,
) -> None:
    """Compare the rule of ``fn`` at these arguments with differences, argument by argument.

    ``wrt``: positions to check (default: all that hold floats). ``lowered``: compare it with itself after lowering.
    """
    rule = rule_of(fn)
    assert rule is not None, f"{fn} has no rule"
    rng = np.random.default_rng(0)
    y = fn(*args, **options)
    y_bar = direction(rng, y)
    bars = cotangents(rule, y_bar, y, args, options)
    if lowered:
        assert_lowers(rule, y_bar, y, args, options)
    for k in differentiable(args) if wrt is None else wrt:
        x_dot = direction(rng, args[k])
        if lowered and rule.jvp is not None:
            dots = tuple(x_dot if j == k else None for j in range(len(args)))
            assert_same_when_lowered(rule.jvp, (dots, plain_tuple(y), *args), options)
        expected = inner(y_bar, difference(fn, args, k, x_dot, options))
        x_bar = fitted(bars[k], args[k])
        assert_close(inner(x_bar, x_dot), expected, tolerance, f"cotangent of argument {k}")
        y_dot = tangent(rule, fn, k, x_dot, y, args, options)
        assert_close(inner(y_bar, fitted(y_dot, y)), expected, tolerance, f"tangent along argument {k}")


def differentiable(args: tuple[Any, ...]) -> tuple[int, ...]:
    return tuple(k for k, x in enumerate(args) if holds_floats(x))


def holds_floats(x: Any) -> bool:
    if isinstance(x, (list, tuple)):
        return any(map(holds_floats, x))
    return isinstance(x, (float, complex, np.inexact)) or (isinstance(x, np.ndarray) and x.dtype.kind in "fc")


def direction(rng: np.random.Generator, x: Any) -> Any:
    """A random vector in the space of ``x``."""
    if isinstance(x, (list, tuple)):
        return [direction(rng, item) for item in x]
    vector = rng.uniform(0.5, 1.5, np.shape(x)) * rng.choice([-1.0, 1.0], np.shape(x))
    if np.iscomplexobj(x):
        vector = vector * np.exp(1j * rng.uniform(0.0, 6.0, np.shape(x)))
    return vector if isinstance(x, np.ndarray) else vector.item()


def inner(a: Any, b: Any) -> float:
    """How a cotangent pairs with a tangent: the real part of the sum of products, without conjugation."""
    if isinstance(a, (list, tuple)):
        return sum(inner(x, y) for x, y in zip(a, b, strict=True))
    return float(np.real(np.sum(np.asarray(a) * b)))


def shifted(x: Any, x_dot: Any, h: float) -> Any:
    if isinstance(x, (list, tuple)):
        return [shifted(a, b, h) for a, b in zip(x, x_dot, strict=True)]
    return x + h * x_dot


def difference(fn: Any, args: tuple[Any, ...], k: int, x_dot: Any, options: dict[str, Any]) -> Any:
    """The derivative of ``fn`` along ``x_dot`` in argument ``k``, to fourth order."""

    def at(h: float) -> Any:
        return as_float(fn(*args[:k], shifted(as_double(args[k]), x_dot, h), *args[k + 1 :], **options))

    h = 1e-3
    terms = [(at(-2 * h), 1.0), (at(-h), -8.0), (at(h), 8.0), (at(2 * h), -1.0)]
    return combined(terms, 12 * h)


def as_double(x: Any) -> Any:
    if isinstance(x, (list, tuple)):
        return [as_double(item) for item in x]
    wide = complex if np.iscomplexobj(x) else float
    return x.astype(wide) if isinstance(x, np.ndarray) else wide(x)


def as_float(y: Any) -> Any:
    if isinstance(y, (list, tuple)):
        return [as_float(item) for item in y]
    return np.asarray(y, complex if np.iscomplexobj(y) else float)


def combined(terms: list[tuple[Any, float]], divisor: float) -> Any:
    if isinstance(terms[0][0], list):
        return [combined([(y[i], c) for y, c in terms], divisor) for i in range(len(terms[0][0]))]
    return sum(c * y for y, c in terms) / divisor


def family(module: ModuleType) -> set[Any]:
    """The differentiable functions whose rules a module defines."""

    def is_from_module(rule: Rule) -> bool:
        bodies = (rule.partials, rule.transpose, rule.vjp, rule.jvp)
        return any(body is not None and body.__module__ == module.__name__ for body in bodies)

    return {fn for fn, rule in RULES.items() if is_from_module(rule)}


def id_of(case: tuple[Any, ...]) -> str:
    """A case as the name of its test: the function, the shapes, the options."""
    described = (str(x.shape) if isinstance(x, np.ndarray) else str(x)[:20] for x in case[1:])
    return f"{case[0].__name__}-{'-'.join(described)}"


# -- what the transforms do with a rule --------------------------------------------------------------------


def cotangents(rule: Rule, y_bar: Any, y: Any, args: tuple[Any, ...], options: dict[str, Any]) -> dict[int, Any]:
    if rule.partials is not None:
        factors = rule.partials(y, *args, **options)
        factors = factors if isinstance(factors, tuple) else (factors,)
        return {k: y_bar * f for k, f in enumerate(factors[: len(args)]) if f is not None}
    if rule.transpose is not None:
        result = rule.transpose(y_bar, *args, **options)
        return dict(zip(rule.wrt, result if len(rule.wrt) > 1 else (result,), strict=True))
    result = rule.vjp(y_bar, y, *args, **options)
    return dict(enumerate(result if isinstance(result, tuple) else (result,)))


def tangent(rule: Rule, fn: Any, k: int, x_dot: Any, y: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    if rule.partials is not None:
        factors = rule.partials(y, *args, **options)
        return (factors if isinstance(factors, tuple) else (factors,))[k] * x_dot
    if rule.transpose is not None:
        others = [zeros(x) if j in rule.wrt else x for j, x in enumerate(args)]
        others[k] = x_dot
        return fn(*others, **options)
    if rule.multilinear:
        return fn(*args[:k], x_dot, *args[k + 1 :], **options)
    dots = tuple(x_dot if j == k else None for j in range(len(args)))
    return rule.jvp(dots, y, *args, **options)


def assert_lowers(rule: Rule, y_bar: Any, y: Any, args: tuple[Any, ...], options: dict[str, Any]) -> None:
    y, y_bar = plain_tuple(y), tuple(y_bar) if isinstance(y, (list, tuple)) else y_bar
    if rule.partials is not None:
        assert_same_when_lowered(rule.partials, (y, *args), options)
    if rule.transpose is not None:
        assert_same_when_lowered(rule.transpose, (y_bar, *args), options)
    if rule.vjp is not None:
        assert_same_when_lowered(rule.vjp, (y_bar, y, *args), options)


def plain_tuple(y: Any) -> Any:
    return tuple(y) if isinstance(y, (list, tuple)) else y


def assert_same_when_lowered(body: Any, args: tuple[Any, ...], options: dict[str, Any]) -> None:
    assert_same(compiled(body, args, options), body(*args, **options))


def assert_same(actual: Any, expected: Any) -> None:
    if isinstance(expected, (list, tuple)):
        for a, b in zip(actual, expected, strict=True):
            assert_same(a, b)
    elif expected is None:
        assert actual is None
    else:
        assert np.shape(actual) == np.shape(expected)
        assert np.allclose(actual, expected, equal_nan=True)


def zeros(x: Any) -> Any:
    return [zeros(item) for item in x] if isinstance(x, (list, tuple)) else x * 0


def fitted(x_bar: Any, x: Any) -> Any:
    """A cotangent summed over what was broadcast, and spread over what was not: the shape of ``x``, or an error.

    That of a real number is real.
    """
    if x_bar is None:
        return zeros(x)
    if isinstance(x, (list, tuple)):
        return [fitted(a, b) for a, b in zip(x_bar, x, strict=True)]
    if np.ndim(x_bar) <= np.ndim(x):
        shape = np.broadcast_shapes(np.shape(x_bar), np.shape(x))
        x_bar = np.broadcast_to(x_bar, shape)
    x_bar = unbroadcast(x_bar, x)
    return x_bar if np.iscomplexobj(x) else np.real(x_bar)


def assert_close(actual: float, expected: float, tolerance: float, what: str) -> None:
    assert abs(actual - expected) <= tolerance * (1.0 + abs(expected)), f"{what}: {actual} is not {expected}"
