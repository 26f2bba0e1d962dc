"""Sums of products: an entry of the result depends on the entries of each operand that it is summed from.

Axes have labels as in ``einsum``: those of an operand that the result does not have are summed over. Where one factor
of a matrix product is constant, its zeros do not count.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import coo_array, issparse

from s2sgrad.sparse.dependencies.graph import Dependency, Graph, spread
from s2sgrad.sparse.dependencies.table import (
    UNKNOWN,
    Traced,
    argument,
    fixed_operands,
    follows,
    from_argument,
    no_operands,
)

#: As many edges a product with a constant matrix may cost; beyond, its zeros are not looked at.
MOST_EDGES = 50_000_000

Labels = Sequence[object]


def summed(graph: Graph, nodes: np.ndarray, axes: Sequence[int], keepdims: bool = False) -> Dependency:
    """The dependency of sums over some axes."""
    kept = tuple(1 if k in axes else n for k, n in enumerate(nodes.shape))
    groups = np.broadcast_to(np.arange(int(np.prod(kept))).reshape(kept), nodes.shape)
    shape = kept if keepdims else tuple(n for k, n in enumerate(nodes.shape) if k not in axes)
    return graph.fold(nodes, groups, shape)


def contracted(graph: Graph, operands: Sequence[tuple[Any, Dependency, Labels]], out: Labels) -> Any:
    """A sum of products of ``(value, dependency, labels)``, for a result with the labels ``out``."""
    total: Dependency = None
    for value, dependency, labels in operands:
        if dependency is None:
            continue
        if len(set(labels)) < len(labels):  # a diagonal
            return UNKNOWN
        axes = [k for k, label in enumerate(labels) if label not in out]
        nodes = summed(graph, spread(dependency, value), axes)
        if isinstance(nodes, np.ndarray):
            kept = [label for label in labels if label in out]
            nodes = nodes.transpose([kept.index(label) for label in out if label in kept])
            nodes = nodes[tuple(slice(None) if label in kept else None for label in out)]
        total = graph.join(total, nodes)
    return total


@follows(np.matmul, operator.matmul, decides=fixed_operands)
def matmul(graph: Graph, call: Traced) -> Any:
    """The axes in front of the last two are broadcast, as NumPy does it."""
    if len(call.args) != 2 or call.kwargs:
        return UNKNOWN
    (a, b), (left, right) = call.args, call.dependencies
    found = _by_constant(graph, call)
    if found is not UNKNOWN:
        return found
    front = max(a.ndim, b.ndim, 2) - 2
    a_labels = [*range(front - max(a.ndim - 2, 0), front), "i", "k"][-a.ndim if a.ndim < 2 else None :]
    b_labels = [*range(front - max(b.ndim - 2, 0), front), "k", "j"] if b.ndim > 1 else ["k"]
    out = [*range(front), *("i" for _ in range(a.ndim > 1)), *("j" for _ in range(b.ndim > 1))]
    return contracted(graph, [(a, left, a_labels), (b, right, b_labels)], out)


@follows(np.dot, decides=fixed_operands)
def dot(graph: Graph, call: Traced) -> Any:
    """The last axis of the first operand meets the last but one of the second."""
    if len(call.args) != 2 or call.kwargs:
        return UNKNOWN
    (a, b), (left, right) = call.args, call.dependencies
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return graph.join(left, right)
    found = _by_constant(graph, call)
    if found is not UNKNOWN:
        return found
    first = [("a", n) for n in range(a.ndim - 1)]
    last = [("b", n) for n in range(b.ndim - 1)]
    b_labels = [*last[:-1], "k", *last[-1:]] if b.ndim > 1 else ["k"]
    return contracted(graph, [(a, left, [*first, "k"]), (b, right, b_labels)], [*first, *last])


@follows(np.inner, np.vdot, decides=no_operands)
def inner(graph: Graph, call: Traced) -> Any:
    """The last axes meet; all of them in ``vdot``."""
    (a, b), (left, right) = call.args, call.dependencies
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return UNKNOWN
    if call.fn is np.vdot:
        return graph.union([left, right])
    first, last = [("a", n) for n in range(a.ndim - 1)], [("b", n) for n in range(b.ndim - 1)]
    return contracted(graph, [(a, left, [*first, "k"]), (b, right, [*last, "k"])], [*first, *last])


@follows(np.outer, decides=no_operands)
def outer(graph: Graph, call: Traced) -> Any:
    """Each entry of the one with each of the other."""
    if len(call.args) != 2 or call.kwargs:
        return UNKNOWN
    rows, columns = (spread(d, x).ravel() for d, x in zip(call.dependencies, call.args, strict=True))
    return graph.join(rows[:, None], columns[None, :])


@follows(np.tensordot, decides=from_argument(2))
def tensordot(graph: Graph, call: Traced) -> Any:
    """Pairs of axes meet."""
    options = dict(zip(("a", "b", "axes"), call.args, strict=False)) | call.kwargs
    a, b, axes = options["a"], options["b"], options.get("axes", 2)
    if len(call.args) < 2:
        return UNKNOWN
    if isinstance(axes, (int, np.integer)):
        pairs = [(np.ndim(a) - axes + n, n) for n in range(axes)]
    else:
        pairs = list(zip(np.atleast_1d(axes[0]).tolist(), np.atleast_1d(axes[1]).tolist(), strict=True))
    a_labels: list[object] = [("a", n) for n in range(np.ndim(a))]
    b_labels: list[object] = [("b", n) for n in range(np.ndim(b))]
    for n, (i, j) in enumerate(pairs):
        a_labels[i] = b_labels[j] = n
    out = [label for label in (*a_labels, *b_labels) if isinstance(label, tuple)]
    left, right = call.dependencies[:2]
    return contracted(graph, [(a, left, a_labels), (b, right, b_labels)], out)


@follows(np.einsum, decides=argument(0))
def einsum(graph: Graph, call: Traced) -> Any:
    """With labels as text, and an explicit result."""
    text, *operands = call.args
    if not isinstance(text, str) or "->" not in text or "." in text:
        return UNKNOWN
    inputs, out = text.replace(" ", "").split("->")
    parts = zip(operands, call.dependencies[1:], inputs.split(","), strict=True)
    return contracted(graph, list(parts), out)


@follows(np.convolve, np.correlate, decides=fixed_operands)
def convolve(graph: Graph, call: Traced) -> Any:
    """With a constant kernel: a product with a banded matrix."""
    options = dict(zip(("a", "v", "mode"), call.args, strict=False)) | call.kwargs
    if len(call.args) < 2:
        return UNKNOWN
    (a, v), (left, right) = call.args[:2], call.dependencies[:2]
    if True not in call.fixed[:2]:
        return UNKNOWN
    mode = options.get("mode", "full" if call.fn is np.convolve else "valid")
    x, dependency, kernel = (a, left, v) if call.fixed[1] else (v, right, a)
    if np.ndim(x) != 1 or np.size(x) < np.size(kernel) or np.ndim(kernel) != 1 or mode not in ("full", "same", "valid"):
        return UNKNOWN
    if call.fn is np.correlate:
        kernel = kernel[::-1]
        if not call.fixed[1]:
            return UNKNOWN
    (offsets,) = np.nonzero(kernel)
    cut = {"full": 0, "same": (kernel.size - 1) // 2, "valid": kernel.size - 1}[mode]
    sources = np.tile(np.arange(x.size), offsets.size)
    targets = np.add.outer(offsets - cut, np.arange(x.size)).ravel()
    inside = (targets >= 0) & (targets < np.size(call.out))
    return graph.linked(sources[inside], targets[inside], spread(dependency, x), np.shape(call.out))


def _by_constant(graph: Graph, call: Traced) -> Any:
    """A product of a constant matrix, maybe a sparse one, and an array of one axis or two."""
    (a, b), (left, right) = call.args, call.dependencies
    if call.fixed[0] and np.ndim(b) in (1, 2) and (issparse(a) or np.ndim(a) == 2):
        return _by_matrix(graph, a, spread(right, b))
    if call.fixed[1] and np.ndim(a) in (1, 2) and (issparse(b) or np.ndim(b) == 2):
        found = _by_matrix(graph, b.T, spread(left, a).T)
        return found.T if isinstance(found, np.ndarray) else found
    return UNKNOWN


def _by_matrix(graph: Graph, matrix: Any, nodes: np.ndarray) -> Dependency:
    """``matrix @ x``, where ``nodes`` are those of ``x``."""
    columns = int(np.prod(nodes.shape[1:]))
    shape = (matrix.shape[0], *nodes.shape[1:])
    entries = coo_array(matrix)
    i, j = (index[entries.data != 0] for index in (entries.row, entries.col))
    if i.size == matrix.shape[0] * matrix.shape[1] or i.size * columns > MOST_EDGES:
        return summed(graph, nodes, [0], keepdims=True) if nodes.ndim > 1 else summed(graph, nodes, [0])
    sources = np.add.outer(j * columns, np.arange(columns)).ravel()
    targets = np.add.outer(i * columns, np.arange(columns)).ravel()
    return graph.linked(sources, targets, nodes, shape)
