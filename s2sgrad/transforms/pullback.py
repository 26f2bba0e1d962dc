"""A function split in two: a forward part that saves, and a backward part that is called later.

func f(x):         func f_forward(x):       func f_backward(y, y_bar):
  y = exp x          y = exp x                x_bar = mul y_bar, y
  return y           return y, (y,)           return (x_bar,)
"""

from __future__ import annotations

from collections.abc import Sequence

from s2sgrad.ir.clone import substitute
from s2sgrad.ir.core import Block, Function, Value
from s2sgrad.transforms.adjoint import reverse_parts
from s2sgrad.transforms.parts import define, free_values


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


__all__ = ["forward_backward", "free_values"]
