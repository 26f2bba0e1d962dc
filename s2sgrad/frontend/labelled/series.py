"""The methods of a Series, in NumPy: what pandas computes, to the last bit, from ``self.values``.

These are lowered, not run. What is made of pandas objects is written with the functions of ``markers``, which the
compiler carries out itself. A method that is not here is refused.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import pandas as pd

from s2sgrad.frontend.labelled.markers import (
    at_position,
    like,
    renamed,
    selected,
    store_at,
    unsupported,
    values_of,
)
from s2sgrad.frontend.labelled.windows import Ewm, Rolling
from s2sgrad.rules.series import last_number, median_of, next_number, std_of, var_of

#: What ``pct_change`` does to what is missing, if it is not told.
DEFAULT_FILL = "pad" if pd.__version__.startswith("2.") else None


#: Whether extremes are Python's floats.
FLOATS = type(pd.Series([1.0]).max()) is float


class Series:
    """``values``, ``index`` and ``name`` are attributes of the stand-in."""

    values: Any
    ndim = 1

    def __len__(self):
        return len(self.values)

    @property
    def size(self):
        return len(self.values)

    @property
    def shape(self):
        return (len(self.values),)

    @property
    def dtype(self):
        return self.values.dtype

    @property
    def empty(self):
        return len(self.values) == 0

    @property
    def hasnans(self):
        return np.any(np.isnan(self.values))

    def to_numpy(self, dtype=None, copy=False):
        if dtype is not None:
            return self.values.astype(dtype)
        return self.values.copy() if copy else self.values

    def tolist(self):
        return self.values.tolist()

    def item(self):
        return self.values.item()

    def copy(self, deep=True):
        return like(self, self.values.copy())

    def astype(self, dtype):
        return like(self, self.values.astype(dtype))

    def rename(self, index=None):
        return renamed(self, index)

    def pipe(self, func, *args, **kwargs):
        return func(self, *args, **kwargs)

    # -- elementwise -----------------------------------------------------------------------------

    def __abs__(self):
        return like(self, np.abs(self.values))

    def __neg__(self):
        return like(self, -self.values)

    def __pos__(self):
        return like(self, self.values.copy())

    def __invert__(self):
        return like(self, ~self.values)

    def abs(self):
        return like(self, np.abs(self.values))

    def round(self, decimals=0):
        return like(self, np.round(self.values, decimals))

    def isna(self):
        return like(self, np.isnan(self.values))

    def isnull(self):
        return like(self, np.isnan(self.values))

    def notna(self):
        return like(self, ~np.isnan(self.values))

    def notnull(self):
        return like(self, ~np.isnan(self.values))

    def where(self, cond, other=np.nan):
        refuse_objects(self, other)
        return like(self, np.where(values_of(self, cond), self.values, values_of(self, other)))

    def mask(self, cond, other=np.nan):
        refuse_objects(self, other)
        return like(self, np.where(values_of(self, cond), values_of(self, other), self.values))

    def fillna(self, value):
        return like(self, np.where(np.isnan(self.values), values_of(self, value), self.values))

    def clip(self, lower=None, upper=None):
        for bound in (lower, upper):
            if bound is not None and np.ndim(bound) > 0:
                unsupported("`clip` with bounds that are not numbers is not supported")
        if lower is not None and upper is not None:
            lower, upper = min(lower, upper), max(lower, upper)
        clipped = self.values
        if lower is not None:
            clipped = np.where(clipped < lower, lower, clipped)
        if upper is not None:
            clipped = np.where(clipped > upper, upper, clipped)
        return like(self, clipped)

    def between(self, left, right):
        return (self >= left) & (self <= right)

    def apply(self, func):
        if isinstance(func, np.ufunc):
            return func(self)
        return like(self, np.array([func(x) for x in self.values.tolist()]))

    def map(self, func):
        return self.apply(func)

    # -- operators with names --------------------------------------------------------------------

    def add(self, other):
        return self + other

    def sub(self, other):
        return self - other

    def mul(self, other):
        return self * other

    def div(self, other):
        return self / other

    def truediv(self, other):
        return self / other

    def pow(self, other):
        return self**other

    def lt(self, other):
        return self < other

    def le(self, other):
        return self <= other

    def gt(self, other):
        return self > other

    def ge(self, other):
        return self >= other

    def eq(self, other):
        return self == other

    def ne(self, other):
        return self != other

    def dot(self, other):
        return np.dot(self.values, values_of(self, other))

    # -- reductions ------------------------------------------------------------------------------

    def sum(self, axis=None, skipna=True):
        return np.nansum(self.values) if skipna else np.sum(self.values)

    def prod(self, axis=None, skipna=True):
        return np.nanprod(self.values) if skipna else np.prod(self.values)

    def mean(self, axis=None, skipna=True):
        return np.nanmean(self.values) if skipna else np.mean(self.values)

    def median(self, axis=None, skipna=True):
        return median_of(self.values) if skipna else np.median(self.values)

    def min(self, axis=None, skipna=True):
        least = np.nanmin(self.values) if skipna else np.min(self.values)
        return float(least) if FLOATS and skipna else least

    def max(self, axis=None, skipna=True):
        greatest = np.nanmax(self.values) if skipna else np.max(self.values)
        return float(greatest) if FLOATS and skipna else greatest

    def var(self, axis=None, skipna=True, ddof=1):
        return var_of(self.values, ddof, skipna)

    def std(self, axis=None, skipna=True, ddof=1):
        return std_of(self.values, ddof, skipna)

    def any(self):
        return np.any(self.values)

    def all(self):
        return np.all(self.values)

    def count(self):
        return np.sum(~np.isnan(self.values))

    # -- along the index -------------------------------------------------------------------------

    def cumsum(self, axis=None):
        return like(self, np.where(np.isnan(self.values), np.nan, np.nancumsum(self.values)))

    def cumprod(self, axis=None):
        return like(self, np.where(np.isnan(self.values), np.nan, np.nancumprod(self.values)))

    def shift(self, periods=1, fill_value=np.nan):
        refuse_objects(self, np.nan)
        return like(self, shifted(self.values, periods, fill_value))

    def diff(self, periods=1):
        refuse_objects(self, np.nan)
        return like(self, changes(self.values, periods, operator.sub))

    def pct_change(self, periods=1, fill_method=DEFAULT_FILL):
        if fill_method is not None and fill_method != "pad":
            unsupported("`pct_change` with this `fill_method` is not supported")
        refuse_objects(self, np.nan)
        filled = self.values if fill_method is None else self.ffill().values
        return like(self, changes(filled, periods, operator.truediv) - 1)

    def ffill(self):
        return like(self, self.values[last_number(self.values)])

    def bfill(self):
        return like(self, self.values[next_number(self.values)])

    def rolling(self, window, min_periods=None):
        return Rolling(self, window, min_periods)

    def ewm(self, com=None, span=None, halflife=None, alpha=None, min_periods=0, adjust=True, ignore_na=False):
        if com is None:
            if span is not None:
                com = (span - 1) / 2
            elif alpha is not None:
                com = (1 - alpha) / alpha
            else:
                unsupported("`ewm` needs `com`, `span` or `alpha`")
        return Ewm(self, com, min_periods, adjust, ignore_na)

    # -- parts -----------------------------------------------------------------------------------

    def __getitem__(self, key):
        return selected(self, key)

    def __setitem__(self, key, value):
        store_at(self, key, value)

    def dropna(self):
        return selected(self, ~np.isnan(self.values))

    @property
    def iloc(self):
        return ByPosition(self)

    @property
    def loc(self):
        return ByMask(self)


class ByPosition:
    """``s.iloc``."""

    def __init__(self, series: Any) -> None:
        self.series = series

    def __getitem__(self, key):
        return at_position(self.series, key)


class ByMask:
    """``s.loc``."""

    def __init__(self, series: Any) -> None:
        self.series = series

    def __getitem__(self, key):
        return selected(self.series, key)

    def __setitem__(self, key, value):
        store_at(self.series, key, value)


def refuse_objects(series, other):
    """Refuse to mix booleans with numbers, of which pandas makes objects."""
    if series.values.dtype.kind == "b" and isinstance(other, (int, float)) and not isinstance(other, bool):
        unsupported("booleans mixed with numbers in a Series are not supported")


def shifted(values, periods, fill):
    """``values`` moved by some places; ``fill`` where nothing comes."""
    periods = operator.index(periods)
    if periods == 0:
        return values
    moved = np.full_like(values, fill) if values.dtype.kind == "f" else np.full(values.shape, fill)
    if periods > 0:
        moved[periods:] = values[:-periods]
    else:
        moved[:periods] = values[-periods:]
    return moved


def changes(values, periods, change):
    """``change`` of each value and the one some places before; NaN where there is none."""
    periods = operator.index(periods)
    if periods == 0:
        return change(values, values)
    changed = np.full_like(values, np.nan) if values.dtype.kind == "f" else np.full(values.shape, np.nan)
    if periods > 0:
        changed[periods:] = change(values[periods:], values[:-periods])
    else:
        changed[:periods] = change(values[:periods], values[-periods:])
    return changed
