"""What to write where a rule is missing: the function's qualified name, and three lines that register a rule for it."""

from __future__ import annotations

import inspect
import sys
from typing import Any

import numpy as np

_LITERALS = (type(None), bool, int, float, str)


def qualified_name(fn: Any) -> str:
    """How a user knows a function: ``numpy.linalg.inv``, ``scipy.special.jv``, ``len``."""
    module = getattr(fn, "__module__", None)
    name = getattr(fn, "__qualname__", None) or getattr(fn, "__name__", None) or repr(fn)
    if isinstance(fn, np.ufunc):
        homes = ("numpy", "scipy.special")
        module = next((home for home in homes if getattr(sys.modules.get(home), name, None) is fn), module)
    owner = getattr(fn, "__self__", None)
    if type(owner).__module__.startswith("scipy.stats."):  # a method of a distribution
        stats = vars(sys.modules["scipy.stats"])
        module, name = "scipy.stats", next((f"{k}.{fn.__name__}" for k, known in stats.items() if known is owner), name)
    if isinstance(module, str):
        module = module.removeprefix("_")
    return f"{module}.{name}" if module and module != "builtins" else str(name)


def suggested_rule(fn: Any, mode: str) -> str:
    """What to do about a missing rule: three lines that register one, in the notation of :mod:`s2sgrad.rules.table`.

    ``mode``: "forward" or "reverse". An elementwise function gets the rule that serves both.
    """
    path = qualified_name(fn)
    path = "np" + path.removeprefix("numpy") if path.startswith("numpy.") else path
    name = path.rpartition(".")[2]
    name = name if name.isidentifier() else "f"
    parameters, names = _parameters(fn)
    if isinstance(fn, np.ufunc) and fn.nout == 1 and fn.signature is None:
        verb, head = "partials", f"{name}(y, {parameters})"
        result = f"{', '.join('...' for _ in names)}  # the derivatives by {', '.join(names)}"
    elif mode == "forward":
        verb, head = "jvp", f"{name}_jvp(dots, y, {parameters})"
        result = "...  # the tangent of y, from dots, those of the arguments"
    else:
        verb, head = "vjp", f"{name}_vjp(y_bar, y, {parameters})"
        which = "cotangent" if len(names) == 1 else "cotangents"
        result = f"{', '.join('...' for _ in names)}  # the {which} of {', '.join(names)}, or None"
    advice = "keep differentiated values out of the call, or register a rule for it"
    return f"{advice}:\n\nfrom s2sgrad import rules\n\n@rules.{verb}({path})\ndef {head}:\n    return {result}"


def _parameters(fn: Any) -> tuple[str, list[str]]:
    """The parameters of a function as text, and the names of those that are positional."""
    try:
        found = list(inspect.signature(fn).parameters.values())
    except (ValueError, TypeError):
        return "*args, **kwargs", ["the arguments"]
    if isinstance(fn, np.ufunc):
        found = [p for p in found if p.kind is p.POSITIONAL_ONLY]
    written, names, star = [], [], False
    for p in found:
        if p.name == "out":
            continue
        if p.kind is p.KEYWORD_ONLY and not star:
            written.append("*")
            star = True
        if p.kind is p.VAR_POSITIONAL:
            star = True
        prefix = "*" if p.kind is p.VAR_POSITIONAL else "**" if p.kind is p.VAR_KEYWORD else ""
        default = "" if p.default is p.empty else f"={p.default!r}" if type(p.default) in _LITERALS else "=None"
        written.append(f"{prefix}{p.name}{default}")
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.VAR_POSITIONAL):
            names.append(p.name)
    return ", ".join(written), names
