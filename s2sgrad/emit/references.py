"""How the emitted text names what lives outside it: modules, functions, constants, captured variables.

NumPy's and the standard library's functions are written through an import (``np.linalg.norm``, ``math.sin``),
builtins by their names; what only exists in the user's program gets a readable name of its own in ``namespace``.
"""

from __future__ import annotations

import ast
import builtins
import dis
import inspect
import keyword
import math
import re
import sys
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from s2sgrad.ir.core import Capture, Function, Unhashable

_RESERVED = frozenset({*keyword.kwlist, "True", "False", "None", "_"})
_IMPORTABLE = frozenset({*sys.stdlib_module_names, "numpy", "scipy"}) - {"__main__", "builtins"}

_KEPT = ("abs", "bool", "complex", "range", "reversed", "slice")
_PUBLIC = {"_operator": "operator", "_functools": "functools", "_bisect": "bisect"}


class References:
    """The outside names of one module. ``taken`` maps every name in use to what it means."""

    def __init__(self) -> None:
        self.imports: dict[str, str] = {}
        self.namespace: dict[str, object] = {}
        self.captures: dict[str, Capture] = {}
        self.functions: dict[Function, str] = {}
        self.primitives: dict[str, str] = {}
        self.taken: dict[str, object] = {name: getattr(builtins, name) for name in _KEPT} | {"np": np}
        self._names: dict[int, tuple[object, ast.expr | None]] = {}

    # -- names -------------------------------------------------------------------------------

    def unique(self, hint: str) -> str:
        """A name that means nothing else yet."""
        hint = identifier(hint)
        name, n = hint, 2
        while name in self.taken or name in _RESERVED:
            name, n = f"{hint}_{n}", n + 1
        return name

    def is_free(self, name: str) -> bool:
        return name not in self.taken and name not in _RESERVED

    def function(self, function: Function, hint: str | None = None) -> str:
        """The name of another function of this module."""
        name = self.functions.get(function)
        if name is None:
            name = self.functions[function] = self.unique(hint or function.name)
            self.taken[name] = function
        return name

    def capture(self, capture: Capture) -> str:
        """The name of a captured variable: its own, if nothing else has it."""
        for name, other in self.captures.items():
            if other.place == capture.place:
                return name
        name = self.unique(capture.name)
        self.captures[name] = self.taken[name] = capture
        return name

    def bind(self, value: object, hint: str) -> str:
        """A name for an object that the text cannot spell."""
        name = self.unique(hint)
        self.namespace[name] = self.taken[name] = value
        return name

    # -- expressions -------------------------------------------------------------------------

    def expression(self, value: object) -> ast.expr:
        """An expression for a callable, a module, a class or another object from outside."""
        if isinstance(value, Function):
            return ast.Name(self.function(value), ast.Load())
        if isinstance(value, Unhashable):
            value = value.fn
        if isinstance(value, MethodType):
            return _attribute(self.expression(value.__self__), value.__name__)
        known = self._names.get(id(value))
        if known is None:
            known = self._names[id(value)] = (value, self._find(value))
        assert known[1] is not None
        return known[1]

    def _find(self, value: object) -> ast.expr:
        if isinstance(value, ModuleType):
            return self._module(value) if _root(value.__name__) in _IMPORTABLE else self._bound(value)
        name = getattr(value, "__name__", None)
        if isinstance(name, str):
            if getattr(builtins, name, None) is value:
                self.taken.setdefault(name, value)
                return ast.Name(name, ast.Load())
            if isinstance(value, FunctionType) and _is_written_out(value):
                return self._written_out(value)
            found = self._in_module(value, name)
            if found is not None:
                return found
        if type(value).__module__.startswith("numpy."):  # np.r_
            for public, known in vars(np).items():
                if known is value:
                    return self.numpy(public)
        if type(value).__module__.startswith("scipy.stats."):  # scipy.stats.norm
            stats = sys.modules["scipy.stats"]
            for public, known in vars(stats).items():
                if known is value:
                    return _attribute(self._module(stats), public)
        return self._bound(value)

    def _in_module(self, value: object, name: str) -> ast.expr | None:
        owner = getattr(value, "__self__", None)
        if isinstance(owner, np.ufunc) and isinstance(value, BuiltinFunctionType):  # np.add.at
            return _attribute(self.expression(owner), name)
        own = getattr(value, "__module__", None)
        modules = [_PUBLIC.get(own, own) if isinstance(own, str) else None, "numpy"]
        if isinstance(own, str) and own.startswith("scipy."):
            modules.insert(0, own.partition("._")[0])  # where it is public
        if isinstance(value, np.ufunc) and "scipy.special" in sys.modules:
            modules.append("scipy.special")
        qualified = getattr(value, "__qualname__", name)
        for module_name in modules:
            module = sys.modules.get(module_name) if module_name is not None else None
            if module is None or _root(module.__name__) not in _IMPORTABLE or "<" in qualified:
                continue
            for path in dict.fromkeys((qualified, name)):
                if _resolve(module, path) is value:
                    return _attribute(self._module(module), path)
        return None

    def _module(self, module: ModuleType) -> ast.expr:
        name = module.__name__
        root, _, rest = name.partition(".")
        if root == "numpy":
            self._import("np", "import numpy as np", np)
            return _attribute(ast.Name("np", ast.Load()), rest) if rest else ast.Name("np", ast.Load())
        self._import(root, f"import {name}", sys.modules[root])
        return _attribute(ast.Name(root, ast.Load()), rest) if rest else ast.Name(root, ast.Load())

    def _import(self, name: str, line: str, module: ModuleType) -> None:
        self.imports[line] = name
        self.taken.setdefault(name, module)

    def numpy(self, path: str) -> ast.expr:
        """``np.path``."""
        return _attribute(self._module(np), path)

    def _written_out(self, function: FunctionType) -> ast.expr:
        """A function of ours is defined in the text itself, so that it needs no import."""
        name = function.__name__
        if self.taken.get(name) is not function:
            if not self.is_free(name):
                return self._bound(function)
            self.taken[name] = function
            source = inspect.getsource(function).rstrip()
            self.primitives[name] = source.replace(": Any = ", "=").replace(": Any", "").replace(" -> Any", "")
            if "np." in source:
                self._module(np)
            if "math." in source:
                self._module(math)
            for module in sorted(set(re.findall(r"scipy\.[a-z]+(?=\.)", source))):
                self._module(sys.modules[module])
        return ast.Name(name, ast.Load())

    def _bound(self, value: object) -> ast.expr:
        name = getattr(value, "__name__", None)
        if not isinstance(name, str):
            name = _lower(type(value).__name__)
        elif name == "<lambda>":
            name = "function"
        elif isinstance(value, ModuleType):
            name = name.rpartition(".")[2]
        return ast.Name(self.bind(value, name), ast.Load())


def _is_written_out(function: FunctionType) -> bool:
    """Whether a function is s2sgrad's own, and needs nothing but NumPy and SciPy."""
    loaded = {i.argval for i in dis.get_instructions(function) if i.opname == "LOAD_GLOBAL"}
    used = loaded & function.__globals__.keys()
    return function.__module__.startswith("s2sgrad.") and used <= {"np", "math", "scipy", function.__name__}


def identifier(hint: str) -> str:
    """A hint as a Python identifier."""
    name = "".join(c if c.isalnum() or c == "_" else "_" for c in hint)
    return name if name.isidentifier() else f"x_{name}" if f"x_{name}".isidentifier() else "x"


def _lower(name: str) -> str:
    return "array" if name == "ndarray" else name.lower()


def _root(name: str) -> str:
    return name.partition(".")[0]


def _resolve(module: ModuleType, path: str) -> object:
    found: Any = module
    for part in path.split("."):
        found = getattr(found, part, None)
    return found


def _attribute(base: ast.expr, path: str) -> ast.expr:
    for part in path.split("."):
        base = ast.Attribute(base, part, ast.Load())
    return base
