"""Pieces of Python that code for Numba is made of."""

from __future__ import annotations

import ast
from collections.abc import Sequence


def assign(name: str, value: ast.expr) -> ast.stmt:
    return ast.Assign([ast.Name(name, ast.Store())], value)


def item(name: str, index: Sequence[ast.expr], context: ast.expr_context) -> ast.Subscript:
    where = index[0] if len(index) == 1 else ast.Tuple(list(index), ast.Load())
    return ast.Subscript(ast.Name(name, ast.Load()), where, context)


def axis_length(name: str, axis: int) -> ast.expr:
    found = ast.Attribute(ast.Name(name, ast.Load()), "shape", ast.Load())
    return ast.Subscript(found, ast.Constant(axis), ast.Load())


def loops(variables: Sequence[ast.expr], lengths: Sequence[ast.expr], body: list[ast.stmt]) -> list[ast.stmt]:
    for variable, length in zip(reversed(variables), reversed(lengths), strict=True):
        assert isinstance(variable, ast.Name)
        items = ast.Call(ast.Name("range", ast.Load()), [length], [])
        body = [ast.For(ast.Name(variable.id, ast.Store()), items, body, [])]
    return body


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


def substituted(tree: ast.expr, names: dict[str, ast.expr]) -> ast.expr:
    class Substitution(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return names.get(node.id, node)

    copied = ast.parse(ast.unparse(ast.fix_missing_locations(ast.Expression(tree))), mode="eval")
    found: ast.expr = Substitution().visit(copied).body
    return found
