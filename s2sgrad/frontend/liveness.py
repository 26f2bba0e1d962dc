"""Which local variables may still be read after a statement: one backward walk over the function's tree.

    for i in range(n):        live at the loop's head: x, i's bound, …
        t = x * x             `t` is dead there: it is written before it is read
        x = x + t
    return x                  live after the loop: x

Joins and loops carry only live variables, so a temporary of one iteration never leaks into the next.
Names that nested functions read are always live.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import gast

from s2sgrad.frontend.mentions import mentions, mentions_of_all

Names = frozenset[str]


@dataclass(slots=True)
class Liveness:
    """``after[node]``: live when a compound statement is left; ``head[node]``: variables whose value at the start of
    an iteration matters to a loop's body (read before they are written, or kept on some path through it).

    ``assigned[node]``: names that a loop's target or body may assign; ``augmented[node]``: those of them that only
    augmented assignments name (``x += 1`` does not rebind an array). ``handlers[node]``: live where a `try` has caught
    something, or is left with it; ``final[node]``: what is read on the way out with an exception.
    """

    after: dict[Any, Names] = field(default_factory=dict)
    head: dict[Any, Names] = field(default_factory=dict)
    assigned: dict[Any, Names] = field(default_factory=dict)
    augmented: dict[Any, Names] = field(default_factory=dict)
    always: Names = frozenset()
    handlers: dict[Any, Names] = field(default_factory=dict)
    final: dict[Any, Names] = field(default_factory=dict)


def analyse(function: Any, *, keep_all: bool = False) -> Liveness:
    """The liveness of a function's compound statements. ``keep_all``: what it binds is read afterwards (in a class)."""
    result = Liveness()
    if isinstance(function, gast.Lambda):
        return result
    found = mentions_of_all(function.body)
    result.always = frozenset(found.inner)
    kept = frozenset(found.stores) if keep_all else frozenset()
    _Walker(result).block(function.body, result.always | kept, frozenset(), frozenset())
    return result


def _loads(node: Any) -> Names:
    """The names that are read in a node, by augmented assignments too."""
    return frozenset(mentions(node).loads)


class _Walker:
    def __init__(self, result: Liveness) -> None:
        self.result = result
        self.raising: Names = frozenset()  # live where an exception leads, which any statement may raise
        self.looking_ahead = False  # whether it is only asked what is live at the beginning
        self.jumps: dict[Any, frozenset[type]] = {}  # whether a `break` or `continue` leads out of a statement

    def block(self, stmts: list[Any], after: Names, on_break: Names, on_continue: Names) -> Names:
        live = after
        for stmt in reversed(stmts):
            live = self.statement(stmt, live | self.raising, on_break, on_continue) | self.raising
        return live

    def jumped_to(self, stmt: Any, on_break: Names, on_continue: Names) -> Names:
        """What is live where a `break` or `continue` in a statement leads: the state is joined behind the statement."""
        jumps = self.jumps_of(stmt)
        breaking = on_break if gast.Break in jumps else frozenset()
        return breaking | on_continue if gast.Continue in jumps else breaking

    def jumps_of(self, n: Any) -> frozenset[type]:
        if isinstance(n, (gast.Break, gast.Continue)):
            return frozenset({type(n)})
        if isinstance(n, (gast.For, gast.While)):
            inside = n.orelse
        elif isinstance(n, (gast.If, gast.With, gast.Try, gast.ExceptHandler, gast.Match, gast.match_case)):
            inside = gast.iter_child_nodes(n)
        else:
            return frozenset()
        if n not in self.jumps:
            self.jumps[n] = frozenset().union(*map(self.jumps_of, inside))
        return self.jumps[n]

    def statement(self, stmt: Any, after: Names, on_break: Names, on_continue: Names) -> Names:
        result = self.result
        if isinstance(stmt, gast.If):
            result.after[stmt] = after | self.jumped_to(stmt, on_break, on_continue)
            then = self.block(stmt.body, after, on_break, on_continue)
            orelse = self.block(stmt.orelse, after, on_break, on_continue)
            return then | orelse | _loads(stmt.test)
        if isinstance(stmt, gast.Match):
            result.after[stmt] = after | self.jumped_to(stmt, on_break, on_continue)
            live = after
            for case in reversed(stmt.cases):
                guard = _loads(case.guard) if case.guard is not None else frozenset()
                live |= self.block(case.body, after, on_break, on_continue) | guard | _loads(case.pattern)
            return live | _loads(stmt.subject)
        if isinstance(stmt, (gast.For, gast.While)):
            return self.loop(stmt, after, on_break, on_continue)
        if isinstance(stmt, (gast.With, gast.Try)):
            result.after[stmt] = after | self.jumped_to(stmt, on_break, on_continue)
            return self.guarded(stmt, after, on_break, on_continue)
        if isinstance(stmt, (gast.Return, gast.Raise)):
            return result.always | _loads(stmt) | self.raising
        if isinstance(stmt, gast.Break):
            return on_break
        if isinstance(stmt, gast.Continue):
            return on_continue
        return (after - mentions(stmt).stores) | _loads(stmt) | result.always

    def loop(self, stmt: Any, after: Names, on_break: Names, on_continue: Names) -> Names:
        """Whether a variable is live at the head is decided by the body without it, and by its passing through: so
        one look at the body finds all of them, and the next says what follows inside."""
        result = self.result
        leaving = self.block(stmt.orelse, after, on_break, on_continue)
        header = _loads(stmt.test) if isinstance(stmt, gast.While) else frozenset()
        target = frozenset(mentions(stmt.target).stores) if isinstance(stmt, gast.For) else frozenset()
        head = leaving | header
        outer, self.looking_ahead = self.looking_ahead, True
        head |= self.block(stmt.body, head, after, head) - target
        self.looking_ahead = outer
        if not outer:
            entering = self.block(stmt.body, head, after, head)
            body = mentions_of_all(stmt.body if isinstance(stmt, gast.For) else [*stmt.body, stmt.test])
            result.after[stmt] = after | leaving
            result.head[stmt] = (entering - target) | header
            result.assigned[stmt] = target | body.stores
            rebound = mentions_of_all(stmt.body).rebound
            result.augmented[stmt] = frozenset(body.stores - rebound - target)
        return head | (_loads(stmt.iter) if isinstance(stmt, gast.For) else frozenset())

    def guarded(self, stmt: Any, after: Names, on_break: Names, on_continue: Names) -> Names:
        if isinstance(stmt, gast.With):
            live = self.block(stmt.body, after, on_break, on_continue)
            for item in stmt.items:
                live = (live - mentions(item).stores) | _loads(item)
            return live
        outer = self.raising
        final = self.block(stmt.finalbody, after, on_break, on_continue)
        if stmt.finalbody:
            self.raising = outer | mentions_of_all(stmt.finalbody).loads
        self.result.final[stmt] = self.raising
        handlers: Names = self.raising
        for handler in stmt.handlers:
            handlers |= self.block(handler.body, final, on_break | final, on_continue | final)
            if handler.type is not None:
                handlers |= _loads(handler.type)
        live = self.block(stmt.orelse, final, on_break | final, on_continue | final)
        self.result.after[stmt] |= live
        self.raising = self.result.handlers[stmt] = handlers
        live = self.block(stmt.body, live, on_break | final, on_continue | final)
        self.raising = outer
        return live | final
