"""IR functions as readable Python source, and that source as functions."""

from s2sgrad.emit.compile import compile_module, compile_source, source_filename
from s2sgrad.emit.module import Module, emit

__all__ = ["Module", "compile_module", "compile_source", "emit", "source_filename"]
