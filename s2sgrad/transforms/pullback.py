"""A function split in two: a forward part that saves, and a backward part that is called later.

func f(x):         func f_forward(x):       func f_backward(y, y_bar):
  y = exp x          y = exp x                x_bar = mul y_bar, y
  return y           return y, (y,)           return (x_bar,)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from s2sgrad.ir.clone import substitute
from s2sgrad.ir.core import UNDEFINED, Block, Call, Const, For, Function, Operand, Value, While, blocks_of, walk
from s2sgrad.transforms.adjoint import reverse_parts
from s2sgrad.transforms.parts import free_values


def forward_backward(
    function: Function, wrt: Sequence[Value], differentiated_results: Sequence[int] | None = None
) -> tuple[Function, Function]:
    """The parts of the vector-Jacobian product of ``function``.

    :param wrt: as for :func:`s2sgrad.transforms.adjoint.adjoint`.
    :returns: ``forward``, which returns a pair of the primal's ``out`` and the tuple of what is saved; and
        ``backward``, whose parameters are what is saved, then a cotangent for each differentiated result, and
        which returns the tuple of cotangents in the order of ``wrt``.
    """
    parts = reverse_parts(function, wrt, "param", differentiated_results, leaves_scope=True)
    primal, backward = parts.primal, parts.backward
    saved = free_values(backward, parts.seeds)
    undefined = define(primal.body, saved)
    results = [*primal.body.results, *saved]
    out = (primal.out, tuple(range(len(primal.body.results), len(results))))
    forward = Function(
        f"{primal.name}_forward",
        primal.params,
        Block([], primal.body.ops, results),
        out,
        primal.captures,
        primal.doc,
        primal.defaults,
    )
    received = [Value(v.type, v.name) for v in saved]
    substitute(backward, dict(zip(saved, received, strict=True)))
    optional = frozenset(new for old, new in zip(saved, received, strict=True) if old in undefined)
    cotangents = tuple(range(len(backward.results)))
    params = [*received, *parts.seeds]
    return forward, Function(f"{primal.name}_backward", params, backward, cotangents, optional=optional)


def define(body: Block, values: Sequence[Value]) -> set[Value]:
    """Make values None where a path leaves them undefined: they are returned, whichever path is taken.

    Returns those that this may happen to.
    """
    owners = {result: (op, k) for op in walk(body) if not isinstance(op, Call) for k, result in enumerate(op.results)}
    return {value for value in values if _define(value, owners, set())}


def _define(first: Value, owners: dict[Value, tuple[Any, int]], seen: set[Operand]) -> bool:
    """Whether a value may be None."""
    pending: list[Operand] = [first]
    found = False
    while pending:
        value = pending.pop()
        if isinstance(value, Const):
            found = found or value.value is None
        if value in seen or value not in owners:
            continue
        seen.add(value)
        op, k = owners[value]
        if isinstance(op, (For, While)):
            if op.inits[k] is UNDEFINED:
                op.inits[k] = Const(None)
            pending.append(op.inits[k])
        for block in blocks_of(op):
            if block.diverges or (isinstance(op, While) and block is op.cond):
                continue
            if block.results[k] is UNDEFINED:
                block.results[k] = Const(None)
            pending.append(block.results[k])
    return found


__all__ = ["forward_backward", "free_values"]
