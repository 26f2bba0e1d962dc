"""Products of Hessians with vectors: checked against the Hessian, and against differences of gradients."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from s2sgrad import grad, hessian, hvp, jvp, vhp
from s2sgrad.errors import ArgumentCountError, NonScalarOutput, StructureMismatch, UnsupportedCall
from s2sgrad.testing import check_grads

RNG = np.random.default_rng(0)
X, V = RNG.normal(size=5), RNG.normal(size=5)


def banana(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def simulation(x, a):
    """A loop, a branch and updates in place."""
    u = x.copy()
    for k in range(6):
        if u[k % 5] > 0.0:
            u[1:-1] += a * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        else:
            u[k % 5] = np.sin(u[k % 5]) * a
    return np.sum(u**3)


def nested(params, scale):
    hidden = np.tanh(params["W"] @ np.array([0.5, -1.0]) + params["b"][0])
    return scale**2 * np.sum(hidden**2)


@pytest.mark.parametrize("product", [hvp, vhp])
def test_it_is_the_hessian_times_the_vector(product):
    np.testing.assert_allclose(product(banana, (X,), (V,)), hessian(banana)(X) @ V, rtol=1e-12)


@pytest.mark.parametrize("product", [hvp, vhp])
def test_loops_branches_and_updates(product):
    eps = 1e-6
    x_bar, a_bar = product(simulation, (X, 0.3), (V, 0.7))
    ahead, behind = (grad(simulation, (0, 1))(X + s * eps * V, 0.3 + s * eps * 0.7) for s in (1, -1))
    np.testing.assert_allclose(x_bar, (ahead[0] - behind[0]) / (2 * eps), rtol=1e-6)
    np.testing.assert_allclose(a_bar, (ahead[1] - behind[1]) / (2 * eps), rtol=1e-6)


@pytest.mark.parametrize("product", [hvp, vhp])
def test_arguments_kept_fixed_and_pytrees(product):
    params = {"W": RNG.normal(size=(3, 2)), "b": (RNG.normal(size=3),)}
    v = {"W": RNG.normal(size=(3, 2)), "b": (RNG.normal(size=3),)}
    found, fixed = product(nested, (params, 2.0), (v, None))
    assert fixed is None
    blocks = hessian(nested)(params, 2.0)
    for key, rest in (("W", found["W"]), ("b", found["b"][0])):
        row = blocks[key] if key == "W" else blocks[key][0]
        expected = np.tensordot(row["W"], v["W"], 2) + np.tensordot(row["b"][0], v["b"][0], 1)
        np.testing.assert_allclose(rest, expected, rtol=1e-12)


def test_it_is_differentiated_again():
    def curvature(x, v):
        return v @ hvp(banana, (x,), (v,))

    def by_a_maker(x, v):
        return np.sum(PRODUCT((x,), (v,)) ** 2)

    def inside(x, v):
        def local(y):
            return np.sum(np.sin(y) * x)

        return np.sum(vhp(local)((v,), (x,)))

    for f in (curvature, by_a_maker, inside):
        check_grads(f, (X, V), order=1)
    assert jvp(hvp(banana), ((X,), (V,)), (None, (V,)))[1] == pytest.approx(hvp(banana, (X,), (V,)))


PRODUCT = hvp(banana)


@hvp
def decorated(x):
    return np.sum(np.exp(x))


def test_the_maker_shows_its_source_and_is_pickled_with_its_code():
    with pytest.raises(ArgumentCountError, match="not been called"):
        vhp(lambda x: x).source()
    assert "x_bar_dot" in PRODUCT.source((X,), (V,))
    np.testing.assert_allclose(decorated((X,), (V,)), np.exp(X) * V)
    assert "x_dot * np.exp(x)" in decorated.source()
    assert pickle.loads(pickle.dumps(decorated)) is decorated
    copy = pickle.loads(pickle.dumps(PRODUCT))
    np.testing.assert_array_equal(copy((X,), (V,)), PRODUCT((X,), (V,)))
    assert "hvp of banana" in repr(copy)


class Model:
    def __init__(self, w):
        self.w = w

    @hvp
    def curvature(self, x):
        return np.sum(self.w * x**3)

    @jvp
    def slope(self, x):
        return np.sum(self.w * x**3)

    @hessian
    def matrix(self, x):
        return np.sum(self.w * x**3)


def test_as_methods_operators_leave_self_out():
    model = Model(np.arange(1.0, 6.0))
    expected = 6.0 * model.w * X
    np.testing.assert_allclose(model.curvature((X,), (V,)), expected * V)
    np.testing.assert_allclose(model.slope((X,), (V,))[1], np.sum(3.0 * model.w * X**2 * V))
    np.testing.assert_allclose(model.matrix(X), np.diag(expected))
    np.testing.assert_allclose(grad(lambda x: model.slope((x,), (V,))[1])(X), expected * V)
    assert Model.curvature.__name__ == "hvp_curvature"


def test_refusals():
    with pytest.raises(NonScalarOutput):
        hvp(np.sin, (X,), (V,))
    with pytest.raises(StructureMismatch, match="has shape"):
        hvp(banana, (X,), (V[1:],))
    with pytest.raises(StructureMismatch, match="NoneType"):
        hvp(banana, (X,))
    with pytest.raises(UnsupportedCall, match="backend"):
        hvp(banana, backend="fortran")
