"""Compiled derivatives that outlive the process: what identifies one, what is kept of it, and what it relied on.

The name of an entry is made without compiling anything, from what is asked for: the kind of derivative, the text of the
file that the primal stands in and where, the signature of the arguments, and the versions of all that had a part. What
else went in is only known after compiling, so the entry lists it, and is good only if all of it still holds:

    sources    other files whose functions were inlined, with the digests of their texts
    guards     names outside that were static, with the objects that they led to
    captures   variables outside that the code reads, with their signatures

What cannot be written down so that another process finds it again (closures, instances, rules of the user's) is not
kept.
"""

from __future__ import annotations

import linecache
import math
import os
import sys
from collections.abc import Callable, Iterable
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, TypeAlias

import numpy as np

from s2sgrad import cache
from s2sgrad.dispatch import Specialisation
from s2sgrad.ir.core import Capture, Guard, Stmt
from s2sgrad.signatures import NUMBERS, is_long
from s2sgrad.sources import compile_source, source_filename

Json: TypeAlias = Any

_LITERALS = (type(None), bool, int, float, str)
_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_INSTALLED = frozenset({*sys.stdlib_module_names, "numpy", "scipy", "s2sgrad"}) - {"__main__"}


class NotKept(Exception):
    """Something cannot be written down, or is not found again."""


def key_of(derivative: Any, args: tuple[Any, ...]) -> str | None:
    """The name of the entry for a derivative and the signature of arguments; None if there cannot be one."""
    if not cache.enabled() or _has_foreign_rules():
        return None
    try:
        signature = [signature_text(arg) for arg in args]
        return cache.key([*_described(derivative), *signature])
    except NotKept:
        return None


def keep(key: str, lowered: Any, module: Any) -> None:
    """Store what :func:`s2sgrad.pipeline.compile_derivative` made, if it can be."""
    if lowered.static:
        return
    try:
        expected = [guard.expected for guard in lowered.guards]
        files = [source.filename for source in lowered.sources]
        files += [file for value in (*expected, *module.namespace.values()) for file in _files_of(value)]
        payload = {
            "name": module.name,
            "source": module.source,
            "imports": module.imports,
            "namespace": {name: encode(value) for name, value in module.namespace.items()},
            "guards": [[_place(g.where), g.structure, _expectation(g.expected, g.structure)] for g in lowered.guards],
            "captures": {name: [_place(c), signature_text(c.load())] for name, c in module.captures.items()},
            "sources": [
                [file, _digest(file)] for file in dict.fromkeys(map(os.path.abspath, files)) if not _is_ours(file)
            ],
            "mutated": list(lowered.mutated),
            "lines": [[n, s.text, s.filename, s.line, s.column] for n, s in module.lines.items()],
        }
    except NotKept:
        return
    cache.store(key, payload)


def recall(key: str) -> Specialisation | None:
    """The code stored under a name, if all that it relies on is as it was."""
    payload = cache.load(key)
    if payload is None:
        return None
    try:
        if any(_digest(file) != digest for file, digest in payload["sources"]):
            return None
        guards = tuple(_guard(*entry) for entry in payload["guards"])
        captures = {name: _capture(*entry) for name, entry in payload["captures"].items()}
        namespace: dict[str, Any] = {name: decode(value) for name, value in payload["namespace"].items()}
        for line in payload["imports"]:
            exec(line, namespace)
        namespace |= {name: capture.load() for name, capture in captures.items()}
        lines = {n: Stmt(*stmt) for n, *stmt in payload["lines"]}
        name, source = payload["name"], payload["source"]
        function = compile_source(source, source_filename(name, source), namespace, name, lines)
    except (NotKept, ImportError, LookupError, AttributeError, TypeError, ValueError):
        return None
    return Specialisation(function, guards, captures, (), tuple(payload["mutated"]), source)


# -- what identifies an entry ------------------------------------------------------------------------


def _described(derivative: Any) -> list[str]:
    """A derivative, or the primal at the end of a chain of them."""
    if hasattr(derivative, "__s2sgrad_callee__"):
        options = (derivative.kind, derivative.argnums, derivative.has_aux, derivative.primals)
        return [repr(options), *_described(derivative.__wrapped__)]
    if isinstance(derivative, FunctionType):
        code = derivative.__code__
        if derivative.__closure__ or not os.path.isfile(code.co_filename):
            raise NotKept
        file = os.path.abspath(code.co_filename)
        position = repr(list(code.co_positions())) if code.co_name == "<lambda>" else str(code.co_firstlineno)
        defaults = [*(derivative.__defaults__ or ()), *(derivative.__kwdefaults__ or {}).values()]
        values = repr([value for value in defaults if type(value) in _LITERALS])
        return [derivative.__module__, derivative.__qualname__, file, position, values, _digest(code.co_filename)]
    return ["object", *_reference(derivative)]


def signature_text(x: Any) -> str:
    """The signature of an argument as a text. Raises :class:`NotKept` for objects that count as themselves."""
    t = type(x)
    if t in NUMBERS:
        return f"{t.__module__}.{t.__name__}"
    if t is np.ndarray:
        return f"{x.dtype.str}[{','.join('1' if n == 1 else ':' for n in x.shape)}]"
    if t is list and is_long(x):
        return "list of floats"
    if t is tuple or t is list:
        return f"{t.__name__}({','.join(map(signature_text, x))})"
    if t is dict:
        if not all(type(key) in _LITERALS for key in x):
            raise NotKept
        return f"dict({','.join(f'{key!r}:{signature_text(item)}' for key, item in x.items())})"
    if x is None or t is str:
        return repr(x)
    raise NotKept


def _has_foreign_rules() -> bool:
    """Whether someone else than s2sgrad has added derivative rules: their code goes into what is compiled."""
    table = sys.modules.get("s2sgrad.rules.table")
    if table is None:
        return False
    return any(table.is_foreign(rule.place) for rule in table.RULES.values())


# -- files -------------------------------------------------------------------------------------------


def _digest(filename: str) -> str:
    """The digest of a file's text, as the compiler reads it."""
    lines = linecache.getlines(filename)
    if not lines:
        raise NotKept
    return cache.digest_of("".join(lines))


def _is_ours(filename: str) -> bool:
    return os.path.abspath(filename).startswith(_PACKAGE)


def _files_of(value: Any) -> Iterable[str]:
    """The files that define what a function or class of the user's does."""
    if isinstance(value, FunctionType):
        classes: tuple[type, ...] = ()
        homes = [value.__module__]
    elif isinstance(value, type):
        classes = value.__mro__
        homes = [cls.__module__ for cls in classes]
    else:
        return []
    modules = [sys.modules.get(home) for home in homes if home.partition(".")[0] not in _INSTALLED]
    files = [getattr(module, "__file__", None) for module in modules]
    if any(file is None for file in files):
        raise NotKept
    return [file for file in files if file is not None]


# -- objects -----------------------------------------------------------------------------------------


def encode(value: Any) -> Json:
    """A value in JSON, so that :func:`decode` finds it again in another process. Raises :class:`NotKept`."""
    t = type(value)
    if t in _LITERALS and not (t is float and not math.isfinite(value)):
        return ["value", repr(value), value]  # equal values may differ: True and 1, 0.0 and -0.0
    if t is tuple:
        return ["tuple", *map(encode, value)]
    if isinstance(value, np.dtype) and value.isbuiltin == 1:
        return ["dtype", value.str]
    return ["object", *_reference(value)]


def decode(encoded: Json) -> Any:
    """What :func:`encode` has written down. Raises :class:`NotKept` if it is not there any more."""
    kind, *rest = encoded
    if kind == "value":
        return rest[1]
    if kind == "tuple":
        return tuple(map(decode, rest))
    if kind == "dtype":
        return np.dtype(rest[0])
    module, name, line = rest
    value = cache.resolve([module, name]) if _root(module) in _INSTALLED or module in sys.modules else None
    if value is None or _reference(value) != [module, name, line]:
        raise NotKept
    return value


def _reference(value: Any) -> list[str]:
    """Where an object is found, and the line of a function: one name may be defined on several."""
    if not isinstance(value, (ModuleType, FunctionType, BuiltinFunctionType, type, np.ufunc)) and not callable(value):
        raise NotKept
    found = cache.reference(value)
    if found is None:
        raise NotKept
    code = getattr(value, "__code__", None)
    return [*found, str(code.co_firstlineno) if code is not None else ""]


def _root(module: str) -> str:
    return module.partition(".")[0]


# -- places in the world outside -----------------------------------------------------------------------


def _place(where: Capture) -> Json:
    module = sys.modules.get(where.module) if where.module is not None else None
    if module is not None and vars(module) is where.root:
        root: Json = ["namespace", where.module]
    elif where.steps:
        root = encode(where.root)
    else:
        raise NotKept
    if any(type(key) not in (str, int) for _, key in where.steps):
        raise NotKept
    return [where.name, root, [list(step) for step in where.steps], where.module]


def _found_at(place: Json) -> Capture:
    name, root, steps, module = place
    if root[0] == "namespace":
        if root[1] not in sys.modules:
            raise NotKept
        found: Any = vars(sys.modules[root[1]])
    else:
        found = decode(root)
    return Capture(name, found, tuple((kind, key) for kind, key in steps), module)


def _expectation(value: Any, structure: bool) -> Json:
    if not structure:
        return encode(value)
    if type(value) not in (dict, list, tuple):
        raise NotKept
    return [type(value).__name__, encode(tuple(value)) if isinstance(value, dict) else len(value)]


def _guard(place: Json, structure: bool, expected: Json) -> Guard:
    where = _found_at(place)
    value = where.load()
    if _expectation(value, structure) != expected:
        raise NotKept
    return Guard(where, value, structure)


def _capture(place: Json, signature: str) -> Capture:
    where = _found_at(place)
    if signature_text(where.load()) != signature:
        raise NotKept
    return where


Compile: TypeAlias = Callable[[], tuple[Specialisation, Any, Any]]


def recalled_or(key: str | None, compile: Compile) -> Specialisation:
    """The code for a key, compiled and kept if it is not there."""
    found = recall(key) if key is not None else None
    if found is not None:
        return found
    made, lowered, module = compile()
    if key is not None:
        keep(key, lowered, module)
    return made
