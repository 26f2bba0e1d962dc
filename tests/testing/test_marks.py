"""Marked functions: what is found in a module, and what is checked of it."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad
from s2sgrad.errors import GradientMismatch
from s2sgrad.testing import differentiable, examples_in


def module_of(**things):
    module = ModuleType("model")
    for name, thing in things.items():
        if hasattr(thing, "__dict__"):
            thing.__module__ = "model"
        setattr(module, name, thing)
    return module


def test_a_mark_leaves_the_function_as_it_is():
    def f(x, y):
        return x * y

    marked = differentiable(example=(2.0, 3.0))(f)
    assert marked is f
    assert grad(marked)(2.0, 3.0) == 3.0


def test_examples_with_their_options():
    @differentiable(example=(2.0,), order=1)
    @differentiable(example=lambda: (np.arange(3.0),))
    @differentiable(example=4.0)
    def f(x):
        return np.sum(x * x)

    found = list(examples_in(module_of(f=f)))
    assert [example.name for example in found] == ["f[0]", "f[1]", "f[2]"]
    assert found[0].options == {"order": 1}
    for example in found:
        example.check()


def test_derivatives_are_checked_by_their_primals():
    def cubic(x):
        return x**3

    @differentiable(example=(2.0,))
    @value_and_grad
    def square(x):
        return x**2

    marked = differentiable(example=(1.5,))(cubic)
    bare = grad(lambda x: x)
    found = {example.name: example for example in examples_in(module_of(square=square, slope=grad(marked), bare=bare))}
    assert found["square"].function is square.__wrapped__
    assert found["slope"].function is cubic
    assert found["bare"].arguments is None
    found["square"].check()


def test_methods_and_what_is_imported():
    class Model:
        def __init__(self, w):
            self.w = w

        @differentiable(example=lambda: (Model(2.0), 3.0))
        def loss(self, x):
            return self.w * x**2

    module = module_of(Model=Model)
    Model.loss.__module__ = "model"
    module.imported = differentiable(example=(1.0,))(lambda x: x)  # belongs to this file
    found = list(examples_in(module))
    assert [example.name for example in found] == ["Model.loss"]
    found[0].check()


def test_what_is_wrong_is_found():
    @differentiable(example=(0.0,), order=1)
    def bent(x):
        return x if x > 0.0 else 0.3 * x

    (example,) = examples_in(module_of(bent=bent))
    with pytest.raises(GradientMismatch, match="probable cause: kink"):
        example.check()
