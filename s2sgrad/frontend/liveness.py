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


_FUNCTIONS = (gast.FunctionDef, gast.Lambda, gast.AsyncFunctionDef)
_COMPREHENSIONS = (gast.ListComp, gast.SetComp, gast.DictComp, gast.GeneratorExp)


def analyse(function: Any, *, keep_all: bool = False) -> Liveness:
    """The liveness of a function's compound statements. ``keep_all``: what it binds is read afterwards (in a class)."""
    result = Liveness()
    if isinstance(function, gast.Lambda):
        return result
    nested = [n for stmt in function.body for n in gast.walk(stmt) if isinstance(n, (*_FUNCTIONS, gast.ClassDef))]
    result.always = frozenset(name for fn in nested for name in _loads(fn))
    walker = _Walker(result)
    kept = frozenset(name for stmt in function.body for name in stores(stmt)) if keep_all else frozenset()
    walker.block(function.body, result.always | kept, frozenset(), frozenset())
    return result


def _loads(node: Any) -> set[str]:
    """The names that are read in a node, by augmented assignments too."""
    nodes = list(gast.walk(node))
    named = {n.id for n in nodes if isinstance(n, gast.Name) and not isinstance(n.ctx, gast.Store)}
    return named | {n.target.id for n in nodes if isinstance(n, gast.AugAssign) and isinstance(n.target, gast.Name)}


def declarations(stmts: list[Any]) -> dict[str, str]:
    """The names that a function's statements declare ``global`` or ``nonlocal``, and which of the two."""
    found: dict[str, str] = {}
    pending = list(stmts)
    while pending:
        n = pending.pop()
        if isinstance(n, (gast.Global, gast.Nonlocal)):
            found |= dict.fromkeys(n.names, "global" if isinstance(n, gast.Global) else "nonlocal")
        elif not isinstance(n, (*_FUNCTIONS, gast.ClassDef)):
            pending.extend(gast.iter_child_nodes(n))
    return found


def stores(node: Any, augmented: bool = True) -> set[str]:
    """The names that a statement or expression may bind in its own scope, with or without augmented assignments."""
    found: set[str] = set()
    pending = [node]
    while pending:
        n = pending.pop()
        if isinstance(n, gast.Name) and isinstance(n.ctx, (gast.Store, gast.Del)):
            found.add(n.id)
        elif isinstance(n, (gast.FunctionDef, gast.ClassDef)):
            found.add(n.name)
            continue
        elif isinstance(n, (gast.MatchAs, gast.MatchStar)) and n.name is not None:
            found.add(n.name)
        elif isinstance(n, gast.MatchMapping) and n.rest is not None:
            found.add(n.rest)
        elif isinstance(n, gast.Lambda):
            continue
        elif isinstance(n, gast.AugAssign) and isinstance(n.target, gast.Name) and not augmented:
            pending.append(n.value)
            continue
        elif isinstance(n, (gast.Import, gast.ImportFrom)):
            found.update((a.asname or a.name).split(".")[0] for a in n.names)
        elif isinstance(n, _COMPREHENSIONS):
            found.update(w.target.id for w in gast.walk(n) if isinstance(w, gast.NamedExpr))
            continue
        pending.extend(gast.iter_child_nodes(n))
    return found


def _jumped_to(stmt: Any, on_break: Names, on_continue: Names) -> Names:
    """What is live where a `break` or `continue` in a statement leads: the state is joined behind the statement."""
    found: Names = frozenset()
    pending = list(gast.iter_child_nodes(stmt))
    while pending:
        n = pending.pop()
        if isinstance(n, gast.Break):
            found |= on_break
        elif isinstance(n, gast.Continue):
            found |= on_continue
        elif isinstance(n, (gast.If, gast.With, gast.Try, gast.ExceptHandler, gast.Match, gast.match_case)):
            pending.extend(gast.iter_child_nodes(n))
        elif isinstance(n, (gast.For, gast.While)):
            pending.extend(n.orelse)
    return found


class _Walker:
    def __init__(self, result: Liveness) -> None:
        self.result = result
        self.raising: Names = frozenset()  # live where an exception leads, which any statement may raise

    def block(self, stmts: list[Any], after: Names, on_break: Names, on_continue: Names) -> Names:
        live = after
        for stmt in reversed(stmts):
            live = self.statement(stmt, live | self.raising, on_break, on_continue) | self.raising
        return live

    def statement(self, stmt: Any, after: Names, on_break: Names, on_continue: Names) -> Names:
        result = self.result
        if isinstance(stmt, gast.If):
            result.after[stmt] = after | _jumped_to(stmt, on_break, on_continue)
            then = self.block(stmt.body, after, on_break, on_continue)
            orelse = self.block(stmt.orelse, after, on_break, on_continue)
            return then | orelse | _loads(stmt.test)
        if isinstance(stmt, gast.Match):
            result.after[stmt] = after | _jumped_to(stmt, on_break, on_continue)
            live = after
            for case in reversed(stmt.cases):
                guard = frozenset(_loads(case.guard)) if case.guard is not None else frozenset()
                live |= self.block(case.body, after, on_break, on_continue) | guard | _loads(case.pattern)
            return live | _loads(stmt.subject)
        if isinstance(stmt, (gast.For, gast.While)):
            return self.loop(stmt, after, on_break, on_continue)
        if isinstance(stmt, (gast.With, gast.Try)):
            result.after[stmt] = after | _jumped_to(stmt, on_break, on_continue)
            return self.guarded(stmt, after, on_break, on_continue)
        if isinstance(stmt, (gast.Return, gast.Raise)):
            return result.always | frozenset(_loads(stmt)) | self.raising
        if isinstance(stmt, gast.Break):
            return on_break
        if isinstance(stmt, gast.Continue):
            return on_continue
        return (after - frozenset(stores(stmt))) | _loads(stmt) | result.always

    def loop(self, stmt: Any, after: Names, on_break: Names, on_continue: Names) -> Names:
        result = self.result
        leaving = self.block(stmt.orelse, after, on_break, on_continue)
        header = frozenset(_loads(stmt.test)) if isinstance(stmt, gast.While) else frozenset()
        target = frozenset(stores(stmt.target)) if isinstance(stmt, gast.For) else frozenset()
        head = leaving | header
        while True:  # two or three rounds: liveness only grows
            entering = self.block(stmt.body, head, after, head)
            grown = head | (entering - target) | header
            if grown == head:
                break
            head = grown
        body = frozenset(name for s in stmt.body for name in stores(s))
        if isinstance(stmt, gast.While):
            body |= frozenset(stores(stmt.test))
        result.after[stmt] = after | leaving
        result.head[stmt] = (entering - target) | header
        result.assigned[stmt] = body | target
        rebound = frozenset(name for s in stmt.body for name in stores(s, augmented=False))
        result.augmented[stmt] = body - rebound - target
        return head | (frozenset(_loads(stmt.iter)) if isinstance(stmt, gast.For) else frozenset())

    def guarded(self, stmt: Any, after: Names, on_break: Names, on_continue: Names) -> Names:
        if isinstance(stmt, gast.With):
            live = self.block(stmt.body, after, on_break, on_continue)
            for item in stmt.items:
                live = (live - frozenset(stores(item))) | frozenset(_loads(item))
            return live
        outer = self.raising
        final = self.block(stmt.finalbody, after, on_break, on_continue)
        if stmt.finalbody:
            self.raising = outer | frozenset(n for s in stmt.finalbody for n in _loads(s))
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
