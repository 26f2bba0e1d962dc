"""How calls of the functions that make derivatives are lowered inside a function that is differentiated itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from s2sgrad.along import Along
from s2sgrad.api import Tangent, grad, hessian, jacfwd, jacrev, jvp, value_and_grad, vjp
from s2sgrad.frontend.calls import handles
from s2sgrad.frontend.lowerer import CALLEES, Lowerer
from s2sgrad.frontend.rules import thing_of
from s2sgrad.frontend.things import Partial, Thing
from s2sgrad.inside import (
    Derived,
    Handler,
    Keywords,
    Things,
    call_derived,
    call_linearize,
    call_vjp,
    items,
    making,
    parameters,
    static,
)
from s2sgrad.ir.core import Capture, Const, Value
from s2sgrad.ir.structures import flatten, same_structure
from s2sgrad.ir.types import Array, Dim, type_of
from s2sgrad.later import CalledLater
from s2sgrad.nans import debug_nans
from s2sgrad.operators.curves import Directional, Jet, Taylor, checked_order, directional, jet, taylor
from s2sgrad.operators.gradients import elementwise_grad, grad_and_aux, jacobian, laplacian
from s2sgrad.operators.hessian_products import HVP, VHP, hvp, vhp
from s2sgrad.operators.linearization import Linear, linearize
from s2sgrad.operators.partials import described, partial_derivative

handles(grad)(making("grad"))
handles(value_and_grad)(making("value_and_grad"))
handles(jacfwd)(making("jacfwd"))
handles(jacrev)(making("jacrev"))
handles(hessian)(making("jacfwd", "jacrev"))
handles(jacobian)(making("jacobian"))
handles(laplacian)(making("laplacian"))
handles(elementwise_grad)(making("elementwise_grad"))
handles(vjp)(call_vjp)


@handles(linearize)
def _linearize(lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
    """Without primals, the function of them."""
    return call_linearize(lo, args, kwargs, node) if len(args) > 1 else Partial(Const(linearize), tuple(args), kwargs)


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
    order: int = 1


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
    order, extra = along.order, [dots[i] for i in argnums]
    if along.cls.series:
        series = [items(lo, given, node) for given in extra]
        order = len(series[0]) if series else 0
        if order == 0 or any(len(s) != order for s in series):
            lo.fail("the series have to be lists of the same length", "write ([x_1, x_2],)", node)
        extra = [x for s in series for x in s]
    derived = along.cls.derivative(Derived, along.fun, argnums, len(points), order)
    raw = call_derived(lo, derived, [*points, *extra], {}, node)
    return along.cls.result(raw, argnums, len(points), Const(None))


CALLEES[AlongThing] = call_along


@handles(grad_and_aux)
def _with_aux(lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
    return making("grad")(lo, args, {**kwargs, "has_aux": Const(True)}, node)


@handles(partial_derivative)
def _partial(lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
    given = parameters(lo, "partial_derivative", ("fun", "which", "backend"), args, kwargs, node)
    return cast(Derived, described(Derived, given["fun"], static(lo, given["which"], node)))


def lower_along(along: Along, lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
    """A call of an operator of a function that was made outside."""
    return call_along(lo, AlongThing(type(along), Const(along.__wrapped__), along.order), args, kwargs, node)


def lower_later(later: CalledLater, lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
    """A call of a linear function that was made outside: the tangent of the function, at the same point."""
    if not isinstance(later, Linear):
        lo.fail(
            f"a {later.what} that was made outside cannot be called inside a differentiated function",
            f"call `{later.maker}` inside as well",
            node,
        )
    if kwargs or len(args) != len(later.primals):
        lo.fail(f"the linear function takes {len(later.primals)} tangents", "pass None where there is none", node)
    argnums = tuple(i for i, dot in enumerate(args) if not (isinstance(dot, Const) and dot.value is None))
    primals = tuple(_embedded(lo, x, node) for x in later.primals)
    derived = Derived(Const(later.fun), "tangent", argnums, later.has_aux, len(primals), first=primals)
    return call_derived(lo, derived, [args[i] for i in argnums], {}, node)


def _embedded(lo: Lowerer, x: Any, node: Any) -> Thing:
    """An argument of another call, which nobody changes any more."""

    def operand(leaf: Any) -> Value | Const:
        t = type_of(leaf)
        if isinstance(t, Array):
            t = Array(t.dtype, tuple(1 if n == 1 else Dim(object(), plural=True) for n in leaf.shape))
            made = Value(t, "primal")
            lo.captures[made] = Capture("primal", leaf)
            return made
        if not t.is_numeric and leaf is not None and type(leaf) is not str:
            what = f"the linear function was made at a point that holds a `{type(leaf).__name__}`"
            lo.fail(what, "call `linearize` inside the differentiated function", node)
        return Const(leaf)

    return thing_of(lo, same_structure(x, iter([operand(leaf) for _, leaf in flatten(x)])))


def _applying(cls: type[Along]) -> Handler:
    """``operator(fun)``, or ``operator(fun, primals, tangents)``."""

    def handler(lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
        second = "series" if cls.series else "tangents"
        ordered = ("order",) if cls in (Taylor, Directional) else ()
        given = parameters(lo, cls.operator, ("fun", "primals", second, *ordered, "backend"), args, kwargs, node)
        order = static(lo, given.pop("order", Const(None if cls is Taylor else 1)), node)
        order = checked_order(order) if ordered else 1
        made = AlongThing(cls, given.pop("fun"), order)
        given.pop("backend", None)
        if second in given:
            given["tangents"] = given.pop(second)
        return call_along(lo, made, [], given, node) if given else made

    return handler


for operator, cls in (
    (jvp, Tangent),
    (hvp, HVP),
    (vhp, VHP),
    (jet, Jet),
    (taylor, Taylor),
    (directional, Directional),
):
    handles(operator)(_applying(cls))
