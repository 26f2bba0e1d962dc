"""Functions that are not inlined: recursive ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sgrad import directional, grad
from s2sgrad.ir.core import Call, Function, walk
from tests.transforms.checking import check, primal


def recursive(text: str, **functions: Function) -> Function:
    """The function that ``text`` describes, in which ``itself`` is a call of it."""

    def itself() -> None:
        """Stands for the function until it is there."""

    function = primal(text, itself=itself, **functions)
    tie(function, itself, function)
    return function


def tie(function: Function, stand_in: object, target: Function) -> None:
    for op in walk(function.body):
        if isinstance(op, Call) and op.fn is stand_in:
            op.fn = target


POWER = """
    func power(x: pyf, n: pyi) -> pyf:
      c: pyb = le n, 0
      y.3: pyf = if c:
        yield 1.0
      else:
        m: pyi = sub n, 1
        y.1: pyf = itself x, m
        t: pyf = np.sin y.1
        y.2: pyf = mul t, x
        yield y.2
      return y.3
    """

TREE = """
    func tree(A: f8[n], lo: pyi, hi: pyi) -> f8:
      d: pyi = sub hi, lo
      c: pyb = eq d, 1
      y.2: f8 = if c:
        a: f8 = getitem A, lo
        y: f8 = np.sin a
        yield y
      else:
        h: pyi = floordiv d, 2
        mid: pyi = add lo, h
        l: f8 = itself A, lo, mid
        r: f8 = itself A, mid, hi
        t: f8 = mul l, r
        y.1: f8 = add t, l
        yield y.1
      return y.2
    """

IN_A_LOOP = """
    func f(x: pyf, n: pyi) -> pyf:
      s.2: pyf = for i in range(n) carry s = 0.0:
        p: pyf = power x, i
        q: pyf = mul p, p
        s.1: pyf = add s, q
        yield s.1
      return s.2
    """


def test_recursion() -> None:
    for n in (0, 1, 4):
        check(recursive(POWER), [0.8, n])


def test_two_calls() -> None:
    check(recursive(TREE), [np.linspace(0.3, 1.1, 5), 0, 5])


def test_a_recursive_function_called_in_a_loop() -> None:
    power = recursive(POWER)

    def stand_in() -> None:
        """Stands for the recursive function."""

    caller = primal(IN_A_LOOP, power=stand_in)
    tie(caller, stand_in, power)
    check(caller, [0.8, 4])


def powers(x: Any, n: int) -> Any:
    if n == 0:
        return x
    return np.sin(powers(x, n - 1) * x)


def test_third_derivatives_by_reverse_mode_alone() -> None:
    """Twice, what was saved is read: the cotangents of lists of lists are added, not the lists joined."""
    w = np.array([0.7, -1.1])

    def f(x: Any) -> Any:
        return np.sum(powers(x, 3) * w)

    def along(g: Any) -> Any:
        return lambda x: np.sum(grad(g)(x) * w)

    x = np.array([0.8, -0.4])
    for functions in ((f, along(f)), (along(f), along(along(f)))):
        before, g = functions
        h = 1e-5
        slope = (before(x + h * w) - before(x - h * w)) / (2.0 * h)
        np.testing.assert_allclose(g(x), slope, rtol=1e-7)
    third = along(along(along(f)))(x)
    np.testing.assert_allclose(third, directional(f, (x,), (w,), 3), rtol=1e-10)
