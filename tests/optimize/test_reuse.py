"""Elementwise results take over memory that is ours and dead, where types prove that they fit."""

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad
from s2sgrad.ir.printer import dump
from s2sgrad.ir.verify import verify
from s2sgrad.optimize.inplace import inplace
from tests.ir.text import parse


def check(before: str, after: str) -> None:
    function = inplace(parse(before), buffers=True)
    verify(function)
    assert dump(function) == dump(parse(after))


def same(text: str) -> None:
    check(text, text)


def test_a_chain_runs_in_the_memory_of_what_it_starts_from():
    check(
        """
        func f(x: f8[n], y: f8[n]) -> (f8[n], f8):
          t1: f8[n] = exp x
          s: f8 = sum t1
          t2: f8[n] = mul t1, y
          t3: f8[n] = sub 1.0, t2
          return t3, s
        """,
        """
        func f(x: f8[n], y: f8[n]) -> (f8[n], f8):
          t1: f8[n] = exp x
          s: f8 = sum t1
          t2: f8[n] = mul t1, y
          t3: f8[n] = setitem t1, ..., t2
          t4: f8[n] = sub 1.0, t3
          t5: f8[n] = setitem t3, ..., t4
          return t5, s
        """,
    )


ALONE = {
    "read later": """
        func f(x: f8[n], y: f8[n]) -> (f8[n], f8[n]):
          t1: f8[n] = exp x
          t2: f8[n] = mul t1, y
          return t2, t1
    """,
    "the caller's": """
        func f(x: f8[n], y: f8[n]) -> (f8[n], f8):
          s: f8 = sum x
          t2: f8[n] = mul x, y
          return t2, s
    """,
    "a view of the caller's": """
        func f(x: f8[n], y: f8[m]) -> (f8[m], f8):
          t1: f8[m] = getitem x, 1:
          s: f8 = sum t1
          t2: f8[m] = mul t1, y
          return t2, s
    """,
    "of another dtype": """
        func f(x: f4[n], y: f8[n]) -> (f8[n], f4):
          t1: f4[n] = exp x
          s: f4 = sum t1
          t2: f8[n] = mul t1, y
          return t2, s
    """,
    "of another shape": """
        func f(x: f8[n], y: f8[m, n]) -> (f8[m, n], f8):
          t1: f8[n] = exp x
          s: f8 = sum t1
          t2: f8[m, n] = mul t1, y
          return t2, s
    """,
    "a comparison": """
        func f(x: f8[n], y: f8[n]) -> (b1[n], f8):
          t1: f8[n] = exp x
          s: f8 = sum t1
          t2: b1[n] = gt t1, y
          return t2, s
    """,
    "a part of an expression": """
        func f(x: f8[n], y: f8[n]) -> (f8, f8):
          t1: f8[n] = exp x
          s: f8 = sum t1
          t2: f8[n] = mul t1, y
          t3: f8 = sum t2
          return t3, s
    """,
    "a function of the author's, which might round otherwise": """
        func f(x: f8[n], y: f8[n]) -> (f8[n], f8):
          t1: f8[n] = mul x, y
          s: f8 = sum t1
          t2: f8[n] = exp t1  # author
          return t2, s
    """,
}


@pytest.mark.parametrize("text", ALONE.values(), ids=ALONE)
def test_what_is_left_alone(text):
    same(text)


def test_what_an_iteration_reads_again_is_not_written():
    same(
        """
        func f(x: f8[n], y: f8[n], n: pyi) -> f8[n]:
          t1: f8[n] = exp x
          z.3: f8[n] = for i in range(n) carry z.1 = y:
            t2: f8[n] = mul t1, z.1
            yield t2
          return z.3
        """
    )


def test_a_broadcast_operand_is_added_in_place_to_what_was_just_made():
    source = grad(lambda W, b, x: np.sum(np.tanh(x @ W + b) ** 2), argnums=(0, 1)).source(
        np.ones((3, 2)), np.ones(2), np.ones((4, 3))
    )
    assert "+= b" in source


def test_each_quantity_keeps_its_name():
    def f(x, w):
        y = np.exp(x) * w
        return np.sum(y * y * x)

    source = grad(f, argnums=(0, 1)).source(np.ones(3), np.ones(3))
    assert "out=" in source
    assert "y_bar *= y" not in source


def chained(x, y):
    a = np.exp(x) - y
    b = a * a / (1.0 + y * y)
    c = np.tanh(b) * a - np.sqrt(y)
    return np.sum(c * b) + np.sum(a)


@pytest.mark.parametrize("shape", [(0,), (1,), (5,), (3, 4)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_gradients_are_right_and_arguments_stay(shape, dtype):
    rng = np.random.default_rng(3)
    x, y = rng.random(shape).astype(dtype), (rng.random(shape) + 0.5).astype(dtype)
    kept = x.copy(), y.copy()
    value, (x_bar, y_bar) = value_and_grad(chained, argnums=(0, 1))(x, y)
    assert np.array_equal(value, chained(x, y))
    assert np.array_equal(x, kept[0]) and np.array_equal(y, kept[1])
    assert x_bar.dtype == y_bar.dtype == dtype
    step = 1e-6 if dtype == np.float64 else 1e-2
    wide = x.astype(np.float64), y.astype(np.float64)
    for bar, k in ((x_bar, 0), (y_bar, 1)):
        moved = [np.array(v) for v in wide], [np.array(v) for v in wide]
        moved[0][k] += step
        moved[1][k] -= step
        slope = (chained(*moved[0]) - chained(*moved[1])) / (2.0 * step)
        assert np.allclose(np.sum(bar), slope, rtol=1e-3, atol=1e-3)


def test_only_what_is_printed_for_numpy_reuses_memory():
    text = """
        func f(x: f8[n], y: f8[n]) -> (f8[n], f8):
          t1: f8[n] = exp x
          s: f8 = sum t1
          t2: f8[n] = mul t1, y
          return t2, s
    """
    assert dump(inplace(parse(text))) == dump(parse(text))


@pytest.mark.parametrize("x", [0.5, 3.5])
def test_an_array_of_numbers_that_may_be_ints_is_not_written_to(x):
    """``max(2, x)`` is an int or a float, and so are the entries of arrays that are made of it alone."""

    def filled(x, A):
        low = max(2, x)
        np.add.at(A, [1, 0, 1], np.full((3, 3), low) * A)
        return np.sum(A)

    def listed(x, A):
        low = max(2, x)
        return np.sum(np.negative(np.array([low, low, low])) * A)

    A = np.arange(9.0).reshape(3, 3)
    h = 1e-6
    for f in (filled, listed):
        slope = (f(x + h, A.copy()) - f(x - h, A.copy())) / (2 * h)
        assert grad(f)(x, A.copy()) == pytest.approx(slope)
        assert value_and_grad(f)(x, A.copy())[0] == f(x, A.copy())
