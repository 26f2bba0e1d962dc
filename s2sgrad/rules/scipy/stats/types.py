"""The types of what distributions return: SciPy computes in double precision."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from s2sgrad.ir.core import Const, Tree
from s2sgrad.ir.shapes.elementwise import broadcast
from s2sgrad.ir.shapes.table import TypeRule, Types, array_of, of_shape, type_rule
from s2sgrad.rules.table import RULES

_FLOAT = np.dtype(np.float64)


def elementwise(*args: Tree) -> Types:
    return of_shape(_FLOAT, broadcast(*(array_of(x).shape for x in args)))


def normal(x: Tree, mean: Any = None, cov: Any = None) -> Types:
    """One number for each point: a vector of numbers is one point."""
    if mean is None or isinstance(mean, Const) or array_of(mean).shape == (1,):
        raise TypeError("the dimension depends on the argument")
    return of_shape(_FLOAT, array_of(x).shape[:-1])


def dirichlet(x: Tree, alpha: Tree) -> Types:
    return of_shape(_FLOAT, array_of(x).shape[1:])


def multinomial(x: Tree, n: Tree, p: Tree) -> Types:
    return of_shape(_FLOAT, broadcast(array_of(x).shape[:-1], array_of(n).shape, array_of(p).shape[:-1]))


_MULTIVARIATE: dict[int, TypeRule] = {
    id(stats.multivariate_normal): normal,
    id(stats.dirichlet): dirichlet,
    id(stats.multinomial): multinomial,
}
for _method in list(RULES):  # those of the families that were imported before
    _owner = getattr(_method, "__self__", None)
    if type(_owner).__module__.startswith("scipy.stats."):
        type_rule(_method)(_MULTIVARIATE.get(id(_owner), elementwise))
