"""The names that a function's syntax mentions: one walk over each statement finds out all that is asked of it."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import gast


@dataclass(frozen=True, slots=True)
class Mentions:
    """What a statement or expression mentions.

    ``loads``: names that are read in it, by augmented assignments too. ``inner``: those that functions and classes in
    it read. ``stores``: names that it may bind in its own scope; ``rebound``: those of them that not only augmented
    assignments name. ``declared``: which names it declares ``global`` or ``nonlocal``; ``nonlocals``: those that
    functions in it do, too. ``called``: names that are called.
    """

    loads: set[str] = field(default_factory=set)
    inner: set[str] = field(default_factory=set)
    stores: set[str] = field(default_factory=set)
    rebound: set[str] = field(default_factory=set)
    declared: dict[str, str] = field(default_factory=dict)
    nonlocals: set[str] = field(default_factory=set)
    called: set[str] = field(default_factory=set)

    def add(self, other: Mentions) -> None:
        """Mention what another statement mentions, too."""
        self.loads.update(other.loads)
        self.inner.update(other.inner)
        self.stores.update(other.stores)
        self.rebound.update(other.rebound)
        self.declared.update(other.declared)
        self.nonlocals.update(other.nonlocals)
        self.called.update(other.called)

    def bind(self, name: str) -> None:
        self.stores.add(name)
        self.rebound.add(name)


_MENTIONS: dict[Any, Mentions] = {}


def mentions(node: Any) -> Mentions:
    """What a node mentions: not to be changed, for it is kept."""
    found = _MENTIONS.get(node)
    if found is None:
        found = _MENTIONS[node] = _walk(node)
    return found


def mentions_of_all(nodes: Iterable[Any]) -> Mentions:
    """What several statements mention."""
    found = Mentions()
    for node in nodes:
        found.add(mentions(node))
    return found


_FUNCTIONS = (gast.FunctionDef, gast.AsyncFunctionDef, gast.ClassDef, gast.Lambda)
_COMPREHENSIONS = (gast.ListComp, gast.SetComp, gast.DictComp, gast.GeneratorExp)

# Where a node stands: in the scope that is asked about (0), in a comprehension of it, in a function or class of it.
_COMPREHENSION, _FUNCTION = 1, 2


def _walk(root: Any) -> Mentions:
    found = Mentions()
    pending: list[tuple[Any, int]] = [(root, 0)]
    while pending:
        n, place = pending.pop()
        if isinstance(n, gast.Name):
            _name(found, n, place)
            if n.annotation is not None:
                pending.append((n.annotation, place))
            continue
        if isinstance(n, ast.stmt):
            if place == 0 and n is not root:
                found.add(mentions(n))
                continue
            _statement(found, n, place)
            if isinstance(n, gast.AugAssign) and isinstance(n.target, gast.Name):
                pending.append((n.value, place))
                continue
        elif isinstance(n, gast.Call):
            if isinstance(n.func, gast.Name):
                found.called.add(n.func.id)
        elif isinstance(n, gast.NamedExpr):
            if place & _COMPREHENSION and isinstance(n.target, gast.Name):
                found.bind(n.target.id)
        elif place == 0:
            _pattern(found, n)
        if isinstance(n, _FUNCTIONS):
            place |= _FUNCTION
        elif isinstance(n, _COMPREHENSIONS) and place == 0:
            place = _COMPREHENSION
        for child in vars(n).values():
            if isinstance(child, list):
                pending.extend([(item, place) for item in child if isinstance(item, ast.AST)])
            elif isinstance(child, ast.AST):
                pending.append((child, place))
    return found


def _name(found: Mentions, n: Any, place: int) -> None:
    if not isinstance(n.ctx, gast.Store):
        found.loads.add(n.id)
        if place & _FUNCTION:
            found.inner.add(n.id)
    if place == 0 and isinstance(n.ctx, (gast.Store, gast.Del)):
        found.bind(n.id)


def _statement(found: Mentions, n: Any, place: int) -> None:
    """Note what a statement does itself."""
    if isinstance(n, gast.AugAssign) and isinstance(n.target, gast.Name):
        found.loads.add(n.target.id)
        if place & _FUNCTION:
            found.inner.add(n.target.id)
        elif place == 0:
            found.stores.add(n.target.id)
    if isinstance(n, gast.Nonlocal):
        found.nonlocals.update(n.names)
    if isinstance(n, (gast.Global, gast.Nonlocal)) and not place & _FUNCTION:
        found.declared.update(dict.fromkeys(n.names, "global" if isinstance(n, gast.Global) else "nonlocal"))
    if place == 0 and isinstance(n, (gast.FunctionDef, gast.ClassDef)):
        found.bind(n.name)
    if place == 0 and isinstance(n, (gast.Import, gast.ImportFrom)):
        for alias in n.names:
            found.bind((alias.asname or alias.name).split(".")[0])


def _pattern(found: Mentions, n: Any) -> None:
    """Note what a pattern of ``match`` binds."""
    if isinstance(n, (gast.MatchAs, gast.MatchStar)) and n.name is not None:
        found.bind(n.name)
    elif isinstance(n, gast.MatchMapping) and n.rest is not None:
        found.bind(n.rest)
