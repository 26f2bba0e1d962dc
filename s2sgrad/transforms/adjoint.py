"""The adjoint transform: a function in, the function of its cotangents out.

The forward part is the primal's operations in their order; the backward part follows: the same operations from the
last to the first, each through its rule. The result is ordinary IR, which can be transformed again.

    func cubic(x):          func cubic(x):
      t = mul x, x            t = mul x, x
      y = mul t, x            y = mul t, x
      return y                t_bar = mul 1.0, x           # backward
                              x_bar = mul 1.0, t
                              …
                              return x_bar

Here is the frame; the steps are in `rule_calls`, `adjoint_indexing`, `adjoint_control`; what loops and branches save
for the backward part is decided in `saving` when the backward part is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from s2sgrad.ir.core import UNDEFINED, Block, Call, Const, For, Function, If, Op, Operand, Tree, Try, Value, With
from s2sgrad.ir.types import is_differentiable
from s2sgrad.optimize.pipeline import clean
from s2sgrad.transforms.activity import active_values
from s2sgrad.transforms.adjoint_control import reverse_if, reverse_loop, reverse_try, reverse_with
from s2sgrad.transforms.adjoint_core import Reverse
from s2sgrad.transforms.adjoint_indexing import SPECIAL
from s2sgrad.transforms.checkpoints import reverse_at_once, reverse_checkpointed, reverse_checkpointed_call
from s2sgrad.transforms.cloning import clone_with
from s2sgrad.transforms.cotangents import as_result, derivative_type
from s2sgrad.transforms.custom_reverse import reverse_custom
from s2sgrad.transforms.custom_rules import drop_same
from s2sgrad.transforms.independent import only_adds_up
from s2sgrad.transforms.invoke import Invocations, call_forward, cotangents_of
from s2sgrad.transforms.ownership import own_results
from s2sgrad.transforms.parts import ReverseParts
from s2sgrad.transforms.rule_calls import NONE, reverse_rule
from s2sgrad.transforms.saving import make_available
from s2sgrad.transforms.scopes import Cotangent, Scope, as_operand
from s2sgrad.transforms.structure import Structure, is_hashable


def adjoint(
    function: Function,
    wrt: Sequence[Value],
    *,
    value: bool = False,
    cotangent: Literal["one", "param"] = "one",
    differentiated_results: Sequence[int] | None = None,
) -> Function:
    """The function that computes the cotangents of ``wrt``.

    :param wrt: parameters, or leaves of container parameters (values that the body defines at top level).
    :param value: also return the primal's results.
    :param cotangent: ``"one"``: the differentiated result is a number and its cotangent is 1; ``"param"``: the
        cotangents of the differentiated results are parameters, after the primal's.
    :param differentiated_results: indices of results; all that can be differentiated by default.
    :returns: ``out`` is the tuple of cotangents in the order of ``wrt``, or a pair of the primal's ``out`` and it.
    """
    parts = reverse_parts(function, wrt, cotangent, differentiated_results, values=value)
    primal = parts.primal
    results = [*primal.body.results, *parts.backward.results] if value else list(parts.backward.results)
    first = len(primal.body.results) if value else 0
    cotangents = tuple(range(first, len(results)))
    body = Block([], [*primal.body.ops, *parts.backward.ops], results)
    out: Tree = (primal.out, cotangents) if value else cotangents
    params = [*primal.params, *parts.seeds]
    return Function(primal.name, params, body, out, primal.captures, primal.doc, primal.defaults)


def reverse_parts(
    function: Function,
    wrt: Sequence[Value],
    cotangent: Literal["one", "param"],
    differentiated_results: Sequence[int] | None = None,
    *,
    leaves_scope: bool = False,
    invocations: Invocations | None = None,
    begun: Mapping[Value, Value] | None = None,
    values: bool = True,
) -> ReverseParts:
    """The forward and the backward part, before they are put into one function or two.

    ``leaves_scope``: what is saved leaves the function, so it has to be defined on every path.
    ``invocations``: the variants of called functions made so far.
    ``begun``: cotangents that some of ``wrt`` have already, to which those from here are added. The results may be
    written over these then; otherwise each is an array of its own.
    ``values``: the primal's results are wanted, beside the cotangents.
    """
    before = [None if begun is None else begun.get(x) for x in wrt]
    primal, wrt = clone_with(function, wrt)
    if differentiated_results is None:
        differentiated_results = differentiable_results(primal)
    outputs = [primal.body.results[k] for k in differentiated_results]
    structure = Structure(primal)
    active = active_values(primal.body, wrt, outputs)
    made = invocations or Invocations(split=_split)
    r = Reverse(structure, active, set(wrt), step, made, reverse_parts, values)
    scope = Scope(structure, primal.body)
    for x, bar in zip(wrt, before, strict=True):
        if bar is not None:
            r.put(scope, x, bar)
    seeds = _seed(r, scope, outputs, cotangent)
    r.block(primal.body, scope)
    r.builder.stmt = None
    backward = r.builder.block
    backward.results = [_cotangent(r, scope, x) for x in wrt]
    clean(backward)
    make_available(primal, backward, structure, r.mirrors, NONE if leaves_scope else UNDEFINED)
    drop_same(primal.body, backward)
    if begun is None:
        own_results(backward)
    return ReverseParts(primal, backward, seeds)


def _split(function: Function, wrt: Sequence[Value], results: Sequence[int], made: Invocations) -> ReverseParts:
    return reverse_parts(function, wrt, "param", results, leaves_scope=True, invocations=made)


def differentiable_results(function: Function) -> list[int]:
    return [k for k, x in enumerate(function.body.results) if _has_derivative(x)]


def _has_derivative(x: Operand) -> bool:
    return is_differentiable(x.type) and not (isinstance(x, Const) and x.value is None)


def step(r: Reverse, op: Op, scope: Scope) -> None:
    """Reverse one operation: nothing to do if no result has a cotangent."""
    if any(v in r.wrt for v in op.results):
        return
    bars = [scope.take(v) for v in op.results]
    if all(bar is None for bar in bars):
        return
    if isinstance(op, Call) and isinstance(op.fn, Function):
        if op.fn.rule is not None:
            reverse_custom(r, op, op.fn, bars, scope)
        else:
            (reverse_checkpointed_call if op.fn.checkpointed else _reverse_invocation)(r, op, op.fn, bars, scope)
    elif isinstance(op, Call):
        special = SPECIAL.get(op.fn) if is_hashable(op.fn) else None
        (special or reverse_rule)(r, op, bars, scope)
    elif isinstance(op, If):
        reverse_if(r, op, bars, scope)
    elif isinstance(op, Try):
        reverse_try(r, op, bars, scope)
    elif isinstance(op, With):
        reverse_with(r, op, bars, scope)
    elif isinstance(op, For) and op.checkpoints is not None:
        reverse_checkpointed(r, op, bars, scope)
    elif isinstance(op, For) and only_adds_up(r, op):
        reverse_at_once(r, op, bars, scope)
    else:
        reverse_loop(r, op, bars, scope)


def _reverse_invocation(r: Reverse, call: Call, g: Function, bars: list[Cotangent | None], scope: Scope) -> None:
    """Call the forward part of a function that is not inlined, and its backward part."""
    active = tuple(k for k, x in enumerate(call.args) if r.is_active(x))
    results = tuple(k for k, bar in enumerate(bars) if bar is not None)
    seeds = [as_operand(r.builder, bars[k], call.results[k]) for k in results]
    forward, backward = r.invocations.parts(g, active, results)
    saved = call_forward(call, r.structure, forward)
    cotangents = cotangents_of(call, g, active)
    r.builder.add(Call(backward, (saved, *seeds), {}, list(cotangents)))
    for k, bar in zip(active, cotangents, strict=True):
        r.contribute(scope, call.args[k], bar, broadcasts=False)


def _seed(r: Reverse, scope: Scope, outputs: list[Operand], cotangent: Literal["one", "param"]) -> list[Value]:
    """Give the results their cotangents; returns the parameters made for them."""
    seeds: list[Value] = []
    for x in outputs:
        bar: Operand = Const(1.0)
        if cotangent == "param":
            bar = Value(derivative_type(x.type), f"{x.name}_bar" if isinstance(x, Value) and x.name else "out_bar")
            seeds.append(bar)
        r.accumulate(scope, x, bar)
    return seeds


def _cotangent(r: Reverse, scope: Scope, x: Value) -> Operand:
    """The complete cotangent of an input; zero if it has no influence."""
    return as_result(r.builder, as_operand(r.builder, scope.current(x), x), x.type)
