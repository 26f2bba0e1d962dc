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
import logging
import numbers
import types
import warnings
from collections.abc import Callable
from typing import Any

import gast
import numpy as np

from s2sgrad.errors import ArgumentCountError, MutationError, S2SGradError, UnsupportedCall
from s2sgrad.frontend.arrays import primitive, ufunc_at
from s2sgrad.frontend.class_members import class_attribute, exists_only_here
from s2sgrad.frontend.construction import construct, namespace
from s2sgrad.frontend.distributions import Frozen, call_method_of, is_distribution, is_method, require_rule
from s2sgrad.frontend.effects import note_effects
from s2sgrad.frontend.folding import of_text
from s2sgrad.frontend.generators import call_generator, is_generator
from s2sgrad.frontend.liveness import analyse
from s2sgrad.frontend.lowerer import CALLEES, Frame, Lowerer, NeedsStatic, describe
from s2sgrad.frontend.methods import call_at_run_time, call_method
from s2sgrad.frontend.names import capture, guard, guard_attribute
from s2sgrad.frontend.outside import Adopts, is_instance
from s2sgrad.frontend.records import is_record_class, make_record
from s2sgrad.frontend.recursion import call_recursive, is_recursive
from s2sgrad.frontend.source import Scope, Source, find_source
from s2sgrad.frontend.stand_ins import STAND_INS
from s2sgrad.frontend.statements import run_function
from s2sgrad.frontend.things import (
    ArrayRef,
    Cell,
    Closure,
    DictRef,
    Flat,
    ListRef,
    Method,
    ObjectRef,
    Once,
    Partial,
    Thing,
)
from s2sgrad.frontend.vectorized import call_elementwise
from s2sgrad.ir.build import known_length
from s2sgrad.ir.core import Block, Call, Capture, Const, Value, walk
from s2sgrad.ir.infer import TYPE_RULES
from s2sgrad.ir.primitives import getindex
from s2sgrad.ir.types import OBJECT, UNKNOWN, Object, Scalar, TupleOf, Type, Unknown
from s2sgrad.rules.suggestion import qualified_name, suggested_rule
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
    return isinstance(thing, ObjectRef) and thing.cls in STAND_INS


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
        if lo.rule or made_here or _has_varied(lo, args, kwargs):
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
    if _logs(fn):
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
        return run() if _has_varied(lo, args, kwargs) else _call_inactive(lo, fn, run, args, kwargs, node)
    if isinstance(owner, (str, bytes)) or fn is str:
        decided = of_text(lo, fn, args, kwargs)
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
        return run() if _has_varied(lo, args, kwargs) else _call_inactive(lo, fn, run, args, kwargs, node)
    call_method_ = getattr(type(fn), "__call__", None)  # noqa: B004
    if isinstance(call_method_, types.FunctionType) and _has_varied(lo, args, kwargs):
        guard_attribute(lo, type(fn), "__call__")
        return lo.invoke(Const(call_method_), [callee, *args], kwargs, node)
    return opaque(lo, fn, args, kwargs, node)


def _enter_caller(
    lo: Lowerer, fn: Any, definition: Any, args: list[Thing], kwargs: dict[str, Thing], node: Any
) -> Thing:
    """Enter the definition of a function that calls others; what it takes by keyword only may be given by position."""
    count = definition.__code__.co_argcount
    if len(args) > count:
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
    if not _has_varied(lo, args, kwargs):
        return primitive(lo, fn, args, kwargs)
    restore = lo.snapshot()
    try:
        return enter(lo, implementation, args, kwargs, node)
    except S2SGradError:
        restore()
    return primitive(lo, fn, args, kwargs)


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
    if definition is None or not _has_varied(lo, args, kwargs):
        return opaque(lo, fn, args, kwargs, node)
    return enter(lo, definition, [Const(ufunc), *args], kwargs, node)


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
    if plain and python and cls.__module__ != "builtins" and not cls.__module__.startswith("numpy"):
        return construct(lo, cls, args, kwargs, node)
    return opaque(lo, cls, args, kwargs, node)


# -- functions written in Python ----------------------------------------------------------------------


def _call_function(
    lo: Lowerer, fn: types.FunctionType, args: list[Thing], kwargs: dict[str, Thing], node: Any
) -> Thing:
    if lo.rule or _has_varied(lo, args, kwargs) or _has_memory(args) or _has_memory(list(kwargs.values())):
        return enter(lo, fn, args, kwargs, node)
    return _call_inactive(lo, fn, functools.partial(enter, lo, fn, args, kwargs, node), args, kwargs, node)


def _has_memory(args: list[Thing]) -> bool:
    """Whether a callee could write into what it is given."""
    return any(isinstance(a, (ListRef, DictRef, ObjectRef, Closure, Method, Partial)) for a in args)


def _has_varied(lo: Lowerer, args: list[Thing], kwargs: dict[str, Thing]) -> bool:
    return any(thing_is_varied(lo, t) for t in (*args, *kwargs.values()))


def thing_is_varied(lo: Lowerer, thing: Thing) -> bool:
    """Whether a differentiated argument influences this thing."""
    if isinstance(thing, Value):
        return thing in lo.varied
    if isinstance(thing, ArrayRef):
        return lo.heap[thing.cell] in lo.varied
    if isinstance(thing, tuple):
        return any(thing_is_varied(lo, t) for t in thing)
    if isinstance(thing, (ListRef, DictRef, ObjectRef)):
        content = lo.heap[thing.cell]
        if isinstance(content, Value):
            return content in lo.varied
        return any(thing_is_varied(lo, t) for t in (content.values() if isinstance(content, dict) else content))
    if isinstance(thing, Const) and lo.adopted and is_instance(thing.value):
        return any(thing_is_varied(lo, ref) for ref in lo.adopted.values())
    if isinstance(thing, Const) and lo.classes and exists_only_here(lo, thing.value):
        return True  # its methods may read such values
    if isinstance(thing, Method):
        return thing_is_varied(lo, thing.self)
    if isinstance(thing, Flat):
        return thing_is_varied(lo, thing.array)
    if isinstance(thing, Partial):
        return any(thing_is_varied(lo, t) for t in (*thing.args, *thing.kwargs.values()))
    if isinstance(thing, Closure):
        return any(thing_is_varied(lo, t) for t in thing.frame.env.values() if not isinstance(t, Closure))
    return False


def _call_inactive(
    lo: Lowerer, fn: Any, run: Callable[[], Thing], args: list[Thing], kwargs: dict[str, Thing], node: Any
) -> Thing:
    """No differentiated value enters: plain Python runs it. Entering it on trial (``run``) tells the type of its
    result; a callee that writes into an argument, or returns a structure, is entered for good."""
    lo.relied_on_inactive = True
    lo.trial += 1
    heap, length, restore = dict(lo.heap), len(lo.builder.block.ops), lo.snapshot()
    unstable = None
    try:
        result = run()
        written = any(lo.heap[c] is not heap[c] for c in heap)
        type_ = _result_type(lo, result)
        if written or lo.builder.block.diverges or type_ is None or lo.adopted:
            return result
        trial = Block([], lo.builder.block.ops[length:])
        effect = any(isinstance(op, Call) and op.effect for op in walk(trial))
        unstable = lo.unstable
    except (S2SGradError, NeedsStatic):
        if any(thing_is_varied(lo, ref) for ref in lo.adopted.values()):
            raise  # it may read what was stored
        type_, effect = None, True
    finally:
        lo.trial -= 1
    restore()
    for (identity, name), owner in lo.written_outside.items():
        if (identity, name) in lo.captured:
            raise Adopts(owner, name)
    lo.unstable = lo.unstable if unstable is None else unstable
    return opaque(lo, fn, args, kwargs, node, type_, effect, searched=unstable is not None)


def _result_type(lo: Lowerer, thing: Thing) -> Type | None:
    """The type of a result that a call can return as one run-time object; None for structures with identity."""
    if isinstance(thing, Const):
        return thing.type if isinstance(thing.type, Scalar) else None
    if isinstance(thing, Value):
        return thing.type
    if isinstance(thing, ArrayRef):
        return lo.read(thing).type
    if isinstance(thing, tuple):
        items = [_result_type(lo, t) for t in thing]
        return None if any(t is None for t in items) else TupleOf(tuple(t for t in items if t is not None))
    return None


def opaque(
    lo: Lowerer,
    fn: Any,
    args: list[Thing],
    kwargs: dict[str, Thing],
    node: Any,
    type_: Type | None = None,
    effect: bool = True,
    searched: bool = False,
) -> Thing:
    """A call that plain Python runs. No differentiated value may enter it.

    :param searched: what the call may change outside is known already.
    """
    if _only_looks(fn):
        own_init = isinstance(getattr(fn, "__init__", None), types.FunctionType)
        type_, effect = OBJECT, own_init or not isinstance(fn, type)
    elif _makes_text(fn):
        type_, effect = OBJECT, False
    elif _has_varied(lo, args, kwargs) and fn not in (hash, type, id):
        lo.fail(
            f"`{qualified_name(fn)}` has neither a derivative rule nor Python source, "
            "and a differentiated value enters it",
            suggested_rule(fn, "reverse"),
            node,
            UnsupportedCall,
        )
    operands = tuple(lo.operand(a) for a in args)
    options = {k: lo.operand(v) for k, v in kwargs.items()}
    lo.operand(Const(fn))  # it has to exist when it is called
    if isinstance(fn, type) and not issubclass(fn, (numbers.Number, np.generic, np.ndarray)):
        type_ = OBJECT  # an instance of a class that holds no differentiated value
    if effect and not searched:
        note_effects(lo, fn)
    effect = effect or bool(lo.outside)
    result = Value(known_length(type_ if type_ is not None else UNKNOWN))
    lo.builder.add(Call(fn, operands, options, [result], effect=effect))
    return structure_of(lo, result)


def _makes_text(fn: Any) -> bool:
    """Whether this makes text of what it is given: text carries no derivative."""
    if isinstance(getattr(fn, "__self__", None), str):
        return fn.__name__ in ("format", "format_map", "join")
    return fn in (str, repr, format)


def _only_looks(fn: Any) -> bool:
    """Whether a call may be given differentiated values, as no derivative comes out of it: prints, logs, exceptions."""
    if isinstance(fn, type):
        return issubclass(fn, BaseException)
    return fn in (print, warnings.warn) or _logs(fn)


def _logs(fn: Any) -> bool:
    owner = getattr(fn, "__self__", None)
    of_logger = isinstance(owner, (logging.Logger, logging.LoggerAdapter))
    name = getattr(fn, "__name__", "")
    return name in _LOGGING and (of_logger or fn is getattr(logging, name))


_LOGGING = frozenset({"debug", "info", "warning", "warn", "error", "critical", "exception", "log"})


def structure_of(lo: Lowerer, value: Value) -> Thing:
    """A run-time tuple as a tuple of things, so that each of its arrays is one thing."""
    if isinstance(value.type, TupleOf) and not all(isinstance(t, Scalar) for t in value.type.items):
        return tuple(
            structure_of(lo, lo.builder.typed_call(getindex, t, value, k)) for k, t in enumerate(value.type.items)
        )
    return lo.wrap(value)


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
        _check_options(lo, node.args, args, kwargs, name)
        lo.call_site = lo.location()
    frame.env = bind_arguments(lo, node.args, defaults, args, kwargs, name)
    if is_generator(node):
        return call_generator(lo, frame, node)
    if is_recursive(lo, node, getattr(node, "name", name), frame.env.values()):
        if lo.adopted:
            lo.fail(
                "a recursive function is not supported where attributes of objects from outside are written",
                "pass the values as arguments, and return them",
                error=MutationError,
            )
        return call_recursive(lo, frame, node, name)
    return run_function(lo, frame, node)


def _check_options(lo: Lowerer, spec: Any, args: list[Thing], kwargs: dict[str, Thing], name: str) -> None:
    """Refuse options that a stand-in's method lacks: the method that it stands for has them."""
    names = [a.id for a in (*spec.posonlyargs, *spec.args)]
    unknown = [key for key in kwargs if key not in names and spec.kwarg is None]
    if unknown or (len(args) > len(names) and spec.vararg is None):
        which = f"the option `{unknown[0]}`" if unknown else "so many arguments"
        lo.fail(
            f"{which} of `{name}` of pandas is not supported", "use `.to_numpy()`, and NumPy", None, UnsupportedCall
        )


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


CALLEES |= {
    Const: call_static,
    Value: call_value,
    ArrayRef: call_value,
    Closure: call_closure,
    Partial: call_partial,
    Method: call_bound,
    ObjectRef: call_object,
}
