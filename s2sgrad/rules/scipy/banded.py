"""Equations with banded and Toeplitz matrices of ``scipy.linalg``.

A banded matrix is stored by diagonals: row ``r`` of ``ab`` holds the entries ``A[j - offset, j]`` of one of them.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg

from s2sgrad.ir.primitives import additem
from s2sgrad.rules.least_squares import product_of_columns
from s2sgrad.rules.scipy.refusals import refuse_if
from s2sgrad.rules.scipy.special_matrices import toeplitz_jvp, toeplitz_vjp
from s2sgrad.rules.table import jvp, static, vjp


@static
def offsets(l_and_u):
    """The offset of the diagonal that each row of ``ab`` holds."""
    below, above = l_and_u
    return tuple(range(above, -below - 1, -1))


@static
def is_positive(offset):
    return offset > 0


def shifted(x, offset):
    """Entry ``j`` is ``x[j - offset]``, or zero where there is none."""
    if offset == 0:
        return x
    n = np.shape(x)[0]
    if is_positive(offset):
        return np.concatenate([np.zeros_like(x[:offset]), x[: n - offset]], 0)
    return np.concatenate([x[-offset:], np.zeros_like(x[:-offset])], 0)


def along_diagonal(x, y, offset):
    """``np.sum(x[j - offset] * y[j])``, the sum over columns, for each ``j``."""
    product = shifted(x, offset) * y
    return product if np.ndim(x) == 1 else np.sum(product, -1)


def as_column(diagonal, x):
    return diagonal if np.ndim(x) == 1 else np.expand_dims(diagonal, 1)


def banded_product(l_and_u, ab, x):
    total = None
    for r, offset in enumerate(offsets(l_and_u)):
        term = shifted(as_column(ab[r], x) * x, -offset)
        total = term if total is None else total + term
    return total


def banded_transpose(l_and_u, ab):
    rows = [shifted(ab[r], -offset) for r, offset in enumerate(offsets(l_and_u))]
    return np.stack(rows[::-1])


@vjp(scipy.linalg.solve_banded)
def solve_banded_vjp(x_bar, x, l_and_u, ab, b, overwrite_ab=False, overwrite_b=False, check_finite=True):
    b_bar = scipy.linalg.solve_banded((l_and_u[1], l_and_u[0]), banded_transpose(l_and_u, ab), x_bar)
    return None, -np.stack([along_diagonal(b_bar, x, offset) for offset in offsets(l_and_u)]), b_bar


@jvp(scipy.linalg.solve_banded)
def solve_banded_jvp(dots, x, l_and_u, ab, b, overwrite_ab=False, overwrite_b=False, check_finite=True):
    change = dots[2]
    if dots[1] is not None:
        turned = banded_product(l_and_u, dots[1], x)
        change = -turned if change is None else change - turned
    return scipy.linalg.solve_banded(l_and_u, ab, change)


def off_diagonal(ab, lower):
    """For each entry of a stored triangle ``A[i, j]``: ``i``, and its weight in the sum of the two triangles."""
    m, n = np.shape(ab)
    r, j = np.expand_dims(np.arange(m), 1), np.arange(n)
    offset = -r if lower else m - 1 - r
    i = j - offset
    weight = np.where((i >= 0) & (i < n), np.where(offset == 0, 0.5, 1.0), 0.0)
    return np.clip(i, 0, n - 1), weight


def pairwise(x, i, y):
    """``x[i] * y[j]`` for each entry, the sum over columns."""
    return x[i] * y if np.ndim(x) == 1 else np.sum(x[i] * y, -1)


@vjp(scipy.linalg.solveh_banded)
def solveh_banded_vjp(x_bar, x, ab, b, overwrite_ab=False, overwrite_b=False, lower=False, check_finite=True):
    refuse_if(np.iscomplexobj(ab), "scipy.linalg.solveh_banded of complex matrices")
    b_bar = scipy.linalg.solveh_banded(ab, x_bar, lower=lower)
    i, weight = off_diagonal(ab, lower)
    return -weight * (pairwise(b_bar, i, x) + pairwise(x, i, b_bar)), b_bar


@jvp(scipy.linalg.solveh_banded)
def solveh_banded_jvp(dots, x, ab, b, overwrite_ab=False, overwrite_b=False, lower=False, check_finite=True):
    refuse_if(np.iscomplexobj(ab), "scipy.linalg.solveh_banded of complex matrices")
    change = dots[1]
    if dots[0] is not None:
        i, weight = off_diagonal(ab, lower)
        entries = weight * dots[0] if np.ndim(x) == 1 else np.expand_dims(weight * dots[0], 2)
        turned = additem(np.sum(entries * x[i], 0), i, entries * x)
        change = -turned if change is None else change - turned
    return scipy.linalg.solveh_banded(ab, change, lower=lower)


# -- Toeplitz matrices -----------------------------------------------------------------------------


@vjp(scipy.linalg.solve_toeplitz)
def solve_toeplitz_vjp(x_bar, x, c_or_cr, b, check_finite=True):
    if isinstance(c_or_cr, tuple):
        c, r = c_or_cr
        row = np.concatenate([c[:1], r[1:]])  # the first entry of ``r`` is not read
        b_bar = scipy.linalg.solve_toeplitz((row, c), x_bar)
        return toeplitz_vjp(-product_of_columns(b_bar, x), None, c, r), b_bar
    refuse_if(np.iscomplexobj(c_or_cr), "scipy.linalg.solve_toeplitz of one complex vector")
    b_bar = scipy.linalg.solve_toeplitz(c_or_cr, x_bar)
    return toeplitz_vjp(-product_of_columns(b_bar, x), None, c_or_cr), b_bar


@jvp(scipy.linalg.solve_toeplitz)
def solve_toeplitz_jvp(dots, x, c_or_cr, b, check_finite=True):
    change = dots[1]
    if isinstance(c_or_cr, tuple):
        c, r = c_or_cr
        c_dot, r_dot = dots[0]
        if c_dot is not None or r_dot is not None:
            turned = toeplitz_jvp((c_dot, r_dot), None, c, r) @ x
            change = -turned if change is None else change - turned
    elif dots[0] is not None:
        turned = toeplitz_jvp((dots[0],), None, c_or_cr) @ x
        change = -turned if change is None else change - turned
    return scipy.linalg.solve_toeplitz(c_or_cr, change)
