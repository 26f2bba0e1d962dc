"""Pieces of Python that code for Numba is made of."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import TypeVar

Tree = TypeVar("Tree", bound=ast.AST)


def assign(name: str, value: ast.expr) -> ast.stmt:
    return ast.Assign([ast.Name(name, ast.Store())], value)


def item(name: str, index: Sequence[ast.expr], context: ast.expr_context) -> ast.Subscript:
    where = index[0] if len(index) == 1 else ast.Tuple(list(index), ast.Load())
    return ast.Subscript(ast.Name(name, ast.Load()), where, context)


def axis_length(name: str, axis: int) -> ast.expr:
    found = ast.Attribute(ast.Name(name, ast.Load()), "shape", ast.Load())
    return ast.Subscript(found, ast.Constant(axis), ast.Load())


def loops(variables: Sequence[ast.expr], lengths: Sequence[ast.expr], body: list[ast.stmt]) -> list[ast.stmt]:
    """A nest of loops over entries. An axis whose variable is a number has none."""
    for variable, length in zip(reversed(variables), reversed(lengths), strict=True):
        if not isinstance(variable, ast.Name):
            continue
        items = ast.Call(ast.Name("range", ast.Load()), [length], [])
        loop = ast.For(ast.Name(variable.id, ast.Store()), items, body, [])
        loop.over_entries = True  # type: ignore[attr-defined]
        body = [loop]
    return body


def integer(x: ast.expr) -> int | None:
    """The integer that an expression is written as, if it is one."""
    if isinstance(x, ast.UnaryOp) and isinstance(x.op, ast.USub):
        found = integer(x.operand)
        return None if found is None else -found
    return x.value if isinstance(x, ast.Constant) and type(x.value) is int else None


def plus(x: ast.expr, n: int) -> ast.expr:
    """``x + n`` for an integer ``x``, with the numbers at its end in one."""
    known = integer(x)
    if known is not None:
        total = known + n
        return ast.Constant(total) if total >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-total))
    if isinstance(x, ast.BinOp) and isinstance(x.op, (ast.Add, ast.Sub)):
        m = integer(x.right)
        if m is not None:
            return plus(x.left, n + (m if isinstance(x.op, ast.Add) else -m))
    if n == 0:
        return x
    return ast.BinOp(x, ast.Add() if n > 0 else ast.Sub(), ast.Constant(abs(n)))


def product(lengths: Sequence[ast.expr], axes: Sequence[int]) -> ast.expr:
    result = lengths[axes[0]]
    for k in axes[1:]:
        result = ast.BinOp(result, ast.Mult(), lengths[k])
    return result


def reads(value: ast.expr, name: str) -> bool:
    """Whether an expression has a variable of that name in it."""
    return any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(value))


def unequal(a: ast.expr, b: ast.expr) -> ast.stmt:
    """Raises where two lengths differ."""
    message = ast.Constant("operands could not be broadcast together")
    error = ast.Call(ast.Name("ValueError", ast.Load()), [message], [])
    return ast.If(ast.Compare(a, [ast.NotEq()], [b]), [ast.Raise(error)], [])


def copied(tree: Tree, names: Mapping[str, ast.expr] | None = None) -> Tree:
    """A tree that shares no nodes with another, with other expressions for some variables."""
    if isinstance(tree, ast.Name) and names is not None and tree.id in names:
        other = names[tree.id]
        return ast.Name(other.id, tree.ctx) if isinstance(other, ast.Name) else copied(other)  # type: ignore[return-value]
    made = type(tree).__new__(type(tree))
    for key, value in vars(tree).items():
        if isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
            value = copied(value, names)
        elif isinstance(value, list):
            value = [copied(item, names) if isinstance(item, ast.AST) else item for item in value]
        setattr(made, key, value)
    return made
