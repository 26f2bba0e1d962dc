"""Which statements of the author's are read by derivative code alone."""

import numpy as np
import pytest

from s2sgrad import grad
from s2sgrad.ir.core import Call, walk
from s2sgrad.optimize.unobserved import unobserved
from tests.ir.text import parse


def names(text):
    """The functions of the calls that are not observed."""
    function = parse(text)
    for op in walk(function.body):
        op.adjoint = isinstance(op, Call) and op.result.name == "x_bar"
    return sorted(op.fn.__name__ for op in unobserved(function))


def test_what_only_derivative_code_reads():
    text = """
        func f(x: f8[n]) -> f8[n]:
          t1: f8[n] = sin x
          t2: f8[n] = mul t1, t1
          x_bar: f8[n] = mul t2, x
          return x_bar
        """
    assert names(text) == ["mul", "sin"]


def test_what_is_returned_is_observed_with_all_it_is_computed_from():
    text = """
        func f(x: f8[n]) -> f8[n]:
          t1: f8[n] = sin x
          t2: f8[n] = mul t1, t1
          t3: f8[n] = cos x
          x_bar: f8[n] = mul t3, x
          return x_bar, t2
        """
    assert names(text) == ["cos"]


READERS = ["b1[n] = gt t1, 0.0", "i8[n] = argsort t1", "f8[n] = floor t1", "f8[n] = sign t1", "f8[n] = mod t1, 0.5"]


@pytest.mark.parametrize("reader", READERS)
def test_what_is_compared_or_sorted_or_jumps_is_observed(reader):
    text = f"""
        func f(x: f8[n]) -> f8[n]:
          t1: f8[n] = sin x
          t2: {reader}
          x_bar: f8[n] = mul t2, x
          return x_bar
        """
    assert "sin" not in names(text)


def test_what_a_loop_carries_is_observed():
    text = """
        func f(x: f8[n]) -> f8[n]:
          t1: f8[n] = sin x
          y: f8[n] = for i in range(3) carry z = t1:
            t2: f8[n] = cos z
            yield t2
          x_bar: f8[n] = mul y, x
          return x_bar
        """
    assert names(text) == []


def test_a_gradient_is_that_of_the_jump_that_the_primal_is_at():
    """The sums cancel only in the order in which the author adds."""

    def signs(x, w, y):
        return np.sum(y * np.sign(np.einsum("ij,j->i", x[None] * np.ones((2, 1)), w)))

    rng = np.random.default_rng(0)
    for _ in range(50):
        x, w = rng.integers(1, 9, (2, 7)) * 0.1
        w[-1] = -np.sum(x[:-1] * w[:-1]) / x[-1]
        assert grad(signs, argnums=2)(x, w, 1.0) == signs(x, w, 1.0)
