"""Calls of what ``np.vectorize`` or ``numba.vectorize`` made of a function of numbers."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from s2sgrad.errors import UnsupportedCall
from s2sgrad.frontend.iteration import mapped_list
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.things import Mapped, Thing, Zip
from s2sgrad.ir.core import Block, If, Op, walk
from s2sgrad.ir.types import Array, ListOf, Scalar, is_integer


def call_elementwise(
    lo: Lowerer,
    fn: Thing,
    otypes: Any,
    args: list[Thing],
    kwargs: dict[str, Thing],
    node: Any,
    *,
    by_numpy: bool = True,
) -> Thing:
    """The function of numbers ``fn`` on ``args``, or on each element of what they broadcast to.

    ``by_numpy``: it was ``np.vectorize`` that made it a function of arrays, and not Numba.
    """
    types = [lo.type_of(a) for a in args]
    dtypes = [np.dtype(t) for t in otypes or ()]
    if kwargs or dtypes not in ([], [np.dtype(float)]):
        _refuse(lo, "keywords or results of several types", node)
    if all(isinstance(t, Scalar) for t in types):
        result = lo.operand(lo.invoke(fn, args, {}, node))
        if not by_numpy:
            return lo.call(np.positive, result)  # one of NumPy's numbers
        return lo.call(np.asarray, result, dtype=dtypes[0]) if dtypes else lo.call(np.asarray, result)
    if not all(isinstance(t, (Scalar, Array)) for t in types):
        _refuse(lo, "arguments of unknown rank", node)
    arrays, block = _broadcast(lo, args), lo.builder.block
    before = len(block.ops)
    flat = tuple(lo.call(np.ravel, lo.operand(a)) for a in arrays)
    results = lo.operand(mapped_list(lo, Mapped(fn, Zip(flat))))
    if by_numpy and not dtypes and not _is_of_floats(results, block.ops[before:]):
        _refuse(lo, "results that are not all floats", node)
    listed = lo.operand(lo.call(np.asarray, results, dtype=np.dtype(float)))
    return lo.call(np.reshape, listed, lo.operand(lo.call(np.shape, lo.operand(arrays[0]))))


def _broadcast(lo: Lowerer, args: list[Thing]) -> list[Thing]:
    """Arrays of one shape."""
    if len(args) == 1:
        return args
    shape = lo.operand(lo.call(np.broadcast_shapes, *(lo.operand(lo.call(np.shape, lo.operand(a))) for a in args)))
    return [lo.call(np.broadcast_to, lo.operand(a), shape) for a in args]


def _is_of_floats(results: Any, ops: list[Op]) -> bool:
    """Whether each result is a float: ``np.vectorize`` casts all to the type of the first, which may be an int's."""
    item = results.type.item if isinstance(getattr(results, "type", None), ListOf) else None
    branches = [op for op in walk(Block([], ops)) if isinstance(op, If)]
    mixed = any(
        is_integer(x.type) and not is_integer(result.type)
        for op in branches
        for result, *both in zip(op.results, op.then.results, op.orelse.results, strict=True)
        for x in both
    )
    return isinstance(item, Scalar) and item.dtype.kind == "f" and not mixed


def _refuse(lo: Lowerer, what: str, node: Any) -> NoReturn:
    lo.fail(
        f"a vectorized function with {what} is not supported",
        "write a loop, or use NumPy's functions",
        node,
        UnsupportedCall,
    )
