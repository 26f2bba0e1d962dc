"""What the command line names: functions in files and modules, signatures, calls.

model.py:loss, pkg.model:Net.loss         a function
"W: f8[:,:], b: f8[1,:], n: int"          a signature: dtypes, and for each axis `:`, or 1 for a length of 1
"loss(np.ones((3, 2)), 2.0)"              a call: Python, evaluated in the function's own module
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from s2sgrad.arguments import axis_length, type_tree
from s2sgrad.callees import AnyCallee
from s2sgrad.errors import TargetError
from s2sgrad.ir.types import BOOL, COMPLEX, FLOAT, INT, UNKNOWN, Array, Scalar, Type

_PYTHON_NUMBERS = {"float": FLOAT, "int": INT, "bool": BOOL, "complex": COMPLEX}


@dataclass(frozen=True, slots=True)
class Target:
    """A function, and the module in whose names a call of it is written."""

    function: Callable[..., Any]
    module: ModuleType


def find_target(text: str) -> Target:
    """The function that ``FILE.py:FUNC`` or ``MODULE:FUNC`` names. Raises :class:`TargetError`."""
    place, colon, name = text.rpartition(":")
    if not (place and colon and name):
        raise TargetError(f"`{text}` names no function", "write FILE.py:FUNC or MODULE:FUNC")
    module = _load_file(Path(place)) if place.endswith(".py") else _load_module(place)
    found: Any = module
    for part in name.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            functions = [
                n for n, x in vars(module).items() if inspect.isfunction(x) and x.__module__ == module.__name__
            ]
            known = f"it defines {', '.join(functions)}" if functions else "it defines no functions"
            raise TargetError(f"there is no `{name}` in {place}", known) from None
    if not callable(found):
        raise TargetError(f"`{name}` in {place} is not a function", "name a function")
    return Target(found, module)


def _load_module(name: str) -> ModuleType:
    sys.path.insert(0, "")
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise TargetError(f"there is no module `{name}`", "give a file, or run where the module is found") from None
        raise
    finally:
        sys.path.remove("")


def _load_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise TargetError(f"there is no file {path}", "give the path of a Python file")
    spec = importlib.util.spec_from_file_location(path.stem, path.resolve())
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.resolve().parent))  # as `python FILE.py` does
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


# -- arguments -------------------------------------------------------------------------------------


def arguments_of_call(text: str, target: Target) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The values of the arguments of a call. Raises :class:`TargetError` if ``text`` is no call."""
    try:
        tree = ast.parse(text.strip(), "<--call>", "eval").body
    except SyntaxError as error:
        raise TargetError(f"`{text}` is not a call: {error.msg}", 'write --call "f(np.ones(3), 2.0)"') from None
    if not isinstance(tree, ast.Call):
        raise TargetError(f"`{text}` is not a call", 'write --call "f(np.ones(3), 2.0)"')
    names = {"np": np, "numpy": np, **vars(target.module), "_arguments": lambda *args, **kwargs: (args, kwargs)}
    tree.func = ast.copy_location(ast.Name("_arguments", ast.Load()), tree.func)
    try:
        values: tuple[tuple[Any, ...], dict[str, Any]] = eval(  # what the user wrote on the command line
            compile(ast.Expression(tree), "<--call>", "eval"), names
        )
    except Exception as error:
        raise TargetError(f"`{text}` cannot be evaluated: {type(error).__name__}: {error}", None) from error
    return values


def types_of_signature(text: str) -> dict[str, Type]:
    """The types that a signature gives to parameters."""
    types: dict[str, Type] = {}
    for item in filter(None, (part.strip() for part in re.split(r",(?![^\[]*\])", text))):
        match = re.fullmatch(r"(\w+)\s*:\s*([\w.]+)\s*(?:\[([\s\d,:]*)\])?", item)
        if match is None:
            raise TargetError(f"`{item}` is not a parameter with its type", 'write --sig "W: f8[:,:], x: f8, n: int"')
        name, kind, axes = match.groups()
        types[name] = _type(name, kind, axes)
    return types


def _type(name: str, kind: str, axes: str | None) -> Type:
    if axes is None and kind in _PYTHON_NUMBERS:
        return _PYTHON_NUMBERS[kind]
    try:
        dtype = np.dtype(kind)
    except TypeError:
        raise TargetError(f"`{kind}` is not a dtype", "write f8, f4, i8, c16, bool, or float and int") from None
    if axes is None:
        return Scalar(dtype)
    lengths = [axis.strip() for axis in axes.split(",")] if axes.strip() else []
    if any(n not in (":", "1") for n in lengths):
        raise TargetError(
            f"the axes [{axes}] of `{name}` are not all `:` or 1", "lengths other than 1 make no difference"
        )
    return Array(dtype, tuple(1 if n == "1" else axis_length(name, k) for k, n in enumerate(lengths)))


def assumed_arguments(callee: AnyCallee, types: dict[str, Type]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Arguments and type trees for a function of which only types are known.

    A parameter has the type given for it, or that of its annotation, or that of its default; otherwise it is a number
    or an array, and the code serves both.
    """
    unknown = [name for name in types if name not in callee.names]
    if unknown:
        raise TargetError(
            f"`{callee.name}` has no parameter `{unknown[0]}`", f"its parameters are {', '.join(callee.names)}"
        )
    args: list[Any] = []
    trees: list[Any] = []
    for i, parameter in enumerate(getattr(callee, "parameters", ())):
        if i < len(callee.prefix):
            args.append(callee.prefix[i])
            trees.append(type_tree(callee.prefix[i], parameter.name))
            continue
        default = None if parameter.default is parameter.empty else parameter.default
        if parameter.kind is parameter.VAR_POSITIONAL:
            default = ()
        elif parameter.kind is parameter.VAR_KEYWORD:
            default = {}
        args.append(default)
        if parameter.name in types:
            trees.append(types[parameter.name])
        elif _annotated(parameter) is not None:
            trees.append(_annotated(parameter))
        else:
            is_given = parameter.default is not parameter.empty or default is not None
            trees.append(type_tree(default, parameter.name) if is_given else UNKNOWN)
    return tuple(args), tuple(trees)


def _annotated(parameter: inspect.Parameter) -> Type | None:
    annotation = parameter.annotation
    name = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    return _PYTHON_NUMBERS.get(name)
