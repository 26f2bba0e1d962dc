"""What leaves a loop, and what stays."""

from s2sgrad.optimize.hoist import hoist
from tests.optimize.cases import check


def test_invariant_arithmetic_leaves_all_loops():
    check(
        hoist,
        """
        func f(r: pyf, n: pyi) -> pyf:
          x_bar.2: pyf = for i in range(n) carry x_bar = 1.0:
            x_bar.4: pyf = for j in range(n) carry x_bar.3 = x_bar:
              t1: pyf = mul r, r
              t2: pyf = neg t1
              t3: pyf = mul x_bar, t2
              x_bar.1: pyf = mul x_bar.3, t3
              yield x_bar.1
            yield x_bar.4
          return x_bar.2
        """,
        """
        func f(r: pyf, n: pyi) -> pyf:
          t1: pyf = mul r, r
          t2: pyf = neg t1
          x_bar.4: pyf = for i in range(n) carry x_bar = 1.0:
            t3: pyf = mul x_bar, t2
            x_bar.3: pyf = for j in range(n) carry x_bar.1 = x_bar:
              x_bar.2: pyf = mul x_bar.1, t3
              yield x_bar.2
            yield x_bar.3
          return x_bar.4
        """,
    )


def test_what_may_raise_or_was_written_there_stays():
    text = """
        func f(a: f8[n], r: pyf, n: pyi) -> pyf:
          x_bar.2: pyf = for i in range(n) carry x_bar = 1.0:
            t1: pyf = truediv 1.0, r
            t2: f8 = getitem a, 0
            t3: pyf = mul r, r # author
            t4: pyf = pow r, r
            x_bar.1: pyf = mul x_bar, t1
            yield x_bar.1
          return x_bar.2
    """
    check(hoist, text, text.replace(" # author", ""))


def test_division_of_arrays_does_not_raise():
    check(
        hoist,
        """
        func f(s: f8[m], n: pyi) -> f8[m]:
          x_bar.2: f8[m] = for i in range(n) carry x_bar = s:
            t1: f8[m] = truediv 1.0, s
            x_bar.1: f8[m] = mul x_bar, t1
            yield x_bar.1
          return x_bar.2
        """,
        """
        func f(s: f8[m], n: pyi) -> f8[m]:
          t1: f8[m] = truediv 1.0, s
          x_bar.2: f8[m] = for i in range(n) carry x_bar = s:
            x_bar.1: f8[m] = mul x_bar, t1
            yield x_bar.1
          return x_bar.2
        """,
    )


def test_nothing_leaves_a_branch():
    text = """
        func f(c: pyb, r: pyf, n: pyi) -> pyf:
          x_bar.2: pyf = for i in range(n) carry x_bar = 1.0:
            x_bar.1: pyf = if c:
              t1: pyf = mul r, r
              yield t1
            else:
              yield x_bar
            yield x_bar.1
          return x_bar.2
    """
    check(hoist, text, text)
