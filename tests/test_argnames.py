"""Arguments to differentiate in, chosen by their names."""

from __future__ import annotations

import pytest

from s2sgrad import grad, hessian, jacfwd, jacrev, value_and_grad
from s2sgrad.errors import ArgnumsError, ArgumentTypeError
from s2sgrad.testing import check_grads


def energy(x, y, *, scale=2.0, **options):
    return scale * x * y * y + options.get("shift", 0.0) ** 2


def test_one_name_gives_one_gradient():
    assert grad(energy, argnames="y")(3.0, 5.0) == 60.0
    assert grad(energy, argnames="scale")(3.0, 5.0, scale=7.0) == 75.0
    assert grad(energy, argnames="scale")(3.0, 5.0) == 75.0  # at its default
    assert value_and_grad(energy, argnames="shift")(3.0, 5.0, shift=4.0) == (166.0, 8.0)


def test_several_names_give_a_tuple_behind_the_positions():
    assert grad(energy, argnames=["scale", "x"])(3.0, 5.0) == (75.0, 50.0)
    assert grad(energy, 0, argnames="scale")(3.0, 5.0) == (50.0, 75.0)
    assert grad(energy, (1, 0), argnames=("scale",))(x=3.0, y=5.0) == (60.0, 50.0, 75.0)


def test_jacobians_and_hessians():
    assert jacfwd(energy, argnames="y")(3.0, y=5.0) == jacrev(energy, argnames="y")(3.0, y=5.0) == 60.0
    assert hessian(energy, argnames="y")(3.0, 5.0) == 12.0
    assert hessian(energy, argnames=("x", "scale"))(3.0, 5.0) == ((0.0, 25.0), (25.0, 0.0))


def test_as_decorator_of_a_method():
    class Spring:
        stiffness = 3.0

        @grad(argnames="x")
        def force(self, x):
            return self.stiffness * x * x

    assert Spring().force(2.0) == 12.0
    assert Spring().force(x=2.0) == 12.0


def inner(x):
    by_name = grad(energy, argnames="scale")(x, 5.0, scale=x * x)
    given_by_keyword = grad(energy, argnums=1)(x, y=2.0 * x)
    return by_name * x + given_by_keyword + grad(energy, argnames="y")(x, 3.0)


def test_inside_a_function_that_is_differentiated():
    check_grads(inner, (1.5,))


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ("scales", r"argnames names `scales`"),
        (("x", 1), r"argnames=\('x', 1\) is no name"),
        (("x", "x"), r"names an argument twice"),
    ],
)
def test_refusals(names, words):
    def f(x, y, *, scale):
        return x * y * scale

    with pytest.raises(ArgnumsError, match=words):
        grad(f, argnames=names)


def test_the_same_argument_by_position_and_by_name():
    with pytest.raises(ArgnumsError, match="twice"):
        grad(energy, 0, argnames="x")


def test_a_positional_only_parameter_has_no_name():
    def f(x, /, y):
        return x * y

    with pytest.raises(ArgnumsError, match=r"no argument that is given by this name\n  = help: its parameters are \(x"):
        grad(f, argnames="x")


def test_a_keyword_that_the_call_does_not_give():
    with pytest.raises(ArgnumsError, match="pass it: shift="):
        grad(energy, argnames="shift")(1.0, 2.0)

    def f(x):
        return grad(energy, argnames="scale")(x, x)

    with pytest.raises(ArgumentTypeError, match="pass scale="):
        grad(f)(1.0)
