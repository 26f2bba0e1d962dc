"""IR functions as readable Python source, and that source as functions."""

from s2sgrad.emit.compile import compile_module
from s2sgrad.emit.module import Module, emit

__all__ = ["Module", "compile_module", "emit"]
