"""How ``stop_gradient``, ``no_grad`` and ``on_backward`` are lowered.

y = stop_gradient(x)          y = stop_gradient x        (a primitive without derivative; gone in the end)
y = no_grad(f)(x)             y = stop_gradient (f (stop_gradient x))
y = on_backward(x, fn)        y = x with the custom rule    x_bar = fn(y_bar)
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from types import FunctionType, MethodType
from typing import Any, NoReturn

import numpy as np

from s2sgrad.controls import NoGrad, no_grad, on_backward, stop_gradient
from s2sgrad.custom import custom_vjp
from s2sgrad.custom_calls import call_custom
from s2sgrad.errors import CustomRuleError, MutationError, S2SGradError
from s2sgrad.frontend.calls import INSTANCES, handles, is_primitive
from s2sgrad.frontend.collectors import copied, given_copies
from s2sgrad.frontend.flattening import Arguments, rebuild
from s2sgrad.frontend.lowerer import CALLEES, Lowerer
from s2sgrad.frontend.memory import may_share
from s2sgrad.frontend.plain import any_varied, only_looks
from s2sgrad.frontend.things import ArrayRef, Closure, Method, Partial, Thing
from s2sgrad.ir import primitives
from s2sgrad.ir.core import Block, Call, Const, If, Operand, Value, walk
from s2sgrad.ir.primitives import raise_
from s2sgrad.ir.types import OBJECT, is_differentiable
from s2sgrad.transforms.cotangents import derivative_type

Things = list[Thing]
Keywords = dict[str, Thing]


# -- constants -------------------------------------------------------------------------------------------


@handles(stop_gradient)
def _stop_gradient(lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
    (x,) = (*args, *kwargs.values())
    return _stopped(lo, x)


def _stopped(lo: Lowerer, thing: Thing) -> Thing:
    """The same thing, over values through which no derivative passes."""
    if isinstance(thing, (Const, Closure, Method, Partial)):
        return thing
    flat = Arguments(lo, "`stop_gradient`")
    spec = flat.flatten(thing)
    if not lo.rule and not lo.is_varied(tuple(flat.operands)):
        return thing
    made = rebuild(lo, spec, iter([_constant(lo, x) for x in flat.operands]))
    old = lo.cells_of([thing])
    for cell in lo.cells_of([made]):
        for other in old:
            if isinstance(lo.heap[cell], Value) == isinstance(lo.heap[other], Value):
                may_share(cell, other)
    return made


def _constant(lo: Lowerer, x: Operand) -> Operand:
    if not isinstance(x, Value) or not is_differentiable(x.type):
        return x
    return lo.builder.typed_call(primitives.stop_gradient, x.type, x)


@dataclass(frozen=True, slots=True)
class Undifferentiated:
    """``no_grad(f)`` of a function that is known while compiling."""

    fun: Thing


@handles(no_grad)
def _no_grad(lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
    (fun,) = (*args, *kwargs.values())
    return Undifferentiated(fun)


def _call(lo: Lowerer, callee: Undifferentiated, args: Things, kwargs: Keywords, node: Any) -> Thing:
    heap = dict(lo.heap)
    constants = [_stopped(lo, a) for a in args]
    result = lo.invoke(callee.fun, constants, {name: _stopped(lo, a) for name, a in kwargs.items()}, node)
    for cell, content in heap.items():
        now = lo.heap.get(cell)
        if now is not content and any_varied(lo, [now] if not isinstance(now, dict) else list(now.values()), {}):
            what = "a function that is called with `no_grad` changes an array or a list of the code around it"
            lo.fail(what, "let it return the new value", node, MutationError)
    return _stopped(lo, result)


def _call_instance(lo: Lowerer, callee: NoGrad[Any, Any], args: Things, kwargs: Keywords, node: Any) -> Thing:
    return _call(lo, Undifferentiated(Const(callee.__wrapped__)), args, kwargs, node)


CALLEES[Undifferentiated] = _call
INSTANCES[NoGrad] = _call_instance


# -- adjoints --------------------------------------------------------------------------------------------


def identity(fn: Any, x: Any) -> Any:
    """What ``on_backward`` is in the primal."""
    return x


def _forward(fn: Any, x: Any) -> Any:
    return x, None


def passed_to(fn: Any, _: Any, x_bar: Any) -> Any:
    """What ``fn`` makes of an adjoint. The compiler knows how it is lowered."""
    raise NotImplementedError


def _tangent(fn: Any, primals: Any, tangents: Any) -> Any:
    return primals[0], tangents[0]


_watched = custom_vjp(identity, nondiff_argnums=(0,))
_watched.__name__, _watched.__qualname__ = "on_backward", "_watched"
_watched.defvjp(_forward, passed_to)
_watched.defjvp(_tangent)


@handles(on_backward)
def _on_backward(lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
    named = dict(zip(("x", "fn"), args, strict=False)) | kwargs
    if set(named) != {"x", "fn"}:
        lo.fail("on_backward takes two arguments", "write on_backward(x, fn)", node)
    if not (lo.rule or any_varied(lo, [named["x"]], {})):
        return named["x"]
    return call_custom(lo, _watched, [named["fn"], named["x"]], {}, node)


@handles(passed_to)
def _passed_to(lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
    fn, _, x_bar = args
    outside = isinstance(fn, Const)
    if outside and not _has_source(fn.value):
        return (_passed_at_run_time(lo, fn.value, x_bar),)
    restore = lo.snapshot()
    try:
        result = lo.invoke(fn, [x_bar], {}, node)
        keeper = _may_keep(lo.builder.block)
        if keeper is not None:
            lo.fail(f"it calls `{keeper}`, which may keep the adjoint, and that changes later on", "copy it", node)
        if _perhaps_none(lo, result):
            lo.fail("it returns None on some paths only", "return the adjoint", node)
    except S2SGradError as error:
        if not outside:
            _refuse(lo, error.what, node)
        restore()
        return (_passed_at_run_time(lo, fn.value, x_bar),)
    nothing = isinstance(result, (Const, Value)) and result.type == OBJECT  # None, or what print returns
    return (x_bar if nothing else result,)


def _may_keep(block: Block) -> str | None:
    """The name of a function that is called in a block and does something unknown with what it is given."""
    for op in walk(block):
        if isinstance(op, Call) and op.effect and op.fn not in (raise_, given_copies) and not only_looks(op.fn):
            return str(getattr(op.fn, "__name__", op.fn))
    return None


def _refuse(lo: Lowerer, why: str, node: Any) -> NoReturn:
    what = f"the function that `on_backward` is given cannot be inlined: {why}"
    lo.fail(
        what, "define it by `def`, outside of the function that is differentiated: then it is called as it is", node
    )


def _perhaps_none(lo: Lowerer, thing: Thing) -> bool:
    """Whether a number or array may be None: a branch that was taken has returned nothing."""
    owners = {v: (op, k) for op in lo.builder.block.ops if isinstance(op, If) for k, v in enumerate(op.results)}
    pending = [lo.read(thing) if isinstance(thing, ArrayRef) else thing]
    while pending:
        x = pending.pop()
        if isinstance(x, Const) and x.value is None and x is not thing:
            return True
        if isinstance(x, Value) and x in owners:
            op, k = owners[x]
            pending += [block.results[k] for block in (op.then, op.orelse) if not block.diverges]
    return False


def _has_source(fn: Any) -> bool:
    """Whether a function can be lowered: compiled code is left to run, unless it only prints or has a rule."""
    return isinstance(fn, (FunctionType, MethodType, functools.partial)) or is_primitive(fn) or only_looks(fn)


def _passed_at_run_time(lo: Lowerer, fn: Any, x_bar: Thing) -> Thing:
    """A call of a function that is not inlined: it may do anything, and is given a copy of the adjoint."""
    flat = Arguments(lo, "a function that is not inlined")
    spec = flat.flatten(x_bar)
    places = [k for k, x in enumerate(flat.operands) if is_differentiable(x.type)]
    results = [Value(derivative_type(flat.operands[k].type)) for k in places]
    if results:
        lo.builder.add(Call(adjoint_from, (Const(fn), lo.operand(x_bar)), {}, list(results), effect=True))
        lo.varied.update(results)
    made = dict(zip(places, results, strict=True))
    return rebuild(lo, spec, iter([made.get(k, x) for k, x in enumerate(flat.operands)]))


def adjoint_from(fn: Any, x_bar: Any) -> Any:
    """What a function returns for an adjoint, or leaves of it: one number or array, or a tuple of all leaves."""
    given = copied(x_bar)
    found = fn(given)
    leaves = list(_leaves(given, given if found is None else found))
    return leaves[0] if len(leaves) == 1 else tuple(leaves)


def _leaves(like: Any, tree: Any) -> Iterator[Any]:
    """The numbers and arrays of an adjoint. Raises :class:`CustomRuleError` if it is unlike the one that was given."""
    if like is None:
        return
    if isinstance(like, (tuple, list, dict)):
        keys = like if isinstance(like, dict) else range(len(like))
        if type(tree) is not type(like) or set(keys) != set(tree if isinstance(tree, dict) else range(len(tree))):
            raise CustomRuleError(
                "the function of on_backward returns an adjoint of another structure than it was given",
                "return an adjoint of the same structure, or None",
            )
        for key in keys:
            yield from _leaves(like[key], tree[key])
        return
    if np.shape(tree) != np.shape(like):
        raise CustomRuleError(
            f"the function of on_backward returns an adjoint of shape {np.shape(tree)} for one of {np.shape(like)}",
            "return an adjoint of the same shape, or None",
        )
    yield tree
