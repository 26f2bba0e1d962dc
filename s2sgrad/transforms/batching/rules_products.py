"""Products with one factor that depends on the directions: the batch becomes rows of a matrix product.

y = matmul A, x        x: [b, n]       Y = matmul X, A.T
y = matmul x, A        x: [b, n]       Y = matmul X, A
Y = matmul A, X        X: [b, n, m]    Y = matmul A, X
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from s2sgrad.ir.core import Call, Const, Operand, Value
from s2sgrad.ir.shapes.products import is_sparse
from s2sgrad.ir.types import Array
from s2sgrad.transforms.batching.core import Batch
from s2sgrad.transforms.batching.rules_reductions import shifted, static_axis
from s2sgrad.transforms.batching.tables import batched_by, rank_of


@batched_by(operator.matmul, np.matmul, np.dot)
def matmul(batch: Batch, op: Call) -> Any:
    if len(op.args) != 2 or op.kwargs or not all(isinstance(x, (Value, Const)) for x in op.args):
        return None
    a, b = op.args
    if is_sparse(a) or is_sparse(b):
        return _by_sparse(batch, a, b)
    ranks = rank_of(a), rank_of(b)
    if 0 in ranks or (op.fn is np.dot and max(ranks) > 2) or (batch.has(a) and batch.has(b)):
        return None
    build = batch.builder
    if batch.has(a):
        if ranks[0] == 1 and ranks[1] > 2:
            return None
        return build.call(operator.matmul, batch.aligned(a, ranks[1]) if ranks[1] > 2 else batch.of(a), b)
    now = batch.of(b)
    if ranks[1] == 1:
        if ranks[0] == 1:
            return build.call(operator.matmul, now, a)
        if ranks[0] == 2:
            return build.call(operator.matmul, now, build.call(np.transpose, a))
        return None
    return build.call(operator.matmul, a, batch.aligned(b, ranks[0]) if ranks[0] > 2 else now)


def _by_sparse(batch: Batch, a: Operand, b: Operand) -> Any:
    """A sparse matrix is multiplied with an array of two axes at most."""
    build = batch.builder
    if is_sparse(b):
        return build.call(operator.matmul, batch.of(a), b) if rank_of(a) == 1 else None
    if rank_of(b) > 1:
        return None
    found = build.call(operator.matmul, a, build.call(np.transpose, batch.of(b)))
    return build.call(np.transpose, found)


@batched_by(np.outer)
def outer(batch: Batch, op: Call) -> Any:
    if op.kwargs or any(rank_of(x) != 1 for x in op.args):
        return None
    a, b = op.args
    column = _with_axis(batch, a, (slice(None), slice(None), None), (slice(None), None))
    row = _with_axis(batch, b, (slice(None), None, slice(None)), None)
    return batch.builder.call(operator.mul, column, row)


def _with_axis(batch: Batch, x: Operand, batched: tuple[Any, ...], alone: tuple[Any, ...] | None) -> Operand:
    index = batched if batch.has(x) else alone
    if index is None:
        return x
    viewed: Operand = batch.builder.call(operator.getitem, batch.of(x), index)
    return viewed


@batched_by(np.einsum)
def einsum(batch: Batch, op: Call) -> Any:
    """The batch axis gets a letter that nothing else has."""
    text, *factors = op.args
    if not isinstance(text, Const) or not isinstance(text.value, str) or "." in text.value:
        return None
    inputs, arrow, output = text.value.replace(" ", "").partition("->")
    if not arrow or not all(isinstance(x, (Value, Const)) for x in factors):
        return None
    letter = next(c for c in "bzqwvutsrponmlkjihgfedcyxa" if c not in text.value)
    terms = [letter + term if batch.has(x) else term for term, x in zip(inputs.split(","), factors, strict=True)]
    together = f"{','.join(terms)}->{letter}{output}"
    return batch.builder.call(np.einsum, together, *map(batch.of, factors), **op.kwargs)


@batched_by(np.cross, np.linalg.cross)
def cross(batch: Batch, op: Call) -> Any:
    """Vectors stand along the last axis."""
    if len(op.args) != 2 or op.kwargs or not all(isinstance(x, (Value, Const)) for x in op.args):
        return None
    rank = max(map(rank_of, op.args))
    return batch.builder.call(op.fn, *(batch.aligned(x, rank) for x in op.args))


@batched_by(np.tensordot)
def tensordot(batch: Batch, op: Call) -> Any:
    """The axes of the first factor come first in the result, so that a batch of the second one has to be moved."""
    if len(op.args) < 2 or all(map(batch.has, op.args[:2])):
        return None
    a, b, *given = op.args
    axes = given[0] if given else op.kwargs.get("axes", Const(2))
    try:
        pairs = static_axis(axes) if not isinstance(axes, tuple) else tuple(map(static_axis, axes))
    except LookupError:
        return None
    if isinstance(pairs, int):
        pairs = tuple(range(rank_of(a) - pairs, rank_of(a))), tuple(range(pairs))
    left, right = ((k,) if isinstance(k, int) else tuple(k) for k in pairs)
    if batch.has(a):
        left = tuple(shifted(k, rank_of(a)) for k in left)
        return batch.builder.call(np.tensordot, batch.of(a), b, (left, right))
    right = tuple(shifted(k, rank_of(b)) for k in right)
    found = batch.builder.call(np.tensordot, a, batch.of(b), (left, right))
    free = rank_of(a) - len(left)
    return found if not free else batch.builder.call(np.moveaxis, found, free, 0)


@batched_by(np.linalg.solve)
def solve(batch: Batch, op: Call) -> Any:
    """A vector for each direction: the columns of one right-hand side."""
    a, b = op.args
    if batch.has(a) or rank_of(a) != 2:
        return None
    build = batch.builder
    if rank_of(b) == 1:
        solved = build.call(np.linalg.solve, a, build.call(np.transpose, batch.of(b)))
        return build.call(np.transpose, solved)
    t = batch.of(b).type
    return build.call(np.linalg.solve, a, batch.of(b)) if isinstance(t, Array) else None
