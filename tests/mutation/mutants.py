"""The faults: one small change of the text of a rule each.

A sign flipped, an operator swapped, a term dropped, a constant off by one, two arguments or results exchanged, a
conjugate or an option forgotten, a condition turned round.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

_OTHER: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_LOOKALIKE = {"sin": "cos", "cos": "sin", "sinh": "cosh", "cosh": "sinh", "exp": "exp2", "log": "log2"}
_TRANSPARENT = ("conj", "conjugate", "real", "swapaxes", "transpose", "negative", "sign", "abs", "triu", "tril")


@dataclass(frozen=True)
class Mutant:
    """One changed function. ``text``: that of its whole module, with the change."""

    module: str
    qualname: str
    line: int
    before: str
    after: str
    text: str

    @property
    def filename(self) -> str:
        return f"<mutant of {self.module}>"

    def __str__(self) -> str:
        return f"{self.module}.{self.qualname}:{self.line}: {self.before}  →  {self.after}"

    def code(self) -> CodeType:
        """The code of the changed function."""
        pending = [compile(self.text, self.filename, "exec", dont_inherit=True)]
        for code in pending:
            inside = [c for c in code.co_consts if isinstance(c, CodeType)]
            found = [c for c in inside if c.co_qualname == self.qualname and c.co_firstlineno <= self.line]
            if found:
                return found[-1]
            pending += inside
        raise LookupError(self)


def mutants_of(module: ModuleType, functions: dict[str, FunctionType]) -> Iterator[Mutant]:
    """Every mutant of these functions (by qualified name) of a module."""
    assert module.__file__ is not None
    text = Path(module.__file__).read_text()
    name = module.__name__.rpartition(".")[2]
    for qualname, node in _functions(ast.parse(text)):
        if qualname not in functions:
            continue
        for expr in _expressions(node):
            before = ast.get_source_segment(text, expr)
            assert before is not None
            for changed in dict.fromkeys(_changes(expr)):
                new = _replaced(text, expr, f"({changed})")
                if not _is_valid(new):  # a tuple of slices takes no parentheses
                    continue
                yield Mutant(name, qualname, expr.lineno, " ".join(before.split()), changed, new)


def _functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef | ast.Lambda]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            yield prefix + node.name, node
            yield from _functions(node, f"{prefix}{node.name}.<locals>.")
        else:
            yield from _functions(node, prefix)


def _expressions(function: ast.FunctionDef | ast.Lambda) -> Iterator[ast.expr]:
    """The expressions of a function's own statements, but for messages and those of functions inside."""
    pending: list[ast.AST] = [*function.body] if isinstance(function.body, list) else [function.body]
    while pending:
        node = pending.pop(0)
        if isinstance(node, (ast.FunctionDef, ast.Raise, ast.JoinedStr)):
            continue
        if isinstance(node, ast.expr):
            yield node
        pending[:0] = ast.iter_child_nodes(node)


def _changes(node: ast.expr) -> Iterator[str]:
    """The texts that one expression is replaced by."""
    match node:
        case ast.BinOp(left, op, right):
            if type(op) in _OTHER:
                yield ast.unparse(ast.BinOp(left, _OTHER[type(op)](), right))
            if isinstance(op, (ast.Add, ast.Sub, ast.Mult, ast.Div)):
                yield ast.unparse(left)
            if isinstance(op, (ast.Add, ast.Mult)):
                yield ast.unparse(right)
            if isinstance(op, ast.MatMult):
                yield ast.unparse(ast.BinOp(right, op, left))
        case ast.UnaryOp(ast.USub() | ast.Not() | ast.Invert(), operand):
            yield ast.unparse(operand)
        case ast.Constant(bool() as value):
            yield repr(not value)
        case ast.Constant(int() | float() as value):
            yield repr(value + 1)
            if value not in (0, 1):
                yield repr(-value)
        case ast.Compare(left, [op], [right]) if type(op) in _OPPOSITE:
            yield ast.unparse(ast.Compare(left, [_OPPOSITE[type(op)]()], [right]))
        case ast.BoolOp(op, values):
            other = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield ast.unparse(ast.BoolOp(other, values))
        case ast.IfExp(_, body, orelse):
            yield ast.unparse(body)
            yield ast.unparse(orelse)
        case ast.Tuple([first, second, *rest], ast.Load()):
            yield ast.unparse(ast.Tuple([second, first, *rest], ast.Load()))
        case ast.Call(func, args, keywords):
            name = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
            if name in _LOOKALIKE and isinstance(func, ast.Attribute):
                yield ast.unparse(ast.Call(ast.Attribute(func.value, _LOOKALIKE[name], ast.Load()), args, keywords))
            if name in _TRANSPARENT and args:
                yield ast.unparse(args[0])
            if len(args) >= 2 and not any(isinstance(a, ast.Starred) for a in args):
                swapped = [args[1], args[0], *args[2:]]
                yield ast.unparse(ast.Call(func, swapped, keywords))
            for k, keyword in enumerate(keywords):
                if keyword.arg is not None:
                    yield ast.unparse(ast.Call(func, args, [*keywords[:k], *keywords[k + 1 :]]))
        case ast.Attribute(value, "T"):
            yield ast.unparse(value)


def _is_valid(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def _replaced(text: str, node: ast.expr, new: str) -> str:
    lines = [line.encode() for line in text.splitlines(keepends=True)]
    assert node.end_lineno is not None
    head = lines[node.lineno - 1][: node.col_offset]
    tail = lines[node.end_lineno - 1][node.end_col_offset :]
    lines[node.lineno - 1 : node.end_lineno] = [head + new.encode() + tail]
    return b"".join(lines).decode()
