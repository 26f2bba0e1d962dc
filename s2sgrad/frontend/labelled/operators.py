"""Python's operators on stand-ins: those on their arrays, where the indices are the same."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import pandas as pd

from s2sgrad.frontend.kinds import describe
from s2sgrad.frontend.labelled.things import (
    belongs_to_caller,
    columns_of,
    is_frame,
    is_held,
    is_series,
    make_frame,
    make_series,
    name_of,
    part,
    refuse,
    same_index,
)
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.memory import check_writable
from s2sgrad.frontend.operations import binary
from s2sgrad.frontend.stand_ins import OPERATORS
from s2sgrad.frontend.things import ArrayRef, ListRef, ObjectRef, Thing
from s2sgrad.ir.types import Array, Scalar

_LOGICAL = (operator.and_, operator.or_, operator.xor)
_ROUNDING = (operator.floordiv, operator.mod)


def operate(lo: Lowerer, fn: Any, a: Thing, b: Thing) -> Thing:
    """``a op b`` where one of them is a Series or a DataFrame."""
    if fn is operator.matmul:
        refuse(lo, "`@` with a pandas object is not supported")
    pandas = [x for x in (a, b) if is_series(x) or is_frame(x)]
    if len(pandas) < sum(isinstance(x, ObjectRef) for x in (a, b)):
        refuse(lo, "an operator between a pandas object and another object is not supported")
    index = same_index(lo, pandas)
    if any(map(is_frame, pandas)):
        return make_frame(lo, _by_column(lo, fn, a, b), index)
    return make_series(lo, _on_values(lo, fn, _values(lo, a), _values(lo, b)), index, common_name(lo, pandas))


def common_name(lo: Lowerer, series: list[ObjectRef]) -> Any:
    """The name of what is computed from several Series: their own if it is one."""
    names = [name_of(lo, one) for one in series]
    same = all(type(name) is type(names[0]) and name == names[0] for name in names)
    return names[0] if same else None


def _values(lo: Lowerer, x: Thing) -> Thing:
    if is_series(x):
        return part(lo, x, "values")
    if isinstance(x, (ListRef, tuple)):
        return lo.call(np.asarray, lo.operand(x))
    return x


def _on_values(lo: Lowerer, fn: Any, a: Thing, b: Thing) -> Thing:
    types = [lo.type_of(x) for x in (a, b)]
    if any(not isinstance(t, (Array, Scalar)) and not is_held(x) for x, t in zip((a, b), types, strict=True)):
        refuse(lo, f"an operator between a Series and {describe(a)}, {describe(b)} is not supported")
    if any(isinstance(t, Array) and t.ndim > 1 for t in types):
        refuse(lo, "an operator between a Series and an array with several axes is not supported")
    kinds = "".join(t.dtype.kind for t in types if isinstance(t, (Array, Scalar)))
    if fn in _LOGICAL and kinds != "bb":
        refuse(lo, "`&`, `|` and `^` of Series that are not boolean are not supported")
    if fn in _ROUNDING and "f" not in kinds:
        refuse(lo, "`//` and `%` of Series of integers are not supported", "make one of them float: .astype(float)")
    return binary(lo, fn, a, b)


def _by_column(lo: Lowerer, fn: Any, a: Thing, b: Thing) -> dict[Any, Thing]:
    frames = [columns_of(lo, x) for x in (a, b) if is_frame(x)]
    if any(is_series(x) for x in (a, b)):
        refuse(lo, "an operator between a DataFrame and a Series is not supported", "compute column by column")
    if any(isinstance(x, (ArrayRef, ListRef, tuple)) for x in (a, b)):
        refuse(lo, "an operator between a DataFrame and an array is not supported", "compute column by column")
    if len(frames) == 2 and list(frames[0]) != list(frames[1]):
        refuse(lo, "these DataFrames have different columns, which pandas would align", "compute column by column")

    def column(x: Thing, name: Any) -> Thing:
        return columns_of(lo, x)[name] if is_frame(x) else x

    return {name: _on_values(lo, fn, column(a, name), column(b, name)) for name in frames[0]}


def in_place(lo: Lowerer, ref: ObjectRef, result: Thing) -> Thing:
    """``a op= b``: pandas updates the object itself, for all of its names."""
    if ref.cls is pd.Series and is_series(result):
        replace_values(lo, ref, part(lo, result, "values"))
        return ref
    refuse(lo, "updating a DataFrame in place is not supported", "write `df = df + …`")


def replace_values(lo: Lowerer, ref: ObjectRef, values: Thing) -> None:
    """Give a Series another array."""
    present = part(lo, ref, "values")
    if belongs_to_caller(present):
        refuse(lo, "this changes a Series that belongs to the caller", "change a copy: `x = x.copy()`")
    t, new = lo.type_of(present), lo.type_of(values)
    if isinstance(t, Array) and isinstance(new, Array) and t.dtype != new.dtype:
        refuse(lo, f"storing {new.dtype} in a Series of {t.dtype} is not supported", "convert it with `.astype` before")
    check_writable(lo, ref.cell, "a Series")
    lo.heap[ref.cell] = {**lo.heap[ref.cell], "values": values}


OPERATORS[pd.Series] = OPERATORS[pd.DataFrame] = (operate, in_place)
