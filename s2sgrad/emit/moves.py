"""Assignments that happen at once: what a loop or a branch hands on.

[("a", b), ("b", a)]            a, b = b, a
[("a", b), ("b", c)]            a = b
                                b = c
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

Move = tuple[str, ast.expr]


def assign(target: str, value: ast.expr) -> ast.Assign:
    return ast.Assign([ast.Name(target, ast.Store())], value)


def parallel(moves: Sequence[Move]) -> list[ast.stmt]:
    """Statements that make all the assignments as though at once."""
    pending = [(target, value, _names(value)) for target, value in moves if not _is_name(value, target)]
    out: list[ast.stmt] = []
    while pending:
        for k, (target, value, _) in enumerate(pending):
            if not any(target in names for j, (_, _, names) in enumerate(pending) if j != k):
                out.append(assign(target, value))
                del pending[k]
                break
        else:
            targets: list[ast.expr] = [ast.Name(target, ast.Store()) for target, _, _ in pending]
            values = [value for _, value, _ in pending]
            out.append(ast.Assign([ast.Tuple(targets, ast.Store())], ast.Tuple(values, ast.Load())))
            break
    return out


def _is_name(value: ast.expr, name: str) -> bool:
    return isinstance(value, ast.Name) and value.id == name


def _names(value: ast.expr) -> frozenset[str]:
    return frozenset(node.id for node in ast.walk(value) if isinstance(node, ast.Name))
