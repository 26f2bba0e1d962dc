"""Batching: code that is linear in some values, for many of them at once along a new first axis."""

from s2sgrad.transforms.batching import (
    rules_arrangement,
    rules_elementwise,
    rules_indexing,
    rules_products,
    rules_reductions,
)
from s2sgrad.transforms.batching.core import Batch
from s2sgrad.transforms.batching.tables import CannotBatch

__all__ = [
    "Batch",
    "CannotBatch",
    "rules_arrangement",
    "rules_elementwise",
    "rules_indexing",
    "rules_products",
    "rules_reductions",
]
