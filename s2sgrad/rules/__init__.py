"""The derivative rules: one module per family, all listed here (importing a module registers its rules)."""

from s2sgrad.rules import (
    containers,
    contractions,
    elementwise,
    indexing,
    linalg,
    math_,
    operators,
    products,
    reductions,
    shape,
)
from s2sgrad.rules.table import STATIC_FUNCTIONS

FAMILIES = (operators, math_, elementwise, reductions, shape, indexing, contractions, products, linalg, containers)

__all__ = ["FAMILIES", "STATIC_FUNCTIONS"]
