"""Assignments that happen at once: what a loop or a branch hands on.

[("a", b), ("b", a)]            a, b = b, a
[("a", b), ("b", c)]            a = b
                                b = c
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Sequence
from heapq import heappop, heappush

Move = tuple[str, ast.expr]


def assign(target: str, value: ast.expr) -> ast.Assign:
    return ast.Assign([ast.Name(target, ast.Store())], value)


def parallel(moves: Sequence[Move]) -> list[ast.stmt]:
    """Statements that make all the assignments as though at once."""
    pending = {k: (t, v, _names(v) - {t}) for k, (t, v) in enumerate(moves) if not _is_name(v, t)}
    readers = Counter(name for _, _, names in pending.values() for name in names)
    assigned_by = {target: k for k, (target, _, _) in pending.items()}
    ready = [k for k, (target, _, _) in pending.items() if not readers[target]]  # sorted, so it is a heap
    out: list[ast.stmt] = []
    while ready:
        target, value, names = pending.pop(heappop(ready))
        out.append(assign(target, value))
        for name in names:
            readers[name] -= 1
            if not readers[name] and assigned_by.get(name) in pending:
                heappush(ready, assigned_by[name])
    if pending:
        targets: list[ast.expr] = [ast.Name(target, ast.Store()) for target, _, _ in pending.values()]
        values = [value for _, value, _ in pending.values()]
        out.append(ast.Assign([ast.Tuple(targets, ast.Store())], ast.Tuple(values, ast.Load())))
    return out


def _is_name(value: ast.expr, name: str) -> bool:
    return isinstance(value, ast.Name) and value.id == name


def _names(value: ast.expr) -> frozenset[str]:
    return frozenset(node.id for node in ast.walk(value) if isinstance(node, ast.Name))
