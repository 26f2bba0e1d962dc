"""The kinds of derivative, each as a step from a lowered function to a lowered function.

What the kinds take and return, for a primal ``f(x, y) -> out`` differentiated in both:

    grad             x, y                  ->  (x_bar, y_bar)
    value_and_grad   x, y                  ->  (out, (x_bar, y_bar))
    jvp              x, y, x_dot, y_dot    ->  (out, out_dot)
    tangent          x, y, x_dot, y_dot    ->  out_dot
    pullback         x, y, out_bar         ->  (x_bar, y_bar)
    jet              x, y, x_1, … y_n      ->  (out, [out_1, …, out_n])      derivatives along a curve
    taylor           x, y, x_dot, y_dot    ->  [out, out_1, …, out_n]        coefficients along a line
    directional      x, y, x_dot, y_dot    ->  out_n                         the derivative of order n along it
    hvp, vhp         x, y, x_dot, y_dot    ->  (x_bar, y_bar) of ∇f · (x_dot, y_dot)
    jacfwd, jacrev   x, y                  ->  (d out/d x, d out/d y)        jacobian: whichever is cheaper
    laplacian        x, y                  ->  the trace of the Hessian
    elementwise_grad x, y                  ->  (d out/d x, d out/d y), entry by entry
    partial          x, y                  ->  one mixed partial derivative
    pushforwards     x, y, x_dots, y_dots  ->  out_dots                     along several directions at once
    pullbacks        x, y, out_bars        ->  (x_bars, y_bars)             for several cotangents at once

A pullback that is called later than its primal is made in two functions by :func:`split`:

    vjp              x, y                  ->  (out, saved)         and   *saved, out_bar       ->  (x_bar, y_bar)
    linearize        x, y                  ->  (out, saved)         and   *saved, x_dot, y_dot  ->  out_dot

The result of a step can be the input of another: that is how derivatives of derivatives are made.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import replace
from itertools import count

import numpy as np

from s2sgrad import directions
from s2sgrad.arguments import derivative_tree, with_article
from s2sgrad.callees import Path
from s2sgrad.curves import along_axes, along_curve
from s2sgrad.either_mode import jacobian
from s2sgrad.errors import NonScalarOutput, NotDifferentiable
from s2sgrad.frontend import Lowered
from s2sgrad.ir.build import Builder
from s2sgrad.ir.core import Block, Call, Const, Function, If, Operand, Tree, Value
from s2sgrad.ir.primitives import raise_
from s2sgrad.ir.structures import flatten, same_structure
from s2sgrad.ir.types import OBJECT, Array, Object, Scalar, Unknown, is_complex, is_differentiable
from s2sgrad.jacobians import jacfwd, jacrev
from s2sgrad.stages import stage
from s2sgrad.transforms.adjoint import adjoint
from s2sgrad.transforms.elementwise import require_elementwise
from s2sgrad.transforms.linearize import linearize
from s2sgrad.transforms.pullback import forward_backward
from s2sgrad.transforms.tangent import tangent
from s2sgrad.wanted import Kind, Wanted, one_result_per_leaf


@stage("transform")
def derive(primal: Lowered, wanted: Wanted) -> Lowered:
    """The derivative function of a lowered function."""
    function = one_result_per_leaf(primal.function)
    parameters = dict(zip(primal.paths, function.params, strict=True))
    wrt = [parameters[path] for path in wanted.leaves()]
    made, extra = _STEPS[wanted.kind](function, wrt, wanted)
    return replace(primal, function=replace(made, name=f"{wanted.kind}_{function.name}"), paths=primal.paths + extra)


@stage("transform")
def split(primal: Lowered, wanted: Wanted) -> tuple[Lowered, Function, tuple[Path, ...]]:
    """The part that runs at once and the one that is called later; and where in the arguments of that, which are a
    cotangent or a tuple of tangents, its last parameters stand."""
    function = one_result_per_leaf(primal.function)
    parameters = dict(zip(primal.paths, function.params, strict=True))
    wrt = [parameters[path] for path in wanted.leaves()]
    places: tuple[Path, ...]
    if wanted.kind == "linearize":
        forward, later = linearize(function, wrt)
        places = tuple((i, *sub) for i, tree in enumerate(wanted.types) for sub, _ in flatten(tree))
        tangents = _first_of_pair(function) if wanted.has_aux else function.out
        later.body.results = [later.results[k] for _, k in flatten(tangents)]
        later.out, after = same_structure(tangents, count()), "tangent"
    else:
        differentiated = _differentiated(function, wanted)
        forward, later = forward_backward(function, wrt, list(differentiated))
        places = tuple((0, *path) for path in differentiated.values())
        later.out, after = wanted.mirror(count()), "pullback"
    forward.name, later.name = f"{wanted.kind}_{function.name}", f"{function.name}_{after}"
    return replace(primal, function=forward), later, places


def _grad(function: Function, wrt: list[Value], wanted: Wanted) -> tuple[Function, tuple[Path, ...]]:
    with_value = wanted.kind == "value_and_grad"
    scalar = _scalar_result(function, wanted.has_aux)
    t = function.results[scalar].type
    if isinstance(t, Unknown) and t.shape != ():
        function = _checked(function, scalar)
    made = adjoint(function, wrt, value=with_value or wanted.has_aux, differentiated_results=[scalar])
    if not (with_value or wanted.has_aux):
        return replace(made, out=wanted.mirror(count())), ()
    bars = wanted.mirror(count(len(function.results)))
    if with_value:
        return replace(made, out=(function.out, bars)), ()
    return replace(made, out=(bars, function.out[1])), ()


def _pullback(function: Function, wrt: list[Value], wanted: Wanted) -> tuple[Function, tuple[Path, ...]]:
    differentiated = _differentiated(function, wanted)
    made = adjoint(function, wrt, cotangent="param", differentiated_results=list(differentiated))
    seeds = tuple((wanted.arity, *path) for path in differentiated.values())
    return replace(made, out=wanted.mirror(count())), seeds


def _jvp(function: Function, wrt: list[Value], wanted: Wanted) -> tuple[Function, tuple[Path, ...]]:
    made = tangent(function, wrt)
    dots = tuple((wanted.arity + i, *sub) for i, tree in enumerate(wanted.types) for sub, _ in flatten(tree))
    n = len(function.results)
    out_dot = same_structure(function.out, count(n))
    if wanted.kind == "jvp":
        return replace(made, out=(function.out, out_dot)), dots
    out = _first_of_pair(function) if wanted.has_aux else function.out
    results = [made.results[n + k] for _, k in flatten(out)]
    return replace(made, body=replace(made.body, results=results), out=same_structure(out, count())), dots


def _hvp(function: Function, wrt: list[Value], wanted: Wanted) -> tuple[Function, tuple[Path, ...]]:
    """Forward over reverse, or reverse over forward."""
    steps: list[Kind] = ["grad", "tangent"] if wanted.kind == "hvp" else ["tangent", "grad"]
    dots: tuple[Path, ...] = ()
    for kind in steps:
        positions = [function.params.index(x) for x in wrt]
        made, more = _STEPS[kind](function, wrt, replace(wanted, kind=kind))
        function, dots = one_result_per_leaf(made), dots + more
        wrt = [function.params[k] for k in positions]
    return function, dots


def _pushforwards(function: Function, wrt: list[Value], wanted: Wanted) -> tuple[Function, tuple[Path, ...]]:
    made = directions.pushforwards(function, wrt, [k for _, k in flatten(function.out)])
    dots = tuple((wanted.arity + i, *sub) for i, tree in enumerate(wanted.types) for sub, _ in flatten(tree))
    return replace(made, out=same_structure(function.out, count())), dots


def _pullbacks(function: Function, wrt: list[Value], wanted: Wanted) -> tuple[Function, tuple[Path, ...]]:
    differentiated = _differentiated(function, wanted)
    made = directions.pullbacks(function, wrt, list(differentiated))
    seeds = tuple((wanted.arity, *path) for path in differentiated.values())
    return replace(made, out=wanted.mirror(count())), seeds


def _jacobian(function: Function, wrt: list[Value], wanted: Wanted) -> tuple[Function, tuple[Path, ...]]:
    whole = _first_of_pair(function) if wanted.has_aux else function.out
    out = derivative_tree(whole, lambda k: _is_float(function.results[k]))
    results = [k for _, k in flatten(out)]
    for k in results:
        if not _is_float(function.results[k]):
            raise NotDifferentiable(
                f"the Jacobian of `{function.name}` is not defined: it returns {_in_words(function, k)}",
                "return floats and arrays of floats",
            )
    directions: list[Operand] = [] if wanted.kind == "jacrev" else [*wrt]
    if wanted.kind != "jacfwd":
        directions += [function.results[k] for k in results]
    _refuse_complex(function, directions, wanted.kind)
    aux = function.out[1] if wanted.has_aux else ()
    kept = [k for _, k in flatten(aux)]
    made = _MODES[wanted.kind](function, wrt, results, kept)
    numbers = count()
    blocks = same_structure(out, iter([wanted.mirror(numbers) for _ in results]))
    return replace(made, out=(blocks, same_structure(aux, numbers)) if wanted.has_aux else blocks), ()


def _laplacian(function: Function, wrt: list[Value], wanted: Wanted) -> tuple[Function, tuple[Path, ...]]:
    """The sum of the diagonal of the Hessian: of the blocks in which both derivatives are in the same argument."""
    gradient, _ = _grad(function, wrt, replace(wanted, kind="grad", single=False))
    wrt = [gradient.params[function.params.index(x)] for x in wrt]
    _refuse_complex(gradient, wrt, wanted.kind)
    bars, aux = gradient.out if wanted.has_aux else (gradient.out, ())
    n, kept = len(wrt), [k for _, k in flatten(aux)]
    made = jacfwd(gradient, wrt, [k for _, k in flatten(bars)], kept)
    builder = Builder(Block([], made.body.ops))
    total: Operand | None = None
    for i, x in enumerate(made.params[gradient.params.index(x)] for x in wrt):
        block = made.results[i * n + i]
        if isinstance(x.type, Array) and x.type.ndim != 1:
            size = builder.call(np.size, x)
            block = builder.call(np.reshape, block, (size, size))
        trace = builder.call(np.trace, block) if isinstance(x.type, Array) else block
        total = trace if total is None else builder.call(operator.add, total, trace)
    results = [Const(0.0) if total is None else total, *made.results[n * n :]]
    out = (0, same_structure(aux, count(1))) if wanted.has_aux else 0
    return replace(made, body=replace(builder.block, results=results), out=out), ()


def _elementwise(function: Function, wrt: list[Value], wanted: Wanted) -> tuple[Function, tuple[Path, ...]]:
    """The gradient of the sum of the entries, which do not mix."""
    if not isinstance(function.out, int) or not _is_float(function.results[function.out]):
        raise NotDifferentiable(
            f"`{function.name}` is not elementwise: it returns {_in_words(function, function.out)}",
            "return one array of floats",
        )
    result = function.results[function.out]
    _refuse_complex(function, [*wrt, result], wanted.kind)
    for x in wrt:
        require_elementwise(function, x, result)
    builder = Builder(Block([], list(function.body.ops)))
    total = builder.call(np.sum, result) if isinstance(result.type, Array) else result
    of_sum = replace(function, body=replace(builder.block, results=[total]), out=0)
    return replace(adjoint(of_sum, wrt, differentiated_results=[0]), out=wanted.mirror(count())), ()


def _refuse_complex(function: Function, directions: Sequence[Operand], kind: Kind) -> None:
    """The derivatives along the real directions of a complex number are half of what there is to know."""
    if any(is_complex(x.type) for x in directions):
        verb = "takes" if kind == "jacfwd" else "returns"
        raise NotDifferentiable(
            f"{kind} of `{function.name}` is not defined: it {verb} complex numbers",
            "use jvp or vjp, or give the real and the imaginary parts as values of their own",
        )


_MODES = {"jacfwd": jacfwd, "jacrev": jacrev, "jacobian": jacobian}

_STEPS = {
    "grad": _grad,
    "value_and_grad": _grad,
    "jvp": _jvp,
    "tangent": _jvp,
    "pullback": _pullback,
    "hvp": _hvp,
    "vhp": _hvp,
    "jet": along_curve,
    "taylor": along_curve,
    "directional": along_curve,
    "jacfwd": _jacobian,
    "jacrev": _jacobian,
    "jacobian": _jacobian,
    "laplacian": _laplacian,
    "elementwise_grad": _elementwise,
    "partial": along_axes,
    "pushforwards": _pushforwards,
    "pullbacks": _pullbacks,
}


def _differentiated(function: Function, wanted: Wanted) -> dict[int, Path]:
    """The numbers of the results that are differentiated, with their places in what is returned."""
    out = _first_of_pair(function) if wanted.has_aux else function.out
    return {k: path for path, k in flatten(out) if _carries(function.results[k])}


def _carries(x: Operand) -> bool:
    return isinstance(x, Value) and is_differentiable(x.type)


def _is_float(x: Operand) -> bool:
    """Whether a result is made of floats, constants included."""
    return _carries(x) or (isinstance(x, Const) and isinstance(x.type, Scalar) and is_differentiable(x.type))


# -- what a gradient is asked of ---------------------------------------------------------------------


def _scalar_result(function: Function, has_aux: bool) -> int:
    """The number of the result that is differentiated. Raises :class:`NonScalarOutput` unless it is one number."""
    out = _first_of_pair(function) if has_aux else function.out
    if isinstance(out, int):
        t = function.results[out].type
        if isinstance(t, (Scalar, Unknown)) or (isinstance(t, Array) and t.ndim == 0):
            if isinstance(t, Unknown) or t.dtype.kind == "f":
                return out
            raise NotDifferentiable(
                f"the gradient of `{function.name}` is not defined: it returns {_in_words(function, out)}",
                "return a float" if t.dtype.kind != "c" else "return a real number, such as np.real(…), or use vjp",
            )
    result = function.results[out] if isinstance(out, int) else None
    if isinstance(result, Const) and isinstance(result.type, Object):
        raise NonScalarOutput(
            f"grad needs a function that returns one number, but `{function.name}` returns {_in_words(function, out)}",
            "return a float" if result.value is not None else "does it lack a `return`? Return a float",
        )
    raise NonScalarOutput(
        f"grad needs a function that returns one number, but `{function.name}` returns {_in_words(function, out)}",
        "use jacrev or vjp, or return a sum"
        if not isinstance(out, tuple) or has_aux
        else "use jacrev or vjp; if only the first item is to be differentiated, pass has_aux=True",
    )


def _checked(function: Function, scalar: int) -> Function:
    """With a check that a result is one number, where only running can tell."""
    builder = Builder()
    many = builder.call(operator.ne, builder.call(np.ndim, function.results[scalar]), 0)
    fail = Block(diverges=True)
    with builder.inside(fail):
        what = f"`{function.name}` returned an array, but grad needs one number"
        error = builder.typed_call(NonScalarOutput, OBJECT, what, "use jacrev or vjp, or return a sum")
        builder.add(Call(raise_, (error,), effect=True))
    builder.add(If(many, fail, Block()))
    body = replace(function.body, ops=[*function.body.ops, *builder.block.ops])
    return replace(function, body=body)


def _first_of_pair(function: Function) -> Tree:
    """The part of the result that is differentiated with ``has_aux``."""
    out = function.out
    if isinstance(out, tuple) and len(out) == 2:
        return out[0]
    raise NonScalarOutput(
        f"with has_aux=True `{function.name}` has to return a pair, but it returns {_in_words(function, out)}",
        "return what to differentiate first, then whatever else is wanted: `return loss, aux`",
    )


def _in_words(function: Function, out: Tree) -> str:
    if not isinstance(out, int):
        return f"a {type(out).__name__} of {len(out)}"
    t = function.results[out].type
    if isinstance(t, Array):
        return f"an array of {t.dtype} with {t.ndim} {'axis' if t.ndim == 1 else 'axes'}"
    if isinstance(t, Scalar):
        kinds = {"b": "a bool", "i": "an int", "u": "an unsigned int", "f": "a float", "c": "a complex number"}
        return kinds[t.dtype.kind]
    result = function.results[out]
    if isinstance(result, Const):
        return "None" if result.value is None else with_article(type(result.value).__name__)
    return "an object that carries no derivative" if isinstance(t, Object) else f"a value of type {t}"
