"""Types of ranges and grids."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sgrad.ir.core import Const, Tree, Value
from s2sgrad.ir.shapes import lengths
from s2sgrad.ir.shapes.elementwise import broadcast
from s2sgrad.ir.shapes.table import (
    Types,
    array_of,
    axes_of,
    cannot_tell,
    dtype_of,
    length_of,
    of_shape,
    static,
    type_rule,
)
from s2sgrad.ir.types import Array, Dim, Length, Scalar

_FLOAT = np.dtype(np.float64)
_INT = np.dtype(np.int64)


@type_rule(np.arange)
def arange(*bounds: Tree, dtype: Tree = None, **_: Tree) -> Types:
    bounds = tuple(b for k, b in enumerate(bounds) if not (k and isinstance(b, Const) and b.value is None))
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


def _spaced(fn: Any, ends: tuple[Tree, ...], num: Tree, dtype: Tree, axis: Tree) -> Array:
    """Evenly spaced numbers between ends that broadcast; NumPy says in which dtype."""
    shape = broadcast(*(array_of(x).shape for x in ends))
    (k,) = axes_of(axis, len(shape) + 1)
    found = dtype_of(dtype, fn(*map(_one, ends[:2]), 2).dtype)
    return Array(found, (*shape[:k], length_of(num), *shape[k:]))


def _one(x: Tree) -> Any:
    """A one of the kind of an operand: a Python number, or an array of its dtype."""
    t = x.type if isinstance(x, (Value, Const)) else array_of(x)
    if isinstance(t, Scalar) and t.weak:
        return t.dtype.type(1).item()
    return np.ones((), array_of(x).dtype)


@type_rule(np.linspace)
def linspace(
    start: Tree,
    stop: Tree,
    num: Tree = 50,
    endpoint: Tree = True,
    retstep: Tree = False,
    dtype: Tree = None,
    axis: Tree = 0,
    *,
    device: Tree = None,
) -> Types:
    result = _spaced(np.linspace, (start, stop), num, dtype, axis)
    if not static(retstep):
        return result
    step = _spaced(np.linspace, (start, stop), num, None, 0)
    return result, of_shape(step.dtype, step.shape[1:])


@type_rule(np.logspace)
def logspace(
    start: Tree,
    stop: Tree,
    num: Tree = 50,
    endpoint: Tree = True,
    base: Tree = 10.0,
    dtype: Tree = None,
    axis: Tree = 0,
) -> Types:
    if isinstance(base, (Value, Const)) and not (isinstance(base.type, Scalar) and base.type.weak):
        cannot_tell()
    return _spaced(np.logspace, (start, stop), num, dtype, axis)


@type_rule(np.geomspace)
def geomspace(
    start: Tree, stop: Tree, num: Tree = 50, endpoint: Tree = True, dtype: Tree = None, axis: Tree = 0
) -> Types:
    return _spaced(np.geomspace, (start, stop), num, dtype, axis)


@type_rule(np.meshgrid)
def meshgrid(*xs: Tree, copy: Tree = True, sparse: Tree = False, indexing: Tree = "xy") -> Types:
    types = [array_of(x) for x in xs]
    shape = [lengths.product(*t.shape, 1) for t in types]
    places = list(range(len(xs)))
    if static(indexing) == "xy" and len(xs) > 1:
        shape[0], shape[1] = shape[1], shape[0]
        places[0], places[1] = 1, 0
    if not static(sparse):
        return tuple(Array(t.dtype, tuple(shape)) for t in types)
    return tuple(
        Array(t.dtype, tuple(n if k == place else 1 for k, n in enumerate(shape)))
        for t, place in zip(types, places, strict=True)
    )
