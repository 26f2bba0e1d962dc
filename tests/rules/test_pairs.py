"""The order in which many factors are contracted, and the gradients of all of them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import s2sgrad
from s2sgrad.rules.pairs import pairs
from s2sgrad.testing import check_grads


@pytest.mark.parametrize(
    ("spec", "steps"),
    [
        ("abc,ia,jb->ijc", ((0, 1, "abc,ia->ibc"), (3, 2, "ibc,jb->ijc"))),
        ("ij,jk,kl->il", ((0, 1, "ij,jk->ik"), (3, 2, "ik,kl->il"))),
        ("ij,jk,k->i", ((1, 2, "jk,k->j"), (0, 3, "ij,j->i"))),
        ("ij,k,jk->i", ((1, 2, "k,jk->j"), (0, 3, "ij,j->i"))),
        ("i,j,ij->", ((0, 2, "i,ij->j"), (3, 1, "j,j->"))),
    ],
)
def test_what_costs_least_comes_first(spec, steps):
    assert pairs(spec) == steps


def test_the_authors_own_order_is_kept():
    assert pairs("ij,jk,kl->il", ["einsum_path", (1, 2), (0, 1)]) == ((1, 2, "jk,kl->jl"), (0, 3, "ij,jl->il"))


def test_an_order_that_is_not_of_pairs_is_replaced():
    assert pairs("ij,jk,kl->il", ["einsum_path", (0, 1, 2)]) == pairs("ij,jk,kl->il")


def test_many_factors_are_contracted_from_the_left():
    letters = "abcdefghijk"
    spec = ",".join(map("".join, zip(letters, letters[1:], strict=False))) + "->ak"
    assert [step[:2] for step in pairs(spec)][:3] == [(0, 1), (10, 2), (11, 3)]


SPECS = """
    ab,bc,cd->ad abc,ia,jb,kc->ijk ir,jr,kr->ijk i,ij,j-> aab,bc,cd->d ab,bc,d->ac bij,bjk,bkl->bil ab,ab,ab->a
    a,b,c->abc ab,cd,ac->bd
""".split()


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("optimize", [False, True])
def test_gradients_of_all_factors(spec, optimize):
    rng = np.random.default_rng(4)
    lengths = {"a": 2, "b": 3, "c": 2, "d": 4, "i": 2, "j": 3, "k": 2, "l": 2, "r": 3}
    inputs, out = spec.split("->")
    factors = [rng.standard_normal(tuple(lengths[c] for c in term)) for term in inputs.split(",")]
    w = rng.standard_normal(tuple(lengths[c] for c in out))

    def f(*factors):
        return np.sum(w * np.einsum(spec, *factors, optimize=optimize))

    check_grads(f, factors)
    value, _ = s2sgrad.value_and_grad(f)(*factors)
    assert value == f(*factors)


def test_lengths_of_one_and_zero():
    def f(x, y, z):
        return np.sum(np.einsum("ij,jk,kl->il", x, y, z) ** 2)

    for m, n in ((1, 3), (3, 1), (0, 2), (2, 0)):
        x, y, z = np.ones((2, m)), np.full((m, n), 2.0), np.ones((n, 3))
        x_bar, _, z_bar = s2sgrad.grad(f, argnums=(0, 1, 2))(x, y, z)
        R = 2.0 * (x @ y @ z)
        assert_allclose(x_bar, R @ z.T @ y.T)
        assert_allclose(z_bar, (x @ y).T @ R)


def test_intermediate_results_are_shared():
    def f(x, y, z):
        return np.sum(np.einsum("ij,jk,kl->il", x, y, z, optimize=True) ** 2)

    gradient = s2sgrad.grad(f, argnums=(0, 1, 2))
    gradient(*np.random.default_rng(0).standard_normal((3, 4, 4)))
    assert gradient.source().count("@") == 6  # two for the value, two for each adjoint of one
