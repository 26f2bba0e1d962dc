"""Functions that are given to library functions: ``root(f, x0)``, ``quad(lambda t: …, a, b)``.

    def g(p):                                                 def residual(x, p):
        return brentq(lambda x: x**3 - p, 0, 2)                   return x**3 - p
                                                    ──▶
                                                              y = brentq(residual, 0, 2, (p,))

Such a function becomes an IR function of its own. What it reads of the code around it (variables, captured values, the
user's extra arguments) becomes parameters behind its own, which the library hands on. So the emitted code calls the
library as the author did, and a rule finds all that the result depends on among the arguments of the call.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sgrad.errors import UnsupportedCall
from s2sgrad.frontend.calls import INSTANCES, handles
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.things import Closure, Method, Partial, Thing
from s2sgrad.inside import Derived, Keywords, Things, call_derived, inline, lower_inside
from s2sgrad.ir.clone import Cloner
from s2sgrad.ir.core import Const, Function, Value
from s2sgrad.ir.shapes import lengths
from s2sgrad.ir.shapes.table import array_of
from s2sgrad.ir.structures import flatten
from s2sgrad.ir.types import UNKNOWN, Array, ListOf, Object, Type, is_differentiable
from s2sgrad.optimize.pipeline import optimize
from s2sgrad.rules import functions
from s2sgrad.transforms.parts import free_values


@handles(functions.as_function)
def _as_function(lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
    given, examples, *rest = args
    extra = rest[0] if rest else kwargs.get("args", ())
    if isinstance(extra, Const) and isinstance(extra.value, tuple):
        extra = tuple(map(Const, extra.value))
    extra = extra if isinstance(extra, tuple) else (extra,)
    outer, rule = lo.defining, lo.rule
    lo.defining, lo.rule = [], outer[-1][1] if outer else rule
    try:
        made = [_lowered(lo, f, examples, extra, node) for f in (given if isinstance(given, tuple) else (given,))]
    finally:
        lo.defining, lo.rule = outer, rule
    captured = list(dict.fromkeys(x for f in made for x in free_values(f.body, f.params)))
    for x in captured:
        if isinstance(x.type, (ListOf, Object)):
            lo.fail(
                f"a function that is given to a library function reads {x.type}"
                + (f" in `{x.name}`" if x.name else ""),
                "let it read numbers and arrays",
                node,
                UnsupportedCall,
            )
    params = tuple(lo.wrap(x) for x in captured)
    made = [_with_params(f, captured) for f in made]
    return (tuple(map(Const, made)) if isinstance(given, tuple) else Const(made[0])), params


def _lowered(lo: Lowerer, fun: Thing, examples: tuple[Thing, ...], extra: tuple[Thing, ...], node: Any) -> Function:
    """A function whose parameters are like the examples; values of the code around it are free in it."""
    params = [Value(_type_of(lo, x), name) for x, name in zip(examples, parameter_names(fun), strict=False)]
    arguments = [lo.wrap(p) for p in params]
    function = lower_inside(lo, fun, params, [*arguments, *extra], {}, node)
    name = getattr(fun.value if isinstance(fun, Const) else fun, "__name__", getattr(fun, "name", "function"))
    function.name = "function" if name == "<lambda>" else name
    return function


def _type_of(lo: Lowerer, example: Thing) -> Type:
    """The type of an argument like this; an integer stands for a float."""
    t = lo.type_of(example)
    return UNKNOWN if t is None else t


def parameter_names(fun: Thing) -> list[str | None]:
    """The author's names of a function's first parameters."""
    if isinstance(fun, Closure):
        return [a.id for a in fun.node.args.args] + [None] * 4
    code = getattr(fun.value if isinstance(fun, Const) else None, "__code__", None)
    return (list(code.co_varnames[: code.co_argcount]) if code is not None else []) + [None] * 4


def _with_params(function: Function, captured: list[Value]) -> Function:
    """A function that is given what it reads."""
    cloner = Cloner()
    params = [*cloner.define(function.params), *cloner.define(captured)]
    return optimize(Function(function.name, params, cloner.block(function.body), function.out))


def _call(lo: Lowerer, function: Function, args: Things, kwargs: Keywords, node: Any) -> Thing:
    """A call of such a function in a rule."""
    return inline(lo, function, [lo.operand(a) for a in args])


INSTANCES[Function] = _call


@handles(functions.vector_like)
def _vector_like(lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
    (tree,) = map(lo.operand, args)
    shape = array_of(tree).shape
    n: Any = 1
    for length in shape:
        n = length if n == 1 else lengths.product(n, length)
    return lo.wrap(Value(Array(np.dtype(float), (n,))))


@handles(functions.is_function)
def _is_function(lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
    (x,) = args
    return Const(isinstance(x, (Closure, Method, Partial)) or (isinstance(x, Const) and callable(x.value)))


# -- derivatives in rules ------------------------------------------------------------------------------


def _floats(lo: Lowerer, primals: Things) -> tuple[int, ...]:
    """The positions of what has derivatives."""
    found = []
    for k, x in enumerate(primals):
        leaves = [leaf for _, leaf in flatten(lo.operand(x))]
        if leaves and all(isinstance(leaf, (Value, Const)) and is_differentiable(leaf.type) for leaf in leaves):
            found.append(k)
    return tuple(found)


@handles(functions.has_derivative)
def _has_derivative(lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
    return Const(bool(_floats(lo, args)))


@handles(functions.vjp_of)
def _vjp_of(lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
    fun, primals, y_bar = args
    positions = _floats(lo, primals)
    if not positions:
        return (Const(None),) * len(primals)
    derived = Derived(fun, "pullback", positions, False, len(primals))
    bars = dict(zip(positions, call_derived(lo, derived, [*primals, y_bar], {}, node), strict=True))
    return tuple(bars.get(k, Const(None)) for k in range(len(primals)))


@handles(functions.jvp_of)
def _jvp_of(lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
    fun, primals, tangents = args
    floats = _floats(lo, primals)
    given = {k: t for k, t in enumerate(tangents) if k in floats and not (isinstance(t, Const) and t.value is None)}
    if not given:
        return Const(None)
    derived = Derived(fun, "jvp", tuple(given), False, len(primals))
    return call_derived(lo, derived, [*primals, *given.values()], {}, node)[1]


@handles(functions.jacobian_of)
def _jacobian_of(lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
    fun, primals, position = args
    derived = Derived(fun, "jacfwd", position.value, False, len(primals))
    return call_derived(lo, derived, list(primals), {}, node)
