"""Groups of columns, or of rows, of a sparse matrix that can be computed together.

After A. H. Gebremedhin, F. Manne, A. Pothen, "What color is your Jacobian? Graph coloring for computing derivatives",
SIAM Review 47 (2005): the columns of one colour in a Jacobian must have no row in common (a partial distance-2
colouring of its bipartite graph, section 3). Of a Hessian one half tells the other, and a *star colouring* of its
adjacency graph is enough: neighbours have different colours, and a path of four vertices has at least three (section
4). Both are greedy, with the vertices in their own order and by descending degree, and take time proportional to the
number of entries: sets of colours are the bits of integers.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import csr_array, issparse

from s2sgrad.errors import StructureMismatch


def color(pattern: Any, *, symmetric: bool = False) -> np.ndarray:
    """The colour of each column of a matrix: columns of one colour can be found from one compressed column.

        >>> import numpy as np
        >>> color(np.tri(5, k=1) - np.tri(5, k=-2))
        array([0, 1, 2, 0, 1])

    :param pattern: a matrix of SciPy, or a two-dimensional array; what counts is where it has entries other than zero
        (an entry that a sparse matrix stores is one, whatever its value).
    :param symmetric: the matrix is symmetric, so that only one of its entries (i, j) and (j, i) has to be found: a star
        colouring, for which fewer colours are enough.
    :returns: integers 0, 1, …, one for each column.
    """
    matrix = as_pattern(pattern)
    if not symmetric:
        return columns_colored(matrix)
    if matrix.shape[0] != matrix.shape[1]:
        raise StructureMismatch(f"a matrix of shape {matrix.shape} is not symmetric", "leave out symmetric=True")
    return star_colored(symmetrized(matrix))


def as_pattern(given: Any) -> csr_array:
    """A pattern as a boolean matrix, from whatever says where it has entries."""
    if issparse(given):
        matrix = csr_array(given)
        data = np.ones(matrix.indices.size, bool)
        matrix = csr_array((data, matrix.indices.copy(), matrix.indptr.copy()), shape=matrix.shape)
        matrix.sum_duplicates()
        return matrix
    array = np.asarray(given)
    if array.ndim != 2 or array.dtype.kind not in "biuf":
        raise StructureMismatch(
            f"a pattern is a matrix of booleans or numbers, not {type(given).__name__} with {array.ndim} axes",
            "pass a matrix of scipy.sparse, or a boolean array of two axes",
        )
    return csr_array(array != 0)


def symmetrized(matrix: csr_array) -> csr_array:
    """With an entry (j, i) for each entry (i, j)."""
    return csr_array(matrix + matrix.T)


def columns_colored(matrix: csr_array) -> np.ndarray:
    """Columns of one colour have no row in common."""
    by_column = matrix.tocsc()
    rows = _parts(by_column.indices, by_column.indptr)
    fewest = int(np.diff(matrix.indptr).max(initial=0))  # the columns in one row all differ
    return _better(lambda order: _columns_in_order(rows, matrix.shape[0], order), [len(r) for r in rows], fewest)


def _columns_in_order(rows: list[list[int]], count: int, order: list[int]) -> list[int]:
    taken = [0] * count  # by row: the colours of its columns
    colors = [0] * len(rows)
    for j in order:
        forbidden = 0
        for i in rows[j]:
            forbidden |= taken[i]
        bit = ~forbidden & (forbidden + 1)
        for i in rows[j]:
            taken[i] |= bit
        colors[j] = bit.bit_length() - 1
    return colors


def star_colored(matrix: csr_array) -> np.ndarray:
    """Vertices with an entry in common differ, and no path of four has only two colours."""
    neighbours = _parts(matrix.indices, matrix.indptr)
    neighbours = [[w for w in row if w != v] for v, row in enumerate(neighbours)]
    return _better(lambda order: _star_in_order(neighbours, order), [len(r) for r in neighbours], 1)


def _star_in_order(neighbours: list[list[int]], order: list[int]) -> list[int]:
    """The greedy algorithm of Gebremedhin, Manne and Pothen.

    ``seen[v]``: the colours of the neighbours of ``v``; ``first[v]``: by colour, the first neighbour that got it.
    ``stars[w]``: the colours of those neighbours of ``w`` that have another neighbour in the colour of ``w``: a vertex
    next to ``w`` may not have one of them, for that would make a path of two colours.
    """
    n = len(neighbours)
    bits = [0] * n  # 0: not coloured yet
    seen = [0] * n
    stars = [0] * n
    first: list[dict[int, int]] = [{} for _ in range(n)]
    for v in order:
        forbidden = 0
        for w in neighbours[v]:
            forbidden |= (bits[w] | stars[w]) if bits[w] else seen[w]
        bit = bits[v] = ~forbidden & (forbidden + 1)
        for w in neighbours[v]:
            if not seen[w] & bit:
                seen[w] |= bit
                first[w][bit] = v
            else:  # `w` has a colour: as long as it had none, its neighbours got different ones
                stars[v] |= bits[w]
                stars[first[w][bit]] |= bits[w]
    return [bit.bit_length() - 1 for bit in bits]


def _better(colored: Any, degrees: list[int], fewest: int) -> np.ndarray:
    """The colouring with fewer colours: in the given order, or by descending degree."""
    colors = np.array(colored(list(range(len(degrees)))), np.int64)
    if len(degrees) and colors.max() + 1 > fewest:
        by_degree = np.argsort(-np.array(degrees), kind="stable").tolist()
        others = np.array(colored(by_degree), np.int64)
        colors = min(colors, others, key=lambda c: c.max())
    return colors


def _parts(indices: np.ndarray, starts: np.ndarray) -> list[list[int]]:
    flat, ends = indices.tolist(), starts.tolist()
    return [flat[a:b] for a, b in pairwise(ends)]
