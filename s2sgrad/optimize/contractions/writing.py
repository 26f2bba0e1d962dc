"""How a contraction is written so that NumPy computes it fast.

    x: i, y: j → i j                x[:, None] * y
    x: i j, y: i j → i              np.vecdot(x, y)
    x: i j, y: j k → i k            x @ y
    x: b i k, y: b j k → b i j      x @ y.swapaxes(1, 2)
    x: n k i, y: n k j → k i j      x.transpose(1, 2, 0) @ y.transpose(1, 0, 2)
    x: i j k, y: i j c → k c        x.reshape(i * j, k).T @ y.reshape(i * j, c)
    x: i c j, y: i b c → j b        np.tensordot(x, y, ((0, 1), (0, 2)))

NumPy gives a product of matrices to BLAS if their entries are next to each other along one of its two axes; so an
array whose last axis would become one of a batch is not written that way. (That arrays are by rows is assumed for speed
only.) What is left is for ``np.einsum``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np

from s2sgrad.ir.build import known_length, lift
from s2sgrad.ir.core import Operand, Value
from s2sgrad.ir.infer import infer
from s2sgrad.ir.primitives import getindex
from s2sgrad.ir.types import Array, Type
from s2sgrad.optimize.contractions.reading import Contraction, Labels
from s2sgrad.optimize.rewrite import Rewriter

Form = Callable[[Rewriter, Contraction], "Operand | None"]


def write(r: Rewriter, c: Contraction, forms: Sequence[Form]) -> Operand | None:
    """The result of ``c``, in the first of ``forms`` that it has."""
    for form in forms:
        found = form(r, c)
        if found is not None:
            return found
    return None


def product(r: Rewriter, c: Contraction) -> Operand | None:
    """x[:, None] * y: nothing is summed over"""
    if set(c.out) != {*c.a, *c.b} or any(tuple(k for k in c.out if k in own) != own for own in (c.a, c.b)):
        return None
    return r.call(operator.mul, spread(r, c.x, c.a, c.out), spread(r, c.y, c.b, c.out))


def inner(r: Rewriter, c: Contraction) -> Operand | None:
    """x @ y, np.vdot(x, y), np.vecdot(x, y), np.einsum("ij,ij->j", x, y): what both factors have is summed over"""
    if c.a != c.b or not c.summed or not isinstance(c.x.type, Array) or c.x.type.dtype.kind != "f":
        return None
    if not c.out:
        return r.call(operator.matmul if len(c.a) == 1 else np.vdot, c.x, c.y)
    if c.out == c.a[:-1]:
        return r.call(np.vecdot, c.x, c.y)
    names = dict(zip(c.a, "ijklmnopqrstuvwxyz", strict=False))
    term, out = ("".join(names[k] for k in labels) for labels in (c.a, c.out))
    return plain(r, np.einsum, f"{term},{term}->{out}", c.x, c.y)


def by_vector(r: Rewriter, c: Contraction) -> Operand | None:
    """A @ x, x @ A"""
    c = c.swapped() if len(c.a) == 1 else c
    if c.b != c.summed or len(c.b) != 1 or len(c.a) < 2 or set(c.a) != {*c.out, *c.b}:
        return None
    (k,), rows = c.b, c.out
    if c.a == (*rows[:-1], k, rows[-1]):
        return r.call(operator.matmul, c.y, c.x)
    matrix = arranged(r, c.x, c.a, (*rows, k))
    return None if matrix is None else r.call(operator.matmul, matrix, c.y)


def stacked(r: Rewriter, c: Contraction) -> Operand | None:
    """A @ B, for each matrix of a stack, where the last two axes of the result come from one factor each"""
    return _matmul(r, c, c.out) if len(c.out) > 1 else None


def restacked(r: Rewriter, c: Contraction) -> Operand | None:
    """The same, where they are others of its axes, and the result is transposed"""
    last = [next((k for k in reversed(c.out) if k in own and k not in c.batch), None) for own in (c.a, c.b)]
    if None in last:
        return None
    p, q = sorted(last, key=c.out.index)
    came = (*(k for k in c.out if k not in (p, q)), p, q)
    found = _matmul(r, c, came)
    return None if found is None else transposed(r, found, came, c.out)


def _matmul(r: Rewriter, c: Contraction, out: Labels) -> Operand | None:
    *stack, p, q = out
    c = c if p in c.a else c.swapped()
    if len(c.summed) != 1 or c.alone or p in c.b or p not in c.a or q in c.a or q not in c.b:
        return None
    (k,) = c.summed
    left, right = arranged(r, c.x, c.a, (*stack, p, k)), arranged(r, c.y, c.b, (*stack, k, q))
    return None if left is None or right is None else r.call(operator.matmul, left, right)


def folded(r: Rewriter, c: Contraction) -> Operand | None:
    """x.reshape(m, n) @ y.reshape(n, k): axes that stay together are one axis of a matrix"""
    if c.batch or c.alone or not c.summed:
        return None
    c = c if c.out[:1] == tuple(k for k in c.a if k in c.out)[:1] else c.swapped()
    rows, columns = (tuple(k for k in own if k in c.out) for own in (c.a, c.b))
    summed = c.summed
    if c.out != rows + columns or not rows or not columns:
        return None
    if c.a not in (rows + summed, summed + rows) or c.b not in (summed + columns, columns + summed):
        return None
    left, right = _matrix(r, c.x, c.a, rows, summed), _matrix(r, c.y, c.b, summed, columns)
    found = r.call(operator.matmul, left, right)
    if len(c.out) == 2:
        return found
    lengths = [length(r, x, own, k) for x, own, part in ((c.x, c.a, rows), (c.y, c.b, columns)) for k in part]
    return r.call(np.reshape, found, tuple(lengths))


def _matrix(r: Rewriter, x: Operand, labels: Labels, rows: Labels, columns: Labels) -> Operand:
    by_rows = labels == rows + columns
    parts = (rows, columns) if by_rows else (columns, rows)
    if len(labels) > 2:
        x = r.call(np.reshape, x, tuple(_total(r, x, labels, part) for part in parts))
    return x if by_rows else r.call(np.transpose, x)


def _total(r: Rewriter, x: Operand, labels: Labels, part: Labels) -> Operand:
    total, *more = (length(r, x, labels, k) for k in part)
    for n in more:
        total = r.call(operator.mul, total, n)
    return total


def tensordot(r: Rewriter, c: Contraction) -> Operand | None:
    """np.tensordot(x, y, axes), and a transpose if the axes come out in another order"""
    if c.batch or c.alone or not c.summed:
        return None
    c = c if c.out[:1] == tuple(k for k in c.a if k in c.out)[:1] else c.swapped()
    axes = tuple(map(c.a.index, c.summed)), tuple(map(c.b.index, c.summed))
    came = (*(k for k in c.a if k in c.out), *(k for k in c.b if k in c.out))
    found = plain(r, np.tensordot, c.x, c.y, axes)
    return transposed(r, found, came, c.out)


# -- axes -------------------------------------------------------------------------------------------------


def arranged(r: Rewriter, x: Operand, labels: Labels, wanted: Labels) -> Operand | None:
    """``x`` with these axes, to be the last two axes of which are those of matrices; None if that would be slow."""
    present = tuple(k for k in wanted if k in labels)
    if len(present) != len(labels) or labels[-1] not in wanted[-2:]:
        return None
    return spread(r, transposed(r, x, labels, present), present, wanted)


def transposed(r: Rewriter, x: Operand, labels: Labels, wanted: Labels) -> Operand:
    order = tuple(map(labels.index, wanted))
    moved = [k for k, at in enumerate(order) if k != at]
    if not moved:
        return x
    if len(order) == 2:
        return r.call(np.transpose, x)
    return r.call(np.swapaxes, x, *moved) if len(moved) == 2 else r.call(np.transpose, x, order)


def spread(r: Rewriter, x: Operand, labels: Labels, wanted: Labels) -> Operand:
    """``x`` with axes of length 1 for those of the wanted labels, in the same order, that it does not have."""
    first = next((at for at, k in enumerate(wanted) if k in labels), len(wanted))
    index = [slice(None) if k in labels else None for k in wanted[first:]]
    while index and index[-1] == slice(None):
        index.pop()
    return r.call(operator.getitem, x, tuple(index)) if index else x


def length(r: Rewriter, x: Operand, labels: Labels, label: Hashable) -> Operand:
    return r.call(getindex, r.call(np.shape, x), labels.index(label))


def plain(r: Rewriter, fn: Any, *args: Any) -> Value:
    """A call of ``fn`` that is not read as a contraction again."""
    given = lift(args)
    type = infer(fn, given, {})
    assert isinstance(type, Type)
    return r.new(fn, known_length(type), *given)
