"""From a pattern to the directions to differentiate along, and from what comes out to the matrix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_array

from s2sgrad.sparse.coloring import columns_colored, star_colored, symmetrized

#: As many numbers an array of directions may have; more colours than fit are taken in several passes.
MOST_NUMBERS = 2**24


@dataclass(eq=False, slots=True)
class Compression:
    """How a sparse matrix is found from a few sums of its columns, or of its rows.

    ``pattern``: where it has entries. ``colors``: of the columns (of the rows with ``reverse``).
    ``entries``: for each entry of the pattern, its place in the array of sums, ``color * length + position``.
    ``symmetric``: some entries are taken from the other side of the diagonal.
    ``probed``: there is one more direction, by which the result is checked.
    """

    pattern: csr_array
    colors: np.ndarray
    entries: np.ndarray
    reverse: bool = False
    symmetric: bool = False
    probed: bool = False
    _directions: list[np.ndarray] = field(default_factory=list)

    @property
    def count(self) -> int:
        """The number of colours."""
        return int(self.colors.max(initial=-1)) + 1

    def directions(self) -> Iterator[np.ndarray]:
        """The directions to differentiate along, one in a row, as many at a time as fit in memory."""
        if self._directions:
            yield from self._directions
            return
        total = self.count + self.probed
        step = max(MOST_NUMBERS // max(*self.pattern.shape, 1), 1)
        for start in range(0, total, step):
            made = self._some(start, min(start + step, total))
            if total <= step:
                self._directions.append(made)
            yield made

    def _some(self, start: int, stop: int) -> np.ndarray:
        """For each colour ones in its columns (rows); and the probe in the end."""
        (chosen,) = np.nonzero((self.colors >= start) & (self.colors < stop))
        seeds = np.zeros((stop - start, self.colors.size))
        seeds[self.colors[chosen] - start, chosen] = 1.0
        if stop > self.count:
            seeds[-1] = self.probe()
        return seeds

    def probe(self) -> np.ndarray:
        """A direction in which no entry is overlooked by chance."""
        return np.random.default_rng(self.colors.size).uniform(0.5, 1.5, self.colors.size)

    def matrix(self, sums: np.ndarray) -> csr_array:
        """The matrix, from the derivatives along the directions: one row for each."""
        indices, starts = self.pattern.indices.copy(), self.pattern.indptr.copy()
        return csr_array((sums.ravel()[self.entries], indices, starts), self.pattern.shape)

    def disagreement(self, matrix: csr_array, sums: np.ndarray) -> np.ndarray:
        """The rows (columns) in which the matrix gives another derivative along the probe than was computed."""
        along, probe = sums[-1], self.probe()
        matrix = matrix.T if self.reverse else matrix
        expected, scale = matrix @ probe, abs(matrix) @ probe + np.abs(along)
        known = np.isfinite(along) & np.isfinite(expected)
        tolerance = 0.1 * np.sqrt(np.finfo(sums.dtype).eps) * scale
        return np.flatnonzero(known & ~(np.abs(expected - along) <= tolerance))


def compress_jacobian(pattern: csr_array, mode: str | None = None) -> Compression:
    """By columns in forward mode, or by rows in reverse mode: whichever needs fewer passes, unless ``mode`` says it."""
    rows, columns = _coordinates(pattern)
    forward = columns_colored(pattern) if mode != "reverse" else None
    if mode != "forward" and (forward is None or forward.max(initial=0) > 0):
        backward = columns_colored(csr_array(pattern.T))
        if forward is None or backward.max(initial=-1) < forward.max(initial=-1):
            return Compression(pattern, backward, backward[rows] * pattern.shape[1] + columns, reverse=True)
    assert forward is not None
    return Compression(pattern, forward, forward[columns] * pattern.shape[0] + rows)


def compress_hessian(pattern: csr_array, use_symmetry: bool = True) -> Compression:
    """By a star colouring: each entry, or the one on the other side of the diagonal, stands alone in a sum."""
    pattern = symmetrized(pattern)
    n = pattern.shape[0]
    plain = compress_jacobian(pattern, "forward")
    colors = star_colored(pattern)
    if not use_symmetry or plain.count <= colors.max(initial=-1) + 2:  # one more, to check that it is symmetric
        return plain
    rows, columns = _coordinates(pattern)
    here, there = colors[columns] * n + rows, colors[rows] * n + columns
    alone = np.bincount(here, minlength=(int(colors.max()) + 1) * n) == 1
    entries = np.where(alone[here], here, there)
    return Compression(pattern, colors, entries, symmetric=True, probed=True)


def _coordinates(pattern: csr_array) -> tuple[np.ndarray, np.ndarray]:
    return np.repeat(np.arange(pattern.shape[0]), np.diff(pattern.indptr)), pattern.indices
