"""What plain Python may change outside of the function: variables of modules, attributes, items.

Names from outside are read while compiling, or once at the start of each call. That is right as long as nothing changes
them in between; but a call that is left to plain Python, or a context manager, may::

    with precision("low"):        # sets a variable of its module
        y = helper(x)             # reads it

Such a callee is searched for what it stores, and so are the functions that it names. What it may change cannot be read
afterwards: the read is refused.
"""

from __future__ import annotations

import dis
import functools
from collections.abc import Iterator
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from s2sgrad.errors import MutationError
from s2sgrad.frontend.lowerer import Lowerer

# Packages whose functions keep their variables to themselves.
_CLOSED = {"numpy", "scipy", "math", "builtins", "pandas", "warnings", "logging", "contextlib", "functools", "s2sgrad"}
_MOST = 500  # functions that are searched; what is further away is taken not to matter


def note_effects(lo: Lowerer, callee: Any) -> None:
    """Remember what a call that is left to plain Python may change."""
    if isinstance(callee, type) and issubclass(callee, BaseException):
        return
    name = getattr(callee, "__qualname__", None) or type(callee).__qualname__
    attributes = {(None, k[1]) for k in lo.captured if isinstance(k, tuple) and len(k) == 2}
    for place in written_by(callee):
        if place in lo.captured or place in attributes:
            _refuse(lo, place, name)
        lo.unstable[place] = name


def check_stable(lo: Lowerer, place: tuple[Any, str]) -> None:
    """Refuse to read a variable or attribute that an earlier call may have changed.

    :param place: the id of a namespace and a name in it, or None and the name of an attribute.
    """
    if lo.unstable and place in lo.unstable:
        _refuse(lo, place, lo.unstable[place])


def _refuse(lo: Lowerer, place: tuple[Any, str], name: str) -> None:
    lo.fail(
        f"`{place[1]}` may be changed by `{name}` between two reads, and so cannot be looked up while compiling",
        "pass it as an argument",
        error=MutationError,
    )


def written_by(callee: Any) -> frozenset[tuple[Any, str]]:
    """The places that a callable may store into: variables of modules, and attributes by their names alone."""
    found: set[tuple[Any, str]] = set()
    seen: set[CodeType] = set()
    pending = list(_functions(callee))
    while pending and len(seen) < _MOST:
        fn = pending.pop()
        if fn.__code__ in seen or str(fn.__module__).partition(".")[0] in _CLOSED:
            continue
        seen.add(fn.__code__)
        for code in _codes(fn.__code__):
            variables, attributes, items = _stores(code)
            namespace = fn.__globals__
            found |= {(id(namespace), name) for name in variables}
            found |= {(None, name) for name in attributes}
            if items:  # of a container of the module, which one is not known
                found |= {(id(namespace), n) for n in code.co_names if isinstance(namespace.get(n), (list, dict))}
            pending += _named(code, namespace)
        for cell in fn.__closure__ or ():
            pending += _functions(_content(cell))
    return frozenset(found)


def _functions(callee: Any) -> Iterator[FunctionType]:
    """The Python functions that calling something may run."""
    callee = getattr(callee, "func", callee)  # of functools.partial
    if isinstance(callee, MethodType):
        callee = callee.__func__
    if isinstance(callee, FunctionType):
        yield callee
        wrapped = getattr(callee, "__wrapped__", None)
        if isinstance(wrapped, FunctionType):
            yield wrapped
    elif isinstance(callee, type):
        names = ("__new__", "__init__", "__enter__", "__exit__", "__call__")
        yield from (f for name in names if isinstance(f := getattr(callee, name, None), FunctionType))
    else:
        method = getattr(type(callee), "__call__", None)  # noqa: B004
        if isinstance(method, FunctionType):
            yield method


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


@functools.cache
def _stores(code: CodeType) -> tuple[frozenset[str], frozenset[str], bool]:
    """The global variables and attributes that a code object stores, and whether it stores items of anything."""
    found = [(i.opname, i.argval) for i in dis.get_instructions(code)]
    variables = frozenset(name for op, name in found if op in ("STORE_GLOBAL", "DELETE_GLOBAL"))
    attributes = frozenset(name for op, name in found if op in ("STORE_ATTR", "DELETE_ATTR"))
    return variables, attributes, any(op in ("STORE_SUBSCR", "DELETE_SUBSCR", "STORE_SLICE") for op, _ in found)


def _named(code: CodeType, namespace: dict[str, Any]) -> Iterator[FunctionType]:
    """The functions that a code object calls by name, of its own module or as attributes of another."""
    named = [namespace[name] for name in code.co_names if name in namespace]
    modules = [m for m in named if isinstance(m, ModuleType) and m.__name__.partition(".")[0] not in _CLOSED]
    named += [found for m in modules for name in code.co_names if (found := vars(m).get(name)) is not None]
    for thing in named:
        if callable(thing):
            yield from _functions(thing)
