"""Types of products and of linear algebra."""

from __future__ import annotations

import operator

import numpy as np

from s2sgrad.ir.core import Tree
from s2sgrad.ir.shapes import lengths
from s2sgrad.ir.shapes.elementwise import broadcast
from s2sgrad.ir.shapes.reductions import reduced
from s2sgrad.ir.shapes.table import Types, array_of, axes_of, cannot_tell, of_shape, static, type_rule
from s2sgrad.ir.types import Array, Dim, Length


def _promoted(*arrays: Array) -> np.dtype:
    first = arrays[0].dtype
    return first if all(t.dtype == first for t in arrays) else np.result_type(*(t.dtype for t in arrays))


@type_rule(operator.matmul, np.matmul)
def matmul(x: Tree, y: Tree) -> Types:
    a, b = array_of(x), array_of(y)
    if not a.ndim or not b.ndim:
        cannot_tell()
    rows, columns = a.shape[-2:-1], b.shape[-1:] if b.ndim > 1 else ()
    return of_shape(_promoted(a, b), (*broadcast(a.shape[:-2], b.shape[:-2]), *rows, *columns))


@type_rule(np.dot)
def dot(x: Tree, y: Tree) -> Types:
    a, b = array_of(x), array_of(y)
    if not a.ndim or not b.ndim:
        return of_shape(_promoted(a, b), a.shape + b.shape)
    return of_shape(_promoted(a, b), a.shape[:-1] + b.shape[:-2] + (b.shape[-1:] if b.ndim > 1 else ()))


@type_rule(np.inner)
def inner(x: Tree, y: Tree) -> Types:
    a, b = array_of(x), array_of(y)
    return of_shape(_promoted(a, b), a.shape[:-1] + b.shape[:-1] if a.ndim and b.ndim else a.shape + b.shape)


@type_rule(np.vdot)
def vdot(x: Tree, y: Tree) -> Types:
    return of_shape(_promoted(array_of(x), array_of(y)), ())


@type_rule(np.outer)
def outer(x: Tree, y: Tree) -> Types:
    a, b = array_of(x), array_of(y)
    return Array(_promoted(a, b), (lengths.product(*a.shape, 1), lengths.product(*b.shape, 1)))


@type_rule(np.cross)
def cross(x: Tree, y: Tree) -> Types:
    """Of vectors in three dimensions. (NumPy is giving up those in two.)"""
    a, b = array_of(x), array_of(y)
    if not a.ndim or not b.ndim or 2 in (a.shape[-1], b.shape[-1]):
        cannot_tell()
    return Array(_promoted(a, b), broadcast(a.shape, b.shape))


@type_rule(np.kron)
def kron(x: Tree, y: Tree) -> Types:
    a, b = array_of(x), array_of(y)
    if a.ndim != b.ndim:
        cannot_tell()
    return Array(_promoted(a, b), tuple(map(lengths.product, a.shape, b.shape)))


@type_rule(np.tensordot)
def tensordot(x: Tree, y: Tree, axes: Tree = 2) -> Types:
    a, b, axes = array_of(x), array_of(y), static(axes)
    if isinstance(axes, int):
        first, second = tuple(range(a.ndim - axes, a.ndim)), tuple(range(axes))
    else:
        first, second = axes_of(axes[0], a.ndim), axes_of(axes[1], b.ndim)
    shape = [n for k, n in enumerate(a.shape) if k not in first]
    shape += [n for k, n in enumerate(b.shape) if k not in second]
    return Array(_promoted(a, b), tuple(shape))


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
    return of_shape(_promoted(*arrays), shape)


# -- linear algebra ----------------------------------------------------------------------------------------


def _floating(*arrays: Array) -> np.dtype:
    dtype = _promoted(*arrays)
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
