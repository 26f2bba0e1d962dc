"""``hasattr`` and ``getattr`` with a default of objects whose classes run code when they are asked."""

import pytest

from s2sgrad import value_and_grad


class Computed:
    def __init__(self, x):
        self.x = x

    def __getattr__(self, name):
        if name == "double":
            return self.x * 2.0
        raise AttributeError(name)


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, x):
        self.a = x


def found_by_getattr(x):
    return x * 5.0 if hasattr(Computed(x), "double") else x


def not_found_by_getattr(x):
    return x * 5.0 if hasattr(Computed(x), "triple") else x


def default_not_needed(x):
    return getattr(Computed(x), "double", x * 7.0)


def default_needed(x):
    return getattr(Computed(x), "triple", x * 7.0)


def slot_that_is_empty(x):
    slotted = Slotted(x)
    before = hasattr(slotted, "b")
    slotted.b = x * 3.0
    return x if before else getattr(slotted, "b", 0.0) * getattr(slotted, "a", 0.0)


def plain(x):
    return x * 2.0 if hasattr(Slotted(x), "a") and not hasattr(Slotted(x), "c") else x


@pytest.mark.parametrize(
    "f", [found_by_getattr, not_found_by_getattr, default_not_needed, default_needed, slot_that_is_empty, plain]
)
def test_derivatives(f):
    value, gradient = value_and_grad(f)(1.5)
    assert value == f(1.5)
    assert gradient == pytest.approx((f(1.5 + 1e-6) - f(1.5 - 1e-6)) / 2e-6)


def test_a_property_that_is_not_there():
    class Partial:
        def __init__(self, x):
            self.x = x

        @property
        def missing(self):
            raise AttributeError("not here")

    def f(x):
        p = Partial(x)
        return x if hasattr(p, "missing") else getattr(p, "missing", 3.0 * x)

    assert value_and_grad(f)(1.5) == (4.5, 3.0)
