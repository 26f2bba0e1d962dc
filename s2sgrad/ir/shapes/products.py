"""Types of products of vectors, matrices and tensors."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from s2sgrad.ir.core import Const, Tree
from s2sgrad.ir.shapes import lengths
from s2sgrad.ir.shapes.elementwise import broadcast
from s2sgrad.ir.shapes.table import Types, array_of, axes_of, cannot_tell, of_shape, static, type_rule
from s2sgrad.ir.types import Array, Dim, Length


def promoted(*arrays: Array) -> np.dtype:
    first = arrays[0].dtype
    return first if all(t.dtype == first for t in arrays) else np.result_type(*(t.dtype for t in arrays))


@type_rule(operator.matmul, np.matmul, np.linalg.matmul)
def matmul(x: Tree, y: Tree) -> Types:
    if is_sparse(x) or is_sparse(y):
        return _by_sparse(x, y)
    a, b = array_of(x), array_of(y)
    if not a.ndim or not b.ndim:
        cannot_tell()
    rows, columns = a.shape[-2:-1], b.shape[-1:] if b.ndim > 1 else ()
    return of_shape(promoted(a, b), (*broadcast(a.shape[:-2], b.shape[:-2]), *rows, *columns))


def is_sparse(x: Tree) -> bool:
    """Whether an operand is a constant matrix of ``scipy.sparse`` (which need not be installed)."""
    return isinstance(x, Const) and is_sparse_matrix(x.value)


def is_sparse_matrix(x: object) -> bool:
    """Whether this is a matrix of ``scipy.sparse``."""
    return type(x).__module__.startswith("scipy.sparse.") and getattr(x, "ndim", 0) == 2


def _by_sparse(x: Tree, y: Tree) -> Types:
    matrix, other = (x, array_of(y)) if is_sparse(x) else (y, array_of(x))
    if other.ndim not in (1, 2) or matrix.value.dtype.kind not in "biufc":
        cannot_tell()
    dtype = np.result_type(matrix.value.dtype, other.dtype)
    made = Dim(("rows" if matrix is x else "columns", id(matrix.value)))
    return Array(dtype, (made, *other.shape[1:]) if matrix is x else (*other.shape[:-1], made))


@type_rule(np.dot)
def dot(x: Tree, y: Tree) -> Types:
    a, b = array_of(x), array_of(y)
    if not a.ndim or not b.ndim:
        return of_shape(promoted(a, b), a.shape + b.shape)
    return of_shape(promoted(a, b), a.shape[:-1] + b.shape[:-2] + (b.shape[-1:] if b.ndim > 1 else ()))


@type_rule(np.inner)
def inner(x: Tree, y: Tree) -> Types:
    a, b = array_of(x), array_of(y)
    return of_shape(promoted(a, b), a.shape[:-1] + b.shape[:-1] if a.ndim and b.ndim else a.shape + b.shape)


@type_rule(np.vdot)
def vdot(x: Tree, y: Tree) -> Types:
    return of_shape(promoted(array_of(x), array_of(y)), ())


@type_rule(np.outer, np.linalg.outer)
def outer(x: Tree, y: Tree) -> Types:
    a, b = array_of(x), array_of(y)
    return Array(promoted(a, b), (lengths.product(*a.shape, 1), lengths.product(*b.shape, 1)))


@type_rule(np.vecdot, np.linalg.vecdot)
def vecdot(x: Tree, y: Tree, axis: Tree = -1) -> Types:
    a, b = array_of(x), array_of(y)
    return of_shape(promoted(a, b), broadcast(_without(a, axis), _without(b, axis)))


def _without(t: Array, axis: Tree) -> tuple[Length, ...]:
    (k,) = axes_of(axis, t.ndim)
    return t.shape[:k] + t.shape[k + 1 :]


def _matvec(a: Tree, x: Tree) -> Types:
    matrix, vector = array_of(a), array_of(x)
    if matrix.ndim < 2 or not vector.ndim:
        cannot_tell()
    batch = broadcast(matrix.shape[:-2], vector.shape[:-1])
    return Array(promoted(matrix, vector), (*batch, matrix.shape[-2]))


def _vecmat(x: Tree, a: Tree) -> Types:
    vector, matrix = array_of(x), array_of(a)
    if matrix.ndim < 2 or not vector.ndim:
        cannot_tell()
    batch = broadcast(vector.shape[:-1], matrix.shape[:-2])
    return Array(promoted(vector, matrix), (*batch, matrix.shape[-1]))


if hasattr(np, "matvec"):  # since NumPy 2.2
    type_rule(np.matvec)(_matvec)
    type_rule(np.vecmat)(_vecmat)


@type_rule(np.linalg.cross)
def cross(x: Tree, y: Tree, axis: Tree = -1) -> Types:
    """Of vectors in three dimensions: it refuses others."""
    a, b = array_of(x), array_of(y)
    if not a.ndim or not b.ndim:
        cannot_tell()
    return Array(promoted(a, b), broadcast(a.shape, b.shape))


@type_rule(np.kron)
def kron(x: Tree, y: Tree) -> Types:
    a, b = array_of(x), array_of(y)
    rank = max(a.ndim, b.ndim)
    pairs = [((1,) * (rank - t.ndim) + t.shape) for t in (a, b)]
    return of_shape(promoted(a, b), tuple(map(lengths.product, *pairs)))


@type_rule(np.linalg.multi_dot)
def multi_dot(arrays: Any) -> Types:
    if not isinstance(arrays, (list, tuple)):
        cannot_tell()
    types = [array_of(x) for x in arrays]
    return of_shape(promoted(*types), types[0].shape[:-1] + types[-1].shape[1:])


@type_rule(np.tensordot, np.linalg.tensordot)
def tensordot(x: Tree, y: Tree, axes: Tree = 2) -> Types:
    a, b, axes = array_of(x), array_of(y), static(axes)
    if isinstance(axes, int):
        first, second = tuple(range(a.ndim - axes, a.ndim)), tuple(range(axes))
    else:
        first, second = axes_of(axes[0], a.ndim), axes_of(axes[1], b.ndim)
    shape = [n for k, n in enumerate(a.shape) if k not in first]
    shape += [n for k, n in enumerate(b.shape) if k not in second]
    return Array(promoted(a, b), tuple(shape))


@type_rule(np.einsum)
def einsum(subscripts: Tree, *factors: Tree, optimize: Tree = False) -> Types:
    spec = static(subscripts)
    if not isinstance(spec, str):
        cannot_tell()
    inputs, arrow, output = spec.replace(" ", "").partition("->")
    arrays = [array_of(x) for x in factors]
    dots: tuple[Length, ...] = ()
    found: dict[str, tuple[Length, ...]] = {}
    for term, t in zip(inputs.split(","), arrays, strict=True):
        before, ellipsis, after = term.partition("...")
        skipped = t.ndim - len(before) - len(after)
        if skipped < 0 or (skipped and not ellipsis):
            cannot_tell()
        dots = broadcast(dots, t.shape[len(before) : len(before) + skipped])
        lengths_of = t.shape[: len(before)] + t.shape[len(before) + skipped :]
        for letter, n in zip(before + after, lengths_of, strict=True):
            found[letter] = broadcast(found.get(letter, (n,)), (n,))
    if not arrow:
        once = "".join(c for c in sorted(found) if inputs.count(c) == 1)
        output = "..." + once if "..." in inputs else once
    before, ellipsis, after = output.partition("...")
    middle = dots if ellipsis else ()
    shape = (*(found[c][0] for c in before), *middle, *(found[c][0] for c in after))
    return of_shape(promoted(*arrays), shape)
