"""The textual dump: names, types, control flow; and that reading it back gives the same text."""

import inspect
import operator

import numpy as np
import pytest

from s2sgrad.ir.core import Block, Call, Const, Function, Value
from s2sgrad.ir.printer import dump, function_name, literal
from s2sgrad.ir.types import FLOAT
from tests.ir.text import parse

CASES = {
    "for": """
        func logistic(r: pyf, x: pyf, n: pyi) -> pyf:
          x.3: pyf = for i in range(n) carry x.1 = x:
            t1: pyf = mul r, x.1
            t2: pyf = sub 1.0, x.1
            x.2: pyf = mul t1, t2
            yield x.2
          return x.3
    """,
    "reversed for with stop": """
        func f(x: pyf, n: pyi) -> pyf:
          s.1: pyf = for i in reversed(range(1, n, 2)) carry s = 0.0:
            t1: pyb = gt s, x
            yield x stop t1
          return s.1
    """,
    "while": """
        func f(x: pyf) -> (pyf, pyi):
          x.4: pyf, n.3: pyi = while carry x.1 = x, n = 0:
            t1: pyb = lt x.1, 10.0
            test t1
          do x.2, n.1:
            x.3: pyf = mul x.2, 2.0
            n.2: pyi = add n.1, 1
            yield x.3, n.2
          return x.4, n.3
    """,
    "if": """
        func f(x: pyf) -> pyf:
          t1: pyb = gt x, 0.0
          y.1: pyf = if t1:
            yield x
          else:
            y: pyf = neg x
            yield y
          effect print 'done', y.1
          return y.1
    """,
    "diverges": """
        func f(x: pyf) -> pyf:
          t1: pyb = lt x, 0.0
          if t1:
            effect print 'negative'
            diverges
          else:
            yield
          return x
    """,
    "index": """
        func f(A: f8[n, 1], i: pyi) -> f8[?, 1]:
          t1: f8[n, 1] = setitem A, (i, -1), 2.0
          t2: f8[n, 1] = additem t1, ..., 1.0
          t3: f8[n, 1] = getitem t2, (1:, ::2, None)
          t4: f8[1] = sum t2, axis=0
          return t3
    """,
    "with and capture": """
        func f(x: f8) -> f8:
          w: f8 = capture weight
          y.1: f8 = with errstate all='ignore' as state: object:
            y: f8 = truediv x, w
            yield y
          return y.1
    """,
}


@pytest.mark.parametrize("name", CASES)
def test_reads_back(name):
    text = inspect.cleandoc(CASES[name]) + "\n"
    result = dump(parse(text))
    assert result.replace("f8[n, 1]:\n", "f8[?, 1]:\n") == text


def test_an_authors_name_that_looks_like_a_temporary_stays_unique():
    t1, y, z = Value(FLOAT, "t1"), Value(FLOAT), Value(FLOAT, "t1")
    ops = [Call(operator.neg, (t1,), results=[y]), Call(operator.neg, (y,), results=[z])]
    function = Function("f", [t1], Block([], ops, [z]))
    assert dump(function).splitlines()[1:] == ["  t2: pyf = neg t1", "  t1.1: pyf = neg t2", "  return t1.1"]


def test_structure_of_results():
    x = Value(FLOAT, "x")
    function = Function("f", [x], Block([], [], [x, Const(1)]), out={"a": 0, "b": [1, (0,)]})
    assert dump(function).splitlines()[0] == "func f(x: pyf) -> {'a': pyf, 'b': [pyi, (pyf,)]}:"


class Thing:
    pass


@pytest.mark.parametrize(
    "value, text",
    [
        (1.0, "1.0"),
        (np.float32(0.5), "float32(0.5)"),
        (np.dtype("f4"), "float32"),
        (np.tanh, "tanh"),
        (..., "..."),
        (("a", 1), "('a', 1)"),
        (np.arange(3), "array([0, 1, 2])"),
        (np.zeros((3, 4)), "<array f8[3, 4]>"),
        (Thing(), "<Thing>"),
        (np.float64, "float64"),
    ],
)
def test_literals(value, text):
    assert literal(value) == text


def test_names_of_functions():
    assert [function_name(f) for f in (operator.mul, np.tanh, np.linalg.inv, np.add, len)] == [
        "mul",
        "tanh",
        "linalg.inv",
        "add",
        "len",
    ]
