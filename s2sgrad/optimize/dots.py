"""The sum of the products of two vectors is their dot product, which NumPy computes in one pass without an array.

    t: f8[n] = mul x_bar, y
    a_bar: f8 = sum t                  ──▶   a_bar: f8 = matmul x_bar, y

For the text that NumPy runs only: compiled code makes one loop of the sum anyway.
"""

from __future__ import annotations

import operator

import numpy as np

from s2sgrad.ir.core import Call, Function, Operand
from s2sgrad.ir.types import Array
from s2sgrad.optimize.dce import dce
from s2sgrad.optimize.purity import is_adjoint
from s2sgrad.optimize.returned import returned_memory
from s2sgrad.optimize.rewrite import Rewriter, same_shape
from s2sgrad.stages import stage


@stage("dots")
def dots(function: Function) -> Function:
    """Make dot products of sums, in derivative code."""
    Rewriter({np.sum: (sum_of_products,)}, is_adjoint, returned_memory(function)).run(function.body)
    return dce(function)


def sum_of_products(r: Rewriter, op: Call) -> Operand | None:
    """np.sum(x * y) → x @ y, for vectors of one length"""
    product = r.match(op.args[0], operator.mul, np.multiply)
    if op.kwargs or len(op.args) != 1 or product is None or product.kwargs or not r.is_single(product):
        return None
    if not all(isinstance(x.type, Array) and x.type.ndim == 1 and x.type.dtype in _BLAS for x in product.args):
        return None
    x, y = product.args
    if x.type.dtype != y.type.dtype or not same_shape(x.type, y.type):
        return None
    return r.call(operator.matmul, x, y)


_BLAS = (np.dtype(np.float32), np.dtype(np.float64))
