import numpy as np
import pytest

from s2sgrad.ir.primitives import unbroadcast
from s2sgrad.rules import shape
from s2sgrad.rules.table import rule_of
from tests.rules.checking import check, family
from tests.rules.samples import array

CASES = [
    (np.reshape, array(2, 3), (3, 2)),
    (np.reshape, array(2, 3), -1),
    (np.ravel, array(2, 3)),
    (np.ravel, array(2, 3), "F"),
    (np.atleast_1d, array(3)),
    (np.atleast_2d, array(3)),
    (np.atleast_3d, array(3)),
    (np.expand_dims, array(3), 0),
    (np.expand_dims, array(3), (0, -1)),
    (np.squeeze, array(1, 3, 1)),
    (np.squeeze, array(1, 3, 1), 0),
    (np.squeeze, array(1, 3, 1), (0, -1)),
    (np.broadcast_to, array(1, 3), (2, 4, 3)),
    (np.broadcast_to, 0.5, (2, 3)),
    (np.transpose, array(2, 3)),
    (np.transpose, array(2, 3, 4), (2, 0, 1)),
    (np.transpose, array(2, 3, 4), (-1, 0, -2)),
    (np.matrix_transpose, array(2, 3, 4)),
    (np.linalg.matrix_transpose, array(2, 3, 4)),
    (np.swapaxes, array(2, 3, 4), 0, -1),
    (np.moveaxis, array(2, 3, 4), 0, -1),
    (np.moveaxis, array(2, 3, 4), (0, 1), (-1, 0)),
    (np.rollaxis, array(2, 3, 4), 2),
    (np.rollaxis, array(2, 3, 4), 0, 2),
    (np.flip, array(2, 3)),
    (np.flip, array(2, 3), 1),
    (np.fliplr, array(2, 3)),
    (np.flipud, array(2, 3)),
    (np.rot90, array(2, 3)),
    (np.rot90, array(2, 3), 3),
    (np.roll, array(5), 2),
    (np.roll, array(2, 3), 1, 1),
    (np.roll, array(2, 3), (1, 2), (0, 1)),
    (np.concatenate, [array(2), array(3)]),
    (np.concatenate, [array(2, 1), array(2, 3), array(2, 0)], 1),
    (np.concatenate, [array(2, 2), array(3)], None),
    (np.stack, [array(3), array(3)]),
    (np.stack, [array(2, 3), array(2, 3)], -1),
    (np.hstack, [array(2), array(3)]),
    (np.hstack, [array(2, 2), array(2, 3)]),
    (np.hstack, [0.5, array(3)]),
    (np.vstack, [array(3), array(3)]),
    (np.vstack, [array(3), array(2, 3)]),
    (np.column_stack, [array(3), array(3, 2)]),
    (np.dstack, [array(2, 3), array(2, 3)]),
    (np.dstack, [array(3), array(3)]),
    (np.append, array(2), array(3)),
    (np.append, array(2, 3), array(2)),
    (np.append, array(2, 3), array(1, 3), 0),
    (np.split, array(6), 3),
    (np.split, array(2, 6), [1, 4], 1),
    (np.array_split, array(5), 2),
    (np.hsplit, array(2, 4), 2),
    (np.hsplit, array(4), 2),
    (np.vsplit, array(4, 2), 2),
    (np.dsplit, array(2, 2, 4), 2),
    (np.repeat, array(3), 2),
    (np.repeat, array(2, 3), 2),
    (np.repeat, array(2, 3), 2, 0),
    (np.repeat, array(2, 3), [1, 0, 2], -1),
    (np.tile, array(3), 2),
    (np.tile, array(3), (2, 2)),
    (np.tile, array(2, 3), 2),
    (np.tile, array(2, 1, 3), (1, 2, 1)),
    (np.pad, array(3), 1),
    (np.pad, array(2, 3), (1, 2)),
    (np.pad, array(2, 3), ((0, 1), (2, 0))),
    (np.pad, array(2, 3), ((1, 2),)),
    (np.tril, array(3, 3)),
    (np.tril, array(2, 3, 4), 1),
    (np.triu, array(3, 3), -1),
    (np.diag, array(3)),
    (np.diag, array(3), -1),
    (np.diag, array(3, 3)),
    (np.diag, array(2, 4), 1),
    (np.diag, array(4, 2), -1),
    (np.diagonal, array(2, 3)),
    (np.diagonal, array(3, 3), -1),
    (np.diagonal, array(2, 3, 4), 1, -2, -1),
    (np.trace, array(3, 3)),
    (np.trace, array(2, 3), 1),
    (np.trace, array(2, 3, 3), 0, 1, 2),
    (np.copy, array(3)),
    (np.astype, array(3), np.float64),
    (np.array, array(3)),
    (np.array, [0.1, 0.2]),
    (np.array, [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]),
    (np.array, [array(2), array(2)]),
    (np.asarray, array(3)),
    (np.asanyarray, array(3)),
    (np.ascontiguousarray, array(3)),
    (np.asfortranarray, array(3)),
    (unbroadcast, array(2, 3), array(1, 3)),
    (np.full, (2, 3), 0.5),
    (np.full, (2, 3), array(3)),
]


def id_of(case):
    described = (str(x.shape) if isinstance(x, np.ndarray) else str(x)[:20] for x in case[1:])
    return f"{case[0].__name__}-{'-'.join(described)}"


@pytest.mark.parametrize("case", CASES, ids=id_of)
def test_rearrangement(case):
    fn, *args = case
    wrt = (0,) if fn is unbroadcast else None
    check(fn, *args, wrt=wrt)


def test_padding_with_a_constant():
    check(np.pad, array(3), 1, constant_values=2.0)


def test_full_like():
    check(np.full_like, array(2, 3), 0.5)
    check(np.full_like, array(2, 3), array(3))


def test_unused_pieces_have_zero_cotangents():
    x = array(6)
    x_bar = rule_of(np.split).vjp((None, np.ones(2), None), np.split(x, 3), x, 3)
    assert x_bar.tolist() == [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]


def test_other_modes_of_padding_are_refused():
    with pytest.raises(NotImplementedError, match="only mode"):
        rule_of(np.pad).vjp(np.ones(5), np.ones(5), np.ones(3), 1, mode="edge")


def test_every_rule_is_checked():
    assert family(shape) == {case[0] for case in CASES} | {np.full_like}
