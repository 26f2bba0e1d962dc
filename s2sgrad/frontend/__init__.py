"""The frontend: Python functions to typed SSA, by abstract interpretation of their syntax trees."""

from s2sgrad.frontend import (
    builtin_copies,
    builtin_functions,
    builtin_numbers,
    builtin_types,
    classes,
    getters,
    inspection,
    iterators,
    managers,
    matching,
    numpy_definitions,
    numpy_functions,
    numpy_products,
    numpy_types,
    queues,
    tries,
)
from s2sgrad.frontend.function import Lowered, Path, lower
from s2sgrad.frontend.rules import inline_rule

__all__ = [
    "Lowered",
    "Path",
    "builtin_copies",
    "builtin_functions",
    "builtin_numbers",
    "builtin_types",
    "classes",
    "getters",
    "inline_rule",
    "inspection",
    "iterators",
    "lower",
    "managers",
    "matching",
    "numpy_definitions",
    "numpy_functions",
    "numpy_products",
    "numpy_types",
    "queues",
    "tries",
]
