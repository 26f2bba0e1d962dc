"""What has to hold for the derivatives of any program, and how to tell.

1. The value that comes with a gradient is the primal's, bit for bit, and the caller's arrays are as they were. Each
   gradient is an array of its own: what is written into it changes no argument, no other gradient, no later call.
2. The derivative in forward mode and that in reverse mode, along a random direction, agree to rounding.
3. Both agree with numerical differentiation. Near a kink that says nothing, and the program is *unclear*: when the
   differences from the left and from the right disagree too, or do not settle for ever smaller steps.
4. Second order: the forward derivative of the gradient against differences of the gradient.
5. The Hessian is symmetric: the gradient pulled back along a direction against its forward derivative.
6. Jacobians: those of the value against the gradient, and those of the gradient along the direction against 4.
7. The linear function at the point against 2, and Taylor coefficients and products with the Hessian against 2 and 4.
8. Compiled by Numba, the value and the gradient are the same to rounding, or it is refused.

1 to 3 are asked of each program, 4 to 7 only of some, for they take long (:data:`EVERY`), and 8 where it is wanted.
"""

from __future__ import annotations

import hashlib
import linecache
import signal
import traceback
import warnings
from collections import deque
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from s2sgrad import S2SGradError, hvp, linearize, taylor, vhp
from s2sgrad.api import grad, jacfwd, jacrev, jvp, value_and_grad, vjp
from s2sgrad.errors import InternalError
from tests.fuzz.generate import PARAMETERS

#: Compiling and running one program takes a fraction of a second; so many of the processor's are a fault.
SECONDS = 20

#: What is not asked of each program, and every so many programs: of those with which seeds.
EVERY = {"second order": 4, "reverse over reverse": 8, "Jacobians": 16, "operators": 8}


def asked(seed: int) -> frozenset[str]:
    """What is asked of the program of a seed beyond first derivatives."""
    return frozenset(what for what, every in EVERY.items() if seed % every == 0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """``kind``: right, refused, unclear, invalid (the primal itself fails), wrong or crashed."""

    kind: str
    what: str = ""
    detail: str = ""

    @property
    def failed(self) -> bool:
        return self.kind in ("wrong", "crashed")


#: The names of the last programs whose lines :mod:`linecache` holds.
_loaded: deque[str] = deque()


def load(source: str) -> Callable[..., Any]:
    """The function ``f`` of a program."""
    name = f"<fuzz {hashlib.sha1(source.encode()).hexdigest()[:12]}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    _loaded.append(name)
    if len(_loaded) > 50:
        linecache.cache.pop(_loaded.popleft(), None)
    variables: dict[str, Any] = {"__name__": name}
    exec(compile(source, name, "exec"), variables)
    return variables["f"]


def arguments(f: Callable[..., Any], seed: int) -> list[Any]:
    """Arguments of order one for the parameters of ``f``."""
    rng = np.random.default_rng(seed)
    names = f.__code__.co_varnames[: f.__code__.co_argcount]
    made: list[Any] = []
    for name in names:
        kind = PARAMETERS.get(name)
        if kind is None:
            made.append(3)
        elif kind == "number":
            made.append(float(rng.uniform(-0.9, 0.9)))
        else:
            made.append(rng.uniform(-0.9, 0.9, kind))
    return made


def examine(source: str, seed: int, second: bool = False, more: Collection[str] = ()) -> Outcome:
    """Differentiate the program in all ways and compare. ``second``: twice, too; ``more``: keys of :data:`EVERY`."""
    more = {"second order", *more} if second else more
    try:
        with (
            np.errstate(all="ignore"),
            warnings.catch_warnings(),
            _within(SECONDS * (1 + len(more) + 9 * ("Numba" in more))),
        ):
            warnings.simplefilter("ignore")
            return _examine(source, seed, more)
    except _Invalid as error:
        return Outcome("invalid", str(error))
    except InternalError as error:
        return Outcome("crashed", f"InternalError {_place(error)}", traceback.format_exc())
    except S2SGradError as error:
        if error.at is None:
            return Outcome("crashed", f"refused without a place: {error.what}", traceback.format_exc())
        return Outcome("refused", f"{type(error).__name__}: {error.what}", str(error))
    except Exception as error:  # whatever else is raised is what this looks for
        return Outcome("crashed", f"{type(error).__name__} {_place(error)}", traceback.format_exc())


class _Invalid(Exception):
    """The program itself fails, or is badly scaled."""


def _examine(source: str, seed: int, more: Collection[str]) -> Outcome:
    try:
        f = load(source)
        args = arguments(f, seed)
        value = f(*_copied(args))
        finite = isinstance(value, (float, np.floating)) and bool(np.isfinite(value)) and abs(value) < 1e4
    except Exception as error:
        raise _Invalid(f"{type(error).__name__}: {error}") from None
    if not finite:
        raise _Invalid(f"returns {value!r}")

    rng = np.random.default_rng(seed + 1)
    active = tuple(i for i, a in enumerate(args) if not isinstance(a, int))
    direction = [_direction(rng, a) if i in active else None for i, a in enumerate(args)]

    given = _copied(args)
    got, bars = value_and_grad(f, argnums=active)(*given)
    if not (got == value and type(got) is type(value)):
        return Outcome("wrong", "value", f"primal {value!r}, with the gradient {got!r}")
    if not all(np.array_equal(a, b) for a, b in zip(given, args, strict=True)):
        return Outcome("wrong", "caller's arguments", "changed by value_and_grad")
    for bar, i in zip(bars, active, strict=True):
        if np.shape(bar) != np.shape(args[i]):
            return Outcome("wrong", "shape", f"of the gradient: {np.shape(bar)} for {np.shape(args[i])}")
    outcome = _separate(f, active, given, bars)
    if outcome.kind != "right":
        return outcome
    reverse = _dot(bars, [direction[i] for i in active])

    given = _copied(args)
    out, out_dot = jvp(f, given, direction)
    if not out == value:
        return Outcome("wrong", "value", f"primal {value!r}, with the tangent {out!r}")
    if not all(np.array_equal(a, b) for a, b in zip(given, args, strict=True)):
        return Outcome("wrong", "caller's arguments", "changed by jvp")
    forward = float(out_dot)
    size = sum(float(np.sum(np.abs(np.multiply(b, direction[i])))) for b, i in zip(bars, active, strict=True))

    numeric = differentiate(lambda h: float(f(*_moved(args, direction, h))))
    verdicts = [numeric.verdict(d, size) for d in (reverse, forward)]
    agree = abs(forward - reverse) <= 1e-9 * (1.0 + size + abs(value))
    detail = f"reverse {reverse!r}, forward {forward!r}, numerically {numeric.value!r} ± {numeric.error:.1g}"
    if not agree:
        if numeric.kinked:
            return Outcome("unclear", "at a kink", detail)
        which = "both modes" if verdicts == [False, False] else "forward" if verdicts[0] else "reverse"
        return Outcome("wrong", which, detail)
    if not all(verdicts):
        return Outcome("unclear", "at a kink", detail) if numeric.kinked else Outcome("wrong", "both modes", detail)
    checks = {
        "second order": _second_order,
        "reverse over reverse": _symmetry,
        "Jacobians": _jacobians,
        "operators": _operators,
        "Numba": _compiled,
    }
    for what, check in checks.items():
        if what in more:
            outcome = check(f, args, active, direction, rng)
            if outcome.kind != "right":
                return outcome
    return Outcome("right")


def _separate(f: Any, active: tuple[int, ...], given: list[Any], bars: Any) -> Outcome:
    """Whether gradients are arrays of their own. (Restores what it writes into them.)"""
    gradients = [bar for bar in bars if isinstance(bar, np.ndarray)]
    others = [*gradients, *(a for a in given if isinstance(a, np.ndarray))]
    for k, bar in enumerate(gradients):
        if not bar.flags.writeable or any(np.shares_memory(bar, a) for a in others[k + 1 :]):
            return Outcome("wrong", "shared memory", f"gradient {k} is not an array of its own")
    before = [np.array(bar) for bar in bars]
    for bar in gradients:
        bar[...] = 7.0
    _, again = value_and_grad(f, argnums=active)(*given)
    if not all(np.array_equal(a, b, equal_nan=True) for a, b in zip(again, before, strict=True)):
        return Outcome("wrong", "shared memory", "writing into the gradients of one call changed those of another")
    for bar, values in zip(bars, before, strict=True):
        if isinstance(bar, np.ndarray):
            bar[...] = values
    return Outcome("right")


def _compiled(f: Any, args: list[Any], active: tuple[int, ...], direction: list[Any], rng: Any) -> Outcome:
    given = _copied(args)
    value, bars = value_and_grad(f, argnums=active)(*_copied(args))
    try:
        found, compiled = value_and_grad(f, argnums=active, backend="numba")(*given)
    except S2SGradError as error:
        return Outcome("refused", f"Numba: {error.what}", str(error))
    if not all(np.array_equal(a, b) for a, b in zip(given, args, strict=True)):
        return Outcome("wrong", "caller's arguments", "changed by compiled code")
    if not np.allclose(found, value, rtol=1e-9, atol=1e-9):
        return Outcome("wrong", "Numba", f"value {found!r} instead of {value!r}")
    for a, b in zip(compiled, bars, strict=True):
        if np.shape(a) != np.shape(b) or not np.allclose(a, b, rtol=1e-7, atol=1e-9, equal_nan=True):
            return Outcome("wrong", "Numba", f"gradient {a!r} instead of {b!r}")
    arrays = [a for a in (*compiled, *given) if isinstance(a, np.ndarray)]
    if any(np.shares_memory(a, b) for k, a in enumerate(arrays) for b in arrays[k + 1 :]):
        return Outcome("wrong", "shared memory", "a compiled gradient is not an array of its own")
    return Outcome("right")


def _second_order(f: Any, args: list[Any], active: tuple[int, ...], direction: list[Any], rng: Any) -> Outcome:
    gradient = grad(f, argnums=active)
    weights = [_direction(rng, args[i]) for i in active]
    _, dots = jvp(gradient, _copied(args), direction)
    found = _dot(dots, weights)
    size = sum(float(np.sum(np.abs(np.multiply(d, w)))) for d, w in zip(dots, weights, strict=True))
    numeric = differentiate(lambda h: _dot(gradient(*_moved(args, direction, h)), weights))
    if numeric.verdict(found, size):
        return Outcome("right")
    detail = f"second derivative {found!r}, numerically {numeric.value!r} ± {numeric.error:.1g}"
    return Outcome("unclear", "at a kink", detail) if numeric.kinked else Outcome("wrong", "second order", detail)


def _symmetry(f: Any, args: list[Any], active: tuple[int, ...], direction: list[Any], rng: Any) -> Outcome:
    gradient = grad(f, argnums=active)
    weights = tuple(_direction(rng, args[i]) for i in active)
    _, dots = jvp(gradient, _copied(args), direction)
    _, pull = vjp(gradient, *_copied(args))
    bars = pull(weights)
    return _same(
        "reverse over reverse", [bars[i] for i in active], [direction[i] for i in active], list(dots), list(weights)
    )


def _jacobians(f: Any, args: list[Any], active: tuple[int, ...], direction: list[Any], rng: Any) -> Outcome:
    gradient = grad(f, argnums=active)
    bars = gradient(*_copied(args))
    along = [direction[i] for i in active]
    _, dots = jvp(gradient, _copied(args), direction)
    for make in (jacfwd, jacrev):
        outcome = _same(make.__name__, make(f, argnums=active)(*_copied(args)), along, bars, along)
        for row, dot in zip(make(gradient, argnums=active)(*_copied(args)), dots, strict=True):
            if outcome.kind == "right":
                weights = _direction(rng, dot) if isinstance(dot, np.ndarray) else float(rng.uniform(-1.0, 1.0))
                columns = [np.tensordot(weights, block, np.ndim(weights)) for block in row]
                outcome = _same(f"{make.__name__} of the gradient", columns, along, [dot], [weights])
        if outcome.kind != "right":
            return outcome
    return Outcome("right")


def _operators(f: Any, args: list[Any], active: tuple[int, ...], direction: list[Any], rng: Any) -> Outcome:
    along = [direction[i] for i in active]
    _, dot = jvp(f, _copied(args), direction)
    _, dots = jvp(grad(f, argnums=active), _copied(args), direction)
    _, tangent_of = linearize(f, *_copied(args))
    value, first, second = taylor(f, _copied(args), direction, order=2)
    products = {make: make(f, _copied(args), direction) for make in (hvp, vhp)}
    if value != f(*_copied(args)):
        return Outcome("wrong", "value", f"with Taylor coefficients {value!r}")
    checks = [
        _same("linearize", [found], [1.0], [dot], [1.0]) for found in (tangent_of(*direction), tangent_of(*direction))
    ]
    checks += [_same("taylor", [first], [1.0], [dot], [1.0]), _same("taylor", [second], [2.0], dots, along)]
    weights = [_direction(rng, args[i]) for i in active]
    checks += [
        _same(make.__name__, [found[i] for i in active], weights, dots, weights) for make, found in products.items()
    ]
    return next((outcome for outcome in checks if outcome.kind != "right"), Outcome("right"))


def _same(what: str, a: Any, x: Any, b: Any, y: Any) -> Outcome:
    """Whether ⟨a, x⟩ = ⟨b, y⟩ to rounding."""
    size = sum(float(np.sum(np.abs(np.multiply(p, q)))) for p, q in [*zip(a, x, strict=True), *zip(b, y, strict=True)])
    found, expected = _dot(a, x), _dot(b, y)
    if abs(found - expected) <= 1e-8 * (1.0 + size) or not (np.isfinite(found) or np.isfinite(expected)):
        return Outcome("right")
    return Outcome("wrong", what, f"{found!r} instead of {expected!r}")


# -- numerical differentiation ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Numeric:
    """A derivative by differences, how far to trust it, and whether the function seems to have a kink there."""

    value: float
    error: float
    kinked: bool

    def verdict(self, analytic: float, size: float) -> bool:
        return abs(analytic - self.value) <= 2e-6 * (1.0 + size) + 4.0 * self.error


def differentiate(f: Callable[[float], float]) -> Numeric:
    """The derivative of ``f`` at 0: extrapolated central differences for several steps, the two that agree best."""
    steps = (4e-3, 4e-4, 4e-5)
    values = [(4.0 * _central(f, h / 2) - _central(f, h)) / 3.0 for h in steps]
    pairs = [(abs(a - b), b if k else a) for k, (a, b) in enumerate(zip(values, values[1:], strict=False))]
    error, value = min(pairs, key=lambda pair: pair[0] if np.isfinite(pair[0]) else np.inf)
    scale = 1.0 + abs(value)
    at = f(0.0)
    right, left = (f(1e-7) - at) / 1e-7, (at - f(-1e-7)) / 1e-7
    kinked = not np.isfinite(error) or error > 1e-4 * scale or abs(right - left) > 1e-3 * scale
    return Numeric(value, error, kinked)


def _central(f: Callable[[float], float], h: float) -> float:
    return (f(h) - f(-h)) / (2.0 * h)


def _moved(args: list[Any], direction: list[Any], h: float) -> list[Any]:
    pairs = zip(args, direction, strict=True)
    return [a if d is None else a + h * d if isinstance(a, np.ndarray) else float(a + h * d) for a, d in pairs]


def _direction(rng: np.random.Generator, like: Any) -> Any:
    return rng.uniform(-1.0, 1.0, like.shape) if isinstance(like, np.ndarray) else float(rng.uniform(-1.0, 1.0))


def _dot(a: Any, b: Any) -> float:
    return float(sum(np.sum(np.multiply(p, q)) for p, q in zip(a, b, strict=True)))


def _copied(args: list[Any]) -> list[Any]:
    return [a.copy() if isinstance(a, np.ndarray) else a for a in args]


# -- faults -------------------------------------------------------------------------------------------


def _place(error: BaseException) -> str:
    """The innermost function of s2sgrad, or of what it emitted, in which an error was raised."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "s2sgrad" in f.filename]
    if not frames:
        return "nowhere"
    if frames[-1].filename.startswith("<"):
        return "in what it emitted"
    return f"in {frames[-1].filename.rpartition('s2sgrad/')[2]}:{frames[-1].name}"


@contextmanager
def _within(seconds: int) -> Iterator[None]:
    """Raise TimeoutError in a body that takes longer."""

    def stop(*_: Any) -> None:
        raise TimeoutError(f"took more than {seconds} s")

    previous = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)
