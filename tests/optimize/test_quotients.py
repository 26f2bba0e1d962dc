"""Where ``x / y`` is at hand, ``x * (z / y)`` is made of it."""

import numpy as np
import pytest

from s2sgrad import grad
from s2sgrad.ir.printer import dump
from s2sgrad.ir.verify import verify
from s2sgrad.optimize.quotients import share_quotients
from tests.ir.text import parse

TEXT = """
        func f(x: f8[n, m], y: f8[{rows}, m], z: f8[n, m]) -> (f8[n, m], f8[n, m]):
          t1: f8[n, m] = truediv x, y
          t2: f8[n, m] = truediv z, y
          t3: f8[n, m] = mul {product}
          return t1, t3
"""


@pytest.mark.parametrize("rows", ["n", "1"])
@pytest.mark.parametrize("product", ["x, t2", "t2, x"])
def test_a_product_with_a_quotient_starts_from_the_one_at_hand(rows, product):
    function = share_quotients(parse(TEXT.format(rows=rows, product=product)))
    verify(function)
    assert dump(function) == dump(parse(TEXT.format(rows=rows, product="t1, z")))


ALONE = {
    "another divisor": """
        func f(x: f8[n], y: f8[n], z: f8[n]) -> (f8[n], f8[n]):
          t1: f8[n] = truediv x, z
          t2: f8[n] = truediv z, y
          t3: f8[n] = mul x, t2
          return t1, t3
    """,
    "a quotient that is read elsewhere": """
        func f(x: f8[n], y: f8[n], z: f8[n]) -> (f8[n], f8[n], f8[n]):
          t1: f8[n] = truediv x, y
          t2: f8[n] = truediv z, y
          t3: f8[n] = mul x, t2
          return t1, t2, t3
    """,
    "a quotient that is not always computed": """
        func f(x: f8[n], y: f8[n], z: f8[n], c: pyb) -> (f8[n], f8[n]):
          t4: f8[n] = if c:
            t1: f8[n] = truediv x, y
            yield t1
          else:
            yield z
          t2: f8[n] = truediv z, y
          t3: f8[n] = mul x, t2
          return t4, t3
    """,
}


@pytest.mark.parametrize("text", ALONE.values(), ids=ALONE)
def test_what_is_left_alone(text):
    assert dump(share_quotients(parse(text))) == dump(parse(text))


def test_the_gradient_of_a_normalisation_divides_once():
    def f(A, w):
        P = A / np.sum(A, axis=1, keepdims=True)
        return np.sum(P * P * w)

    A, w = np.arange(1.0, 7.0).reshape(2, 3), np.array([1.0, -2.0, 0.5])
    backward = grad(f).source(A, w).partition("# backward")[2]
    assert len([line for line in backward.splitlines() if ("/" in line or "divide" in line) and "#" not in line]) == 1
    s = np.sum(A, axis=1, keepdims=True)
    P = A / s
    expected = (2.0 * P * w - np.sum(2.0 * P * w * P, axis=1, keepdims=True)) / s
    assert np.allclose(grad(f)(A, w), expected)
