"""Reductions, scans and other functions of an axis: the axes count from behind the batch axis.

y = sum x                      x: [b, n, m]     y = sum x, axis=(1, 2)
y = cumsum x, axis=0                            y = cumsum x, axis=1
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sgrad.ir.core import Call, Const, Tree, Value
from s2sgrad.transforms.batching.core import Batch
from s2sgrad.transforms.batching.tables import batched_by, rank_of


def shifted(axis: int, rank: int) -> int:
    """An axis of a value, as an axis of the batch of such values."""
    return axis + 1 if axis >= 0 else axis + rank + 1


def static_axis(tree: Tree) -> Any:
    """The value of an ``axis`` argument, or None if it is not known."""
    if isinstance(tree, Const):
        return tree.value
    if isinstance(tree, (tuple, list)) and all(isinstance(k, Const) for k in tree):
        return tuple(k.value for k in tree)
    raise LookupError


def _split(op: Call) -> tuple[Tree, Any, dict[str, Tree]] | None:
    """The array, the axis and the other options of a call ``fn(x, axis, **options)``."""
    if len(op.args) > 2 or not isinstance(op.args[0], Value):
        return None
    options = dict(op.kwargs)
    axis = op.args[1] if len(op.args) == 2 else options.pop("axis", Const(None))
    try:
        return op.args[0], static_axis(axis), options
    except LookupError:
        return None


@batched_by(np.sum, np.mean, np.prod)
def reduction(batch: Batch, op: Call) -> Any:
    found = _split(op)
    if found is None or batch.has(found[2]):
        return None
    x, axis, options = found
    rank = rank_of(x)
    if rank == 0:
        return batch.of(x)
    axes = tuple(range(rank)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    moved = tuple(shifted(k, rank) for k in axes)
    return batch.builder.call(op.fn, batch.of(x), axis=moved[0] if len(moved) == 1 else moved, **options)


def _along_axis(default: int | None) -> Any:
    """A function of one axis (``default`` where none is given; None: of the flattened array)."""

    def rule(batch: Batch, op: Call) -> Any:
        found = _split(op)
        if found is None or batch.has(found[2]):
            return None
        x, axis, options = found
        given = axis is not None or len(op.args) == 2 or "axis" in op.kwargs
        axis = axis if given else default
        rank = rank_of(x)
        if not isinstance(axis, int):
            if axis is not None or rank != 1:
                return None
            axis = 0
        return batch.builder.call(op.fn, batch.of(x), axis=shifted(axis, rank), **options)

    return rule


batched_by(np.cumsum)(_along_axis(None))
batched_by(np.fft.fft, np.fft.ifft, np.fft.rfft, np.fft.irfft)(_along_axis(-1))


@batched_by(np.expand_dims)
def expand_dims(batch: Batch, op: Call) -> Any:
    """Axes count in the result: negative ones from its end, as before."""
    found = _split(op)
    if found is None or found[1] is None:
        return None
    x, axis, _ = found
    moved = tuple(k + 1 if k >= 0 else k for k in (axis if isinstance(axis, tuple) else (axis,)))
    return batch.builder.call(np.expand_dims, batch.of(x), axis=moved[0] if len(moved) == 1 else moved)


@batched_by(np.flip)
def flip(batch: Batch, op: Call) -> Any:
    found = _split(op)
    if found is None:
        return None
    x, axis, options = found
    rank = rank_of(x)
    axes = tuple(range(rank)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    moved = tuple(shifted(k, rank) for k in axes)
    return batch.builder.call(np.flip, batch.of(x), axis=moved[0] if len(moved) == 1 else moved, **options)
