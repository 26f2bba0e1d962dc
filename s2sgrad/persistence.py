"""Compiled derivatives that outlive the process: what identifies one, what is kept of it, and what it relied on.

The name of an entry is made without compiling anything, from what is asked for: the kind of derivative, the text of the
file that the primal stands in and where, the signature of the arguments, and the versions of all that had a part. What
else went in is only known after compiling, so the entry lists it, and is good only if all of it still holds:

    sources    other files whose functions were inlined, with the digests of their texts
    guards     names outside that were static, with the objects that they led to
    captures   variables outside that the code reads, with their signatures

The same text goes with a derivative that is pickled, so that another process need not have the primal's source.

What cannot be written down so that another process finds it again (closures, instances, rules of the user's) is not
kept.
"""

from __future__ import annotations

import linecache
import math
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any, TypeAlias

import numpy as np

from s2sgrad import cache
from s2sgrad.dispatch import Specialisation, Text
from s2sgrad.ir.core import Absent, Capture, Guard, Present, Stmt
from s2sgrad.signatures import NUMBERS, repeated_number, signature_key
from s2sgrad.sources import by_position, compile_source, source_filename
from s2sgrad.stages import stage

Json: TypeAlias = Any

_LITERALS = (type(None), bool, int, float, str)
_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_INSTALLED = frozenset({*sys.stdlib_module_names, "numpy", "scipy", "s2sgrad"}) - {"__main__"}


class NotKept(Exception):
    """Something cannot be written down, or is not found again."""


@stage("cache")
def key_of(derivative: Any, args: tuple[Any, ...]) -> str | None:
    """The name of the entry for a derivative and the signature of arguments; None if there cannot be one."""
    if not cache.enabled() or _has_foreign_rules():
        return None
    try:
        signature = [signature_text(arg) for arg in args]
        return cache.key([*_described(derivative), *signature])
    except NotKept:
        return None


def written(made: Specialisation, primal: Any) -> dict[str, Any]:
    """A specialisation in JSON. Raises :class:`NotKept` if another process would not find again what it relies on.

    ``primal``: the function that it was compiled from; its own globals and closure are found wherever it is.
    """
    text = made.text
    if text is None or made.static or made.labels is not None:
        raise NotKept
    expected = [guard.expected for guard in made.guards]
    files = list(text.files)
    if primal is None:  # one that is brought along is checked by the code of its functions
        files += [file for value in (*expected, *text.namespace.values()) for file in _files_of(value)]
    return {
        "name": text.name,
        "source": made.source,
        "imports": list(text.imports),
        "namespace": {name: encode(value, primal) for name, value in text.namespace.items()},
        "guards": [
            [_place(g.where, primal), g.structure, _expectation(g.expected, g.structure, primal)] for g in made.guards
        ],
        "captures": {name: [_place(c, primal), signature_text(c.load())] for name, c in made.captures.items()},
        "sources": [[file, _digest(file)] for file in dict.fromkeys(map(os.path.abspath, files)) if not _is_ours(file)],
        "mutated": [list(place) for place in made.mutated],
        "lines": [[n, s.text, s.filename, s.line, s.column] for n, s in text.lines.items()],
    }


@stage("cache")
def keep(key: str, made: Specialisation) -> None:
    """Store what was compiled, if it can be."""
    with suppress(NotKept):
        cache.store(key, written(made, None))


@stage("cache")
def recall(key: str) -> Specialisation | None:
    """The code stored under a name, if all that it relies on is as it was."""
    payload = cache.load(key)
    if payload is None:
        return None
    try:
        if any(_digest(file) != digest for file, digest in payload["sources"]):
            return None
    except NotKept:
        return None
    return read(payload, None)


def packed(table: Mapping[Any, Specialisation], primal: Any) -> dict[str, Any]:
    """What has been compiled of a derivative so far, to go with it when it is pickled: by the texts of signatures."""
    found: dict[str, Any] = {}
    for key, made in table.items():
        with suppress(NotKept):
            found[_key_text(key)] = written(made, primal)
    return found


def brought(luggage: Mapping[str, Any], primal: Any, args: tuple[Any, ...]) -> Specialisation | None:
    """What another process has compiled for arguments like these, if all that it relies on is here, too.

    The files of its sources need not be there: that its functions are the same is seen from their code.
    """
    try:
        payload = luggage.get(_key_text(tuple(map(signature_key, args))))
    except NotKept:
        return None
    return None if payload is None else read(payload, primal)


def read(payload: dict[str, Any], primal: Any) -> Specialisation | None:
    """The specialisation that :func:`written` has put into JSON; None if what it relies on is not as it was."""
    try:
        guards = tuple(_guard(place, kind, what, primal) for place, kind, what in payload["guards"])
        captures = {name: _capture(place, what, primal) for name, (place, what) in payload["captures"].items()}
        namespace: dict[str, Any] = {name: decode(value, primal) for name, value in payload["namespace"].items()}
        for line in payload["imports"]:
            exec(line, namespace)
        namespace |= {name: capture.load() for name, capture in captures.items()}
        lines = {n: Stmt(*stmt) for n, *stmt in payload["lines"]}
        name, source = payload["name"], payload["source"]
        function = compile_source(source, source_filename(name, source), namespace, name, lines)
    except (NotKept, ImportError, LookupError, AttributeError, TypeError, ValueError):
        return None
    files = [file for file, _ in payload["sources"]]
    text = Text(name, payload["imports"], {n: namespace[n] for n in payload["namespace"]}, lines, files)
    return Specialisation(
        function, guards, captures, (), tuple(map(tuple, payload["mutated"])), source, by_position(function), text
    )


# -- what identifies an entry ------------------------------------------------------------------------


def _described(derivative: Any) -> list[str]:
    """A derivative, or the primal at the end of a chain of them."""
    if hasattr(derivative, "labels_of_arguments"):  # the code says nothing of the labels of its results
        raise NotKept
    if hasattr(derivative, "description"):
        return [repr(derivative.description), *_described(derivative.__wrapped__)]
    if isinstance(derivative, FunctionType):
        code = derivative.__code__
        if derivative.__closure__ or not os.path.isfile(code.co_filename):
            raise NotKept
        file = os.path.abspath(code.co_filename)
        position = repr(list(code.co_positions())) if code.co_name == "<lambda>" else str(code.co_firstlineno)
        defaults = [*(derivative.__defaults__ or ()), *(derivative.__kwdefaults__ or {}).values()]
        values = repr([value for value in defaults if type(value) in _LITERALS])
        text = [_digest(code.co_filename), _code_digest(code)]  # the file may have changed since it was imported
        return [derivative.__module__, derivative.__qualname__, file, position, values, *text]
    return ["object", *_reference(derivative)]


def signature_text(x: Any) -> str:
    """The signature of an argument as a text. Raises :class:`NotKept` for objects that count as themselves."""
    t = type(x)
    if t in NUMBERS:
        return f"{t.__module__}.{t.__name__}"
    if t is np.ndarray:
        return f"{x.dtype.str}[{','.join('1' if n == 1 else ':' for n in x.shape)}]"
    if t is list and (number := repeated_number(x)):
        return f"list of {signature_text(number())}"
    if t is tuple or t is list:
        return f"{t.__name__}({','.join(map(signature_text, x))})"
    if t is dict:
        if not all(type(key) in _LITERALS for key in x):
            raise NotKept
        return f"dict({','.join(f'{key!r}:{signature_text(item)}' for key, item in x.items())})"
    if x is None or t is str:
        return repr(x)
    raise NotKept


def _key_text(key: Any) -> str:
    """The key of a table of specialisations as a text. Raises :class:`NotKept` for objects that count as themselves."""
    if isinstance(key, tuple):
        return f"({','.join(map(_key_text, key))})"
    if isinstance(key, list):
        return f"[{','.join(map(_key_text, key))}]"
    if isinstance(key, type):
        return f"{key.__module__}.{key.__qualname__}"
    if isinstance(key, np.dtype):
        return key.str
    if key is None or isinstance(key, (bool, int, str, float)):
        return repr(key)
    raise NotKept


def _has_foreign_rules() -> bool:
    """Whether someone else than s2sgrad has added derivative rules: their code goes into what is compiled."""
    table = sys.modules.get("s2sgrad.rules.table")
    if table is None:
        return False
    return bool(table.DECLARED) or any(table.is_foreign(rule.place) for rule in table.RULES.values())


# -- files -------------------------------------------------------------------------------------------


def _digest(filename: str) -> str:
    """The digest of a file's text, as the compiler reads it."""
    linecache.checkcache(filename)
    lines = linecache.getlines(filename)
    if not lines:
        raise NotKept
    return cache.digest_of("".join(lines))


def _code_digest(code: CodeType) -> str:
    """The digest of what a function does: the same in every process that has compiled it from the same text."""
    constants = [_code_digest(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts]
    if any(isinstance(c, frozenset) for c in code.co_consts):  # its order depends on the process
        constants = []
    parts = (code.co_names, code.co_varnames, code.co_freevars, constants)
    return cache.digest_of(code.co_code.hex() + repr(parts))


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


def encode(value: Any, primal: Any = None) -> Json:
    """A value in JSON, so that :func:`decode` finds it again in another process. Raises :class:`NotKept`."""
    if primal is not None and value is primal:
        return ["primal"]
    name = value.__name__ if isinstance(value, FunctionType) else None
    if name is not None and _globals_of(primal).get(name) is value:
        return ["beside the primal", name]  # that its code is the same is a guard of its own
    t = type(value)
    if t in _LITERALS and not (t is float and not math.isfinite(value)):
        return ["value", repr(value), value]  # equal values may differ: True and 1, 0.0 and -0.0
    if t is tuple:
        return ["tuple", *(encode(item, primal) for item in value)]
    if isinstance(value, np.dtype) and value.isbuiltin == 1:
        return ["dtype", value.str]
    if isinstance(value, CodeType):
        return ["code", value.co_name, value.co_firstlineno, _code_digest(value)]
    if isinstance(value, FunctionType):  # one with a custom rule, say, of the same name
        line, holder = value.__code__.co_firstlineno, cache.resolve([value.__module__, value.__qualname__])
        if holder is not value and getattr(holder, "__wrapped__", None) is value:
            return ["wrapped", line, *_reference(holder)]
    return ["object", *_reference(value)]


def _globals_of(primal: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = getattr(primal, "__globals__", {})
    return found


def decode(encoded: Json, primal: Any = None) -> Any:
    """What :func:`encode` has written down. Raises :class:`NotKept` if it is not there any more."""
    kind, *rest = encoded
    if kind == "primal" and primal is not None:
        return primal
    if kind == "beside the primal" and rest[0] in _globals_of(primal):
        return _globals_of(primal)[rest[0]]
    if kind == "value":
        return rest[1]
    if kind == "tuple":
        return tuple(decode(item, primal) for item in rest)
    if kind == "dtype":
        return np.dtype(rest[0])
    if kind == "wrapped":
        line, *rest = rest
        function = getattr(decode(["object", *rest]), "__wrapped__", None)
        if not isinstance(function, FunctionType) or function.__code__.co_firstlineno != line:
            raise NotKept
        return function
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


def _place(where: Capture, primal: Any) -> Json:
    module = sys.modules.get(where.module) if where.module is not None else None
    cells = getattr(primal, "__closure__", None) or ()
    if primal is not None and where.root is _globals_of(primal):
        root: Json = ["globals"]
    elif any(where.root is cell for cell in cells):
        root = ["cell", next(k for k, cell in enumerate(cells) if where.root is cell)]
    elif module is not None and vars(module) is where.root:
        root = ["namespace", where.module]
    elif where.steps:
        root = encode(where.root, primal)
    else:
        raise NotKept
    if any(type(key) not in (str, int) for _, key in where.steps):
        raise NotKept
    return [where.name, root, [list(step) for step in where.steps], where.module]


def _found_at(place: Json, primal: Any) -> Capture:
    name, root, steps, module = place
    if root[0] == "globals":
        found: Any = primal.__globals__
    elif root[0] == "cell":
        found = primal.__closure__[root[1]]
    elif root[0] == "namespace":
        if root[1] not in sys.modules:
            raise NotKept
        found = vars(sys.modules[root[1]])
    else:
        found = decode(root, primal)
    return Capture(name, found, tuple((kind, key) for kind, key in steps), module)


def _expectation(value: Any, structure: bool, primal: Any) -> Json:
    if value is Absent or value is Present:
        return ["absent" if value is Absent else "present"]
    if not structure:
        return encode(value, primal)
    if type(value) not in (dict, list, tuple):
        raise NotKept
    return [type(value).__name__, encode(tuple(value)) if isinstance(value, dict) else len(value)]


def _guard(place: Json, structure: bool, expected: Json, primal: Any) -> Guard:
    where = _found_at(place, primal)
    if expected in (["absent"], ["present"]):
        owner = Capture(where.name, where.root, where.steps[:-1]).load()
        if hasattr(owner, where.steps[-1][1]) != (expected == ["present"]):
            raise NotKept
        return Guard(where, Present if expected == ["present"] else Absent)
    value = where.load()
    if _expectation(value, structure, primal) != expected:
        raise NotKept
    return Guard(where, value, structure)


def _capture(place: Json, signature: str, primal: Any) -> Capture:
    where = _found_at(place, primal)
    if signature_text(where.load()) != signature:
        raise NotKept
    return where


def recalled_or(key: str | None, compile: Callable[[], Specialisation]) -> Specialisation:
    """The code for a key, compiled and kept if it is not there."""
    found = recall(key) if key is not None else None
    if found is not None:
        return found
    made = compile()
    if key is not None:
        keep(key, made)
    return made
