"""Merging the loops of a block, and of their bodies."""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass, field

from s2sgrad.backends.fusion.checks import early
from s2sgrad.backends.fusion.effects import Effects, effects_of, is_entry_loop
from s2sgrad.backends.fusion.order import depends, may_merge
from s2sgrad.backends.fusion.places import Memory
from s2sgrad.backends.syntax import copied

#: How far back a loop looks for another: what is further away costs more to find than it gains.
_WINDOW = 120
_BLOCKS = ("body", "orelse", "finalbody")


@dataclass(slots=True)
class _Item:
    """A statement, and the comments in front of it."""

    statement: ast.stmt
    effects: Effects
    comments: list[ast.stmt] = field(default_factory=list)

    @property
    def loop(self) -> ast.For | None:
        return self.statement if isinstance(self.statement, ast.For) and is_entry_loop(self.statement) else None


def merged(block: list[ast.stmt], memory: Memory) -> list[ast.stmt]:
    """The statements of a block with fewer loops, and those of the blocks in it."""
    views = dict(memory.views)
    block = early(block, memory)
    changing = _assigned(block)
    items: list[_Item] = []
    comments: list[ast.stmt] = []
    for statement in block:
        if type(statement).__name__ == "Comment":
            comments.append(statement)
            continue
        memory.note(statement, changing)
        item = _Item(statement, effects_of(statement, memory.rank), comments)
        comments = []
        if item.loop is None:
            for name in _BLOCKS:
                inner = getattr(statement, name, None)
                if inner:
                    setattr(statement, name, merged(inner, memory))
        elif _joined(items, item, memory, changing):
            continue
        items.append(item)
    made: list[ast.stmt] = []
    for item in items:
        if item.loop is not None:
            item.loop.body = merged(item.loop.body, memory)
        made += [*item.comments, item.statement]
    memory.views = views
    return [*made, *comments]


def _joined(items: list[_Item], item: _Item, memory: Memory, changing: Collection[str]) -> bool:
    """Whether a loop has become part of one before it. What it needs goes before that one."""
    loop = item.loop
    assert loop is not None
    needed = [item]  # what has to be moved up, last first
    for at in range(len(items) - 1, max(-1, len(items) - _WINDOW), -1):
        other = items[at]
        if other.loop is not None and ast.dump(other.loop.iter) == ast.dump(loop.iter):
            same = _with_variable(item, other, memory)
            if same is None:
                return False
            free = not any(depends(other.effects, x.effects, memory, changing) for x in needed[1:])
            if free and may_merge(other.effects, same.effects, _variable(other), memory, changing):
                moved = needed[1:][::-1]
                kept = [x for x in items[at + 1 :] if x not in moved]
                assert same.loop is not None
                other.loop.body += [*item.comments, *same.loop.body]
                other.effects.add(same.effects)
                items[at:] = [*moved, other, *kept]
                return True
        if other.effects.barrier:
            return False
        if any(depends(other.effects, x.effects, memory, changing) for x in needed):
            needed.append(other)
    return False


def _variable(item: _Item) -> str:
    assert item.loop is not None and isinstance(item.loop.target, ast.Name)
    return item.loop.target.id


def _with_variable(item: _Item, other: _Item, memory: Memory) -> _Item | None:
    """A loop with the variable of another. A loop inside that has this variable gets the one that is free then."""
    old, new = _variable(item), _variable(other)
    if old == new:
        return item
    if new in item.effects.reads | item.effects.writes and new not in item.effects.inner:
        return None
    swapped: dict[str, ast.expr] = {old: ast.Name(new, ast.Load()), new: ast.Name(old, ast.Load())}
    made = copied(item.statement, swapped)
    return _Item(made, effects_of(made, memory.rank))


def _assigned(block: list[ast.stmt]) -> set[str]:
    """The variables that are assigned anywhere in a block."""
    found = (node for statement in block for node in ast.walk(statement))
    return {node.id for node in found if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
