"""Finding the source of a function: its file's lines, and its node as a gast tree.

The whole file is parsed once and kept by content; a function is then found by its first line and name, a
lambda by the exact position that its code object records, so that several on one line are told apart.
"""

from __future__ import annotations

import ast
import builtins
import linecache
import os
import textwrap
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import CodeType, FunctionType
from typing import Any

import gast

from s2sgrad.errors import MissingSource, SourceChanged
from s2sgrad.frontend.liveness import Liveness, analyse
from s2sgrad.frontend.private_names import mangle

FunctionNode = ast.FunctionDef | ast.Lambda


_LABELLED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "labelled") + os.sep
_QUEUES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "queues") + os.sep
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_STAND_INS = (_LABELLED, _QUEUES, os.path.join(_PACKAGE, "implicit_calls.py"))


@dataclass(slots=True)
class Source:
    """The source of one function: its gast node, and where it stands."""

    node: Any
    filename: str
    lines: list[str] = field(repr=False)
    liveness: Liveness = field(repr=False)

    @property
    def stands_in(self) -> bool:
        """Whether this is code of ours that stands for what the user called, and of which the user knows nothing."""
        return self.filename.startswith(_STAND_INS)

    @property
    def of_pandas(self) -> bool:
        """Whether this is a method of ours for objects of pandas."""
        return self.filename.startswith(_LABELLED)

    def text(self, node: Any) -> str:
        """A statement as its author wrote it, on one line (an ellipsis stands for what is too long)."""
        line = self.lines[node.lineno - 1] if 0 < node.lineno <= len(self.lines) else ""
        if node.lineno == node.end_lineno:
            return line.encode()[node.col_offset : node.end_col_offset].decode()
        first = line.encode()[node.col_offset :].decode().strip()
        if isinstance(node, (gast.If, gast.For, gast.While, gast.With)):
            return first
        rest = self.lines[node.lineno : node.end_lineno]
        if any("#" in part or '"""' in part or "'''" in part for part in (first, *rest)):
            return first + " …"
        rest[-1] = rest[-1].encode()[: node.end_col_offset].decode()
        joined = _joined([first, *(part.strip() for part in rest)])
        return joined if len(joined) <= _LONGEST else joined[:_LONGEST].rpartition(" ")[0] + " …"


_LONGEST = 90


def _joined(lines: list[str]) -> str:
    text = ""
    for line in filter(None, lines):
        line = line.removesuffix("\\").rstrip()
        glued = not text or text[-1] in "([{" or line[0] in ")]}"
        text = (text.rstrip(",") if line[0] in ")]}" else text) + ("" if glued else " ") + line
    return text


def find_source(fn: FunctionType) -> Source:
    """The source of a Python function. Raises :class:`MissingSource` where there is none."""
    key = (fn.__code__, fn.__code__.co_filename)  # equal code objects may stand in different files
    cached = _SOURCES.get(key)
    if cached is None:
        cached = _SOURCES[key] = _find(fn)
    return cached


_SOURCES: dict[tuple[CodeType, str], Source] = {}
_FILES: dict[tuple[str, int], dict[int, list[FunctionNode]]] = {}


def _find(fn: FunctionType) -> Source:
    code = fn.__code__
    linecache.checkcache(code.co_filename)
    lines = linecache.getlines(code.co_filename, fn.__globals__)
    if not lines:
        raise MissingSource(
            f"the source of `{fn.__qualname__}` cannot be found ({code.co_filename})",
            "define it in a file, or in a session that keeps its sources (IPython and Jupyter do)",
        )
    nodes = _functions_by_line(code.co_filename, lines).get(code.co_firstlineno, [])
    node = _match(code, nodes)
    if node is None:
        raise MissingSource(
            f"the source of `{fn.__qualname__}` is not at {code.co_filename}:{code.co_firstlineno} any more",
            "reload the module: its file has changed since it was imported",
        )
    if not _is_compiled_from(code, lines):
        raise SourceChanged(
            f"`{fn.__qualname__}` was compiled from another text than {code.co_filename} holds now",
            "reload the module: its file has changed since it was imported",
        )
    tree = gast.ast_to_gast(node)
    mangle(tree, _CLASSES.get(node, ""))
    return Source(tree, code.co_filename, lines, analyse(tree))


def _functions_by_line(filename: str, lines: list[str]) -> dict[int, list[FunctionNode]]:
    text = "".join(lines)
    key = (filename, hash(text))
    if key not in _FILES:
        index: dict[int, list[FunctionNode]] = {}
        pending: deque[tuple[ast.AST, str]] = deque([(ast.parse(_parseable(text), filename), "")])
        while pending:  # breadth first
            node, cls = pending.popleft()
            if isinstance(node, (ast.FunctionDef, ast.Lambda, ast.AsyncFunctionDef)):
                decorators = getattr(node, "decorator_list", [])
                first = min((node.lineno, *(d.lineno for d in decorators)))
                index.setdefault(first, []).append(node)  # type: ignore[arg-type]
                _CLASSES[node] = cls
            inner = node.name if isinstance(node, ast.ClassDef) else cls
            pending.extend((child, inner) for child in ast.iter_child_nodes(node))
        _FILES[key] = index
    return _FILES[key]


_CLASSES: dict[Any, str] = {}  # the class around each function


_CODES: dict[tuple[str, int], dict[tuple[str, int], list[CodeType]]] = {}


def _is_compiled_from(code: CodeType, lines: list[str]) -> bool:
    """Whether compiling these lines gives this code again (but for what test runners add to assertions)."""
    text = _parseable("".join(lines))
    key = (code.co_filename, hash(text))
    if key not in _CODES:
        index: dict[tuple[str, int], list[CodeType]] = {}
        pending = [compile(text, code.co_filename, "exec", dont_inherit=True)]
        while pending:
            found = pending.pop()
            index.setdefault((found.co_name, found.co_firstlineno), []).append(found)
            pending += [c for c in found.co_consts if isinstance(c, CodeType)]
        _CODES[key] = index
    if any(name.startswith("@") for name in (*code.co_names, *code.co_varnames)):
        return True
    return any(_same_code(code, other) for other in _CODES[key].get((code.co_name, code.co_firstlineno), ()))


def _same_code(a: CodeType, b: CodeType) -> bool:
    def constants(code: CodeType) -> list[str]:
        return [repr(c) for c in code.co_consts if not isinstance(c, CodeType)]

    return a.co_code == b.co_code and a.co_names == b.co_names and constants(a) == constants(b)


def _parseable(text: str) -> str:
    """A snippet of an interactive session may be indented as a whole: its lines keep their numbers."""
    first = next((line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")), "")
    return textwrap.dedent(text) if first[:1].isspace() else text


def _match(code: CodeType, nodes: list[FunctionNode]) -> FunctionNode | None:
    if code.co_name != "<lambda>":
        named = [n for n in nodes if getattr(n, "name", None) == code.co_name]
        return named[-1] if named else None
    lambdas = [n for n in nodes if isinstance(n, ast.Lambda)]
    if len(lambdas) <= 1:
        return lambdas[0] if lambdas else None
    positions = set(code.co_positions())
    for node in lambdas:
        body = node.body
        if (body.lineno, body.end_lineno, body.col_offset, body.end_col_offset) in positions:
            return node
    return None


@dataclass(frozen=True, slots=True)
class Scope:
    """How a function resolves the names that are not its own: closure cells, globals, builtins."""

    closure: Mapping[str, Any]
    globals: Mapping[str, Any]

    @staticmethod
    def of(fn: FunctionType) -> Scope:
        cells = dict(zip(fn.__code__.co_freevars, fn.__closure__ or (), strict=True))
        return Scope(cells, fn.__globals__)


BUILTINS: Mapping[str, Any] = vars(builtins)
