"""Copies appear where printing in place would be wrong, as few and as far out as can be."""

from typing import Any

import numpy as np
import pytest

from s2sgrad.ir.printer import dump
from s2sgrad.ir.verify import verify
from s2sgrad.optimize.inplace import inplace
from s2sgrad.rules.memory import FRESH
from tests.ir.text import parse


def check(before: str, after: str) -> None:
    function = inplace(parse(before))
    verify(function)
    assert dump(function) == dump(parse(after))


def same(text: str) -> None:
    check(text, text)


def test_parameters_are_copied_outside_the_loop():
    check(
        """
        func f(u: f8[n], n: pyi) -> f8[n]:
          u.3: f8[n] = for i in range(n) carry u.1 = u:
            u.2: f8[n] = setitem u.1, i, 0.0
            yield u.2
          return u.3
        """,
        """
        func f(u: f8[n], n: pyi) -> f8[n]:
          u.1: f8[n] = copy u
          u.4: f8[n] = for i in range(n) carry u.2 = u.1:
            u.3: f8[n] = setitem u.2, i, 0.0
            yield u.3
          return u.4
        """,
    )


def test_the_pushed_view_is_copied_not_the_array():
    check(
        """
        func f(n: pyi) -> (f8[n], list[any]):
          u.0: f8[n] = zeros n
          s.0: list[any] = new_list
          u.3: f8[n], s.3: list[any] = for i in range(n) carry u.1 = u.0, s.1 = s.0:
            t1: f8[m] = getitem u.1, 1:-1
            s.2: list[any] = push s.1, t1
            u.2: f8[n] = setitem u.1, i, 0.0
            yield u.2, s.2
          return u.3, s.3
        """,
        """
        func f(n: pyi) -> (f8[n], list[any]):
          u.1: f8[n] = zeros n
          s.1: list[any] = new_list
          u.4: f8[n], s.4: list[any] = for i in range(n) carry u.2 = u.1, s.2 = s.1:
            t1: f8[m] = getitem u.2, 1:-1
            t2: f8[m] = copy t1
            s.3: list[any] = push s.2, t2
            u.3: f8[n] = setitem u.2, i, 0.0
            yield u.3, s.3
          return u.4, s.4
        """,
    )


def test_two_buffers_that_swap_need_no_copy():
    same(
        """
        func f(x: f8[n], n: pyi) -> f8[n]:
          u.1: f8[n] = copy x
          v.1: f8[n] = zeros n
          u.3: f8[n], v.4: f8[n] = for i in range(n) carry u.2 = u.1, v.2 = v.1:
            t1: f8[m] = getitem u.2, 2:
            v.3: f8[n] = setitem v.2, 1:-1, t1
            yield v.3, u.2
          return u.3
        """
    )


def test_writing_through_a_view_needs_no_copy():
    same(
        """
        func f(x: f8[n,m], i: pyi) -> f8[n,m]:
          A.1: f8[n,m] = copy x
          row.1: f8[m] = getitem A.1, i
          row.2: f8[m] = setitem row.1, 0, 1.0
          A.2: f8[n,m] = setitem A.1, i, row.2
          return A.2
        """.replace("n,m", "n, m")
    )


def test_a_view_that_is_written_beside_its_array_is_copied():
    check(
        """
        func f(x: f8[n, m], i: pyi) -> (f8[n, m], f8[m]):
          A: f8[n, m] = copy x
          row.1: f8[m] = getitem A, i
          row.2: f8[m] = setitem row.1, 0, 1.0
          return A, row.2
        """,
        """
        func f(x: f8[n, m], i: pyi) -> (f8[n, m], f8[m]):
          A: f8[n, m] = copy x
          row.1: f8[m] = getitem A, i
          row.2: f8[m] = copy row.1
          row.3: f8[m] = setitem row.2, 0, 1.0
          return A, row.3
        """,
    )


def test_a_shape_may_be_looked_at_later():
    check(
        """
        func f(x: f8[n]) -> (f8[n], f8[n]):
          u.1: f8[n] = copy x
          u.2: f8[n] = setitem u.1, 0, 1.0
          t1: f8[n] = zeros_like u.1
          return u.2, t1
        """,
        """
        func f(x: f8[n]) -> (f8[n], f8[n]):
          u.1: f8[n] = copy x
          u.2: f8[n] = setitem u.1, 0, 1.0
          t1: f8[n] = zeros_like u.2
          return u.2, t1
        """,
    )


def test_sums_go_into_the_old_sum_where_it_is_owned():
    check(
        """
        func f(x: f8[n], n: pyi) -> f8[n]:
          t1: f8[n] = zeros_like x
          x_bar.3: f8[n] = for i in range(n) carry x_bar.1 = t1:
            t2: f8[n] = mul x, 2.0
            x_bar.2: f8[n] = add x_bar.1, t2
            yield x_bar.2
          return x_bar.3
        """,
        """
        func f(x: f8[n], n: pyi) -> f8[n]:
          t1: f8[n] = zeros_like x
          x_bar.3: f8[n] = for i in range(n) carry x_bar.1 = t1:
            t2: f8[n] = mul x, 2.0
            t3: f8[n] = add x_bar.1, t2
            x_bar.2: f8[n] = setitem x_bar.1, ..., t3
            yield x_bar.2
          return x_bar.3
        """,
    )


def test_sums_do_not_go_into_what_is_not_owned():
    same(
        """
        func f(x: f8[n], y: f8[n]) -> f8[n]:
          x_bar.1: f8[n] = broadcast_to x, (3,)
          x_bar.2: f8[n] = add x_bar.1, y
          return x_bar.2
        """
    )


def test_spare_copies_go():
    check(
        """
        func f(x: f8[n]) -> f8[n]:
          t1: f8[n] = mul x, x
          x_bar: f8[n] = copy t1
          return x_bar
        """,
        """
        func f(x: f8[n]) -> f8[n]:
          x_bar: f8[n] = mul x, x
          return x_bar
        """,
    )


_MATRIX = np.arange(9.0).reshape(3, 3) + 4 * np.eye(3)
_VECTOR = np.array([3.0, 1.0, 2.0])
_CALLS: dict[Any, tuple[Any, ...]] = {
    fn: args
    for fns, args in [
        ((np.sum, np.prod, np.mean, np.max, np.min, np.cumsum, np.cumprod), (_MATRIX, 0)),
        ((np.sum, np.prod, np.max, np.min, np.any, np.all), (_MATRIX, ())),
        ((np.dot, np.matmul, np.inner, np.kron, np.convolve, np.cross, np.outer), (_VECTOR, _VECTOR)),
        ((np.sort, np.copy, np.zeros_like, np.ones_like, np.diff, np.tril, np.triu, np.round), (_MATRIX,)),
        ((np.linalg.inv, np.linalg.cholesky, np.linalg.qr), (_MATRIX @ _MATRIX.T,)),
        ((np.concatenate, np.stack, np.vstack, np.hstack, np.column_stack), ((_VECTOR,),)),
        ((np.repeat, np.tile), (_VECTOR, 1)),
        ((np.roll,), (_VECTOR, 0)),
        ((np.pad,), (_VECTOR, 0)),
        ((np.clip,), (_VECTOR, -9.0, 9.0)),
        ((np.where,), (True, _VECTOR, _VECTOR)),
        ((np.take,), (_VECTOR, [0, 1, 2])),
        ((np.delete,), (_VECTOR, [])),
        ((np.insert,), (_VECTOR, [], [])),
        ((np.append,), (_VECTOR, [])),
        ((np.interp,), (_VECTOR, _VECTOR, _VECTOR)),
    ]
    for fn in fns
}


@pytest.mark.parametrize("fn", _CALLS, ids=lambda fn: fn.__name__)
def test_fresh_functions_share_nothing(fn):
    assert fn in FRESH
    results = fn(*_CALLS[fn])
    for result in results if isinstance(results, tuple) else (results,):
        assert not np.may_share_memory(result, _MATRIX)
        assert not np.may_share_memory(result, _VECTOR)
        assert not isinstance(result, np.ndarray) or result.flags.writeable
