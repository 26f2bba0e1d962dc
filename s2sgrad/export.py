"""Emitted code as a module of its own, which imports NumPy and what the primal's code refers to."""

from __future__ import annotations

import math

from s2sgrad.cache import reference
from s2sgrad.emit import Module
from s2sgrad.errors import S2SGradError, UnsupportedCall


def as_module(module: Module) -> str:
    """The text of a module that defines the emitted function.

    :raises UnsupportedCall: if the code refers to an object that no import statement can reach.
    """
    imports, constants = list(module.imports), []
    named = dict(module.namespace)
    for name, capture in module.captures.items():
        if capture.module is not None and capture.module != "__main__":
            imports.append(_import(capture.module, capture.steps[0][1], name))
            if len(capture.steps) > 1:
                constants.append(f"{name} = {name}{''.join(map(_step, capture.steps[1:]))}")
        else:
            named[name] = capture.load()
    for name, value in named.items():
        text = _literal(value)
        found = None if text is not None else reference(value)
        if text is not None:
            constants.append(f"{name} = {text}")
        elif isinstance(value, type) and issubclass(value, S2SGradError):
            constants.append(f"{name} = {_builtin_base(value).__name__}")
        elif found is not None and found[0] != "__main__" and "." not in found[1]:
            imports.append(_import(found[0], found[1], name))
        else:
            raise UnsupportedCall(
                f"`{name}` (of type `{type(value).__name__}`) cannot be imported, so {module.name} cannot be exported",
                "define it at the top level of a module",
            )
    head = "\n".join(sorted(imports))
    middle = "\n".join(constants)
    return "\n\n\n".join(part for part in (f"{head}\n\n{middle}".strip(), module.source.strip()) if part) + "\n"


def _builtin_base(error: type[S2SGradError]) -> type:
    """What an error of s2sgrad is to those who have not installed it."""
    return next(base for base in error.__mro__ if not issubclass(base, S2SGradError))


def _import(module: str, name: str, alias: str) -> str:
    renamed = "" if alias == (name or module) else f" as {alias}"
    return f"from {module} import {name}{renamed}" if name else f"import {module}{renamed}"


def _step(step: tuple[str, object]) -> str:
    kind, key = step
    return f"[{key!r}]" if kind == "item" else f".{key}"


def _literal(value: object) -> str | None:
    """The text of a number, a string, or a tuple of them."""
    if value is None or type(value) in (bool, int, str) or (type(value) is float and math.isfinite(value)):
        return repr(value)
    if type(value) is tuple:
        items = [_literal(item) for item in value]
        if all(item is not None for item in items):
            return f"({', '.join(map(str, items))}{',' if len(items) == 1 else ''})"
    return None
