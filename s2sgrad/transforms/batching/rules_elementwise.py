"""Elementwise functions: operands of fewer axes get theirs behind the batch axis.

z = mul x, y     x: [b], y: [b, n]     z = mul x[:, None], y
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sgrad.ir.core import Call, Const, Value
from s2sgrad.ir.infer import UFUNC_OF_OPERATOR
from s2sgrad.ir.types import Array, Scalar
from s2sgrad.transforms.batching.core import Batch
from s2sgrad.transforms.batching.tables import batched_by, rank_of


@batched_by(
    *(fn for fn in UFUNC_OF_OPERATOR if fn is not divmod),
    np.add,
    np.where,
    np.real,
    np.imag,
    np.angle,
    np.nan_to_num,
    np.clip,
)
def elementwise(batch: Batch, op: Call) -> Any:
    if any(not isinstance(x, (Value, Const)) for x in (*op.args, *op.kwargs.values())):
        return None
    ranks = [rank_of(v) for v in op.results]
    args = [batch.aligned(x, ranks[0]) for x in op.args]
    kwargs: dict[str, Any] = {k: batch.aligned(x, ranks[0]) for k, x in op.kwargs.items()}
    return batch.builder.call(op.fn, *args, **kwargs)


@batched_by(np.zeros_like, np.ones_like, np.empty_like, np.copy, np.asarray, np.ascontiguousarray)
def alike(batch: Batch, op: Call) -> Any:
    """The same call: the batch is an array like any other."""
    x, *options = op.args
    if not isinstance(x, Value) or not all(isinstance(option, Const) for option in options):
        return None
    return batch.builder.call(op.fn, batch.of(x), *options, **op.kwargs)


@batched_by(np.astype)
def astype(batch: Batch, op: Call) -> Any:
    return batch.builder.call(np.astype, batch.of(op.args[0]), *op.args[1:], **op.kwargs)


@batched_by(float, complex, np.float16, np.float32, np.float64, np.complex64, np.complex128)
def number(batch: Batch, op: Call) -> Any:
    """A number of another type becomes an array of another dtype."""
    (x,) = op.args
    now = batch.of(x)
    dtype = op.result.type.dtype if isinstance(op.result.type, (Array, Scalar)) else np.dtype(np.float64)
    if isinstance(now.type, Array) and now.type.dtype == dtype:
        return now
    return batch.builder.typed_call(np.astype, batch.type(op.result.type), now, Const(dtype))
