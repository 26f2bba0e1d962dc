"""A derivative, and its primal, run once more operation by operation, so that each can be looked at.

The code that users run is fast because its operations are merged; here the intermediate representation is interpreted
(:mod:`s2sgrad.ir.interpret`), where each operation belongs to a statement of the primal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from s2sgrad.arguments import type_tree
from s2sgrad.callees import AnyCallee
from s2sgrad.derivative import DerivativeFunction, boundary, compiler
from s2sgrad.ir.core import Call, Function
from s2sgrad.ir.interpret import Watch, interpret
from s2sgrad.ir.structures import closed, flatten, opened, tree_at
from s2sgrad.labels import LabelledArgument
from s2sgrad.signatures import signature_key


@dataclass(frozen=True, slots=True)
class Event:
    """An operation that was carried out. ``loops``: the index of each loop around it."""

    op: Call
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    returned: Any
    loops: tuple[int | None, ...] = ()


@dataclass(slots=True)
class Recorder:
    """Keeps the operations that ``wanted`` asks for, in the order in which they were carried out."""

    wanted: Any
    events: list[Event] = field(default_factory=list)
    loops: list[int | None] = field(default_factory=list)

    def called(self, op: Call, args: tuple[Any, ...], kwargs: dict[str, Any], returned: Any) -> None:
        """See :class:`~s2sgrad.ir.interpret.Watch`."""
        event = Event(op, args, kwargs, returned, tuple(self.loops))
        if self.wanted(event):
            self.events.append(event)


def name_of(op: Call) -> str:
    """What an operation calls, in words."""
    name = getattr(op.fn, "__name__", None) or getattr(op.fn, "name", None) or repr(op.fn)
    module = getattr(op.fn, "__module__", None) or ""
    if isinstance(op.fn, np.ufunc) or module.partition(".")[0] == "numpy":
        return f"np.{name}"
    ours = module in ("builtins", "_operator") or module.startswith("s2sgrad")
    return name if ours or isinstance(op.fn, Function) else f"{module}.{name}"


def bound_for(derivative: DerivativeFunction, args: tuple[Any, ...], kwargs: Any) -> tuple[Any, tuple[Any, ...]]:
    """A derivative and the arguments of a call, bound and opened (for pandas objects: on arrays)."""
    bound = derivative.dispatcher.bind(args, kwargs)
    try:
        for x in bound:
            signature_key(x)
    except LabelledArgument:
        derivative, bound = boundary().on_arrays(derivative, bound)
    return derivative, tuple(opened(x, derivative.takes_apart(k)) for k, x in enumerate(bound))


def replay_derivative(derivative: DerivativeFunction, args: tuple[Any, ...], watch: Watch) -> Any:
    """Interpret a derivative for opened arguments."""
    return _run(compiler().lower(derivative, args), args, watch)


def replay_primal(callee: AnyCallee, args: tuple[Any, ...], watch: Watch) -> Any:
    """Interpret a function for opened arguments, as though it were differentiated in all floats."""
    types = tuple(map(type_tree, args, callee.names))
    leaves = [(i, *path) for i, x in enumerate(args) for path, leaf in flatten(x) if _is_float(leaf)]
    return _run(compiler().lower_callee(callee, args, types, leaves), args, watch)


def _run(lowered: Any, args: tuple[Any, ...], watch: Watch) -> Any:
    with np.errstate(all="ignore"):
        return interpret(lowered.function, *(closed(tree_at(args, path)) for path in lowered.paths), watch=watch)


def _is_float(x: Any) -> bool:
    return isinstance(x, (float, complex, np.inexact)) or (isinstance(x, np.ndarray) and x.dtype.kind in "fc")
