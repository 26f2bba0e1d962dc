"""Calls of what ``np.vectorize`` or ``numba.vectorize`` made of a function of numbers."""

from __future__ import annotations

from types import FunctionType
from typing import Any, NoReturn

import numpy as np

from s2sgrad.errors import UnsupportedCall
from s2sgrad.frontend.iteration import mapped_list
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.things import Mapped, Thing, Zip
from s2sgrad.ir.core import Block, Const, If, Op, walk
from s2sgrad.ir.types import Array, ListOf, Scalar, is_integer


def call_elementwise(
    lo: Lowerer, made: Any, fn: FunctionType, args: list[Thing], kwargs: dict[str, Thing], node: Any
) -> Thing:
    """``made(*args)``: ``fn`` of numbers, or of each element of one array."""
    types = [lo.type_of(a) for a in args]
    dtypes = [np.dtype(t) for t in getattr(made, "otypes", None) or ()]
    if kwargs or dtypes not in ([], [np.dtype(float)]):
        _refuse(lo, "keywords or results of several types", node)
    if all(isinstance(t, Scalar) for t in types):
        result = lo.operand(lo.invoke(Const(fn), args, {}, node))
        if not isinstance(made, np.vectorize):
            return lo.call(np.positive, result)  # one of NumPy's numbers
        return lo.call(np.asarray, result, dtype=dtypes[0]) if dtypes else lo.call(np.asarray, result)
    if len(args) != 1 or not isinstance(types[0], Array):
        _refuse(lo, "several arrays", node)
    array, block = lo.operand(args[0]), lo.builder.block
    before = len(block.ops)
    results = lo.operand(mapped_list(lo, Mapped(Const(fn), Zip((lo.call(np.ravel, array),)))))
    if isinstance(made, np.vectorize) and not dtypes and not _is_of_floats(results, block.ops[before:]):
        _refuse(lo, "results that are not all floats", node)
    listed = lo.operand(lo.call(np.asarray, results, dtype=np.dtype(float)))
    return lo.call(np.reshape, listed, lo.operand(lo.call(np.shape, array)))


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
    return isinstance(item, Scalar) and item.dtype == np.dtype(float) and not mixed


def _refuse(lo: Lowerer, what: str, node: Any) -> NoReturn:
    lo.fail(
        f"a vectorized function with {what} is not supported",
        "write a loop, or use NumPy's functions",
        node,
        UnsupportedCall,
    )
