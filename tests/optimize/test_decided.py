"""Conditions that are asked again where they are decided."""

from __future__ import annotations

import numpy as np

from s2sgrad import grad
from s2sgrad.optimize.decided import decide
from tests.optimize.cases import check


def test_a_condition_is_known_inside_of_its_branches():
    check(
        decide,
        """
        func f(c: pyb, x: pyf) -> pyf:
          y.2: pyf = if c:
            y: pyf = if c:
              yield x
            else:
              yield 2.0
            yield y
          else:
            t: pyb = not_ c
            y.1: pyf = if t:
              yield 3.0
            else:
              yield x
            yield y.1
          return y.2
        """,
        """
        func f(c: pyb, x: pyf) -> pyf:
          y: pyf = if c:
            yield x
          else:
            t: pyb = not_ c
            yield 3.0
          return y
        """,
    )


def test_a_flag_that_repeats_a_condition_is_that_condition():
    check(
        decide,
        """
        func f(c: pyb, d: pyb, x: pyf) -> pyf:
          returned: pyb = if c:
            yield True
          else:
            yield False
          t: pyb = or_ returned, d
          y: pyf = if t:
            yield x
          else:
            y.1: pyf = if returned:
              yield 1.0
            else:
              yield 2.0
            yield y.1
          return y
        """,
        """
        func f(c: pyb, d: pyb, x: pyf) -> pyf:
          returned: pyb = if c:
            yield True
          else:
            yield False
          t: pyb = or_ c, d
          y: pyf = if t:
            yield x
          else:
            yield 2.0
          return y
        """,
    )


def test_a_flag_is_the_constant_that_it_is_known_to_be():
    check(
        decide,
        """
        func f(c: pyb, n: pyi) -> pyb:
          r.2: pyb = if c:
            yield c
          else:
            r.1: pyb = for i in range(n) carry r = c:
              t: pyb = if r:
                yield True
              else:
                yield c
              yield t
            yield r.1
          return r.2
        """,
        """
        func f(c: pyb, n: pyi) -> pyb:
          r.2: pyb = if c:
            yield True
          else:
            r.1: pyb = for i in range(n) carry r = False:
              t: pyb = if r:
                yield True
              else:
                yield False
              yield r
            yield r.1
          return r.2
        """,
    )


def early(x, v):
    for t in v:
        if t > x:
            return x * t
        x = x * 1.1
    if x > 3.0:
        for u in v:
            if u * x > 1.0:
                return x * x * u
    return x * x


def test_no_flag_is_asked_twice_in_a_gradient():
    source = grad(early).source(0.5, np.ones(3))
    assert "not returned and not returned" not in source
    assert source.count("if returned") <= 4
