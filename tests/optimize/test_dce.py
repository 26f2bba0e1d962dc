"""What is dead, and what only looks it."""

from s2sgrad.ir.core import Capture, Value
from s2sgrad.ir.types import FLOAT
from s2sgrad.optimize.dce import dce
from tests.ir.text import parse
from tests.optimize.cases import check


def test_unused_calls_and_what_only_they_use():
    check(
        dce,
        """
        func f(x: pyf) -> pyf:
          a: pyf = mul x, x
          b: pyf = neg a
          y: pyf = neg x
          return y
        """,
        """
        func f(x: pyf) -> pyf:
          y: pyf = neg x
          return y
        """,
    )


def test_effects_stay_with_what_decides_them():
    text = """
        func f(x: pyf, n: pyi) -> pyf:
          t1: pyb = gt x, 0.0
          if t1:
            for i in range(n):
              t2: pyi = mul i, 2
              effect print t2
          else:
            yield
          return x
    """
    check(dce, text, text)


def test_carry_that_feeds_only_itself():
    check(
        dce,
        """
        func f(x: pyf) -> pyf:
          s.2: pyf, n.2: pyi = for i in range(9) carry s = 0.0, n = 0:
            t1: pyf = mul x, x
            s.1: pyf = add s, x
            n.1: pyi = add n, 1
            yield s.1, n.1
          return s.2
        """,
        """
        func f(x: pyf) -> pyf:
          s.2: pyf = for i in range(9) carry s = 0.0:
            s.1: pyf = add s, x
            yield s.1
          return s.2
        """,
    )


def test_carry_that_another_needs_stays():
    text = """
        func f(n: pyi) -> pyi:
          a.2: pyi, b.1: pyi = for i in range(n) carry a = 0, b = 1:
            a.1: pyi = add a, b
            yield b, a.1
          return a.2
    """
    check(dce, text, text)


def test_carry_that_stops_the_loop_stays():
    text = """
        func f(n: pyi) -> pyi:
          a.2: pyi, b.2: pyi = for i in range(n) carry a = 0, b = 1:
            a.1: pyi = add a, 1
            b.1: pyi = mul b, 2
            t1: pyb = gt b.1, 100
            yield a.1, b.1 stop t1
          return a.2
    """
    check(dce, text, text)


def test_while_keeps_what_its_condition_reads():
    check(
        dce,
        """
        func f(x: pyf) -> pyi:
          x.4: pyf, n.3: pyi, m.3: pyi = while carry x.1 = x, n = 0, m = 0:
            t1: pyb = lt x.1, 10.0
            test t1
          do x.2, n.1, m.1:
            x.3: pyf = mul x.2, 2.0
            n.2: pyi = add n.1, 1
            m.2: pyi = add m.1, n.1
            yield x.3, n.2, m.2
          return n.3
        """,
        """
        func f(x: pyf) -> pyi:
          x.4: pyf, n.3: pyi = while carry x.1 = x, n = 0:
            t1: pyb = lt x.1, 10.0
            test t1
          do x.2, n.1:
            x.3: pyf = mul x.2, 2.0
            n.2: pyi = add n.1, 1
            yield x.3, n.2
          return n.3
        """,
    )


def test_loops_and_branches_that_compute_nothing():
    check(
        dce,
        """
        func f(x: pyf) -> pyf:
          y.3: pyf = while carry y = x:
            t1: pyb = lt y, 10.0
            test t1
          do y.1:
            y.2: pyf = mul y.1, 2.0
            yield y.2
          t2: pyb = gt x, 0.0
          z: pyf = if t2:
            yield y.3
          else:
            yield x
          return x
        """,
        """
        func f(x: pyf) -> pyf:
          return x
        """,
    )


def test_unused_results_of_a_branch():
    check(
        dce,
        """
        func f(c: pyb, x: pyf) -> pyf:
          a.2: pyf, b.2: pyf = if c:
            a: pyf = neg x
            b: pyf = mul x, x
            yield a, b
          else:
            a.1: pyf = add x, 1.0
            yield a.1, x
          return a.2
        """,
        """
        func f(c: pyb, x: pyf) -> pyf:
          a.2: pyf = if c:
            a: pyf = neg x
            yield a
          else:
            a.1: pyf = add x, 1.0
            yield a.1
          return a.2
        """,
    )


def test_stack_that_is_never_popped():
    check(
        dce,
        """
        func f(x: pyf) -> pyf:
          s: list[pyf] = new_list
          x.2: pyf, s.3: list[pyf] = for i in range(3) carry x.1 = x, s.1 = s:
            s.2: list[pyf] = push s.1, x.1
            x.3: pyf = mul x.1, 2.0
            yield x.3, s.2
          return x.2
        """,
        """
        func f(x: pyf) -> pyf:
          x.3: pyf = for i in range(3) carry x.1 = x:
            x.2: pyf = mul x.1, 2.0
            yield x.2
          return x.3
        """,
    )


def test_raising_branch_stays():
    text = """
        func f(x: pyf) -> pyf:
          t1: pyb = lt x, 0.0
          if t1:
            diverges
          else:
            yield
          return x
    """
    check(dce, text, text)


def test_pure_context_goes_others_stay():
    check(
        dce,
        """
        func f(x: pyf) -> pyf:
          with errstate all='ignore':
            t1: pyf = mul x, x
            yield
          with lock 'a':
            yield
          return x
        """,
        """
        func f(x: pyf) -> pyf:
          with lock 'a':
            yield
          return x
        """,
        lock=lock,
    )


def lock(name):
    raise NotImplementedError


def test_unused_captures():
    function = parse("func f(x: pyf) -> pyf:\n  return x")
    function.captures[Value(FLOAT, "w")] = Capture("w", 1.0)
    assert not dce(function).captures
