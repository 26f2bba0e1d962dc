"""``backend="numba"``: the derivative as loops, compiled to machine code.

The derivative in IR is the one that the NumPy backend prints. Its array statements are written as loops
(:mod:`s2sgrad.backends.loops`), calls that Numba lacks are replaced (:mod:`s2sgrad.backends.replacements`), and Numba
compiles the text. What stands around the numbers and arrays stays in Python: taking structured arguments apart, and
putting results together. What Numba cannot compile is refused, with the statement of the primal; it is never run.

The text is kept as a file in the cache directory, beside which Numba keeps the machine code: other processes load it.
"""

from __future__ import annotations

import importlib
import linecache
import re
import sys
import traceback
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from s2sgrad import cache
from s2sgrad.backends import loops
from s2sgrad.backends.calling import Path, around, flattened
from s2sgrad.backends.entries import rank_of
from s2sgrad.backends.expansions import expand_calls
from s2sgrad.backends.lists import one_type_each
from s2sgrad.backends.replacements import OVERLOADS, replace_calls
from s2sgrad.emit.module import Module, emit
from s2sgrad.entry import Body
from s2sgrad.errors import Location, MissingExtra, UnsupportedCall
from s2sgrad.ir.core import Call, Function, Stmt, Value, walk
from s2sgrad.ir.types import Array, DictOf, ListOf, Object, Scalar, TupleOf, Unknown
from s2sgrad.optimize.inplace import functions_called, inplace
from s2sgrad.optimize.pipeline import optimize
from s2sgrad.optimize.reciprocals import share_reciprocals
from s2sgrad.stages import stage
from s2sgrad.transforms.buffers import settle_buffers
from s2sgrad.transforms.checkpoints import without_checkpoints
from s2sgrad.transforms.custom_rules import without_rules

#: What Numba computes as NumPy does. It has no weak numbers: a float32 array times a Python float is of doubles.
_DTYPES = frozenset(map(np.dtype, (np.float64, np.int64, np.bool_, np.complex128)))


@stage("Numba")
def compile_function(
    function: Function,
    paths: Sequence[Path],
    arity: int,
    options: dict[str, Any],
    saved: Collection[int] = (),
    takes_saved: bool = False,
) -> tuple[Callable[..., Any], Module, Body]:
    """The compiled code of a derivative in IR over flat parameters.

    :param paths: where each parameter stands in the arguments.
    :param arity: how many arguments there are.
    :param options: of ``numba.njit``: ``parallel``, ``fastmath``, ``boundscheck``.
    :param saved: the numbers of the results that are there for other compiled code, of which that ``takes_saved``.
    :returns: what Numba made; the emitted module; and what calls it with the primal's arguments.
    :raises UnsupportedCall: where the code has something that Numba does not compile.
    :raises MissingExtra: if Numba is not installed.
    """
    _numba()
    settled = settle_buffers(optimize(without_checkpoints(without_rules(function))))
    flat, given, captures = flattened(settled, paths, takes_saved)
    flat = inplace(share_reciprocals(flat))
    for called in functions_called(flat):
        one_type_each(called)
        expand_calls(called)
        replace_calls(called)
        _check_types(called)
    module = emit(flat, dialect=loops)
    _import_ours(module)
    call = _compiled(module, options)
    return call, module, around(call, function, given, captures, arity, saved)


def _import_ours(module: Module) -> None:
    """Import what is overloaded for Numba, so that the text needs nothing that it does not name."""
    for name, value in list(module.namespace.items()):
        home, own = getattr(value, "__module__", ""), getattr(value, "__name__", "")
        if home in (OVERLOADS, "s2sgrad.backends.special") and getattr(sys.modules[home], own, None) is value:
            module.imports.append(f"from {home} import {own}" + (f" as {name}" if name != own else ""))
            del module.namespace[name]


# -- what is refused before Numba sees it ------------------------------------------------------------


def _check_types(function: Function) -> None:
    for x in function.params:
        _check_type(x, None)
    for op in walk(function.body):
        if isinstance(op, Call) and op.fn in (np.sort, np.argsort) and rank_of(op.args[0]) > 1:
            _refuse(f"a call of np.{op.fn.__name__} for several rows", "sort one row after the other", op.stmt)
        for x in op.results:
            _check_type(x, op.stmt)


def _check_type(x: Value, stmt: Stmt | None) -> None:
    t: Any = x.type
    while isinstance(t, ListOf):
        t = t.item
    if isinstance(t, TupleOf):
        for item in t.items:
            _check_type(Value(item, x.name), stmt)
    elif isinstance(t, (Array, Scalar)) and t.dtype not in _DTYPES:
        _refuse(
            f"`{x.name or 'a value'}` is of {t.dtype}",
            "pass float64: Numba computes with other types differently",
            stmt,
        )
    elif isinstance(t, DictOf):
        _refuse("a dict whose keys only running knows", "use a list, or an array, with an entry for each key", stmt)
    elif isinstance(t, Unknown):
        _refuse(
            f"what `{x.name or 'a value'}` is, only running tells", "make it a number or an array in all cases", stmt
        )
    elif isinstance(t, Object) and stmt is None:
        _refuse(f"`{x.name or 'an argument'}` is neither a number nor an array", 'use backend="numpy"', stmt)


def _refuse(what: str, remedy: str, stmt: Stmt | None) -> None:
    raise UnsupportedCall(
        f"{what}, which cannot be compiled for Numba", remedy, Location.of(stmt) if stmt is not None else None
    )


# -- Numba -------------------------------------------------------------------------------------------


def _numba() -> Any:
    try:
        return importlib.import_module("numba")
    except ImportError:
        raise MissingExtra('backend="numba" needs Numba', "pip install s2sgrad[numba]") from None


#: The modules that Numba compiles, by their files: errors of its compiler name lines of them.
_MODULES: dict[str, Module] = {}


def refusal(error: Exception) -> Exception:
    """What an error of Numba's compiler says about the primal; other errors are returned as they are."""
    if not isinstance(error, _numba().core.errors.NumbaError) and not _is_of_compiler(error):
        return error
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    found = re.findall(r'File "([^"]+)", line (\d+)|at (\S+) \((\d+)\)', text)
    places = [(a or c, int(b or d)) for a, b, c, d in found]
    filename, line = next(((f, n) for f, n in places if f in _MODULES), ("", 0))
    stmt = _MODULES[filename].lines.get(line) if filename else None
    lines = (line for line in text.splitlines() if line and not line.startswith("Failed in"))
    reason = next(lines, f"its compiler ends in {type(error).__name__}")
    emitted = linecache.getline(filename, line).strip()
    says = f"Numba does not compile {f'`{emitted}`' if emitted else 'the derivative'}: {reason.strip()}"
    return UnsupportedCall(says, 'use backend="numpy"', Location.of(stmt) if stmt is not None else None)


def _is_of_compiler(error: Exception) -> bool:
    """Whether an error was raised while Numba compiled, rather than by the code that runs."""
    frames = traceback.extract_tb(error.__traceback__)
    return any(frame.name == "_compile_for_args" and "numba" in frame.filename for frame in frames)


def explained(call: Callable[..., Any]) -> Callable[..., Any]:
    """``call``, with errors of Numba's compiler as what they say about the primal."""

    def run(*args: Any) -> Any:
        try:
            return call(*args)
        except Exception as error:
            said = refusal(error)
            if said is error:
                raise
            raise said from error

    return run


def _compiled(module: Module, options: dict[str, Any]) -> Any:
    numba = _numba()
    digest = _digest(module, options)
    kept = None if module.namespace else cache.kept_source(f"{module.name}_{digest}.py", module.text)
    filename = str(kept) if kept is not None else f"<s2sgrad {module.name} #{digest[:8]}, numba>"
    linecache.cache.setdefault(filename, (len(module.text), None, module.text.splitlines(True), filename))
    home = ModuleType(f"s2sgrad_emitted_{digest}")
    sys.modules[home.__name__] = home  # machine code from the disk asks for it by its name
    scope = vars(home)
    scope.update(module.namespace)
    exec(compile(module.text, filename, "exec"), scope)
    for name, value in list(scope.items()):
        if isinstance(value, FunctionType) and value.__code__.co_filename == filename:
            scope[name] = numba.njit(value, error_model="numpy", cache=kept is not None, **options)
    shift = module.text.count("\n", 0, module.text.index(module.source))
    _MODULES[filename] = replace(module, lines={line + shift: stmt for line, stmt in module.lines.items()})
    return scope[module.name]


def _digest(module: Module, options: dict[str, Any]) -> str:
    """What names the machine code: Numba itself looks at the file and at the types of the arguments only."""
    return cache.key([module.text, repr(sorted(options.items())), _numba().__version__])[:24]
