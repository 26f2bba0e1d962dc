"""Functions that arrange entries anew, and lists: the batch axis stays in front."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from s2sgrad.ir.core import Call, Const, Operand, Tree, Value, map_tree
from s2sgrad.ir.primitives import getindex, make_list, new_list, pop, push, unbroadcast, zeros_like
from s2sgrad.ir.types import NOTHING, Array, ListOf, Scalar, TupleOf
from s2sgrad.transforms.batching.core import Batch
from s2sgrad.transforms.batching.rules_reductions import shifted, static_axis
from s2sgrad.transforms.batching.tables import CannotBatch, batched_by, batched_query, rank_of

_ALL = slice(None)

# -- what does not depend on the directions ---------------------------------------------------------------


@batched_query(np.shape, np.size, len)
def lengths(batch: Batch, op: Call) -> None:
    """The lengths of one value: those of the batch without the first."""
    (x,) = op.args
    rank = rank_of(x)
    b = batch.builder
    if rank == 0 and op.fn is np.size:
        b.add(Call(np.size, (Const(0.0),), {}, op.results))
        return
    shape = b.call(np.shape, batch.of(x))
    if op.fn is len or (op.fn is np.size and rank == 1):
        b.add(Call(getindex, (shape, Const(1)), {}, op.results))
        return
    rest = (shape, slice(Const(1), Const(None), Const(None)))
    if op.fn is np.shape:
        b.add(Call(operator.getitem, rest, {}, op.results))
        return
    t = shape.type
    assert isinstance(t, TupleOf)
    b.add(Call(math.prod, (b.typed_call(operator.getitem, TupleOf(t.items[1:]), *rest),), {}, op.results))


@batched_query(np.ndim)
def ndim(batch: Batch, op: Call) -> None:
    all_axes = batch.builder.call(np.ndim, batch.of(op.args[0]))
    batch.builder.add(Call(operator.sub, (all_axes, Const(1)), {}, op.results))


# -- shapes ----------------------------------------------------------------------------------------------


def items_of(batch: Batch, shape: Tree) -> list[Operand] | None:
    """The lengths that a ``shape`` argument names, as operands."""
    if isinstance(shape, tuple):
        return list(shape)
    if isinstance(shape, Const):
        value = shape.value
        return [Const(n) for n in value] if isinstance(value, tuple) else [shape]
    if isinstance(shape, Value) and isinstance(shape.type, TupleOf):
        return [batch.builder.call(getindex, shape, k) for k in range(len(shape.type.items))]
    return [shape] if isinstance(shape, Value) and isinstance(shape.type, Scalar) else None


@batched_by(np.reshape, np.broadcast_to)
def shaped(batch: Batch, op: Call) -> Any:
    if len(op.args) != 2 or op.kwargs:
        return None
    x, shape = op.args
    wanted = items_of(batch, shape)
    if wanted is None:
        return None
    now = batch.aligned(x, len(wanted)) if op.fn is np.broadcast_to else batch.of(x)
    made = batch.builder.call(op.fn, now, (batch.size, *wanted))
    return _typed(batch, made, op.result)


def _typed(batch: Batch, made: Value, one: Value) -> Value:
    """What is known of the lengths of one value holds for each of the batch."""
    t = batch.type(one.type)
    if isinstance(made.type, Array) and isinstance(t, Array) and made.type.ndim == t.ndim:
        made.type = Array(made.type.dtype, t.shape)
    return made


@batched_by(np.ravel)
def ravel(batch: Batch, op: Call) -> Any:
    if len(op.args) != 1 or op.kwargs:
        return None
    size = batch.builder.call(math.prod, tuple(batch.lengths(op.args[0]))) if rank_of(op.args[0]) != 1 else None
    if size is None:
        return batch.of(op.args[0])
    return _typed(batch, batch.builder.call(np.reshape, batch.of(op.args[0]), (batch.size, size)), op.result)


@batched_by(np.transpose)
def transpose(batch: Batch, op: Call) -> Any:
    rank = rank_of(op.args[0])
    given = op.args[1] if len(op.args) > 1 else op.kwargs.get("axes", Const(None))
    try:
        axes = static_axis(given)
    except LookupError:
        return None
    order = tuple(reversed(range(rank))) if axes is None else axes
    if rank < 2:
        return batch.of(op.args[0])
    moved = (0, *(shifted(k, rank) for k in order))
    if moved == (0, 2, 1):
        return batch.builder.call(np.swapaxes, batch.of(op.args[0]), 1, 2)
    return batch.builder.call(np.transpose, batch.of(op.args[0]), moved)


@batched_by(np.swapaxes, np.moveaxis)
def two_axes(batch: Batch, op: Call) -> Any:
    x, *axes = op.args
    if len(axes) != 2 or op.kwargs or not all(isinstance(k, Const) and isinstance(k.value, int) for k in axes):
        return None
    return batch.builder.call(op.fn, batch.of(x), *(shifted(k.value, rank_of(x)) for k in axes))


@batched_by(np.squeeze)
def squeeze(batch: Batch, op: Call) -> Any:
    x = op.args[0]
    return _typed(
        batch, batch.builder.call(np.reshape, batch.of(x), (batch.size, *_result_lengths(batch, op))), op.result
    )


def _result_lengths(batch: Batch, op: Call) -> list[Operand]:
    t = op.result.type
    if not isinstance(t, Array):
        return []
    if not all(isinstance(n, int) for n in t.shape):
        raise CannotBatch("lengths that are not known")
    return [Const(n) for n in t.shape]


@batched_by(np.diagonal, np.trace)
def diagonal(batch: Batch, op: Call) -> Any:
    x, *given = op.args
    options = dict(zip(("offset", "axis1", "axis2"), given, strict=False)) | op.kwargs
    axes = [options.get("axis1", Const(0)), options.get("axis2", Const(1))]
    if not options.keys() <= {"offset", "axis1", "axis2"} or not all(isinstance(k, Const) for k in axes):
        return None
    first, second = (shifted(k.value, rank_of(x)) for k in axes if isinstance(k, Const))
    return batch.builder.call(op.fn, batch.of(x), options.get("offset", Const(0)), first, second)


@batched_by(np.linalg.trace, np.linalg.diagonal)
def of_last_axes(batch: Batch, op: Call) -> Any:
    return batch.builder.call(op.fn, batch.of(op.args[0]), *op.args[1:], **op.kwargs)


@batched_by(np.pad)
def pad(batch: Batch, op: Call) -> Any:
    """Nothing is added along the batch axis."""
    x, widths, *mode = op.args
    values = op.kwargs.values()
    if batch.has((widths, *mode, *values)) or not all(isinstance(v, Const) and np.ndim(v.value) == 0 for v in values):
        return None
    rank = rank_of(x)
    if isinstance(widths, Const):
        widths = tuple((Const(n), Const(m)) for n, m in np.broadcast_to(widths.value, (rank, 2)).tolist())
    elif isinstance(widths, Value):
        return None
    elif all(isinstance(n, (Value, Const)) for n in widths):
        widths = (widths if len(widths) == 2 else (*widths, *widths),) * rank
    elif len(widths) != rank:
        widths = (widths[0],) * rank
    return batch.builder.call(np.pad, batch.of(x), ((0, 0), *widths), *mode, **op.kwargs)


@batched_by(unbroadcast)
def unbroadcast_(batch: Batch, op: Call) -> Any:
    """As for one value, with what was broadcast as long as the batch."""
    x_bar, x = op.args
    missing = rank_of(x_bar) - rank_of(x)
    if batch.has(x) or missing < 0:
        return None
    b = batch.builder
    shape = (batch.size, *(Const(1),) * missing, *batch.lengths(x))
    like = b.call(np.broadcast_to, x, shape)
    found = b.typed_call(unbroadcast, like.type, batch.of(x_bar), like)
    return (
        found if not missing else _typed(batch, b.call(np.reshape, found, (batch.size, *batch.lengths(x))), op.result)
    )


# -- pieces put together -------------------------------------------------------------------------------------


@batched_by(np.concatenate, np.stack)
def joined(batch: Batch, op: Call) -> Any:
    if not 1 <= len(op.args) <= 2 or not isinstance(op.args[0], (tuple, list)):
        return None
    options = dict(op.kwargs)
    given = op.args[1] if len(op.args) == 2 else options.pop("axis", Const(0))
    if options or not isinstance(given, Const) or not isinstance(given.value, int):
        return None
    pieces = type(op.args[0])(batch.full(x) for x in op.args[0])
    rank = rank_of(op.result)
    return batch.builder.call(op.fn, pieces, axis=shifted(given.value, rank))


@batched_by(np.array)
def array(batch: Batch, op: Call) -> Any:
    """``np.array([[x, y], [z, w]])`` of numbers and arrays: stacked behind the batch axis."""
    (items,) = op.args
    if isinstance(items, Value) and not op.kwargs:
        return batch.builder.call(np.copy, batch.of(items)) if isinstance(items.type, Array) else None
    if not isinstance(items, (tuple, list)) or op.kwargs:
        return None
    flat, outer = list(items), [len(items)]
    while all(isinstance(x, (tuple, list)) and len(x) == len(flat[0]) for x in flat):
        outer.append(len(flat[0]))
        flat = [y for x in flat for y in x]
    if not flat or not all(isinstance(x, (Value, Const)) for x in flat):
        return None
    made = batch.builder.call(np.stack, [batch.full(x) for x in flat], axis=1)
    if len(outer) == 1:
        return made
    inner = max(flat, key=rank_of)
    return _typed(batch, batch.builder.call(np.reshape, made, (batch.size, *outer, *batch.lengths(inner))), op.result)


@batched_by(np.full)
def full(batch: Batch, op: Call) -> Any:
    if len(op.args) != 2 or op.kwargs:
        return None
    wanted = items_of(batch, op.args[0])
    if wanted is None or batch.has(op.args[0]):
        return None
    shape = (batch.size, *wanted)
    spread = batch.builder.call(np.broadcast_to, batch.aligned(op.args[1], len(wanted)), shape)
    return _typed(batch, batch.builder.call(np.copy, spread), op.result)


@batched_by(np.matrix_transpose)
def matrix_transpose(batch: Batch, op: Call) -> Any:
    return batch.builder.call(np.swapaxes, batch.of(op.args[0]), -1, -2)


@batched_by(np.tril, np.triu)
def triangle(batch: Batch, op: Call) -> Any:
    if rank_of(op.args[0]) < 2:
        return None
    return batch.builder.call(op.fn, batch.of(op.args[0]), *op.args[1:], **op.kwargs)


# -- lists ---------------------------------------------------------------------------------------------------


@batched_by(push)
def push_(batch: Batch, op: Call) -> Any:
    stack, item = op.args
    return batch.builder.call(push, batch.full(stack), map_tree(batch.full, item))


@batched_by(pop)
def pop_(batch: Batch, op: Call) -> Any:
    return batch.builder.call(pop, batch.of(op.args[0]))


@batched_by(getindex)
def getindex_(batch: Batch, op: Call) -> Any:
    items, k = op.args
    if not isinstance(items.type, (ListOf, TupleOf)):
        return None
    return batch.builder.call(getindex, batch.of(items), k)


@batched_by(make_list)
def make_list_(batch: Batch, op: Call) -> Any:
    return batch.builder.call(make_list, *(map_tree(batch.full, x) for x in op.args))


@batched_by(zeros_like)
def zeros(batch: Batch, op: Call) -> Any:
    (x,) = op.args
    if isinstance(x.type, ListOf) and x.type.item == NOTHING:
        return batch.builder.typed_call(new_list, x.type)
    return batch.builder.call(zeros_like, batch.of(x))
