"""``infer`` against the types of what NumPy really returns."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
import pytest

from s2sgrad.ir.core import Const, Tree, Value
from s2sgrad.ir.infer import infer
from s2sgrad.ir.primitives import (
    additem,
    getindex,
    make_list,
    new_list,
    pop,
    push,
    setitem,
    unbroadcast,
    zeros_like,
)
from s2sgrad.ir.types import FLOAT, INT, NOTHING, UNKNOWN, Array, Dim, ListOf, Scalar, TupleOf, Type, Unknown, type_of

# -- a call is inferred for symbolic lengths, then run, and its lengths compared --------------------------

LENGTHS = {2: "a", 3: "b", 4: "c", 5: "d", 6: "e"}


def symbolic(t: Type) -> Type:
    """The type with a symbol in place of each length but 1 and 0; an integer is a symbolic length, too."""
    if isinstance(t, Array):
        return Array(t.dtype, tuple(dim(n) for n in t.shape))
    if isinstance(t, TupleOf):
        return TupleOf(tuple(map(symbolic, t.items)))
    return t


def dim(n: int) -> int | Dim:
    return Dim(LENGTHS[n], plural=True) if n in LENGTHS else n


def operand(x: Any) -> Tree:
    """Arrays and floats become values; integers, options and indices stay constants."""
    if isinstance(x, (np.ndarray, np.generic, float)):
        return Value(symbolic(type_of(x)))
    if isinstance(x, slice):
        return slice(operand(x.start), operand(x.stop), operand(x.step))
    if isinstance(x, (tuple, list)):
        return type(x)(map(operand, x))
    return Const(x)


def actual(n: Any) -> int | None:
    """The number that a length stands for."""
    if isinstance(n, int):
        return n
    if n.base in LENGTHS.values():
        return next(k for k, name in LENGTHS.items() if name == n.base) + n.offset
    if isinstance(n.base, tuple) and n.base[0] == "sum":
        parts = [(actual(Dim(base)), factor) for base, factor in n.base[1]]
        return None if any(p is None for p, _ in parts) else sum(p * f for p, f in parts) + n.offset
    if isinstance(n.base, tuple) and n.base[0] == "product":
        parts = [(actual(b if isinstance(b, Dim) else Dim(b)), power) for b, power in n.base[1]]
        return None if any(p is None for p, _ in parts) else math.prod(p**k for p, k in parts) + n.offset
    if isinstance(n.base, tuple) and n.base[0] == "ceil":
        inner = actual(n.base[1])
        return None if inner is None else -(-inner // n.base[2]) + n.offset
    return None


def assert_covers(inferred: Any, result: Any, exact: bool) -> None:
    if isinstance(inferred, tuple):
        assert len(inferred) == len(result)
        for t, r in zip(inferred, result, strict=True):
            assert_covers(t, r, exact)
        return
    if isinstance(inferred, TupleOf):
        assert [item.length and actual(item.length) for item in inferred.items] == list(result)
        return
    found = type_of(result)
    assert type(inferred) is type(found)
    assert inferred.dtype == found.dtype
    if isinstance(inferred, Scalar):
        assert inferred.weak == found.weak
        return
    assert inferred.ndim == found.ndim
    for n, m in zip(inferred.shape, found.shape, strict=True):
        known = actual(n)
        assert known == m if exact else known in (m, None)


def check(fn: Any, *args: Any, exact: bool = True, **options: Any) -> None:
    inferred = infer(fn, operand(args), operand_options(options))
    assert inferred != UNKNOWN, "the type is not known"
    assert_covers(inferred, fn(*args, **options), exact)


def operand_options(options: dict[str, Any]) -> dict[str, Tree]:
    return {name: operand(x) for name, x in options.items()}


def ones(*shape: int, dtype: Any = float) -> np.ndarray:
    return np.ones(shape, dtype)


# -- elementwise --------------------------------------------------------------------------------------------

DTYPES = [float, np.float32, np.int64, np.int8, np.uint8, bool, complex]
OPERANDS = [2.0, np.float64(2.0), np.float32(2.0), ones(3), ones(2, 3), ones(2, 1), ones(1), ones(0), np.array(1.0)]
BINARY = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.pow,
    operator.lt,
    operator.mod,
    np.add,
    np.maximum,
    np.arctan2,
    np.hypot,
]


@pytest.mark.parametrize("fn", BINARY, ids=lambda fn: fn.__name__)
@pytest.mark.parametrize("x", OPERANDS, ids=lambda x: f"{type(x).__name__}{np.shape(x)}")
@pytest.mark.parametrize("y", OPERANDS, ids=lambda x: f"{type(x).__name__}{np.shape(x)}")
def test_binary(fn, x, y):
    try:
        np.broadcast_shapes(np.shape(x), np.shape(y))
    except ValueError:
        return
    check(fn, x, y)


@pytest.mark.parametrize("left", DTYPES, ids=lambda d: np.dtype(d).name)
@pytest.mark.parametrize("right", DTYPES, ids=lambda d: np.dtype(d).name)
def test_promotion(left, right):
    for x, y in [(ones(3, dtype=left), ones(3, dtype=right)), (ones(3, dtype=left), ones(dtype=right)[()])]:
        for fn in (operator.add, operator.mul, operator.truediv):
            check(fn, x, y)


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: np.dtype(d).name)
@pytest.mark.parametrize("number", [2, 0.5], ids=["int", "float"])
def test_python_numbers_are_weak(dtype, number):
    check(operator.add, ones(3, dtype=dtype), number)
    check(operator.mul, ones(dtype=dtype)[()], number)


UNARY = [np.sin, np.exp, np.sqrt, np.absolute, np.negative, np.isnan, np.floor, np.square, np.sign]


@pytest.mark.parametrize("fn", [*UNARY, operator.neg, abs], ids=lambda fn: fn.__name__)
@pytest.mark.parametrize("x", OPERANDS, ids=lambda x: f"{type(x).__name__}{np.shape(x)}")
def test_unary(fn, x):
    check(fn, x)


@pytest.mark.parametrize("fn", [np.sin, np.exp, np.square], ids=lambda fn: fn.__name__)
@pytest.mark.parametrize("dtype", DTYPES[:4], ids=lambda d: np.dtype(d).name)
def test_unary_dtypes(fn, dtype):
    check(fn, ones(3, dtype=dtype))


OTHER_ELEMENTWISE = [
    (np.where, ones(2, 3) > 0, ones(3), 0.0),
    (np.where, ones(2, 3) > 0, 0.5, ones(1)),
    (np.where, True, 0.5, 1.5),
    (np.clip, ones(3), 0.0, 1.0),
    (np.clip, ones(3), None, 1.0),
    (np.clip, ones(2, 1), ones(3), 2.0),
    (np.clip, 0.5, 0.0, 1.0),
    (np.round, ones(3)),
    (np.round, np.float64(1.5), 1),
    (np.nan_to_num, ones(2, 3)),
    (np.real, ones(2, dtype=complex)),
    (np.imag, ones(2)),
    (np.conj, ones(2, dtype=complex)),
    (np.isclose, ones(2, 3), ones(3)),
    (divmod, 5.5, 2.0),
    (np.modf, ones(3)),
]


@pytest.mark.parametrize("case", OTHER_ELEMENTWISE, ids=lambda case: case[0].__name__)
def test_other_elementwise(case):
    check(*case)


# -- indexing -----------------------------------------------------------------------------------------------

A = ones(4, 5, 3)
INDICES = [
    0,
    -1,
    (0, 1),
    (0, 1, 2),
    Ellipsis,
    (),
    None,
    (None, 0, Ellipsis, None),
    (Ellipsis, 0),
    slice(None),
    slice(1, None),
    slice(None, -1),
    slice(1, -1),
    slice(1, -1, 2),
    slice(None, None, -1),
    slice(None, None, 2),
    slice(1, None, 2),
    slice(-2, None, -1),
    slice(-2, 0, -1),
    slice(None, 0, -2),
    (slice(None), 2),
    (slice(1, None), slice(None, -2)),
    (0, slice(1, None)),
    np.array([0, 1, 1]),
    np.array([[0, 1], [1, 1]]),
    [0, 1],
    ([0, 1], [1, 2]),
    (np.array([0, 1]), 1),
    (0, slice(None), [0, 1]),
    ([0, 1], slice(None), [0, 1]),
    ([0, 1], slice(None), 0),
    (slice(None), [0, 1], [1, 2]),
    (slice(None), 0, [0, 1]),
    (slice(None), [0, 1], None, [0, 1]),
    (slice(None), np.array([[0], [1]]), np.array([0, 1])),
    (Ellipsis, [0, 1]),
    ([0, 1], Ellipsis, [0, 1], [0, 1]),
    ([0, 1], None),
    np.array(1),
]
INEXACT = [
    slice(0, 2),
    slice(-3, -1),
    slice(2, 1),
    slice(-9, None),
    A > 0,
    A[..., 0] > 0,
    (slice(None), A[0] > 0),
    (A[:, 0, 0] > 0, 0),
    (A[:, 0, 0] > 0, slice(None), [1]),
]


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_reading(index):
    check(operator.getitem, A, index)


@pytest.mark.parametrize("index", INEXACT, ids=lambda i: str(i)[:30])
def test_reading_what_is_counted_at_run_time(index):
    check(operator.getitem, A, index, exact=False)


def length(t: Type) -> Any:
    assert isinstance(t, Array)
    return t.shape[0]


def slice_of(x: Tree, *bounds: Any) -> Type:
    bounds = tuple(b if isinstance(b, (Value, Const)) else Const(b) for b in bounds)
    return infer(operator.getitem, (x, slice(*bounds, *[Const(None)] * (3 - len(bounds)))), {})


def test_slices_of_one_length_agree():
    x, y = (Value(Array(np.dtype(float), (Dim("n"),))) for _ in range(2))
    middle = slice_of(x, 1, -1)
    assert middle == slice_of(x, 2, None) == slice_of(x, None, -2) == slice_of(y, 1, -1)
    assert slice_of(x, 0, -1) == slice_of(x, 1, None) != middle
    i = Value(Scalar(INT.dtype, weak=True, length=Dim(object())))
    assert slice_of(x, i, None) == slice_of(y, i, None) != slice_of(x, None, i)
    one, more = infer(operator.add, (i, Const(1)), {}), infer(operator.add, (i, Const(3)), {})
    assert slice_of(x, Value(one), Value(more)) == slice_of(y, Value(one), Value(more))


def test_slices_up_to_a_known_length():
    x, y = (Value(Array(np.dtype(float), (Dim(name),))) for name in "nm")
    both = Value(infer(np.concatenate, ((x, y),), {}))
    n, total = Value(infer(len, (x,), {})), Value(infer(len, (both,), {}))
    assert slice_of(both, Const(0), n) == x.type
    assert slice_of(both, n, total) == y.type
    assert slice_of(both, n, None) == y.type


def test_masks_of_one_name_agree():
    x, y = (Value(Array(np.dtype(float), (Dim("n"),))) for _ in range(2))
    mask = Value(Array(np.dtype(bool), (Dim("n"),)))
    assert infer(operator.getitem, (x, mask), {}) == infer(operator.getitem, (y, mask), {})


def test_updates_keep_the_type():
    x = operand(A)
    for update in (setitem, additem):
        assert infer(update, (x, Const(0), Const(1.0)), {}) == x.type


INDEXING = [
    (np.take, ones(4), [0, 1]),
    (np.take, A, 1, 0),
    (np.take, A, np.array([[0, 1], [1, 1]]), 1),
    (np.take_along_axis, ones(4, 3), np.zeros((4, 2), int), 1),
    (np.sort, A),
    (np.argsort, A, 0),
    (np.argsort, A, None),
    (np.searchsorted, ones(4), 0.5),
    (np.searchsorted, ones(4), ones(2)),
]


@pytest.mark.parametrize("case", INDEXING, ids=lambda case: case[0].__name__)
def test_functions_that_index(case):
    check(*case)


# -- reductions ---------------------------------------------------------------------------------------------

REDUCTIONS = [np.sum, np.mean, np.prod, np.max, np.min, np.var, np.std, np.any, np.all, np.nansum, np.ptp, np.median]


@pytest.mark.parametrize("fn", REDUCTIONS, ids=lambda fn: fn.__name__)
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1), (0, 1, 2)], ids=str)
@pytest.mark.parametrize("keepdims", [False, True])
def test_reduction(fn, axis, keepdims):
    check(fn, A, axis=axis, keepdims=keepdims)


@pytest.mark.parametrize("fn", REDUCTIONS[:7], ids=lambda fn: fn.__name__)
@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.int32], ids=lambda d: np.dtype(d).name)
def test_reduction_dtypes(fn, dtype):
    check(fn, ones(3, dtype=dtype))
    check(fn, ones(2, 3, dtype=dtype), 0)


@pytest.mark.parametrize("fn", [np.sum, np.mean, np.max], ids=lambda fn: fn.__name__)
def test_reduction_of_numbers(fn):
    check(fn, 2.0)
    check(fn, [2.0, 3.0])
    check(fn, np.array(2.0))


def test_reduction_in_another_dtype():
    check(np.sum, ones(3, dtype=np.float32), dtype=float)


ALONG = [
    (np.cumsum, A, 1),
    (np.cumsum, ones(3)),
    (np.cumsum, ones(2, 3)),
    (np.cumprod, ones(3, dtype=np.int32)),
    (np.diff, ones(5)),
    (np.diff, ones(4, 5), 2),
    (np.diff, ones(4, 5), 1, 0),
    (np.argmax, A),
    (np.argmin, A, 0),
    (np.average, A, 0),
    (np.average, ones(3), None, ones(3)),
    (np.count_nonzero, A, 0),
    (np.quantile, ones(3), 0.5),
]


@pytest.mark.parametrize("case", ALONG, ids=lambda case: case[0].__name__)
def test_along_an_axis(case):
    check(*case)


# -- arrangement --------------------------------------------------------------------------------------------

ARRANGEMENT = [
    (np.reshape, ones(2, 3), (-1,)),
    (np.reshape, ones(2, 3), -1),
    (np.reshape, ones(3), (1, -1)),
    (np.reshape, ones(3), (-1, 1)),
    (np.reshape, ones(6), (2, 3)),
    (np.ravel, ones(2, 3)),
    (np.expand_dims, ones(3), 0),
    (np.expand_dims, ones(3), (0, -1)),
    (np.squeeze, ones(1, 3, 1)),
    (np.squeeze, ones(1, 3, 1), 0),
    (np.broadcast_to, ones(3), (2, 3)),
    (np.atleast_1d, 2.0),
    (np.atleast_2d, ones(3)),
    (np.transpose, A),
    (np.transpose, A, (2, 0, 1)),
    (np.swapaxes, A, 0, -1),
    (np.moveaxis, A, 0, -1),
    (np.moveaxis, A, (0, 1), (-1, 0)),
    (np.flip, A),
    (np.roll, A, 1),
    (np.tril, ones(3, 3)),
    (np.concatenate, [ones(2), ones(3)]),
    (np.concatenate, [ones(2, 3), ones(4, 3)], 0),
    (np.concatenate, [ones(2, 3), ones(4, 5)], None),
    (np.stack, [ones(3), ones(3)]),
    (np.stack, [ones(3, 2), ones(3, 2)], -1),
    (np.hstack, [ones(2), ones(3)]),
    (np.hstack, [ones(2, 2), ones(2, 3)]),
    (np.vstack, [ones(3), ones(2, 3)]),
    (np.column_stack, [ones(3), ones(3, 2)]),
    (np.append, ones(2), ones(3)),
    (np.repeat, ones(3), 2),
    (np.repeat, ones(2, 3), 2, 0),
    (np.tile, ones(3), 2),
    (np.tile, ones(3), (2, 2)),
    (np.pad, ones(3), 1),
    (np.pad, ones(2, 3), ((0, 1), (2, 0))),
    (np.diag, ones(3)),
    (np.diag, ones(3, 3)),
    (np.diag, ones(3, 3), 1),
    (np.diagonal, ones(2, 3, 3), 0, 1, 2),
    (np.trace, ones(3, 3)),
    (np.meshgrid, ones(2), ones(3)),
]


@pytest.mark.parametrize("case", ARRANGEMENT, ids=lambda case: case[0].__name__)
def test_arrangement(case):
    check(*case)


@pytest.mark.parametrize("sections", [2, [1], [1, 3]], ids=str)
def test_split(sections):
    check(np.split, ones(4, 3), sections, exact=False)
    check(np.split, ones(3, 4), sections, 1, exact=False)


def test_reshaping_by_a_number():
    check(np.reshape, ones(4, 5, 3), (4, -1), exact=False)


def test_reshaping_to_run_time_lengths():
    A = operand(ones(2, 3))
    shape = Value(infer(np.shape, (A,), {}))
    n = Value(infer(getindex, (shape, Const(0)), {}))
    flat = Value(infer(np.ravel, (A,), {}))
    assert infer(np.reshape, (flat, shape), {}) == A.type
    assert infer(np.reshape, (flat, (n, Const(-1))), {}) == A.type
    assert infer(np.broadcast_to, (Const(0.0), shape), {}) == A.type
    assert infer(np.zeros, (shape,), {}) == infer(np.zeros, ((n, Const(3)),), {}).__class__(A.type.dtype, A.type.shape)


# -- creation -----------------------------------------------------------------------------------------------

CREATION = [
    (np.zeros, 7),
    (np.zeros, (7, 8)),
    (np.ones, 7, int),
    (np.full, (7, 8), 0.5),
    (np.full, 7, 1),
    (np.zeros_like, ones(3)),
    (np.ones_like, ones(3), int),
    (np.full_like, ones(2, 3), 1),
    (np.zeros_like, 2.0),
    (np.eye, 7),
    (np.eye, 7, 8),
    (np.identity, 7),
    (np.arange, 7),
    (np.arange, 2, 9),
    (np.arange, 2, 9, 3),
    (np.linspace, 0.0, 1.0, 9),
    (np.linspace, 0.0, 1.0),
    (np.array, [0.5, 1.5]),
    (np.array, [[1, 2, 3], [4, 5, 6]]),
    (np.array, 0.5),
    (np.asarray, ones(3)),
    (np.asarray, ones(3), np.float32),
    (np.array, [ones(3), ones(3)]),
    (np.ascontiguousarray, ones(2, 3)),
    (np.copy, ones(3)),
    (np.astype, ones(3), np.int64),
    (np.float32, 2.0),
    (np.float64, ones(3)),
]


@pytest.mark.parametrize("case", CREATION, ids=lambda case: getattr(case[0], "__name__", str(case[0])))
def test_creation(case):
    check(*case)


def test_floating_ranges_have_a_length_of_their_own():
    assert isinstance(length(infer(np.arange, (Const(0.0), Const(1.0), Const(0.1)), {})), Dim)


# -- products -----------------------------------------------------------------------------------------------

PRODUCTS = [
    (operator.matmul, ones(3), ones(3)),
    (operator.matmul, ones(2, 3), ones(3)),
    (operator.matmul, ones(3), ones(3, 4)),
    (operator.matmul, ones(2, 3), ones(3, 4)),
    (np.matmul, ones(5, 2, 3), ones(3, 4)),
    (np.matmul, ones(5, 1, 2, 3), ones(6, 3, 4)),
    (np.matmul, ones(2, 3, dtype=np.float32), ones(3)),
    (np.dot, ones(3), ones(3)),
    (np.dot, ones(2, 3), ones(3)),
    (np.dot, ones(2, 3), ones(4, 3, 5)),
    (np.dot, 2.0, ones(3)),
    (np.inner, ones(2, 3), ones(4, 3)),
    (np.vdot, ones(2, 3), ones(2, 3)),
    (np.outer, ones(2), ones(3)),
    (np.kron, ones(2, 3), ones(4, 5)),
    (np.tensordot, ones(2, 3), ones(3, 4), 1),
    (np.tensordot, ones(2, 3, 4), ones(4, 3, 5), ((1, 2), (1, 0))),
    (np.linalg.cross, ones(2, 3), ones(3)),
    (np.einsum, "ij,jk->ik", ones(2, 3), ones(3, 4)),
    (np.einsum, "ij,jk", ones(2, 3), ones(3, 4)),
    (np.einsum, "...ij,jk->...ik", ones(5, 2, 3), ones(3, 4)),
    (np.einsum, "i,i", ones(3), ones(3)),
    (np.linalg.solve, np.eye(3), ones(3)),
    (np.linalg.solve, np.eye(3), ones(3, 2)),
    (np.linalg.inv, np.eye(3)),
    (np.linalg.det, np.eye(3)),
    (np.linalg.slogdet, np.eye(3)),
    (np.linalg.cholesky, np.eye(3)),
    (np.linalg.eigh, np.eye(3)),
    (np.linalg.pinv, ones(2, 3)),
    (np.linalg.norm, ones(2, 3)),
    (np.linalg.norm, ones(2, 3), None, 1),
    (np.linalg.norm, ones(3), 1),
    (np.linalg.svd, np.eye(3)),
]


@pytest.mark.parametrize("case", PRODUCTS, ids=lambda case: case[0].__name__)
def test_product(case):
    check(*case)


# -- Python -------------------------------------------------------------------------------------------------

PYTHON = [
    (float, 2),
    (float, np.float64(2.0)),
    (int, 2.5),
    (round, 2.5),
    (round, 2.5, 1),
    (round, np.float64(2.5)),
    (round, np.float64(2.5), 1),
    (max, 1.0, 2.0),
    (min, np.float64(1.0), np.float64(2.0)),
    (len, ones(3)),
    (np.shape, ones(2, 3)),
    (np.ndim, ones(2, 3)),
    (np.size, ones(2, 3)),
    (math.sin, 0.5),
    (math.floor, 2.5),
    (math.isnan, 0.5),
    (math.atan2, 0.5, 0.5),
    (operator.floordiv, 7, 2),
    (operator.truediv, 7, 2),
    (operator.not_, 0.5),
    (sum, [0.5, 1.5]),
    (sum, ones(3)),
    (sum, ones(2, 3)),
]


@pytest.mark.parametrize("case", PYTHON, ids=lambda case: case[0].__name__)
def test_python(case):
    check(*case)


def test_integers_keep_the_length_that_they_equal():
    x = Value(Array(np.dtype(float), (Dim("n"),)))
    n = Value(infer(len, (x,), {}))
    less = Value(infer(operator.sub, (n, Const(1)), {}))
    assert infer(np.zeros, (less,), {}) == slice_of(x, 1, None)
    twice = [Value(infer(operator.mul, args, {})) for args in ((n, Const(2)), (Const(2), n))]
    assert infer(np.zeros, (twice[0],), {}) == infer(np.zeros, (twice[1],), {})
    assert infer(np.arange, (n,), {}).shape == x.type.shape


# -- primitives ---------------------------------------------------------------------------------------------


def test_lists():
    x = operand(ones(3))
    empty = Value(infer(new_list, (), {}))
    assert empty.type == ListOf(NOTHING)
    stack = Value(infer(push, (empty, x), {}))
    assert stack.type == ListOf(x.type)
    assert infer(pop, (stack,), {}) == (stack.type, x.type)
    assert infer(getindex, (stack, Const(-1)), {}) == x.type
    assert infer(make_list, (Const(1.0), Const(2.0)), {}) == ListOf(FLOAT)


def test_cotangents():
    x, row = operand(ones(2, 3)), operand(ones(1, 3))
    assert infer(unbroadcast, (x, row), {}) == row.type
    assert infer(zeros_like, (x,), {}) == x.type
    assert infer(zeros_like, (Value(INT),), {}) == FLOAT


# -- what is not known --------------------------------------------------------------------------------------


def test_what_is_not_known_stays_unknown():
    def opaque(x):
        raise AssertionError("an unknown function is not run")

    x = operand(ones(3))
    assert infer(opaque, (x,), {}) == UNKNOWN
    assert infer(np.sum, (Value(UNKNOWN),), {"axis": Const(0)}) == UNKNOWN
    assert infer(np.sum, (Value(UNKNOWN),), {}) == Unknown(())  # one number, of whatever dtype
    assert infer(np.sum, (x,), {"axis": Value(INT)}) == UNKNOWN
    assert infer(np.random.uniform, (Const(0.0), Const(1.0)), {}) == UNKNOWN


def test_lengths_that_depend_on_data_are_new():
    x = operand(ones(3))
    for fn in (np.unique, np.flatnonzero, np.trim_zeros):
        assert actual(length(infer(fn, (x,), {}))) is None
