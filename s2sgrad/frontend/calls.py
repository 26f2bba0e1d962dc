"""Calls: which function is meant, and whether it is entered, called by name, or decided now.

In this order: functions that the frontend knows itself (``len``, ``range``, ``np.copyto``, …); functions with a
derivative rule, and NumPy's, which stay calls; Python functions that a differentiated value enters, which are inlined
(recursive ones become functions of their own); and everything else, which runs as plain Python.
"""

from __future__ import annotations

import enum
import functools
import importlib
import inspect
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sgrad.errors import S2SGradError
from s2sgrad.frontend.arrays import primitive, ufunc_at
from s2sgrad.frontend.class_members import class_attribute
from s2sgrad.frontend.construction import construct, namespace
from s2sgrad.frontend.distributions import Frozen, call_method_of, is_distribution, is_method, require_rule
from s2sgrad.frontend.entering import call_closure, enter
from s2sgrad.frontend.folding import of_set, of_text
from s2sgrad.frontend.kinds import describe
from s2sgrad.frontend.lowerer import CALLEES, Lowerer, NeedsStatic
from s2sgrad.frontend.methods import call_at_run_time, call_method
from s2sgrad.frontend.names import capture, guard_attribute
from s2sgrad.frontend.plain import any_varied, call_inactive, has_memory, is_logging, opaque
from s2sgrad.frontend.records import is_record_class, make_record, record_attribute
from s2sgrad.frontend.stand_ins import STAND_INS, is_of_pandas
from s2sgrad.frontend.things import (
    ArrayRef,
    Closure,
    ListRef,
    Method,
    ObjectRef,
    Once,
    Partial,
    Record,
    Thing,
)
from s2sgrad.frontend.vectorized import call_elementwise
from s2sgrad.ir.core import Capture, Const, Value
from s2sgrad.ir.infer import TYPE_RULES
from s2sgrad.ir.types import Object, Unknown
from s2sgrad.rules.table import DEFINITIONS, caller_definition, rule_of
from s2sgrad.rules.ufunc_methods import UFUNC_DEFINITIONS, UFUNC_METHODS
from s2sgrad.rules.writing import WRITING
from s2sgrad.wrappers import elementwise_function, same_function

# Functions that are lowered in a way of their own: ``handler(lo, args, kwargs, node) -> Thing``.
Handler = Callable[[Lowerer, list[Thing], dict[str, Thing], Any], Thing]
HANDLERS: dict[Any, Handler] = {}

_PRIMITIVE_PACKAGES = {"numpy", "math", "cmath", "_operator", "operator", "scipy"}


def handles(*functions: Any) -> Callable[[Handler], Handler]:
    """Register how calls of these functions are lowered."""

    def register(handler: Handler) -> Handler:
        for function in functions:
            HANDLERS[function] = handler
        return handler

    return register


#: Classes of iterators that are lowered to what they run over: Python runs over it once.
ITERATORS: set[type] = set()

#: What calls of NumPy's functions mean where an argument is a stand-in: see :mod:`s2sgrad.frontend.labelled`.
STAND_IN_CALLS: list[Callable[..., Thing]] = []

# Packages whose functions are lowered in a way of their own, and what tells how: imported when one is met.
_OPTIONAL_HANDLERS = {"pandas": "s2sgrad.frontend.labelled"}


def _import_handlers(fn: Any) -> None:
    package = str(getattr(fn, "__module__", None)).partition(".")[0]
    if package in _OPTIONAL_HANDLERS:
        importlib.import_module(_OPTIONAL_HANDLERS[package])


def _takes_stand_ins(lo: Lowerer, fn: Any, args: list[Thing], kwargs: dict[str, Thing]) -> bool:
    """Whether this is one of NumPy's or bottleneck's functions, or a ufunc, and an argument is or holds a stand-in."""
    package = str(getattr(fn, "__module__", "")).partition(".")[0]
    if not STAND_IN_CALLS or not (isinstance(fn, np.ufunc) or package in ("numpy", "bottleneck")):
        return False
    return any(_has_stand_in(lo, a) for a in (*args, *kwargs.values()))


def _has_stand_in(lo: Lowerer, thing: Thing) -> bool:
    if isinstance(thing, ListRef):
        thing = lo.heap[thing.cell]
    if isinstance(thing, tuple):
        return any(_has_stand_in(lo, item) for item in thing)
    return isinstance(thing, ObjectRef) and thing.cls in STAND_INS and is_of_pandas(thing.cls)


def handler_of(fn: Any) -> Handler | None:
    try:
        return HANDLERS.get(fn)
    except TypeError:
        return None


#: How instances of a class are called, such as those of ``operator.itemgetter``.
INSTANCES: dict[type, Callable[..., Thing]] = {}


def call_static(lo: Lowerer, callee: Const, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> Thing:
    """A call of a Python object that is known while compiling."""
    fn: Any = callee.value
    if lo.stand_ins and isinstance(fn, types.FunctionType) and fn in lo.stand_ins:
        return lo.invoke(lo.stand_ins[fn], args, kwargs, node)
    definition = caller_definition(fn)
    if definition is not None and all(fn is not entered for entered, _ in lo.defining):
        made_here = any(isinstance(a, (Closure, Method, Partial)) for a in (*args, *kwargs.values()))
        if lo.rule or made_here or any_varied(lo, args, kwargs):
            return _enter_caller(lo, fn, definition, args, kwargs, node)
    _import_handlers(fn)
    if _takes_stand_ins(lo, fn, args, kwargs):
        return STAND_IN_CALLS[0](lo, fn, args, kwargs, node)
    handler = handler_of(fn)
    if handler is not None:
        made = handler(lo, args, kwargs, node)
        return Once(made, lo.loops) if isinstance(fn, type) and fn in ITERATORS else made
    lower_call = getattr(type(fn), "__s2sgrad_lower__", None)
    if lower_call is not None:
        return lower_call(fn, lo, args, kwargs, node)
    if isinstance(fn, functools.partial):
        stored = [_embed(lo, a) for a in fn.args]
        return lo.invoke(
            Const(fn.func), [*stored, *args], {**{k: _embed(lo, v) for k, v in fn.keywords.items()}, **kwargs}, node
        )
    if is_logging(fn):
        return opaque(lo, fn, args, kwargs, node)
    getter = INSTANCES.get(type(fn))
    if getter is not None:
        return getter(lo, fn, args, kwargs, node)
    if is_method(fn):
        return call_method_of(lo, fn, args, kwargs, node)
    if is_distribution(fn):
        return lo.invoke(Const(Frozen), [callee, *args], kwargs, node)
    if isinstance(fn, types.MethodType):
        require_rule(lo, fn, args, kwargs, node)
        return lo.invoke(Const(fn.__func__), [Const(fn.__self__), *args], kwargs, node)
    owner = getattr(fn, "__self__", None)
    if isinstance(owner, property):
        return lo.invoke(Const(getattr(property, fn.__name__)), [Const(owner), *args], kwargs, node)
    if isinstance(owner, np.ufunc):
        return _ufunc_method(lo, owner, fn, args, kwargs, node)
    of_numbers = elementwise_function(fn)
    if of_numbers is not None:
        otypes, by_numpy = getattr(fn, "otypes", None), isinstance(fn, np.vectorize)
        run = functools.partial(call_elementwise, lo, Const(of_numbers), otypes, args, kwargs, node, by_numpy=by_numpy)
        return run() if any_varied(lo, args, kwargs) else call_inactive(lo, fn, run, args, kwargs, node)
    if isinstance(owner, (str, bytes)) or fn is str:
        decided = of_text(lo, fn, args, kwargs)
        return opaque(lo, fn, args, kwargs, node) if decided is None else decided
    if isinstance(owner, (set, frozenset)):
        decided = of_set(lo, fn, args, kwargs)
        return opaque(lo, fn, args, kwargs, node) if decided is None else decided
    if is_primitive(fn):
        return _call_primitive(lo, fn, args, kwargs, node)
    if isinstance(fn, type):
        return _call_class(lo, fn, args, kwargs, node)
    if isinstance(fn, types.FunctionType):
        return _call_function(lo, fn, args, kwargs, node)
    inner = same_function(fn)
    if inner is not None:
        run = functools.partial(lo.invoke, Const(inner), args, kwargs, node)
        entered = any_varied(lo, args, kwargs) and not lo.customs
        return run() if entered else call_inactive(lo, fn, run, args, kwargs, node)
    call_method_ = getattr(type(fn), "__call__", None)  # noqa: B004
    if isinstance(call_method_, types.FunctionType) and any_varied(lo, args, kwargs):
        guard_attribute(lo, type(fn), "__call__")
        return lo.invoke(Const(call_method_), [callee, *args], kwargs, node)
    return opaque(lo, fn, args, kwargs, node)


def _enter_caller(
    lo: Lowerer, fn: Any, definition: Any, args: list[Thing], kwargs: dict[str, Thing], node: Any
) -> Thing:
    """Enter the definition of a function that calls others; what it takes by keyword only may be given by position."""
    count = definition.__code__.co_argcount
    if len(args) > count and not definition.__code__.co_flags & inspect.CO_VARARGS:
        names = list(inspect.signature(fn).parameters)
        kwargs = {**dict(zip(names[count:], args[count:], strict=False)), **kwargs}
        args = args[:count]
    outer, lo.rule = lo.rule, True
    lo.defining.append((fn, outer))
    try:
        return enter(lo, definition, args, kwargs, node)
    finally:
        lo.defining.pop()
        lo.rule = outer


def _embed(lo: Lowerer, value: object) -> Thing:
    return capture(lo, value, Capture("argument", value)) if isinstance(value, np.ndarray) else Const(value)


def is_primitive(fn: Any) -> bool:
    """Whether the IR calls this function by name: it has a rule or a type rule, or belongs to NumPy."""
    if rule_of(fn) is not None or isinstance(fn, np.ufunc):
        return True
    try:
        if fn in TYPE_RULES:
            return True
    except TypeError:
        return False
    module = getattr(fn, "__module__", None) or ""
    if module.startswith("numpy.random") or "random" in module:
        return False
    return module.partition(".")[0] in _PRIMITIVE_PACKAGES and not isinstance(fn, type)


def _call_primitive(lo: Lowerer, fn: Any, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> Thing:
    """A call by name. Where a differentiated value enters a function without a rule, its Python source may do."""
    if fn in WRITING:  # whatever is written: the array has another version then
        definition: Any = DEFINITIONS[fn]
        return enter(lo, definition, args, kwargs, node)
    implementation = DEFINITIONS.get(fn) or same_function(fn) or fn
    if rule_of(fn) is not None or lo.rule or not isinstance(implementation, types.FunctionType):
        return primitive(lo, fn, args, kwargs)
    if any(isinstance(a, ObjectRef) and a.cls not in STAND_INS for a in (*args, *kwargs.values())):
        return enter(lo, implementation, args, kwargs, node)  # a method of a class that NumPy or SciPy wrote in Python
    if not any_varied(lo, args, kwargs):
        known = _known_now(lo, implementation, args, kwargs, node)
        return primitive(lo, fn, args, kwargs) if known is None else known
    restore = lo.snapshot()
    try:
        return enter(lo, implementation, args, kwargs, node)
    except S2SGradError:
        restore()
    return primitive(lo, fn, args, kwargs)


def _known_now(lo: Lowerer, fn: types.FunctionType, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> Thing:
    """What a small function of SciPy's returns if that is known while compiling (``issparse(x)``); None otherwise."""
    if not str(fn.__module__).startswith("scipy.") or len(fn.__code__.co_code) > _SMALL:
        return None
    restore = lo.snapshot()
    try:
        result = enter(lo, fn, args, kwargs, node)
    except (S2SGradError, NeedsStatic):
        result = None
    if not isinstance(result, Const):
        restore()
        return None
    return result


_SMALL = 1000  # bytes of code: one that asks for types has no more


def _ufunc_method(
    lo: Lowerer, ufunc: np.ufunc, fn: Any, args: list[Thing], kwargs: dict[str, Thing], node: Any
) -> Thing:
    name = fn.__name__
    if name == "at":
        return ufunc_at(lo, ufunc, args, node)
    known = UFUNC_METHODS.get((name, ufunc))
    if known is not None:
        if name in ("reduce", "accumulate") and len(args) == 1 and "axis" not in kwargs:
            kwargs = {**kwargs, "axis": Const(0)}
        return lo.invoke(Const(known), args, kwargs, node)
    definition = UFUNC_DEFINITIONS.get(name)
    if definition is None or not any_varied(lo, args, kwargs):
        return opaque(lo, fn, args, kwargs, node)
    return enter(lo, definition, [Const(ufunc), *args], kwargs, node)


#: Classes of NumPy's that are arithmetic written in Python.
_ENTERED = (np.poly1d, *(getattr(np.polynomial, name) for name in np.polynomial.__all__ if name[0].isupper()))


def _call_class(lo: Lowerer, cls: type, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> Thing:
    if issubclass(cls, tuple) and is_record_class(cls):
        return make_record(lo, cls, args, kwargs, node)
    if cls is types.SimpleNamespace and not args:
        return namespace(lo, kwargs)
    if issubclass(cls, enum.Enum) and len(args) == 1 and isinstance(args[0], Const) and not kwargs:
        return Const(cls(args[0].value))
    make, init = getattr(cls, "__new__", None), getattr(cls, "__init__", None)
    plain = (
        make is object.__new__ and type(cls).__call__ is type.__call__ and not issubclass(cls, (BaseException, tuple))
    )
    python = isinstance(init, types.FunctionType) or init is object.__init__
    if (
        plain
        and python
        and cls.__module__ != "builtins"
        and (cls in _ENTERED or not cls.__module__.startswith("numpy"))
    ):
        return construct(lo, cls, args, kwargs, node)
    return opaque(lo, cls, args, kwargs, node)


def _call_function(
    lo: Lowerer, fn: types.FunctionType, args: list[Thing], kwargs: dict[str, Thing], node: Any
) -> Thing:
    if lo.rule or any_varied(lo, args, kwargs) or has_memory(args) or has_memory(list(kwargs.values())):
        return enter(lo, fn, args, kwargs, node)
    return call_inactive(lo, fn, functools.partial(enter, lo, fn, args, kwargs, node), args, kwargs, node)


def call_partial(lo: Lowerer, callee: Partial, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> Thing:
    return lo.invoke(callee.fn, [*callee.args, *args], {**callee.kwargs, **kwargs}, node)


def call_bound(lo: Lowerer, callee: Method, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> Thing:
    if callee.fn is not None:
        return lo.invoke(Const(callee.fn), [callee.self, *args], kwargs, node)
    return call_method(lo, callee.self, callee.name, args, kwargs, node)


def call_object(lo: Lowerer, callee: ObjectRef, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> Thing:
    found = class_attribute(lo, callee.cls, "__call__")
    guard_attribute(lo, callee.cls, "__call__")
    if not isinstance(found, types.FunctionType):
        lo.fail(f"`{callee.cls.__name__}` objects cannot be called", "define `__call__`", node)
    return lo.invoke(Const(found), [callee, *args], kwargs, node)


def call_value(lo: Lowerer, callee: Value | ArrayRef, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> Thing:
    """A call of something that only running knows, unless it is a number or an array."""
    value = lo.read(callee) if isinstance(callee, ArrayRef) else callee
    if not isinstance(value.type, (Unknown, Object)):
        lo.fail(f"{describe(callee)} cannot be called here", "call a function that is known while compiling", node)
    return call_at_run_time(lo, "calling a run-time object", value, args, kwargs, node)


def call_record(lo: Lowerer, record: Record, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> Thing:
    """A call of a named tuple, by its class's ``__call__``."""
    return lo.invoke(record_attribute(lo, record, "__call__", node), args, kwargs, node)


CALLEES |= {
    Record: call_record,
    Const: call_static,
    Value: call_value,
    ArrayRef: call_value,
    Closure: call_closure,
    Partial: call_partial,
    Method: call_bound,
    ObjectRef: call_object,
}
