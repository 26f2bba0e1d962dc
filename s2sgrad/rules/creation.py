"""Functions that make, copy and convert arrays."""

from __future__ import annotations

import numpy as np

from s2sgrad.ir.primitives import unbroadcast, zeros_like
from s2sgrad.rules.axes import is_given
from s2sgrad.rules.table import jvp, linear, nondiff, static, vjp


@linear(np.copy)
def copy(y_bar, x, order="K", subok=False):
    return y_bar


@linear(np.astype)
def astype(y_bar, x, dtype, copy=True):
    return y_bar


@linear(np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray, np.asarray_chkfinite, np.array)
def array(y_bar, x, dtype=None, copy=None, order="K", ndmin=0):
    """Of an array, a number, or a list (of lists) of them."""
    if not isinstance(x, (list, tuple)):
        return y_bar
    for _ in range(ndmin - depth(x)):
        y_bar = y_bar[0]
    return items_of(y_bar, x)


def items_of(y_bar, x):
    """The cotangents of the items of a list. How deep it is nested is decided while compiling."""
    if np.ndim(y_bar) > 1 and isinstance(x[0], (list, tuple)):
        if np.ndim(y_bar) > 2 and isinstance(x[0][0], (list, tuple)):
            check_depth(isinstance(x[0][0][0], (list, tuple)))
            return [[[y_bar[i, j, k] for k in range(len(x[i][j]))] for j in range(len(x[i]))] for i in range(len(x))]
        return [[y_bar[i, j] for j in range(len(x[i]))] for i in range(len(x))]
    return [y_bar[i] for i in range(len(x))]


def depth(x):
    """The rank of the array that a list makes."""
    if not isinstance(x, (list, tuple)):
        return np.ndim(x)
    if not isinstance(x[0], (list, tuple)):
        return 1 + np.ndim(x[0])
    if not isinstance(x[0][0], (list, tuple)):
        return 2 + np.ndim(x[0][0])
    return 3 + np.ndim(x[0][0][0])


@static
def check_depth(deeper):
    if deeper:
        raise NotImplementedError("an array of lists nested more than three deep has no derivative rule")


@linear(np.require)
def require(y_bar, x, dtype=None, requirements=None):
    return y_bar


@linear(unbroadcast)
def unbroadcast_(y_bar, x_bar, x):
    return y_bar if np.ndim(x_bar) == 0 else np.broadcast_to(y_bar, np.shape(x_bar))


@vjp(np.full)
def full_vjp(y_bar, y, shape, fill_value, dtype=None, order="C"):
    return None, y_bar


@jvp(np.full)
def full_jvp(dots, y, shape, fill_value, dtype=None, order="C"):
    return np.full(shape, dots[1], dtype)


@vjp(np.full_like)
def full_like_vjp(y_bar, y, a, fill_value, dtype=None, order="K", subok=True, shape=None):
    return None, y_bar


@jvp(np.full_like)
def full_like_jvp(dots, y, a, fill_value, dtype=None, order="K", subok=True, shape=None):
    return np.full_like(y, dots[1]) if is_given(dots, 1) else None


nondiff(
    np.broadcast_shapes,
    np.empty,
    np.empty_like,
    np.eye,
    np.identity,
    np.indices,
    np.ndim,
    np.ones,
    np.ones_like,
    np.result_type,
    np.shape,
    np.size,
    np.tri,
    np.tril_indices,
    np.tril_indices_from,
    np.triu_indices,
    np.triu_indices_from,
    np.diag_indices,
    np.diag_indices_from,
    np.zeros,
    np.zeros_like,
    zeros_like,
)
