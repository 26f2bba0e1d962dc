"""What the forward part saves: pushes, results of branches, what is recomputed instead."""

from __future__ import annotations

import numpy as np

from s2sgrad.ir.core import Call, Function, walk
from s2sgrad.ir.primitives import pop, push
from s2sgrad.ir.printer import dump
from s2sgrad.ir.types import ListOf
from s2sgrad.ir.verify import verify
from s2sgrad.transforms.adjoint import adjoint
from tests.transforms.checking import check, primal


def gradient_of(function: Function) -> Function:
    inputs = [p for p in function.params if p.name in ("x", "y", "A")]
    gradient = adjoint(function, inputs)
    verify(gradient)
    return gradient


def pushes(gradient: Function) -> list[str]:
    """The types of what is saved on stacks."""
    calls = [op for op in walk(gradient.body) if isinstance(op, Call) and op.fn is push and not op.adjoint]
    return [str(op.result.type.item) for op in calls if isinstance(op.result.type, ListOf)]


def test_straight_line_code_saves_nothing() -> None:
    f = primal("func f(x: pyf) -> pyf:\n  t: pyf = np.sin x\n  y: pyf = mul t, t\n  return y")
    assert "new_list" not in dump(gradient_of(f))
    check(f, [0.5])


def test_a_branch_returns_what_its_backward_part_needs() -> None:
    f = primal("""
        func f(x: pyf) -> pyf:
          c: pyb = gt x, 0.0
          y: pyf = if c:
            t: pyf = np.sin x
            y.1: pyf = mul t, t
            yield y.1
          else:
            yield x
          return y
        """)
    gradient = gradient_of(f)
    assert pushes(gradient) == [] and "undefined" in dump(gradient)
    check(f, [0.5])
    check(f, [-0.5])


def test_in_a_loop_conditional_values_are_pushed_where_they_are_made() -> None:
    f = primal("""
        func f(x: pyf, n: pyi) -> pyf:
          x.4: pyf = for i in range(n) carry x.1 = x:
            r: pyi = mod i, 2
            c: pyb = eq r, 0
            x.3: pyf = if c:
              t: pyf = np.exp x.1
              x.2: pyf = mul t, 0.3
              yield x.2
            else:
              yield x.1
            yield x.3
          return x.4
        """)
    gradient = gradient_of(f)
    assert pushes(gradient) == ["pyf"], dump(gradient)
    check(f, [0.3, 5])


def test_entries_of_a_table_are_saved_not_the_table() -> None:
    f = primal("""
        func f(A: f8[n], x: pyf, n: pyi) -> f8:
          A.3: f8[n] = for i in range(1, n) carry A.1 = A:
            k: pyi = sub i, 1
            t: f8 = getitem A.1, k
            s: f8 = getitem A.1, i
            u: f8 = mul t, s
            v: f8 = mul u, x
            A.2: f8[n] = setitem A.1, i, v
            yield A.2
          y: f8 = sum A.3
          return y
        """)
    gradient = gradient_of(f)
    assert pushes(gradient) == ["f8"], dump(gradient)  # `t` is still in the table
    check(f, [np.linspace(0.5, 1.5, 5), 0.7, 5])


def test_entries_of_an_unchanged_array_are_read_again() -> None:
    f = primal("""
        func f(A: f8[n], x: pyf, n: pyi) -> f8:
          s.2: f8 = for i in range(n) carry s = 0.0:
            a: f8 = getitem A, i
            t: f8 = mul a, x
            t2: f8 = mul t, a
            s.1: f8 = add s, t2
            yield s.1
          return s.2
        """)
    assert pushes(gradient_of(f)) == []
    check(f, [np.linspace(0.5, 1.5, 5), 0.7, 5])


def test_only_the_shape_of_a_changing_array_is_needed_for_its_sum() -> None:
    f = primal("""
        func f(A: f8[n], x: pyf, n: pyi) -> f8:
          A.3: f8[n], s.2: f8 = for i in range(n) carry A.1 = A, s = 0.0:
            A.2: f8[n] = setitem A.1, i, x
            t: f8 = sum A.2
            s.1: f8 = add s, t
            yield A.2, s.1
          return s.2
        """)
    assert pushes(gradient_of(f)) == []
    check(f, [np.linspace(0.5, 1.5, 5), 0.7, 5])


def test_a_while_loop_counts_its_iterations() -> None:
    f = primal("""
        func f(x: pyf) -> pyf:
          x.3: pyf = while carry x.0 = x:
            c: pyb = lt x.0, 3.0
            test c
          do x.1:
            x.2: pyf = mul x.1, x.1
            yield x.2
          return x.3
        """)
    assert "steps" in dump(gradient_of(f))
    check(f, [1.1])
    check(f, [5.0])


def test_loops_that_stop_early() -> None:
    for bounds in ("range(n)", "range(1, n, 2)", "reversed(range(n))", "reversed(range(2, n, 3))"):
        f = primal(f"""
            func f(x: pyf, A: f8[n], n: pyi) -> pyf:
              x.4: pyf = for i in {bounds} carry x.1 = x:
                a: f8 = getitem A, i
                t: pyf = mul x.1, a
                x.2: pyf = np.sin t
                x.3: pyf = add x.2, x.1
                c: pyb = gt x.3, 1.5
                yield x.3 stop c
              return x.4
            """)
        check(f, [0.4, np.linspace(0.5, 1.0, 9), 9])
        check(f, [2.0, np.linspace(0.5, 1.0, 9), 9])
        check(f, [2.0, np.linspace(0.5, 1.0, 9), 0])


def test_nested_loops_save_at_each_level() -> None:
    f = primal("""
        func f(x: pyf, y: pyf, n: pyi) -> pyf:
          x.5: pyf = for i in range(n) carry x.1 = x:
            y.1: pyf = np.sin x.1
            x.4: pyf = for j in range(i) carry x.2 = x.1:
              t: pyf = mul x.2, y.1
              x.3: pyf = np.tanh t
              yield x.3
            yield x.4
          return x.5
        """)
    gradient = gradient_of(f)
    assert sorted(pushes(gradient)) == ["(pyf, pyf)", "pyf"] or len(pushes(gradient)) == 2, dump(gradient)
    check(f, [0.4, 0.0, 4])


def test_stacks_of_the_author_are_reversed_too() -> None:
    f = primal("""
        func f(x: pyf, n: pyi) -> pyf:
          l: list[pyf] = new_list
          x.3: pyf, l.3: list[pyf] = for i in range(n) carry x.1 = x, l.1 = l:
            x.2: pyf = np.sin x.1
            l.2: list[pyf] = push l.1, x.2
            yield x.2, l.2
          s.2: pyf = for i in range(n) carry s = 0.0:
            t: pyf = getindex l.3, i
            u: pyf = mul t, t
            s.1: pyf = add s, u
            yield s.1
          return s.2
        """)
    check(f, [0.4, 4])


def test_push_and_pop_are_each_others_adjoint() -> None:
    f = primal("""
        func f(x: pyf) -> pyf:
          l: list[pyf] = new_list
          l.1: list[pyf] = push l, x
          t: pyf = mul x, x
          l.2: list[pyf] = push l.1, t
          l.3: list[pyf], a: pyf = pop l.2
          l.4: list[pyf], b: pyf = pop l.3
          y: pyf = mul a, b
          return y
        """)
    assert any(isinstance(op, Call) and op.fn is pop and op.adjoint for op in walk(gradient_of(f).body))
    check(f, [0.7])
