"""The derivative rules: one module per family, all listed here (importing a module registers its rules)."""

from s2sgrad.rules import (
    containers,
    contractions,
    elementwise,
    factorisations,
    indexing,
    least_squares,
    linalg,
    math_,
    norms,
    operators,
    products,
    reductions,
    shape,
    singular_values,
)
from s2sgrad.rules.table import STATIC_FUNCTIONS

FAMILIES = (
    operators,
    math_,
    elementwise,
    reductions,
    shape,
    indexing,
    products,
    contractions,
    linalg,
    factorisations,
    singular_values,
    least_squares,
    norms,
    containers,
)

__all__ = ["FAMILIES", "STATIC_FUNCTIONS"]
