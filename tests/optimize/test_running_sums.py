"""Sums over a loop into one place of an array, and those that must stay there."""

import numpy as np
import pytest

from s2sgrad import grad
from s2sgrad.ir.printer import dump
from s2sgrad.optimize.running_sums import keep_sums
from s2sgrad.testing import check_grads
from tests.ir.text import parse
from tests.optimize.cases import check


def test_a_number_is_added_up_and_the_array_gets_it_after_the_loop():
    check(
        keep_sums,
        """
        func f(a: f8[n], v: f8[n], i: pyi, m: pyi) -> f8[n]:
          a.4: f8[n] = for j in range(m) carry a.1 = a:
            t1: f8 = getitem v, j
            a.2: f8[n] = additem a.1, j, t1
            a.3: f8[n] = additem a.2, i, t1
            yield a.3
          return a.4
        """,
        """
        func f(a: f8[n], v: f8[n], i: pyi, m: pyi) -> f8[n]:
          a.3: f8[n], t4: f8 = for j in range(m) carry a.1 = a, t1 = 0.0:
            t2: f8 = getitem v, j
            a.2: f8[n] = additem a.1, j, t2
            t3: f8 = add t1, t2
            yield a.2, t3
          t5: pyb = gt m, 0
          a.5: f8[n] = if t5:
            a.4: f8[n] = additem a.3, i, t4
            yield a.4
          else:
            yield a.3
          return a.5
        """,
    )


def test_a_place_that_is_touched_anyhow_needs_no_test_whether_the_loop_runs():
    check(
        keep_sums,
        """
        func f(a: f8[n], v: f8[n], i: pyi, m: pyi) -> f8[n]:
          t1: f8 = getitem v, i
          a.3: f8[n] = for j in range(m) carry a.1 = a:
            a.2: f8[n] = additem a.1, i, t1
            yield a.2
          return a.3
        """,
        """
        func f(a: f8[n], v: f8[n], i: pyi, m: pyi) -> f8[n]:
          t1: f8 = getitem v, i
          t4: f8 = for j in range(m) carry t2 = 0.0:
            t3: f8 = add t2, t1
            yield t3
          a.1: f8[n] = additem a, i, t4
          return a.1
        """,
    )


@pytest.mark.parametrize("access", ["getitem a.2, j", "getitem a.2, i", "sum a.2"])
def test_a_place_that_something_else_may_read_stays(access):
    function = parse(f"""
        func f(a: f8[n], v: f8, i: pyi, m: pyi) -> (f8[n], f8):
          a.3: f8[n], s.2: f8 = for j in range(m) carry a.1 = a, s.1 = v:
            a.2: f8[n] = additem a.1, i, v
            t1: f8 = {access}
            t2: f8 = add s.1, t1
            yield a.2, t2
          return a.3, s.2
        """)
    before = dump(function)
    assert dump(keep_sums(function)) == before


def test_a_place_that_may_be_stored_into_stays():
    function = parse("""
        func f(a: f8[n], v: f8, i: pyi, m: pyi) -> f8[n]:
          a.4: f8[n] = for j in range(m) carry a.1 = a:
            a.2: f8[n] = additem a.1, i, v
            a.3: f8[n] = setitem a.2, j, v
            yield a.3
          return a.4
        """)
    before = dump(function)
    assert dump(keep_sums(function)) == before


def test_what_reads_other_places_only_is_no_obstacle():
    check(
        keep_sums,
        """
        func f(a: f8[n], n: pyi) -> f8[n]:
          a.5: f8[n] = for i in range(n) carry a.1 = a:
            t1: f8 = getitem a.1, i
            a.4: f8[n] = for j in range(i) carry a.2 = a.1:
              t2: f8 = getitem a.2, j
              t3: f8 = mul t1, t2
              a.3: f8[n] = additem a.2, i, t3
              yield a.3
            yield a.4
          return a.5
        """,
        """
        func f(a: f8[n], n: pyi) -> f8[n]:
          a.3: f8[n] = for i in range(n) carry a.1 = a:
            t1: f8 = getitem a.1, i
            t6: f8 = for j in range(i) carry t2 = 0.0:
              t3: f8 = getitem a.1, j
              t4: f8 = mul t1, t3
              t5: f8 = add t2, t4
              yield t5
            a.2: f8[n] = additem a.1, i, t6
            yield a.2
          return a.3
        """,
    )


def rows(x, m):
    total = 0.0
    for i in range(m):
        for j in range(i):
            total += x[i] * x[j] ** 2 + x[0]
    return total


def chosen(x, m):
    total = 0.0
    for i in range(m):
        for j in range(m):
            if j % 2:
                total += x[i] * x[j]
            else:
                total -= x[i] ** 2 * x[j]
    return total


def read_back(x, m):
    y = x.copy()
    for i in range(1, m):
        for j in range(i):
            y[i] = y[i] + np.sin(y[j]) * x[i]
    return np.sum(y)


def eliminated(x, m):
    A = np.outer(x, x[::-1]) + 3.0 * np.eye(len(x))
    for k in range(m):
        for i in range(k + 1, len(x)):
            A[i, k] /= A[k, k]
            for j in range(k + 1, len(x)):
                A[i, j] -= A[i, k] * A[k, j]
    return np.sum(A**2)


def from_the_end(x, m):
    y = x.copy()
    for i in range(m):
        for j in range(i):
            y[i - 2] += y[j] * x[i]
    return np.sum(y**2)


def swapped(x, m):
    y, z = x.copy(), 2.0 * x
    for _ in range(m):
        y[1] += z[0] ** 2
        y, z = z, y
    return np.sum(y * z)


def twice(x, m):
    total = 0.0
    for k in range(m):
        for i in range(m):
            for j in range(m):
                total += x[1] * x[2] * x[k] * np.sin(x[i]) + x[j]
    return total


@pytest.mark.parametrize("f", [rows, chosen, read_back, eliminated, from_the_end, swapped, twice])
def test_sums_are_right(f):
    x = np.linspace(0.3, 1.1, 5)
    for m in (0, 1, 4):
        np.testing.assert_allclose(grad(f)(x, m), numerical(f, x, m), rtol=1e-6, atol=1e-8)


def numerical(f, x, m):
    h = 1e-6 * np.eye(len(x))
    return np.array([(f(x + e, m) - f(x - e, m)) / 2e-6 for e in h])


def test_a_place_that_does_not_exist_is_not_touched_by_a_loop_that_does_not_run():
    def f(x, y, m):
        total = np.sum(x)
        for i in range(len(x)):
            for j in range(m):
                total += x[i] * y[i + 2] * j
        return total

    x, y = np.ones(3), np.ones(1)
    x_bar, y_bar = grad(f, argnums=(0, 1))(x, y, 0)
    assert (x_bar.tolist(), y_bar.tolist()) == ([1.0] * 3, [0.0])
    with pytest.raises(IndexError):
        grad(f, argnums=(0, 1))(x, y, 1)


def test_sums_of_complex_and_of_short_floats():
    def f(z, m):
        total = 0.0
        for i in range(len(z)):
            for j in range(m):
                total += abs(z[i]) ** 2 * j
        return total

    z = np.array([1.0 + 2.0j, 0.5j])
    check_grads(f, (z, 3))
    short = grad(f)(z.real.astype(np.float32), 3)
    assert short.dtype == np.float32
    np.testing.assert_allclose(short, [6.0, 0.0])


def test_derivatives_of_second_order():
    check_grads(rows, (np.linspace(0.3, 1.1, 4), 4), order=2)
