"""NumPy's functions of pandas objects: as pandas and NumPy share the work.

A ufunc of Series is a Series. Some functions call the method of the same name (``np.sum(s)`` is ``s.sum()``), others
make an array of what they are given; those of which neither is known are refused.
"""

from __future__ import annotations

import operator
import re
from typing import Any

import numpy as np

from s2sgrad.frontend.arrays import primitive
from s2sgrad.frontend.attributes import attribute
from s2sgrad.frontend.calls import STAND_IN_CALLS
from s2sgrad.frontend.labelled.operators import common_name, operate
from s2sgrad.frontend.labelled.things import (
    columns_of,
    is_frame,
    is_index,
    is_series,
    make_frame,
    make_series,
    part,
    refuse,
    same_index,
)
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.objects import method
from s2sgrad.frontend.things import Cell, DictRef, ListRef, ObjectRef, Thing
from s2sgrad.ir.core import Const
from s2sgrad.ir.types import Array

# Ufuncs that pandas replaces by Python's operators.
_OPERATORS = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.divide: operator.truediv,
    np.power: operator.pow,
    np.floor_divide: operator.floordiv,
    np.remainder: operator.mod,
    np.less: operator.lt,
    np.less_equal: operator.le,
    np.greater: operator.gt,
    np.greater_equal: operator.ge,
    np.equal: operator.eq,
    np.not_equal: operator.ne,
    np.bitwise_and: operator.and_,
    np.bitwise_or: operator.or_,
    np.bitwise_xor: operator.xor,
}

# Functions that leave the work to the method of this name.
_METHODS = {np.sum: "sum", np.prod: "prod", np.mean: "mean", np.min: "min", np.max: "max", np.std: "std", np.var: "var"}
_METHODS |= {np.cumsum: "cumsum", np.cumprod: "cumprod", np.round: "round", np.any: "any", np.all: "all"}

# Functions that make arrays of what they are given.
_OF_ARRAYS = """where asarray asanyarray array atleast_1d asarray_chkfinite ascontiguousarray diff interp concatenate
    stack vstack hstack column_stack dot nansum nanmean nanstd nanvar nanmin nanmax nanprod nanmedian nancumsum median
    average percentile quantile nanpercentile nanquantile gradient outer inner cov corrcoef zeros_like ones_like
    empty_like full_like convolve polyval polyfit nan_to_num isclose allclose array_equal select trapezoid ndim shape
    size isscalar flip roll tile digitize histogram count_nonzero nonzero argwhere flatnonzero vdot tensordot"""
_ARRAYS = {*(getattr(np, name) for name in re.split(r"\s+", _OF_ARRAYS)), np.linalg.norm, np.linalg.solve}


def call_numpy(lo: Lowerer, fn: Any, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> Thing:
    """A call of one of NumPy's functions with stand-ins among its arguments."""
    if isinstance(fn, np.ufunc) and fn.signature is None:
        return _ufunc(lo, fn, args, kwargs, node)
    if fn is np.clip and is_series(args[0]):
        return lo.invoke(attribute(lo, args[0], "clip", node), args[1:], kwargs, node)
    if fn in _METHODS and is_series(args[0]):
        options = {k: v for k, v in kwargs.items() if not (isinstance(v, Const) and v.value is None)}
        if fn in (np.std, np.var):
            options.setdefault("ddof", Const(0))
        return lo.invoke(attribute(lo, args[0], _METHODS[fn], node), args[1:], options, node)
    if fn in _ARRAYS or str(getattr(fn, "__module__", "")).startswith("bottleneck"):
        return lo.invoke(Const(fn), [_array(lo, a) for a in args], {k: _array(lo, v) for k, v in kwargs.items()}, node)
    refuse(lo, f"`{getattr(fn, '__name__', fn)}` of a pandas object is not supported", "pass `.to_numpy()`", node)


def _ufunc(lo: Lowerer, fn: np.ufunc, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> Thing:
    out = kwargs.get("out", args[fn.nin] if len(args) > fn.nin else None)
    into = out is not None and not (isinstance(out, Const) and out.value is None)
    pandas = [a for a in (*args, *kwargs.values()) if is_series(a) or is_frame(a)]
    if fn.nout > 1 or len(args) > fn.nin + 1 or any(is_index(a) for a in args) or (into and out in pandas):
        refuse(lo, f"this call of `{fn.__name__}` with a pandas object is not supported", "pass `.to_numpy()`", node)
    index = same_index(lo, pandas, node)
    if any(map(is_frame, pandas)):
        if len(args) > 1 or kwargs:
            refuse(lo, f"`{fn.__name__}` of a DataFrame and something else is not supported", "compute by column", node)
        columns = columns_of(lo, args[0]).items()
        return make_frame(lo, {name: primitive(lo, fn, [x], {}) for name, x in columns}, index)
    if fn in _OPERATORS and not kwargs and len(args) == 2:
        return operate(lo, _OPERATORS[fn], *args)
    if fn is np.invert and not kwargs:
        return lo.invoke(method(lo, args[0], "__invert__", node), [], {}, node)
    values = [part(lo, a, "values") if is_series(a) else a for a in args]
    if any(isinstance(t := lo.type_of(x), Array) and t.ndim > 1 for x in values):
        refuse(lo, f"`{fn.__name__}` of a Series and an array with several axes is not supported", node=node)
    options = {k: part(lo, v, "values") if is_series(v) else v for k, v in kwargs.items()}
    result = primitive(lo, fn, values, options)
    return result if into else make_series(lo, result, index, common_name(lo, [x for x in args if is_series(x)]))


def _array(lo: Lowerer, thing: Thing) -> Thing:
    """What NumPy makes of a stand-in; lists and tuples of them, too."""
    if is_series(thing):
        return part(lo, thing, "values")
    if is_frame(thing):
        return lo.invoke(attribute(lo, thing, "to_numpy", None), [], {}, None)
    if is_index(thing):
        refuse(lo, "the values of an index are not supported", "pass them as an argument of their own")
    if type(thing) is tuple:
        return tuple(_array(lo, item) for item in thing)
    if isinstance(thing, ListRef) and isinstance(lo.heap[thing.cell], tuple) and _holds_objects(lo, thing):
        cell = Cell()
        lo.heap[cell] = tuple(_array(lo, item) for item in lo.heap[thing.cell])
        return ListRef(cell)
    return thing


def _holds_objects(lo: Lowerer, ref: ListRef) -> bool:
    return any(isinstance(item, (ObjectRef, ListRef, DictRef)) for item in lo.heap[ref.cell])


STAND_IN_CALLS.append(call_numpy)
