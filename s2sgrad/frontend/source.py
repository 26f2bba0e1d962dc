"""The source of a function: its file's lines, and its node as a gast tree."""

from __future__ import annotations

import builtins
import linecache
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import CodeType, FunctionType
from typing import Any

import gast

from s2sgrad.errors import MissingSource, SourceChanged
from s2sgrad.frontend.definitions import find_definition
from s2sgrad.frontend.liveness import Liveness, analyse
from s2sgrad.frontend.private_names import mangle
from s2sgrad.stages import stage

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


@stage("source")
def find_source(fn: FunctionType) -> Source:
    """The source of a Python function. Raises :class:`MissingSource` where there is none."""
    key = (fn.__code__, fn.__code__.co_filename)  # equal code objects may stand in different files
    cached = _SOURCES.get(key)
    if cached is None:
        cached = _SOURCES[key] = _find(fn)
    return cached


_SOURCES: dict[tuple[CodeType, str], Source] = {}


def _find(fn: FunctionType) -> Source:
    code = fn.__code__
    linecache.checkcache(code.co_filename)
    lines = linecache.getlines(code.co_filename, fn.__globals__)
    if not lines:
        raise MissingSource(
            f"the source of `{fn.__qualname__}` cannot be found ({code.co_filename})",
            "define it in a file, or in a session that keeps its sources (IPython and Jupyter do)",
        )
    found = find_definition(code, lines)
    if found is None:
        raise MissingSource(
            f"the source of `{fn.__qualname__}` is not at {code.co_filename}:{code.co_firstlineno} any more",
            "reload the module: its file has changed since it was imported",
        )
    if not found.current:
        raise SourceChanged(
            f"`{fn.__qualname__}` was compiled from another text than {code.co_filename} holds now",
            "reload the module: its file has changed since it was imported",
        )
    tree = gast.ast_to_gast(found.node)
    if any("__" in line for line in lines[code.co_firstlineno - 1 : found.node.end_lineno]):
        mangle(tree, found.cls)
    return Source(tree, code.co_filename, lines, analyse(tree))


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
