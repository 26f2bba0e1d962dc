import numpy as np
import pytest

from s2sgrad.rules import norms
from s2sgrad.rules.table import rule_of
from tests.rules.checking import check, cotangents, family
from tests.rules.samples import array, positive_definite, signed, turned

VECTORS = [None, 2, 1, 3, 1.5, 0.5, -1, -2.0, np.inf, -np.inf, 0]
MATRICES = ["fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf]


@pytest.mark.parametrize("make", [signed, turned])
@pytest.mark.parametrize("order", VECTORS)
@pytest.mark.parametrize("shape, axis", [((4,), None), ((2, 3), 0), ((2, 3), (-1,))])
def test_norms_of_vectors(make, order, shape, axis):
    lowered = not isinstance(order, float) or np.isinf(order)  # a number here is one that only running knows
    check(np.linalg.norm, make(*shape), order, axis, wrt=(0,), lowered=lowered)
    order = 2 if order is None else order
    check(np.linalg.vector_norm, make(*shape), axis=axis, ord=order, keepdims=True, lowered=lowered)


@pytest.mark.parametrize("make", [signed, turned])
@pytest.mark.parametrize("order", MATRICES)
@pytest.mark.parametrize("shape, axis", [((2, 3), None), ((3, 2), None), ((2, 3, 2), (0, 1)), ((2, 3, 2), (2, -3))])
def test_norms_of_matrices(make, order, shape, axis):
    x = make(*shape) ** 3  # no equal sums
    check(np.linalg.norm, x, order, axis, wrt=(0,))
    check(np.linalg.norm, x, order, axis, True, wrt=(0,))
    check(np.linalg.matrix_norm, x, ord=order)
    check(np.linalg.matrix_norm, x, ord=order, keepdims=True)


@pytest.mark.parametrize("make", [signed, turned])
@pytest.mark.parametrize(
    "shape, order, axis",
    [((2, 3), None, None), ((2, 3, 2), None, None), ((2, 3, 4), None, (0, 2)), ((2, 3, 4), "fro", (1, 2))],
)
@pytest.mark.parametrize("keepdims", [False, True])
def test_of_all_entries(make, shape, order, axis, keepdims):
    check(np.linalg.norm, make(*shape), order, axis, keepdims, wrt=(0,))
    check(np.linalg.vector_norm, make(*shape), axis=axis, keepdims=keepdims)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("order, axis", [(None, None), (None, 1), (3, 1), (1, 1), ("nuc", None), (2, None), (-2, None)])
@pytest.mark.parametrize("dtype", [float, complex])
def test_norms_are_flat_at_zero(order, axis, dtype):
    x = np.zeros((2, 2), dtype)
    y = np.linalg.norm(x, order, axis)
    bars = cotangents(rule_of(np.linalg.norm), np.ones_like(y), y, (x, order, axis), {})
    assert np.all(bars[0] == 0.0)


def test_equal_sums_share():
    bars = cotangents(rule_of(np.linalg.norm), 1.0, 2.0, (np.ones((2, 2)), 1), {})
    assert np.all(bars[0] == 0.5)


@pytest.mark.parametrize("p", [None, 2, -2, 1, -1, np.inf, -np.inf, "fro", "nuc"])
@pytest.mark.parametrize("batch", [(), (2,)])
@pytest.mark.parametrize("complex", [False, True])
def test_cond(p, batch, complex):
    x = positive_definite(3, *batch, complex=complex) + 0.1 * (turned if complex else array)(*batch, 3, 3)
    check(np.linalg.cond, x, p, tolerance=1e-5, wrt=(0,))


def test_cond_of_an_oblong_matrix():
    check(np.linalg.cond, signed(4, 2))


def test_every_rule_is_checked():
    assert family(norms) == {np.linalg.norm, np.linalg.vector_norm, np.linalg.matrix_norm, np.linalg.cond}
