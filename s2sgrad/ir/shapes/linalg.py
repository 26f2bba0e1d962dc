"""Types of linear algebra."""

from __future__ import annotations

import numpy as np

from s2sgrad.ir.core import Tree
from s2sgrad.ir.shapes.elementwise import broadcast
from s2sgrad.ir.shapes.products import promoted
from s2sgrad.ir.shapes.reductions import reduced
from s2sgrad.ir.shapes.table import Types, array_of, cannot_tell, of_shape, static, type_rule
from s2sgrad.ir.types import Array, Dim, Length


def _floating(*arrays: Array) -> np.dtype:
    dtype = promoted(*arrays)
    return np.dtype(np.float64) if dtype.kind in "biu" else dtype


def _real(dtype: np.dtype) -> np.dtype:
    return np.dtype(f"f{dtype.itemsize // 2}") if dtype.kind == "c" else dtype


def _matrix(x: Tree) -> Array:
    t = array_of(x)
    return Array(_floating(t), t.shape) if t.ndim >= 2 else cannot_tell()


@type_rule(np.linalg.solve)
def solve(a: Tree, b: Tree) -> Types:
    left, right = _matrix(a), array_of(b)
    if right.ndim == 1:
        return Array(_floating(left, right), left.shape[:-1])
    batch = broadcast(left.shape[:-2], right.shape[:-2])
    return Array(_floating(left, right), (*batch, *right.shape[-2:])) if right.ndim else cannot_tell()


@type_rule(np.linalg.inv, np.linalg.cholesky, np.linalg.matrix_power)
def square(a: Tree, *_: Tree) -> Types:
    return _matrix(a)


@type_rule(np.linalg.pinv)
def pinv(a: Tree, **_: Tree) -> Types:
    t = _matrix(a)
    return Array(t.dtype, (*t.shape[:-2], t.shape[-1], t.shape[-2]))


@type_rule(np.linalg.det)
def det(a: Tree) -> Types:
    t = _matrix(a)
    return of_shape(t.dtype, t.shape[:-2])


@type_rule(np.linalg.slogdet)
def slogdet(a: Tree) -> Types:
    t = _matrix(a)
    return of_shape(t.dtype, t.shape[:-2]), of_shape(_real(t.dtype), t.shape[:-2])


@type_rule(np.linalg.eigh)
def eigh(a: Tree, uplo: Tree = "L") -> Types:
    t = _matrix(a)
    return Array(_real(t.dtype), t.shape[:-1]), t


@type_rule(np.linalg.eigvalsh)
def eigvalsh(a: Tree, uplo: Tree = "L") -> Types:
    t = _matrix(a)
    return Array(_real(t.dtype), t.shape[:-1])


@type_rule(np.linalg.norm)
def norm(x: Tree, ord: Tree = None, axis: Tree = None, keepdims: Tree = False) -> Types:
    t = array_of(x)
    return of_shape(_real(_floating(t)), reduced(t.shape, axis, keepdims))


@type_rule(np.linalg.svd)
def svd(a: Tree, full_matrices: Tree = True, compute_uv: Tree = True, hermitian: Tree = False) -> Types:
    t = _matrix(a)
    *batch, m, n = t.shape
    if isinstance(m, int) and isinstance(n, int):
        least: Length = min(m, n)
    else:
        least = m if m == n else Dim(("least", frozenset((m, n))))
    values = Array(_real(t.dtype), (*batch, least))
    if not static(compute_uv):
        return values
    full = static(full_matrices)
    u, vh = (m, m if full else least), (n if full else least, n)
    return Array(t.dtype, (*batch, *u)), values, Array(t.dtype, (*batch, *vh))


@type_rule(np.linalg.trace)
def trace(x: Tree, offset: Tree = 0) -> Types:
    t = array_of(x)
    return of_shape(t.dtype, t.shape[:-2])
