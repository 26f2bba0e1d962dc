"""Where a NaN or an infinity arises: :func:`debug_nans`."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ContextDecorator
from contextvars import ContextVar, Token
from dataclasses import dataclass
from functools import update_wrapper
from threading import Lock
from typing import Any, overload

import numpy as np

from s2sgrad.callees import AnyCallee, take_apart
from s2sgrad.derivative import DerivativeFunction
from s2sgrad.errors import Location, NotFinite
from s2sgrad.ir.core import Const, Stmt
from s2sgrad.ir.structures import flatten, opened
from s2sgrad.labels import plain
from s2sgrad.replay import Event, Recorder, bound_for, name_of, replay_derivative, replay_primal


@overload
def debug_nans(fun: Callable[..., Any]) -> Debugged: ...
@overload
def debug_nans(fun: None = None) -> Watching: ...
def debug_nans(fun: Callable[..., Any] | None = None) -> Debugged | Watching:
    """Say where a NaN or an infinity in a derivative comes from.

    ``debug_nans(grad(f))`` is a function like ``grad(f)``; ``with debug_nans():`` and ``@debug_nans()`` look after all
    derivatives that are called inside. Where a result is not finite, the call is run once more, operation by
    operation (so what it prints is printed twice; random numbers are the same), and :class:`~s2sgrad.errors.NotFinite`
    names the first statement of the primal and the first of the derivative at which a NaN or an infinity arises.
    A finite result is returned as it is, whatever came up on the way. Where this is not used it costs nothing.

    :param fun: a derivative, an operator of one, or a plain function.
    :raises NotFinite: with the statements as ``error.primal`` and ``error.derivative`` (None where there is none).

    >>> import numpy as np
    >>> def f(x):
    ...     return np.sum(np.sqrt(x))
    >>> debug_nans(grad(f))(np.array([4.0, 0.25]))
    array([0.25, 1.  ])
    >>> try:
    ...     debug_nans(grad(f))(np.array([4.0, 0.0]))
    ... except FloatingPointError as error:
    ...     print(error.primal, error.derivative.value)
    None inf
    """
    return Watching() if fun is None else Debugged(fun)


class Debugged:
    """A function that is watched whenever it is called."""

    def __init__(self, fun: Callable[..., Any]) -> None:
        self.__wrapped__ = fun
        update_wrapper(self, fun, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        fun = self.__wrapped__
        with Watching():
            state = _random_state()
            result = fun(*args, **kwargs)
            if not isinstance(fun, DerivativeFunction) and not _is_finite(result):
                _set_random_state(state)
                callee = take_apart(fun)
                bound = tuple(opened(x) for x in callee.bind(args, kwargs))
                raise _error(f"`{callee.name}`", _first(_events_of(callee, bound)), None)
        return result

    def __get__(self, obj: object, owner: type | None = None) -> Any:
        """As a method, the bound method of what is watched: ``self`` is no argument that counts."""
        return self if obj is None else type(self)(self.__wrapped__.__get__(obj, owner))

    def source(self, *args: Any, **kwargs: Any) -> str:
        """The emitted source of the function."""
        text: str = self.__wrapped__.source(*args, **kwargs)  # type: ignore[attr-defined]
        return text

    def __s2sgrad_callee__(self) -> AnyCallee:
        """How this is called: like the function itself."""
        return take_apart(self.__wrapped__)

    def __s2sgrad_lower__(self, lo: Any, args: list[Any], kwargs: dict[str, Any], node: Any) -> Any:
        """Inside a function that is differentiated it is the function itself."""
        return lo.invoke(Const(self.__wrapped__), args, kwargs, node)


_ACTIVE: ContextVar[bool] = ContextVar("s2sgrad_debug_nans", default=False)
_PLAIN_CALL = DerivativeFunction.__call__
_LOCK = Lock()
_watching = 0


class Watching(ContextDecorator):
    """The context in which derivatives are watched. Calls are looked at only while there is one."""

    def __init__(self) -> None:
        self._tokens: list[Token[bool]] = []

    def __enter__(self) -> Watching:
        self._tokens.append(_ACTIVE.set(True))
        _count(1)
        return self

    def __exit__(self, *error: object) -> None:
        _count(-1)
        _ACTIVE.reset(self._tokens.pop())


def _count(change: int) -> None:
    global _watching
    with _LOCK:
        _watching += change
        # Python looks up what calls an instance on its class: so there is nothing to ask when nobody watches.
        setattr(DerivativeFunction, "__call__", _watched_call if _watching else _PLAIN_CALL)  # noqa: B010


def _watched_call(derivative: DerivativeFunction, *args: Any, **kwargs: Any) -> Any:
    if not _ACTIVE.get():
        return _PLAIN_CALL(derivative, *args, **kwargs)
    state = _random_state()
    result = _PLAIN_CALL(derivative, *args, **kwargs)
    if derivative.kind == "vjp":
        out, back = result
        _check(derivative, out[0] if derivative.has_aux else out, args, kwargs, state)

        def watched_back(out_bar: Any) -> Any:
            bars = back(out_bar)
            fun, argnums = derivative.__wrapped__, derivative.argnums
            pullback = DerivativeFunction(fun, "pullback", argnums, derivative.has_aux, len(args))
            _check(pullback, bars, (*args, out_bar), {}, state)
            return bars

        return out, watched_back
    _check(derivative, _without_aux(derivative, result), args, kwargs, state)
    return result


def _without_aux(derivative: DerivativeFunction, result: Any) -> Any:
    if not derivative.has_aux:
        return result
    if derivative.kind == "value_and_grad":
        return result[0][0], result[1]
    return result[0] if derivative.kind in ("grad", "jacfwd", "jacrev") else result


def _check(derivative: DerivativeFunction, result: Any, args: tuple[Any, ...], kwargs: Any, state: Any) -> None:
    """Raise :class:`NotFinite` if a result is not finite, and say where that comes from."""
    if _is_finite(result):
        return
    derivative, bound = bound_for(derivative, args, kwargs)
    _set_random_state(state)
    primal = _events_of(derivative.callee, bound[: len(derivative.callee.names)])
    _set_random_state(state)
    recorder = Recorder(_arises)
    replay_derivative(derivative, bound, recorder)
    own = _without(recorder.events, primal)
    raise _error(f"the derivative of `{derivative.callee.name}`", _first(primal), _first(own))


def _events_of(callee: AnyCallee, bound: tuple[Any, ...]) -> list[Event]:
    """The operations of the primal that something not finite arises at."""
    recorder = Recorder(_arises)
    replay_primal(callee, bound, recorder)
    return recorder.events


def _without(events: list[Event], primal: list[Event]) -> list[Event]:
    """The events of a derivative that are not those of the primal: in forward mode nothing else tells them apart."""
    seen = Counter((event.op.stmt, name_of(event.op)) for event in primal)
    own = []
    for event in events:
        key = (event.op.stmt, name_of(event.op))
        if event.op.adjoint or not seen[key]:
            own.append(event)
        else:
            seen[key] -= 1
    return own


# -- findings ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Finding:
    """An operation that makes a NaN or an infinity of finite numbers.

    ``operation``: what it calls; ``value``: ``"nan"`` or ``"inf"``; ``entry``: where in the result (empty: a number).
    ``operands``: what it was given, in words. ``loops``: the index of each loop around it, the outermost first.
    ``adjoint``: it belongs to the backward part.
    """

    stmt: Stmt | None
    operation: str
    value: str
    entry: tuple[int, ...]
    operands: tuple[str, ...]
    loops: tuple[int | None, ...]
    adjoint: bool

    @classmethod
    def of(cls, event: Event) -> Finding:
        """What an operation has done."""
        entry, value = _bad_entry(event.returned)
        written = (*event.op.args, *event.op.kwargs.values())
        given = zip(written, (*event.args, *event.kwargs.values()), strict=True)
        operands = tuple(_summary(getattr(x, "name", None), y, entry) for x, y in given if _is_number(y))
        op = event.op
        return cls(op.stmt, name_of(op), value, entry, operands, event.loops, op.adjoint)

    def __str__(self) -> str:
        at = f" at [{', '.join(map(str, self.entry))}]" if self.entry else ""
        where = "" if self.stmt is None else f"{self.stmt.filename}:{self.stmt.line}: {self.stmt.text.strip()}\n"
        loops = ", ".join("…" if i is None else str(i) for i in self.loops)
        iteration = f", in iteration {loops} of the loop" if len(self.loops) == 1 else ""
        iteration = f", in iterations {loops} of the loops" if len(self.loops) > 1 else iteration
        given = "".join(f"\n    {x}" for x in self.operands)
        return f"{where}`{self.operation}` gives {self.value}{at}{iteration}, of{given or ' nothing'}"


def _first(events: list[Event]) -> Finding | None:
    return Finding.of(events[0]) if events else None


def _error(what: str, primal: Finding | None, derivative: Finding | None) -> NotFinite:
    first = primal or derivative
    remedy = []
    if primal is not None:
        remedy.append(f"first in the primal: {primal}")
    if derivative is not None:
        part = "backward part" if derivative.adjoint else "derivative"
        remedy.append(f"first in the {part}, which belongs to {derivative}")
    if first is None:
        remedy.append("no operation made it: an argument, or a constant, is not finite already")
    value = {"nan": "a NaN", "inf": "an infinity", None: "a NaN or an infinity"}[first.value if first else None]
    at = Location.of(first.stmt) if first is not None and first.stmt is not None else None
    error = NotFinite(f"{value} arises in {what}", "\n".join(remedy), at)
    error.primal, error.derivative = primal, derivative
    return error


def _arises(event: Event) -> bool:
    """Whether an operation makes something that is not finite of what is finite."""
    return not _is_finite(event.returned) and _is_finite((*event.args, *event.kwargs.values()))


# -- numbers -----------------------------------------------------------------------------------------------


def _numbers(x: Any) -> Iterator[Any]:
    for _, leaf in flatten(opened(plain(x))):
        if _is_number(leaf):
            yield leaf


def _is_number(x: Any) -> bool:
    return isinstance(x, (float, complex, np.inexact)) or (isinstance(x, np.ndarray) and x.dtype.kind in "fc")


def _is_finite(x: Any) -> bool:
    return all(bool(np.all(np.isfinite(leaf))) for leaf in _numbers(x))


def _bad_entry(x: Any) -> tuple[tuple[int, ...], str]:
    for leaf in _numbers(x):
        bad = ~np.isfinite(leaf)
        if np.any(bad):
            entry = tuple(int(k) for k in np.argwhere(bad)[0]) if np.ndim(leaf) else ()
            return entry, "nan" if np.isnan(np.asarray(leaf)[entry]) else "inf"
    raise AssertionError("all finite")


def _summary(name: str | None, x: Any, entry: tuple[int, ...]) -> str:
    """A number or an array in words, with its entry that belongs to an entry of the result."""
    prefix = f"{name} = " if name else ""
    if np.ndim(x) == 0:
        return f"{prefix}{x}"
    there = ""
    if np.shape(x) and len(np.shape(x)) == len(entry) and all(k < n for k, n in zip(entry, np.shape(x), strict=True)):
        there = f", {x[entry]} there"
    ends = f" from {np.min(np.abs(x))} to {np.max(np.abs(x))} in size" if x.size else ""
    return f"{prefix}array of shape {np.shape(x)}{ends}{there}"


def _random_state() -> Any:
    return random.getstate(), np.random.get_state()


def _set_random_state(state: Any) -> None:
    random.setstate(state[0])
    np.random.set_state(state[1])
