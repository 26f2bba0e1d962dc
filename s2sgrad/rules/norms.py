"""Norms of vectors and matrices, and condition numbers.

Where a norm has no derivative: it is flat at zero, and equal sums of rows or columns share the cotangent equally. Of
equal singular values the spectral norm takes the first. Singular values: M. Giles, *Collected matrix derivative
results* (2008), section 2.3; the derivative of one is the outer product of its two vectors.
"""

from __future__ import annotations

import numpy as np

from s2sgrad.rules.linalg import across, entrywise, inv_vjp
from s2sgrad.rules.reductions import aligned
from s2sgrad.rules.table import jvp, static, vjp


@static
def matrix_axes(order, axis, ndim):
    """The two axes of the matrices whose norm ``np.linalg.norm`` takes; None: it takes the norm of vectors."""
    if axis is None and ndim == 2 and order is not None:
        axis = (0, 1)
    if not isinstance(axis, (tuple, list)) or len(axis) != 2 or order in (None, "fro", "f"):
        return None
    return tuple(axis)


def nonzero(y):
    """A divisor: ones in place of zeros, so that what is zero there stays zero."""
    if isinstance(y, np.ndarray):
        return np.where(y == 0.0, 1.0, y)
    return y if y != 0.0 else 1.0


def phase(x):
    """What turns a change of ``x`` into the change of its absolute value."""
    if np.iscomplexobj(x):
        return np.conj(x) / nonzero(np.abs(x))
    return np.sign(x)


def vector_partial(y, x, order, axis, keepdims):
    """The derivative of a norm of vectors in each entry of ``x``."""
    if order is None or order in ("fro", "f", 2):
        return np.conj(x) / aligned(nonzero(y), axis, keepdims)
    if order == 0:
        return np.zeros_like(x)
    if order == 1:
        return phase(x)
    if order in (np.inf, -np.inf):
        chosen = np.abs(x) == aligned(y, axis, keepdims)
        return phase(x) * chosen / np.sum(chosen, axis=axis, keepdims=True)
    return phase(x) * (np.abs(x) / aligned(nonzero(y), axis, keepdims)) ** (order - 1)


def matrix_partial(y, x, order, rows, columns, keepdims):
    """The derivative of a norm of matrices, which have these axes, in each entry of ``x``."""
    if order in (None, "fro", "f"):
        return np.conj(x) / aligned(nonzero(y), (rows, columns), keepdims)
    if order in (1, -1):
        return phase(x) * chosen_sums(x, order > 0, rows, columns)
    if order in (np.inf, -np.inf):
        return phase(x) * chosen_sums(x, order > 0, columns, rows)
    if are_last(rows, columns, np.ndim(x)):
        return singular_partial(x, order)
    return np.moveaxis(singular_partial(np.moveaxis(x, (rows, columns), (-2, -1)), order), (-2, -1), (rows, columns))


@static
def are_last(rows, columns, ndim):
    return (rows % ndim, columns % ndim) == (ndim - 2, ndim - 1)


def chosen_sums(x, greatest, along, across):
    """One where the sum of absolute values along an axis is the greatest (least) across the other; ties share it."""
    sums = np.sum(np.abs(x), axis=along, keepdims=True)
    if greatest:
        chosen = sums == np.max(sums, axis=across, keepdims=True)
    else:
        chosen = sums == np.min(sums, axis=across, keepdims=True)
    return chosen / np.sum(chosen, axis=across, keepdims=True)


def singular_partial(x, order):
    """Of the greatest singular value (2), the least (-2), or the sum of all ("nuc")."""
    u, s, vh = np.linalg.svd(x, full_matrices=False)
    if order == "nuc":
        return np.conj((u * across(np.sign(s))) @ vh)
    if order == 2:
        return np.conj((u[..., :1] * across(np.sign(s[..., :1]))) @ vh[..., :1, :])
    return np.conj((u[..., -1:] * across(np.sign(s[..., -1:]))) @ vh[..., -1:, :])


# -- the functions ---------------------------------------------------------------------------------


def norm_partial(y, x, order, axis, keepdims):
    axes = matrix_axes(order, axis, np.ndim(x))
    if axes is None:
        return vector_partial(y, x, order, axis, keepdims)
    return matrix_partial(y, x, order, axes[0], axes[1], keepdims)


@vjp(np.linalg.norm)
def norm_vjp(y_bar, y, x, ord=None, axis=None, keepdims=False):
    return aligned(y_bar, axis, keepdims) * norm_partial(y, x, ord, axis, keepdims)


@jvp(np.linalg.norm)
def norm_jvp(dots, y, x, ord=None, axis=None, keepdims=False):
    return change(norm_partial(y, x, ord, axis, keepdims), dots[0], axis, keepdims)


def change(partial, x_dot, axis, keepdims):
    return np.sum(np.real(x_dot * partial), axis=axis, keepdims=keepdims)


@vjp(np.linalg.vector_norm)
def vector_norm_vjp(y_bar, y, x, axis=None, keepdims=False, ord=2):
    return aligned(y_bar, axis, keepdims) * vector_partial(y, x, ord, axis, keepdims)


@jvp(np.linalg.vector_norm)
def vector_norm_jvp(dots, y, x, axis=None, keepdims=False, ord=2):
    return change(vector_partial(y, x, ord, axis, keepdims), dots[0], axis, keepdims)


@vjp(np.linalg.matrix_norm)
def matrix_norm_vjp(y_bar, y, x, keepdims=False, ord="fro"):
    return aligned(y_bar, (-2, -1), keepdims) * matrix_partial(y, x, ord, -2, -1, keepdims)


@jvp(np.linalg.matrix_norm)
def matrix_norm_jvp(dots, y, x, keepdims=False, ord="fro"):
    return change(matrix_partial(y, x, ord, -2, -1, keepdims), dots[0], (-2, -1), keepdims)


# -- condition numbers -----------------------------------------------------------------------------


def cond_partial(y, x, p):
    """The quotient of two singular values, or the norm of a matrix times that of its inverse."""
    if p is None or p in (2, -2):
        u, s, vh = np.linalg.svd(x, full_matrices=False)
        greatest, least = (0, -1) if p != -2 else (-1, 0)
        of_greatest = u[..., :, greatest, None] * vh[..., greatest, None, :]
        of_least = u[..., :, least, None] * vh[..., least, None, :]
        return np.conj((of_greatest - entrywise(y) * of_least) / entrywise(s[..., least]))
    inverse = np.linalg.inv(x)
    size, inverse_size = np.linalg.norm(x, p, (-2, -1)), np.linalg.norm(inverse, p, (-2, -1))
    of_inverse = inv_vjp(norm_partial(inverse_size, inverse, p, (-2, -1), False), inverse, x)
    return entrywise(inverse_size) * norm_partial(size, x, p, (-2, -1), False) + entrywise(size) * of_inverse


@vjp(np.linalg.cond)
def cond_vjp(y_bar, y, x, p=None):
    return entrywise(y_bar) * cond_partial(y, x, p)


@jvp(np.linalg.cond)
def cond_jvp(dots, y, x, p=None):
    return np.sum(np.real(dots[0] * cond_partial(y, x, p)), axis=(-2, -1))
