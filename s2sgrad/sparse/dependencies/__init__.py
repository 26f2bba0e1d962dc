"""What each result of a function depends on: found by running its IR on sets of inputs beside the values."""

# The rules are registered by being imported.
from s2sgrad.sparse.dependencies import moves, products, reductions, values
from s2sgrad.sparse.dependencies.graph import Graph

__all__ = ["Graph", "moves", "products", "reductions", "values"]
