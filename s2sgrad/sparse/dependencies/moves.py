"""Functions that move entries about: called with arrays of nodes, they say themselves where each entry comes from."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from s2sgrad.ir.primitives import joined_by, surviving
from s2sgrad.sparse.dependencies.graph import Graph, narrowed, spread
from s2sgrad.sparse.dependencies.table import UNKNOWN, Traced, all_operands, depends, follows


@follows(
    *(operator.getitem, surviving),
    *(np.transpose, np.reshape, np.ravel, np.swapaxes, np.moveaxis, np.rollaxis, np.permute_dims, np.matrix_transpose),
    *(np.flip, np.fliplr, np.flipud, np.rot90, np.roll, np.expand_dims, np.squeeze),
    *(np.atleast_1d, np.atleast_2d, np.atleast_3d, np.broadcast_to, np.repeat, np.tile, np.resize),
    *(np.diag, np.diagonal, np.diagflat, np.tril, np.triu, np.take, np.take_along_axis, np.delete),
    *(np.split, np.array_split, np.hsplit, np.vsplit, np.dsplit, np.linalg.diagonal),
)
def moved(graph: Graph, call: Traced) -> Any:
    """The first argument's entries, at other places."""
    if not call.only_first or not isinstance(call.args[0], (np.ndarray, np.generic, float)):
        return UNKNOWN
    if call.kwargs.get("order", "C") not in ("C", "F"):  # the order in memory, which the array of nodes does not share
        return UNKNOWN
    fn = operator.getitem if call.fn is surviving else call.fn  # which leaves more out
    found = fn(spread(call.dependencies[0], call.args[0]), *call.args[1:], **call.kwargs)
    return type(found)(map(narrowed, found)) if isinstance(found, (tuple, list)) else narrowed(found)


@follows(np.pad)
def padded(graph: Graph, call: Traced) -> Any:
    """Constants have no dependency; other modes copy entries."""
    modes = ("constant", "edge", "reflect", "symmetric", "wrap", "empty")
    options = dict(zip(("pad_width", "mode"), call.args[1:], strict=False)) | call.kwargs
    mode: Any = options.get("mode", "constant")
    if not call.only_first or mode not in modes or options.get("reflect_type", "even") != "even":
        return UNKNOWN
    mode = "constant" if mode == "empty" else mode
    nodes = spread(call.dependencies[0], call.args[0])
    return narrowed(np.pad(nodes, options["pad_width"], mode=mode))


@follows(
    *(np.concatenate, np.stack, np.vstack, np.hstack, np.dstack, np.column_stack, np.block),
    *(np.array, np.asarray),
)
def joined(graph: Graph, call: Traced) -> Any:
    """Arrays put together, given in nested lists."""
    if not call.only_first:
        return UNKNOWN
    options = {k: v for k, v in call.kwargs.items() if k not in ("dtype", "casting", "copy", "order", "like")}
    rest = call.args[1:]
    if call.fn in (np.array, np.asarray):
        rest = ()
        if isinstance(call.args[0], (np.ndarray, np.generic, float)):
            return narrowed(spread(call.dependencies[0], call.out))
    return narrowed(call.fn(_nodes(call.args[0], call.dependencies[0]), *rest, **options))


@follows(np.append, np.insert, decides=all_operands)
def grown(graph: Graph, call: Traced) -> Any:
    """``append(a, values)``, ``insert(a, places, values)``: what is put in is the last argument given by position."""
    values = 1 if call.fn is np.append else 2
    if len(call.args) != values + 1 or depends((call.dependencies[1:-1], call.keyword_dependencies)):
        return UNKNOWN
    first, *places, last = call.args
    put_in = _nodes(last, call.dependencies[-1])
    return narrowed(call.fn(_nodes(first, call.dependencies[0]), *places, put_in, **call.kwargs))


@follows(joined_by)
def joined_by_(graph: Graph, call: Traced) -> Any:
    """``np.r_[…]``: its ranges and texts are left to the general case."""
    joiner, items = call.args
    if any(isinstance(item, (slice, str)) for item in items):
        return UNKNOWN
    return narrowed(joiner[tuple(_nodes(item, d) for item, d in zip(items, call.dependencies[1], strict=True))])


def _nodes(values: Any, dependencies: Any) -> Any:
    """Nested lists of numbers and arrays as nested lists of arrays of nodes."""
    if isinstance(values, (tuple, list)):
        if not isinstance(dependencies, (tuple, list)):
            dependencies = [dependencies] * len(values)
        return type(values)(_nodes(v, d) for v, d in zip(values, dependencies, strict=True))
    return spread(dependencies, values)
