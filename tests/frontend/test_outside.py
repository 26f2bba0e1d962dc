"""Objects from outside of the function that it writes into: the derivative writes the same, and sees what it wrote."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad
from s2sgrad.errors import S2SGradError
from tests.frontend.checking import N, check


class Filter:
    """A filter that keeps its state between calls, as filters do."""

    def __init__(self):
        self.x, self.dx, self.gain = 1.0, 0.5, 0.6
        self.count, self.message, self.history = 0, None, None

    @property
    def predicted(self):
        return self.x + 0.1 * self.dx

    def update(self, z):
        self.residual = z - self.predicted
        self.dx += 0.3 * self.residual
        self.x = self.predicted + self.gain * self.residual
        self.count += 1
        return self.x * self.dx

    def converge(self, z):
        for _ in range(4):
            if self.update(z) > 1.2:
                self.message = f"overshoot to {self.x:.2f}"
                self.gain = 0.5 * self.gain * z
        return self.total()

    def total(self):
        return self.x**2 + self.gain

    def keep(self, z):
        self.history = z * z
        return np.sum(self.history * z)

    def prepare(self):
        self.gain = 0.25

    def after_preparing(self, z):
        self.prepare()
        return self.gain * z

    def aliased(self, z):
        y = z * 2.0
        self.history = y
        y += 1.0
        return np.sum(y)


class Checked:
    """Whatever is stored is checked by the object itself."""

    def __setattr__(self, name, value):
        object.__setattr__(self, name, abs(value))

    def use(self, z):
        self.level = z
        return self.level * z


METHODS = [("update", 1.7), ("converge", 1.7), ("keep", N), ("after_preparing", 1.7)]


@pytest.mark.parametrize("name,z", METHODS)
def test_value_gradient_and_state(name, z):
    plain, derived = Filter(), Filter()
    value, _ = value_and_grad(getattr(derived, name))(z)
    assert value == getattr(plain, name)(z)
    assert str(vars(derived)) == str(vars(plain))


@pytest.mark.parametrize("name,z", METHODS)
def test_derivatives(name, z):
    """Each call with a filter of its own: what one call leaves would change the next."""
    check(lambda z: getattr(copy.deepcopy(FRESH), name)(z), z)


FRESH = Filter()


@pytest.mark.parametrize("name,z", METHODS)
def test_state_carries_over(name, z):
    plain, derived = Filter(), Filter()
    derivative = value_and_grad(getattr(derived, name))
    for factor in (1.0, 1.1, 0.9):
        assert derivative(z * factor)[0] == getattr(plain, name)(z * factor)
    assert str(vars(derived)) == str(vars(plain))


def test_what_is_stored_shares_no_memory():
    derived = Filter()
    x = N.copy()
    gradient = grad(derived.keep)(x)
    gradient[:] = 0.0
    assert np.array_equal(derived.history, N * N)


@pytest.mark.parametrize("method,what", [(Filter().aliased, "stored in an object"), (Checked().use, "outside")])
def test_refused(method, what):
    with pytest.raises(S2SGradError, match=what):
        grad(method)(N if "Filter" in str(method) else 2.0)
