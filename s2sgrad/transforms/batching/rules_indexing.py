"""Reading and writing entries: the index of one value, behind a full slice of the batch axis.

y = getitem x, (i, j)          y = getitem x, (:, i, j)
b = setitem a, i, v            b = setitem (a for each direction), (:, i), v
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from s2sgrad.ir.core import Call, Const, Tree, Value
from s2sgrad.ir.infer import infer
from s2sgrad.ir.primitives import additem, setitem, surviving
from s2sgrad.ir.types import Array, ListOf, Scalar, TupleOf, Type
from s2sgrad.transforms.batching.core import Batch
from s2sgrad.transforms.batching.rules_reductions import shifted
from s2sgrad.transforms.batching.tables import CannotBatch, batched_by, rank_of

_ALL = slice(Const(None), Const(None), Const(None))


def _behind(index: Tree) -> Tree | None:
    """The index of one value as an index of the batch; None where NumPy would put its axes elsewhere."""
    items: tuple[Tree, ...]
    if isinstance(index, Const) and isinstance(index.value, tuple):
        items = tuple(Const(x) for x in index.value)
    elif isinstance(index, tuple):
        items = index
    elif isinstance(index, Value) and isinstance(index.type, TupleOf):
        return None
    else:
        items = (index,)
    if len(items) == 1 and isinstance(items[0], Const) and items[0].value is Ellipsis:
        return items[0]
    return (_ALL, *items) if _stand_together(items) else None


def _stand_together(items: tuple[Tree, ...]) -> bool:
    """Whether no advanced index is apart from another: then their axes stay where they stand."""
    places = [k for k, x in enumerate(items) if _is_integer(x) or _is_advanced(x)]
    if not any(_is_advanced(x) for x in items):
        return True
    return not places or places[-1] - places[0] == len(places) - 1


def _is_integer(x: Tree) -> bool:
    if isinstance(x, Const):
        return isinstance(x.type, Scalar) and x.type.dtype.kind in "iu"
    return isinstance(x, Value) and isinstance(x.type, Scalar)


def _is_advanced(x: Tree) -> bool:
    if isinstance(x, Const):
        return type(x.value) in (np.ndarray, list, bool)
    return isinstance(x, list) or (isinstance(x, Value) and not isinstance(x.type, Scalar))


@batched_by(operator.getitem)
def getitem(batch: Batch, op: Call) -> Any:
    x, index = op.args
    if isinstance(x.type, ListOf):
        return batch.builder.call(operator.getitem, batch.of(x), index)
    if isinstance(x.type, Scalar):
        raise CannotBatch("a subscript of a number")
    if not isinstance(x.type, Array):
        return None
    behind = _behind(index)
    if behind is None or batch.has(index):
        return None
    return batch.builder.call(operator.getitem, batch.of(x), behind)


@batched_by(setitem, additem)
def update(batch: Batch, op: Call) -> Any:
    x, index, value = op.args
    if isinstance(x.type, ListOf):
        return batch.builder.call(op.fn, batch.full(x), index, batch.full(value))
    if not isinstance(x.type, Array) or not isinstance(value, (Value, Const)):
        return None
    behind = _behind(index)
    place = infer(operator.getitem, (x, index), {})
    if behind is None or not isinstance(place, Type):
        return None
    if isinstance(value, Const) and batch.has(x):
        return batch.builder.call(op.fn, batch.of(x), behind, value)
    rank = rank_of(Value(place))
    return batch.builder.call(op.fn, batch.full(x), behind, batch.aligned(value, rank))


@batched_by(surviving)
def surviving_(batch: Batch, op: Call) -> Any:
    """Each direction has entries of its own, of which the last one survives."""
    a_bar, index = op.args
    behind = _behind(index)
    if behind is None or batch.has(index):
        return None
    return batch.builder.typed_call(surviving, batch.type(op.result.type), batch.of(a_bar), behind)


@batched_by(np.take)
def take(batch: Batch, op: Call) -> Any:
    if len(op.args) != 2 or batch.has(op.args[1]):
        return None
    x, indices = op.args
    options = dict(op.kwargs)
    axis = options.pop("axis", Const(None))
    if options or not isinstance(axis, Const):
        return None
    if axis.value is None and rank_of(x) != 1:
        return None
    return batch.builder.call(np.take, batch.of(x), indices, axis=shifted(axis.value or 0, rank_of(x)))
