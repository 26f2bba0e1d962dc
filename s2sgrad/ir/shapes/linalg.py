"""Types of linear algebra."""

from __future__ import annotations

import numpy as np

from s2sgrad.ir.core import Tree
from s2sgrad.ir.shapes.elementwise import broadcast
from s2sgrad.ir.shapes.products import promoted
from s2sgrad.ir.shapes.reductions import reduced
from s2sgrad.ir.shapes.table import Types, array_of, axes_of, cannot_tell, of_shape, static, type_rule
from s2sgrad.ir.types import UNKNOWN, Array, Dim, Length, Scalar


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
def square(a: Tree, *_: Tree, **__: Tree) -> Types:
    return _matrix(a)


@type_rule(np.linalg.pinv)
def pinv(a: Tree, *_: Tree, **__: Tree) -> Types:
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
def eigh(a: Tree, UPLO: Tree = "L") -> Types:
    t = _matrix(a)
    return Array(_real(t.dtype), t.shape[:-1]), t


@type_rule(np.linalg.eigvalsh)
def eigvalsh(a: Tree, UPLO: Tree = "L") -> Types:
    t = _matrix(a)
    return Array(_real(t.dtype), t.shape[:-1])


@type_rule(np.linalg.norm)
def norm(x: Tree, ord: Tree = None, axis: Tree = None, keepdims: Tree = False) -> Types:
    t = array_of(x)
    return of_shape(_real(_floating(t)), reduced(t.shape, axis, keepdims))


def least(m: Length, n: Length) -> Length:
    """The smaller of two lengths."""
    if isinstance(m, int) and isinstance(n, int):
        return min(m, n)
    return m if m == n else Dim(("least", frozenset((m, n))))


@type_rule(np.linalg.svd)
def svd(a: Tree, full_matrices: Tree = True, compute_uv: Tree = True, hermitian: Tree = False) -> Types:
    t = _matrix(a)
    *batch, m, n = t.shape
    k = least(m, n)
    values = Array(_real(t.dtype), (*batch, k))
    if not static(compute_uv):
        return values
    full = static(full_matrices)
    u, vh = (m, m if full else k), (n if full else k, n)
    return Array(t.dtype, (*batch, *u)), values, Array(t.dtype, (*batch, *vh))


@type_rule(np.linalg.vector_norm)
def vector_norm(x: Tree, axis: Tree = None, keepdims: Tree = False, ord: Tree = 2) -> Types:
    t = array_of(x)
    return of_shape(_real(_floating(t)), reduced(t.shape, axis, keepdims))


@type_rule(np.linalg.matrix_norm)
def matrix_norm(x: Tree, keepdims: Tree = False, ord: Tree = "fro") -> Types:
    t = _matrix(x)
    return of_shape(_real(t.dtype), reduced(t.shape, (-2, -1), keepdims))


@type_rule(np.linalg.cond)
def cond(x: Tree, p: Tree = None) -> Types:
    t = _matrix(x)
    return of_shape(_real(t.dtype), t.shape[:-2])


@type_rule(np.linalg.qr)
def qr(a: Tree, mode: Tree = "reduced") -> Types:
    t = _matrix(a)
    *batch, m, n = t.shape
    k = m if static(mode) == "complete" else least(m, n)
    if static(mode) == "raw":
        cannot_tell()
    r = Array(t.dtype, (*batch, k, n))
    return r if static(mode) == "r" else (Array(t.dtype, (*batch, m, k)), r)


@type_rule(np.linalg.eig)
def eig(a: Tree) -> Types:
    """Of a real matrix the results are real or complex: running tells."""
    t = _matrix(a)
    if t.dtype.kind != "c":
        return UNKNOWN, UNKNOWN
    return Array(t.dtype, t.shape[:-1]), t


@type_rule(np.linalg.eigvals)
def eigvals(a: Tree) -> Types:
    t = _matrix(a)
    return Array(t.dtype, t.shape[:-1]) if t.dtype.kind == "c" else UNKNOWN


@type_rule(np.linalg.lstsq)
def lstsq(a: Tree, b: Tree, rcond: Tree = None) -> Types:
    left, right = _matrix(a), array_of(b)
    m, n = left.shape
    dtype = _floating(left, right)
    squares = Array(_real(dtype), (Dim(object()),))
    values = Array(_real(dtype), (least(m, n),))
    return Array(dtype, (n, *right.shape[1:])), squares, Scalar(np.dtype(np.int32)), values


@type_rule(np.linalg.tensorsolve)
def tensorsolve(a: Tree, b: Tree, axes: Tree = None) -> Types:
    left, right = array_of(a), array_of(b)
    moved = () if static(axes) is None else axes_of(axes, left.ndim)
    kept = [n for k, n in enumerate(left.shape) if k not in moved]
    shape = (*kept, *(left.shape[k] for k in moved))
    return Array(_floating(left, right), shape[right.ndim :])


@type_rule(np.linalg.tensorinv)
def tensorinv(a: Tree, ind: Tree = 2) -> Types:
    t, k = array_of(a), static(ind)
    return Array(_floating(t), t.shape[k:] + t.shape[:k])


@type_rule(np.linalg.svdvals)
def svdvals(x: Tree) -> Types:
    t = _matrix(x)
    return Array(_real(t.dtype), (*t.shape[:-2], least(*t.shape[-2:])))


@type_rule(np.linalg.diagonal)
def diagonal(x: Tree, offset: Tree = 0) -> Types:
    t, k = array_of(x), static(offset)
    *batch, m, n = t.shape
    return Array(t.dtype, (*batch, least(m, n) if k == 0 else Dim(("diagonal", m, n, k))))


@type_rule(np.linalg.trace)
def trace(x: Tree, offset: Tree = 0) -> Types:
    t = array_of(x)
    return of_shape(t.dtype, t.shape[:-2])
