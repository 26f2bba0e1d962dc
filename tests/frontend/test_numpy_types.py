"""Questions about dtypes are answered while compiling, so that what is not chosen needs no support."""

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad
from tests.frontend.checking import check

X = np.array([0.5, 1.5, 2.5])
_WIDER = {"e": np.float32, "i": np.float64}


def by_kind(x):
    if np.issubdtype(x.dtype, np.integer) or np.dtype(x.dtype).kind == "c":
        return np.sum(eval("x"))  # nobody can follow this
    return np.sum(np.sin(x))


def promoted(x):
    kind = np.result_type(x, 1.0, np.float32)
    return np.sum(np.asarray(x, dtype=kind) ** 3)


def by_table(x):
    kind = _WIDER.get(np.dtype(x.dtype).char, np.float64)
    scale = np.cos if kind == np.float64 else eval("x")
    return np.sum(scale(x))


def by_precision(x):
    return np.sum(x / (x + np.finfo(x.dtype).eps))


@pytest.mark.parametrize("f", [by_kind, promoted, by_table, by_precision])
def test_derivatives(f):
    check(f, X)


def test_numbers_of_python_are_weak():
    def f(x, k):
        return np.sum(x.astype(np.result_type(x, k)))

    x = X.astype(np.float32)
    assert value_and_grad(f)(x, 2.0)[0].dtype == f(x, 2.0).dtype == np.float32
    assert grad(f)(x, np.float64(2.0)).dtype == np.float32
