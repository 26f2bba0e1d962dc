import numpy as np
import pytest

from s2sgrad.rules import linalg
from s2sgrad.rules.table import rule_of
from tests.rules.checking import check, cotangents, family
from tests.rules.samples import array, positive_definite, signed

BATCHES = [(), (2,)]


@pytest.mark.parametrize(
    "shape, order, axis",
    [
        ((3,), None, None),
        ((3,), 2, None),
        ((3,), 1, None),
        ((3,), 3, None),
        ((3,), np.inf, None),
        ((3,), -np.inf, None),
        ((2, 3), None, None),
        ((2, 3), "fro", None),
        ((2, 3), 1, None),
        ((2, 3), np.inf, None),
        ((2, 3), 2, None),
        ((3, 3), "nuc", None),
        ((2, 3), None, 0),
        ((2, 3), 2, -1),
        ((2, 3), 1, 1),
        ((2, 3), 3, (1,)),
        ((2, 3), np.inf, 0),
        ((2, 3, 4), None, (0, 2)),
        ((2, 3, 4), "fro", (1, 2)),
    ],
)
@pytest.mark.parametrize("keepdims", [False, True])
def test_norm(shape, order, axis, keepdims):
    check(np.linalg.norm, signed(*shape), order, axis, keepdims, wrt=(0,))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("axis", [None, 1])
def test_norm_is_flat_at_zero(axis):
    x = np.zeros((2, 2))
    bars = cotangents(rule_of(np.linalg.norm), 1.0, np.linalg.norm(x, axis=axis), (x,), {})
    assert np.all(bars[0] == 0.0)


@pytest.mark.parametrize("a, b", [((), (3,)), ((), (3, 2)), ((2,), (2, 3, 1)), ((2,), (3, 1)), ((), (2, 3, 1))])
def test_solve(a, b):
    check(np.linalg.solve, positive_definite(3, *a), array(*b))


@pytest.mark.parametrize(
    "fn", [np.linalg.inv, np.linalg.det, np.linalg.slogdet, np.linalg.pinv], ids=lambda fn: fn.__name__
)
@pytest.mark.parametrize("batch", BATCHES)
def test_of_square_matrices(fn, batch):
    check(fn, positive_definite(3, *batch) + 0.1 * array(*batch, 3, 3))


@pytest.mark.parametrize("shape", [(2, 3), (4, 2), (2, 3, 2)])
def test_pinv_of_oblong_matrices(shape):
    check(np.linalg.pinv, signed(*shape))


@pytest.mark.parametrize("n", [0, 1, 2, 3, -1, -2])
def test_matrix_power(n):
    check(np.linalg.matrix_power, positive_definite(3) / 3.0, n)


@pytest.mark.parametrize("fn", [np.linalg.cholesky, np.linalg.eigh, np.linalg.eigvalsh], ids=lambda fn: fn.__name__)
@pytest.mark.parametrize("batch", BATCHES)
def test_of_symmetric_matrices(fn, batch):
    check(fn, positive_definite(3, *batch), tolerance=1e-5)


def test_eigenvalues_alone():
    a = positive_definite(3)
    y = np.linalg.eigh(a)
    alone = rule_of(np.linalg.eigh).vjp((np.ones(3), None), y, a)
    assert np.allclose(alone, np.eye(3))


def test_other_norms_are_refused():
    with pytest.raises(NotImplementedError, match="no derivative rule"):
        rule_of(np.linalg.norm).vjp(1.0, 1.0, np.eye(2), -2)


def test_every_rule_is_checked():
    names = "norm solve inv det slogdet pinv matrix_power cholesky eigh eigvalsh"
    assert family(linalg) == {getattr(np.linalg, name) for name in names.split()}
