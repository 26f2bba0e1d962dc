"""What makes pandas objects while compiling: ``pd.Series(…)``, ``pd.DataFrame(…)``, and the ``markers``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from s2sgrad.frontend.attributes import attribute
from s2sgrad.frontend.calls import handles
from s2sgrad.frontend.kinds import describe
from s2sgrad.frontend.labelled import markers
from s2sgrad.frontend.labelled.operators import replace_values
from s2sgrad.frontend.labelled.things import (
    columns_of,
    hold,
    is_frame,
    is_index,
    is_series,
    label_of,
    make_frame,
    make_index,
    make_series,
    name_of,
    numbered,
    own_values,
    part,
    refuse,
    same_index,
)
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.memory import may_share
from s2sgrad.frontend.stand_ins import ATTRIBUTES
from s2sgrad.frontend.subscripts import index_tree, load_item
from s2sgrad.frontend.things import ArrayRef, DictRef, ListRef, ObjectRef, SliceThing, Thing
from s2sgrad.ir.core import Const
from s2sgrad.ir.types import Array, Scalar
from s2sgrad.labels import IndexLabel

Args = list[Thing]
Kwargs = dict[str, Thing]


@handles(pd.Series)
def _series(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    """``pd.Series(data, index, dtype, name)``."""
    given = dict(zip(("data", "index", "dtype", "name"), args, strict=False)) | kwargs
    given.pop("copy", None)
    data, index, dtype, name = (given.pop(key, Const(None)) for key in ("data", "index", "dtype", "name"))
    if given or not isinstance(name, Const):
        refuse(lo, "`pd.Series` with these options is not supported", node=node)
    if is_series(data):
        own = part(lo, data, "index")
        name = Const(name_of(lo, data)) if name.value is None else name
        values = own_values(lo, data)
    else:
        values = _array(lo, data, node)
        own = None
    if not (isinstance(dtype, Const) and dtype.value is None):
        values = lo.invoke(attribute(lo, values, "astype", node), [dtype], {}, node)
    made = make_series(lo, values, _index(lo, index, own, values, node), name.value)
    if own is not None:
        may_share(made.cell, data.cell)  # before pandas 3
    return made


def _array(lo: Lowerer, data: Thing, node: Any) -> Thing:
    """The array of what a Series is made of. It may be the array itself, which is not to be written from now on."""
    if isinstance(data, (ArrayRef, ListRef, tuple)):
        values = data if isinstance(data, ArrayRef) else lo.call(np.array, lo.operand(data))
        t = lo.type_of(values)
        if isinstance(t, Array) and t.ndim == 1:
            return values
    refuse(lo, f"a Series of {describe(data)} is not supported here", "make it of an array with one axis", node)


def _index(lo: Lowerer, index: Thing, own: ObjectRef | None, values: Thing, node: Any) -> ObjectRef:
    """The index that is asked for; by default that of the data."""
    if isinstance(index, Const) and index.value is None:
        return numbered(lo, values) if own is None else own
    if not is_index(index):
        refuse(lo, f"{describe(index)} as an index is not supported", "use the index of an argument: `index=x.index`")
    if own is not None and label_of(lo, own) != label_of(lo, index):
        refuse(lo, "a Series with another index than its data is not supported, as pandas would align", node=node)
    assert isinstance(index, ObjectRef)
    return index


@handles(pd.DataFrame)
def _frame(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    """``pd.DataFrame({name: …}, index)``."""
    given = dict(zip(("data", "index"), args, strict=False)) | kwargs
    data, index = given.pop("data", Const(None)), given.pop("index", Const(None))
    if given or not isinstance(data, DictRef) or not lo.heap[data.cell]:
        refuse(lo, "`pd.DataFrame` is supported of a dict only", "pass {name: values}, and an index", node)
    content = lo.heap[data.cell]
    series = [x for x in content.values() if is_series(x)]
    own = same_index(lo, series, node) if series else None
    if own is not None and len(series) < len(content):
        refuse(lo, "a DataFrame of Series and arrays is not supported", "use Series only, or arrays only", node)
    columns = {name: part(lo, x, "values") if is_series(x) else _array(lo, x, node) for name, x in content.items()}
    return make_frame(lo, columns, _index(lo, index, own, next(iter(columns.values())), node))


def _by_method(fn: Any, name: str) -> None:
    @handles(fn)
    def handler(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
        if is_series(args[0]):
            return lo.invoke(attribute(lo, args[0], name, node), args[1:], kwargs, node)
        found = lo.call(np.isnan, lo.operand(args[0]))
        return found if name == "isna" else lo.call(np.logical_not, lo.operand(found))


for _name in ("isna", "isnull", "notna", "notnull"):
    _by_method(getattr(pd, _name), _name.replace("null", "na"))


# -- markers -----------------------------------------------------------------------------------------


@handles(markers.like)
def _like(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    series, values = args
    return make_series(lo, values, part(lo, series, "index"), name_of(lo, series))


@handles(markers.renamed)
def _renamed(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    series, name = args
    if not (isinstance(name, Const) and (name.value is None or isinstance(name.value, (str, int)))):
        refuse(lo, "`rename` of labels is not supported", "give the Series a name: `s.rename('total')`")
    values = own_values(lo, series)
    return make_series(lo, values, part(lo, series, "index"), name.value)


@handles(markers.values_of)
def _values_of(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    series, other = args
    if is_series(other):
        same_index(lo, [series, other])
        return part(lo, other, "values")
    t = lo.type_of(other)
    if isinstance(t, (Array, Scalar)):
        return other
    refuse(lo, f"{describe(other)} is not supported here as an argument of a method of a Series")


@handles(markers.unsupported)
def _unsupported(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    refuse(lo, args[0].value)


def _mask(lo: Lowerer, series: ObjectRef, mask: Thing, what: str) -> Thing:
    """The array of a mask for a Series."""
    values = _values_of(lo, [series, mask], {}, None) if is_series(mask) or isinstance(mask, ArrayRef) else mask
    t = lo.type_of(values)
    if not (isinstance(t, Array) and t.ndim == 1 and t.dtype.kind == "b"):
        refuse(lo, f"{what} by labels is not supported", "use `.iloc[…]`, or a boolean mask")
    return values


@handles(markers.selected)
def _selected(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    series, key = args
    mask = _mask(lo, series, key, "indexing a Series")
    return _part_of(lo, series, load_item(lo, part(lo, series, "values"), mask), object())


def _part_of(lo: Lowerer, series: ObjectRef, values: Thing, step: Any) -> ObjectRef:
    label = label_of(lo, part(lo, series, "index"))
    index = make_index(lo, IndexLabel(label.cls, (*label.steps, step), label.shared), values)
    return make_series(lo, values, index, name_of(lo, series))


@handles(markers.at_position)
def _at_position(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    series, key = args
    values = part(lo, series, "values")
    if isinstance(key, SliceThing):
        bounds = (key.start, key.stop, key.step)
        step = tuple(b.value for b in bounds) if all(isinstance(b, Const) for b in bounds) else object()
        made = _part_of(lo, series, load_item(lo, values, key), step)
        may_share(made.cell, series.cell)
        return made
    t = lo.type_of(key)
    if isinstance(t, Scalar) and t.dtype.kind in "iu":
        return load_item(lo, values, key)
    if isinstance(key, (ListRef, ArrayRef)):
        index_tree(lo, key)
        return _part_of(lo, series, load_item(lo, values, key), object())
    refuse(lo, f"`.iloc` with {describe(key)} is not supported", "use integers and slices")


@handles(markers.store_at)
def _store_at(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    series, key, value = args
    mask = _mask(lo, series, key, "storing into a Series")
    if not is_series(value) and not isinstance(lo.type_of(value), Scalar):
        refuse(lo, "storing an array where a mask is true is not supported", "store a number or a Series")
    new = _values_of(lo, [series, value], {}, None)
    stored = lo.call(np.where, lo.operand(mask), lo.operand(new), lo.operand(part(lo, series, "values")))
    hold(stored)
    replace_values(lo, series, stored)
    return Const(None)


# -- DataFrames --------------------------------------------------------------------------------------


def _column(lo: Lowerer, frame: ObjectRef, name: Any) -> Thing:
    values = columns_of(lo, frame)[name]
    if not isinstance(values, ArrayRef):
        return values
    made = make_series(lo, values, part(lo, frame, "index"), name)
    may_share(made.cell, frame.cell)
    return made


@handles(markers.column)
def _columns(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    frame, key = args
    columns = columns_of(lo, frame)
    names = lo.heap[key.cell] if isinstance(key, ListRef) else None
    if isinstance(names, tuple) and all(isinstance(n, Const) and n.value in columns for n in names):
        return make_frame(lo, {n.value: columns[n.value] for n in names}, part(lo, frame, "index"))
    if isinstance(key, Const) and key.value in columns:
        return _column(lo, frame, key.value)
    raises = KeyError(key.value) if isinstance(key, Const) else None
    what = f"the DataFrame has no column {key.value!r} here" if raises else "this part of a DataFrame is not supported"
    lo.fail(what, "name a column, or a list of them", raises=raises)


def _attribute(lo: Lowerer, frame: ObjectRef, name: str) -> Thing | None:
    """``df.a``."""
    return _column(lo, frame, name) if is_frame(frame) and name in columns_of(lo, frame) else None


ATTRIBUTES[pd.DataFrame] = _attribute


@handles(markers.set_column)
def _set_column(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    frame, key, values = args
    data = part(lo, frame, "data")
    if data.cell.frozen is not None:
        refuse(lo, "this changes a DataFrame that belongs to the caller", "change a copy: `df = df.copy()`")
    if not isinstance(key, Const):
        refuse(lo, "storing into this part of a DataFrame is not supported", "store a column: `df['a'] = …`")
    if is_series(values):
        same_index(lo, [frame, values])
        array = part(lo, values, "values")
    elif isinstance(lo.type_of(values), Scalar):
        some = next(iter(columns_of(lo, frame).values()))
        array = lo.call(np.full, lo.operand(lo.call(np.shape, lo.operand(some))), lo.operand(values))
    else:
        array = _array(lo, values, node)
    hold(array)
    lo.heap[data.cell] = {**lo.heap[data.cell], key.value: array}
    return Const(None)


@handles(markers.copied)
def _copied(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    (frame,) = args
    return make_frame(lo, columns_of(lo, frame), part(lo, frame, "index"))


@handles(markers.names_of)
def _names_of(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    return tuple(map(Const, columns_of(lo, args[0])))


@handles(markers.arrays_of)
def _arrays_of(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    arrays = tuple(columns_of(lo, args[0]).values())
    if not all(isinstance(x, ArrayRef) for x in arrays):
        refuse(lo, "this DataFrame has columns that are not numbers", "choose the others: `df[['a', 'b']]`")
    return arrays


@handles(markers.series_of)
def _series_of(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    frame, values = args
    return make_series(lo, values, part(lo, frame, "index"))
