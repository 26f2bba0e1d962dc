"""Source as functions: registered with ``linecache``, so that tracebacks and pdb show it.

An error that comes out of emitted code carries a note that names the statement of the primal:

    File "<s2sgrad grad_f #1a2b3c4d>", line 3, in grad_f
      y = 1.0 / x
    ZeroDivisionError: float division by zero
    derived from model.py:12: y = 1.0 / x
"""

from __future__ import annotations

import builtins
import hashlib
import linecache
from collections.abc import Callable, Mapping
from inspect import CO_VARARGS, CO_VARKEYWORDS
from types import FunctionType, TracebackType
from typing import Any

from s2sgrad.errors import UnsupportedSyntax
from s2sgrad.ir.core import Stmt
from s2sgrad.stages import stage

#: For each emitted file, the statement of the primal that each line comes from.
_ORIGINS: dict[str, Mapping[int, Stmt]] = {}


def source_filename(name: str, source: str) -> str:
    """A pseudo filename that depends on the text only: ``<s2sgrad grad_f #1a2b3c4d>``."""
    return f"<s2sgrad {name} #{hashlib.sha256(source.encode()).hexdigest()[:8]}>"


@stage("Python's compiler")
def compile_source(
    source: str,
    filename: str,
    namespace: dict[str, object],
    name: str | None = None,
    lines: Mapping[int, Stmt] | None = None,
) -> FunctionType:
    """Run ``source`` in ``namespace`` (which becomes its globals) and return the function ``name``.

    Without a name, the last function defined. ``lines``: the statements of the primal that its lines come from.
    """
    _ORIGINS[filename] = lines or {}
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace.setdefault("__builtins__", builtins)
    namespace.setdefault("__name__", filename)
    before = set(namespace)
    try:
        code = compile(source, filename, "exec")
    except SyntaxError as error:  # such as "too many levels of indentation"
        raise UnsupportedSyntax(
            f"the code that is made for `{name or filename}` is nested more deeply than Python allows ({error.msg})",
            "move some of its loops or early returns into functions of their own",
        ) from None
    exec(code, namespace)
    if name is None:
        name = [key for key in namespace if key not in before and isinstance(namespace[key], FunctionType)][-1]
    function = namespace[name]
    assert isinstance(function, FunctionType)
    return function


def by_position(function: FunctionType) -> Callable[..., Any]:
    """``function`` with one argument for each of its parameters: a tuple for ``*args``, a dict for ``**kwargs``."""
    code = function.__code__
    if not (code.co_kwonlyargcount or code.co_flags & (CO_VARARGS | CO_VARKEYWORDS)):
        return function
    plain, only = code.co_argcount, code.co_kwonlyargcount
    names = code.co_varnames[plain : plain + only]
    many, rest = bool(code.co_flags & CO_VARARGS), bool(code.co_flags & CO_VARKEYWORDS)

    def call(*args: Any) -> Any:
        behind = args[plain:]
        starred = behind[0] if many else ()
        keywords = dict(zip(names, behind[many : many + only], strict=True))
        return function(*args[:plain], *starred, **keywords, **(behind[-1] if rest else {}))

    return call


def note_origin(error: BaseException) -> None:
    """Say in a note which statement of the primal an error in emitted code belongs to."""
    origin = None
    traceback: TracebackType | None = error.__traceback__
    while traceback is not None:
        lines = _ORIGINS.get(traceback.tb_frame.f_code.co_filename)
        if lines is not None:
            origin = lines.get(traceback.tb_lineno, origin)
        traceback = traceback.tb_next
    if origin is not None:
        note = f"derived from {origin.filename}:{origin.line}: {origin.text.strip()}"
        if note not in getattr(error, "__notes__", ()):
            error.add_note(note)
