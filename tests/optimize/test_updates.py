"""Updates of one place that become one, and those that must stay apart."""

import numpy as np
import pytest

from s2sgrad import grad
from s2sgrad.optimize.updates import gather_updates
from s2sgrad.testing import check_grads
from tests.optimize.cases import check


def test_additions_to_one_place_are_one():
    check(
        gather_updates,
        """
        func f(a: f8[n], v: f8, w: f8, i: pyi) -> f8[n]:
          a.1: f8[n] = additem a, i, v
          a.2: f8[n] = additem a.1, 0, w
          a.3: f8[n] = additem a.2, i, w
          return a.3
        """,
        """
        func f(a: f8[n], v: f8, w: f8, i: pyi) -> f8[n]:
          a.1: f8[n] = additem a, 0, w
          t1: f8 = add v, w
          a.2: f8[n] = additem a.1, i, t1
          return a.2
        """,
    )


def test_what_is_added_to_a_cleared_place_is_stored():
    check(
        gather_updates,
        """
        func f(a: f8[n], v: f8, w: f8, i: pyi) -> f8[n]:
          a.1: f8[n] = setitem a, i, 0.0
          a.2: f8[n] = additem a.1, 0, v
          a.3: f8[n] = additem a.2, i, w
          return a.3
        """,
        """
        func f(a: f8[n], v: f8, w: f8, i: pyi) -> f8[n]:
          a.1: f8[n] = setitem a, i, w
          a.2: f8[n] = additem a.1, 0, v
          return a.2
        """,
    )


def test_a_place_that_is_read_and_overwritten_is_not_added_to():
    check(
        gather_updates,
        """
        func f(a: f8[n], v: f8, i: pyi) -> (f8[n], f8):
          a.1: f8[n] = additem a, i, v
          t1: f8 = getitem a.1, i
          a.2: f8[n] = setitem a.1, i, 0.0
          return a.2, t1
        """,
        """
        func f(a: f8[n], v: f8, i: pyi) -> (f8[n], f8):
          t1: f8 = getitem a, i
          t2: f8 = add t1, v
          a.1: f8[n] = setitem a, i, 0.0
          return a.1, t2
        """,
    )


STAY = {
    "another place": ("a.1: f8[n] = additem a, i, v", "a.2: f8[n] = additem a.1, j, v"),
    "read in between": ("a.1: f8[n] = additem a, i, v", "t1: f8 = getitem a.1, j", "a.2: f8[n] = additem a.1, i, t1"),
    "repeated entries": ("a.1: f8[n] = additem a, k, v", "a.2: f8[n] = additem a.1, k, v"),
    "a view, which may change": (
        "t1: f8[2] = getitem b, :2",
        "a.1: f8[n] = additem a, :2, t1",
        "a.2: f8[n] = additem a.1, :2, v",
    ),
    "read elsewhere, then overwritten": (
        "a.1: f8[n] = additem a, i, v",
        "t1: f8 = getitem a.1, j",
        "a.2: f8[n] = setitem a.1, i, t1",
    ),
    "stored over by an addition elsewhere": ("a.1: f8[n] = setitem a, j, v", "a.2: f8[n] = additem a.1, i, v"),
}


@pytest.mark.parametrize("name", STAY)
def test_these_stay(name):
    lines = "\n".join(f"          {line}" for line in STAY[name])
    text = f"""
        func f(a: f8[n], b: f8[n], v: f8, i: pyi, j: pyi, k: i8[m]) -> f8[n]:
{lines}
          return a.2
        """
    check(gather_updates, text, text)


def overlapping(x):
    return np.sum((x[1:] - x[:-1] ** 2) ** 2) + np.sum(np.sin(x[:-1])) + np.sum(x[1:-1] * x[2:]) + x[0] * x[1]


def overwritten_in_a_loop(x):
    y = x.copy()
    for i in range(len(y)):
        for j in range(i):
            y[i] = y[i] / (2.0 + y[j]) - y[i - 1] * y[i]
    return np.sum(y * x)


def rows_overwritten(A):
    A = A.copy()
    for k in range(len(A) - 1):
        A[k + 1 :, k] /= A[k, k]
        A[k + 1 :, k + 1 :] -= np.outer(A[k + 1 :, k], A[k, k + 1 :])
        A[k] = np.sin(A[k]) + A[k + 1]
    return np.sum(A**2)


@pytest.mark.parametrize("f", [overlapping, overwritten_in_a_loop])
def test_gradients_of_vectors(f):
    check_grads(f, (np.array([0.3, -0.2, 0.7, 1.1]),))


def test_gradients_of_rows():
    check_grads(rows_overwritten, (np.array([[2.0, 0.3, 0.1], [0.2, 1.5, -0.4], [0.1, -0.3, 1.7]]),))


def test_terms_of_one_slice_are_added_at_once():
    def rosenbrock(x):
        return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)

    assert grad(rosenbrock).source(np.ones(3)).count("x_bar[:-1]") == 1
