"""The order of the passes, what they may change, and verifying between them."""

import operator

import pytest

from s2sgrad.ir.core import Call, Const, walk
from s2sgrad.ir.printer import dump
from s2sgrad.ir.verify import InvalidIR
from s2sgrad.optimize import pipeline
from s2sgrad.optimize.pipeline import clean, optimize, optimize_tangent
from tests.ir.text import parse
from tests.optimize.cases import check

SQUARE = """
    func f(x: pyf) -> pyf:
      t1: pyi = sub 2, 1
      t2: pyf = pow x, t1
      t3: pyf = mul 2, t2
      x_bar: pyf = mul 1.0, t3
      return x_bar
"""


def test_square():
    check(optimize, SQUARE, "func f(x: pyf) -> pyf:\n  x_bar: pyf = mul 2.0, x\n  return x_bar")


def test_equal_terms_are_one():
    check(
        optimize,
        """
        func f(x: f8[n], y: f8[n]) -> f8[n]:
          t1: f8[n] = mul x, y
          t2: f8[n] = mul x, y
          x_bar: f8[n] = add t1, t2
          return x_bar
        """,
        """
        func f(x: f8[n], y: f8[n]) -> f8[n]:
          t1: f8[n] = mul x, y
          x_bar: f8[n] = mul 2.0, t1
          return x_bar
        """,
    )


def test_a_block_is_cleaned_on_its_own():
    function = parse("""
        func f(x: pyf, n: pyi) -> pyf:
          y: pyf = mul x, x
          s.2: pyf = for i in range(n) carry s = 0.0:
            t1: pyf = neg y
            t2: pyf = mul s, s
            s.1: pyf = add s, t1
            yield s.1
          return s.2
    """)
    clean(function.body.ops[1].body)
    assert dump(function).splitlines()[3:5] == ["    s.1: pyf = sub s, y", "    yield s.1"]


def test_only_ours_changes():
    """The tangent transform knows the author's operations, which were there before."""
    function = parse("""
        func f(x: pyf, x_dot: pyf) -> (pyf, pyf):
          y: pyf = mul x, 1.0 # author
          y_dot: pyf = mul x_dot, 1.0 # author
          return y, y_dot
    """)
    author = function.body.ops[0]
    optimize_tangent(function, {author})
    assert dump(function).splitlines()[1:] == ["  y: pyf = mul x, 1.0", "  return y, x_dot"]


def test_new_operations_belong_where_the_replaced_did():
    function = parse(SQUARE)
    for op in walk(function.body):
        op.adjoint = False
    optimize(function, ours=lambda op: True)
    assert not any(op.adjoint for op in walk(function.body))


def breaks(function, ours):
    function.body.ops.append(Call(operator.neg, (Const(1.0),), results=[function.params[0]]))
    return function


def test_verifies_after_each_pass(monkeypatch):
    monkeypatch.setattr(pipeline, "PASSES", (breaks,))
    monkeypatch.setattr(pipeline, "_ALWAYS_VERIFY", False)
    with pytest.raises(InvalidIR, match="after breaks: function f > x = neg: result .* is assigned twice"):
        optimize(parse(SQUARE), verify=True)
    optimize(parse(SQUARE), verify=False)


def test_verifies_what_it_is_given():
    function = parse(SQUARE)
    function.body.ops.reverse()
    with pytest.raises(InvalidIR, match="before optimisation"):
        optimize(function, verify=True)
