"""The :mod:`inspect` module on functions that are known while compiling, as decorators that check arguments use it.

sig = inspect.signature(f)         known while compiling, as `f` is
bound = sig.bind(x, y=2)           an object whose `arguments` are things
bound.apply_defaults()             entered, like any method written in Python
"""

from __future__ import annotations

import inspect
from types import FunctionType, MethodType
from typing import Any
from weakref import WeakKeyDictionary

from s2sgrad.errors import ArgumentCountError
from s2sgrad.frontend.calls import handles
from s2sgrad.frontend.entering import capture_default
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.names import guard
from s2sgrad.frontend.plain import opaque
from s2sgrad.frontend.things import Cell, DictRef, ObjectRef, Thing
from s2sgrad.ir.core import Capture, Const

Args = list[Thing]
Kwargs = dict[str, Thing]


#: What the description of a function is made of.
_MADE_OF = ("__code__", "__defaults__", "__kwdefaults__")


def _described(describe: Any) -> None:
    described: WeakKeyDictionary[Any, tuple[tuple[Any, ...], Any]] = WeakKeyDictionary()

    @handles(describe)
    def handler(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
        fn = args[0].value if len(args) == 1 and isinstance(args[0], Const) else None
        if kwargs or not isinstance(fn, (FunctionType, MethodType)):
            return opaque(lo, describe, args, kwargs, node)
        inner: Any = inspect.unwrap(fn)
        made_of = tuple(getattr(inner, name, None) for name in _MADE_OF)
        for name, part in zip(_MADE_OF, made_of, strict=True):
            if hasattr(inner, name):
                guard(lo, Capture(name, inner, (("attribute", name),)), part)
        known = described.get(fn)
        if known is None or any(a is not b for a, b in zip(known[0], made_of, strict=True)):
            known = described[fn] = (made_of, describe(fn))  # the same one each time that it is lowered
        return Const(known[1])


for _describe in (inspect.signature, inspect.getfullargspec):
    _described(_describe)


def _binding(bind: Any) -> None:
    """``sig.bind(*args, **kwargs)``, ``sig.bind_partial(…)``: what is bound are things."""

    @handles(bind)
    def handler(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
        signature, *given = args
        if not isinstance(signature, Const):
            return opaque(lo, bind, args, kwargs, node)
        try:
            arguments: dict[str, Any] = bind(signature.value, *given, **kwargs).arguments
        except TypeError as error:
            lo.fail(str(error), "pass what the function needs", node, ArgumentCountError, error)
        for parameter in signature.value.parameters.values():
            if parameter.kind is parameter.VAR_KEYWORD and parameter.name in arguments:
                arguments[parameter.name] = _dict_of(lo, arguments[parameter.name])
        bound = ObjectRef(Cell("bound"), inspect.BoundArguments)
        lo.heap[bound.cell] = {"arguments": _dict_of(lo, arguments), "_signature": signature}
        return bound


for _bind in (inspect.Signature.bind, inspect.Signature.bind_partial):
    _binding(_bind)


@handles(inspect.BoundArguments.apply_defaults)
def _apply_defaults(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    bound = args[0]
    if not isinstance(bound, ObjectRef):
        return opaque(lo, inspect.BoundArguments.apply_defaults, args, kwargs, node)
    signature, given = lo.heap[bound.cell]["_signature"], _given(lo, bound)
    complete: dict[str, Thing] = {}
    for parameter in signature.value.parameters.values():
        if parameter.name in given:
            complete[parameter.name] = given[parameter.name]
        elif parameter.kind is parameter.VAR_POSITIONAL:
            complete[parameter.name] = ()
        elif parameter.kind is parameter.VAR_KEYWORD:
            complete[parameter.name] = _dict_of(lo, {})
        elif parameter.default is not parameter.empty:  # (what `bind_partial` was not given is left out)
            complete[parameter.name] = capture_default(lo, Capture(parameter.name, parameter, _DEFAULT))
    lo.heap[bound.cell] = {**lo.heap[bound.cell], "arguments": _dict_of(lo, complete)}
    return Const(None)


_DEFAULT = (("attribute", "default"),)


def _given(lo: Lowerer, bound: ObjectRef) -> dict[str, Thing]:
    given: dict[str, Thing] = lo.heap[lo.heap[bound.cell]["arguments"].cell]
    return given


@handles(inspect.BoundArguments.args.fget)  # type: ignore[attr-defined]
def _positional(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    """``bound.args``: up to the first that was not given."""
    found: list[Thing] = []
    given = _given(lo, args[0])
    for parameter in lo.heap[args[0].cell]["_signature"].value.parameters.values():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.KEYWORD_ONLY) or parameter.name not in given:
            break
        if parameter.kind is parameter.VAR_POSITIONAL:
            found += given[parameter.name]
        else:
            found.append(given[parameter.name])
    return tuple(found)


@handles(inspect.BoundArguments.kwargs.fget)  # type: ignore[attr-defined]
def _by_keyword(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    """``bound.kwargs``: what is not among ``bound.args``."""
    found: dict[str, Thing] = {}
    given, started = _given(lo, args[0]), False
    for parameter in lo.heap[args[0].cell]["_signature"].value.parameters.values():
        keyword = parameter.kind in (parameter.VAR_KEYWORD, parameter.KEYWORD_ONLY)
        started = started or keyword or parameter.name not in given
        if not started or parameter.name not in given:
            continue
        if parameter.kind is parameter.VAR_KEYWORD:
            found |= lo.heap[given[parameter.name].cell]
        else:
            found[parameter.name] = given[parameter.name]
    return _dict_of(lo, found)


def _dict_of(lo: Lowerer, items: dict[str, Thing]) -> DictRef:
    cell = Cell()
    lo.heap[cell] = dict(items)
    return DictRef(cell)
