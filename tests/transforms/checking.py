"""Both transforms of a function against each other and against central differences, to second order."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np

from s2sgrad.ir.core import Function, walk
from s2sgrad.ir.interpret import interpret
from s2sgrad.ir.types import is_differentiable
from s2sgrad.ir.verify import verify
from s2sgrad.transforms.adjoint import adjoint, differentiable_results
from s2sgrad.transforms.pullback import forward_backward
from s2sgrad.transforms.tangent import tangent
from tests.ir.text import parse

Values = list[Any]


def primal(text: str, **functions: Any) -> Function:
    """The function that ``text`` describes, as an author's own."""
    function = parse(textwrap.dedent(text).strip(), **functions)
    for op in walk(function.body):
        op.adjoint = False
    return function


def dot(a: Sequence[Any], b: Sequence[Any]) -> float:
    return sum(float(np.sum(np.asarray(x) * np.asarray(y))) for x, y in zip(a, b, strict=True))


def random_like(rng: np.random.Generator, values: Sequence[Any]) -> Values:
    return [rng.normal(size=np.shape(v)) if np.ndim(v) else float(rng.normal()) for v in values]


def returned(function: Function, args: Values, outputs: Sequence[int]) -> Values:
    everything = tuple(range(len(function.results)))
    flat = Function(function.name, function.params, function.body, everything, function.captures)
    values = interpret(flat, *args)
    return [values[k] for k in outputs]


def check(function: Function, args: Values, *, order: int = 2, seed: int = 0, numerical: bool = True) -> None:
    """Check all derivatives of ``function`` at ``args`` with respect to its differentiable parameters."""
    verify(function)
    rng = np.random.default_rng(seed)
    inputs = [k for k, p in enumerate(function.params) if is_differentiable(p.type)]
    outputs = differentiable_results(function)
    wrt = [function.params[k] for k in inputs]
    primal = returned(function, args, outputs)
    directions, bars = random_like(rng, [args[k] for k in inputs]), random_like(rng, primal)

    pushed = tangent(function, wrt)
    verify(pushed)
    count = len(function.results)
    values = returned(pushed, [*args, *directions], [*outputs, *(count + k for k in outputs)])
    same(values[: len(outputs)], primal)
    forward = dot(values[len(outputs) :], bars)

    pulled = adjoint(function, wrt, value=True, cotangent="param")
    verify(pulled)
    values = returned(pulled, [*args, *bars], [*outputs, *range(count, count + len(wrt))])
    same(values[: len(outputs)], primal)
    cotangents = values[len(outputs) :]
    for bar, k in zip(cotangents, inputs, strict=True):
        assert np.shape(bar) == np.shape(args[k])
        assert np.asarray(bar).dtype == np.asarray(args[k]).dtype
    close(forward, dot(cotangents, directions), 1e-9)
    if numerical:
        step = 1e-6
        ends = [returned(function, shifted(args, inputs, directions, sign * step), outputs) for sign in (1, -1)]
        close(forward, (dot(ends[0], bars) - dot(ends[1], bars)) / (2 * step), 1e-4)

    split_forward, split_backward = forward_backward(function, wrt)
    verify(split_forward)
    verify(split_backward)
    _, saved = interpret(split_forward, *args)
    same(list(interpret(split_backward, *saved, *bars)), cotangents)

    if order > 1:
        gradient = adjoint(function, wrt, cotangent="param")
        with_bars = [*args, *bars]
        check(gradient, with_bars, order=order - 1, seed=seed + 1, numerical=numerical)
        check(pushed, [*args, *directions], order=order - 1, seed=seed + 2, numerical=numerical)


def shifted(args: Values, inputs: list[int], directions: Values, step: float) -> Values:
    moved = list(args)
    for k, direction in zip(inputs, directions, strict=True):
        moved[k] = args[k] + step * direction
    return moved


def same(got: Values, expected: Values) -> None:
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_array_equal(a, b)


def close(a: float, b: float, tolerance: float) -> None:
    assert abs(a - b) <= tolerance * (1 + abs(a) + abs(b)), (a, b)
