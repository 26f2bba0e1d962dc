"""Control flow prints as an author would write it."""

import inspect
import math
import operator
from typing import Any

import numpy as np
import pytest

from s2sgrad.emit import compile_module, emit
from s2sgrad.ir.core import Block, Call, Capture, Const, Function, If, Value, With
from s2sgrad.ir.primitives import raise_
from s2sgrad.ir.types import FLOAT, OBJECT
from s2sgrad.optimize.inplace import inplace
from tests.ir.text import parse


def check(text: str, source: str, **functions: Any) -> None:
    module = emit(inplace(parse(text, **functions)))
    assert module.source == inspect.cleandoc(source) + "\n"
    compile_module(module)


def test_break_from_the_branch_that_decides_it():
    check(
        """
        func f(x: pyf, n: pyi) -> pyf:
          x.5: pyf, s: pyb = for i in range(n) carry x.1 = x, s.0 = False:
            t1: pyb = gt x.1, 10.0
            t2: pyb, x.4: pyf = if t1:
              yield True, x.1
            else:
              x.2: pyf = mul x.1, 2.0 # author
              t3: pyb = lt x.2, 0.0
              t4: pyb, x.6: pyf = if t3:
                x.3: pyf = neg x.2
                yield True, x.3
              else:
                yield False, x.2
              yield t4, x.6
            yield x.4, t2 stop t2
          return x.5
        """,
        """
        def f(x, n):
            for i in range(n):
                if x > 10.0:
                    break
                x *= 2.0
                if x < 0.0:
                    x = -x
                    break
            return x
        """,
    )


def test_flag_that_outlives_the_loop():
    check(
        """
        func f(x: pyf, n: pyi) -> (pyf, pyb):
          x.5: pyf, s: pyb = for i in range(n) carry x.1 = x, s.0 = False:
            s.1: pyb = gt x.1, 10.0
            x.2: pyf = add x.1, 1.0
            yield x.2, s.1 stop s.1
          return x.5, s
        """,
        """
        def f(x, n):
            s = False
            for i in range(n):
                s = x > 10.0
                x += 1.0
                if s:
                    break
            return x, s
        """,
    )


def test_while_whose_condition_is_an_expression():
    check(
        """
        func f(x: pyf, tol: pyf) -> pyf:
          x.4: pyf = while carry x.1 = x:
            t1: pyf = abs x.1
            t2: pyb = gt t1, tol
            test t2
          do x.2:
            x.3: pyf = mul x.2, 0.5
            yield x.3
          return x.4
        """,
        """
        def f(x, tol):
            while abs(x) > tol:
                x *= 0.5
            return x
        """,
    )


def test_swap():
    check(
        """
        func fib(n: pyi) -> pyi:
          a: pyi, b: pyi = for i in range(n) carry a.1 = 0, b.1 = 1:
            t1: pyi = add a.1, b.1
            yield b.1, t1
          return a
        """,
        """
        def fib(n):
            a = 0
            b = 1
            for i in range(n):
                a, b = b, a + b
            return a
        """,
    )


def test_chain_and_ternary():
    check(
        """
        func f(x: pyf) -> pyf:
          t1: pyb = gt x, 10.0
          y: pyf = if t1:
            y.1: pyf = mul x, 2.0
            yield y.1
          else:
            t2: pyb = lt x, 0.0
            y.2: pyf = if t2:
              yield 0.0
            else:
              yield x
            yield y.2
          t8: pyb = gt x, 20.0
          t5: pyf = if t8:
            t6: pyf = math.sin y
            yield t6
          else:
            yield 1.0
          t7: pyf = mul t5, y
          return t7
        """,
        """
        def f(x):
            if x > 10.0:
                y = x * 2.0
            elif x < 0.0:
                y = 0.0
            else:
                y = x
            return (math.sin(y) if x > 20.0 else 1.0) * y
        """,
        **{"math.sin": math.sin},
    )


def test_raise_leaves_the_branch():
    x = Value(FLOAT, "x")
    error = Value(OBJECT)
    make = Call(ValueError, (Const("negative"),), {}, [error], effect=True)
    then = Block([], [make, Call(raise_, (error,), effect=True)], [], diverges=True)
    test, y = Value(FLOAT), Value(FLOAT, "y")
    root = Call(math.sqrt, (x,), {}, [y])
    ops = [Call(operator.lt, (x, Const(0.0)), {}, [test]), If(test, then, Block()), root]
    module = emit(Function("f", [x], Block([], ops, [y])))
    assert module.source == (
        "def f(x):\n    if x < 0.0:\n        raise ValueError('negative')\n    y = math.sqrt(x)\n    return y\n"
    )
    with pytest.raises(ValueError, match="negative"):
        compile_module(module)(-1.0)


def test_with_is_a_boundary():
    x, root, y = Value(FLOAT, "x"), Value(FLOAT), Value(FLOAT)
    body = Block([], [Call(np.sqrt, (x,), {}, [root])], [root])
    op = With(Call(np.errstate, (), {"all": Const("ignore")}), body, [y])
    module = emit(Function("f", [x], Block([], [op], [y])))
    assert module.source == ("def f(x):\n    with np.errstate(all='ignore'):\n        t = np.sqrt(x)\n    return t\n")


def test_names_differ_from_what_is_called():
    def scale(x):
        return 2 * x

    x, y, c = Value(FLOAT, "x"), Value(FLOAT, "scale"), Value(FLOAT, "c")
    calls = [Call(scale, (x,), {}, [y], effect=True), Call(operator.mul, (y, c), {}, [Value(FLOAT)])]
    function = Function("f", [x], Block([], calls, [calls[1].result]), captures={c: Capture("c", 3.0)})
    module = emit(function)
    assert module.source == "def f(x):\n    scale_2 = scale(x)\n    return scale_2 * c\n"
    assert module.namespace == {"scale": scale}
    assert compile_module(module)(1.0) == 6.0


def test_called_functions_are_printed_before():
    x, y = Value(FLOAT, "x"), Value(FLOAT)
    callee = Function("square", [x], Block([], [Call(operator.mul, (x, x), {}, [y])], [y]))
    a, b = Value(FLOAT, "a"), Value(FLOAT)
    module = emit(Function("f", [a], Block([], [Call(callee, (a,), {}, [b])], [b])))
    assert module.source == "def square(x):\n    return x * x\n\n\ndef f(a):\n    return square(a)\n"
    assert compile_module(module)(3.0) == 9.0
