"""Types of functions that make, copy and convert arrays."""

from __future__ import annotations

import numpy as np

from s2sgrad.ir.core import Const, Tree, Value
from s2sgrad.ir.shapes.elementwise import broadcast
from s2sgrad.ir.shapes.table import (
    Types,
    array_of,
    dtype_of,
    length_of,
    of_shape,
    shape_operand,
    static,
    type_rule,
)
from s2sgrad.ir.types import Array, Dim, Scalar, TupleOf

_FLOAT = np.dtype(np.float64)
_INT = np.dtype(np.int64)


@type_rule(np.zeros, np.ones, np.empty)
def zeros(shape: Tree, dtype: Tree = None, order: Tree = "C", **_: Tree) -> Types:
    return Array(dtype_of(dtype, _FLOAT), shape_operand(shape))


@type_rule(np.full)
def full(shape: Tree, value: Tree, dtype: Tree = None, order: Tree = "C", **_: Tree) -> Types:
    wanted = shape_operand(shape)
    return Array(array_of(value).dtype if static(dtype) is None else dtype_of(dtype, _FLOAT), wanted)


@type_rule(np.zeros_like, np.ones_like, np.empty_like)
def zeros_like(
    x: Tree, dtype: Tree = None, order: Tree = "K", subok: Tree = True, shape: Tree = None, **_: Tree
) -> Types:
    t = array_of(x)
    return Array(dtype_of(dtype, t.dtype), t.shape if static(shape) is None else shape_operand(shape))


@type_rule(np.full_like)
def full_like(
    x: Tree, value: Tree, dtype: Tree = None, order: Tree = "K", subok: Tree = True, shape: Tree = None, **_: Tree
) -> Types:
    return zeros_like(x, dtype, shape=shape)


@type_rule(np.eye)
def eye(n: Tree, m: Tree = None, k: Tree = 0, dtype: Tree = None, order: Tree = "C", **_: Tree) -> Types:
    rows = length_of(n)
    square = m is None or (isinstance(m, Const) and m.value is None)
    return Array(dtype_of(dtype, _FLOAT), (rows, rows if square else length_of(m)))


@type_rule(np.identity)
def identity(n: Tree, dtype: Tree = None, **_: Tree) -> Types:
    return eye(n, dtype=dtype)


@type_rule(np.tri)
def tri(n: Tree, m: Tree = None, k: Tree = 0, dtype: Tree = None, **_: Tree) -> Types:
    return eye(n, m, k, dtype)


# -- copies and conversions --------------------------------------------------------------------------------


@type_rule(np.array, np.asarray, np.asanyarray, np.asarray_chkfinite)
def array(x: Tree, dtype: Tree = None, *, ndmin: Tree = 0, **_: Tree) -> Types:
    t = array_of(x)
    rank = static(ndmin)
    return Array(dtype_of(dtype, t.dtype), (1,) * (rank - t.ndim) + t.shape)


@type_rule(np.require)
def require(x: Tree, dtype: Tree = None, requirements: Tree = None, **_: Tree) -> Types:
    t = array_of(x)
    return Array(dtype_of(dtype, t.dtype), t.shape)


@type_rule(np.ascontiguousarray, np.asfortranarray)
def contiguous(x: Tree, dtype: Tree = None, **_: Tree) -> Types:
    t = array_of(x)
    return Array(dtype_of(dtype, t.dtype), t.shape or (1,))


@type_rule(np.copy)
def copy(x: Tree, order: Tree = "K", subok: Tree = False) -> Types:
    return array_of(x)


@type_rule(np.astype)
def astype(x: Tree, dtype: Tree, **_: Tree) -> Types:
    return Array(dtype_of(dtype, _FLOAT), array_of(x).shape)


def _conversion(dtype: np.dtype) -> None:
    def rule(x: Tree = 0) -> Types:
        return of_shape(dtype, array_of(x).shape if isinstance(x, (Value, Const)) else ())

    type_rule(dtype.type)(rule)


for _name in ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"):
    _conversion(np.dtype(_name))
for _name in ("float16", "float32", "float64", "complex64", "complex128"):
    _conversion(np.dtype(_name))


@type_rule(np.indices)
def indices(dimensions: Tree, dtype: Tree = None, sparse: Tree = False) -> Types:
    shape = shape_operand(dimensions)
    found = dtype_of(dtype, _INT)
    if static(sparse):
        return tuple(Array(found, tuple(n if j == k else 1 for j, n in enumerate(shape))) for k in range(len(shape)))
    return Array(found, (len(shape), *shape))


@type_rule(np.broadcast_shapes)
def broadcast_shapes(*shapes: Tree) -> Types:
    shape = broadcast(*map(shape_operand, shapes))
    return TupleOf(tuple(Scalar(_INT, weak=True, length=n) for n in shape))


@type_rule(np.tril_indices, np.triu_indices)
def triangle_indices(n: Tree, k: Tree = 0, m: Tree = None) -> Types:
    return (Array(_INT, (Dim(object()),)),) * 2


@type_rule(np.tril_indices_from, np.triu_indices_from)
def triangle_indices_from(x: Tree, k: Tree = 0) -> Types:
    return (Array(_INT, (Dim(object()),)),) * 2


@type_rule(np.diag_indices)
def diag_indices(n: Tree, ndim: Tree = 2) -> Types:
    rank: int = static(ndim)
    return (Array(_INT, (length_of(n),)),) * rank


@type_rule(np.diag_indices_from)
def diag_indices_from(x: Tree) -> Types:
    t = array_of(x)
    return (Array(_INT, (t.shape[0],)),) * t.ndim
