"""``scipy.sparse``: matrices made of entries ``(data, (i, j))`` that are differentiated, and equations.

A sparse matrix that is a constant needs no rules to be multiplied with. One that is made of differentiated entries is
followed by its entries: products, transposes, equations.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse
import scipy.sparse.linalg

from s2sgrad.ir.primitives import additem
from s2sgrad.ir.shapes.products import promoted
from s2sgrad.ir.shapes.table import Types, array_of, cannot_tell, type_rule
from s2sgrad.ir.types import OBJECT, Array, Dim
from s2sgrad.rules.scipy.refusals import refuse_if
from s2sgrad.rules.table import calls_back, jvp, nondiff, vjp

_MAKERS = (
    *(scipy.sparse.csr_matrix, scipy.sparse.csc_matrix, scipy.sparse.coo_matrix),
    *(scipy.sparse.csr_array, scipy.sparse.csc_array, scipy.sparse.coo_array),
)
nondiff(*_MAKERS)
type_rule(*_MAKERS)(lambda *_, **__: OBJECT)


class Entries:
    """A sparse matrix: SciPy's own, and its entries with their places, of which those of one place are added."""

    def __init__(self, found, data, i, j):
        self.found = found
        self.data = data
        self.i = i
        self.j = j

    def __matmul__(self, x):
        return product(self.found, self.data, self.i, self.j, np.asarray(x))

    def dot(self, x):
        return product(self.found, self.data, self.i, self.j, np.asarray(x))

    def toarray(self):
        return dense(self.found, self.data, self.i, self.j)

    @property
    def T(self):
        return Entries(self.found.T, self.data, self.j, self.i)


def made_of_entries(maker):
    """Follow matrices that are made by ``maker`` by their entries."""

    @calls_back(maker)
    def definition(arg1, shape=None, **options):
        refuse_if(not isinstance(arg1, tuple) or len(options), f"{maker.__name__} other than of (data, (i, j))")
        data, places = arg1
        refuse_if(not isinstance(places, tuple), f"{maker.__name__} other than of (data, (i, j))")
        return Entries(maker((data, places), shape), data, places[0], places[1])


for _maker in _MAKERS:
    made_of_entries(_maker)


def along_rows(data, x):
    return data if np.ndim(x) == 1 else np.expand_dims(data, 1)


# -- products ----------------------------------------------------------------------------------------


def product(found, data, i, j, x):
    """A sparse matrix times an array."""
    return found @ x


@type_rule(product)
def product_type(found, data, i, j, x) -> Types:
    t = array_of(x)
    dtype = promoted(array_of(data), t)
    return Array(dtype, (Dim(object()), *t.shape[1:])) if dtype.kind == "f" else cannot_tell()


@vjp(product)
def product_vjp(y_bar, y, found, data, i, j, x):
    gathered = y_bar[i] * x[j]
    data_bar = gathered if np.ndim(x) == 1 else np.sum(gathered, 1)
    return None, data_bar, None, None, additem(np.zeros_like(x), j, along_rows(data, x) * y_bar[i])


@jvp(product)
def product_jvp(dots, y, found, data, i, j, x):
    total = np.zeros_like(y)
    if dots[1] is not None:
        total = additem(total, i, along_rows(dots[1], x) * x[j])
    return total if dots[4] is None else additem(total, i, along_rows(data, x) * dots[4][j])


def dense(found, data, i, j):
    """A sparse matrix as an array."""
    return found.toarray()


@type_rule(dense)
def dense_type(found, data, i, j) -> Types:
    dtype = array_of(data).dtype
    return Array(dtype, (Dim(object()), Dim(object()))) if dtype.kind == "f" else cannot_tell()


@vjp(dense)
def dense_vjp(y_bar, y, found, data, i, j):
    return None, y_bar[i, j], None, None


@jvp(dense)
def dense_jvp(dots, y, found, data, i, j):
    return additem(np.zeros_like(y), (i, j), dots[1])


# -- equations ---------------------------------------------------------------------------------------


@calls_back(scipy.sparse.linalg.spsolve)
def spsolve(A, b, **options):
    refuse_if(len(options), "scipy.sparse.linalg.spsolve with options")
    if isinstance(A, Entries):
        return solution(A.found, A.data, A.i, A.j, b)
    return scipy.sparse.linalg.spsolve(A, b)


def solution(found, data, i, j, b):
    """The solution of an equation with a sparse matrix."""
    return scipy.sparse.linalg.spsolve(found, b)


@type_rule(solution)
def solution_type(found, data, i, j, b) -> Types:
    t = array_of(b)
    dtype = promoted(array_of(data), t)
    return Array(dtype, t.shape) if t.ndim == 1 and dtype.kind == "f" else cannot_tell()


@vjp(scipy.sparse.linalg.spsolve)
def spsolve_vjp(x_bar, x, A, b):
    return "write the matrix as csr_matrix((data, (i, j)), shape)", scipy.sparse.linalg.spsolve(A.T, x_bar)


@jvp(scipy.sparse.linalg.spsolve)
def spsolve_jvp(dots, x, A, b):
    return scipy.sparse.linalg.spsolve(A, dots[1])


@vjp(solution)
def solution_vjp(x_bar, x, found, data, i, j, b):
    refuse_if(np.ndim(b) != 1, "scipy.sparse.linalg.spsolve of several columns")
    b_bar = solution(found.T, data, j, i, x_bar)
    return None, -b_bar[i] * x[j], None, None, b_bar


@jvp(solution)
def solution_jvp(dots, x, found, data, i, j, b):
    refuse_if(np.ndim(b) != 1, "scipy.sparse.linalg.spsolve of several columns")
    change = np.zeros_like(x) if dots[4] is None else dots[4]
    if dots[1] is not None:
        change = additem(np.zeros_like(x), i, -dots[1] * x[j]) + change
    return solution(found, data, i, j, change)
