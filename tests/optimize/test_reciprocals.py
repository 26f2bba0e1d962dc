"""Divisions that become products with a reciprocal, and those whose divisor may be tiny."""

import math

import numpy as np
import pytest

from s2sgrad import grad
from s2sgrad.ir.printer import dump
from s2sgrad.optimize.reciprocals import share_reciprocals
from tests.ir.text import parse
from tests.optimize.cases import check


def test_divisions_by_one_root_share_its_reciprocal():
    check(
        share_reciprocals,
        """
        func f(a: pyf, s: pyf) -> pyf:
          t1: pyf = sqrt s
          t2: pyf = truediv a, t1
          t3: pyf = truediv t2, t1
          return t3
        """,
        """
        func f(a: pyf, s: pyf) -> pyf:
          t1: pyf = sqrt s
          t2: pyf = truediv 1.0, t1
          t3: pyf = mul a, t2
          t4: pyf = mul t3, t2
          return t4
        """,
        sqrt=math.sqrt,
    )


def test_a_division_that_a_loop_repeats_counts_as_several():
    check(
        share_reciprocals,
        """
        func f(a: pyf, s: pyf, n: pyi) -> pyf:
          t1: pyf = mul s, s
          t2: pyf = add t1, 0.001
          x.2: pyf = for i in range(n) carry x = a:
            x.1: pyf = truediv x, t2
            yield x.1
          return x.2
        """,
        """
        func f(a: pyf, s: pyf, n: pyi) -> pyf:
          t1: pyf = mul s, s
          t2: pyf = add t1, 0.001
          t3: pyf = truediv 1.0, t2
          x.2: pyf = for i in range(n) carry x = a:
            x.1: pyf = mul x, t3
            yield x.1
          return x.2
        """,
    )


@pytest.mark.parametrize(
    "divisor", ["exp s", "mul s, s", "add s, 1.0", "add s2, 1e-310", "sub s2, 1.0", "sqrt s # author", "mul s, 2.0"]
)
def test_divisors_that_may_be_tiny_and_the_authors_divisions_stay(divisor):
    divisor, author, _ = divisor.partition("# author")
    function = parse(
        f"""
        func f(a: pyf, s: pyf) -> pyf:
          s2: pyf = mul s, s
          t1: pyf = {divisor}
          t2: pyf = truediv a, t1 {author}
          t3: pyf = truediv t2, t1 {author}
          return t3
        """,
        sqrt=math.sqrt,
        exp=math.exp,
    )
    before = dump(function)
    assert dump(share_reciprocals(function)) == before


def test_one_division_stays():
    function = parse("""
        func f(a: pyf, s: pyf) -> pyf:
          t1: pyf = abs s
          t2: pyf = add t1, 1.0
          t3: pyf = truediv a, t2
          return t3
        """)
    before = dump(function)
    assert dump(share_reciprocals(function)) == before


def test_infinite_and_undefined_numbers_come_out_as_before():
    pytest.importorskip("numba")

    def distances(x, w):
        total = 0.0
        for i in range(len(x)):
            total += w[i] / math.sqrt(x[i])
        return total

    x = np.array([4.0, math.inf, math.nan, 5e-324, 1e308, 1.0, 1.0, 0.25])
    w = np.array([2.0, 1.0, 1.0, 0.0, 1e308, math.inf, math.nan, -0.0])
    for got, expected in zip(
        grad(distances, argnums=(0, 1), backend="numba")(x, w), grad(distances, argnums=(0, 1))(x, w), strict=True
    ):
        np.testing.assert_allclose(got, expected, rtol=1e-15)
