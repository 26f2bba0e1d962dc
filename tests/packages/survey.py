"""Differentiate functions of third-party packages through their own source: ``python -m tests.packages.survey``.

Each module ``survey_*.py`` here lists ``ENTRIES``: a dotted name, a factory of arguments, the positions to
differentiate in, and keyword arguments if any. For each entry: is the value that of the function, bit for bit; is the
forward derivative the numerical one, in random directions; is the reverse one its adjoint. The outcome is ``right``,
``refused`` (the compiler's error), ``wrong``, ``crash`` (any other error) or ``absent`` (the package is not installed).

Arguments select a list by its letter (``d``) and entries by a part of their name; ``-v`` prints where each refusal
comes from.
"""

from __future__ import annotations

import importlib
import pkgutil
import signal
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

import tests.packages
from s2sgrad import jvp
from s2sgrad.derivative import pullback_of
from s2sgrad.errors import S2SGradError

LIMIT = 180  # seconds for an entry


def main(words: list[str]) -> None:
    verbose = "-v" in words
    words = [w for w in words if not w.startswith("-")]
    letters = [w for w in words if len(w) == 1]
    words = [w for w in words if len(w) > 1]
    counts: Counter[str] = Counter()
    warnings.simplefilter("ignore")
    for name, make, argnums, *kwargs in entries(letters):
        if words and not any(w in name for w in words):
            continue
        started = time.perf_counter()
        outcome, detail = survey(name, make, argnums, kwargs[0] if kwargs else {}, verbose)
        counts[outcome] += 1
        print(f"{name:<62} {outcome:<8} {time.perf_counter() - started:6.1f} s  {detail}", flush=True)
    total = sum(counts.values())
    print(f"\n{total} functions: " + ", ".join(f"{n} {outcome}" for outcome, n in counts.most_common()))


def entries(letters: list[str]) -> Iterator[tuple[Any, ...]]:
    """The entries of the lists with these letters, of all lists if there are none."""
    for module in pkgutil.iter_modules(tests.packages.__path__):
        if module.name.startswith("survey_") and (not letters or module.name[-1] in letters):
            yield from importlib.import_module(f"tests.packages.{module.name}").ENTRIES


def survey(
    name: str, make: Callable[[], Any], argnums: int | tuple[int, ...], kwargs: dict[str, Any], verbose: bool = False
) -> tuple[str, str]:
    """The outcome for one function, and what there is to say about it."""
    try:
        fun = find(name)
    except ImportError as error:
        return "absent", str(error)
    fun = partial(fun, **kwargs) if kwargs else fun
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(LIMIT)
    try:
        return check(fun, make, (argnums,) if isinstance(argnums, int) else argnums)
    except S2SGradError as error:
        lines = str(error).splitlines()
        return "refused", str(error) if verbose else " | ".join(x.strip() for x in lines[:3])
    except Exception as error:
        if verbose:
            traceback.print_exc()
        return "crash", f"{type(error).__name__}: {error}".splitlines()[0][:150]
    finally:
        signal.alarm(0)


def _too_long(*_: Any) -> None:
    raise TimeoutError(f"more than {LIMIT} s")


def find(name: str) -> Any:
    """A function by its dotted name."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        owner, _, attribute = name.rpartition(".")
        if not owner:
            raise
        return getattr(find(owner), attribute)


def check(fun: Any, make: Callable[[], Any], argnums: tuple[int, ...]) -> tuple[str, str]:
    """Value, forward mode against differences, and reverse mode against forward mode."""
    rng = np.random.default_rng(0)
    expected = fun(*make())
    worst = 0.0
    for which in (*((i,) for i in argnums), argnums):
        args = make()
        dots = [_random_like(a, rng) if i in which else None for i, a in enumerate(args)]
        out, out_dot = jvp(fun, args, dots)
        if not same(out, expected):
            return "wrong", f"value {out!r}, not {expected!r}".replace("\n", " ")[:150]
        bar = _weights_of(out, rng)

        def moved(h: float, dots: Any = dots, bar: Any = bar) -> float:
            try:
                return dot(bar, fun(*[a if d is None else _plus(a, h, d) for a, d in zip(make(), dots)]))
            except ValueError:  # it checks what it is given, and these arguments are no longer allowed
                return np.nan

        analytic = dot(bar, out_dot)
        numeric = min(derivatives(moved), key=lambda estimate: abs(estimate - analytic))
        bars = pullback_of(fun, which, len(args))(*make(), bar)
        reverse = sum(dot(dots[i], b) for b, i in zip(bars, which))
        scale = max(abs(numeric), abs(analytic), 1e-12)
        if not abs(numeric - analytic) <= 1e-5 * scale:
            return "wrong", f"forward mode {analytic:.10g}, numerically {numeric:.10g} (arguments {which})"
        if not abs(reverse - analytic) <= 1e-6 * max(scale, sum(map(abs, flat_products(bars, dots, which)))):
            return "wrong", f"reverse mode {reverse:.16g}, forward mode {analytic:.16g} (arguments {which})"
        worst = max(worst, abs(numeric - analytic) / scale)
    return "right", f"to {worst:.0e} of the numerical derivative"


def flat_products(bars: Any, dots: Any, which: tuple[int, ...]) -> list[float]:
    pairs = [(x, y) for b, i in zip(bars, which) for x, y in zip(leaves(b), leaves(dots[i]))]
    return [float(np.sum(np.abs(np.asarray(x) * np.asarray(y)))) for x, y in pairs if y is not None]


def derivatives(f: Callable[[float], float]) -> list[float]:
    """Estimates of the derivative of ``f`` at 0: central differences extrapolated, where they agree (Ridders' method).

    There may be several: a function that iterates to a tolerance has jumps, which only small steps do not cross.
    """
    found, spare, smallest = [], np.nan, np.inf
    with np.errstate(all="ignore"):
        for start in (1e-2, 1e-3, 1e-4, 1e-5, 1e-7, 1e-10):
            best, least = np.nan, np.inf
            rows: list[list[float]] = []
            for k in range(6):
                h = start / 1.6**k
                row = [(f(h) - f(-h)) / (2 * h)]
                for j in range(k):
                    factor = 1.6 ** (2 * (j + 1))
                    row.append((factor * row[j] - rows[-1][j]) / (factor - 1))
                    error = max(abs(row[-1] - row[-2]), abs(row[-1] - rows[-1][j])) / max(abs(row[-1]), 1e-9)
                    if error < least:
                        best, least = row[-1], error
                rows.append(row)
            if least < 1e-4:
                found.append(best)
            if least < smallest:
                spare, smallest = best, least
    return found or [spare]


# -- nests of numbers, arrays and pandas objects ---------------------------------------------------------


def leaves(tree: Any) -> list[Any]:
    if isinstance(tree, dict):
        return [leaf for item in tree.values() for leaf in leaves(item)]
    if isinstance(tree, (tuple, list)):
        return [leaf for item in tree for leaf in leaves(item)]
    return [tree]


def mapped(f: Callable[[Any], Any], tree: Any) -> Any:
    if isinstance(tree, dict):
        return {k: mapped(f, v) for k, v in tree.items()}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(mapped(f, v) for v in tree))
    if isinstance(tree, (tuple, list)):
        return type(tree)(mapped(f, v) for v in tree)
    return f(tree)


def same(a: Any, b: Any) -> bool:
    """The same kinds, values (bit for bit, NaN being NaN), and index."""
    found, expected = leaves(a), leaves(b)
    if len(found) != len(expected):
        return False
    for x, y in zip(found, expected):
        if hasattr(y, "iloc") and not (type(x) is type(y) and x.index.equals(y.index)):
            return False
        if np.shape(x) != np.shape(y) or not np.array_equal(np.asarray(x), np.asarray(y), equal_nan=_is_float(y)):
            return False
    return True


def _is_float(leaf: Any) -> bool:
    return np.asarray(leaf).dtype.kind in "fc"


def _random_like(tree: Any, rng: np.random.Generator) -> Any:
    """A direction of the size of the values, so that no small constant is moved out of its domain."""

    def random(leaf: Any) -> Any:
        if not _is_float(leaf):
            return None
        noise = rng.uniform(0.5, 1.0, np.shape(leaf)) * rng.choice([-1.0, 1.0], np.shape(leaf))
        size = np.abs(leaf) + (0.0 if np.any(leaf) else 1.0)
        made = noise * size * np.exp(0.4j) if np.iscomplexobj(leaf) else noise * size
        return made if isinstance(leaf, np.ndarray) or np.ndim(leaf) else made.item()

    return mapped(random, tree)


def _weights_of(tree: Any, rng: np.random.Generator) -> Any:
    """A cotangent that gives each value the same weight: next to a large one a small one would be lost in rounding."""

    def weight(leaf: Any) -> Any:
        if not _is_float(leaf):
            return None
        noise = rng.uniform(0.5, 1.0, np.shape(leaf)) * rng.choice([-1.0, 1.0], np.shape(leaf))
        size = np.abs(leaf)
        made = noise / (
            size + (size == 0.0) + 0.0 * size
        )  # no number where the value is none, so that it does not count
        made = made * np.exp(0.4j) if np.iscomplexobj(leaf) else made
        return made if isinstance(leaf, np.ndarray) or np.ndim(leaf) else made.item()

    return mapped(weight, tree)


def _plus(tree: Any, h: float, dot: Any) -> Any:
    steps = iter(leaves(dot))

    def moved(leaf: Any) -> Any:
        step = next(steps)
        return leaf if step is None else leaf + h * step

    return mapped(moved, tree)


def dot(a: Any, b: Any) -> float:
    """The inner product; entries of ``a`` that are no number count for nothing (a cotangent of a NaN is NaN)."""
    total = 0.0
    for x, y in zip(leaves(a), leaves(b), strict=True):
        if x is not None and y is not None:
            x, y = np.asarray(x), np.asarray(y)
            total += float(np.sum((x * y)[np.isfinite(x)]).real)
    return total


if __name__ == "__main__":
    main(sys.argv[1:])
