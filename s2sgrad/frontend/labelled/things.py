"""Stand-ins for pandas objects: how they are made, and what they are made of.

    Series       {"values": an array, "index": an index, "name": a constant}
    DataFrame    {"data": a dict of the arrays of its columns, "index": an index}
    Index        {"label": which index it is, "values": an array as long as it}

The arrays are never written: an update of a Series gives it another array. So stand-ins may share them.
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
import pandas as pd

from s2sgrad.errors import UnsupportedCall
from s2sgrad.frontend.labelled.frames import DataFrame
from s2sgrad.frontend.labelled.indices import Index
from s2sgrad.frontend.labelled.series import Series
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.stand_ins import STAND_INS
from s2sgrad.frontend.things import ArrayRef, Cell, DictRef, ObjectRef, Thing
from s2sgrad.ir.core import Const
from s2sgrad.ir.types import Array
from s2sgrad.labels import IndexLabel

STAND_INS[pd.Series] = Series
STAND_INS[pd.DataFrame] = DataFrame

OF_CALLER = "belongs to a pandas object of the caller"
_HELD = "is held by a pandas object"


def make_object(lo: Lowerer, cls: type, content: dict[str, Thing]) -> ObjectRef:
    cell = Cell()
    lo.heap[cell] = content
    return ObjectRef(cell, cls)


def make_index(lo: Lowerer, label: IndexLabel, values: Thing) -> ObjectRef:
    STAND_INS.setdefault(label.cls, Index)
    return make_object(lo, label.cls, {"label": Const(label), "values": values})


def numbered(lo: Lowerer, values: Thing) -> ObjectRef:
    """The index of a Series that is made of an array: 0, 1, 2, …"""
    t = lo.type_of(values)
    length = t.shape[0] if isinstance(t, Array) and t.shape else None
    return make_index(lo, IndexLabel(pd.RangeIndex, (object() if length is None else length,), False), values)


def make_series(lo: Lowerer, values: Thing, index: ObjectRef, name: Any = None) -> ObjectRef:
    """A Series of an array that nobody else writes into."""
    hold(values)
    return make_object(lo, pd.Series, {"values": values, "index": index, "name": Const(name)})


def make_frame(lo: Lowerer, columns: dict[Any, Thing], index: ObjectRef) -> ObjectRef:
    """A DataFrame of such arrays."""
    for values in columns.values():
        hold(values)
    cell = Cell()
    lo.heap[cell] = dict(columns)
    return make_object(lo, pd.DataFrame, {"data": DictRef(cell), "index": index})


def hold(values: Thing) -> None:
    if isinstance(values, ArrayRef) and values.cell.frozen is None:
        values.cell.frozen = _HELD


def belongs_to_caller(values: Thing) -> bool:
    return isinstance(values, ArrayRef) and values.cell.frozen == OF_CALLER


def is_held(values: Thing) -> bool:
    """Whether this is the array of a pandas object."""
    return isinstance(values, ArrayRef) and values.cell.frozen in (OF_CALLER, _HELD)


def own_values(lo: Lowerer, series: ObjectRef) -> Thing:
    """The array of a Series, for another one."""
    values = part(lo, series, "values")
    return lo.call(np.copy, lo.operand(values)) if belongs_to_caller(values) else values


def is_series(thing: Thing) -> bool:
    return isinstance(thing, ObjectRef) and thing.cls is pd.Series


def is_frame(thing: Thing) -> bool:
    return isinstance(thing, ObjectRef) and thing.cls is pd.DataFrame


def is_index(thing: Thing) -> bool:
    return isinstance(thing, ObjectRef) and STAND_INS.get(thing.cls) is Index


def part(lo: Lowerer, ref: ObjectRef, name: str) -> Thing:
    """``"values"``, ``"index"``, ``"data"``."""
    return lo.heap[ref.cell][name]


def name_of(lo: Lowerer, ref: ObjectRef) -> Any:
    return lo.heap[ref.cell]["name"].value


def columns_of(lo: Lowerer, ref: ObjectRef) -> dict[Any, Thing]:
    """The arrays of a DataFrame."""
    content: dict[Any, Thing] = lo.heap[part(lo, ref, "data").cell]
    return content


def label_of(lo: Lowerer, index: ObjectRef) -> IndexLabel:
    label: IndexLabel = part(lo, index, "label").value
    return label


def same_index(lo: Lowerer, refs: list[ObjectRef], node: Any = None) -> ObjectRef:
    """The index of several objects; refused if it may not be the same, for pandas would align them."""
    indices: list[ObjectRef] = [part(lo, ref, "index") for ref in refs]
    if any(label_of(lo, index) != label_of(lo, indices[0]) for index in indices):
        refuse(lo, "these pandas objects may have different indices, which pandas would align", node=node)
    return indices[0]


def refuse(lo: Lowerer, what: str, remedy: str = "use `.to_numpy()` of each, and arrays", node: Any = None) -> NoReturn:
    lo.fail(what, remedy, node, UnsupportedCall)
