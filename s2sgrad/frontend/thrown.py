"""The body of a ``try`` whose handler sees what the body had changed by then: exceptions as flags.

    try:                              thrown = False
        for i in range(n):            for i in range(n):
            s += x[i]                     try: t = s + x[i]            what a statement changes, it changes
    except IndexError:                    except IndexError: thrown      after all that may raise in it
        pass                              s = s if thrown else t;  stop the loop if thrown

Each simple statement is a `try` of its own, whose handler sets a flag; like that of ``break`` or ``return`` it ends the
block and the loops around. What may raise in the head of a branch or a loop is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gast

from s2sgrad.errors import S2SGradError
from s2sgrad.frontend.lowerer import ERROR, THROWN, Lowerer
from s2sgrad.frontend.raising import Catching, PrimalRaises
from s2sgrad.frontend.things import Thing
from s2sgrad.ir.core import Const, Value
from s2sgrad.ir.raising import Exceptions

_WITH_BLOCKS = (gast.If, gast.For, gast.While)
Guard = Callable[[Callable[[], None], Callable[[Any, Thing], None], Any], None]


class Unclean(Exception):
    """A handler would see what the body of its `try` has changed. ``error``: the refusal, if nothing helps."""

    def __init__(self, error: S2SGradError) -> None:
        super().__init__(error)
        self.error = error


@dataclass(eq=False, slots=True)
class Throwing:
    """A body that is being lowered in this way. ``frame``: of the statements that are meant; ``guard``: a `try`."""

    frame: Any
    guard: Guard

    def run(self, lo: Lowerer, stmt: Any, lower: Callable[[], None]) -> None:
        """Lower one of the statements."""
        if isinstance(stmt, _WITH_BLOCKS):
            lower()
            return

        def alone() -> None:
            lo.throwing = None
            try:
                lower()
            finally:
                lo.throwing = self

        def caught(cls: Any, error: Thing) -> None:
            lo.frame.env[THROWN] = Const(True)
            lo.frame.env[ERROR] = lo.operand(error)

        self.guard(alone, caught, stmt)


def lower_by_flags(
    lo: Lowerer, exceptions: Exceptions, body: Callable[[], None], guard: Guard, refusal: S2SGradError
) -> tuple[Value | Const, Thing]:
    """Lower a body; whether it has raised, and what."""
    env = lo.frame.env
    outer = {name: env.pop(name) for name in (THROWN, ERROR) if name in env}
    env[THROWN] = Const(False)
    outside = Catching(exceptions, lambda: None if lo.throwing is None else "something", lambda cell: None)
    before, lo.throwing = lo.throwing, Throwing(lo.frame, guard)
    lo.catching.append(outside)
    try:
        body()
    except PrimalRaises as raised:
        if outside.catches(raised.cls):
            raise refusal from None
        raise
    finally:
        lo.catching.remove(outside)
        lo.throwing = before
    if outside.unclean is not None:  # in the head of a branch or a loop
        raise refusal
    env = lo.frame.env
    thrown, error = env.pop(THROWN, Const(False)), env.pop(ERROR, Const(None))
    env.update(outer)
    return thrown, error
