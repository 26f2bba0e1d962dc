"""Stacks of numbers as arrays, where it is known how much they hold before the first loop that fills them.

    saved = []                    saved = np.empty(n * m)
    for i in range(n):            saved_top = 0
        for j in range(m):   ──▶  for i in range(n):
            …                         for j in range(m):
            saved.append(x)               …
                                          saved[saved_top] = x
                                          saved_top += 1
    x = saved.pop()               saved_top -= 1
                                  x = saved[saved_top]

A stack of tuples is one array for each place. One that is made anew in each iteration of a loop keeps its memory, which
is made anew only where it is too small:

    for k in range(m):                  saved = np.empty(0)
        saved = []               ──▶    for k in range(m):
        for i in range(n):                  saved_size = n
            …                               if saved.shape[0] < saved_size:
                                                saved = np.empty(saved_size)
                                            saved_top = 0

So does a list. All others stay lists: of code that may leave its loops, or that saves in
some iterations only, the array might be far too large, and one that grows is slower than a list.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from s2sgrad.backends.syntax import integer, plus
from s2sgrad.emit.expressions import Expressions
from s2sgrad.ir.core import Value
from s2sgrad.ir.types import ListOf, Scalar, TupleOf


@dataclass(frozen=True, slots=True)
class _Stack:
    arrays: tuple[str, ...]
    dtypes: tuple[np.dtype, ...]
    top: str
    of_tuples: bool
    before: ast.stmt
    capacity: ast.expr
    size: str
    around: ast.stmt | None  # the outermost loop that it is made anew in


def as_arrays(body: list[ast.stmt], e: Expressions, temporary: Callable[[str], str]) -> list[ast.stmt]:
    """The statements of a function, with arrays for the stacks of numbers in it."""
    dtypes = _item_types(e.names)
    stacks: dict[str, _Stack] = {}
    lists: dict[str, ast.stmt] = {}
    for name, kinds in dtypes.items():
        place = _place(name, body) if kinds is not None and _is_stack(name, body) else None
        if kinds is not None and place is not None:
            items, of_tuples = kinds
            arrays = [name if not of_tuples else temporary(f"{name}_{k}") for k in range(len(items))]
            top, size = temporary(f"{name}_top"), temporary(f"{name}_size")
            around = _outermost_loop(place[0], body)
            stacks[name] = _Stack(tuple(arrays), items, top, of_tuples, *place, size, around)
        elif _is_stack(name, body):
            made = [s for s in _statements(body) if _kind(s, name) == "empty"]
            loop = _outermost_loop(made[0], body) if len(made) == 1 else None
            if loop is not None:
                lists[name] = loop
    if not stacks and not lists:
        return body
    return _Rewriter(stacks, lists, e).block(body)


def _item_types(names: Mapping[Value, str]) -> dict[str, tuple[tuple[np.dtype, ...], bool] | None]:
    """For the names of lists, the dtypes of what one item holds, and whether it is a tuple; None if it is not so."""
    found: dict[str, tuple[tuple[np.dtype, ...], bool] | None] = {}
    lists = {name for value, name in names.items() if isinstance(value.type, ListOf)}
    for value, name in names.items():
        if name not in lists:
            continue
        kinds = _dtypes(value.type.item) if isinstance(value.type, ListOf) else None
        found[name] = kinds if found.get(name, kinds) == kinds else None
    return found


def _dtypes(item: Any) -> tuple[tuple[np.dtype, ...], bool] | None:
    if isinstance(item, Scalar):
        return (item.dtype,), False
    if isinstance(item, TupleOf) and item.items and all(isinstance(t, Scalar) for t in item.items):
        return tuple(t.dtype for t in item.items if isinstance(t, Scalar)), True
    return None


def _is_stack(name: str, body: list[ast.stmt]) -> bool:
    """Whether a name is only made empty, appended to and popped from."""
    uses = sum(isinstance(n, ast.Name) and n.id == name for s in body for n in ast.walk(s))
    known = sum(_kind(s, name) is not None for s in _statements(body))
    return uses > 0 and uses == known


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        yield statement
        for field in ("body", "orelse", "finalbody"):
            yield from _statements(getattr(statement, field, []))


def _kind(statement: ast.stmt, name: str) -> str | None:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target, value = statement.targets[0], statement.value
        if isinstance(target, ast.Name) and target.id == name:
            return "empty" if isinstance(value, ast.List) and not value.elts else None
        return "pop" if _method(value, name) == "pop" else None
    if isinstance(statement, ast.Expr):
        kind = _method(statement.value, name)
        return kind if kind in ("append", "pop") else None
    return None


def _method(value: ast.expr, name: str) -> str | None:
    """The method of a variable that is called."""
    called = value.func if isinstance(value, ast.Call) else None
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == name:
        return called.attr
    return None


def _place(name: str, body: list[ast.stmt]) -> tuple[ast.stmt, ast.expr] | None:
    """The loop that fills a stack, and how often it does; None unless that is known."""
    kinds = [kind for s in _statements(body) if (kind := _kind(s, name)) is not None]
    if kinds.count("empty") != 1 or kinds.count("append") != 1:
        return None
    block = _block_of(name, body)
    for statement in block or ():
        loops: list[ast.For] = []
        current: ast.stmt | None = statement
        while isinstance(current, ast.For):
            loops.append(current)
            if any(_kind(s, name) == "append" for s in current.body):
                return _counted(loops)
            inside = [s for s in current.body if any(_kind(t, name) == "append" for t in _statements([s]))]
            current = inside[0] if inside else None
    return None


def _block_of(name: str, body: list[ast.stmt]) -> list[ast.stmt] | None:
    """The statements among which a stack is made."""
    if any(_kind(s, name) == "empty" for s in body):
        return body
    for statement in body:
        for field in ("body", "orelse", "finalbody"):
            found = _block_of(name, getattr(statement, field, []))
            if found is not None:
                return found
    return None


def _outermost_loop(statement: ast.stmt, body: list[ast.stmt]) -> ast.stmt | None:
    """The outermost loop that a statement is in, if it is in one."""
    for outer in body:
        for s in _statements([outer]):
            if isinstance(s, (ast.For, ast.While)) and any(inner is statement for inner in _statements(s.body)):
                return s
    return None


def _counted(loops: list[ast.For]) -> tuple[ast.stmt, ast.expr] | None:
    """The outermost of some loops, and how often the innermost runs at most."""
    outer = loops[0]
    inner = [n for s in outer.body for n in ast.walk(s)]
    if any(isinstance(n, (ast.Break, ast.Return)) for n in inner):
        return None
    assigned = {n.id for n in inner if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    total: ast.expr | None = None
    lowest: dict[str, ast.expr] = {}
    highest: dict[str, ast.expr] = {}
    for loop in loops:
        bounds = _bounds(loop)
        if bounds is None:
            return None
        start, stop = _substituted(bounds[0], lowest), _substituted(bounds[1], highest)
        read = {n.id for x in (start, stop) for n in ast.walk(x) if isinstance(n, ast.Name)}
        if read & (assigned | {n.id for n in ast.walk(outer.target) if isinstance(n, ast.Name)}):
            return None
        first = integer(start)
        count = ast.BinOp(stop, ast.Sub(), start) if first is None else plus(stop, -first)
        count = ast.Call(_load("max"), [count, ast.Constant(0)], [])
        total = count if total is None else ast.BinOp(total, ast.Mult(), count)
        if isinstance(loop.target, ast.Name):
            lowest[loop.target.id] = start
            highest[loop.target.id] = plus(stop, -1)
    return None if total is None else (outer, total)


def _bounds(loop: ast.For) -> tuple[ast.expr, ast.expr] | None:
    """The first number of a loop over a range, or what is not above it, and what all numbers are below."""
    items = loop.iter
    if not (isinstance(items, ast.Call) and isinstance(items.func, ast.Name) and items.func.id == "range"):
        return None
    args = items.args
    if any(isinstance(n, ast.Call) and not _is_len(n) for x in args for n in ast.walk(x)):
        return None
    if len(args) == 1:
        return ast.Constant(0), args[0]
    if len(args) == 2:
        return args[0], args[1]
    step = args[2]
    if isinstance(step, ast.UnaryOp) and isinstance(step.op, ast.USub):  # downwards: from above the last to the first
        return plus(args[1], 1), plus(args[0], 1)
    return args[0], args[1]


def _substituted(x: ast.expr, given: Mapping[str, ast.expr]) -> ast.expr:
    """A sum with loop variables at their ends; other expressions as they are."""
    if isinstance(x, ast.Name):
        return given.get(x.id, x)
    if isinstance(x, ast.BinOp) and isinstance(x.op, (ast.Add, ast.Sub)):
        n = integer(x.right)
        if n is not None:
            return plus(_substituted(x.left, given), n if isinstance(x.op, ast.Add) else -n)
    return x


def _is_len(n: ast.AST) -> bool:
    return isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == "len"


class _Rewriter:
    def __init__(self, stacks: dict[str, _Stack], lists: dict[str, ast.stmt], e: Expressions) -> None:
        self.stacks = stacks
        self.lists = lists  # that are made anew in loops: they are cleared there
        self.e = e

    def block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        made: list[ast.stmt] = []
        for statement in body:
            for name, loop in self.lists.items():
                if loop is statement:
                    made.append(ast.Assign([_store(name)], ast.List([], ast.Load())))
            for stack in self.stacks.values():
                if stack.around is statement:
                    made += self._arrays(stack, ast.Constant(0))
                if stack.before is statement:
                    made += self._empty(stack)
            for field in ("body", "orelse", "finalbody"):
                inner = getattr(statement, field, None)
                if inner:
                    setattr(statement, field, self.block(inner))
            new = self._statement(statement)
            for attribute in ("origin", "adjoint"):
                if hasattr(statement, attribute):
                    for s in new:
                        setattr(s, attribute, getattr(statement, attribute))
            made += new
        return made

    def _statement(self, statement: ast.stmt) -> list[ast.stmt]:
        for name, stack in self.stacks.items():
            kind = _kind(statement, name)
            if kind == "empty":
                return []
            if kind == "append":
                assert isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
                return self._append(stack, statement.value.args[0])
            if kind == "pop":
                return self._pop(stack, statement)
        for name in self.lists:
            if _kind(statement, name) == "empty":
                return [ast.Expr(ast.Call(ast.Attribute(_load(name), "clear", ast.Load()), [], []))]
        return [statement]

    def _empty(self, stack: _Stack) -> list[ast.stmt]:
        clear: ast.stmt = ast.Assign([_store(stack.top)], ast.Constant(0))
        if stack.around is None:
            return [clear, *self._arrays(stack, stack.capacity)]
        too_small = ast.Compare(_shape(stack.arrays[0]), [ast.Lt()], [_load(stack.size)])
        return [
            clear,
            ast.Assign([_store(stack.size)], stack.capacity),
            ast.If(too_small, self._arrays(stack, _load(stack.size)), []),
        ]

    def _arrays(self, stack: _Stack, size: ast.expr) -> list[ast.stmt]:
        """Memory for so many items."""
        made: list[ast.stmt] = []
        for array, dtype in zip(stack.arrays, stack.dtypes, strict=True):
            kind = [] if dtype == np.float64 else [self.e._dtype(dtype)]
            empty = ast.Call(self.e.references.numpy("empty"), [size, *kind], [])
            made.append(ast.Assign([_store(array)], empty))
            size = _shape(stack.arrays[0])
        return made

    def _append(self, stack: _Stack, item: ast.expr) -> list[ast.stmt]:
        made: list[ast.stmt] = []
        if not stack.of_tuples:
            items = [item]
        elif isinstance(item, ast.Tuple):
            items = item.elts
        else:
            items = [ast.Subscript(item, ast.Constant(k), ast.Load()) for k in range(len(stack.arrays))]
        for array, value in zip(stack.arrays, items, strict=True):
            made.append(ast.Assign([ast.Subscript(_load(array), _load(stack.top), ast.Store())], value))
        return [*made, ast.AugAssign(_store(stack.top), ast.Add(), ast.Constant(1))]

    def _pop(self, stack: _Stack, statement: ast.stmt) -> list[ast.stmt]:
        made: list[ast.stmt] = [ast.AugAssign(_store(stack.top), ast.Sub(), ast.Constant(1))]
        if not isinstance(statement, ast.Assign):
            return made
        items: list[ast.expr] = [ast.Subscript(_load(array), _load(stack.top), ast.Load()) for array in stack.arrays]
        target = statement.targets[0]
        if not stack.of_tuples:
            return [*made, ast.Assign([target], items[0])]
        if isinstance(target, ast.Tuple):
            for part, item in zip(target.elts, items, strict=True):
                if not (isinstance(part, ast.Name) and part.id == "_"):
                    made.append(ast.Assign([part], item))
            return made
        return [*made, ast.Assign([target], ast.Tuple(items, ast.Load()))]


def _load(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())


def _store(name: str) -> ast.Name:
    return ast.Name(name, ast.Store())


def _shape(name: str) -> ast.expr:
    return ast.Subscript(ast.Attribute(_load(name), "shape", ast.Load()), ast.Constant(0), ast.Load())
