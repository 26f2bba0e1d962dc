"""Loops become one where every entry is then read and written in the order in which it was; otherwise they stay."""

from __future__ import annotations

import numpy as np
import pytest

from tests.backends.fusion.loops import Code

RANKS = {"x": 1, "y": 1, "a": 1, "b": 1, "v": 1, "w": 1, "M": 2, "u": 1}


def fill(target: str, value: str, length: str = "n") -> str:
    return f"for i in range({length}):\n    {target} = {value}\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(fill("a[i]", "x[i]") + fill("b[i]", "y[i]"), id="unrelated"),
        pytest.param(fill("a[i]", "x[i]") + fill("b[i]", "a[i] * 2.0"), id="one entry behind its making"),
        pytest.param(fill("b[i]", "a[i]") + fill("a[i]", "x[i]"), id="read before it is written"),
        pytest.param("v = a[1:]\nw = a[1:]\n" + fill("v[i]", "2.0", "m") + fill("b[i]", "w[i]", "m"), id="equal views"),
        pytest.param("for i in range(n):\n    a[0] += x[i]\nfor i in range(n):\n    a[0] -= y[i]\n", id="sums"),
        pytest.param(fill("a[i]", "x[i]") + "c = 2.0\n" + fill("b[i]", "c * y[i]"), id="a number between"),
        pytest.param("v = M[0]\nw = M[1]\n" + fill("v[i]", "x[i]") + fill("b[n - 1 - i]", "w[i]"), id="other rows"),
    ],
)
def test_merged(text: str) -> None:
    code = Code(text, RANKS, shared=("a", "v", "w") if "a[1:]" in text else ("M", "v", "w"))
    assert code.loops == 1
    agrees(code)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(fill("a[i]", "x[i]") + fill("b[i]", "y[i]", "m"), id="other lengths"),
        pytest.param(fill("a[i]", "x[i]") + fill("b[i]", "a[n - 1 - i]"), id="another entry"),
        pytest.param("v = a[1:]\nw = a[:-1]\n" + fill("v[i]", "x[i]", "m") + fill("b[i]", "w[i]", "m"), id="shifted"),
        pytest.param("v = a[1:]\nw = a[:-1]\n" + fill("b[i]", "v[i]", "m") + fill("w[i]", "x[i]", "m"), id="back"),
        pytest.param("c = 0.0\nfor i in range(n):\n    c += x[i]\n" + fill("b[i]", "c * y[i]"), id="a sum"),
        pytest.param("for i in range(n):\n    a[0] += x[i]\n" + fill("b[i]", "a[0]"), id="an entry that is read"),
        pytest.param("for i in range(n):\n    a[0] += x[i]\nfor i in range(n):\n    a[0] *= y[i]\n", id="not a sum"),
        pytest.param(fill("a[i]", "x[i]") + "c = a[2]\n" + fill("b[i]", "c * y[i]"), id="a number of the first"),
        pytest.param(fill("a[i]", "x[i]") + "c = np.sum(a)\n" + fill("b[i]", "c * y[i]"), id="a call on the first"),
        pytest.param(
            fill("M[i, 0]", "x[i]") + "c = np.sum(np.transpose(M))\n" + fill("b[i]", "c"), id="a call on a view"
        ),
        pytest.param(fill("a[i]", "x[i]") + "y.sort()\n" + fill("b[i]", "y[i]"), id="an unknown call"),
        pytest.param(fill("a[i]", "x[i]") + "a = np.copy(y)\n" + fill("b[i]", "a[i]"), id="the name of another array"),
        pytest.param("w = M[0]\nv = M[:, 0]\n" + fill("w[i]", "x[i]") + fill("b[i]", "v[i]"), id="row and column"),
        pytest.param("v = M[-1]\n" + fill("M[i, 0]", "x[i]") + "c = v[-1]\n" + fill("M[i, 1]", "c"), id="from the end"),
        pytest.param("v = a[::-1]\n" + fill("v[i]", "x[i]") + fill("b[i]", "a[i]"), id="backwards"),
    ],
)
def test_not_merged(text: str) -> None:
    code = Code(text, RANKS, shared=("a", "v", "w") if "= a[" in text else ("M", "v", "w"))
    assert code.loops == 2
    agrees(code)


def agrees(code: Code) -> None:
    rng = np.random.default_rng(0)
    arrays = {name: rng.normal(size=(5,) * rank) for name, rank in code.ranks.items() if name not in "vw"}
    before, after = code.run(**arrays, n=5, m=4)
    for name, x in before.items():
        np.testing.assert_allclose(after[name], x, rtol=1e-14, err_msg=name)


def test_what_may_be_one_array_is_told_apart_only_by_its_places() -> None:
    text = fill("a[i]", "x[i]") + fill("b[n - 1 - i]", "y[i]")
    assert Code(text, RANKS).loops == 1
    assert Code(text, RANKS, shared=("a", "b")).loops == 2


def test_a_view_whose_index_has_changed_is_of_another_place() -> None:
    text = "k = 0\nv = M[k]\nk = 1\nw = M[k]\n" + fill("v[i]", "x[i]") + fill("b[i]", "w[n - 1 - i]")
    assert Code(text, RANKS, shared=("M", "v", "w")).loops == 2


def test_a_check_stays_in_front_of_what_it_protects() -> None:
    check = "if x.shape[0] != y.shape[0]:\n    raise ValueError\n"
    code = Code(fill("a[i]", "x[i]") + check + fill("b[i]", "y[i]"), RANKS)
    assert code.loops == 1
    assert code.text.startswith("if x.shape[0] != y.shape[0]")


def test_lengths_that_are_checked_to_be_equal_are_one() -> None:
    check = "m = y.shape[0]\nif m != n:\n    raise ValueError\n"
    code = Code("n = x.shape[0]\n" + fill("a[i]", "x[i]") + check + fill("b[i]", "y[i]", "m"), RANKS)
    assert code.loops == 1


def test_the_variable_of_the_outer_loop_may_be_that_of_an_inner_one() -> None:
    column = "for j in range(n):\n    for i in range(n):\n        b[j] += M[i, j]\n"
    code = Code(column + "for i in range(n):\n    for j in range(n):\n        y[i] += x[i] * M[j, i]\n", RANKS)
    assert code.loops == 1
    agrees(code)


def test_inner_loops_are_merged_too() -> None:
    nest = "for i in range(n):\n    for j in range(n):\n        {} = {}\n"
    code = Code(nest.format("M[i, j]", "x[i] * y[j]") + nest.format("b[i]", "b[i] + M[i, j]"), RANKS)
    assert code.loops == 1 and code.text.count("for j") == 1
    agrees(code)


def test_a_loop_inside_does_not_take_the_variable_of_the_loop_around_it() -> None:
    nest = "for i in range(n):\n    c = 0.0\n    for j in range(n):\n        c += M[i, j]\n    b[i] = c\n"
    code = Code("for j in range(n):\n    a[j] = x[j]\n" + nest, RANKS)
    assert code.loops == 1
    agrees(code)
    with_number = "j = 2\n" + fill("a[k]", "x[k]").replace("for i", "for k") + "for j in range(n):\n    y[j] = 0.5\n"
    agrees(Code(with_number + nest, RANKS))


def test_a_loop_that_reads_the_variable_of_another_stays() -> None:
    text = "for j in range(n):\n    a[j] = x[j]\nfor i in range(n):\n    b[i] = x[i] * j\n"
    code = Code(text, RANKS)
    assert code.loops == 2
    agrees(code)
