"""Sums of products, written as an expert writes them; and what they are is the same however they are written."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import s2sgrad
from s2sgrad.ir.printer import dump
from s2sgrad.optimize.contractions.products import products
from s2sgrad.testing import check_grads
from tests.ir.text import parse
from tests.optimize.cases import check

LENGTHS = {"b": 2, "i": 3, "j": 4, "k": 5, "l": 2, "m": 3}


def arrays(spec, lengths=LENGTHS, dtype=np.float64):
    """Two factors of these subscripts, and weights for the result."""
    rng = np.random.default_rng(7)
    terms, out = spec.split("->")
    shapes = [tuple(lengths[c] for c in term) for term in (*terms.split(","), out)]
    made = [rng.standard_normal(shape).astype(dtype) for shape in shapes]
    if np.dtype(dtype).kind == "c":
        made = [x + (1j * rng.standard_normal(x.shape)).astype(dtype) for x in made]
    return made


def gradients(spec, x, y, w, z_of=np.einsum):
    def f(x, y):
        return np.sum(w * np.einsum(spec, x, y))

    gradient = s2sgrad.grad(f, argnums=(0, 1))
    return gradient(x, y), gradient.source()


def by_definition(spec, x, y, w):
    terms, out = spec.split("->")
    a, b = terms.split(",")
    return np.einsum(f"{out},{b}->{a}", w, y), np.einsum(f"{out},{a}->{b}", w, x)


SPECS = """
    i,i-> i,j->ij i,j->ji ij,j->i ij,i->j ij,jk->ik ij,jk->ki ji,jk->ik ij,kj->ik ji,kj->ki ij,ij-> ij,ij->i
    ij,ij->j ij,ji->i bij,bj->bi bij,bjk->bik bji,bjk->bik bij,bkj->bki ibj,kbj->bik ijb,jkb->ikb ijk,kl->ijl
    ijk,jl->ilk ijk,il->ljk ijk,jkl->il ijk,ijl->kl ijk,lk->ijl jik,jlk->il bijk,bjkl->bil bij,bik->bijk
    bi,bj->bij bij,ij->b ijk,ikj->i ijk,ml->ijkml bik,bjk->bij bik,jk->ijb
""".split()


@pytest.mark.parametrize("spec", SPECS)
def test_gradients_of_einsum(spec):
    x, y, w = arrays(spec)
    found, _ = gradients(spec, x, y, w)
    for bar, wanted in zip(found, by_definition(spec, x, y, w), strict=True):
        assert_allclose(bar, wanted, rtol=1e-12, atol=1e-14)
        assert bar.shape == wanted.shape


@pytest.mark.parametrize("letter", "bijkl")
@pytest.mark.parametrize("n", [0, 1])
def test_axes_of_length_zero_and_one(letter, n):
    for spec in (spec for spec in SPECS if letter in spec):
        x, y, w = arrays(spec, LENGTHS | {letter: n})
        found, _ = gradients(spec, x, y, w)
        for bar, wanted in zip(found, by_definition(spec, x, y, w), strict=True):
            assert_allclose(bar, wanted, rtol=1e-12, atol=1e-14)


def test_an_axis_of_length_one_is_repeated():
    x, y = np.ones((3, 1)) * 2.0, np.arange(8.0).reshape(4, 2)
    (x_bar, y_bar), _ = gradients("ij,jk->ik", x, y, np.ones((3, 2)))
    assert_allclose(x_bar, np.full((3, 1), 28.0))
    assert_allclose(y_bar, np.full((4, 2), 6.0))


@pytest.mark.parametrize("dtype", [np.float32, np.complex128, np.complex64])
def test_other_dtypes(dtype):
    for spec in SPECS:
        x, y, w = arrays(spec, dtype=dtype)

        def f(x, y, spec=spec):
            return np.einsum(spec, x, y)

        _, pullback = s2sgrad.vjp(f, x, y)
        for bar, wanted in zip(pullback(w), by_definition(spec, x, y, w), strict=True):
            assert_allclose(bar, wanted, rtol=1e-4 if dtype != np.complex128 else 1e-12, atol=1e-5)
            assert bar.dtype == dtype


def test_arrays_by_columns_give_the_same():
    for spec in SPECS:
        x, y, w = (a.copy(order="F") for a in arrays(spec))
        found, _ = gradients(spec, x, y, w)
        for bar, wanted in zip(found, by_definition(spec, x, y, w), strict=True):
            assert_allclose(bar, wanted, rtol=1e-12, atol=1e-14)


def test_what_is_returned_may_be_written():
    for spec in SPECS:
        (x_bar, y_bar), _ = gradients(spec, *arrays(spec))
        before = y_bar.copy()
        x_bar[...] = 0.0
        assert_allclose(y_bar, before)


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ("ij,jk->ik", "x.T @ "),
        ("bij,bjk->bik", ".swapaxes(1, 2)"),
        ("i,j->ij", "@ y"),
        ("bij,bij->b", "* y"),
        ("ijk,kl->ijl", ".reshape("),
        ("ijk,jl->ilk", "np.tensordot("),
        ("nki,kij->nkj", ".transpose(1, 2, 0)"),
    ],
)
def test_how_they_are_written(spec, text):
    x, y, w = arrays(spec, LENGTHS | {"n": 6})
    _, source = gradients(spec, x, y, w)
    assert text in source


# -- sums ------------------------------------------------------------------------------------------------


def text(product, result, axes="", shape=""):
    return f"""
        func f(x: f8[n], y: f8[n], one: f8[1], A: f8[n, n], s: f4[n], r: f4[n], c: f8) -> {result}:
          t1: {product}
          t2: {result} = sum t1{axes}
          return t2
        """


def test_a_sum_of_products_of_vectors():
    after = """
        func f(x: f8[n], y: f8[n], one: f8[1], A: f8[n, n], s: f4[n], r: f4[n], c: f8) -> f8:
          t1: f8 = matmul x, y
          return t1
        """
    check(products, text("f8[n] = mul x, y", "f8"), after)
    check(
        products,
        text("f4[n] = mul s, r", "f4"),
        after.replace("f8:", "f4:").replace("t1: f8 = matmul x, y", "t1: f4 = matmul s, r"),
    )


@pytest.mark.parametrize("product", ["mul x, c", "mul x, s", "mul x, one", "add x, y"])
def test_other_sums_stay(product):
    same = text(f"f8[n] = {product}", "f8")
    check(products, same, same)


AXES = [None, 0, 1, 2, (0, 1), (0, 2), (1, 2), (0, 1, 2)]


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("keepdims", [False, True])
def test_gradients_of_broadcast_products(axis, keepdims):
    rng = np.random.default_rng(3)
    A = rng.standard_normal((3, 4, 5))
    shapes = [(3, 4, 5), (5,), (4, 1), (3, 1, 5), (3, 4, 1), (1, 4, 5), (1, 1, 5)]
    for shape in shapes:
        y = rng.standard_normal(shape)
        w = rng.standard_normal(np.sum(A, axis=axis, keepdims=keepdims).shape)

        def f(A, y, w=w):
            return np.sum(w * np.sum(A * y, axis=axis, keepdims=keepdims))

        A_bar, y_bar = s2sgrad.grad(f, argnums=(0, 1))(A, y)
        axes = (0, 1, 2) if axis is None else axis
        spread = w if keepdims else np.expand_dims(w, axes)
        assert_allclose(A_bar, np.broadcast_to(spread * y, A.shape), rtol=1e-12)
        whole = np.broadcast_to(spread, A.shape) * A
        lost = tuple(range(3 - y.ndim))
        kept = tuple(k for k in range(y.ndim) if y.shape[k] == 1)
        assert_allclose(y_bar, whole.sum(axis=lost).sum(axis=kept, keepdims=True), rtol=1e-12, atol=1e-14)


def test_a_sum_of_products_that_are_there():
    def f(w, x, c):
        moved = w[:, :, None] * x
        return np.sum((np.sum(moved, axis=0) + c) ** 2) + np.sum(moved**3)

    check_grads(f, (np.random.default_rng(2).standard_normal((3, 4)), np.ones((4, 5)), np.ones(5)))


@pytest.mark.parametrize(("reduced", "is_product"), [("axis=1", True), ("axis=0", False)])
def test_products_that_something_else_reads(reduced, is_product):
    before = f"""
        func f(x: f8[n, m], y: f8[n], z: f8[m, n]) -> f8[n]:
          t1: f8[m, n] = mul {"z, y" if is_product else "z, z"}
          t2: f8[{"m" if is_product else "n"}] = sum t1, {reduced}
          return t1, t2
        """
    after = dump(products(parse(before)))
    assert ("matmul" in after) == is_product
    assert "mul z" in after


# -- statements of the author's --------------------------------------------------------------------------


def loss(A, B):
    e = np.einsum("ij,kj->ik", A, B)
    return np.sum(e * e)


def test_the_value_is_computed_as_the_author_says():
    A, B = np.random.default_rng(0).standard_normal((2, 40, 30))
    value, _ = s2sgrad.value_and_grad(loss)(A, B)
    assert value == loss(A, B)
    gradient = s2sgrad.grad(loss)
    gradient(A, B)
    assert "einsum" not in gradient.source()


def decided(A, B):
    e = np.einsum("ij,kj->ik", A, B)
    return np.sum(e * e) if e[0, 0] > 0.0 else np.sum(e)


def tried(A, B):
    try:
        e = np.einsum("ij,kj->ik", A, B)
    except ValueError:
        e = A
    return np.sum(e * e)


def printed(A, B):
    e = np.einsum("ij,kj->ik", A, B)
    print(e[0, 0])
    return np.sum(e * e)


@pytest.mark.parametrize("f", [decided, tried, printed])
def test_what_is_observed_stays(f, capsys):
    A, B = np.random.default_rng(0).standard_normal((2, 4, 3))
    gradient = s2sgrad.grad(f)
    gradient(A, B)
    assert "np.einsum" in gradient.source().split("# backward")[0]
