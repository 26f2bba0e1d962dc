"""Types of functions that make, copy and convert arrays."""

from __future__ import annotations

import numpy as np

from s2sgrad.ir.core import Const, Tree, Value
from s2sgrad.ir.shapes import lengths
from s2sgrad.ir.shapes.table import (
    Types,
    array_of,
    cannot_tell,
    dtype_of,
    length_of,
    of_shape,
    shape_operand,
    static,
    type_rule,
)
from s2sgrad.ir.types import Array, Dim, Length, Scalar

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


@type_rule(np.arange)
def arange(*bounds: Tree, dtype: Tree = None, **_: Tree) -> Types:
    if any(not isinstance(b, (Value, Const)) or not isinstance(b.type, Scalar) for b in bounds):
        cannot_tell()
    integers = all(b.type.dtype.kind in "iub" for b in bounds)
    found = dtype_of(dtype, _INT if integers else np.result_type(_FLOAT, *(b.type.dtype for b in bounds)))
    if not integers or not all(b.type.weak for b in bounds):
        return Array(found, (Dim(object()),)) if static(dtype) is not None or not integers else cannot_tell()
    return Array(found, (_range_length(*map(length_of, bounds)),))


def _range_length(*bounds: Length) -> Length:
    if all(isinstance(b, int) for b in bounds):
        return len(range(*bounds))  # type: ignore[arg-type]
    start, stop = (0, bounds[0]) if len(bounds) == 1 else bounds[:2]
    step = bounds[2] if len(bounds) == 3 else 1
    if step == 1:
        if start == 0:
            return stop
        length = lengths.subtract(stop, start)
        if lengths.is_natural(length):
            return length
    return Dim(("arange", start, stop, step))


@type_rule(np.linspace)
def linspace(start: Tree, stop: Tree, num: Tree = 50, endpoint: Tree = True, **options: Tree) -> Types:
    ends = np.result_type(array_of(start).dtype, array_of(stop).dtype, _FLOAT)
    if options or array_of(start).ndim or array_of(stop).ndim:
        cannot_tell()
    return Array(ends, (length_of(num),))


# -- copies and conversions --------------------------------------------------------------------------------


@type_rule(np.array, np.asarray, np.asanyarray)
def array(x: Tree, dtype: Tree = None, *, ndmin: Tree = 0, **_: Tree) -> Types:
    t = array_of(x)
    rank = static(ndmin)
    return Array(dtype_of(dtype, t.dtype), (1,) * (rank - t.ndim) + t.shape)


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
