"""Functions that make, copy and convert values, and those that ask for what depends on no entry."""

from __future__ import annotations

import copy
import operator
from typing import Any

import numpy as np

from s2sgrad.ir.primitives import get, getindex, keys_of, make_list, new_dict, new_list, stop_gradient, zeros_like
from s2sgrad.sparse.dependencies.graph import Graph
from s2sgrad.sparse.dependencies.table import UNKNOWN, Traced, all_operands, argument, follows, no_operands


@follows(
    *(np.shape, np.ndim, np.size, len, np.zeros_like, np.ones_like, np.empty_like, zeros_like, new_list, new_dict),
    *(keys_of, isinstance, np.isscalar, np.iscomplexobj, np.isrealobj),
    decides=no_operands,
)
def nothing(graph: Graph, call: Traced) -> Any:
    """The result depends on shapes at most."""
    return None


@follows(
    *(np.copy, np.astype, np.ascontiguousarray, np.asanyarray),
    *(float, complex, np.float16, np.float32, np.float64, np.longdouble, np.complex64, np.complex128),
    decides=no_operands,
)
def same(graph: Graph, call: Traced) -> Any:
    """The same numbers."""
    if not call.only_first:
        return UNKNOWN
    dependency = call.dependencies[0]
    if isinstance(dependency, np.ndarray) and not isinstance(call.out, np.ndarray):
        return int(dependency.item()) or None
    return dependency


@follows(copy.copy, list, tuple, dict, decides=no_operands)
def copied(graph: Graph, call: Traced) -> Any:
    """A copy of a list or a dict, or of an array."""
    dependency = call.dependencies[0] if call.dependencies else None
    if isinstance(call.args[0], np.ndarray) and call.fn is not copy.copy:
        return UNKNOWN
    return copy.copy(dependency)


@follows(np.full, np.full_like, decides=argument(0))
def filled(graph: Graph, call: Traced) -> Any:
    """One value everywhere, or one along the last axes."""
    return call.dependencies[1] if len(call.args) > 1 else UNKNOWN


@follows(np.zeros, np.ones, np.empty, np.eye, np.identity, np.arange, range, decides=all_operands)
def constant(graph: Graph, call: Traced) -> Any:
    """Made of constants; how many, their values say."""
    return UNKNOWN


@follows(getindex, decides=argument(1))
def item(graph: Graph, call: Traced) -> Any:
    """An item of a list or a tuple."""
    items = call.dependencies[0]
    return items[call.args[1]] if isinstance(items, (tuple, list, dict)) else items


@follows(get, decides=argument(1))
def found(graph: Graph, call: Traced) -> Any:
    """An entry of a dict, or a default."""
    items, key, _ = call.args
    if key not in items:
        return call.dependencies[2]
    return call.dependencies[0][key] if isinstance(call.dependencies[0], dict) else None


@follows(make_list, decides=no_operands)
def listed(graph: Graph, call: Traced) -> Any:
    """A list of its arguments."""
    return list(call.dependencies)


@follows(operator.is_, operator.is_not, stop_gradient, decides=no_operands)
def without(graph: Graph, call: Traced) -> Any:
    """What has no derivative, whatever it is made of."""
    return None
