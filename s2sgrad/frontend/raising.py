"""Exceptions of the primal while it is lowered: what surely raises, and which `try` would catch it.

Where types or constants tell that the primal raises, :class:`PrimalRaises` travels to the handler that catches it, and
what lies between is not lowered at all. Where only running tells, each open `try` watches the operations that may raise
(:class:`Catching`): a handler is lowered for the state that there was before the body, so nothing that it can see may
have changed by then.
"""

from __future__ import annotations

from collections.abc import Callable

from s2sgrad.frontend.things import Cell, Thing
from s2sgrad.ir.core import Call, Op
from s2sgrad.ir.raising import Exceptions, escaping, meets, possible


class PrimalRaises(Exception):
    """The primal raises here: ``thing``, an exception of class ``cls``."""

    def __init__(self, cls: type[BaseException], thing: Thing) -> None:
        super().__init__(cls)
        self.cls = cls
        self.thing = thing


class Catching:
    """A `try` whose body is being lowered.

    ``changed``: tells what a handler could see that has changed since the `try` began (None: nothing); ``sees``: the
    name of a cell that a handler could see. What precedes ``first`` cannot raise, and so belongs in front of the `try`.
    ``unclean``: what had changed when something that may raise came.
    """

    def __init__(
        self, exceptions: Exceptions, changed: Callable[[], str | None], sees: Callable[[Cell], str | None]
    ) -> None:
        self.exceptions = exceptions
        self.changed = changed
        self.sees = sees
        self.begin: Callable[[Op], None] = lambda op: None  # called with the first operation that may raise
        self.check: Callable[[], None] = lambda: None  # called when operations have been taken back
        self.first: Op | None = None
        self.unclean: str | None = None

    def catches(self, cls: type[BaseException]) -> bool:
        return issubclass(cls, self.exceptions)


def watch(catching: list[Catching], op: Op) -> None:
    """Note an operation: whichever `try` may catch what it raises sees the state that there is now."""
    if not catching or not isinstance(op, Call):
        return
    raised = possible(op)
    for context in reversed(catching):
        if context.unclean is None and meets(raised, context.exceptions):
            if context.first is None:
                context.begin(op)
            context.unclean = context.changed()
        raised = escaping(raised, context.exceptions)


def note_torn(catching: list[Catching], cell: Cell) -> None:
    """Note that ``a /= b`` writes into an array. NumPy has written when it raises a floating-point error."""
    for context in reversed(catching):
        if meets((FloatingPointError,), context.exceptions):
            context.unclean = context.unclean or context.sees(cell)
        if context.catches(FloatingPointError):
            return


class Handling:
    """A handler that is being lowered: what it has caught. ``dynamic``: the emitted code has the handler, too."""

    def __init__(self, cls: type[BaseException] | None, thing: Thing, dynamic: bool) -> None:
        self.cls, self.thing, self.dynamic = cls, thing, dynamic
