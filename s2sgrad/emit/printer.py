"""Python text from an AST: the fewest parentheses, comments, and the primal statement of every line."""

from __future__ import annotations

import ast
from io import StringIO

from astunparse import Unparser

from s2sgrad.ir.core import Stmt
from s2sgrad.stages import stage

_TUPLE, _LAMBDA, _TERNARY, _OR, _AND, _NOT, _COMPARE = range(7)
_BITOR, _BITXOR, _BITAND, _SHIFT, _SUM, _PRODUCT, _UNARY, _POWER, _ATOM = range(7, 16)

_BINARY = {
    ast.BitOr: ("|", _BITOR),
    ast.BitXor: ("^", _BITXOR),
    ast.BitAnd: ("&", _BITAND),
    ast.LShift: ("<<", _SHIFT),
    ast.RShift: (">>", _SHIFT),
    ast.Add: ("+", _SUM),
    ast.Sub: ("-", _SUM),
    ast.Mult: ("*", _PRODUCT),
    ast.MatMult: ("@", _PRODUCT),
    ast.Div: ("/", _PRODUCT),
    ast.FloorDiv: ("//", _PRODUCT),
    ast.Mod: ("%", _PRODUCT),
    ast.Pow: ("**", _POWER),
}
_UNARIES = {ast.USub: "-", ast.UAdd: "+", ast.Invert: "~", ast.Not: "not "}
_COMPARISONS = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
_LEVELS = {
    ast.Tuple: _TUPLE,
    ast.NamedExpr: _TUPLE,
    ast.Lambda: _LAMBDA,
    ast.IfExp: _TERNARY,
    ast.Compare: _COMPARE,
}


class Comment(ast.stmt):
    """A comment on a line of its own."""

    _fields = ("text",)

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


@stage("printing")
def print_tree(tree: ast.AST) -> tuple[str, dict[int, Stmt]]:
    """The text of a tree, and for each of its lines (from 1) the primal statement it comes from.

    Statements carry theirs as the attribute ``origin``.
    """
    out = StringIO()
    printer = Printer(tree, out)
    return out.getvalue().strip("\n") + "\n", printer.lines


class Printer(Unparser):  # type: ignore[misc]
    """astunparse's printer with Python's own precedences instead of parentheses everywhere."""

    def __init__(self, tree: ast.AST, file: StringIO) -> None:
        self.lines: dict[int, Stmt] = {}
        self._line = 0
        self._level = _TUPLE
        super().__init__(tree, file)

    def fill(self, text: str = "") -> None:
        self._line += 1
        super().fill(text)

    def write(self, text: str) -> None:
        self.f.write(text)

    def at(self, level: int, tree: ast.expr) -> None:
        """Print an expression, in parentheses if it binds less tightly than ``level``."""
        if _level(tree) < level:
            self.write("(")
            self.dispatch(tree)
            self.write(")")
        else:
            self.dispatch(tree)

    def items(self, trees: list[ast.expr]) -> None:
        for k, tree in enumerate(trees):
            if k:
                self.write(", ")
            self.at(_LAMBDA, tree)

    # -- statements --------------------------------------------------------------------------

    def body(self, statements: list[ast.stmt]) -> None:
        self.write(":")
        self._indent += 1
        for statement in statements:
            origin = getattr(statement, "origin", None)
            if origin is not None:
                self.lines[self._line + 1] = origin
            self.dispatch(statement)
        if all(isinstance(statement, Comment) for statement in statements):
            self.fill("pass")
        self._indent -= 1

    def _Module(self, tree: ast.Module) -> None:
        for k, statement in enumerate(tree.body):
            for _ in range(2 if k else 0):
                self._line += 1
                self.write("\n")
            self.dispatch(statement)

    def _Comment(self, tree: Comment) -> None:
        self.fill("# " + tree.text)

    def _FunctionDef(self, tree: ast.FunctionDef) -> None:
        self.fill(f"def {tree.name}(")
        self.dispatch(tree.args)
        self.write(")")
        self.body(tree.body)

    def _Expr(self, tree: ast.Expr) -> None:
        value = tree.value
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            self._docstring(value.value)
            return
        self.fill()
        self.at(_TUPLE, value)

    def _docstring(self, text: str) -> None:
        text = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
        lines = text.strip().split("\n")
        end = '"""' if not lines[-1].endswith('"') else ' """'
        if len(lines) == 1:
            self.fill('"""' + lines[0] + end)
            return
        self.fill('"""' + lines[0])
        for line in lines[1:]:
            if line.strip():
                self.fill(line.strip())
            else:
                self._line += 1
                self.write("\n")
        self.fill('"""')

    def _Assign(self, tree: ast.Assign) -> None:
        self.fill()
        for target in tree.targets:
            self.at(_TUPLE, target)
            self.write(" = ")
        self.at(_TUPLE, tree.value)

    def _AugAssign(self, tree: ast.AugAssign) -> None:
        self.fill()
        self.dispatch(tree.target)
        self.write(f" {_BINARY[type(tree.op)][0]}= ")
        self.at(_TUPLE, tree.value)

    def _Return(self, tree: ast.Return) -> None:
        self.fill("return")
        if tree.value is not None:
            self.write(" ")
            self.at(_TUPLE, tree.value)

    def _Raise(self, tree: ast.Raise) -> None:
        self.fill("raise")
        if tree.exc is not None:
            self.write(" ")
            self.dispatch(tree.exc)
        if tree.cause is not None:
            self.write(" from ")
            self.dispatch(tree.cause)

    def _Assert(self, tree: ast.Assert) -> None:
        self.fill("assert ")
        self.at(_LAMBDA, tree.test)
        if tree.msg is not None:
            self.write(", ")
            self.at(_LAMBDA, tree.msg)

    def _If(self, tree: ast.If) -> None:
        self.fill("if ")
        self.at(_LAMBDA, tree.test)
        self.body(tree.body)
        orelse = tree.orelse
        while len(orelse) == 1 and isinstance(orelse[0], ast.If):
            tree = orelse[0]
            self.fill("elif ")
            self.at(_LAMBDA, tree.test)
            self.body(tree.body)
            orelse = tree.orelse
        if orelse:
            self.fill("else")
            self.body(orelse)

    def _For(self, tree: ast.For) -> None:
        self.fill("for ")
        self.at(_TUPLE, tree.target)
        self.write(" in ")
        self.at(_TUPLE, tree.iter)
        self.body(tree.body)

    def _While(self, tree: ast.While) -> None:
        self.fill("while ")
        self.at(_LAMBDA, tree.test)
        self.body(tree.body)

    def _With(self, tree: ast.With) -> None:
        self.fill("with ")
        for k, item in enumerate(tree.items):
            if k:
                self.write(", ")
            self.at(_LAMBDA, item.context_expr)
            if item.optional_vars is not None:
                self.write(" as ")
                self.dispatch(item.optional_vars)
        self.body(tree.body)

    def _Try(self, tree: ast.Try) -> None:
        self.fill("try")
        self.body(tree.body)
        for handler in tree.handlers:
            self.fill("except ")
            assert handler.type is not None
            caught = handler.type
            if isinstance(caught, ast.Tuple):
                self.write("(")
                self.items(caught.elts)
                self.write(")")
            else:
                self.dispatch(caught)
            self.write(f" as {handler.name}" if handler.name else "")
            self.body(handler.body)

    def _arguments(self, tree: ast.arguments) -> None:
        plain = [*tree.posonlyargs, *tree.args]
        defaults: list[ast.expr | None] = [*[None] * (len(plain) - len(tree.defaults)), *tree.defaults]
        parts: list[tuple[str, ast.expr | None]] = [(a.arg, d) for a, d in zip(plain, defaults, strict=True)]
        if tree.posonlyargs:
            parts.insert(len(tree.posonlyargs), ("/", None))
        if tree.vararg is not None:
            parts.append((f"*{tree.vararg.arg}", None))
        elif tree.kwonlyargs:
            parts.append(("*", None))
        parts += [(a.arg, d) for a, d in zip(tree.kwonlyargs, tree.kw_defaults, strict=True)]
        if tree.kwarg is not None:
            parts.append((f"**{tree.kwarg.arg}", None))
        for k, (text, default) in enumerate(parts):
            self.write(", " if k else "")
            self.write(text)
            if default is not None:
                self.write("=")
                self.at(_LAMBDA, default)

    # -- expressions -------------------------------------------------------------------------

    def _BinOp(self, tree: ast.BinOp) -> None:
        symbol, level = _BINARY[type(tree.op)]
        power = level == _POWER
        self.at(_ATOM if power else level, tree.left)
        self.write(f" {symbol} ")
        self.at(_UNARY if power else level + 1, tree.right)

    def _UnaryOp(self, tree: ast.UnaryOp) -> None:
        self.write(_UNARIES[type(tree.op)])
        self.at(_level(tree), tree.operand)

    def _BoolOp(self, tree: ast.BoolOp) -> None:
        symbol, level = (" and ", _AND) if isinstance(tree.op, ast.And) else (" or ", _OR)
        for k, value in enumerate(tree.values):
            self.write(symbol if k else "")
            self.at(level + 1, value)

    def _Compare(self, tree: ast.Compare) -> None:
        self.at(_BITOR, tree.left)
        for op, right in zip(tree.ops, tree.comparators, strict=True):
            self.write(f" {_COMPARISONS[type(op)]} ")
            self.at(_BITOR, right)

    def _IfExp(self, tree: ast.IfExp) -> None:
        self.at(_OR, tree.body)
        self.write(" if ")
        self.at(_OR, tree.test)
        self.write(" else ")
        self.at(_TERNARY, tree.orelse)

    def _Call(self, tree: ast.Call) -> None:
        self.at(_ATOM, tree.func)
        self.write("(")
        self.items(tree.args)
        for k, keyword in enumerate(tree.keywords):
            self.write(", " if k or tree.args else "")
            self.write(f"{keyword.arg}=" if keyword.arg is not None else "**")
            self.at(_LAMBDA, keyword.value)
        self.write(")")

    def _Attribute(self, tree: ast.Attribute) -> None:
        number = isinstance(tree.value, ast.Constant) and isinstance(tree.value.value, int)
        if number:
            self.write("(")
        self.at(_ATOM, tree.value)
        self.write(")." if number else ".")
        self.write(tree.attr)

    def _Subscript(self, tree: ast.Subscript) -> None:
        self.at(_ATOM, tree.value)
        self.write("[")
        self.dispatch(tree.slice)
        self.write("]")

    def _Slice(self, tree: ast.Slice) -> None:
        for k, bound in enumerate((tree.lower, tree.upper, tree.step)):
            if k == 1 or (k == 2 and bound is not None):
                self.write(":")
            if bound is not None:
                self.at(_LAMBDA, bound)

    def _Tuple(self, tree: ast.Tuple) -> None:
        if not tree.elts:
            self.write("()")
            return
        self.items(tree.elts)
        if len(tree.elts) == 1:
            self.write(",")

    def _List(self, tree: ast.List) -> None:
        self.write("[")
        self.items(tree.elts)
        self.write("]")

    def _ListComp(self, tree: ast.ListComp) -> None:
        self.write("[")
        self.at(_LAMBDA, tree.elt)
        for part in tree.generators:
            self.write(" for ")
            self.dispatch(part.target)
            self.write(" in ")
            self.at(_OR, part.iter)
        self.write("]")

    def _JoinedStr(self, tree: ast.JoinedStr) -> None:
        """An f-string. Its expressions contain no strings: Python 3.11 allows no quotes of the same kind inside."""
        self.write("f'")
        for part in tree.values:
            if isinstance(part, ast.Constant):
                self.write(_escaped(str(part.value)))
                continue
            assert isinstance(part, ast.FormattedValue)
            self.write("{")
            self.at(_LAMBDA, part.value)
            if part.conversion != -1:
                self.write("!" + chr(part.conversion))
            if part.format_spec is not None:
                spec = part.format_spec
                assert isinstance(spec, ast.JoinedStr) and isinstance(spec.values[0], ast.Constant)
                self.write(":" + _escaped(str(spec.values[0].value)))
            self.write("}")
        self.write("'")

    def _Dict(self, tree: ast.Dict) -> None:
        self.write("{")
        for k, (key, value) in enumerate(zip(tree.keys, tree.values, strict=True)):
            assert key is not None
            self.write(", " if k else "")
            self.at(_LAMBDA, key)
            self.write(": ")
            self.at(_LAMBDA, value)
        self.write("}")

    def _Constant(self, tree: ast.Constant) -> None:
        self.write("..." if tree.value is Ellipsis else repr(tree.value))

    def _Name(self, tree: ast.Name) -> None:
        self.write(tree.id)


def _escaped(text: str) -> str:
    """A literal part of an f-string in single quotes."""
    quoted = repr(text + '"')[1:-2]  # the double quote makes repr choose single ones
    return quoted.replace("{", "{{").replace("}", "}}")


def _level(tree: ast.expr) -> int:
    if isinstance(tree, ast.BinOp):
        return _BINARY[type(tree.op)][1]
    if isinstance(tree, ast.UnaryOp):
        return _NOT if isinstance(tree.op, ast.Not) else _UNARY
    if isinstance(tree, ast.BoolOp):
        return _AND if isinstance(tree.op, ast.And) else _OR
    if isinstance(tree, ast.Tuple) and not tree.elts:
        return _ATOM
    return _LEVELS.get(type(tree), _ATOM)
