"""Sparse Jacobians and Hessians: patterns, colourings, and compressed passes. Needs SciPy."""

from s2sgrad.errors import MissingExtra

try:
    import scipy.sparse  # noqa: F401
except ImportError:
    raise MissingExtra("sparse derivatives need SciPy, which is not installed", "pip install s2sgrad[scipy]") from None

from s2sgrad.sparse.coloring import color
from s2sgrad.sparse.derivatives import SparseDerivative, sparse_hessian, sparse_jacobian
from s2sgrad.sparse.pattern import Sparsity, sparsity

__all__ = ["SparseDerivative", "Sparsity", "color", "sparse_hessian", "sparse_jacobian", "sparsity"]
