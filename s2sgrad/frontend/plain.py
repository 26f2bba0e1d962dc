"""Calls that plain Python runs, because no differentiated value enters them, or none comes out.

Such a call is entered on trial only, to learn the type of its result and what it may change.
"""

from __future__ import annotations

import logging
import numbers
import types
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sgrad.errors import S2SGradError, UnsupportedCall
from s2sgrad.frontend.class_members import exists_only_here
from s2sgrad.frontend.effects import note_effects
from s2sgrad.frontend.lowerer import Lowerer, NeedsStatic
from s2sgrad.frontend.outside import Adopts, is_instance
from s2sgrad.frontend.structured import run_time_object
from s2sgrad.frontend.things import (
    ArrayRef,
    Closure,
    DictRef,
    Flat,
    Item,
    ListRef,
    Method,
    ObjectRef,
    Partial,
    Row,
    Thing,
)
from s2sgrad.ir.build import known_length
from s2sgrad.ir.core import Block, Call, Const, Value, hashable, walk
from s2sgrad.ir.primitives import getindex
from s2sgrad.ir.types import OBJECT, UNKNOWN, Scalar, TupleOf, Type
from s2sgrad.rules.suggestion import qualified_name, suggested_rule


def has_memory(args: list[Thing]) -> bool:
    """Whether a callee could write into what it is given."""
    return any(isinstance(a, (ListRef, Row, DictRef, ObjectRef, Closure, Method, Partial)) for a in args)


def any_varied(lo: Lowerer, args: list[Thing], kwargs: dict[str, Thing]) -> bool:
    return any(thing_is_varied(lo, t) for t in (*args, *kwargs.values()))


def thing_is_varied(lo: Lowerer, thing: Thing) -> bool:
    """Whether a differentiated argument influences this thing."""
    if isinstance(thing, Value):
        return thing in lo.varied
    if isinstance(thing, ArrayRef):
        content = lo.heap[thing.cell]
        return (content.value or lo.heap[content.items] if isinstance(content, Item) else content) in lo.varied
    if isinstance(thing, tuple):
        return any(thing_is_varied(lo, t) for t in thing)
    if isinstance(thing, (ListRef, DictRef, ObjectRef)):
        content = lo.heap[thing.cell]
        if isinstance(content, Value):
            return content in lo.varied
        return any(thing_is_varied(lo, t) for t in (content.values() if isinstance(content, dict) else content))
    if isinstance(thing, Row):
        return thing_is_varied(lo, thing.root)
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


def call_inactive(
    lo: Lowerer, fn: Any, run: Callable[[], Thing], args: list[Thing], kwargs: dict[str, Thing], node: Any
) -> Thing:
    """No differentiated value enters: plain Python runs it. Entering it on trial (``run``) tells the type of its
    result; a callee that writes into an argument, or whose result is a structure or known now, is entered for good."""
    lo.relied_on_inactive = True
    lo.trial += 1
    heap, length, restore = dict(lo.heap), len(lo.builder.block.ops), lo.snapshot()
    unstable = None
    try:
        result = run()
        written = any(lo.heap[c] is not heap[c] for c in heap)
        type_ = _result_type(lo, result)
        known = isinstance(result, Const)
        if written or known or lo.builder.block.diverges or type_ is None or lo.adopted:
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
    """A call that plain Python runs. No differentiated value may enter it, except in a custom rule: that says itself
    what the derivative is; only its own derivative is refused.

    :param searched: what the call may change outside is known already.
    """
    if only_looks(fn):
        own_init = isinstance(getattr(fn, "__init__", None), types.FunctionType)
        type_, effect = OBJECT, own_init or not isinstance(fn, type)
    elif _makes_text(fn):
        type_, effect = OBJECT, False
    elif any_varied(lo, args, kwargs) and fn not in (hash, type, id) and not lo.customs:
        lo.fail(
            f"`{qualified_name(fn)}` has neither a derivative rule nor Python source, "
            "and a differentiated value enters it",
            suggested_rule(fn, "reverse"),
            node,
            UnsupportedCall,
        )
    operands = tuple(run_time_object(lo, a) for a in args)
    options = {k: run_time_object(lo, v) for k, v in kwargs.items()}
    lo.operand(Const(fn))  # it has to exist when it is called
    if isinstance(fn, type) and not issubclass(fn, (numbers.Number, np.generic, np.ndarray)):
        type_ = OBJECT  # an instance of a class that holds no differentiated value
    if effect and not searched:
        note_effects(lo, fn)
    effect = effect or bool(lo.outside)
    result = Value(known_length(type_ if type_ is not None else UNKNOWN))
    if lo.customs and any_varied(lo, args, kwargs):
        lo.varied.add(result)
    lo.builder.add(Call(hashable(fn), operands, options, [result], effect=effect))
    return structure_of(lo, result)


def _makes_text(fn: Any) -> bool:
    """Whether this makes text of what it is given: text carries no derivative."""
    if isinstance(getattr(fn, "__self__", None), str):
        return fn.__name__ in ("format", "format_map", "join")
    return fn in (str, repr, format)


def only_looks(fn: Any) -> bool:
    """Whether a call may be given differentiated values, as no derivative comes out of it: prints, logs, exceptions."""
    if isinstance(fn, type):
        return issubclass(fn, BaseException)
    return fn in (print, warnings.warn) or is_logging(fn)


def is_logging(fn: Any) -> bool:
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
