"""Which variables are never negative: as an index, a negative number counts from the end."""

from __future__ import annotations

import ast
from collections.abc import Collection

from s2sgrad.backends.fusion.places import total


def naturals(body: list[ast.stmt]) -> frozenset[str]:
    """The variables that loops count up from 0 or down to it, and sums of them that are assigned once."""
    sources: dict[str, list[ast.AST]] = {}
    for statement in body:
        for node in ast.walk(statement):
            targets: list[ast.expr] = []
            if isinstance(node, ast.Assign):
                targets = node.targets
            elif isinstance(node, (ast.For, ast.AugAssign, ast.NamedExpr, ast.AnnAssign)):
                targets = [node.target]
            for target in targets:
                for part in ast.walk(target):
                    if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                        sources.setdefault(part.id, []).append(node if part is target else target)
    found: set[str] = set()
    while True:
        more = {name for name, nodes in sources.items() if all(_is_natural(node, found) for node in nodes)}
        if more <= found:
            return frozenset(found)
        found |= more


def _is_natural(source: ast.AST, known: Collection[str]) -> bool:
    match source:
        case ast.Assign(value=value):
            return _sum_is_natural(value, known)
        case ast.For(iter=ast.Call(func=ast.Name(id="range"), args=[_])):
            return True
        case ast.For(iter=ast.Call(func=ast.Name(id="range"), args=[start, _])):
            return _sum_is_natural(start, known)
        case ast.For(iter=ast.Call(func=ast.Name(id="range"), args=[start, stop, step])):
            by = total(step)
            if by is None or set(by) != {""}:
                return False
            last = total(stop)
            down = last is not None and set(last) == {""} and last[""] >= -1
            return down if by[""] < 0 else _sum_is_natural(start, known)
        case _:
            return False


def _sum_is_natural(x: ast.expr, known: Collection[str]) -> bool:
    found = total(x)
    return found is not None and all(n >= 0 and (name in known or name == "") for name, n in found.items())
