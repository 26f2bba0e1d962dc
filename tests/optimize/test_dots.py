"""Sums of products that are dot products, and those that are not."""

import pytest

from s2sgrad.optimize.dots import dots
from tests.optimize.cases import check


def text(product, result):
    return f"""
        func f(x: f8[n], y: f8[n], one: f8[1], A: f8[n, n], s: f4[n], r: f4[n], c: f8) -> {result}:
          t1: {product}
          t2: {result} = sum t1
          return t2
        """


def test_a_sum_of_products_of_vectors():
    after = """
        func f(x: f8[n], y: f8[n], one: f8[1], A: f8[n, n], s: f4[n], r: f4[n], c: f8) -> f8:
          t1: f8 = matmul x, y
          return t1
        """
    check(dots, text("f8[n] = mul x, y", "f8"), after)
    check(
        dots,
        text("f4[n] = mul s, r", "f4"),
        after.replace("f8:", "f4:").replace("t1: f8 = matmul x, y", "t1: f4 = matmul s, r"),
    )


@pytest.mark.parametrize("product", ["mul x, c", "mul x, s", "mul x, one", "add x, y"])
def test_other_sums_stay(product):
    same = text(f"f8[n] = {product}", "f8")
    check(dots, same, same)


def test_sums_over_matrices_stay():
    same = text("f8[n, n] = mul A, x", "f8")
    check(dots, same, same)
