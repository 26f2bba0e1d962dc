"""How calls of the functions that make derivatives are lowered inside a function that is differentiated itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from s2sgrad.along import Along
from s2sgrad.api import Tangent, grad, hessian, jacfwd, jacrev, jvp, value_and_grad, vjp
from s2sgrad.frontend.calls import handles
from s2sgrad.frontend.lowerer import CALLEES, Lowerer
from s2sgrad.frontend.things import Thing
from s2sgrad.inside import Derived, Handler, Keywords, Things, call_derived, call_vjp, items, making, parameters
from s2sgrad.ir.core import Const
from s2sgrad.nans import debug_nans
from s2sgrad.operators.hessian_products import HVP, VHP, hvp, vhp

handles(grad)(making("grad"))
handles(value_and_grad)(making("value_and_grad"))
handles(jacfwd)(making("jacfwd"))
handles(jacrev)(making("jacrev"))
handles(hessian)(making("jacfwd", "jacrev"))
handles(vjp)(call_vjp)


@handles(debug_nans)
def _watched(lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
    """``debug_nans(f)`` is ``f`` inside: the outermost call is what is watched."""
    if len(args) != 1:
        lo.fail("`debug_nans()` inside of a differentiated function is not supported", "put it around the call", node)
    return args[0]


@dataclass(frozen=True, slots=True)
class AlongThing:
    """An operator of a thing that can be called with primals and tangents."""

    cls: type[Along]
    fun: Thing


def call_along(lo: Lowerer, along: AlongThing, args: Things, kwargs: Keywords, node: Any) -> Thing:
    """Inline a call ``along(primals, tangents)``."""
    given = parameters(lo, along.cls.operator, ("primals", "tangents"), args, kwargs, node)
    points, dots = (items(lo, given[name], node) for name in ("primals", "tangents"))
    if len(points) != len(dots):
        lo.fail(
            f"`{along.cls.operator}` needs a tangent for each primal",
            "pass None for an argument that is kept fixed",
            node,
        )
    argnums = tuple(i for i, dot in enumerate(dots) if not (isinstance(dot, Const) and dot.value is None))
    derived = along.cls.derivative(Derived, along.fun, argnums, len(points))
    raw = call_derived(lo, derived, [*points, *(dots[i] for i in argnums)], {}, node)
    return along.cls.result(raw, argnums, len(points), Const(None))


CALLEES[AlongThing] = call_along


def lower_along(along: Along, lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
    """A call of an operator of a function that was made outside."""
    return call_along(lo, AlongThing(type(along), Const(along.__wrapped__)), args, kwargs, node)


def _applying(cls: type[Along]) -> Handler:
    """``operator(fun)``, or ``operator(fun, primals, tangents)``."""

    def handler(lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
        given = parameters(lo, cls.operator, ("fun", "primals", "tangents", "backend"), args, kwargs, node)
        made = AlongThing(cls, given.pop("fun"))
        given.pop("backend", None)
        return call_along(lo, made, [], given, node) if given else made

    return handler


for operator, cls in ((jvp, Tangent), (hvp, HVP), (vhp, VHP)):
    handles(operator)(_applying(cls))
