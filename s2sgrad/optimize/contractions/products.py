"""Sums of products are written in the way that NumPy computes fastest.

    t: f8[n, m] = mul x_bar, y
    a_bar: f8[n] = sum t, axis=1                 ──▶   a_bar: f8[n] = vecdot x_bar, y
    b_bar: f8[n, k] = einsum "ij,jk->ik", z, w         b_bar: f8[n, k] = matmul z, w

In derivative code, and in statements of the author's that nothing else reads; for the text that NumPy runs only, for
compiled code makes loops of such sums anyway.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from s2sgrad.ir.core import Call, Const, Function, Op, Operand, walk
from s2sgrad.ir.types import Array
from s2sgrad.optimize.arrays import constant_options
from s2sgrad.optimize.contractions.reading import Contraction, read
from s2sgrad.optimize.contractions.writing import (
    Form,
    by_vector,
    folded,
    inner,
    product,
    restacked,
    stacked,
    tensordot,
    write,
)
from s2sgrad.optimize.cse import cse
from s2sgrad.optimize.dce import dce
from s2sgrad.optimize.returned import returned_memory
from s2sgrad.optimize.rewrite import Rewrite, Rewriter
from s2sgrad.optimize.unobserved import unobserved
from s2sgrad.rules.pairs import explicit, pairs
from s2sgrad.stages import stage


@stage("products")
def products(function: Function) -> Function:
    """Write contractions in the way that suits NumPy (changes the function)."""
    authors: set[Op] = set(walk(function.body)) - unobserved(function)

    def ours(op: Call) -> bool:
        return op.adjoint or op not in authors

    Rewriter(_REWRITES, ours, returned_memory(function)).run(function.body)
    return cse(dce(function), ours)


def _in(*forms: Form) -> Rewrite:
    def rewrite(r: Rewriter, op: Call) -> Operand | None:
        c = read(r, op)
        # products that are there are added up as fast as any others are contracted, but for products of matrices
        found = None if c is None else write(r, c, _MATRICES if c.is_shared else forms)
        if found is None or c is None or not c.kept:
            return found
        return r.call(np.expand_dims, found, axis=c.kept if len(c.kept) > 1 else c.kept[0])

    return rewrite


def sum_first(r: Rewriter, op: Call) -> Operand | None:
    """np.sum(x * y, axis=0) → np.sum(x, axis=0) * y, where y does not have that axis"""
    c = read(r, op)
    if c is None or not c.alone or c.kept or c.is_shared:
        return None
    factors: list[Any] = []
    for x, labels in ((c.x, c.a), (c.y, c.b)):
        axes = tuple(at for at, k in enumerate(labels) if k in c.alone)
        left = tuple(k for k in labels if k not in c.alone)
        factors += (r.call(np.sum, x, axis=axes if len(axes) > 1 else axes[0]) if axes else x, left)
    x, a, y, b = factors
    rest = Contraction(x, y, a, b, c.out)
    if set(c.out) == {*a, *b}:
        return write(r, rest, (product,)) if a and b else r.call(operator.mul, x, y)
    return write(r, rest, _SUMS)


def in_pairs(r: Rewriter, op: Call) -> Operand | None:
    """np.einsum("ij,jk,kl->il", x, y, z) → np.einsum("ik,kl->il", np.einsum("ij,jk->ik", x, y), z)

    In the order in which its cotangents are computed, so that they have the intermediate results in common.
    """
    text, *factors = op.args
    options = constant_options(Call(op.fn, (text,), op.kwargs), ())
    if len(factors) < 3 or not isinstance(text, Const) or options is None or options.keys() - {"optimize"}:
        return None
    ranks = tuple(x.type.ndim if isinstance(x.type, Array) else 0 for x in factors)
    steps = pairs(explicit(text.value, ranks), options.get("optimize", False))
    nodes: list[Operand] = list(factors)
    for first, second, pair in steps:
        nodes.append(r.call(np.einsum, pair, nodes[first], nodes[second]))
    return nodes[-1]


def outer(r: Rewriter, op: Call) -> Operand | None:
    """np.outer(x, y) → x[:, None] * y, for vectors"""
    if op.kwargs or len(op.args) != 2 or not all(isinstance(x.type, Array) and x.type.ndim == 1 for x in op.args):
        return None
    x, y = op.args
    return write(r, Contraction(x, y, ("i",), ("j",), ("i", "j")), (product,))


_MATRICES = (by_vector, stacked, folded)
_SUMS = (inner, by_vector, stacked, folded, restacked)
_REWRITES: dict[Any, tuple[Rewrite, ...]] = {
    np.sum: (_in(inner, by_vector, stacked, folded, restacked), sum_first),
    np.einsum: (
        in_pairs,
        _in(product, inner, by_vector, stacked, folded, restacked, tensordot),
    ),
    np.tensordot: (_in(inner, by_vector, stacked, folded),),
    np.outer: (outer,),
}
