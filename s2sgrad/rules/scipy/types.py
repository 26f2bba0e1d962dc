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
