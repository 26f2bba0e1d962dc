"""Functions written in Python, inlined: their frames, how arguments are bound, defaults, and closures."""

from __future__ import annotations

import inspect
import types
from typing import Any

import gast

from s2sgrad.errors import ArgumentCountError, MutationError, UnsupportedCall
from s2sgrad.frontend.generators import call_generator, is_generator
from s2sgrad.frontend.liveness import analyse
from s2sgrad.frontend.lowerer import Frame, Lowerer
from s2sgrad.frontend.names import capture, guard
from s2sgrad.frontend.recursion import call_recursive, is_recursive
from s2sgrad.frontend.source import Scope, Source, find_source
from s2sgrad.frontend.statements import run_function
from s2sgrad.frontend.things import (
    Cell,
    Closure,
    DictRef,
    Thing,
)
from s2sgrad.ir.core import Capture, Const


def enter(lo: Lowerer, fn: types.FunctionType, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> Thing:
    """Inline a Python function."""
    if inspect.iscoroutinefunction(fn) or inspect.isasyncgenfunction(fn):
        lo.fail(f"`{fn.__qualname__}` is an async function", "write the computation as a plain `def`", node)
    source = _source_of(lo, fn)
    defaults = _defaults(lo, fn, source.node.args)
    frame = Frame(source, Scope.of(fn), node=source.node, key=(*lo.frame.key, _place(node)))
    return run_frame(lo, frame, source.node, defaults, args, kwargs, fn.__qualname__)


def frame_of(lo: Lowerer, fn: types.FunctionType, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> Frame:
    """The frame of a call of a Python function, whose body the caller lowers."""
    source = _source_of(lo, fn)
    frame = Frame(source, Scope.of(fn), node=source.node, key=(*lo.frame.key, _place(node)))
    defaults = _defaults(lo, fn, source.node.args)
    frame.env = bind_arguments(lo, source.node.args, defaults, args, kwargs, fn.__qualname__)
    return frame


def _source_of(lo: Lowerer, fn: types.FunctionType) -> Source:
    """The source of a function that is entered; its code has to stay what it is."""
    source = find_source(fn)
    guard(lo, Capture(fn.__name__, fn, (("attribute", "__code__"),)), fn.__code__)
    if source not in lo.sources:
        lo.sources.append(source)
    return source


def _place(node: Any) -> Any:
    return None if node is None else (node.lineno, node.col_offset)


def _defaults(lo: Lowerer, fn: types.FunctionType, arguments: Any) -> dict[str, Thing]:
    positional = [*arguments.posonlyargs, *arguments.args]
    values = fn.__defaults__ or ()
    found: dict[str, tuple[str, Any]] = {
        a.id: ("__defaults__", k) for k, a in enumerate(positional[len(positional) - len(values) :])
    }
    found |= {name: ("__kwdefaults__", name) for name in fn.__kwdefaults__ or {}}
    return {
        name: capture_default(lo, Capture(name, fn, (("attribute", attribute), ("item", key))))
        for name, (attribute, key) in found.items()
    }


def capture_default(lo: Lowerer, where: Capture) -> Thing:
    value = where.load()
    if isinstance(value, (int, float, complex, str, type(None))):
        guard(lo, where, value)
        return Const(value)
    if where.place not in lo.captured:
        lo.captured[where.place] = capture(lo, value, where)
    return lo.captured[where.place]


def call_closure(lo: Lowerer, callee: Closure, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> Thing:
    """Inline a function defined in the lowered code."""
    outer = callee.frame
    frame = Frame(outer.source, outer.scope, outer=outer, node=callee.node, key=(*lo.frame.key, _place(node)))
    if not isinstance(callee.node, gast.Lambda):
        if callee.node not in _NESTED:
            _NESTED[callee.node] = Source(callee.node, outer.source.filename, outer.source.lines, analyse(callee.node))
        frame.source = _NESTED[callee.node]
    return run_frame(lo, frame, callee.node, callee.defaults, args, kwargs, callee.name)


_NESTED: dict[Any, Any] = {}


def run_frame(
    lo: Lowerer,
    frame: Frame,
    node: Any,
    defaults: dict[str, Thing],
    args: list[Thing],
    kwargs: dict[str, Thing],
    name: str,
) -> Thing:
    """Bind arguments, lower the body, and return the result."""
    if frame.source is not None and frame.source.stands_in:
        if frame.source.of_pandas:
            _check_options(lo, node.args, args, kwargs, name)
        lo.call_site = lo.location()
    frame.env = bind_arguments(lo, node.args, defaults, args, kwargs, name)
    if is_generator(node):
        return call_generator(lo, frame, node)
    if is_recursive(lo, frame, node, getattr(node, "name", name)):
        if all(function is not node for function, *_ in lo.recursions):
            found = _without_recursion(lo, frame, node)
            if found is not None:
                return found
        if lo.adopted:
            lo.fail(
                "a recursive function is not supported where attributes of objects from outside are written",
                "pass the values as arguments, and return them",
                error=MutationError,
            )
        return call_recursive(lo, frame, node, name)
    return run_function(lo, frame, node)


class _Recurs(Exception):
    """A function that might have been inlined calls itself."""

    def __init__(self, node: Any) -> None:
        super().__init__(node)
        self.node = node


def _without_recursion(lo: Lowerer, frame: Frame, node: Any) -> Thing | None:
    """Inline a function that could call itself, if for these arguments it does not; None if it does."""
    if node in lo.inlined:
        raise _Recurs(node)
    restore, env = lo.snapshot(), dict(frame.env)
    lo.inlined.append(node)
    try:
        return run_function(lo, frame, node)
    except _Recurs as found:
        if found.node is not node:
            raise
    finally:
        lo.inlined.remove(node)
    restore()
    frame.env = env
    return None


def _check_options(lo: Lowerer, spec: Any, args: list[Thing], kwargs: dict[str, Thing], name: str) -> None:
    """Refuse options that a stand-in's method lacks: the method that it stands for has them."""
    names = [a.id for a in (*spec.posonlyargs, *spec.args)]
    unknown = [key for key in kwargs if key not in names and spec.kwarg is None]
    if unknown or (len(args) > len(names) and spec.vararg is None):
        which = f"the option `{unknown[0]}`" if unknown else "so many arguments"
        lo.fail(f"{which} of `{name}` is not supported", "use NumPy, or a list", None, UnsupportedCall)


def bind_arguments(
    lo: Lowerer, spec: Any, defaults: dict[str, Thing], args: list[Thing], kwargs: dict[str, Thing], name: str
) -> dict[str, Thing]:
    """The variables of a call, as Python binds them."""
    positional = [a.id for a in (*spec.posonlyargs, *spec.args)]
    only_keyword = [a.id for a in spec.kwonlyargs]
    env: dict[str, Thing] = dict(zip(positional, args, strict=False))
    extra = args[len(positional) :]
    if spec.vararg is not None:
        env[spec.vararg.id] = tuple(extra)
    elif extra:
        lo.fail(
            f"{name}() takes {len(positional)} positional arguments but {len(args)} were given",
            "pass fewer arguments",
            error=ArgumentCountError,
            raises=TypeError(f"{name}() takes {len(positional)} positional arguments but {len(args)} were given"),
        )
    rest: dict[str, Thing] = {}
    for key, thing in kwargs.items():
        if key in env and key in positional:
            twice = f"{name}() got multiple values for argument '{key}'"
            lo.fail(
                f"{name}() got several values for `{key}`", "pass it once", None, ArgumentCountError, TypeError(twice)
            )
        if key in positional or key in only_keyword:
            env[key] = thing
        else:
            rest[key] = thing
    if spec.kwarg is not None:
        cell = Cell()
        lo.heap[cell] = rest
        env[spec.kwarg.id] = DictRef(cell)
    elif rest:
        lo.fail(
            f"{name}() got an unexpected keyword argument `{next(iter(rest))}`",
            "check its name",
            error=ArgumentCountError,
            raises=TypeError(f"{name}() got an unexpected keyword argument '{next(iter(rest))}'"),
        )
    for key in (*positional, *only_keyword):
        if key not in env:
            if key not in defaults:
                missing = TypeError(f"{name}() missing 1 required positional argument: '{key}'")
                lo.fail(f"{name}() misses the argument `{key}`", "pass it", None, ArgumentCountError, missing)
            env[key] = defaults[key]
    return env
