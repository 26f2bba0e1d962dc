"""What is merged, and what must not be."""

from s2sgrad.optimize.cse import cse
from tests.optimize.cases import check


def test_backward_code_reuses_forward_values():
    check(
        cse,
        """
        func f(x: f8[n], y_bar: f8[n]) -> f8[n]:
          y: f8[n] = exp x # author
          t1: f8[n] = exp x
          x_bar: f8[n] = mul y_bar, t1
          return x_bar
        """,
        """
        func f(x: f8[n], y_bar: f8[n]) -> f8[n]:
          y: f8[n] = exp x
          x_bar: f8[n] = mul y_bar, y
          return x_bar
        """,
    )


def test_the_authors_statements_stay():
    text = """
        func f(u: f8[n], x: pyf) -> (pyf, f8[n-2]):
          a: pyf = mul x, x # author
          b: pyf = mul x, x # author
          c: pyf = mul a, b # author
          v: f8[n-2] = getitem u, 1:-1 # author
          w: f8[n-2] = getitem u, 1:-1
          return c, w
    """
    check(cse, text, text.replace(" # author", ""))


def test_merged_operands_merge_their_users():
    check(
        cse,
        """
        func f(x: pyf) -> pyf:
          t1: pyf = mul x, x
          t2: pyf = neg t1
          t3: pyf = mul x, x
          t4: pyf = neg t3
          y: pyf = add t2, t4
          return y
        """,
        """
        func f(x: pyf) -> pyf:
          t1: pyf = mul x, x
          t2: pyf = neg t1
          y: pyf = add t2, t2
          return y
        """,
    )


def test_visible_from_inside_but_not_from_outside():
    check(
        cse,
        """
        func f(c: pyb, x: pyf) -> pyf:
          t1: pyf = mul x, x
          t6: pyf = if c:
            t2: pyf = mul x, x
            t3: pyf = neg t2
            yield t3
          else:
            t4: pyf = neg t1
            yield t4
          t5: pyf = neg t1
          y: pyf = add t5, t6
          return y
        """,
        """
        func f(c: pyb, x: pyf) -> pyf:
          t1: pyf = mul x, x
          t4: pyf = if c:
            t2: pyf = neg t1
            yield t2
          else:
            t3: pyf = neg t1
            yield t3
          t5: pyf = neg t1
          y: pyf = add t5, t4
          return y
        """,
    )


def test_what_must_not_be_merged():
    text = """
        func f(n: pyi, x: pyf) -> (f8[n], f8[n], any, any, pyf, pyf, pyf, pyf):
          A: f8[n] = empty n
          B: f8[n] = empty n
          p: any = opaque x
          q: any = opaque x
          a: pyf = mul x, 0.0
          b: pyf = mul x, -0.0
          c: pyf = add x, 1
          d: pyf = add x, 1.0
          return A, B, p, q, a, b, c, d
    """
    check(cse, text, text, opaque=opaque)


def opaque(x):
    raise NotImplementedError


def test_options_count():
    text = """
        func f(x: f8[n, m]) -> (f8[m], f8[n], f8[m]):
          a: f8[m] = sum x, axis=0
          b: f8[n] = sum x, axis=1
          c: f8[m] = sum x, axis=0
          d: f8[m] = neg c
          return a, b, d
    """
    check(cse, text, "\n".join(line for line in text.replace("neg c", "neg a").splitlines() if "c: f8" not in line))


def test_each_result_stays_an_array_of_its_own():
    text = """
        func f(a: f8[n], b: f8[n]) -> (f8[n], f8[n], f8[n]):
          y: f8[n] = mul a, b # author
          x_bar: f8[n] = mul a, b
          t1: f8[n] = mul a, b
          z_bar: f8[n] = transpose t1
          return y, x_bar, z_bar
    """
    check(cse, text, text.replace(" # author", ""))
