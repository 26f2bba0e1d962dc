"""Checks of lengths, moved to where the lengths are known: behind them, loops over either may be merged.

n = x.shape[0]                         n = x.shape[0]
for i in range(n): …                   m = y.shape[0]
m = y.shape[0]                         if m != n:
for i in range(m): …           ──▶         raise ValueError(…)
if m != n:                             for i in range(n): …
    raise ValueError(…)                for i in range(n): …
"""

from __future__ import annotations

import ast
from dataclasses import replace

from s2sgrad.backends.fusion.effects import effects_of
from s2sgrad.backends.fusion.order import depends
from s2sgrad.backends.fusion.places import Memory
from s2sgrad.backends.syntax import copied


def early(block: list[ast.stmt], memory: Memory) -> list[ast.stmt]:
    """The statements of a block with its checks of lengths early, and one variable for lengths that are equal."""
    made: list[ast.stmt] = []
    equal: dict[str, ast.expr] = {}
    for statement in block:
        if equal:
            statement = copied(statement, equal)
        names = _checked(statement, memory)
        if names is None:
            made.append(statement)
            continue
        at = _place(statement, made, memory)
        made.insert(at, statement)
        first, second = names
        later = [n for n, s in enumerate(made[:at]) if _defines(s, second)]
        if not later or any(_defines(s, first) for s in made[later[-1] :]):
            first, second = second, first
        if not any(_defines(s, second) for s in made):
            continue  # of an outer block: its other uses stay as they are
        known = {second: ast.Name(first, ast.Load())}
        equal = {name: copied(x, known) for name, x in equal.items()} | known
        made[at + 1 :] = [copied(s, known) for s in made[at + 1 :]]
    return made


def _checked(statement: ast.stmt, memory: Memory) -> tuple[str, str] | None:
    """The two lengths that a statement raises for if they differ."""
    match statement:
        case ast.If(
            test=ast.Compare(left=ast.Name(id=a), ops=[ast.NotEq()], comparators=[ast.Name(id=b)]),
            body=[ast.Raise()],
            orelse=[],
        ) if a != b and memory.is_fixed(a) and memory.is_fixed(b):
            return a, b
    return None


def _place(check: ast.stmt, before: list[ast.stmt], memory: Memory) -> int:
    """How early a check may be done."""
    effects = effects_of(check, memory.rank)
    at = len(before)
    while at and not depends(replace(effects_of(before[at - 1], memory.rank), raises=False), effects, memory, ()):
        at -= 1
    return at


def _defines(statement: ast.stmt, name: str) -> bool:
    return isinstance(statement, ast.Assign) and any(
        isinstance(t, ast.Name) and t.id == name for t in statement.targets
    )
