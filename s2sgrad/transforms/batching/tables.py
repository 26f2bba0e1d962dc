"""The tables of batching: how functions are called with a batch, and how a batch is asked for what its values share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from s2sgrad.ir.core import Call, Operand
from s2sgrad.ir.types import Array, Scalar

if TYPE_CHECKING:
    from s2sgrad.transforms.batching.core import Batch

Rule = Callable[["Batch", Call], Any]
Query = Callable[["Batch", Call], None]
RULES: dict[Any, Rule] = {}
QUERIES: dict[Any, Query] = {}


class CannotBatch(Exception):
    """This code cannot be run for many directions at once."""


def batched_by(*functions: Any) -> Callable[[Rule], Rule]:
    """Register how calls of these functions are made with a batch. A rule returns the result (a tuple of several)."""

    def register(rule: Rule) -> Rule:
        for function in functions:
            RULES[function] = rule
        return rule

    return register


def batched_query(*functions: Any) -> Callable[[Query], Query]:
    """Register how to ask a batch for what is the same for each of its values. It defines the call's own result."""

    def register(query: Query) -> Query:
        for function in functions:
            QUERIES[function] = query
        return query

    return register


def as_option(dtype: np.dtype) -> tuple[np.dtype, ...]:
    """A dtype as the last argument of a function that makes floats by default."""
    return () if dtype == np.float64 else (dtype,)


def rank_of(x: Operand) -> int:
    """The number of axes of a number or array. Raises :class:`CannotBatch` where the type does not tell."""
    if isinstance(x.type, Array):
        return x.type.ndim
    if isinstance(x.type, Scalar):
        return 0
    raise CannotBatch(f"the number of axes of {x!r} is not known")
