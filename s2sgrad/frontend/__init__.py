"""The frontend: Python functions to typed SSA, by abstract interpretation of their syntax trees."""

from s2sgrad.frontend import builtin_functions, numpy_functions
from s2sgrad.frontend.function import Lowered, Path, lower
from s2sgrad.frontend.rules import inline_rule

__all__ = ["Lowered", "Path", "builtin_functions", "inline_rule", "lower", "numpy_functions"]
