"""Objects as arguments and results: named tuples, dataclasses, namespaces, instances."""

from __future__ import annotations

import dataclasses
import functools
from collections import namedtuple
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from s2sgrad import (
    checkpoint,
    directional,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacrev,
    jvp,
    on_backward,
    stop_gradient,
    value_and_grad,
    vjp,
)
from s2sgrad.errors import AliasError, ArgumentTypeError, S2SGradError, StructureMismatch

X = np.array([0.3, -0.2, 0.5])
W = np.arange(6.0).reshape(2, 3) / 7.0
B = np.array([0.1, -0.4])


class Affine(NamedTuple):
    W: Any
    b: Any
    name: str = "affine"

    def __call__(self, x):
        return self.W @ x + self.b


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    W: Any
    b: Any = 0.0
    steps: int = 2
    act: Any = np.tanh

    def __post_init__(self):
        if not isinstance(self.steps, int):
            raise TypeError("steps has to be an int")

    def run(self, x):
        y = self.W @ x + self.b
        for _ in range(self.steps):
            y = self.act(y)
        return y


class Layer:
    def __init__(self, W, b, axis=0):
        self.W, self.b, self.axis = W, b, axis

    def __call__(self, x):
        return np.tanh(self.W @ x + self.b)


class Net:
    __slots__ = ("layers", "scale", "title")

    def __init__(self, *layers):
        self.layers, self.scale, self.title = list(layers), 2.0, "net"

    def loss(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.scale * np.sum(x, axis=self.layers[0].axis)


def bare(W, b, x):
    return np.sum(np.tanh(W @ x + b))


W_BAR, B_BAR = grad(bare, (0, 1))(W, B, X)


# -- the gradient has the structure of the argument -----------------------------------------------------


def test_named_tuple():
    g = grad(lambda p, x: np.sum(np.tanh(p(x))))(Affine(W, B), X)
    assert type(g) is Affine
    np.testing.assert_array_equal(g.W, W_BAR)
    np.testing.assert_array_equal(g.b, B_BAR)
    assert g.name is None


def test_frozen_dataclass_is_made_without_its_checks():
    def f(s, x):
        return np.sum(s.run(x))

    value, g = value_and_grad(f)(Settings(W=W, steps=1), X)
    assert value == f(Settings(W=W, steps=1), X)
    assert type(g) is Settings
    np.testing.assert_array_equal(g.W, grad(bare)(W, 0.0, X))
    np.testing.assert_allclose(g.b, grad(bare, 1)(W, 0.0, X))
    assert (g.steps, g.act) == (None, None)


def test_namespace():
    g = grad(lambda p, x: bare(p.W, p.b, x))(SimpleNamespace(W=W, b=B, note="x"), X)
    assert type(g) is SimpleNamespace
    assert vars(g).keys() == {"W", "b", "note"}
    np.testing.assert_array_equal(g.W, W_BAR)


def test_instances_of_instances():
    net = Net(Layer(W, B), Layer(np.eye(2), B))
    value, g = value_and_grad(Net.loss)(net, X)
    assert value == net.loss(X)
    assert type(g) is Net
    assert [type(layer) for layer in g.layers] == [Layer, Layer]
    assert g.title is None
    assert g.layers[0].axis is None

    def flat(W0, b0, W1, b1, scale):
        return scale * np.sum(np.tanh(W1 @ np.tanh(W0 @ X + b0) + b1), axis=0)

    expected = grad(flat, (0, 1, 2, 3, 4))(W, B, np.eye(2), B, 2.0)
    found = (g.layers[0].W, g.layers[0].b, g.layers[1].W, g.layers[1].b, g.scale)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_step_of_descent():
    layer = Layer(W.copy(), B.copy())

    def loss(layer, x):
        return np.sum(layer(x) ** 2)

    before = loss(layer, X)
    g = grad(loss)(layer, X)
    layer.W -= 0.1 * g.W
    layer.b -= 0.1 * g.b
    assert loss(layer, X) < before


def test_inside_of_containers():
    g = grad(lambda p, x: np.sum(p["head"](p["body"][0](x))))({"body": [Layer(W, B)], "head": Affine(np.eye(2), B)}, X)
    assert type(g["head"]) is Affine
    assert type(g["body"][0]) is Layer
    np.testing.assert_array_equal(g["body"][0].W, W_BAR)


def test_bases_slots_and_private_names():
    class Base:
        __slots__ = ("__weight",)

        def __init__(self, weight):
            self.__weight = weight

        @property
        def weight(self):
            return self.__weight

    class Derived(Base):
        __slots__ = ("bias", "unset")

    d = Derived(3.0)
    d.bias = 0.5
    g = grad(lambda m, x: m.weight * x + m.bias)(d, 2.0)
    assert (g.weight, g.bias) == (2.0, 1.0)


# -- every kind of derivative ------------------------------------------------------------------------------


def test_jacobians_and_hessians():
    Point = namedtuple("Point", "x y")

    def f(p):
        return Point(p.x * p.y, p.x**2)

    for jacobian in (jacfwd, jacrev):
        assert jacobian(f)(Point(2.0, 3.0)) == Point(Point(3.0, 2.0), Point(4.0, 0.0))
    H = hessian(lambda p: p.x**2 * p.y)(Point(2.0, 3.0))
    assert Point(Point(6.0, 4.0), Point(4.0, 0.0)) == H


def test_jacobians_of_objects_with_options():
    for jacobian in (jacfwd, jacrev):
        J = jacobian(lambda x: Layer(x * np.array([1.0, 2.0]), x**2, axis=1))(3.0)
        np.testing.assert_array_equal(J.W, [1.0, 2.0])
        assert (J.b, J.axis) == (6.0, None)


def test_every_operator():
    def loss(layer, x):
        return np.sum(layer(x) ** 2)

    layer, along = Layer(W, B), Layer(np.ones_like(W), np.ones(2), None)
    H = hessian(loss)(layer, X)
    expected = {"W": np.sum(H.b.W, axis=(1, 2)) + np.sum(H.b.b, axis=1)}
    (product, _) = hvp(loss, (layer, X), (along, None))
    np.testing.assert_allclose(product.b, expected["W"])
    np.testing.assert_allclose(directional(loss, (layer, X), (along, None)), jvp(loss, (layer, X), (along, None))[1])
    g = grad(loss)(layer, X)
    for same in (
        lambda layer, x: checkpoint(loss)(layer, x),
        lambda layer, x: on_backward(loss(layer, x), lambda bar: bar),
        lambda layer, x: loss(layer, stop_gradient(x)),
    ):
        np.testing.assert_allclose(grad(same)(layer, X).W, g.W)


def test_forward_and_reverse_agree():
    net = Net(Layer(W, B))
    dot = grad(Net.loss)(net, X)  # any net with numbers in the places of numbers
    out, out_dot = jvp(Net.loss, (net, X), (dot, None))
    same, pullback = vjp(Net.loss, net, X)
    assert out == same == net.loss(X)
    bar, x_bar = pullback(1.0)
    assert x_bar.shape == X.shape
    pairs = [(bar.layers[0].W, dot.layers[0].W), (bar.layers[0].b, dot.layers[0].b), (bar.scale, dot.scale)]
    np.testing.assert_allclose(out_dot, sum(np.sum(a * b) for a, b in pairs))


def test_gradient_of_a_gradient():
    def squared_gradient(layer, x):
        g = grad(lambda layer, x: np.sum(layer(x)))(layer, x)
        return np.sum(g.W**2) + np.sum(g.b**2) * (g.axis is None)

    def flat(W, b, x):
        W_bar, b_bar = grad(bare, (0, 1))(W, b, x)
        return np.sum(W_bar**2) + np.sum(b_bar**2)

    g = grad(squared_gradient)(Layer(W, B), X)
    np.testing.assert_allclose(g.W, grad(flat)(W, B, X))


def test_vjp_inside():
    def f(p, x):
        out, pullback = vjp(lambda p: p(x) * 2.0, p)
        (bar,) = pullback(out)
        return np.sum(bar.W) + np.sum(bar.b)

    np.testing.assert_allclose(grad(f)(Affine(W, B), X).b, jacrev(lambda b: f(Affine(W, b), X))(B))


def test_objects_as_results():
    def f(x):
        return x * x, Affine(2.0 * x, 1.0, "made"), Layer(x, 3.0, axis=1)

    def with_aux(x):
        value, *aux = f(x)
        return value, aux

    (value, (affine, layer)), g = value_and_grad(with_aux, has_aux=True)(3.0)
    assert (value, g) == (9.0, 6.0)
    assert affine == Affine(6.0, 1.0, "made")
    assert type(layer) is Layer
    assert vars(layer) == {"W": 3.0, "b": 3.0, "axis": 1}

    out, out_dot = jvp(lambda x: f(x)[1], (3.0,), (1.0,))
    assert out == f(3.0)[1]
    assert (out_dot.W, out_dot.b) == (2.0, 0.0)


# -- what an object holds beside floats -------------------------------------------------------------------


def test_options_may_be_needed_while_compiling():
    def f(m):
        return np.sum(np.sum(m.W, axis=m.axis) ** (m.axis + 1))

    for axis in (0, 1):
        value, g = value_and_grad(f)(Layer(W, B, axis))
        assert value == f(Layer(W, B, axis))
        assert g.W.shape == W.shape
        np.testing.assert_allclose(g.W, (axis + 1) * np.ones_like(W) * (np.sum(W, axis=1, keepdims=True) ** axis))


def test_functions_and_texts_count_with_their_values():
    def f(m, x):
        return m.act(x) * m.W if m.kind == "scaled" else m.act(x)

    for act, kind in ((np.sin, "scaled"), (np.cos, "scaled"), (np.sin, "plain")):
        m = SimpleNamespace(W=2.0, act=act, kind=kind)
        assert grad(f)(m, 0.5).W == (act(0.5) if kind == "scaled" else 0.0)


def test_an_object_without_floats_has_no_derivative():
    class Empty:
        n = 3

    for argument, words in (
        (Empty(), "an Empty"),
        (Affine(1, 2), "an Affine"),
        (SimpleNamespace(n=1), "SimpleNamespace"),
    ):
        with pytest.raises(ArgumentTypeError, match=words):
            grad(lambda m: 1.0)(argument)
    with pytest.raises(ArgumentTypeError, match=r"argument `p\['n'\]` of `<lambda>` is an int"):
        grad(lambda p: p["m"].W)({"m": Layer(1.0, 1.0), "n": 3})


def test_callers_objects_stay_as_they_are():
    class Counter:
        def __init__(self, w):
            self.w, self.calls = w, 0

        def loss(self, x):
            self.calls += 1
            return self.w * x * self.calls, self

    c = Counter(2.0)
    (value, changed), g = value_and_grad(Counter.loss, has_aux=True)(c, 3.0)
    assert (value, g.w, c.calls, changed.calls) == (6.0, 3.0, 0, 1)
    grad(c.loss, has_aux=True)(3.0)  # not differentiated in: what is stored is stored
    assert c.calls == 1


# -- code is compiled once --------------------------------------------------------------------------------


def test_other_objects_of_the_class_use_the_same_code():
    g = grad(Net.loss)
    for k in range(3):
        g(Net(Layer(W + k, B)), X)
    h = grad(lambda x, p: np.sum(p(x)))
    for k in range(3):
        h(X, Affine(W + k, B))  # not differentiated in
    assert len(list(g.dispatcher)) == len(list(h.dispatcher)) == 1
    np.testing.assert_array_equal(h(X, Affine(W, B)), W.sum(axis=0))


def test_what_differs_compiles_anew():
    g = grad(lambda m: m.W * m.W)
    assert g(Layer(3.0, 1.0)).W == 6.0
    assert g(SimpleNamespace(W=4.0)).W == 8.0
    assert vars(g(SimpleNamespace(W=4.0, extra=1.0))) == {"W": 8.0, "extra": 0.0}
    np.testing.assert_array_equal(jacrev(lambda m: m.W * m.W)(Layer(B, 1.0)).W, np.diag(2 * B))


# -- shared and cyclic structures --------------------------------------------------------------------------


def test_one_array_in_two_places_has_a_derivative_for_each():
    g = grad(lambda m: np.sum(m.W * m.b))(Layer(B, B))
    np.testing.assert_array_equal(g.W, B)
    np.testing.assert_array_equal(g.b, B)


def test_one_object_in_two_places():
    layer = Layer(2.0, 1.0)
    pair = SimpleNamespace(a=layer, b=layer)
    g = grad(lambda p: p.a.W * p.b.W**2)(pair)
    assert (g.a.W, g.b.W) == (4.0, 8.0)

    def writes(p):
        p.a.W = 3.0 * p.a.W
        return p.b.W

    with pytest.raises(AliasError):
        grad(writes)(pair)
    with pytest.raises(S2SGradError, match="one object"):
        grad(lambda p: p.a.W if p.a is p.b else 0.0)(pair)


def test_tied_arrays_and_attributes_that_are_replaced():
    def f(m):
        m.W = 2.0 * m.W
        return np.sum(m.W * m.b)

    def writes(m):
        m.W[0] = 0.0
        return np.sum(m.W * m.b)

    g = grad(f)(Layer(B, B))
    np.testing.assert_array_equal(g.W, 2.0 * B)
    with pytest.raises(AliasError):
        grad(writes)(Layer(B, B))
    np.testing.assert_array_equal(grad(writes)(Layer(B.copy(), B)).W, [0.0, B[1]])


class Cell:
    def __init__(self):
        self.w = 5.0


SHARED = Cell()


def test_objects_that_are_reached_in_two_ways_and_written_into():
    def through_argument(a, b):
        a.w = 2.0 * a.w
        return a.w * b.w

    def through_another(a, b):
        b.w = 2.0 * a.w
        return a.w

    def reads_a_global(a, b):
        a.w = 2.0 * a.w
        return a.w * SHARED.w

    def writes_a_global(a, b):
        SHARED.w = 2.0 * a.w
        return a.w

    for f in (through_argument, through_another, reads_a_global, writes_a_global):
        one = SHARED if "global" in f.__name__ else Cell()
        with pytest.raises(AliasError):
            grad(f)(one, one)
        expected = f(Cell(), Cell())
        SHARED.w = 5.0
        assert value_and_grad(f)(Cell(), Cell())[0] == expected
        SHARED.w = 5.0
    assert grad(lambda a, b: a.w * b.w)(SHARED, SHARED).w == 5.0  # only read: the derivative in the first


def test_cycles_are_refused():
    parent = Layer(1.0, 2.0)
    parent.child = Layer(3.0, 4.0)
    parent.child.parent = parent
    with pytest.raises(ArgumentTypeError, match="leads back to itself"):
        grad(lambda m: m.W)(parent)
    lonely = Layer(1.0, 2.0)
    lonely.helper = SimpleNamespace(name="x")
    lonely.helper.itself = lonely.helper  # holds no floats: it stays as it is
    assert grad(lambda m: m.W * 2.0)(lonely).W == 2.0


def test_functions_that_hold_on_to_the_object_are_refused():
    layer = Layer(1.0, 2.0)
    for forward in (layer.__call__, lambda x: layer.W * x, functools.partial(Layer.__call__, layer)):
        layer.forward = forward
        with pytest.raises(ArgumentTypeError, match="holds on to the same `Layer`"):
            grad(lambda m: m.forward(1.0))(layer)


def test_cached_properties():
    class Gram:
        def __init__(self, A):
            self.A = A

        @functools.cached_property
        def product(self):
            return self.A * self.A

    def f(m):
        return m.product * m.product

    assert grad(f)(Gram(3.0)).A == 108.0
    used = Gram(3.0)
    f(used)
    with pytest.raises(ArgumentTypeError, match="cached property"):
        grad(f)(used)


def test_pandas_inside_of_an_object():
    with pytest.raises(ArgumentTypeError, match="holds a pandas object"):
        grad(lambda m: m.W.sum())(Layer(pd.Series([1.0, 2.0]), 1.0))


def test_tangents_have_to_look_like_their_primals():
    with pytest.raises(StructureMismatch, match="nested otherwise"):
        jvp(lambda m: m.W, (Layer(1.0, 2.0),), (SimpleNamespace(W=1.0, b=0.0, axis=None),))
    with pytest.raises(StructureMismatch, match=r"tangent 0\.W has shape \(2,\)"):
        jvp(lambda m: m.W, (Layer(1.0, 2.0),), (Layer(B, 0.0),))


def test_source():
    g = grad(lambda p: p.W * p.W)
    g(Affine(3.0, 1.0))
    assert g.source().splitlines()[-1].strip() == "return Affine(W=W_bar, b=0.0, name=None)"
