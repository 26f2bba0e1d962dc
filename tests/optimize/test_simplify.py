"""The rewrites, a line each, and the control flow that goes."""

import re

import pytest

from s2sgrad.ir.printer import dump
from s2sgrad.ir.verify import verify
from s2sgrad.optimize import pipeline
from s2sgrad.optimize.dce import dce
from s2sgrad.optimize.simplify import simplify
from tests.ir.text import parse
from tests.optimize.cases import check


def clean(function):
    return dce(simplify(function))


PARAMS = "x: pyf, y: pyf, s: f8, A: f8[n, m], B: f8[n, m], v: f8[m], one: f8[1, m], i: pyi, u: any, k: anyk"


def simplified(*body, author=False):
    """The last of these operations, with all it needs, after simplification: a list of lines."""
    mark = " # author" if author else ""
    lines = [f"  t{k}{': ' if ' = ' in line else ' = '}{line}{mark}" for k, line in enumerate(body, 1)]
    function = parse("\n".join([f"func f({PARAMS}) -> any:", *lines, f"  return t{len(body)}"]))
    verify(function)
    pipeline.clean(function.body)
    verify(function)
    return [re.sub(r": [^=]*= ", " = ", line.strip()) for line in dump(function).splitlines()[1:]]


ALGEBRA = [
    # constants
    (["sub 3, 1"], ["return 2"]),
    (["truediv 1, 0"], ["t1 = truediv 1, 0", "return t1"]),
    (["mul x, 1.0"], ["return x"]),
    (["mul 1, x"], ["return x"]),
    (["mul i, 1.0"], ["t1 = mul 1.0, i", "return t1"]),  # a float, not an int
    (["multiply x, 1.0"], ["return x"]),  # which kind of number a cotangent is, is free
    (["mul A, 2"], ["t1 = mul 2.0, A", "return t1"]),
    (["mul A, 2.0", "mul 3.0, t1"], ["t1 = mul 6.0, A", "return t1"]),
    (["truediv x, 1.0"], ["return x"]),
    (["mul x, 0.0"], ["t1 = mul 0.0, x", "return t1"]),  # x may be infinite
    (["mul A, s", "mul 3.0, t1"], ["t1 = mul 3.0, s", "t2 = mul t1, A", "return t2"]),  # numbers first
    (
        ["mul A, 2.0", "mul 3.0, t1", "add t1, t2"],
        ["t1 = mul 2.0, A", "t2 = mul 3.0, t1", "t3 = add t1, t2", "return t3"],
    ),
    # powers
    (["sub 3, 1", "pow x, t1", "mul 3, t2", "mul 1.0, t3"], ["t1 = pow x, 2", "t2 = mul 3.0, t1", "return t2"]),
    (["sub 2, 1", "pow x, t1", "mul 2, t2"], ["t1 = mul 2.0, x", "return t1"]),
    (["pow x, 2.0"], ["t1 = pow x, 2.0", "return t1"]),
    (["pow x, 0"], ["return 1.0"]),
    # zeros
    (["add x, 0.0"], ["return x"]),
    (["add 0, x"], ["return x"]),
    (["sub x, 0"], ["return x"]),
    (["sub 0, x"], ["t1 = neg x", "return t1"]),
    (["zeros_like A", "add t1, B"], ["return B"]),
    (["zeros_like x", "add t1, y"], ["return y"]),
    (["zeros_like v", "getitem t1, i"], ["return 0.0"]),
    (["zeros_like u", "add t1, u"], ["t1 = zeros_like u", "t2 = add t1, u", "return t2"]),  # shapes may differ
    # negations
    (["neg x", "neg t1"], ["return x"]),
    (["neg y", "add x, t1"], ["t1 = sub x, y", "return t1"]),
    (["neg x", "add t1, y"], ["t1 = sub y, x", "return t1"]),
    (["neg y", "sub x, t1"], ["t1 = add x, y", "return t1"]),
    (["neg x", "sub t1, y"], ["t1 = add x, y", "t2 = neg t1", "return t2"]),
    (["neg x", "mul t1, y", "add s, t2"], ["t1 = mul x, y", "t2 = sub s, t1", "return t2"]),
    (["neg x", "mul t1, A"], ["t1 = neg x", "t2 = mul t1, A", "return t2"]),  # cheaper than the negation of an array
    (
        ["neg x", "truediv t1, y", "mul s, t2", "add x, t3"],
        ["t1 = truediv x, y", "t2 = mul s, t1", "t3 = sub x, t2", "return t3"],
    ),
    (["mul 2.0, A", "neg t1"], ["t1 = mul -2.0, A", "return t1"]),
    (["mul -2.0, A", "add B, t1"], ["t1 = mul 2.0, A", "t2 = sub B, t1", "return t2"]),
    (["sub x, y", "neg t1"], ["t1 = sub y, x", "return t1"]),
    (["sub A, B", "neg t1", "maximum t1, t2"], ["t1 = sub A, B", "t2 = neg t1", "t3 = maximum t1, t2", "return t3"]),
    (["mul 2.0, x", "mul y, t1"], ["t1 = mul y, x", "t2 = mul 2.0, t1", "return t2"]),
    (["truediv 0.5, x", "mul y, t1"], ["t1 = truediv y, x", "t2 = mul 0.5, t1", "return t2"]),
    (["mul 2.0, v", "mul A, t1"], ["t1 = mul 2.0, v", "t2 = mul A, t1", "return t2"]),  # v is smaller
    (["neg x", "mul t1, A", "neg t2"], ["t1 = mul x, A", "return t1"]),
    (["neg x", "mul t1, A", "add B, t2"], ["t1 = mul x, A", "t2 = sub B, t1", "return t2"]),
    (["truediv 0.5, y", "mul -2.0, t1", "add x, t2"], ["t1 = truediv 1.0, y", "t2 = sub x, t1", "return t2"]),
    (["mul A, 2.0", "mul 3.0, B", "mul t1, t2"], ["t1 = mul A, B", "t2 = mul 6.0, t1", "return t2"]),
    (["mul x, -1.0"], ["t1 = neg x", "return t1"]),
    # the rest
    (["add A, A"], ["t1 = mul 2.0, A", "return t1"]),
    (["truediv 1, y", "mul A, t1"], ["t1 = truediv A, y", "return t1"]),
    (["truediv 1.0, A", "mul t1, B"], ["t1 = truediv B, A", "return t1"]),
]

ARRAYS = [
    (["shape A", "f8[n, m] = broadcast_to 1.0, t1", "mul 2.0, A", "mul t2, t3"], ["t1 = mul 2.0, A", "return t1"]),
    (["shape A", "f8[n, m] = broadcast_to v, t1", "mul t2, A"], ["t1 = mul v, A", "return t1"]),
    (
        ["shape A", "f8[n, m] = broadcast_to v, t1", "mul t2, v"],
        ["t1 = shape A", "t2 = mul v, v", "t3 = broadcast_to t2, t1", "return t3"],
    ),
    (["shape A", "f8[n, m] = broadcast_to B, t1"], ["return B"]),
    (
        ["shape A", "f8[n, m] = broadcast_to v, t1", "mul x, t2"],
        ["t1 = shape A", "t2 = mul x, v", "t3 = broadcast_to t2, t1", "return t3"],
    ),
    (
        ["f8[1, m] = expand_dims v, 0", "shape A", "f8[n, m] = broadcast_to t1, t2", "mul t3, A"],
        ["t1 = mul v, A", "return t1"],
    ),
    (["f8[m, 1] = expand_dims v, 1", "mul t1, A"], ["t1 = expand_dims v, 1", "t2 = mul t1, A", "return t2"]),
    (["shape k", "anyk = broadcast_to 1.0, t1", "mul t2, k"], ["return k"]),
    (
        ["shape u", "any = broadcast_to 1.0, t1", "mul t2, u"],
        ["t1 = shape u", "t2 = broadcast_to 1.0, t1", "t3 = mul t2, u", "return t3"],
    ),
    (["unbroadcast A, B"], ["return A"]),
    (["unbroadcast x, s"], ["return x"]),
    (["unbroadcast A, v"], ["t1 = unbroadcast A, v", "return t1"]),
    (["unbroadcast u, u"], ["t1 = unbroadcast u, u", "return t1"]),
    (["sum one, axis=0, keepdims=True"], ["return one"]),
    (["sum one, axis=0"], ["t1 = squeeze one, axis=0", "return t1"]),
    (["sum A, axis=0"], ["t1 = sum A, axis=0", "return t1"]),
    (["sum one, axis=(0, 1)"], ["t1 = sum one, axis=(0, 1)", "return t1"]),
    (["neg A", "sum t1, axis=0", "add v, t2"], ["t1 = sum A, axis=0", "t2 = sub v, t1", "return t2"]),
    (["mul 2.0, A", "sum t1"], ["t1 = sum A", "t2 = mul 2.0, t1", "return t2"]),
    (["sum A, axis=None, keepdims=False"], ["t1 = sum A", "return t1"]),
    (["f8[n, 1] = sum A, axis=1, keepdims=True", "getitem t1, (:, 0)"], ["t1 = sum A, axis=1", "return t1"]),
    (
        ["neg A", "f8[n, 1] = sum t1, axis=1, keepdims=True", "mul 2.0, t2", "getitem t3, (:, 0)"],
        ["t1 = sum A, axis=1", "t2 = mul -2.0, t1", "return t2"],
    ),
    (["f8[m, 1] = expand_dims v, 1", "getitem t1, (:, 0)"], ["return v"]),
    (["f8[m, 1] = expand_dims v, 1", "getitem t1, 0"], ["t1 = expand_dims v, 1", "t2 = getitem t1, 0", "return t2"]),
    (
        ["f8[1, 1] = sum A, axis=(0, 1), keepdims=True", "getitem t1, (:, 0)"],
        ["t1 = sum A, axis=(0, 1), keepdims=True", "t2 = getitem t1, (:, 0)", "return t2"],
    ),
    (["transpose A", "transpose t1"], ["return A"]),
    (["transpose A, (1, 0)", "transpose t1, (1, 0)"], ["return A"]),
    (["swapaxes A, 0, 1", "swapaxes t1, 0, 1"], ["return A"]),
    (["f8[p] = reshape A, -1", "f8[2, q] = reshape t1, (2, -1)"], ["t1 = reshape A, (2, -1)", "return t1"]),
    (["conj A"], ["return A"]),
    (["setitem A, ..., B"], ["return B"]),
    (["setitem A, ..., v"], ["t1 = setitem A, ..., v", "return t1"]),
    (["zeros_like A", "additem t1, ..., B"], ["return B"]),
    (["mul -2.0, v", "additem A, 0, t1"], ["t1 = mul 2.0, v", "t2 = neg t1", "t3 = additem A, 0, t2", "return t3"]),
    (
        ["truediv 0.5, y", "neg t1", "additem A, 0, t2"],
        ["t1 = truediv 0.5, y", "t2 = neg t1", "t3 = additem A, 0, t2", "return t3"],
    ),
    (["additem A, ..., B"], ["t1 = additem A, ..., B", "return t1"]),
    (["shape v", "f8[m] = broadcast_to x, t1", "additem A, 0, t2"], ["t1 = additem A, 0, x", "return t1"]),
]


@pytest.mark.parametrize("before, after", ALGEBRA + ARRAYS, ids=lambda lines: "; ".join(lines))
def test_rewrite(before, after):
    assert simplified(*before) == after


@pytest.mark.parametrize("line", ["mul x, 1.0", "sub 0, x", "add A, A", "sub 3, 1", "reshape A, (2, -1)"])
def test_the_authors_operations_stay(line):
    assert simplified(line, author=True) == [f"t1 = {line}", "return t1"]


def test_a_replacement_takes_over_the_name():
    check(
        clean,
        """
        func f(x: pyf, y: pyf) -> pyf:
          t1: pyf = mul x, y
          x_bar: pyf = mul t1, 1.0
          return x_bar
        """,
        """
        func f(x: pyf, y: pyf) -> pyf:
          x_bar: pyf = mul x, y
          return x_bar
        """,
    )


def test_constant_branch():
    check(
        clean,
        """
        func f(x: pyf) -> pyf:
          y: pyf = if True:
            t1: pyf = mul x, 1.0
            t2: pyf = mul t1, x
            yield t2
          else:
            yield x
          return y
        """,
        """
        func f(x: pyf) -> pyf:
          t1: pyf = mul x, x
          return t1
        """,
    )


def test_equal_results_of_branches():
    check(
        clean,
        """
        func f(c: pyb, x: pyf) -> pyf:
          y: pyf, z: pyf = if c:
            t1: pyf = mul x, 1.0
            yield t1, 2.0
          else:
            t2: pyf = add x, 0.0
            yield t2, 2.0
          w: pyf = mul y, z
          return w
        """,
        """
        func f(c: pyb, x: pyf) -> pyf:
          w: pyf = mul 2.0, x
          return w
        """,
    )


def test_invariant_carry():
    check(
        clean,
        """
        func f(x: pyf, a: pyf, n: pyi) -> pyf:
          x.3: pyf, a.2: pyf = for i in range(n) carry x.1 = x, a.1 = a:
            x.2: pyf = mul x.1, a.1
            yield x.2, a.1
          y: pyf = mul x.3, a.2
          return y
        """,
        """
        func f(x: pyf, a: pyf, n: pyi) -> pyf:
          x.3: pyf = for i in range(n) carry x.1 = x:
            x.2: pyf = mul x.1, a
            yield x.2
          y: pyf = mul x.3, a
          return y
        """,
    )


def test_each_result_stays_an_array_of_its_own():
    check(
        clean,
        """
        func f(v_bar: f8[n], c: pyf) -> (f8[n], f8[n], f8[n]):
          x_bar: f8[n] = mul v_bar, 1.0
          y_bar: f8[n] = mul v_bar, c
          z_bar: f8[n] = mul y_bar, 1.0
          t1: f8[n] = mul v_bar, v_bar
          w_bar: f8[n] = mul t1, 1.0
          return x_bar, y_bar, z_bar, w_bar
        """,
        """
        func f(v_bar: f8[n], c: pyf) -> (f8[n], f8[n], f8[n], f8[n]):
          x_bar: f8[n] = mul v_bar, 1.0
          y_bar: f8[n] = mul v_bar, c
          z_bar: f8[n] = mul y_bar, 1.0
          w_bar: f8[n] = mul v_bar, v_bar
          return x_bar, y_bar, z_bar, w_bar
        """,
    )


def test_two_lengths_that_meet_are_equal():
    check(
        clean,
        """
        func f(x: f8[p], y: f8[q]) -> f8[p]:
          t1: (pyi,) = shape x
          t2: f8[p] = broadcast_to 1.0, t1
          t3: f8[p] = truediv t2, y
          t4: f8[p] = mul t3, x
          return t4
        """,
        """
        func f(x: f8[p], y: f8[q]) -> f8[p]:
          t1: f8[p] = truediv x, y
          return t1
        """,
    )


def test_lengths_come_from_parameters():
    check(
        clean,
        """
        func f(x: f8[n, m], y: f8[m]) -> (pyi, pyi, pyi):
          t1: f8[m] = sum x, axis=0
          t2: f8[n, m] = exp x
          a: pyi = size t1
          t3: (pyi, pyi) = shape t2
          b: pyi = getindex t3, 1
          c: pyi = len t2
          return a, b, c
        """,
        """
        func f(x: f8[n, m], y: f8[m]) -> (pyi, pyi, pyi):
          a: pyi = size y
          t1: (pyi, pyi) = shape x
          b: pyi = getindex t1, 1
          t2: (pyi, pyi) = shape x
          c: pyi = getindex t2, 0
          return a, b, c
        """,
    )
