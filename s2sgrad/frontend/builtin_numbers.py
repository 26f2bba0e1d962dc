"""Python's builtins on numbers: conversions, ``abs``, ``divmod``, ``pow``, and the functions of `operator`."""

from __future__ import annotations

import operator
from typing import Any

from s2sgrad.frontend.calls import Handler, handles
from s2sgrad.frontend.data_model import binary_method, call_special
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.operations import COMPARE, binary, compare, logical_not, truth
from s2sgrad.frontend.plain import opaque
from s2sgrad.frontend.subscripts import load_subscript
from s2sgrad.frontend.things import (
    ObjectRef,
    Record,
    Thing,
)
from s2sgrad.ir.core import Const, Value
from s2sgrad.ir.types import BOOL, FLOAT

Args = list[Thing]
Kwargs = dict[str, Thing]


def _by_method(lo: Lowerer, thing: ObjectRef | Record, name: str, args: Args, node: Any) -> Thing:
    found = call_special(lo, thing, name, args, node)
    if found is None:
        lo.fail(f"`{thing.cls.__name__}` has no method `{name}` written in Python", f"define `{name}`", node)
    return found


def _conversion(fn: Any) -> Handler:
    """``float(x)``, ``int(x)``, ``bool(x)``, ``complex(x)``."""

    def handler(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
        if not args:
            return Const(fn())
        thing = args[0]
        if all(isinstance(t, Const) for t in args):
            try:
                return Const(fn(*(t.value for t in args if isinstance(t, Const))))
            except (TypeError, ValueError) as error:
                lo.fail(f"{type(error).__name__}: {error}", "convert a number", node)
        if fn is bool:
            return lo.builder.typed_call(bool, BOOL, truth(lo, thing))
        if isinstance(thing, Value) and thing.type == FLOAT and fn is float:
            return thing
        if isinstance(thing, (ObjectRef, Record)):
            return _by_method(lo, thing, f"__{fn.__name__}__", [], node)
        return lo.call(fn, *(lo.operand(t) for t in args))

    return handler


for _fn in (float, int, bool, complex):
    handles(_fn)(_conversion(_fn))


@handles(abs)
def _abs(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    (thing,) = args
    if isinstance(thing, Const):
        return Const(abs(thing.value))
    if isinstance(thing, (ObjectRef, Record)):
        return _by_method(lo, thing, "__abs__", [], node)
    return lo.call(abs, lo.operand(thing))


@handles(divmod)
def _divmod(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    a, b = args
    if isinstance(a, (ObjectRef, Record)) or isinstance(b, (ObjectRef, Record)):
        found = binary_method(lo, divmod, a, b)
        if found is not None:
            return found
    return (binary(lo, operator.floordiv, a, b), binary(lo, operator.mod, a, b))


@handles(pow)
def _pow(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    if len(args) == 2 and not kwargs:
        return binary(lo, operator.pow, args[0], args[1])
    return opaque(lo, pow, args, kwargs, node)


def _operator(fn: Any) -> Handler:
    def handler(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
        return binary(lo, fn, args[0], args[1])

    return handler


for _binary in (
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.pow,
    operator.matmul,
    operator.mod,
):
    handles(_binary)(_operator(_binary))


@handles(operator.getitem)
def _getitem(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    return load_subscript(lo, args[0], args[1], node)


def _comparison(fn: Any, op: type) -> None:
    @handles(fn)
    def handler(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
        return compare(lo, op, *args)


for _op, _function in COMPARE.items():
    _comparison(_function, _op)


@handles(operator.not_)
def _not(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    return logical_not(lo, args[0])
