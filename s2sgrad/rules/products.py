"""Products of numbers, vectors and matrices. All are linear in each factor over the real numbers.

Those that conjugate a factor (``vdot``, ``vecdot``, ``vecmat``) conjugate cotangents accordingly: a cotangent pairs
with a tangent as the real part of the sum of their products, without conjugation.
"""

from __future__ import annotations

import operator

import numpy as np

from s2sgrad.ir.shapes.products import is_sparse_matrix
from s2sgrad.rules.axes import is_given, rank_is_known
from s2sgrad.rules.contractions import tensordot
from s2sgrad.rules.table import ALL, jvp, multilinear, static, vjp


def is_constant_sparse(x):
    """Whether an operand is a constant matrix of ``scipy.sparse``, as the frontend answers."""
    return is_sparse_matrix(x)


@multilinear(operator.matmul, np.matmul, np.linalg.matmul, core=2)
def matmul(z_bar, z, x, y):
    """A factor that a batch shares gets one product over the whole batch; a sparse one is not transposed itself."""
    if is_constant_sparse(x):
        return None, z_bar @ x if np.ndim(z_bar) == 1 else (z_bar.T @ x).T
    if is_constant_sparse(y):
        return y @ z_bar if np.ndim(z_bar) == 1 else (y @ z_bar.T).T, None
    if np.ndim(x) == 1 and np.ndim(y) == 1:
        return z_bar * y, z_bar * x
    if np.ndim(x) == 2 and np.ndim(y) == 1:
        return np.outer(z_bar, y), x.T @ z_bar
    if np.ndim(x) == 1 and np.ndim(y) == 2:
        return y @ z_bar, np.outer(x, z_bar)
    if np.ndim(x) == 2 and np.ndim(y) == 2:
        return z_bar @ y.T, x.T @ z_bar
    if np.ndim(y) == 1:
        return np.expand_dims(z_bar, -1) * y, np.tensordot(z_bar, x, np.ndim(z_bar))
    if np.ndim(x) == 1:
        x_bar = np.tensordot(z_bar, np.swapaxes(y, -1, -2), np.ndim(z_bar))
        return x_bar, np.expand_dims(x, -1) * np.expand_dims(z_bar, -2)
    if np.ndim(x) == 3 and np.ndim(y) == 2:
        return z_bar @ y.T, np.tensordot(x, z_bar, ((0, 1), (0, 1)))
    if np.ndim(x) == 2 and np.ndim(y) == 3:
        return np.tensordot(z_bar, y, ((0, 2), (0, 2))), x.T @ z_bar
    return z_bar @ np.swapaxes(y, -1, -2), np.swapaxes(x, -1, -2) @ z_bar


@multilinear(np.dot, core=ALL)
def dot(z_bar, z, x, y):
    if not (rank_is_known(x) and rank_is_known(y)):
        return dot_left_bar(z_bar, np.ndim(x), y), dot_right_bar(z_bar, x, np.ndim(y))
    if np.ndim(x) == 0 or np.ndim(y) == 0:
        return z_bar * y, z_bar * x
    if np.ndim(x) <= 2 and np.ndim(y) <= 2:
        return matmul(z_bar, z, x, y)
    return tensordot(z_bar, z, x, y, ((-1,), (-1,)) if np.ndim(y) == 1 else ((-1,), (-2,)))


def dot_left_bar(z_bar, rank, y):
    """The cotangent of ``x``, which has this rank, in ``z = np.dot(x, y)``, where only running tells the ranks."""
    if rank == 0:
        return np.sum(z_bar * y)
    if np.ndim(y) == 0:
        return z_bar * y
    kept = [k for k in range(np.ndim(y)) if k != max(np.ndim(y) - 2, 0)]
    return np.tensordot(z_bar, y, (range(rank - 1, np.ndim(z_bar)), kept))


def dot_right_bar(z_bar, x, rank):
    """The cotangent of ``y``, which has this rank, in ``z = np.dot(x, y)``, where only running tells the ranks."""
    if rank == 0:
        return np.sum(z_bar * x)
    if np.ndim(x) == 0:
        return z_bar * x
    rows = range(np.ndim(x) - 1)
    return np.moveaxis(np.tensordot(x, z_bar, (rows, rows)), 0, max(rank - 2, 0))


@vjp(dot_left_bar)
def dot_left_bar_vjp(b_bar, b, z_bar, rank, y):
    return np.dot(b_bar, y), None, dot_right_bar(z_bar, b_bar, np.ndim(y))


@jvp(dot_left_bar)
def dot_left_bar_jvp(dots, b, z_bar, rank, y):
    of_z = dot_left_bar(dots[0], rank, y) if is_given(dots, 0) else 0.0
    of_y = dot_left_bar(z_bar, rank, dots[2]) if is_given(dots, 2) else 0.0
    return of_z + of_y


@vjp(dot_right_bar)
def dot_right_bar_vjp(b_bar, b, z_bar, x, rank):
    return np.dot(x, b_bar), dot_left_bar(z_bar, np.ndim(x), b_bar), None


@jvp(dot_right_bar)
def dot_right_bar_jvp(dots, b, z_bar, x, rank):
    of_z = dot_right_bar(dots[0], x, rank) if is_given(dots, 0) else 0.0
    of_x = dot_right_bar(z_bar, dots[1], rank) if is_given(dots, 1) else 0.0
    return of_z + of_x


@multilinear(np.inner, core=ALL)
def inner(z_bar, z, x, y):
    if np.ndim(x) == 0 or np.ndim(y) == 0 or (np.ndim(x) == 1 and np.ndim(y) == 1):
        return z_bar * y, z_bar * x
    if np.ndim(x) == 2 and np.ndim(y) == 2:
        return z_bar @ y, z_bar.T @ x
    return tensordot(z_bar, z, x, y, ((-1,), (-1,)))


@multilinear(np.vdot, core=ALL)
def vdot(z_bar, z, x, y):
    x_bar = np.conj(z_bar * np.reshape(y, np.shape(x)))
    return x_bar, z_bar * np.reshape(np.conj(x), np.shape(y))


@multilinear(np.vecdot, np.linalg.vecdot)
def vecdot(z_bar, z, x, y, axis=-1):
    check_axis(axis, np.ndim(x), np.ndim(y))
    z_bar = np.expand_dims(z_bar, axis)
    return np.conj(z_bar * y), z_bar * np.conj(x)


@static
def check_axis(axis, m, n):
    if axis >= 0 and m != n:
        raise NotImplementedError("np.vecdot of arrays of different rank has a rule for negative axes only")


def matvec(z_bar, z, a, x):
    if np.ndim(a) == 2 and np.ndim(x) == 1:
        return np.outer(z_bar, x), a.T @ z_bar
    return np.expand_dims(z_bar, -1) * np.expand_dims(x, -2), np.matvec(np.swapaxes(a, -1, -2), z_bar)


def vecmat(z_bar, z, x, a):
    if np.ndim(a) == 2 and np.ndim(x) == 1:
        return np.conj(a @ z_bar), np.outer(np.conj(x), z_bar)
    return np.conj(np.matvec(a, z_bar)), np.expand_dims(np.conj(x), -1) * np.expand_dims(z_bar, -2)


if hasattr(np, "matvec"):  # since NumPy 2.2
    multilinear(np.matvec, core=1)(matvec)
    multilinear(np.vecmat, core=1)(vecmat)


@multilinear(np.outer, np.linalg.outer, core=ALL)
def outer(z_bar, z, x, y):
    if np.ndim(x) == 1 and np.ndim(y) == 1:
        return z_bar @ y, x @ z_bar
    return np.reshape(z_bar @ np.ravel(y), np.shape(x)), np.reshape(np.ravel(x) @ z_bar, np.shape(y))


@multilinear(np.linalg.cross)
def cross(z_bar, z, x, y, axis=-1):
    """Of vectors in three dimensions. (``np.cross`` is lowered to this.)"""
    if axis == -1:
        return np.linalg.cross(y, z_bar), np.linalg.cross(z_bar, x)
    return np.linalg.cross(y, z_bar, axis=axis), np.linalg.cross(z_bar, x, axis=axis)


# -- kron ------------------------------------------------------------------------------------------


@multilinear(np.kron)
def kron(z_bar, z, x, y):
    """Each axis of the result counts blocks, then entries of a block: contract with the other factor."""
    m, n = np.ndim(x), np.ndim(y)
    if m == 0 or n == 0:
        return z_bar * y, z_bar * x
    blocks = np.reshape(z_bar, tuple(np.shape(x if of_x else y)[k] for of_x, k in block_axes(m, n)))
    if m == 1 and n == 1:
        return blocks @ y, x @ blocks
    of_blocks, of_entries = places(m, n)
    x_bar = np.tensordot(blocks, y, (of_entries, tuple(range(n))))
    return x_bar, np.tensordot(x, blocks, (tuple(range(m)), of_blocks))


@static
def block_axes(m, n):
    """The axes of the blocks of a Kronecker product: of which factor, and which of its axes."""
    rank = max(m, n)
    axes = [(of_x, k - rank + (m if of_x else n)) for k in range(rank) for of_x in (True, False)]
    return tuple((of_x, k) for of_x, k in axes if k >= 0)


@static
def places(m, n):
    """Where the axes of the first factor are among :func:`block_axes`, and those of the second."""
    axes = block_axes(m, n)
    return tuple(tuple(i for i, (of_x, _) in enumerate(axes) if of_x == wanted) for wanted in (True, False))


# -- chains ----------------------------------------------------------------------------------------


@vjp(np.linalg.multi_dot)
def multi_dot_vjp(z_bar, z, arrays):
    """Each factor: the transposes of those before it, the cotangent, the transposes of those after it."""
    last = len(arrays) - 1
    matrices = [x if np.ndim(x) == 2 else np.expand_dims(x, 0 if k == 0 else 1) for k, x in enumerate(arrays)]
    if np.ndim(z) < 2:
        z_bar = np.reshape(z_bar, (np.shape(matrices[0])[0], np.shape(matrices[last])[1]))
    bars = []
    for k in range(len(arrays)):
        before = [x.T for x in matrices[:k]][::-1]
        after = [x.T for x in matrices[k + 1 :]][::-1]
        bar = chain([*before, z_bar, *after])
        bars.append(bar if np.ndim(arrays[k]) == 2 else np.reshape(bar, np.shape(arrays[k])))
    return bars


def chain(matrices):
    """The product of two matrices or more."""
    if len(matrices) == 2:
        return matrices[0] @ matrices[1]
    return np.linalg.multi_dot(matrices)


@jvp(np.linalg.multi_dot)
def multi_dot_jvp(dots, z, arrays):
    dots = dots[0]
    total = np.linalg.multi_dot([dots[0], *arrays[1:]])
    for k in range(1, len(arrays)):
        total = total + np.linalg.multi_dot([*arrays[:k], dots[k], *arrays[k + 1 :]])
    return total
