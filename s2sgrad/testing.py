"""Checking derivatives against numerical differentiation.

    >>> check_grads(f, (x, 2.0))            # forward and reverse mode, first and second order

Three things have to agree, for every entry of every floating-point argument: the derivative in forward mode,
that in reverse mode, and central differences extrapolated by Richardson's rule (Numerical Recipes, section 5.7).
A complex entry is varied along its real and its imaginary part; ⟨ȳ, ẏ⟩ is then the real part of the sum of ``ȳ ẏ``.
The two modes have to agree with each other to rounding, ⟨ȳ, Jẋ⟩ = ⟨Jᵀȳ, ẋ⟩, which differences cannot tell.
Second order is the same check for the derivative functions themselves.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from s2sgrad.api import jvp, vjp
from s2sgrad.derivative import pullback_of, pushforward_of
from s2sgrad.errors import GradientMismatch
from s2sgrad.ir.structures import flatten, same_structure, tree_at

#: Arrays with more entries than this are checked in that many entries, chosen at random, and along random directions.
MAX_ENTRIES = 40


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison: a derivative of a projection of the output, along one direction of the arguments.

    ``mode``: ``"fwd"`` and ``"rev"`` are compared with the numerical derivative; ``"both"`` is forward against reverse.
    """

    mode: str
    argument: int
    entry: str
    analytic: float
    numeric: float
    ok: bool

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

    :param args: the arguments; floats, complex numbers and arrays of them are varied, also those inside tuples, lists
        and dicts.
    :param order: 1 checks the derivatives, 2 also the derivatives of the derivatives, and so on.
    :param modes: ``"fwd"``, ``"rev"`` or both.
    :param eps: the step of the differences, relative to the size of an entry (default: by dtype).
    :param rtol: the relative tolerance, with respect to the largest derivative of the argument.
    :param atol: the absolute tolerance.
    :raises GradientMismatch: says for which argument and entry, in which mode and order.
    """
    for path, order_now, f, at in _derivatives(fun, tuple(args), order, modes):
        for check in compare(f, at, modes, eps, rtol, atol):
            if not check.ok:
                chain = "".join(f" of the {m} derivative" for m in reversed(path))
                mode, other = ("fwd", "in rev mode") if check.mode == "both" else (check.mode, "numerically")
                raise GradientMismatch(
                    f"derivative with respect to {check.where}{chain} is {check.analytic:.10g} in {mode} mode, "
                    f"but {check.numeric:.10g} {other} (order {order_now})",
                    "if the function has a kink or a jump near this point, check at another one",
                )


def _derivatives(
    fun: Callable[..., Any], args: tuple[Any, ...], order: int, modes: Sequence[str]
) -> Iterator[tuple[tuple[str, ...], int, Callable[..., Any], tuple[Any, ...]]]:
    """``fun`` and its derivative functions up to one order less than ``order``, with arguments for each."""
    for n in range(order):
        for path in product(modes, repeat=n):
            f, at = fun, args
            for mode in path:
                rng = np.random.default_rng(len(path))
                argnums = _active(at)
                if mode == "fwd":
                    f, at = pushforward_of(f, argnums, len(at)), (*at, *(_random_like(at[i], rng) for i in argnums))
                else:
                    f, at = pullback_of(f, argnums, len(at)), (*at, _random_like(_call(f, at), rng))
            yield path, n + 1, f, at


def compare(
    fun: Callable[..., Any],
    args: tuple[Any, ...],
    modes: Sequence[str] = ("fwd", "rev"),
    eps: float | None = None,
    rtol: float | None = None,
    atol: float | None = None,
) -> Iterator[Check]:
    """All first-order comparisons at one point."""
    rng = np.random.default_rng(0)
    out_bar = _random_like(_call(fun, args), rng)
    argnums = _active(args)
    wide = all(np.finfo(np.result_type(leaf)).eps < 1e-12 for _, leaf in _varied(args))
    eps = eps if eps is not None else 1e-3 if wide else 3e-2
    rtol = rtol if rtol is not None else 1e-6 if wide else 2e-2
    atol = atol if atol is not None else 1e-8 if wide else 1e-3

    def projected(moved: tuple[Any, ...]) -> float:
        return _dot(out_bar, _call(fun, moved))

    reverse = vjp(fun, *_copied(args))[1](out_bar) if "rev" in modes else None
    for path, leaf in _varied(args):
        directions = list(_directions(np.asarray(leaf), rng))
        numeric = [_central(projected, args, path, d, eps) for _, d in directions]
        scale = max(map(abs, numeric), default=0.0)
        for (name, direction), expected in zip(directions, numeric, strict=True):
            where = path[0], "".join(f"[{k!r}]" for k in path[1:]) + name
            found = []
            if reverse is not None:
                found.append(("rev", _dot(tree_at(reverse, path), direction)))
            if "fwd" in modes:
                tangents = tuple(_tangent(args, i, path, direction) for i in range(len(args)))
                active = [i for i in range(len(args)) if i in argnums]
                _, out_dot = jvp(
                    fun, _copied(args), tuple(tangents[i] if i in active else None for i in range(len(args)))
                )
                found.append(("fwd", _dot(out_bar, out_dot)))
            for mode, value in found:
                ok = bool(abs(value - expected) <= atol + rtol * max(scale, abs(value)))
                yield Check(mode, *where, value, expected, ok)
            if len(found) == 2:
                (_, rev), (_, fwd) = found
                rounding = 1e-9 if wide else 1e-4
                yield Check("both", *where, fwd, rev, bool(abs(fwd - rev) <= rounding * max(1.0, scale, abs(fwd))))


# -- numerical differentiation -----------------------------------------------------------------------


def _central(f: Callable[[Any], float], args: tuple[Any, ...], path: Any, direction: np.ndarray, eps: float) -> float:
    """The derivative of ``f`` along a direction in one leaf: error O(h⁶) in exact arithmetic."""
    leaf = np.asarray(tree_at(args, path))
    h = eps * max(1.0, float(np.max(np.abs(leaf[direction != 0]), initial=0.0)))

    def slope(h: float) -> float:
        plus, minus = (_replaced(args, path, leaf + sign * h * direction) for sign in (1.0, -1.0))
        return (f(plus) - f(minus)) / (2.0 * h)

    coarse, middle, fine = slope(h), slope(h / 2), slope(h / 4)
    first, second = (4.0 * middle - coarse) / 3.0, (4.0 * fine - middle) / 3.0
    return (16.0 * second - first) / 15.0


def _directions(leaf: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    """Unit directions, named by their entry; for a large array some of them, and a random one."""
    entries = list(np.ndindex(leaf.shape))
    if len(entries) > MAX_ENTRIES:
        chosen = sorted(rng.choice(len(entries), MAX_ENTRIES, replace=False))
        yield " along a random direction", _normal(rng, leaf) / np.sqrt(leaf.size)
        entries = [entries[k] for k in chosen]
    parts = [("", 1.0)] if leaf.dtype.kind == "f" else [(".real", 1.0), (".imag", 1j)]
    for entry in entries:
        for part, unit in parts:
            direction = np.zeros(leaf.shape, type(unit))
            direction[entry] = unit
            yield (f"[{', '.join(map(str, entry))}]" if entry else "") + part, direction


def _normal(rng: np.random.Generator, leaf: Any) -> np.ndarray:
    """Random numbers in the shape of ``leaf``, complex where it is."""
    real: np.ndarray = rng.standard_normal(np.shape(leaf))
    return real + 1j * rng.standard_normal(np.shape(leaf)) if np.iscomplexobj(leaf) else real


# -- nested arguments --------------------------------------------------------------------------------


def _is_float(leaf: object) -> bool:
    return isinstance(leaf, (float, complex, np.inexact)) or (isinstance(leaf, np.ndarray) and leaf.dtype.kind in "fc")


def _varied(args: tuple[Any, ...]) -> list[tuple[Any, Any]]:
    """The leaves that are varied, with their paths: those of arguments that hold nothing else."""
    return [(path, leaf) for i in _active(args) for path, leaf in flatten(args[i], (i,))]


def _active(args: tuple[Any, ...]) -> tuple[int, ...]:
    """The arguments that can be differentiated as a whole."""
    return tuple(
        i for i, arg in enumerate(args) if (leaves := list(flatten(arg))) and all(_is_float(leaf) for _, leaf in leaves)
    )


def _copied(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """A function under test may write into its arguments."""
    return tuple(copy.deepcopy(a) if isinstance(a, (np.ndarray, list, tuple, dict)) else a for a in args)


def _call(fun: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    return fun(*_copied(args))


def _replaced(args: tuple[Any, ...], path: Any, leaf: Any) -> tuple[Any, ...]:
    original = tree_at(args, path)
    value = _like(leaf, original)
    items = [value if p == path else old for p, old in flatten(args)]
    result: tuple[Any, ...] = same_structure(args, iter(items))
    return result


def _tangent(args: tuple[Any, ...], argnum: int, path: Any, direction: np.ndarray) -> Any:
    """The tangent of one argument: ``direction`` in the leaf at ``path``, zero elsewhere."""
    items = []
    for p, leaf in flatten(args[argnum], (argnum,)):
        dot = direction if p == path else np.zeros(np.shape(leaf))
        items.append(_like(dot, leaf) if _is_float(leaf) else None)
    return same_structure(args[argnum], iter(items))


def _random_like(tree: Any, rng: np.random.Generator) -> Any:
    leaves = [_like(_normal(rng, leaf), leaf) for _, leaf in flatten(tree)]
    return same_structure(tree, iter(leaves))


def _like(value: Any, leaf: Any) -> Any:
    """A number for a number and an array of the same dtype for an array; None for what is neither."""
    if isinstance(leaf, np.ndarray):
        return np.asarray(value, dtype=leaf.dtype if leaf.dtype.kind in "fc" else float)
    if isinstance(leaf, (float, complex, np.inexact)):
        return type(leaf)(value[()] if isinstance(value, np.ndarray) else value)
    return float(value) if isinstance(leaf, (int, np.integer)) else None


def _dot(a: Any, b: Any) -> float:
    """The inner product of two nests of numbers and arrays, in double precision: bilinear, its real part."""
    pairs = zip(flatten(a), flatten(b), strict=True)
    return sum(
        float(np.sum(_double(x) * _double(y)).real) for (_, x), (_, y) in pairs if x is not None and y is not None
    )


def _double(x: Any) -> np.ndarray:
    return np.asarray(x, dtype=complex if np.iscomplexobj(x) else float)
