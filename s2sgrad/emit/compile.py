"""Emitted modules as functions."""

from __future__ import annotations

from types import FunctionType

from s2sgrad.emit.module import Module
from s2sgrad.sources import compile_source, source_filename


def compile_module(module: Module) -> FunctionType:
    """The function of an emitted module, with imports run and captured variables as they are now."""
    namespace: dict[str, object] = dict(module.namespace)
    for line in module.imports:
        exec(line, namespace)
    for name, capture in module.captures.items():
        namespace[name] = capture.load()
    filename = source_filename(module.name, module.source)
    return compile_source(module.source, filename, namespace, module.name, module.lines)
