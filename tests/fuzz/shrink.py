"""Make a failing program small: delete and simplify while it still fails in the same way."""

from __future__ import annotations

import ast
import copy
import time
from collections.abc import Callable, Iterator

Edit = Callable[[], None]


def shrink(source: str, fails: Callable[[str], bool], seconds: float = 60.0) -> str:
    """The smallest program found for which ``fails`` still holds.

    Statements go first, large ones before small ones, then expressions are replaced by parts of them.
    """
    deadline = time.monotonic() + seconds
    best = ast.unparse(ast.parse(source))
    if not fails(best):
        return source
    tried: set[str] = {best}
    progress = True
    while progress and time.monotonic() < deadline:
        progress = False
        at = 0
        while time.monotonic() < deadline:
            smaller = _edited(best, at)
            if smaller is None:
                break
            if smaller in tried or len(smaller) >= len(best):
                at += 1
                continue
            tried.add(smaller)
            if fails(smaller):
                best, progress = smaller, True  # the same position now holds another edit
            else:
                at += 1
    return best


def _edited(source: str, k: int) -> str | None:
    """The program after its ``k``-th possible edit; None where there are no more."""
    tree = ast.parse(source)
    for n, edit in enumerate(_edits(tree)):
        if n == k:
            edit()
            return ast.unparse(ast.fix_missing_locations(tree))
    return None


def _edits(tree: ast.Module) -> Iterator[Edit]:
    yield from _statement_edits(tree)
    for parent in list(ast.walk(tree)):
        yield from _expression_edits(parent)


def _statement_edits(tree: ast.AST) -> Iterator[Edit]:
    for parent in list(ast.walk(tree)):
        for field in ("body", "orelse"):
            block = getattr(parent, field, None)
            if not isinstance(block, list):
                continue
            for statement in reversed(list(block)):
                if isinstance(statement, (ast.Import, ast.ImportFrom)):
                    continue
                inner = [
                    getattr(statement, name)
                    for name in ("body", "orelse")
                    if isinstance(getattr(statement, name, None), list)
                ]
                yield _replace(block, statement, [], field)
                if not isinstance(statement, ast.FunctionDef):
                    for body in inner:
                        if body:
                            yield _replace(block, statement, body, field)
                if isinstance(statement, ast.AugAssign):
                    yield _replace(block, statement, [ast.Assign([statement.target], statement.value)], field)


def _replace(block: list[ast.stmt], statement: ast.stmt, by: list[ast.stmt], field: str) -> Edit:
    def edit() -> None:
        at = block.index(statement)
        block[at : at + 1] = by
        if not block and field == "body":
            block.append(ast.Pass())

    return edit


def _expression_edits(parent: ast.AST) -> Iterator[Edit]:
    """Replace each expression under a node by each of its parts, or by a short constant."""
    for field, value in ast.iter_fields(parent):
        items = value if isinstance(value, list) else [value]
        for n, item in enumerate(items):
            if not isinstance(item, ast.expr) or isinstance(getattr(item, "ctx", ast.Load()), ast.Store):
                continue
            if isinstance(item, (ast.Name, ast.Constant)) and not isinstance(value, list):
                continue
            parts = [child for child in ast.iter_child_nodes(item) if isinstance(child, ast.expr)]
            if isinstance(item, ast.Call):
                parts = [*item.args, *(k.value for k in item.keywords)]
                if isinstance(item.func, ast.Attribute) and not isinstance(item.func.value, ast.Name):
                    parts.append(item.func.value)
            if isinstance(value, list) and len(value) > 1 and field in ("values", "args", "elts"):
                yield _delete(value, n)
            for part in [*parts, *([] if isinstance(item, (ast.Name, ast.Constant)) else [ast.Constant(0.5)])]:
                yield _put(parent, field, n if isinstance(value, list) else None, part)


def _delete(items: list[ast.expr], n: int) -> Edit:
    def edit() -> None:
        del items[n]

    return edit


def _put(parent: ast.AST, field: str, n: int | None, new: ast.expr) -> Edit:
    def edit() -> None:
        if n is None:
            setattr(parent, field, copy.deepcopy(new))
        else:
            getattr(parent, field)[n] = copy.deepcopy(new)

    return edit
