"""Which operation's rule is wrong: each is checked at the values that it was given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from s2sgrad.ir.core import Block, Call, Const, Function, Value
from s2sgrad.ir.interpret import interpret, results_of
from s2sgrad.ir.types import is_differentiable
from s2sgrad.replay import Event, Recorder, name_of, replay_primal
from s2sgrad.rules.table import RULES, is_foreign
from s2sgrad.testing.lines import Line
from s2sgrad.testing.varying import dot, is_float, like, normal, size
from s2sgrad.transforms.adjoint import adjoint
from s2sgrad.transforms.tangent import tangent

#: How often one operation (of a loop) is looked at.
_OFTEN = 20


@dataclass(frozen=True, slots=True)
class Culprit:
    """An operation whose rule disagrees with differences, at the values that it was given.

    ``mode``: ``"fwd"`` or ``"rev"``; ``line``: the operation along a random direction of its operands.
    """

    event: Event
    mode: str
    analytic: float
    numeric: float
    line: Line
    tolerance: float

    @property
    def error(self) -> float:
        """How far off the derivative is, in tolerances."""
        off = abs(self.analytic - self.numeric) / self.tolerance
        return off if np.isfinite(off) else np.inf

    @property
    def name(self) -> str:
        """What the operation calls."""
        return name_of(self.event.op)

    @property
    def rule(self) -> str:
        """The rule that it is differentiated by, as far as there is one with a place."""
        fn = self.event.op.fn
        if isinstance(fn, Function):
            return f"the rule of `{self.name}`" if fn.rule is not None else f"the derivative of `{self.name}`"
        try:
            found = RULES.get(fn)
        except TypeError:  # not hashable
            found = None
        if found is None or not is_foreign(found.place):
            return f"the rule of `{self.name}`"
        return f"the rule of `{self.name}` ({found.place[0]}:{found.place[1]})"


def culprit(callee: Any, args: tuple[Any, ...], mode: str, rtol: float, atol: float, eps: float) -> Culprit | None:
    """The operation whose rule is furthest off; None if all agree.

    :param args: opened arguments of the function.
    :param mode: ``"fwd"``, ``"rev"``, or ``"both"`` for any.
    """
    seen: Counter[int] = Counter()

    def wanted(event: Event) -> bool:
        seen[id(event.op)] += 1
        return seen[id(event.op)] <= _OFTEN and not event.op.effect and bool(_active(event))

    recorder = Recorder(wanted)
    try:
        replay_primal(callee, args, recorder)
    except Exception:  # what fails in differences, or cannot be lowered: the report is made without
        return None
    found = [c for event in recorder.events for c in _checked(event, mode, rtol, atol, eps)]
    return max(found, key=lambda c: c.error, default=None)


def _checked(event: Event, mode: str, rtol: float, atol: float, eps: float) -> Iterator[Culprit]:
    rng = np.random.default_rng(1)
    operands = _active(event)
    dots = [like(normal(rng, x), x) for _, x in operands]
    bar = [like(normal(rng, y), y) if is_float(y) else None for y in _results(event)]
    if not any(b is not None for b in bar):
        return
    largest = max((float(np.max(np.abs(x), initial=0.0)) for _, x in operands), default=0.0)
    line = _line(event, operands, dots, bar, eps * max(1.0, largest))
    try:
        with np.errstate(all="ignore"):
            numeric = line.slope()
            made = _derivatives(event, [v for v, _ in operands], dots, bar)
    except Exception:  # it has no derivative, or is not defined close by
        return
    tolerance = atol + rtol * abs(numeric) + 32.0 * line.rounding / line.h
    for name, analytic in made:
        if mode in (name, "both") and not abs(analytic - numeric) <= tolerance:
            yield Culprit(event, name, analytic, numeric, line, tolerance)


def _line(event: Event, operands: list[tuple[Value, Any]], dots: list[Any], bar: list[Any], h: float) -> Line:
    def f(t: float) -> float:
        moved = {v: like(np.asarray(x) + t * np.asarray(d), x) for (v, x), d in zip(operands, dots, strict=True)}
        with np.errstate(all="ignore"):
            return dot(bar, _flat(_run(event.op, _with(event.op.args, event.args, moved), _keywords(event, moved))))

    weights = [b for b in bar if b is not None]
    unit = max(float(np.finfo(np.asarray(x).dtype).eps) for _, x in operands)
    largest = max(float(np.max(np.abs(x), initial=0.0)) for _, x in operands)  # what may cancel
    return Line(
        f, h, 4.0 * unit * (size(bar, _results(event)) + largest * sum(float(np.sum(np.abs(b))) for b in weights))
    )


def _derivatives(event: Event, wrt: list[Value], dots: list[Any], bar: list[Any]) -> Iterator[tuple[str, float]]:
    """The derivative of one operation along ``dots``, weighted by ``bar``, in both modes."""
    op = event.op
    given = dict(_pairs((op.args, op.kwargs), (event.args, event.kwargs)))
    params = list(given)
    results = [Value(v.type, v.name) for v in op.results]
    body = Block([], [Call(op.fn, op.args, op.kwargs, results, op.stmt)], list(results))
    function = Function("operation", params, body, tuple(range(len(results))))
    values = [given[v] for v in params]
    carried = [k for k, v in enumerate(results) if is_differentiable(v.type) and bar[k] is not None]
    found = []
    pushed = tangent(function, wrt)
    _, out_dot = interpret(pushed, *values, *dots)
    found.append(("fwd", dot(bar, list(out_dot))))
    pulled = adjoint(function, wrt, cotangent="param", differentiated_results=carried)
    found.append(("rev", dot(list(interpret(pulled, *values, *(bar[k] for k in carried))), dots)))
    return iter(found)


# -- the operands of an event ----------------------------------------------------------------------------


def _active(event: Event) -> list[tuple[Value, Any]]:
    """The operands that can be varied, with their values."""
    pairs = dict(_pairs((event.op.args, event.op.kwargs), (event.args, event.kwargs)))
    return [(v, x) for v, x in pairs.items() if is_float(x) and is_differentiable(v.type) and np.size(x)]


def _pairs(tree: Any, value: Any) -> Iterator[tuple[Value, Any]]:
    """The values of a tree of operands, with what they were."""
    if isinstance(tree, Value):
        yield tree, value
    elif type(tree) in (tuple, list):
        for item, x in zip(tree, value, strict=True):
            yield from _pairs(item, x)
    elif type(tree) is dict:
        for key, item in tree.items():
            yield from _pairs(item, value[key])
    elif type(tree) is slice:
        for name in ("start", "stop", "step"):
            yield from _pairs(getattr(tree, name), getattr(value, name))


def _with(tree: Any, value: Any, moved: dict[Value, Any]) -> Any:
    """What a tree of operands is, with other values for some of them."""
    if isinstance(tree, (Value, Const)):
        return moved.get(tree, value) if isinstance(tree, Value) else value
    if type(tree) in (tuple, list):
        return type(tree)(_with(item, x, moved) for item, x in zip(tree, value, strict=True))
    if type(tree) is dict:
        return {key: _with(item, value[key], moved) for key, item in tree.items()}
    return value


def _keywords(event: Event, moved: dict[Value, Any]) -> dict[str, Any]:
    found: dict[str, Any] = _with(event.op.kwargs, event.kwargs, moved)
    return found


def _run(op: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if isinstance(op.fn, Function):
        return interpret(results_of(op.fn), *args, **kwargs)
    return op.fn(*args, **kwargs)


def _results(event: Event) -> list[Any]:
    return list(event.returned) if len(event.op.results) > 1 else [event.returned]


def _flat(returned: Any) -> list[Any]:
    return list(returned) if type(returned) is tuple else [returned]
