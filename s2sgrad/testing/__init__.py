"""Checking derivatives, by hand and under pytest.

>>> check_grads(f, (x, 2.0))            # forward and reverse mode, first and second order

@differentiable(example=(x, 2.0))       # what `pytest --s2sgrad-check model` checks
def f(x, y): ...
"""

from s2sgrad.testing.checks import Check, assert_grads, check_grads, compare
from s2sgrad.testing.marks import Example, differentiable, examples_in

__all__ = ["Check", "Example", "assert_grads", "check_grads", "compare", "differentiable", "examples_in"]
