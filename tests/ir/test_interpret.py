"""The reference interpreter: what each operation means."""

import operator

import numpy as np
import pytest

from s2sgrad.ir.core import Block, Call, Capture, Const, Function, Value
from s2sgrad.ir.interpret import interpret
from s2sgrad.ir.types import FLOAT
from tests.ir.test_printer import CASES
from tests.ir.text import parse


def run(name, *args):
    return interpret(parse(CASES[name]), *args)


def test_for():
    x = 0.3
    for _ in range(5):
        x = 3.1 * x * (1.0 - x)
    assert run("for", 3.1, 0.3, 5) == x
    assert run("for", 3.1, 0.3, 0) == 0.3


def test_stop_leaves_after_the_iteration():
    function = parse("""
        func f(n: pyi) -> pyi:
          s.1: pyi = for i in reversed(range(0, n, 3)) carry s = 0:
            s.2: pyi = add s, i
            t1: pyb = lt i, 5
            yield s.2 stop t1
          return s.1
    """)
    assert interpret(function, 14) == 12 + 9 + 6 + 3


def test_while_carries_several():
    assert run("while", 1.5) == (12.0, 3)
    assert run("while", 11.0) == (11.0, 0)


def test_if():
    assert run("if", -2.0) == 2.0
    assert run("if", 2.0) == 2.0


def test_captures_are_loaded_at_the_call():
    x, w = Value(FLOAT, "x"), Value(FLOAT, "w")
    y = Value(FLOAT)
    outside = {"weight": 2.0}
    function = Function("f", [x], Block([], [Call(operator.mul, (x, w), results=[y])], [y]))
    function.captures[w] = Capture("weight", outside, (("item", "weight"),))
    assert interpret(function, 3.0) == 6.0
    outside["weight"] = 4.0
    assert interpret(function, 3.0) == 12.0


def test_with_binds_and_unwinds():
    function = parse("""
        func f(x: f8) -> f8:
          y.1: f8 = with errstate divide='ignore':
            y: f8 = truediv 1.0, x
            yield y
          return y.1
    """)
    assert interpret(function, np.float64(0.0)) == np.inf


def test_arguments_are_not_changed_and_values_share_nothing():
    function = parse("""
        func f(A: f8[n]) -> (f8[n], f8[n], f8[n]):
          view: f8[n] = getitem A, 0:2
          B: f8[n] = setitem A, 0, 7.0
          C: f8[n] = additem B, [0, 0, 1], 1.0
          return view, B, C
    """)
    A = np.array([1.0, 2.0, 3.0])
    view, B, C = interpret(function, A)
    np.testing.assert_array_equal(A, [1, 2, 3])
    np.testing.assert_array_equal(view, [1, 2])
    np.testing.assert_array_equal(B, [7, 2, 3])
    np.testing.assert_array_equal(C, [9, 3, 3])
    assert not any(np.shares_memory(p, q) for p, q in [(view, A), (B, A), (C, B), (view, B)])


def test_an_argument_written_by_an_opaque_call_is_a_copy():
    function = parse("func f(A: f8[n]) -> f8[n]:\n  effect fill A, 1.0\n  return A", fill=lambda a, v: a.fill(v))
    A = np.zeros(2)
    np.testing.assert_array_equal(interpret(function, A), [1, 1])
    np.testing.assert_array_equal(A, [0, 0])


def test_stack():
    function = parse("""
        func f(x: pyf) -> (pyf, list[pyf]):
          s: list[pyf] = new_list
          s.1: list[pyf] = push s, x
          s.2: list[pyf] = push s.1, 2.0
          s.3: list[pyf], y: pyf = pop s.2
          return y, s.3
    """)
    assert interpret(function, 5.0) == (2.0, [5.0])


def test_a_function_calls_a_function():
    inner = parse("func g(x: pyf) -> (pyf, pyf):\n  y: pyf = mul x, x\n  return y, x")
    function = parse("func f(x: pyf) -> pyf:\n  a: pyf, b: pyf = g x\n  c: pyf = add a, b\n  return c", g=inner)
    assert interpret(function, 3.0) == 12.0


def test_structure_of_results():
    x = Value(FLOAT, "x")
    function = Function("f", [x], Block([], [], [x, Const(1)]), out={"a": 0, "b": [1, (0,)]})
    assert interpret(function, 2.0) == {"a": 2.0, "b": [1, (2.0,)]}


def test_counts_arguments():
    with pytest.raises(TypeError, match="takes 1 arguments, not 2"):
        interpret(parse("func f(x: pyf) -> pyf:\n  return x"), 1.0, 2.0)
