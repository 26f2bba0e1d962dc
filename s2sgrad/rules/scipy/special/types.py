"""The types of the elementwise functions that are no ufuncs, and of sums of exponentials."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp

from s2sgrad.ir.core import Const, Tree, Value
from s2sgrad.ir.shapes.elementwise import broadcast
from s2sgrad.ir.shapes.reductions import reduced
from s2sgrad.ir.shapes.table import Types, array_of, cannot_tell, of_shape, static, type_rule
from s2sgrad.ir.shapes.witness import run_on_witness
from s2sgrad.ir.types import Array, Scalar


def _one_entry(tree: Tree) -> Tree:
    """An operand as it is for one entry of the result."""
    t = tree.type if isinstance(tree, (Value, Const)) else cannot_tell()
    return Value(Array(t.dtype, (1,))) if isinstance(t, Array) else tree


def _elementwise(fn: Any) -> Any:
    """The dtype by a run on one entry, the shape by broadcasting."""

    def rule(*args: Tree, **kwargs: Tree) -> Types:
        operands = [x for x in (*args, *kwargs.values()) if isinstance(x, (Value, Const))]
        shapes = [x.type.shape for x in operands if isinstance(x.type, Array)]
        if any(not isinstance(x.type, (Array, Scalar)) and not isinstance(x, Const) for x in operands):
            cannot_tell()
        of_one = run_on_witness(fn, tuple(map(_one_entry, args)), {k: _one_entry(x) for k, x in kwargs.items()})
        if not shapes:
            return of_one
        return Array(of_one.dtype, broadcast(*shapes)) if isinstance(of_one, Array) else cannot_tell()

    return rule


for _fn in (
    sp.assoc_laguerre,
    sp.comb,
    sp.diric,
    sp.factorial,
    sp.h1vp,
    sp.h2vp,
    sp.ivp,
    sp.jvp,
    sp.kvp,
    sp.lambertw,
    sp.multigammaln,
    sp.perm,
    sp.polygamma,
    sp.softplus,
    sp.spherical_in,
    sp.spherical_jn,
    sp.spherical_kn,
    sp.spherical_yn,
    sp.yvp,
    sp.zeta,
):
    type_rule(_fn)(_elementwise(_fn))


@type_rule(sp.logsumexp)
def logsumexp(a: Tree, axis: Tree = None, b: Tree = None, keepdims: Tree = False, return_sign: Tree = False) -> Types:
    arrays = [array_of(x) for x in (a, b) if x is not None and not (isinstance(x, Const) and x.value is None)]
    dtype = np.result_type(*(t.dtype for t in arrays))
    if dtype.kind != "f":
        cannot_tell()
    t = of_shape(dtype, reduced(broadcast(*(t.shape for t in arrays)), axis, keepdims))
    return (t, t) if static(return_sign) else t


@type_rule(sp.softmax, sp.log_softmax)
def softmax(x: Tree, axis: Tree = None) -> Types:
    t = array_of(x)
    return Array(t.dtype, t.shape) if t.dtype.kind == "f" else cannot_tell()
