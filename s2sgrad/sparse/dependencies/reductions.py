"""Functions along axes: reductions, and those that mix all entries along an axis; linear algebra, matrix by matrix."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from s2sgrad.ir.core import Call, Operand, Value, leaves
from s2sgrad.ir.primitives import unbroadcast
from s2sgrad.sparse.dependencies.graph import Graph, spread
from s2sgrad.sparse.dependencies.products import summed
from s2sgrad.sparse.dependencies.table import UNKNOWN, Traced, elementwise, follows, no_operands


def _options(call: Traced, *names: str) -> dict[str, Any]:
    return dict(zip(names, call.args[1:], strict=False)) | call.kwargs


@follows(
    *(np.sum, np.prod, np.mean, np.max, np.min, np.amax, np.amin, np.ptp, np.std, np.var, np.median),
    *(np.nansum, np.nanprod, np.nanmean, np.nanmax, np.nanmin, np.nanstd, np.nanvar, np.nanmedian),
    *(np.average, np.linalg.norm),
)
def reduced(graph: Graph, call: Traced) -> Any:
    """Over the axes that ``axis`` says."""
    if not call.only_first or not isinstance(call.args[0], np.ndarray):
        return UNKNOWN
    names = ("ord", "axis") if call.fn is np.linalg.norm else ("axis",)
    if len(call.args) > 1 + len(names):
        return UNKNOWN
    options = _options(call, *names)
    nodes = spread(call.dependencies[0], call.args[0])
    axis = options.get("axis")
    axes = range(nodes.ndim) if axis is None else np.atleast_1d(np.asarray(axis)) % nodes.ndim
    keepdims = options.get("keepdims", False) is True
    return summed(graph, nodes, [int(k) for k in axes], keepdims)


@follows(
    *(np.cumsum, np.cumprod, np.nancumsum, np.nancumprod, np.sort, np.partition),
    *(np.fft.fft, np.fft.ifft, np.fft.rfft, np.fft.irfft, np.fft.hfft, np.fft.ihfft),
)
def along_axis(graph: Graph, call: Traced) -> Any:
    """Each entry with all others along the axis: more than cumulative sums need, which fill half of it anyway."""
    if not call.only_first or not isinstance(call.args[0], np.ndarray):
        return UNKNOWN
    names = {np.sort: ("axis",), np.partition: ("kth", "axis")}.get(call.fn, ("axis",))
    names = ("n", "axis") if call.fn.__module__.startswith("numpy.fft") else names
    axis = _options(call, *names).get("axis", None if "cum" in call.fn.__name__ else -1)
    nodes = spread(call.dependencies[0], call.args[0])
    if axis is None:
        return graph.union([nodes])
    return summed(graph, nodes, [int(axis) % nodes.ndim], keepdims=True)


@follows(np.diff)
def differences(graph: Graph, call: Traced) -> Any:
    """Each entry with the next."""
    options = _options(call, "n", "axis")
    if not call.only_first or options.keys() - {"n", "axis"}:
        return UNKNOWN
    nodes = np.moveaxis(spread(call.dependencies[0], call.args[0]), options.get("axis", -1), -1)
    for _ in range(options.get("n", 1)):
        joined = graph.join(nodes[..., 1:], nodes[..., :-1])
        nodes = np.asarray(joined)
    return np.moveaxis(nodes, -1, options.get("axis", -1))


@follows(unbroadcast, decides=no_operands)
def undone(graph: Graph, call: Traced) -> Any:
    """``unbroadcast(x_bar, x)``: sums to the shape of ``x``."""
    x_bar, x = call.args
    if call.dependencies[0] is None:
        return None
    shape = np.shape(x)
    groups = np.broadcast_to(np.arange(int(np.prod(shape))).reshape(shape), np.shape(x_bar))
    return graph.fold(spread(call.dependencies[0], x_bar), groups, shape)


@follows(
    *(np.linalg.inv, np.linalg.pinv, np.linalg.det, np.linalg.slogdet, np.linalg.cholesky),
    *(np.linalg.solve, np.linalg.eigh, np.linalg.eigvalsh, np.linalg.svd, np.linalg.svdvals, np.linalg.qr),
    *(np.linalg.matrix_power,),
    decides=no_operands,
)
def by_matrices(graph: Graph, call: Traced) -> Any:
    """Each matrix by itself: entries of different ones do not meet."""
    operands = list(zip(call.args, call.dependencies, strict=True))
    if any(d is not None for d in call.keyword_dependencies.values()):
        return UNKNOWN
    parts = []
    front = np.ndim(call.args[0]) - 2
    for value, dependency in operands:
        if dependency is None:
            continue
        if np.ndim(value) - 2 != front:
            return UNKNOWN
        parts.append(summed(graph, spread(dependency, value), [front, front + 1]))
    nodes = graph.join_all(parts)

    def as_wide_as(out: Any) -> Any:
        extra = np.ndim(out) - front
        return nodes if not isinstance(nodes, np.ndarray) else nodes[(..., *(None,) * extra)]

    return tuple(map(as_wide_as, call.out)) if isinstance(call.out, tuple) else as_wide_as(call.out)


def _condition_alone(op: Call, varied: Collection[Value] | None) -> list[Operand]:
    """The length of what ``np.where(condition)`` returns depends on the condition."""
    return leaves((op.args, op.kwargs)) if len(op.args) == 1 else []


@follows(np.where, decides=_condition_alone)
@follows(np.nan_to_num, np.real, np.imag, np.clip, np.select, np.choose, decides=no_operands)
def chosen(graph: Graph, call: Traced) -> Any:
    """Whatever is chosen: the pattern is that of all choices, and so the same for all values."""
    if call.fn is np.where and len(call.args) != 3:
        return UNKNOWN
    if call.fn in (np.select, np.choose):
        choices = call.dependencies[1]
        rest = (*call.dependencies[2:], *call.keyword_dependencies.values())
        if isinstance(choices, (tuple, list)) and not any(isinstance(d, (tuple, list)) for d in (*choices, *rest)):
            return graph.join_all([*choices, *rest])
        return UNKNOWN
    return elementwise(graph, call)
