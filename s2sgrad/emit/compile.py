"""Emitted source as a function: registered with ``linecache``, so that tracebacks and pdb show it."""

from __future__ import annotations

import builtins
import hashlib
import linecache
from types import FunctionType

from s2sgrad.emit.module import Module


def source_filename(name: str, source: str) -> str:
    """A pseudo filename that depends on the text only: ``<s2sgrad grad_f #1a2b3c4d>``."""
    return f"<s2sgrad {name} #{hashlib.sha256(source.encode()).hexdigest()[:8]}>"


def compile_source(source: str, filename: str, namespace: dict[str, object], name: str | None = None) -> FunctionType:
    """Run ``source`` in ``namespace`` (which becomes its globals) and return the function ``name``.

    Without a name, the last function defined.
    """
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace.setdefault("__builtins__", builtins)
    namespace.setdefault("__name__", filename)
    before = set(namespace)
    exec(compile(source, filename, "exec"), namespace)
    if name is None:
        name = [key for key in namespace if key not in before and isinstance(namespace[key], FunctionType)][-1]
    function = namespace[name]
    assert isinstance(function, FunctionType)
    return function


def compile_module(module: Module) -> FunctionType:
    """The function of an emitted module, with imports run and captured variables as they are now."""
    namespace: dict[str, object] = dict(module.namespace)
    for line in module.imports:
        exec(line, namespace)
    for name, capture in module.captures.items():
        namespace[name] = capture.load()
    return compile_source(module.source, source_filename(module.name, module.source), namespace, module.name)
