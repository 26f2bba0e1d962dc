"""Derivatives against numerical differentiation.

Three things have to agree, for every entry of every floating-point argument: the derivative in forward mode,
that in reverse mode, and central differences extrapolated by Richardson's rule (Numerical Recipes, section 5.7).
A complex entry is varied along its real and its imaginary part; ⟨ȳ, ẏ⟩ is then the real part of the sum of ``ȳ ẏ``.
The two modes have to agree with each other to rounding, ⟨ȳ, Jẋ⟩ = ⟨Jᵀȳ, ẋ⟩, which differences cannot tell.
Second order is the same check for the derivative functions themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

from s2sgrad.api import jvp, vjp
from s2sgrad.callees import take_apart
from s2sgrad.derivative import compiler, pullback_of, pushforward_of
from s2sgrad.ir.structures import opened, show_steps, tree_at
from s2sgrad.testing.lines import Line
from s2sgrad.testing.reports import mismatch
from s2sgrad.testing.varying import (
    active,
    call,
    copied,
    directions,
    dot,
    random_like,
    replaced,
    size,
    tangent,
    varied,
)


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison: a derivative of a projection of the output, along one direction of the arguments.

    ``mode``: ``"fwd"`` and ``"rev"`` are compared with the numerical derivative; ``"both"`` is forward against reverse.
    ``tolerance``: how far apart the two may be. ``direction``: in the leaf of the argument at ``path``.
    ``line``: the projection of the output along it.

    >>> next(compare(lambda x: x * 0.0, (3.0,)))
    Check(mode='rev', argument=0, entry='', analytic=0.0, numeric=0.0, ok=True)
    """

    mode: str
    argument: int
    entry: str
    analytic: float
    numeric: float
    ok: bool
    tolerance: float = field(default=0.0, repr=False)
    direction: Any = field(default=None, repr=False, compare=False)
    line: Line | None = field(default=None, repr=False, compare=False)

    @property
    def where(self) -> str:
        """What the derivative is taken in: ``argument 0['W'][1, 2]``."""
        return f"argument {self.argument}{self.entry}"

    @property
    def error(self) -> float:
        """The distance between the two derivatives."""
        return abs(self.analytic - self.numeric)


def check_grads(
    fun: Callable[..., Any],
    args: Sequence[Any],
    order: int = 2,
    modes: Sequence[str] = ("fwd", "rev"),
    eps: float | None = None,
    rtol: float | None = None,
    atol: float | None = None,
) -> None:
    """Compare the derivatives of ``fun`` at ``args`` with numerical differentiation.

    Where they disagree, the error reports the entry that is furthest off, the direction, the statement of ``fun`` whose
    rule disagrees (each operation is checked by itself, at the values that it was given), and the probable cause: a
    wrong rule, a kink or a jump, rounding, or a value that is not finite.

    :param args: the arguments; floats, complex numbers and arrays of them are varied, also those inside tuples, lists,
        dicts and objects.
    :param order: 1 checks the derivatives, 2 also the derivatives of the derivatives, and so on.
    :param modes: ``"fwd"``, ``"rev"`` or both.
    :param eps: the step of the differences, relative to the size of an entry (default: by dtype).
    :param rtol: the relative tolerance, with respect to the largest derivative of the argument.
    :param atol: the absolute tolerance.
    :raises GradientMismatch: with ``error.check``, ``error.cause`` and ``error.culprit``.

    >>> import numpy as np
    >>> check_grads(lambda x, k: k * np.sin(x), (np.array([0.1, 0.7]), 2.0))
    >>> try:
    ...     check_grads(abs, (1e-5,), order=1)
    ... except AssertionError as error:
    ...     print(error.cause)
    kink nearby
    """
    __tracebackhide__ = True
    for path, order_now, f, at in _derivatives(fun, tuple(args), order, modes):
        failed = [check for check in compare(f, at, modes, eps, rtol, atol) if not check.ok]
        if failed:
            raise mismatch(failed, path, order_now, take_apart(f), _bound(f, at), _options(at, eps, rtol, atol))


def assert_grads(fun: Callable[..., Any], *args: Any, **options: Any) -> None:
    """:func:`check_grads` for tests: ``assert_grads(f, x, y)``, with its options by name.

    >>> assert_grads(lambda x, y: x * y, 2.0, 3.0, order=1)
    """
    __tracebackhide__ = True
    check_grads(fun, args, **options)


def _bound(fun: Callable[..., Any], args: tuple[Any, ...]) -> tuple[Any, ...]:
    compiler()
    return tuple(opened(x) for x in take_apart(fun).bind(args, {}))


def _derivatives(
    fun: Callable[..., Any], args: tuple[Any, ...], order: int, modes: Sequence[str]
) -> Iterator[tuple[tuple[str, ...], int, Callable[..., Any], tuple[Any, ...]]]:
    """``fun`` and its derivative functions up to one order less than ``order``, with arguments for each."""
    for n in range(order):
        for path in product(modes, repeat=n):
            f, at = fun, args
            for mode in path:
                rng = np.random.default_rng(len(path))
                argnums = active(at)
                if mode == "fwd":
                    f, at = pushforward_of(f, argnums, len(at)), (*at, *(random_like(at[i], rng) for i in argnums))
                else:
                    f, at = pullback_of(f, argnums, len(at)), (*at, random_like(call(f, at), rng))
            yield path, n + 1, f, at


def _options(
    args: tuple[Any, ...], eps: float | None, rtol: float | None, atol: float | None
) -> tuple[float, float, float]:
    """The step and the tolerances, by dtype where they are not given."""
    wide = _is_wide(args)
    return (
        eps if eps is not None else 1e-3 if wide else 3e-2,
        rtol if rtol is not None else 1e-6 if wide else 2e-2,
        atol if atol is not None else 1e-8 if wide else 1e-3,
    )


def _is_wide(args: tuple[Any, ...]) -> bool:
    return all(np.finfo(np.result_type(leaf)).eps < 1e-12 for _, leaf in varied(args))


def compare(
    fun: Callable[..., Any],
    args: tuple[Any, ...],
    modes: Sequence[str] = ("fwd", "rev"),
    eps: float | None = None,
    rtol: float | None = None,
    atol: float | None = None,
) -> Iterator[Check]:
    """All first-order comparisons at one point.

    >>> [check.ok for check in compare(lambda x: x * x, (3.0,), modes=("rev",))]
    [True]
    """
    rng = np.random.default_rng(0)
    out = call(fun, args)
    out_bar = random_like(out, rng)
    argnums = active(args)
    wide = _is_wide(args)
    eps, rtol, atol = _options(args, eps, rtol, atol)
    rounding = 4.0 * (2.3e-16 if wide else 1.2e-7) * (size(out_bar, out) + 1e-300)
    reverse = vjp(fun, *copied(args))[1](out_bar) if "rev" in modes else None
    for path, leaf in varied(args):
        units = list(directions(np.asarray(leaf), rng))
        lines = [_line(fun, args, path, np.asarray(leaf), d, out_bar, eps, rounding) for _, d in units]
        numeric = [line.slope() for line in lines]
        scale = max(map(abs, numeric), default=0.0)
        for (name, direction), expected, line in zip(units, numeric, lines, strict=True):
            where = path[0], show_steps(path[1:]) + name
            found = []
            if reverse is not None:
                found.append(("rev", dot(tree_at(reverse, path), direction)))
            if "fwd" in modes:
                dots = tuple(tangent(args[i], path[1:] if i == path[0] else None, direction) for i in argnums)
                given = dict(zip(argnums, dots, strict=True))
                _, out_dot = jvp(fun, copied(args), tuple(given.get(i) for i in range(len(args))))
                found.append(("fwd", dot(out_bar, out_dot)))
            for mode, value in found:
                tolerance = atol + rtol * max(scale, abs(value))
                ok = bool(abs(value - expected) <= tolerance)
                yield Check(mode, *where, value, expected, ok, tolerance, direction, line)
            if len(found) == 2:
                (_, rev), (_, fwd) = found
                tolerance = (1e-9 if wide else 1e-4) * max(1.0, scale, abs(fwd))
                yield Check("both", *where, fwd, rev, bool(abs(fwd - rev) <= tolerance), tolerance, direction, line)


def _line(
    fun: Callable[..., Any],
    args: tuple[Any, ...],
    path: Any,
    leaf: np.ndarray,
    direction: np.ndarray,
    out_bar: Any,
    eps: float,
    rounding: float,
) -> Line:
    """The projection of the output along a direction of one leaf."""
    h = eps * max(1.0, float(np.max(np.abs(leaf[direction != 0]), initial=0.0)))
    return Line(lambda t: dot(out_bar, call(fun, replaced(args, path, leaf + t * direction))), h, rounding)
