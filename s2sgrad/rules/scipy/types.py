"""The types of what ``scipy.linalg`` returns."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from s2sgrad.ir.core import Tree
from s2sgrad.ir.shapes import lengths, linalg
from s2sgrad.ir.shapes.products import promoted
from s2sgrad.ir.shapes.table import Types, array_of, cannot_tell, static, type_rule
from s2sgrad.ir.types import BOOL, Array


def _like_first(a: Tree, *_: Tree, **__: Tree) -> Types:
    return linalg.square(a)


type_rule(scipy.linalg.inv, scipy.linalg.cholesky, scipy.linalg.expm)(_like_first)
type_rule(scipy.linalg.cosm, scipy.linalg.sinm, scipy.linalg.coshm, scipy.linalg.sinhm)(_like_first)
type_rule(scipy.linalg.det)(lambda a, **_: linalg.det(a))
type_rule(scipy.linalg.svdvals)(lambda a, **_: linalg.svdvals(a))


@type_rule(scipy.linalg.norm)
def norm(a: Tree, ord: Tree = None, axis: Tree = None, keepdims: Tree = False, check_finite: Tree = True) -> Types:
    return linalg.norm(a, ord, axis, keepdims)


@type_rule(scipy.linalg.svd)
def svd(a: Tree, full_matrices: Tree = True, compute_uv: Tree = True, **_: Tree) -> Types:
    return linalg.svd(a, full_matrices, compute_uv)


@type_rule(scipy.linalg.solve)
def solve(a: Tree, b: Tree, *_: Tree, **__: Tree) -> Types:
    return linalg.solve(a, b)


@type_rule(scipy.linalg.solve_triangular)
def solve_triangular(a: Tree, b: Tree, *_: Tree, **__: Tree) -> Types:
    return linalg.solve(a, b)


@type_rule(scipy.linalg.cho_factor)
def cho_factor(a: Tree, *_: Tree, **__: Tree) -> Types:
    t = linalg.square(a)
    assert isinstance(t, Array)
    return t, BOOL


@type_rule(scipy.linalg.lu_factor)
def lu_factor(a: Tree, *_: Tree, **__: Tree) -> Types:
    t = linalg.square(a)
    assert isinstance(t, Array)
    return t, Array(np.dtype(np.int32), (linalg.least(*t.shape[-2:]),))


@type_rule(scipy.linalg.cho_solve, scipy.linalg.lu_solve)
def solve_with_factors(factors: Any, b: Tree, *_: Tree, **__: Tree) -> Types:
    return linalg.solve(factors[0], b) if isinstance(factors, (tuple, list)) else cannot_tell()


@type_rule(scipy.linalg.expm_frechet)
def expm_frechet(a: Tree, e: Tree, method: Tree = None, compute_expm: Tree = True, check_finite: Tree = True) -> Types:
    t, of = array_of(a), array_of(e)
    derivative = Array(promoted(t, of), t.shape)
    return (Array(t.dtype, t.shape), derivative) if static(compute_expm) else derivative


@type_rule(scipy.linalg.solve_sylvester)
def solve_sylvester(a: Tree, b: Tree, q: Tree) -> Types:
    arrays = array_of(a), array_of(b), array_of(q)
    return Array(promoted(*arrays), arrays[2].shape)


@type_rule(scipy.linalg.solve_continuous_lyapunov, scipy.linalg.solve_lyapunov, scipy.linalg.solve_discrete_lyapunov)
def solve_lyapunov(a: Tree, q: Tree, method: Tree = None) -> Types:
    arrays = array_of(a), array_of(q)
    return Array(promoted(*arrays), arrays[1].shape)


@type_rule(scipy.linalg.khatri_rao)
def khatri_rao(a: Tree, b: Tree) -> Types:
    left, right = array_of(a), array_of(b)
    return Array(promoted(left, right), (lengths.product(left.shape[0], right.shape[0]), left.shape[1]))


# -- factorisations --------------------------------------------------------------------------------


@type_rule(scipy.linalg.eigh)
def eigh(a: Tree, b: Tree = None, lower: Tree = True, eigvals_only: Tree = False, **options: Tree) -> Types:
    """Of all eigenvalues."""
    if any(static(options.get(name)) is not None for name in ("subset_by_index", "subset_by_value")):
        cannot_tell()
    return linalg.eigvalsh(a) if static(eigvals_only) else linalg.eigh(a)


@type_rule(scipy.linalg.eigvalsh)
def eigvalsh(a: Tree, b: Tree = None, **options: Tree) -> Types:
    return eigh(a, b, eigvals_only=True, **options)


@type_rule(scipy.linalg.lu)
def lu(
    a: Tree, permute_l: Tree = False, overwrite_a: Tree = False, check_finite: Tree = True, p_indices: Tree = False
) -> Types:
    t = linalg.square(a)
    assert isinstance(t, Array)
    if static(permute_l) or static(p_indices) or t.ndim != 2:
        cannot_tell()
    m, n = t.shape
    k = linalg.least(m, n)
    return Array(t.dtype, (m, m)), Array(t.dtype, (m, k)), Array(t.dtype, (k, n))


@type_rule(scipy.linalg.polar)
def polar(a: Tree, side: Tree = "right") -> Types:
    t = linalg.square(a)
    assert isinstance(t, Array)
    n = t.shape[-1] if static(side) == "right" else t.shape[-2]
    return t, Array(t.dtype, (n, n))


@type_rule(scipy.linalg.solve_banded)
def solve_banded(l_and_u: Tree, ab: Tree, b: Tree, *_: Tree, **__: Tree) -> Types:
    right = array_of(b)
    return Array(promoted(array_of(ab), right), right.shape)


@type_rule(scipy.linalg.solveh_banded)
def solveh_banded(ab: Tree, b: Tree, *_: Tree, **__: Tree) -> Types:
    return solve_banded((), ab, b)


@type_rule(scipy.linalg.solve_toeplitz)
def solve_toeplitz(c_or_cr: Any, b: Tree, *_: Tree, **__: Tree) -> Types:
    first = c_or_cr[0] if isinstance(c_or_cr, (tuple, list)) else c_or_cr
    return solve_banded((), first, b)
