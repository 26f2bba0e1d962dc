"""IR functions as the text of a Python module."""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from inspect import Parameter
from typing import Protocol

from s2sgrad.emit.calls import is_written_specially
from s2sgrad.emit.constants import named_constants
from s2sgrad.emit.expressions import Expressions
from s2sgrad.emit.folding import Folding, fold
from s2sgrad.emit.naming import Naming
from s2sgrad.emit.printer import Comment, print_tree
from s2sgrad.emit.references import References
from s2sgrad.emit.statements import Statements
from s2sgrad.emit.undefined import copied_undefined
from s2sgrad.ir.core import (
    UNDEFINED,
    Block,
    Call,
    Capture,
    Const,
    For,
    Function,
    Operand,
    Stmt,
    Tree,
    Try,
    Value,
    While,
    With,
    blocks_of,
    leaves,
    operands_of,
    uses_in,
    walk,
)
from s2sgrad.ir.primitives import instance
from s2sgrad.ir.structures import NO_DERIVATIVE, Fields, is_made_by_call
from s2sgrad.ir.undefined import maybe_undefined
from s2sgrad.optimize.aliases import Aliases
from s2sgrad.stages import stage


@dataclass(slots=True)
class Module:
    """Emitted source.

    ``source``: the definitions; ``name``: of the function asked for. ``imports``: the import lines it needs.
    ``namespace``: objects that it names and that no import gives. ``captures``: names that are read from the primal's
    globals or closure. ``lines``: for each line of ``source`` (from 1), the primal statement it comes from.
    """

    name: str
    source: str
    imports: list[str]
    namespace: dict[str, object]
    captures: dict[str, Capture] = field(default_factory=dict)
    lines: dict[int, Stmt] = field(default_factory=dict)

    @property
    def depth(self) -> int:
        """How many levels the source is indented at most."""
        return max(len(line) - len(line.lstrip(" ")) for line in self.source.splitlines()) // 4

    @property
    def text(self) -> str:
        """The whole module: imports and definitions."""
        return "\n".join([*self.imports, "", "", self.source]) if self.imports else self.source


class Dialect(Protocol):
    """How a backend's text differs: what is folded, and how statements are printed."""

    def kinds(self, function: Function, folding: Folding) -> Callable[[Value], Hashable]: ...
    def unfolded(self, function: Function, folding: Folding) -> None: ...
    def statements(self, e: Expressions, folding: Folding, aliases: Aliases, uses: dict[Value, int]) -> Statements: ...
    def finished(self, body: list[ast.stmt], statements: Statements) -> list[ast.stmt]: ...


@stage("emission")
def emit(
    function: Function, *, name: str | None = None, comments: bool = True, dialect: Dialect | None = None
) -> Module:
    """The Python source of a function that has been through :func:`s2sgrad.optimize.inplace.inplace`.

    ``name``: of the ``def`` (the function's own by default). Functions that it calls are printed before it.
    """
    references = References()
    main = references.function(function, name)
    done: dict[Function, ast.FunctionDef] = {}
    pending = [function]
    while pending:
        current = pending.pop()
        if current in done:
            continue
        for callee in _callees(current):
            references.function(callee)
            pending.append(callee)
        done[current] = _definition(current, references, comments, dialect)
    tree = ast.Module(list(reversed(done.values())), [])
    source, lines = print_tree(tree)
    if references.primitives:
        preamble = "\n\n\n".join(references.primitives.values()) + "\n\n\n"
        shift = preamble.count("\n")
        source, lines = preamble + source, {line + shift: stmt for line, stmt in lines.items()}
    imports = sorted(line for line, used in references.imports.items() if f"{used}." in source)
    return Module(main, source, imports, references.namespace, references.captures, lines)


def _callees(function: Function) -> list[Function]:
    found: dict[Function, None] = {}
    for op in walk(function.body):
        if isinstance(op, Call):
            if isinstance(op.fn, Function):
                found[op.fn] = None
            for x in (*leaves(op.args), *leaves(op.kwargs)):
                if isinstance(x, Const) and isinstance(x.value, Function):
                    found[x.value] = None
    return list(found)


def _definition(function: Function, references: References, comments: bool, dialect: Dialect | None) -> ast.FunctionDef:
    _note(function, references)
    constants = named_constants(function, references)
    aliases = Aliases(function)
    folding = fold(function, aliases)
    if dialect is not None:
        dialect.unfolded(function, folding)
    naming = Naming(function, folding, references, *([dialect.kinds(function, folding)] if dialect is not None else []))
    undefined = maybe_undefined(function.body)
    e = Expressions(naming.names, folding.values, references, folding.unpacked, constants, undefined)
    uses = _count(function.body, naming.names)
    if dialect is not None:
        statements = dialect.statements(e, folding, aliases, uses)
    else:
        statements = Statements(e, folding, aliases.through, uses)
    statements.comments = comments
    statements.undefined = copied_undefined(function, naming.names, undefined)
    body = _body(function, statements, e, comments)
    if dialect is not None:
        body = dialect.finished(body, statements)
    body[:0] = [ast.Assign([ast.Name(n, ast.Store())], ast.Constant(v)) for n, v in e.printed_constants.items()]
    arguments = _arguments(function, e)
    if function.doc:
        body.insert(0, ast.Expr(ast.Constant(function.doc)))
    return ast.FunctionDef(references.function(function), arguments, body, [])


def _note(function: Function, references: References) -> None:
    """Name what the function calls before its variables are named, for those have to differ."""
    for capture in function.captures.values():
        references.capture(capture)
    e = Expressions({}, {}, references)
    for cls in _classes(function.out):
        _object(cls, {}, e)
    for op in walk(function.body):
        if isinstance(op, Call):
            _note_call(op, e)
        elif isinstance(op, For):
            references.expression(range)
            references.expression(reversed)
        elif isinstance(op, With):
            _note_call(op.context, e)
        elif isinstance(op, Try):
            for exception in op.exceptions:
                references.expression(exception)
    for x in uses_in(function.body):
        if isinstance(x, Const) and x is not UNDEFINED and not isinstance(x.value, (bool, int, str, type(None))):
            e.constant(x.value)


def _note_call(op: Call, e: Expressions) -> None:
    if not is_written_specially(op):
        e.references.expression(op.fn)


def _count(body: Block, names: Mapping[Value, str]) -> dict[Value, int]:
    """How often each value is read, not counting what is handed on to nothing."""
    counts: dict[Value, int] = {}

    def read(operands: Iterable[Operand]) -> None:
        for x in operands:
            if isinstance(x, Value):
                counts[x] = counts.get(x, 0) + 1

    def visit(block: Block, targets: list[Value] | None) -> None:
        for op in block.ops:
            read(operands_of(op))
            if isinstance(op, (For, While)):
                visit(op.body, op.carried)
            if isinstance(op, While):
                visit(op.cond, None)
            elif not isinstance(op, For):
                for inner in blocks_of(op):
                    visit(inner, op.results)
        results = block.results
        if targets is not None:
            results = [r for t, r in zip(targets, results, strict=True) if t in names]
        read(results if block.stop is None else [*results, block.stop])

    visit(body, None)
    return counts


def _arguments(function: Function, e: Expressions) -> ast.arguments:
    """The parameters of a ``def``, of the kinds that the primal's have."""
    spec = ast.arguments([], [], None, [], [], None, [])
    kinds = function.kinds or (Parameter.POSITIONAL_OR_KEYWORD,) * len(function.params)
    for param, kind in zip(function.params, kinds, strict=True):
        arg = ast.arg(e.names[param])
        name = param.name or ""
        default = _default(function.defaults[name], e) if name in function.defaults else None
        match kind:
            case Parameter.VAR_POSITIONAL:
                spec.vararg = arg
            case Parameter.VAR_KEYWORD:
                spec.kwarg = arg
            case Parameter.KEYWORD_ONLY:
                spec.kwonlyargs.append(arg)
                spec.kw_defaults.append(default)
            case _:
                (spec.posonlyargs if kind is Parameter.POSITIONAL_ONLY else spec.args).append(arg)
                spec.defaults = [*spec.defaults, default] if default is not None else []
    return spec


def _default(value: object, e: Expressions) -> ast.expr:
    if isinstance(value, tuple):
        return ast.Tuple([_default(item, e) for item in value], ast.Load())
    return e.constant(value)


def _body(function: Function, statements: Statements, e: Expressions, comments: bool) -> list[ast.stmt]:
    """The statements with the sections ``# forward`` and ``# backward``."""

    def leave(results: list[Operand]) -> ast.stmt:
        return ast.Return(_out(function.out, results, e))

    made = statements.returning(function.body, leave)
    if comments and any(op.adjoint for op in function.body.ops):
        first = next((k for k, statement in enumerate(made) if getattr(statement, "adjoint", False)), None)
        if first is not None and any(not isinstance(statement, Comment) for statement in made[:first]):
            while isinstance(made[first - 1], Comment):
                first -= 1
            made.insert(first, Comment("backward"))
            made.insert(0, Comment("forward"))
        elif first is None and len(made) > 2 and not _is_return_of_name(made[-1]):
            made[:] = [Comment("forward"), *made[:-1], Comment("backward"), made[-1]]
    return made


def _is_return_of_name(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Return) and isinstance(statement.value, (ast.Name, ast.Constant))


def _out(out: Tree, results: list[Operand], e: Expressions) -> ast.expr:
    if out is NO_DERIVATIVE:
        return ast.Constant(None)
    if isinstance(out, Fields):
        return _object(out.cls, {key.name: _out(item, results, e) for key, item in out.parts.items()}, e)
    if isinstance(out, int):
        return e.operand(results[out])
    if isinstance(out, dict):
        values = [_out(item, results, e) for item in out.values()]
        return ast.Dict([e.constant(key) for key in out], values)
    items = [_out(item, results, e) for item in out]
    return ast.List(items, ast.Load()) if isinstance(out, list) else ast.Tuple(items, ast.Load())


def _object(cls: type, items: dict[str, ast.expr], e: Expressions) -> ast.expr:
    """An object of its attributes."""
    made = e.references.expression(cls)
    keywords = [ast.keyword(name, item) for name, item in items.items()]
    if is_made_by_call(cls):
        return ast.Call(made, [], keywords)
    return ast.Call(e.references.expression(instance), [made], keywords)


def _classes(out: Tree) -> Iterator[type]:
    """The classes of the objects in a result."""
    if isinstance(out, Fields):
        yield out.cls
    parts = out.parts.values() if isinstance(out, Fields) else out.values() if isinstance(out, dict) else out
    for part in parts if not isinstance(out, int) and out is not NO_DERIVATIVE else ():
        yield from _classes(part)
