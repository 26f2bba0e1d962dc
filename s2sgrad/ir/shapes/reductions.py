"""Types of reductions, and of what accumulates along an axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sgrad.ir.core import Const, Tree, Value
from s2sgrad.ir.shapes import lengths
from s2sgrad.ir.shapes.table import Types, array_of, axes_of, cannot_tell, dtype_of, of_shape, static, type_rule
from s2sgrad.ir.types import Array, Length, Scalar, Unknown


def total(dtype: np.dtype) -> np.dtype:
    """The dtype of a sum: small integers are widened."""
    if dtype.kind in "bi" and dtype.itemsize < 8:
        return np.dtype(np.int64)
    return np.dtype(np.uint64) if dtype.kind == "u" else dtype


def fraction(dtype: np.dtype) -> np.dtype:
    """The dtype of a mean."""
    return np.dtype(np.float64) if dtype.kind in "biu" else dtype


def spread(dtype: np.dtype) -> np.dtype:
    """The dtype of a variance: real."""
    return np.dtype(f"f{dtype.itemsize // 2}") if dtype.kind == "c" else fraction(dtype)


def same(dtype: np.dtype) -> np.dtype:
    return dtype


def boolean(dtype: np.dtype) -> np.dtype:
    return np.dtype(np.bool_)


def position(dtype: np.dtype) -> np.dtype:
    return np.dtype(np.intp)


def reduced(shape: tuple[Length, ...], axis: Tree, keepdims: Tree) -> tuple[Length, ...]:
    """The shape without the reduced axes, or with 1 in their place."""
    axes = axes_of(axis, len(shape))
    if static(keepdims):
        return tuple(1 if k in axes else n for k, n in enumerate(shape))
    return tuple(n for k, n in enumerate(shape) if k not in axes)


def _is_number_of_unknown(x: Tree, axis: Tree, keepdims: Tree) -> bool:
    """Whether this reduces something of unknown rank to one number."""
    whole = axis is None or (isinstance(axis, Const) and axis.value is None)
    return isinstance(x, Value) and isinstance(x.type, Unknown) and whole and not static(keepdims)


def _reduction(result_dtype: Any) -> Any:
    def rule(x: Tree, axis: Tree = None, dtype: Tree = None, out: Tree = None, **options: Tree) -> Types:
        if _is_number_of_unknown(x, axis, options.get("keepdims", False)):
            return Unknown(())
        t = array_of(x)
        shape = reduced(t.shape, axis, options.get("keepdims", False))
        found = dtype_of(dtype, result_dtype(t.dtype))
        return Array(found, shape) if shape or _keeps_rank(t, options) else of_shape(found, shape)

    return rule


def _keeps_rank(t: Array, options: dict[str, Tree]) -> bool:
    return bool(static(options.get("keepdims", False))) and t.ndim > 0


def _plain_reduction(result_dtype: Any) -> Any:
    """Reductions without a ``dtype`` parameter."""

    def rule(x: Tree, axis: Tree = None, out: Tree = None, keepdims: Tree = False, **options: Tree) -> Types:
        if _is_number_of_unknown(x, axis, keepdims):
            return Unknown(())
        t = array_of(x)
        return of_shape(result_dtype(t.dtype), reduced(t.shape, axis, keepdims))

    return rule


def _average(x: Tree, axis: Tree = None, weights: Tree = None, **options: Tree) -> Types:
    t = array_of(x)
    dtype = fraction(t.dtype)
    if weights is not None and not (hasattr(weights, "value") and weights.value is None):
        dtype = np.result_type(dtype, array_of(weights).dtype, np.float64)
    result = of_shape(dtype, reduced(t.shape, axis, options.get("keepdims", False)))
    return (result, result) if static(options.get("returned", False)) else result


def _quantile(
    x: Tree, q: Tree, axis: Tree = None, out: Tree = None, overwrite_input: Tree = False, method: Tree = "linear",
    keepdims: Tree = False,
) -> Types:  # fmt: skip
    t, quantiles = array_of(x), array_of(q)
    weak = isinstance(q, (Value, Const)) and isinstance(q.type, Scalar) and q.type.weak
    if t.dtype.kind != "f" or static(method) not in (*_TAKING, *_BETWEEN):
        cannot_tell()
    dtype = t.dtype if weak or static(method) in _TAKING else np.result_type(t.dtype, quantiles.dtype, np.float16)
    return of_shape(dtype, (*quantiles.shape, *reduced(t.shape, axis, keepdims)))


# Methods that take one entry, and methods that take an average, where the dtype of ``q`` counts.
_TAKING = ("lower", "higher", "nearest")
_BETWEEN = ("linear", "midpoint", "hazen", "weibull", "median_unbiased", "normal_unbiased", "interpolated_inverted_cdf")


def _count(x: Tree, axis: Tree = None, *, keepdims: Tree = False) -> Types:
    if static(axis) is None:
        cannot_tell()
    return of_shape(np.dtype(np.intp), reduced(array_of(x).shape, axis, keepdims))


type_rule(np.sum, np.prod, np.nansum, np.nanprod)(_reduction(total))
type_rule(np.mean, np.nanmean)(_reduction(fraction))
type_rule(np.var, np.std, np.nanvar, np.nanstd)(_reduction(spread))
type_rule(np.max, np.min, np.amax, np.amin, np.nanmax, np.nanmin, np.ptp)(_plain_reduction(same))
type_rule(np.median, np.nanmedian)(_plain_reduction(fraction))
type_rule(np.all, np.any)(_plain_reduction(boolean))
type_rule(np.argmax, np.argmin, np.nanargmax, np.nanargmin)(_plain_reduction(position))
type_rule(np.average)(_average)
type_rule(np.quantile, np.percentile)(_quantile)
type_rule(np.count_nonzero)(_count)


@type_rule(np.cumsum, np.cumprod)
def accumulation(x: Tree, axis: Tree = None, dtype: Tree = None, out: Tree = None) -> Types:
    t = array_of(x)
    found = dtype_of(dtype, total(t.dtype))
    if static(axis) is None:
        return Array(found, (lengths.product(*t.shape),))
    return Array(found, t.shape) if t.ndim else cannot_tell()


@type_rule(np.diff)
def diff(x: Tree, n: Tree = 1, axis: Tree = -1, prepend: Tree = None, append: Tree = None) -> Types:
    t = array_of(x)
    (k,) = axes_of(axis, t.ndim)
    times = static(n)
    length = t.shape[k]
    dtype = t.dtype
    for extra in (prepend, append):
        if extra is not None:
            e = array_of(extra)
            length = lengths.add(length, e.shape[k] if e.ndim else 1)
            dtype = np.result_type(dtype, e.dtype) if e.dtype != dtype else dtype
    if not isinstance(times, int) or dtype.kind == "b":
        cannot_tell()
    length = max(length - times, 0) if isinstance(length, int) else length + -times
    return Array(dtype, (*t.shape[:k], length, *t.shape[k + 1 :]))


@type_rule(np.gradient)
def gradient(f: Tree, *steps: Tree, axis: Tree = None, edge_order: Tree = 1) -> Types:
    t = array_of(f)
    along_each = Array(t.dtype if t.dtype.kind in "fc" else np.dtype(float), t.shape)
    if t.dtype.kind not in "fciub":
        cannot_tell()
    axes = axes_of(axis, t.ndim)
    return along_each if len(axes) == 1 else (along_each,) * len(axes)
