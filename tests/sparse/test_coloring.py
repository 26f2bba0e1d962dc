"""Groups of columns that can be found together."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad.errors import StructureMismatch

sparse = pytest.importorskip("scipy.sparse")

from s2sgrad.sparse import color  # noqa: E402
from s2sgrad.sparse.coloring import as_pattern, symmetrized  # noqa: E402
from s2sgrad.sparse.compression import compress_hessian, compress_jacobian  # noqa: E402


def band(n, width):
    return np.abs(np.subtract.outer(np.arange(n), np.arange(n))) <= width


def arrow(n):
    pattern = np.eye(n, dtype=bool)
    pattern[0] = pattern[:, 0] = True
    return pattern


def grid(n):
    """The five-point stencil on an n × n grid."""
    line = sparse.diags_array([np.ones(n - 1), np.ones(n), np.ones(n - 1)], offsets=[-1, 0, 1])
    eye = sparse.eye_array(n)
    return ((sparse.kron(line, eye) + sparse.kron(eye, line)) != 0).toarray()


def random_patterns(symmetric):
    rng = np.random.default_rng(0)
    for n in (1, 2, 5, 12, 30):
        for density in (0.0, 0.05, 0.2, 0.6, 1.0):
            pattern = rng.random((n, n if symmetric else n + 3)) < density
            yield pattern | pattern.T if symmetric else pattern


def is_distance_2_coloring(pattern, colors):
    return all(len(set(colors[row])) == row.sum() for row in pattern)


def is_star_coloring(pattern, colors):
    graph = pattern & ~np.eye(len(pattern), dtype=bool)
    neighbours = [np.flatnonzero(row) for row in graph]
    proper = all(colors[v] != colors[w] for v in range(len(graph)) for w in neighbours[v])
    paths = (
        (a, b, c, d)
        for b in range(len(graph))
        for c in neighbours[b]
        for a in neighbours[b]
        for d in neighbours[c]
        if len({a, b, c, d}) == 4
    )
    return proper and not any(colors[a] == colors[c] and colors[b] == colors[d] for a, b, c, d in paths)


@pytest.mark.parametrize("pattern", [*random_patterns(False), band(20, 3), arrow(9)])
def test_columns(pattern):
    assert is_distance_2_coloring(pattern, color(pattern))


@pytest.mark.parametrize("pattern", [*random_patterns(True), band(20, 3), arrow(9), grid(4)])
def test_stars(pattern):
    assert is_star_coloring(pattern, color(pattern, symmetric=True))


@pytest.mark.parametrize(
    "pattern, columns, star",
    [(band(40, 1), 3, 3), (band(40, 4), 9, 9), (arrow(40), 40, 2), (np.eye(9), 1, 1), (np.zeros((4, 4)), 1, 1)],
)
def test_how_many(pattern, columns, star):
    assert color(pattern).max() + 1 == columns
    assert color(pattern, symmetric=True).max() + 1 == star


def test_a_grid_needs_few():
    assert color(grid(20)).max() + 1 <= 8
    assert color(grid(20), symmetric=True).max() + 1 <= 7


def test_nothing_has_no_colours():
    assert color(np.zeros((0, 0))).shape == (0,)


@pytest.mark.parametrize("pattern", [*random_patterns(False), arrow(9)])
@pytest.mark.parametrize("mode", ["forward", "reverse", None])
def test_a_matrix_is_found_from_its_compressed_form(pattern, mode):
    matrix = np.random.default_rng(1).normal(size=pattern.shape) * pattern
    how = compress_jacobian(as_pattern(pattern), mode)
    sums = [seeds @ (matrix if how.reverse else matrix.T) for seeds in how.directions()]
    if sums:
        np.testing.assert_array_equal(how.matrix(np.concatenate(sums)).toarray(), matrix)


@pytest.mark.parametrize("pattern", [*random_patterns(True), arrow(9), grid(5), band(20, 2)])
def test_a_symmetric_matrix_is_found_from_its_compressed_form(pattern):
    matrix = np.random.default_rng(1).normal(size=pattern.shape) * pattern
    matrix = matrix + matrix.T
    how = compress_hessian(as_pattern(np.tril(pattern)))
    sums = [seeds @ matrix for seeds in how.directions()]
    if sums:
        found = how.matrix(np.concatenate(sums))
        np.testing.assert_array_equal(found.toarray(), matrix)
        assert not how.probed or not how.disagreement(found, np.concatenate(sums)).size


def test_symmetry_is_checked():
    how = compress_hessian(as_pattern(arrow(9)))
    matrix = np.random.default_rng(1).normal(size=(9, 9)) * arrow(9)
    sums = np.concatenate([seeds @ matrix.T for seeds in how.directions()])
    assert how.disagreement(how.matrix(sums), sums).size


def test_forms_of_patterns():
    expected = color(band(9, 1))
    for form in (sparse.csr_matrix, sparse.csc_array, sparse.coo_array, np.array, lambda p: p * 2.5):
        np.testing.assert_array_equal(color(form(band(9, 1))), expected)
    stored = sparse.csr_array((np.zeros(2), ([0, 0], [0, 1])), shape=(1, 2))
    assert color(stored).tolist() == [0, 1]  # an entry that is stored counts, though it is zero now
    assert symmetrized(as_pattern(np.tril(band(9, 1)))).nnz == band(9, 1).sum()


def test_what_is_no_pattern():
    with pytest.raises(StructureMismatch, match="two axes"):
        color([1.0, 2.0])
    with pytest.raises(StructureMismatch, match="not symmetric"):
        color(np.ones((2, 3)), symmetric=True)
