"""The rest of the `operator` module: getters, in-place operators, what calls; and products of the `math` module."""

from __future__ import annotations

import math
import operator
from typing import Any

from s2sgrad.frontend.attributes import attribute
from s2sgrad.frontend.augmented import updated
from s2sgrad.frontend.builtin_functions import fold
from s2sgrad.frontend.calls import INSTANCES, handles
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.operations import binary
from s2sgrad.frontend.subscripts import load_subscript
from s2sgrad.frontend.things import Thing
from s2sgrad.ir.core import Const

Args = list[Thing]
Kwargs = dict[str, Thing]


def _static_value(lo: Lowerer, thing: Thing, node: Any) -> Any:
    if isinstance(thing, tuple):
        return tuple(_static_value(lo, t, node) for t in thing)
    if not isinstance(thing, Const):
        lo.needs_static(thing, "a getter has to be known while compiling", "write what it gets as a literal", node)
    return thing.value


def _making(cls: Any) -> None:
    @handles(cls)
    def handler(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
        options = {k: _static_value(lo, v, node) for k, v in kwargs.items()}
        return Const(cls(*(_static_value(lo, a, node) for a in args), **options))


for _cls in (operator.itemgetter, operator.attrgetter, operator.methodcaller):
    _making(_cls)


def _get_items(lo: Lowerer, getter: Any, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    found = tuple(load_subscript(lo, args[0], Const(key), node) for key in getter.__reduce__()[1])
    return found if len(found) > 1 else found[0]


def _get_attributes(lo: Lowerer, getter: Any, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    found = []
    for path in getter.__reduce__()[1]:
        thing = args[0]
        for name in path.split("."):
            thing = attribute(lo, thing, name, node)
        found.append(thing)
    return tuple(found) if len(found) > 1 else found[0]


def _call_method(lo: Lowerer, caller: Any, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    made, stored = caller.__reduce__()
    name, *values = stored if made is operator.methodcaller else (*made.args, *stored)
    options = {} if made is operator.methodcaller else made.keywords
    method = attribute(lo, args[0], name, node)
    return lo.invoke(method, list(map(Const, values)), {k: Const(v) for k, v in options.items()}, node)


INSTANCES[operator.itemgetter] = _get_items
INSTANCES[operator.attrgetter] = _get_attributes
INSTANCES[operator.methodcaller] = _call_method


def _in_place(fn: Any, plain: Any) -> None:
    @handles(fn)
    def handler(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
        a, b = args
        return updated(lo, plain, a, b, node)


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"):
    _in_place(getattr(operator, f"i{_name}"), getattr(operator, _name))


@handles(operator.abs)
def _abs(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    return lo.invoke(Const(abs), args, kwargs, node)


@handles(operator.concat)
def _concat(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    return binary(lo, operator.add, *args)


@handles(operator.call)
def _call(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    return lo.invoke(args[0], args[1:], kwargs, node)


@handles(math.prod)
def _prod(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    start = kwargs.get("start", Const(1))
    return fold(lo, args[0], start, lambda total, item: binary(lo, operator.mul, total, item))
